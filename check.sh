#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed, builds with gcc and clang, and passes every test: units under sanitizers, the language
# and plans on this machine, and the suites that touch Xen in a lab. Ends with "N passed, N failed, N skipped".
#   ./check.sh [host|lab]...   only these parts
set -uo pipefail

# shellcheck source=build-aux/setup.sh
. "$(dirname "$0")/build-aux/setup.sh"
cd "$TOP" || exit 1

PASSED=0 FAILED=0 SKIPPED=0
FAILURES=()
PARTS=("$@")
[ $# -gt 0 ] || PARTS=(host lab)
RESULTS=$TOP/build/results
LAB_SUITES=(tests/lab/*.bats)

wants() {
	local part
	for part in "${PARTS[@]}"; do
		[ "$part" = "$1" ] && return 0
	done
	return 1
}

# count NAME FILE: adds the TAP lines of a file to the totals.
count() {
	local passed failed skipped
	skipped=$(grep -cE '^ok .*# (skip|SKIP)' "$2")
	passed=$(($(grep -cE '^ok ' "$2") - skipped))
	failed=$(grep -cE '^not ok ' "$2")
	PASSED=$((PASSED + passed))
	FAILED=$((FAILED + failed))
	SKIPPED=$((SKIPPED + skipped))
	[ "$failed" -eq 0 ] || FAILURES+=("$1: $failed failed")
	# A program that skips itself as a whole says so in its plan.
	! grep -qE '^1\.\.0 # SKIP' "$2" || { skipped=1 SKIPPED=$((SKIPPED + 1)); }
	[ $((passed + failed + skipped)) -gt 0 ] || fail "$1 ran no test"
	printf '   %s: %s passed, %s failed, %s skipped\n' "$1" "$passed" "$failed" "$skipped"
	grep -E '^ok .*# (skip|SKIP)' "$2" | sed 's/^/     /'
}

fail() {
	FAILED=$((FAILED + 1))
	FAILURES+=("$*")
	printf '   FAILED: %s\n' "$*"
}

# step NAME COMMAND...: counts as one test; its output is shown when it fails.
step() {
	local name=$1 log
	shift
	log=$RESULTS/${name//[^A-Za-z0-9]/_}.log
	if "$@" >"$log" 2>&1; then
		PASSED=$((PASSED + 1))
		printf '   ok: %s\n' "$name"
	else
		tail -n 60 "$log"
		fail "$name"
	fi
}

# make_check DIRECTORY NAME [TEST...]: runs automake's tests and counts what each TAP log says.
make_check() {
	local log
	find "$1/tests" -name '*.log' -delete
	if ! make -C "$1" -j"$JOBS" --no-print-directory check ${3+TESTS="${*:3}"} >"$RESULTS/check-$2.log" 2>&1; then
		grep -E '^(FAIL|ERROR|XPASS)' "$RESULTS/check-$2.log" | head -n 40
		grep -qE '^# TOTAL' "$RESULTS/check-$2.log" || { tail -n 40 "$RESULTS/check-$2.log"; fail "make check ($2) did not come to its end"; }
	fi
	while read -r log; do
		case $log in */test-suite.log) continue ;; esac
		count "$2 ${log#"$1"/tests/}" "$log"
		grep -E '^not ok|^#' "$log" | grep -A 12 '^not ok' | head -n 60
	done < <(find "$1/tests" -name '*.log' | sort)
}

no_warnings() {
	build "$@" --enable-werror
}

check_arrows() {
	tests/arrows.sh
}

# It does not know cleanup attributes, hence no word on leaks: these are LeakSanitizer's.
check_cppcheck() {
	cppcheck -q --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --std=c11 \
		--suppress=missingIncludeSystem --suppress=unknownMacro --suppress=memleak --suppress=resourceLeak -I"$TOP" -DPACKAGE_VERSION='""' \
		-DXLITE_LIBEXECDIR='""' -j "$JOBS" common cfg hotplug xlite
}

check_shellcheck() {
	local files
	mapfile -t files < <(git ls-files 2>/dev/null | while read -r f; do
		case $f in *.sh | *.bats | *.bash) echo "$f" ;; *) head -c 20 "$f" | grep -qaE '^#!.*(bash|sh)$|^#!/bin/busybox sh' && echo "$f" ;; esac
	done)
	[ ${#files[@]} -gt 0 ] || mapfile -t files < <(find . -name '*.sh' -o -name '*.bats' -o -name '*.bash' | grep -v '^./build')
	shellcheck -x -S warning "${files[@]}"
}

# The Debian kernel of the lab, packed and unpacked, for test_image_kernel.
lab_kernel() {
	local cache=${XLITE_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xlite/lab}
	XLITE_TEST_KERNEL=$(find "$cache" -name 'vmlinuz-*' | head -n 1)
	XLITE_TEST_VMLINUX=$(find "$cache" -name vmlinux | head -n 1)
	export XLITE_TEST_KERNEL XLITE_TEST_VMLINUX
}

run_host() {
	say "building with gcc"
	step "gcc builds without a warning" no_warnings "$TOP/build"
	say "building with clang"
	step "clang builds without a warning" env CC=clang bash -c '. build-aux/setup.sh; build "$TOP/build-clang" --enable-werror CC=clang --disable-static-command'
	say "static checks"
	step "include arrows" check_arrows
	step "cppcheck" check_cppcheck
	step "shellcheck" check_shellcheck
	step "man pages are well formed" tests/man.sh "$TOP/build"
	say "tests on this machine (those of the image loader with the lab's kernel)"
	"$TOP/lab/xlite-lab" fetch >"$RESULTS/fetch.log" 2>&1 || fail "the lab's packages cannot be fetched"
	lab_kernel
	make_check "$TOP/build" gcc
	say "unit tests under ASan and UBSan"
	step "sanitizer build" bash -c '. build-aux/setup.sh; build "$TOP/build-san" --enable-werror --enable-sanitizers --disable-shared CFLAGS="-O1 -g"'
	# shellcheck disable=SC2046 # one word for each test
	make_check "$TOP/build-san" sanitizers $(make -C "$TOP/build-san" -s --eval='names:;@echo $(filter tests/unit/%,$(TESTS))' names)
	say "make distcheck"
	step "distcheck" make -C "$TOP/build" -j"$JOBS" distcheck DISTCHECK_CONFIGURE_FLAGS=--disable-static-command
}

# A lab that does not come up at all is tried once more, and that is told.
lab_up() {
	local try
	for try in 1 2; do
		"$XLITE" lab --name "$1" up --smp 1 --lifetime 3600 "${@:2}" && return 0
		echo "   the lab did not come up (try $try)"
		"$XLITE" lab --name "$1" logs | tail -n 30
		"$XLITE" lab --name "$1" down
		LAB_RETRIES=$((LAB_RETRIES + 1))
	done
	return 1
}

# run_in_lab NAME SUITE...: puts the suites into a lab and runs them there.
run_in_lab() {
	local lab=$1 suite name
	shift
	"$XLITE" lab --name "$lab" exec mkdir -p /root/tests
	"$XLITE" lab --name "$lab" put "$@" tests/lab/helper.bash /root/tests/
	for suite in "$@"; do
		name=$(basename "$suite" .bats)
		timeout 1500 "$XLITE" lab --name "$lab" exec --timeout 1400 bats --tap --timing "/root/tests/$name.bats" \
			>"$RESULTS/$lab-$name.tap" 2>"$RESULTS/$lab-$name.err"
		count "$lab/$name" "$RESULTS/$lab-$name.tap"
		grep -A 25 '^not ok' "$RESULTS/$lab-$name.tap"
		[ "$(sed -n 's/^1\.\.//p' "$RESULTS/$lab-$name.tap")" = "$(grep -cE '^(not )?ok ' "$RESULTS/$lab-$name.tap")" ] ||
			fail "$lab/$name did not come to its end"
	done
}

put_tools() {
	local tool
	for tool in "$TOP"/build/tests/tools/*; do
		[ -x "$tool" ] && [ -f "$tool" ] && "$XLITE" lab --name "$1" put "$tool" /usr/local/bin/
	done
	"$XLITE" lab --name "$1" exec bash -c 'mkdir -p /usr/local/libexec/xlite && cd /usr/local/libexec/xlite &&
		for name in vif-bridge vif-route vif-nat block; do ln -sf xlite-hotplug "xlite-$name"; done'
	"$XLITE" lab --name "$1" put "$TOP/build/hotplug/programs/xlite-hotplug" /usr/local/libexec/xlite/
}

run_lab() {
	XLITE=$TOP/build/xlite/xlite
	export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE XLITE TOP
	LAB_RETRIES=0
	step "build for the lab" build "$TOP/build" --enable-werror
	step "build of the test tools" make -C "$TOP/build" -j"$JOBS" check TESTS=
	say "a lab with the C xenstored"
	trap '"$XLITE" lab --name check down >/dev/null 2>&1; "$XLITE" lab --name check-ocaml down >/dev/null 2>&1' EXIT
	if lab_up check; then
		put_tools check
		run_in_lab check "${LAB_SUITES[@]}"
		"$XLITE" lab --name check down
	else
		fail "the lab did not come up"
	fi
	say "a lab with oxenstored"
	if lab_up check-ocaml --xenstored ocaml; then
		put_tools check-ocaml
		run_in_lab check-ocaml tests/lab/apply.bats tests/lab/change.bats
		"$XLITE" lab --name check-ocaml down
	else
		fail "the lab with oxenstored did not come up"
	fi
	printf '   labs that had to be booted twice: %s\n' "$LAB_RETRIES"
}

mkdir -p "$RESULTS"
install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LAB[@]}" "${PACKAGES_CHECK[@]}"
wants host && run_host
wants lab && run_lab

say "result"
for failure in "${FAILURES[@]}"; do
	printf '   %s\n' "$failure"
done
printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
[ "$FAILED" -eq 0 ]
