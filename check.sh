#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is needed, builds with gcc and clang, and passes every test: units under sanitizers, the language
# and plans on this machine, and the suites that touch Xen in a lab. Ends with "N passed, N failed, N skipped".
#   ./check.sh [host|lab]...   only these parts
set -uo pipefail

# shellcheck source=build-aux/setup.sh
. "$(dirname "$0")/build-aux/setup.sh"
tell_all
need_debian
cd "$TOP" || exit 1

PASSED=0 FAILED=0 SKIPPED=0
# What failed, and the tests by their names.
FAILURES=() NOT_OK=()
PARTS=("$@")
[ $# -gt 0 ] || PARTS=(host lab)
for part in "${PARTS[@]}"; do
	case $part in host | lab) continue ;; esac
	printf 'usage: %s [host|lab]...\n' "${0##*/}" >&2
	ENDED=yes
	exit 64
done
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
	local passed failed skipped planned whole
	read -r planned passed failed skipped whole < <(awk '
		/^1\.\.[0-9]/ { planned = substr($0, 4) + 0; whole = /^1\.\.0 # SKIP/ }
		/^ok .*# (skip|SKIP)/ { skipped++; next }
		/^ok / { passed++ }
		/^not ok / { failed++ }
		END { print (planned == "" ? "none" : planned), passed + 0, failed + 0, skipped + 0, whole + 0 }' "$2")
	PASSED=$((PASSED + passed))
	FAILED=$((FAILED + failed))
	SKIPPED=$((SKIPPED + skipped))
	if [ "$failed" -gt 0 ]; then
		FAILURES+=("$1: $failed failed")
		mapfile -t -O ${#NOT_OK[@]} NOT_OK < <(sed -n "s|^not ok |$1: not ok |p" "$2")
	fi
	# A program that skips itself as a whole says so in its plan.
	[ "$whole" -eq 0 ] || { skipped=1 SKIPPED=$((SKIPPED + 1)); }
	[ $((passed + failed + skipped)) -gt 0 ] || fail "$1 ran no test: $2"
	[ "$planned" = $((passed + failed + skipped)) ] || [ "$planned" = 0 ] || fail "$1 did not come to its end: $2"
	printf '   %s: %s passed, %s failed, %s skipped\n' "$1" "$passed" "$failed" "$skipped"
	[ "$skipped" -eq 0 ] || sed -nE '/^ok .*# (skip|SKIP)/s/^/     /p' "$2"
}

fail() {
	FAILED=$((FAILED + 1))
	FAILURES+=("$*")
	printf '   FAILED: %s\n' "$*"
}

# show_failed LINES FILE: of a TAP file what failed, each with as many lines that follow; a hundred lines at most.
show_failed() {
	awk -v lines="$1" '/^not ok/ { left = lines + 1 } left > 0 { left--; if (shown++ < 100) print }' "$2"
}

# step NAME COMMAND...: counts as one test; the end of its output is shown when it fails.
step() {
	local name=$1 log start=$SECONDS
	shift
	log=$RESULTS/${name//[^A-Za-z0-9]/_}.log
	if "$@" >"$log" 2>&1; then
		PASSED=$((PASSED + 1))
		printf '   ok: %s (%s s)\n' "$name" $((SECONDS - start))
	else
		tail -n 60 "$log"
		fail "$name: the whole output is in $log"
	fi
}

# make_check DIRECTORY NAME TARGET [TEST...]: runs automake's tests and counts what each TAP log says.
make_check() {
	local log ran=0
	find "$1/tests" -name '*.log' -delete
	if ! make -C "$1" -j"$JOBS" --no-print-directory "$3" ${4+TESTS="${*:4}"} >"$RESULTS/check-$2.log" 2>&1; then
		awk '/^(FAIL|ERROR|XPASS)/ && shown++ < 40' "$RESULTS/check-$2.log"
		grep -qE '^# TOTAL' "$RESULTS/check-$2.log" || {
			tail -n 40 "$RESULTS/check-$2.log"
			fail "make check ($2) did not come to its end: the whole output is in $RESULTS/check-$2.log"
		}
	fi
	while read -r log; do
		case $log in */test-suite.log) continue ;; esac
		count "$2 ${log#"$1"/tests/}" "$log"
		ran=$((ran + 1))
		show_failed 12 "$log"
	done < <(find "$1/tests" -name '*.log' | sort)
	[ "$ran" -gt 0 ] || fail "make check ($2) ran no test: $RESULTS/check-$2.log"
}

check_arrows() {
	tests/arrows.sh
}

# It does not know cleanup attributes, hence no word on leaks: these are LeakSanitizer's. How deep it looks is not worth a word each time.
check_cppcheck() {
	cppcheck -q --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --std=c11 \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=unknownMacro --suppress=memleak --suppress=resourceLeak -I"$TOP" -DPACKAGE_VERSION='""' \
		-DXLITE_LIBEXECDIR='""' -DQEMU_PROGRAM='""' -j "$JOBS" common cfg hotplug xen-core xlite
}

check_shellcheck() {
	local all files=() file
	# An archive of the release is no clone, and has only what belongs there.
	if git rev-parse --git-dir >/dev/null 2>&1; then
		mapfile -t tracked < <(git ls-files)
	else
		mapfile -t tracked < <(find . -path './build*' -prune -o -type f -print)
	fi
	for file in "${tracked[@]}"; do
		case $file in
		*.sh | *.bats | *.bash) files+=("$file") ;;
		*) if head -c 20 "$file" | grep -aE '^#!.*(bash|sh)$|^#!/bin/busybox sh|^#!/sbin/openrc-run' >/dev/null; then files+=("$file"); fi ;;
		esac
	done
	shellcheck -x -S warning "${files[@]}"
}

# The Debian kernel of the lab, packed and unpacked, for test_image_kernel.
lab_kernel() {
	local cache=${XLITE_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xlite/lab}
	[ -d "$cache" ] || return 0
	XLITE_TEST_KERNEL=$(find "$cache" -name 'vmlinuz-*' -print -quit)
	XLITE_TEST_VMLINUX=$(find "$cache" -name vmlinux -print -quit)
	export XLITE_TEST_KERNEL XLITE_TEST_VMLINUX
}

# Each in a shell of its own, which a build that fails ends. What gcc builds is also what the labs get; shared libraries are built by distcheck.
build_gcc() (
	build "$TOP/build" --enable-werror --disable-shared -- check TESTS=
)

unit_tests() {
	make -C "$TOP/build" -s --eval='names:;@echo $(filter tests/unit/% tests/core/%,$(TESTS))' names
}

# Only the unit tests, with what they need. What optimises has warned already, and takes half of the time here.
build_san() (
	# shellcheck disable=SC2046 # one word for each test
	build "$TOP/build-san" --enable-werror --enable-sanitizers --disable-shared CFLAGS="-O0 -g1" -- $(unit_tests)
)

# That the archive has every file, builds with clang without a warning (of which it warns does not depend on how far it optimises), installs and
# cleans up. Its tests are two that read files from it: all have run.
check_dist() {
	CONFIG_SHELL=/bin/sh XZ_OPT=-0 make -C "$TOP/build" -j"$JOBS" distcheck \
		DISTCHECK_CONFIGURE_FLAGS="--enable-werror --disable-static-command CC=clang CFLAGS=-O0" \
		TESTS="tests/cfg/fixtures.bats tests/plan/examples.bats" && archive_whole
}

# archive_whole: what the clone has, but for three files about the clone itself.
archive_whole() {
	local missing
	git rev-parse --git-dir >/dev/null 2>&1 || return 0
	missing=$(comm -13 <(tar -tf "$TOP"/build/xlite-*.tar.xz | sed 's|^[^/]*/||' | sort) <(git ls-files | sort) |
		grep -vxE '\.ci/run|\.gitignore|\.shellcheckrc')
	[ -z "$missing" ] || { printf 'the archive lacks what the tree has:\n%s\n' "$missing"; return 1; }
}

run_host() {
	say "tests on this machine (those of the image loader with the lab's kernel)"
	lab_kernel
	make_check "$TOP/build" gcc check
	say "static checks"
	step "include arrows" check_arrows
	step "lines that need no scrolling" tests/columns.sh
	step "cppcheck" check_cppcheck
	step "shellcheck" check_shellcheck
	step "man pages are well formed" tests/man.sh "$TOP/build"
	say "unit tests under ASan and UBSan"
	step "sanitizer build" build_san
	# shellcheck disable=SC2046 # one word for each test
	make_check "$TOP/build-san" sanitizers check-TESTS $(unit_tests)
	say "make distcheck, with clang"
	step "distcheck: the archive builds with clang without a warning" check_dist
}

# A lab that does not come up at all is tried once more, and that is told.
lab_up() {
	local try
	for try in 1 2; do
		"$XLITE" lab --name "$1" up --lifetime 9000 "${@:2}" && return 0
		echo "   the lab $1 did not come up (try $try)"
		"$XLITE" lab --name "$1" logs | tail -n 30 || echo "   it left no log of its console"
		"$XLITE" lab --name "$1" down
		echo "$1" >>"$RESULTS/lab-retries"
	done
	return 1
}

# put_tests LAB: tools, programs, guests, suites and examples, all in one go.
put_tests() {
	local tree=$RESULTS/$1-tree name
	rm -rf "$tree"
	mkdir -p "$tree"/usr/local/{bin,libexec/xlite} "$tree"/root/{guests,tests,examples}
	find build/tests/tools -maxdepth 1 -type f -executable -exec cp -t "$tree/usr/local/bin" {} +
	cp build/hotplug/programs/xlite-hotplug "$tree/usr/local/libexec/xlite/"
	install -D -m 755 build/ocf/domain "$tree/usr/local/lib/ocf/resource.d/xlite/domain"
	# What only a debugger reads stays here.
	strip "$tree"/usr/local/bin/* "$tree/usr/local/libexec/xlite/xlite-hotplug"
	for name in vif-bridge vif-route vif-nat block; do ln -s xlite-hotplug "$tree/usr/local/libexec/xlite/xlite-$name"; done
	cp build/tests/guests/*.elf build/tests/guests/*.bzimage "$tree/root/guests/"
	cp tests/lab/*.bats tests/lab/*.bash "$tree/root/tests/"
	cp examples/*.yaml "$tree/root/examples/"
	cp README.md "$tree/root/"
	mandoc -T ascii man/xlite-guide.7 | sed 's/.\x08//g' >"$tree/root/guide.txt"
	tar -C "$tree" --owner=0 --group=0 -cf - root usr | "$XLITE" lab --name "$1" exec tar -C / -xf -
	rm -rf "$tree"
}

# say_run NAME FILE STATUS SECONDS: one line, while the others still run.
say_run() {
	awk -v name="$1" -v status="$3" -v seconds="$4" '/^ok/ { ok++ } /^1\.\./ { planned = substr($0, 4) }
		END { printf "   %s has run: %d of %s (%d s)%s\n", name, ok, planned, seconds, status ? ", status " status : "" }' "$2"
}

# suite_in LAB SUITE OUT: one suite in the lab, which is given what says how much; names with host/ in front run here. No suite but those of
# the long tier takes a third of its time. Those that tests in it failed is status 1.
suite_in() {
	local lab=$1 suite=$2 out=$3 name given=() seconds=1500
	[ -z "${XLITE_CHECK_LONG:-}" ] || seconds=3600
	for name in XLITE_CHECK_LONG XLITE_EVERY XLITE_FUZZ_SECONDS XLITE_FUZZ_SEED; do
		[ -z "${!name:-}" ] || given+=("$name=${!name}")
	done
	case $suite in
	host/*) XLITE_LAB=$lab timeout "$seconds" bats --tap --timing "tests/$suite.bats" >"$out.tap" 2>"$out.err" ;;
	*)
		timeout $((seconds + 60)) "$XLITE" lab --name "$lab" exec --timeout "$seconds" env "${given[@]}" \
			bats --tap --timing "/root/tests/$suite.bats" >"$out.tap" 2>"$out.err"
		;;
	esac
}

# show_lab LAB OUT: what there is to see of a suite that did not come to its end.
show_lab() {
	echo "   $1: the suite's last words, what runs in the lab, and the end of its console:"
	tail -n 5 "$2.tap" "$2.err"
	timeout 60 "$XLITE" lab --name "$1" exec --timeout 50 sh -c 'ps -ef | grep -v "\[.*\]$" | tail -n 30; xl list; xl dmesg | tail -n 10' ||
		echo "   the lab does not answer"
	"$XLITE" lab --name "$1" logs | tail -n 30
}

# run_suites LAB SUITE...: runs them in the lab. That tests failed is seen from what they said, which is counted at the end. A suite that
# hangs is a failure; one whose lab is lost, as when QEMU ends or dom0 does (ssh's 255), runs once more, and that is told. The next one has
# a new lab in both cases.
run_suites() {
	local lab=$1 suite out start status try
	shift
	for suite in "$@"; do
		out=$RESULTS/$lab-${suite//\//-}
		for try in 1 2; do
			start=$SECONDS status=0
			suite_in "$lab" "$suite" "$out" || status=$?
			say_run "$lab/$suite" "$out.tap" "$status" $((SECONDS - start))
			[ "$status" -gt 1 ] || break
			show_lab "$lab" "$out"
			"$XLITE" lab --name "$lab" down
			boot_lab "$lab" || return 1
			[ "$status$try" = 2551 ] || break
			echo "$lab/$suite" >>"$RESULTS/lab-retries"
		done
	done
}

# boot_lab LAB: with what its suites need; not when the script has been ended meanwhile.
boot_lab() {
	local options
	[ ! -e "$RESULTS/labs.ended" ] || return 1
	read -ra options <<<"${LAB_OPTIONS[$1]}"
	lab_up "$1" "${options[@]}" && put_tests "$1"
}

# with_lab LAB: boots it, runs its suites with it, ends it.
with_lab() {
	local lab=$1 suites
	read -ra suites <<<"${LAB_SUITES[$lab]}"
	rm -f "$RESULTS/$lab"-*.tap
	if boot_lab "$lab"; then
		run_suites "$lab" "${suites[@]}"
		"$XLITE" lab --name "$lab" down
	fi
}

# with_bare NAME: its suites, one after the other on the same bare Debian in a chroot; NAME is bare-RELEASE-WHO. They build with one CPU, as
# a lab would keep one busy.
with_bare() {
	local suite out start status
	for suite in ${LAB_SUITES[$1]}; do
		out=$RESULTS/$1-$suite status=0 start=$SECONDS
		rm -f "$out.tap"
		JOBS=1 XLITE_BARE=${1#bare-} XLITE_BARE_DIR=$RESULTS/$1 XLITE_BARE_KEEP=1 timeout 3600 bats --tap --timing "tests/bare/$suite.bats" \
			>"$out.tap" 2>"$out.err" || status=$?
		say_run "$1/$suite" "$out.tap" "$status" $((SECONDS - start))
	done
	end_bare "$1"
}

# end_bare NAME: also when it still runs. Without its first process none of the others lives, and their mounts are gone.
end_bare() {
	local dir=$RESULTS/$1
	[ -e "$dir" ] || [ -e "$dir.pid" ] || return 0
	[ ! -s "$dir.pid" ] || as_root kill -KILL "$(cat "$dir.pid")" || tell "$1 had ended"
	as_root rm -rf --one-file-system "$dir" "$dir.pid" "$dir.left"
}

# next_lab: takes the first name from the list of those to do; nothing when there is none.
next_lab() {
	(
		flock 9
		sed -n 1p "$RESULTS/labs"
		sed -i 1d "$RESULTS/labs"
	) 9>"$RESULTS/labs.lock"
}

# count_suites LAB: what with_lab left; a suite that did not come to its end is a failure.
count_suites() {
	local lab=$1 suite out
	for suite in ${LAB_SUITES[$lab]}; do
		out=$RESULTS/$lab-${suite//\//-}.tap
		if [ ! -s "$out" ]; then
			fail "$lab/$suite did not run: what was said is in ${out%.tap}.err"
			[ ! -s "${out%.tap}.err" ] || tail -n 20 "${out%.tap}.err"
			continue
		fi
		count "$lab/$suite" "$out"
		show_failed 25 "$out"
	done
}

# expect LAB FILE: failures of tests that the file names ("NAME: why") are counted as skipped; a test that it names and that
# passes is a failure, so that the list stays true.
expect() {
	local tap line name why
	compgen -G "$RESULTS/$1-*.tap" >/dev/null || return 0
	while IFS= read -r line; do
		case $line in '' | '#'*) continue ;; esac
		name=${line%% -- *} why=${line#* -- }
		grep -qF -- " $name" "$RESULTS/$1"-*.tap || [ -z "${XLITE_CHECK_LONG:-}" ] || fail "$2 names a test that $1 does not run: $name"
		for tap in "$RESULTS/$1"-*.tap; do
			sed -i -E "s|^not (ok [0-9]+ )${name}( in [0-9]+ms)?$|\1${name} # skip expected on this hypervisor: ${why}|; t
				s|^(ok [0-9]+ )${name}( in [0-9]+ms)?$|not \1${name} passes, but is expected not to: $2|" "$tap"
		done
	done <"$2"
}

# The labs, those that take longest first. One QEMU keeps one core busy: a worker takes the next of them.
WORKERS=()
LABS=(check-b check-core check-c check-a check-qemu check-ocaml check-4.14 check-4.20)
declare -A LAB_OPTIONS=([check-core]="--xen core --smp 2 --dom0-vcpus 2" [check-a]="--xen 4.17 --smp 1" [check-b]="--xen 4.17 --smp 1"
	[check-c]="--xen 4.17 --smp 1" [check-ocaml]="--xen 4.17 --xenstored ocaml --smp 2 --nodes 2"
	# With QEMU, Open vSwitch and LVM in dom0, whose ramdisk is larger for it.
	[check-qemu]="--xen 4.17 --smp 1 --with qemu,openvswitch,lvm" [check-4.14]="--xen 4.14 --smp 1" [check-4.20]="--xen 4.20 --smp 1"
	[check-disks-4.14]="--xen 4.14 --smp 1 --with qemu,openvswitch,lvm" [check-disks-4.20]="--xen 4.20 --smp 1 --with qemu,openvswitch,lvm")
declare -A LAB_SUITES=(
	# On xen-core; tests that do not pass there yet are named in tests/lab/expected-core. Two vCPUs of dom0: backends work beside what undoes.
	[check-core]="core guests own_kernel host/grub"
	[check-a]="apply change crash devices errors guests hotplug log save saved store host/remote host/gitops"
	[check-b]="network networks networks_drift networks_ports confirm pv"
	[check-c]="guide live cloud_init people power many programs lessons watch"
	# affinity needs a host with several CPUs and NUMA nodes.
	[check-ocaml]="affinity"
	[check-qemu]="qdisk volumes volumes_lvm hvm openvswitch"
	# On the other releases what is compared with xl's own nodes; the long tier has the rest. What does not pass there is named in
	# tests/lab/expected-4.14 and expected-4.20.
	[check-4.14]="store" [check-4.20]="store pv" [check-disks-4.14]="" [check-disks-4.20]="")
# What takes a quarter of an hour and more, all suites on xen-core and on each release, and a minute of fuzzing: with XLITE_CHECK_LONG=1.
declare -A LAB_SUITES_LONG=([check-a]="save_crash" [check-b]="networks_guests" [check-c]="watch_more ocf host/ansible host/lab" [check-qemu]="own_kernel own_kernel_more qdisk_crash hvm_more"
	[check-ocaml]="apply change live pv host/migrate" [check-core]="apply store affinity own_kernel_more devices crash change errors hotplug live many programs lessons network networks networks_drift networks_ports networks_guests host/boots")
# quickstart.sh from nothing. The machine's own release has every other test; so without a word it is the other one, where its
# list of packages is proven as well, and compilers, headers and QEMU are others.
BARE=(bare-13-root) BARE_LONG=(bare-12-root bare-12-sudo bare-13-sudo)
# shellcheck source=/dev/null
[ "$(. /etc/os-release && echo "$VERSION_ID")" != 13 ] || BARE=(bare-12-root) BARE_LONG=(bare-13-root bare-12-sudo bare-13-sudo)
[ -z "${XLITE_CHECK_LONG:-}" ] || BARE+=("${BARE_LONG[@]}")
for lab in "${BARE[@]}"; do
	# First: it takes longest, and with one CPU; nobody is to wait for it at the end.
	LABS=("$lab" "${LABS[@]}") LAB_SUITES[$lab]=quickstart LAB_OPTIONS[$lab]="in a chroot"
	# Who calls quickstart.sh makes no difference to the packages.
	case $lab in *-root) LAB_SUITES_LONG[$lab]=package ;; esac
done
for release in 4.14 4.20; do
	lab=check-$release disks=check-disks-$release
	LAB_SUITES_LONG[$lab]="apply change cloud_init confirm crash devices errors guests guide hotplug live log many people power programs lessons"
	LAB_SUITES_LONG[$lab]+=" ocf own_kernel own_kernel_more save save_crash saved watch watch_more"
	LAB_SUITES_LONG[$lab]+=" network networks networks_drift networks_ports networks_guests"
	[ "$release" != 4.14 ] || LAB_SUITES_LONG[$lab]+=" pv"
	LAB_SUITES_LONG[$disks]="qdisk qdisk_crash volumes volumes_lvm hvm hvm_more openvswitch"
	# On the release of this machine's own Debian all suites run always.
	if [ "$release" = "$(. lab/lib/packages.sh && release_default)" ]; then
		LAB_SUITES[$lab]+=" ${LAB_SUITES_LONG[$lab]}" LAB_SUITES[$disks]=${LAB_SUITES_LONG[$disks]}
		unset "LAB_SUITES_LONG[$lab]" "LAB_SUITES_LONG[$disks]"
		LABS+=("$disks")
	elif [ -n "${XLITE_CHECK_LONG:-}" ]; then
		LABS+=("$disks")
	fi
done
if [ -n "${XLITE_CHECK_LONG:-}" ]; then
	for lab in "${!LAB_SUITES_LONG[@]}"; do LAB_SUITES[$lab]+=" ${LAB_SUITES_LONG[$lab]}"; done
	XLITE_FUZZ_SECONDS=${XLITE_FUZZ_SECONDS:-60}
fi

# Also when the script is ended before its end: no worker begins another lab then.
at_end() {
	local lab
	[ ${#WORKERS[@]} -gt 0 ] || return 0
	: >"$RESULTS/labs"
	: >"$RESULTS/labs.ended"
	for lab in "${LABS[@]}"; do
		case $lab in
		bare-*) end_bare "$lab" ;;
		*) "$XLITE" lab --name "$lab" down || tell "the lab $lab could not be ended" ;;
		esac
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

# lab_workers N: each takes one lab after the other, as long as there are any.
lab_workers() {
	local worker lab
	for ((worker = 0; worker < $1; worker++)); do
		while lab=$(next_lab) && [ -n "$lab" ]; do
			case $lab in bare-*) with_bare "$lab" ;; *) with_lab "$lab" ;; esac
		done &
		WORKERS+=($!)
	done
}

# begin_labs N: so many at a time.
begin_labs() {
	local lab
	XLITE=$TOP/build/xlite/xlite
	export XLITE_LAB_PROGRAM=$TOP/lab/xlite-lab XLITE_LAB_BINARY=$XLITE XLITE TOP
	: >"$RESULTS/lab-retries"
	rm -f "$RESULTS/labs.ended"
	lab_suites_complete
	printf '%s\n' "${LABS[@]}" >"$RESULTS/labs"
	say "labs, $1 at a time:"
	for lab in "${LABS[@]}"; do echo "   $lab (${LAB_OPTIONS[$lab]}): ${LAB_SUITES[$lab]}"; done
	lab_workers "$1"
}

end_of_labs() {
	local lab release
	wait "${WORKERS[@]}"
	say "what the labs say"
	expect check-core tests/lab/expected-core
	for release in 4.14 4.20; do
		expect "check-$release" "tests/lab/expected-$release"
		expect "check-disks-$release" "tests/lab/expected-disks-$release"
	done
	for lab in "${LABS[@]}"; do count_suites "$lab"; done
	if [ -z "${XLITE_CHECK_LONG:-}" ]; then
		SKIPPED=$((SKIPPED + $(wc -w <<<"${LAB_SUITES_LONG[*]} ${BARE_LONG[*]}")))
		printf '   skipped: %s (XLITE_CHECK_LONG=1 runs what takes long)\n' "${LAB_SUITES_LONG[*]} ${BARE_LONG[*]}"
	fi
	printf '   labs that did not come up at once, and suites that ran again since their lab was lost: %s\n' "$(sort "$RESULTS/lab-retries" | xargs)"
}

# Half of the CPUs for either part while both run; then all for the labs, which take longer.
run_both() {
	local all=$JOBS
	JOBS=$(((all + 1) / 2))
	begin_labs "$JOBS"
	run_host
	JOBS=$all
	lab_workers $((all - (all + 1) / 2))
	end_of_labs
}

run_parts() {
	local release
	say "building with gcc"
	step "gcc builds without a warning" build_gcc
	[ "$FAILED" -eq 0 ] || return 0
	for release in 4.14 4.17 4.20; do
		step "the lab's packages for Xen $release are fetched" "$TOP/lab/xlite-lab" fetch --xen "$release"
	done
	if wants host && wants lab; then
		run_both
	elif wants lab; then
		begin_labs "$JOBS"
		end_of_labs
	else
		run_host
	fi
}

# What failed where nothing expected it, in a worker too, is a failure each; the other tests have gone on.
count_told() {
	local line
	[ -s "$LOG.failed" ] || return 0
	while IFS= read -r line; do fail "$line"; done <"$LOG.failed"
}

keep_log "$RESULTS/check.log"
logged install_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_LAB[@]}" "${PACKAGES_CHECK[@]}" || exit 1
run_parts

say "result"
count_told
for failure in "${FAILURES[@]}" "${NOT_OK[@]}"; do
	printf '   %s\n' "$failure"
done
printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
ENDED=yes
exit $((FAILED > 0))
