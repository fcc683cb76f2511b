# SPDX-License-Identifier: GPL-2.0-or-later
# From other toolstacks' files to documents.
noinst_LTLIBRARIES += xlite/convert/libconvert.la
xlite_convert_libconvert_la_SOURCES = \
	xlite/convert/convert.c xlite/convert/convert.h \
	xlite/convert/draft.c xlite/convert/draft.h \
	xlite/convert/job.c xlite/convert/job.h xlite/convert/job_boot.c xlite/convert/job_disks.c xlite/convert/job_domain.c \
	xlite/convert/job_pc.c xlite/convert/job_vcpus.c xlite/convert/job_vifs.c \
	xlite/convert/report.c xlite/convert/report.h \
	xlite/convert/words.c xlite/convert/words.h \
	xlite/convert/virt.c xlite/convert/virt.h xlite/convert/virt_devices.c xlite/convert/virt_keys.c \
	xlite/convert/xml.c xlite/convert/xml.h \
	xlite/convert/xl_disk.c xlite/convert/xl_disk.h xlite/convert/xl_vdev.c \
	xlite/convert/xl_file.h xlite/convert/xl_lex.c xlite/convert/xl_lex.h xlite/convert/xl_parse.c \
	xlite/convert/xl_text.c \
	xlite/convert/xl_key.c xlite/convert/xl_key.h xlite/convert/xl_keys.c xlite/convert/xl_keys_hvm.c \
	xlite/convert/xl_vif.c xlite/convert/xl_vif.h xlite/convert/xl_vlan.c
xlite_convert_libconvert_la_CPPFLAGS = $(AM_CPPFLAGS) $(EXPAT_CFLAGS)
xlite_convert_libconvert_la_LIBADD = cfg/libcfg.la $(EXPAT_LIBS)
