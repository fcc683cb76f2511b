# SPDX-License-Identifier: GPL-2.0-or-later
# hotplug/: unit tests, and the Bats suites that need root, namespaces and loop devices but no Xen.
if HAVE_CMOCKA
hotplug_unit_tests = \
	tests/unit/test_hotplug_disk \
	tests/unit/test_hotplug_lock \
	tests/unit/test_hotplug_net \
	tests/unit/test_hotplug_qemu \
	tests/unit/test_hotplug_script \
	tests/unit/test_hotplug_vif \
	tests/unit/test_inet \
	tests/unit/test_lvm \
	tests/unit/test_nft \
	tests/unit/test_program \
	tests/unit/test_rt
check_PROGRAMS += $(hotplug_unit_tests)
TESTS += $(hotplug_unit_tests)

hotplug_test_cflags = $(AM_CFLAGS) $(NL_CFLAGS) $(CMOCKA_CFLAGS)
hotplug_test_libs = hotplug/libhotplug.la common/libcommon.la $(NL_LIBS) $(BLKID_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_hotplug_disk_SOURCES = tests/unit/test_hotplug_disk.c
tests_unit_test_hotplug_disk_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_disk_LDADD = $(hotplug_test_libs)
tests_unit_test_hotplug_lock_SOURCES = tests/unit/test_hotplug_lock.c
tests_unit_test_hotplug_lock_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_lock_LDADD = $(hotplug_test_libs)
tests_unit_test_hotplug_net_SOURCES = tests/unit/test_hotplug_net.c tests/unit/hotplug_fake.h
tests_unit_test_hotplug_net_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_net_LDADD = $(hotplug_test_libs)
tests_unit_test_hotplug_qemu_SOURCES = tests/unit/test_hotplug_qemu.c
tests_unit_test_hotplug_qemu_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_qemu_LDADD = $(hotplug_test_libs)
tests_unit_test_hotplug_script_SOURCES = tests/unit/test_hotplug_script.c
tests_unit_test_hotplug_script_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_script_LDADD = $(hotplug_test_libs)
tests_unit_test_hotplug_vif_SOURCES = tests/unit/test_hotplug_vif.c tests/unit/hotplug_fake.h
tests_unit_test_hotplug_vif_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_hotplug_vif_LDADD = $(hotplug_test_libs)
tests_unit_test_inet_SOURCES = tests/unit/test_inet.c
tests_unit_test_inet_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_inet_LDADD = $(hotplug_test_libs)
tests_unit_test_lvm_SOURCES = tests/unit/test_lvm.c
tests_unit_test_lvm_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_lvm_LDADD = $(hotplug_test_libs) $(NETTLE_LIBS)
tests_unit_test_nft_SOURCES = tests/unit/test_nft.c
tests_unit_test_nft_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_nft_LDADD = $(hotplug_test_libs)
tests_unit_test_program_SOURCES = tests/unit/test_program.c
tests_unit_test_program_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_program_LDADD = $(hotplug_test_libs)
tests_unit_test_rt_SOURCES = tests/unit/test_rt.c tests/unit/hotplug_fake.h
tests_unit_test_rt_CFLAGS = $(hotplug_test_cflags)
tests_unit_test_rt_LDADD = $(hotplug_test_libs)
endif

# Static where the command is, so that the same program runs in the lab.
check_PROGRAMS += tests/tools/hotplug-tool
tests_tools_hotplug_tool_SOURCES = tests/tools/hotplug-tool.c tests/tools/hotplug-tool.h \
	tests/tools/hotplug-network.c tests/tools/hotplug-nft.c tests/tools/hotplug-volume.c
tests_tools_hotplug_tool_LDADD = hotplug/libhotplug.la common/libcommon.la $(NL_LIBS) $(BLKID_LIBS) $(JANSSON_LIBS) $(NETTLE_LIBS)
if STATIC_COMMAND
tests_tools_hotplug_tool_LDFLAGS = -all-static
tests_tools_hotplug_tool_SOURCES += hotplug/static.c
endif

hotplug_bats = tests/hotplug/disk.bats tests/hotplug/firewall.bats tests/hotplug/link.bats tests/hotplug/network.bats tests/hotplug/ovs.bats \
	tests/hotplug/programs.bats tests/hotplug/spawn.bats tests/hotplug/volume.bats
EXTRA_DIST += $(hotplug_bats) tests/hotplug/helper.bash tests/lab/hotplug.bats tests/lab/network.bats tests/lab/openvswitch.bats tests/lab/programs.bats tests/lab/volumes.bats tests/lab/volumes_lvm.bats \
	tests/unit/lvm/report-2.03.16.json tests/unit/lvm/report-2.03.31.json
if HAVE_BATS
TESTS += $(hotplug_bats)
endif
