# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests (cmocka, TAP) and Bats suites that need no Xen. The lab suites are run by check.sh.
include tests/unit/lib.mk
include tests/unit/image.mk
include tests/unit/store.mk
include tests/unit/cfg.mk
include tests/unit/convert.mk
include tests/unit/hotplug.mk
include tests/unit/reconcile.mk
include tests/unit/run.mk
include tests/core/core-tests.mk
include tests/guests/guests.mk
