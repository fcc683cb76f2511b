# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += man/xlite.1 man/xlite-hotplug.8 man/xlite-guide.7 man/xen-core.7

# xlite.yaml(5): prose from the .in file, the reference from the table of keys.
noinst_PROGRAMS = man/reference
man_reference_SOURCES = man/reference.c
man_reference_LDADD = cfg/libcfg.la
man_MANS = man/xlite.yaml.5
EXTRA_DIST += man/xlite.yaml.5.in man/assemble.awk
CLEANFILES += man/xlite.yaml.5 man/reference.mdoc
man/xlite.yaml.5: man/xlite.yaml.5.in man/assemble.awk man/reference$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && man/reference$(EXEEXT) >man/reference.mdoc && \
	$(AWK) -v reference=man/reference.mdoc -f $(top_srcdir)/man/assemble.awk $(top_srcdir)/man/xlite.yaml.5.in >$@.tmp && \
	mv $@.tmp $@
