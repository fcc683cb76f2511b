# SPDX-License-Identifier: GPL-2.0-or-later
# The resource agent for Pacemaker, ocf:xlite:domain, where a cluster's nodes look for it when the prefix is /usr.
ocfdir = $(prefix)/lib/ocf/resource.d/xlite
ocf_SCRIPTS = ocf/domain
EXTRA_DIST += ocf/domain.in
CLEANFILES += ocf/domain
ocf/domain: ocf/domain.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's|@bindir[@]|$(bindir)|g' $(top_srcdir)/ocf/domain.in >$@.tmp && chmod 755 $@.tmp && mv $@.tmp $@
