# SPDX-License-Identifier: GPL-2.0-or-later
# Images (ELF, bzImage and its payloads) and ACPI tables: text in, bytes out, no hypercalls.
image_sources = \
	xlite/lib/acpi.c xlite/lib/acpi.h \
	xlite/lib/bzimage.c xlite/lib/bzimage.h \
	xlite/lib/elf.c xlite/lib/elf.h \
	xlite/lib/elf_note.c \
	xlite/lib/elf_pv.c xlite/lib/elf_pv.h \
	xlite/lib/elf_range.c xlite/lib/elf_range.h \
	xlite/lib/image.c xlite/lib/image.h \
	xlite/lib/image_cache.c xlite/lib/image_cache.h \
	xlite/lib/image_load.c xlite/lib/image_load.h \
	xlite/lib/image_stream.c xlite/lib/image_stream.h \
	xlite/lib/pack.c xlite/lib/pack.h \
	xlite/lib/unpack.c xlite/lib/unpack.h \
	xlite/lib/unpack_bzip2.c \
	xlite/lib/unpack_gzip.c \
	xlite/lib/unpack_lz4.c \
	xlite/lib/unpack_xz.c \
	xlite/lib/unpack_zstd.c
nobase_pkginclude_HEADERS += xlite/lib/image.h
