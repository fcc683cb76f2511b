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
# What failed, and the tests by their names.
FAILURES=() NOT_OK=()
PARTS=("$@")
[ $# -gt 0 ] || PARTS=(host lab)
RESULTS=$TOP/build/results

wants() {
	local part
	for part in "${PARTS[@]}"; do
		[ "$part" = "$1" ] && return 0
	done
	return 1
}

# count NAME FILE: adds the TAP lines of a file to the totals; fewer than its plan promised are a failure.
count() {
	local passed failed skipped planned
	planned=$(sed -nE 's/^1\.\.([0-9]+).*/\1/p' "$2")
	skipped=$(grep -cE '^ok .*# (skip|SKIP)' "$2")
	passed=$(($(grep -cE '^ok ' "$2") - skipped))
	failed=$(grep -cE '^not ok ' "$2")
	PASSED=$((PASSED + passed))
	FAILED=$((FAILED + failed))
	SKIPPED=$((SKIPPED + skipped))
	if [ "$failed" -gt 0 ]; then
		FAILURES+=("$1: $failed failed")
		mapfile -t -O ${#NOT_OK[@]} NOT_OK < <(sed -n "s|^not ok |$1: not ok |p" "$2")
	fi
	# A program that skips itself as a whole says so in its plan.
	! grep -qE '^1\.\.0 # SKIP' "$2" || { skipped=1 SKIPPED=$((SKIPPED + 1)); }
	[ $((passed + failed + skipped)) -gt 0 ] || fail "$1 ran no test"
	[ "$planned" = $((passed + failed + skipped)) ] || [ "$planned" = 0 ] || fail "$1 did not come to its end"
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
	local log ran=0
	find "$1/tests" -name '*.log' -delete
	if ! make -C "$1" -j"$JOBS" --no-print-directory check ${3+TESTS="${*:3}"} >"$RESULTS/check-$2.log" 2>&1; then
		grep -E '^(FAIL|ERROR|XPASS)' "$RESULTS/check-$2.log" | head -n 40
		grep -qE '^# TOTAL' "$RESULTS/check-$2.log" || { tail -n 40 "$RESULTS/check-$2.log"; fail "make check ($2) did not come to its end"; }
	fi
	while read -r log; do
		case $log in */test-suite.log) continue ;; esac
		count "$2 ${log#"$1"/tests/}" "$log"
		ran=$((ran + 1))
		grep -E '^not ok|^#' "$log" | grep -A 12 '^not ok' | head -n 60
	done < <(find "$1/tests" -name '*.log' | sort)
	[ "$ran" -gt 0 ] || fail "make check ($2) ran no test"
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
		-DXLITE_LIBEXECDIR='""' -DQEMU_PROGRAM='""' -j "$JOBS" common cfg hotplug xen-core xlite
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
	make_check "$TOP/build-san" sanitizers $(make -C "$TOP/build-san" -s --eval='names:;@echo $(filter tests/unit/% tests/core/%,$(TESTS))' names)
	say "make distcheck"
	step "distcheck" make -C "$TOP/build" -j"$JOBS" distcheck DISTCHECK_CONFIGURE_FLAGS=--disable-static-command
}

# A lab that does not come up at all is tried once more, and that is told.
lab_up() {
	local try
	for try in 1 2; do
		"$XLITE" lab --name "$1" up --lifetime 5000 "${@:2}" && return 0
		echo "   the lab $1 did not come up (try $try)"
		"$XLITE" lab --name "$1" logs | tail -n 30
		"$XLITE" lab --name "$1" down
		echo "$1" >>"$RESULTS/lab-retries"
	done
	return 1
}

put_tools() {
	local tool
	for tool in "$TOP"/build/tests/tools/*; do
		[ -x "$tool" ] && [ -f "$tool" ] && "$XLITE" lab --name "$1" put "$tool" /usr/local/bin/
	done
	"$XLITE" lab --name "$1" exec bash -c 'mkdir -p /usr/local/libexec/xlite && cd /usr/local/libexec/xlite &&
		for name in vif-bridge vif-route vif-nat block; do ln -sf xlite-hotplug "xlite-$name"; done'
	"$XLITE" lab --name "$1" put "$TOP/build/hotplug/programs/xlite-hotplug" /usr/local/libexec/xlite/
	"$XLITE" lab --name "$1" exec mkdir -p /root/guests
	"$XLITE" lab --name "$1" put "$TOP"/build/tests/guests/*.elf /root/guests/
}

# run_suites LAB SUITE...: puts the suites into a lab and runs them there; names with host/ in front run here.
run_suites() {
	local lab=$1 suite out
	shift
	"$XLITE" lab --name "$lab" exec mkdir -p /root/tests /root/examples
	"$XLITE" lab --name "$lab" put tests/lab/*.bats tests/lab/*.bash /root/tests/
	"$XLITE" lab --name "$lab" put examples/*.yaml /root/examples/
	"$XLITE" lab --name "$lab" put README.md /root/
	for suite in "$@"; do
		out=$RESULTS/$lab-${suite//\//-}
		case $suite in
		host/*) XLITE_LAB=$lab timeout 1800 bats --tap --timing "tests/$suite.bats" >"$out.tap" 2>"$out.err" ;;
		*)
			timeout 1900 "$XLITE" lab --name "$lab" exec --timeout 1800 env ${XLITE_FUZZ_SECONDS:+XLITE_FUZZ_SECONDS="$XLITE_FUZZ_SECONDS"} \
				bats --tap --timing "/root/tests/$suite.bats" \
				>"$out.tap" 2>"$out.err"
			;;
		esac
		echo "   $lab/$suite has run: $(grep -c '^ok' "$out.tap") of $(sed -n 's/^1\.\.//p' "$out.tap")"
	done
}

# with_lab LAB: boots it, runs its suites with it, ends it.
with_lab() {
	local lab=$1 options suites
	read -ra options <<<"${LAB_OPTIONS[$lab]}"
	read -ra suites <<<"${LAB_SUITES[$lab]}"
	rm -f "$RESULTS/$lab"-*.tap
	if lab_up "$lab" "${options[@]}"; then
		put_tools "$lab"
		run_suites "$lab" "${suites[@]}"
		"$XLITE" lab --name "$lab" down
	fi
}

# next_lab: takes the first name from the list of those to do; false when there is none.
next_lab() {
	(
		flock 9
		head -n 1 "$RESULTS/labs" | grep . && sed -i 1d "$RESULTS/labs"
	) 9>"$RESULTS/labs.lock"
}

# count_suites LAB: what with_lab left; a suite that did not come to its end is a failure.
count_suites() {
	local lab=$1 suite out
	for suite in ${LAB_SUITES[$lab]}; do
		out=$RESULTS/$lab-${suite//\//-}.tap
		if [ ! -s "$out" ]; then
			fail "$lab/$suite did not run"
			continue
		fi
		count "$lab/$suite" "$out"
		grep -A 25 '^not ok' "$out"
	done
}

# expect LAB FILE: failures of tests that the file names ("NAME: why") are counted as skipped; a test that it names and that
# passes is a failure, so that the list stays true.
expect() {
	local tap line name why
	while IFS= read -r line; do
		case $line in '' | '#'*) continue ;; esac
		name=${line%% -- *} why=${line#* -- }
		grep -qF -- " $name" "$RESULTS/$1"-*.tap || fail "$2 names a test that $1 does not run: $name"
		for tap in "$RESULTS/$1"-*.tap; do
			sed -i -E "s|^not (ok [0-9]+ )${name}( in [0-9]+ms)?$|\1${name} # skip expected on this hypervisor: ${why}|; t
				s|^(ok [0-9]+ )${name}( in [0-9]+ms)?$|not \1${name} passes, but is expected not to: $2|" "$tap"
		done
	done <"$2"
}

# The labs, those that take longest first. One QEMU keeps one core busy: a worker for each core takes the next of them.
LABS=(check-core check-a check-b check-c check-ocaml check-qemu)
declare -A LAB_OPTIONS=([check-core]="--xen core --smp 2" [check-a]="--smp 1" [check-b]="--smp 1" [check-c]="--smp 1"
	[check-ocaml]="--xenstored ocaml --smp 2"
	# With QEMU in dom0, whose ramdisk is larger for it.
	[check-qemu]="--smp 1 --with qemu")
declare -A LAB_SUITES=(
	# On xen-core; tests that do not pass there yet are named in tests/lab/expected-core.
	[check-core]="core guests apply store devices change"
	[check-a]="apply change crash devices errors guests hotplug store host/remote"
	[check-b]="network networks networks_drift networks_ports networks_guests"
	[check-c]="live many programs lessons host/lab"
	[check-ocaml]="apply change live"
	[check-qemu]="qdisk")
# What takes a quarter of an hour and more, and a minute of fuzzing: with XLITE_CHECK_LONG=1.
declare -A LAB_SUITES_LONG=([check-qemu]="qdisk_crash" [check-core]="host/boots")
if [ -n "${XLITE_CHECK_LONG:-}" ]; then
	for lab in "${!LAB_SUITES_LONG[@]}"; do LAB_SUITES[$lab]+=" ${LAB_SUITES_LONG[$lab]}"; done
	XLITE_FUZZ_SECONDS=${XLITE_FUZZ_SECONDS:-60}
fi

end_labs() {
	local lab
	for lab in "${LABS[@]}"; do
		"$XLITE" lab --name "$lab" down >/dev/null 2>&1
	done
}

# Every suite there is must be in one of the lists.
lab_suites_complete() {
	local suite
	for suite in tests/lab/*.bats; do
		suite=$(basename "$suite" .bats)
		case " ${LAB_SUITES[*]} ${LAB_SUITES_LONG[*]} " in
		*" $suite "*) ;;
		*) fail "no lab runs tests/lab/$suite.bats" ;;
		esac
	done
}

run_lab() {
	local lab worker
	XLITE=$TOP/build/xlite/xlite
	export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE XLITE TOP
	rm -f "$RESULTS/lab-retries"
	lab_suites_complete
	step "build for the lab" build "$TOP/build" --enable-werror
	step "build of the test tools" make -C "$TOP/build" -j"$JOBS" check TESTS=
	trap end_labs EXIT
	printf '%s\n' "${LABS[@]}" >"$RESULTS/labs"
	say "$JOBS labs at a time:"
	for lab in "${LABS[@]}"; do echo "   $lab (${LAB_OPTIONS[$lab]}): ${LAB_SUITES[$lab]}"; done
	for ((worker = 0; worker < JOBS; worker++)); do
		while lab=$(next_lab); do with_lab "$lab"; done &
	done
	wait
	expect check-core tests/lab/expected-core
	for lab in "${LABS[@]}"; do count_suites "$lab"; done
	if [ -z "${XLITE_CHECK_LONG:-}" ]; then
		SKIPPED=$((SKIPPED + $(wc -w <<<"${LAB_SUITES_LONG[*]}")))
		printf '   skipped: %s (XLITE_CHECK_LONG=1 runs what takes long)\n' "${LAB_SUITES_LONG[*]}"
	fi
	printf '   labs that had to be booted twice: %s\n' "$(cat "$RESULTS/lab-retries" 2>/dev/null | wc -l)"
}

mkdir -p "$RESULTS"
install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LAB[@]}" "${PACKAGES_CHECK[@]}"
wants host && run_host
wants lab && run_lab

say "result"
for failure in "${FAILURES[@]}" "${NOT_OK[@]}"; do
	printf '   %s\n' "$failure"
done
printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
[ "$FAILED" -eq 0 ]
