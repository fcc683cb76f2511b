# SPDX-License-Identifier: GPL-2.0-or-later
# Services for systemd, and for OpenRC, whose folder (/etc/init.d) is SysV's elsewhere: they wait in share/xlite/openrc.
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdscopedir = $(systemdsystemunitdir)/session-.scope.d
systemduserdir = $(systemdsystemunitdir)/user@.service.d
openrcdir = $(pkgdatadir)/openrc
units = systemd/xlite-watch.service systemd/xlite-domains.service
openrc_services = openrc/xlite-watch openrc/xlite-domains
systemdsystemunit_DATA = $(units)
dist_systemdscope_DATA = systemd/xlite.conf
dist_systemduser_DATA = systemd/xlite.conf
openrc_SCRIPTS = $(openrc_services)
EXTRA_DIST += $(units:=.in) $(openrc_services:=.in) systemd/default
CLEANFILES += $(units) $(openrc_services)
$(units) $(openrc_services): Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's|@bindir[@]|$(bindir)|g' $(top_srcdir)/$@.in >$@.tmp && mv $@.tmp $@
systemd/xlite-watch.service: systemd/xlite-watch.service.in
systemd/xlite-domains.service: systemd/xlite-domains.service.in
openrc/xlite-watch: openrc/xlite-watch.in
openrc/xlite-domains: openrc/xlite-domains.in
