# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += man/xlite.1 man/xlite-hotplug.8 man/xlite-guide.7 man/xlite-hosts.7 man/xen-core.7

# xlite.yaml(5) and xlite-convert(1): prose from the .in file, the reference from the table of keys.
noinst_PROGRAMS = man/reference
man_reference_SOURCES = man/reference.c
man_reference_LDADD = xlite/convert/libconvert.la cfg/libcfg.la
man_MANS = man/xlite.yaml.5 man/xlite-convert.1
EXTRA_DIST += man/xlite.yaml.5.in man/xlite-convert.1.in man/assemble.awk
CLEANFILES += man/xlite.yaml.5 man/reference.mdoc man/xlite-convert.1 man/convert.mdoc
man/xlite.yaml.5: man/xlite.yaml.5.in man/assemble.awk man/reference$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && man/reference$(EXEEXT) >man/reference.mdoc && \
	$(AWK) -v reference=man/reference.mdoc -f $(top_srcdir)/man/assemble.awk $(top_srcdir)/man/xlite.yaml.5.in >$@.tmp && \
	mv $@.tmp $@
man/xlite-convert.1: man/xlite-convert.1.in man/assemble.awk man/reference$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && man/reference$(EXEEXT) convert >man/convert.mdoc && \
	$(AWK) -v reference=man/convert.mdoc -f $(top_srcdir)/man/assemble.awk $(top_srcdir)/man/xlite-convert.1.in >$@.tmp && \
	mv $@.tmp $@
