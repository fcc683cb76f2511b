# SPDX-License-Identifier: GPL-2.0-or-later
# Reconciling: steps by cmocka; the command and its plans by Bats on the host.
if HAVE_CMOCKA
reconcile_tests = tests/unit/test_step tests/unit/test_affinity tests/unit/test_announce tests/unit/test_cloud_init tests/unit/test_saved \
	tests/unit/test_save_file tests/unit/test_restore_text
check_PROGRAMS += $(reconcile_tests)
TESTS += $(reconcile_tests)

reconcile_test_libs = xlite/libreconcile.la cfg/libcfg.la hotplug/libhotplug.la xlite/libxlite.la $(CMOCKA_LIBS)
tests_unit_test_step_SOURCES = tests/unit/test_step.c
tests_unit_test_step_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_step_LDADD = $(reconcile_test_libs)
tests_unit_test_affinity_SOURCES = tests/unit/test_affinity.c
tests_unit_test_affinity_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_affinity_LDADD = $(reconcile_test_libs)
tests_unit_test_announce_SOURCES = tests/unit/test_announce.c
tests_unit_test_announce_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_announce_LDADD = $(reconcile_test_libs)
tests_unit_test_cloud_init_SOURCES = tests/unit/test_cloud_init.c
tests_unit_test_cloud_init_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(ARCHIVE_CFLAGS)
tests_unit_test_cloud_init_LDADD = $(reconcile_test_libs) $(ARCHIVE_LIBS)
tests_unit_test_saved_SOURCES = tests/unit/test_saved.c
tests_unit_test_saved_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_saved_LDADD = $(reconcile_test_libs)
tests_unit_test_save_file_SOURCES = tests/unit/test_save_file.c
tests_unit_test_save_file_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_save_file_LDADD = $(reconcile_test_libs)
tests_unit_test_restore_text_SOURCES = tests/unit/test_restore_text.c
tests_unit_test_restore_text_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_restore_text_LDADD = $(reconcile_test_libs)
endif

if HAVE_BATS
TESTS += tests/plan/plan.bats tests/plan/examples.bats tests/cli/cli.bats tests/cli/remote.bats tests/cli/graph.bats tests/cli/report.bats tests/cli/commands.bats tests/cli/completions.bats tests/cli/lab_suites.bats tests/cli/units.bats
endif
EXTRA_DIST += tests/plan/plan.bats tests/plan/examples.bats tests/cli/cli.bats tests/cli/remote.bats tests/cli/graph.bats tests/cli/report.bats tests/cli/commands.bats tests/cli/completions.bats tests/cli/type.py tests/cli/lab_suites.bats tests/cli/units.bats tests/plan/old.yaml \
	tests/plan/same.yaml tests/plan/same.plan tests/plan/same+prune.plan \
	tests/plan/live.yaml tests/plan/live.plan \
	tests/plan/replaces.yaml tests/plan/replaces.plan tests/plan/replaces+replace.plan \
	tests/plan/volumes.yaml tests/plan/volumes.plan \
	tests/plan/create.yaml tests/plan/create.plan tests/plan/order.yaml tests/plan/order.plan \
	tests/arrows.sh tests/columns.sh tests/man.sh tests/examples.sh tests/lab/helper.bash tests/lab/affinity.bats tests/lab/apply.bats tests/lab/change.bats tests/lab/cloud_init.bats \
	tests/lab/crash.bats tests/lab/devices.bats tests/lab/errors.bats tests/lab/guide.bats tests/lab/power.bats tests/lab/many.bats tests/lab/live.bats tests/lab/confirm.bats tests/lab/log.bats tests/lab/save.bash tests/lab/save.bats tests/lab/save_crash.bats tests/lab/saved.bats tests/lab/watch.bats tests/lab/watch_more.bats tests/lab/ocf.bats tests/lab/watch.bash tests/lab/store.bats \
	tests/lab/packets.bash tests/lab/networks.bats tests/lab/people.bats tests/lab/networks_drift.bats tests/lab/networks_ports.bats tests/lab/networks_guests.bats \
	tests/lab/hvm.bats tests/lab/hvm_more.bats tests/lab/hvm.bash tests/lab/qdisk.bats tests/lab/qdisk_crash.bats tests/lab/qdisk.bash tests/lab/core.bats tests/lab/expected-core tests/lab/expected-4.14 tests/lab/expected-4.20 tests/lab/expected-disks-4.14 tests/lab/expected-disks-4.20 \
	tests/host/ansible.bats tests/host/boots.bats tests/host/gitops.bats tests/host/grub.bats tests/host/lab.bats tests/host/migrate.bats tests/host/remote.bats tests/host/keys.py \
	tests/bare/machine.sh tests/bare/helper.bash tests/bare/quickstart.bats tests/bare/package.bats check.sh quickstart.sh build-aux/setup.sh examples/web1.yaml \
	examples/volumes.yaml examples/volumes-lvm.yaml examples/networks-bridge.yaml examples/networks-nat.yaml examples/networks-route.yaml examples/fleet.yaml \
	examples/cloud-image.yaml examples/database-then-web.yaml examples/qcow2-and-nbd.yaml \
	examples/gitops/README.md examples/gitops/gitops.conf examples/gitops/xlite-gitops examples/gitops/xlite-gitops.service \
	examples/gitops/xlite-gitops.timer
