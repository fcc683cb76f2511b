# SPDX-License-Identifier: GPL-2.0-or-later
# Common to the suites of the spec language.
: "${TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${CFG_TOOL:=$TOP/tests/tools/cfg-tool}"
FIXTURES=$TOP/tests/cfg/fixtures

fail_with() {
	echo "$*" >&2
	return 1
}

# A spec in a file of the test's own folder, from standard input; sets $spec.
spec() {
	spec=$BATS_TEST_TMPDIR/${1:-spec}.yaml
	cat >"$spec"
}
