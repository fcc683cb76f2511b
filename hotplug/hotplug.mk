# SPDX-License-Identifier: GPL-2.0-or-later
# Network and block plumbing.
noinst_LTLIBRARIES += hotplug/libhotplug.la
hotplug_libhotplug_la_SOURCES = \
	hotplug/disk.c hotplug/disk.h \
	hotplug/disk_grow.c hotplug/disk_busy.c hotplug/disk_busy.h \
	hotplug/disk_resolve.c \
	hotplug/disk_wait.c hotplug/disk_wait.h \
	hotplug/files_only.c hotplug/files_only.h \
	hotplug/grub.c hotplug/grub.h hotplug/grub_disk.c hotplug/grub_int.h \
	hotplug/image.c hotplug/image.h \
	hotplug/firewall.c hotplug/firewall.h hotplug/firewall_int.h \
	hotplug/firewall_legacy.c \
	hotplug/firewall_list.c \
	hotplug/firewall_rules.c \
	hotplug/jail.c hotplug/jail.h hotplug/jail_filter.c \
	hotplug/link.c hotplug/link.h hotplug/link_parse.h \
	hotplug/link_wait.c \
	hotplug/lock.c hotplug/lock.h \
	hotplug/loop.c hotplug/loop.h \
	hotplug/lvm.c hotplug/lvm.h hotplug/lvm_int.h hotplug/lvm_grow.c hotplug/lvm_run.c \
	hotplug/lvm_volume.c \
	hotplug/nbd.c hotplug/nbd.h \
	hotplug/neighbour.c hotplug/neighbour.h \
	hotplug/net.c hotplug/net.h \
	hotplug/network.c hotplug/network.h hotplug/network_have.h \
	hotplug/network_apply.c \
	hotplug/network_bridge.c \
	hotplug/network_cut.c \
	hotplug/network_overlap.c \
	hotplug/network_routes.c \
	hotplug/nft.c hotplug/nft.h \
	hotplug/nft_filter.c \
	hotplug/nft_lock.c \
	hotplug/nft_nat.c \
	hotplug/nft_parse.c \
	hotplug/nft_run.c \
	hotplug/nft_used.c \
	hotplug/nft_text.c hotplug/nft_text.h \
	hotplug/ovs_port.c hotplug/ovs_port.h \
	hotplug/ovsdb.c hotplug/ovsdb.h \
	hotplug/process.c hotplug/process.h \
	hotplug/program.c hotplug/program.h \
	hotplug/qcow2.c hotplug/qcow2.h \
	hotplug/qemu.c hotplug/qemu.h hotplug/qemu_int.h \
	hotplug/qemu_disk.c hotplug/qemu_disk.h \
	hotplug/qemu_model.c hotplug/qemu_model.h \
	hotplug/qemu_options.c \
	hotplug/qemu_other.c \
	hotplug/qmp.c hotplug/qmp.h \
	hotplug/rt.c hotplug/rt.h \
	hotplug/rt_list.c \
	hotplug/script.c hotplug/script.h hotplug/script_guard.c hotplug/script_guard.h \
	hotplug/script_env.c \
	hotplug/spawn.c hotplug/spawn.h hotplug/spawn_confined.c \
	hotplug/sysctl.c hotplug/sysctl.h \
	hotplug/sysfs.c hotplug/sysfs.h \
	hotplug/qemu_img.c hotplug/qemu_img.h \
	hotplug/tap.c hotplug/tap.h \
	hotplug/vif.c \
	hotplug/vif_place.c \
	hotplug/vif_route.c hotplug/vif_route.h \
	hotplug/vif_route_look.c \
	hotplug/vif_vlan.c hotplug/vif_vlan.h \
	hotplug/volume.c hotplug/volume.h hotplug/volume_int.h \
	hotplug/volume_copy.c \
	hotplug/volume_image.c \
	hotplug/volume_make.c
hotplug_libhotplug_la_CPPFLAGS = $(AM_CPPFLAGS) $(NL_CFLAGS) $(BLKID_CFLAGS) $(JANSSON_CFLAGS)
hotplug_libhotplug_la_LIBADD = common/libcommon.la $(NL_LIBS) $(BLKID_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS)

# The configuration that GRUB's image carries, as a string of C.
EXTRA_DIST += hotplug/grub.cfg
CLEANFILES += hotplug/grub_cfg.h
$(hotplug_libhotplug_la_OBJECTS): | hotplug/grub_cfg.h
hotplug/grub_cfg.h: hotplug/grub.cfg
	$(AM_V_GEN)$(MKDIR_P) hotplug && { echo 'static const char grub_cfg[] ='; \
		sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $(top_srcdir)/hotplug/grub.cfg; echo ';'; } >$@.new && mv $@.new $@
