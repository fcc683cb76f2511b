# SPDX-License-Identifier: GPL-2.0-or-later
# One binary under four names: what they share is nearly all of it, static it is megabytes, and a name is how xl calls.
pkglibexec_PROGRAMS = hotplug/programs/xlite-hotplug
hotplug_programs_xlite_hotplug_SOURCES = \
	hotplug/programs/block.c \
	hotplug/programs/main.c \
	hotplug/programs/nodes.c \
	hotplug/programs/program.h \
	hotplug/programs/request.c \
	hotplug/programs/sharing.c \
	hotplug/programs/vif.c hotplug/programs/vif.h \
	hotplug/programs/vif_bridge.c \
	hotplug/programs/vif_route.c
hotplug_programs_xlite_hotplug_LDADD = hotplug/libhotplug.la xlite/libxlite.la common/libcommon.la \
	$(NL_LIBS) $(BLKID_LIBS) $(JANSSON_LIBS)
if STATIC_COMMAND
hotplug_programs_xlite_hotplug_LDFLAGS = -all-static
hotplug_programs_xlite_hotplug_SOURCES += hotplug/static.c
else
# Of our libraries: a build tree's wrapper script would hide the name.
hotplug_programs_xlite_hotplug_LDFLAGS = -static
endif

hotplug_names = xlite-vif-bridge xlite-vif-route xlite-vif-nat xlite-block
install-exec-hook:
	for name in $(hotplug_names); do \
		ln -sf xlite-hotplug '$(DESTDIR)$(pkglibexecdir)'/$$name || exit 1; \
	done
uninstall-hook:
	for name in $(hotplug_names); do rm -f '$(DESTDIR)$(pkglibexecdir)'/$$name; done
