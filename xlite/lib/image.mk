# SPDX-License-Identifier: GPL-2.0-or-later
# Images (ELF, bzImage and its payloads) and ACPI tables: text in, bytes out, no hypercalls.
image_sources =
