#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's packages of this tree: built, installed, used, removed and purged on a bare Debian in a chroot (helper.bash says how it is
# called). It takes what quickstart.bats has left there, or makes its own.

bats_require_minimum_version 1.5.0
load helper

setup_file() {
	bare_setup
}

teardown_file() {
	bare_teardown
}

# inside COMMAND: by root's shell in the chroot.
inside() {
	machine run "$ROOT" root sh -ec "$1"
}

apt_in() {
	inside "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 $1" >"$BATS_TEST_TMPDIR/apt" 2>&1 ||
		{ tail -n 30 "$BATS_TEST_TMPDIR/apt"; return 1; }
}

# put_tree FOLDER: the tree in /root/FOLDER/xlite of the chroot.
put_tree() {
	rm -rf "${BATS_TEST_TMPDIR:?}/tree"
	clone_tree "$BATS_TEST_TMPDIR/tree"
	as_root rm -rf "${ROOT:?}/root/$1"
	as_root mkdir -p "$ROOT/root/$1"
	as_root cp -r "$BATS_TEST_TMPDIR/tree" "$ROOT/root/$1/xlite"
	as_root chown -R 0:0 "$ROOT/root/$1"
}

# build_in FOLDER: the packages, in /root/FOLDER of the chroot.
build_in() {
	inside "cd $1/xlite && DEB_BUILD_OPTIONS='noopt nocheck parallel=${JOBS:-1}' dpkg-buildpackage -us -uc -b --build-profiles=nocheck >../log 2>&1 || {
		tail -n 40 ../log; false; }"
}

# files: all names in the chroot, but those that any package and any command changes.
files() {
	as_root find "$ROOT" -xdev \( -path "$ROOT/var/lib/dpkg" -o -path "$ROOT/var/lib/apt" -o -path "$ROOT/var/cache" -o -path "$ROOT/var/log" \
		-o -path "$ROOT/tmp" -o -path "$ROOT/root" -o -path "$ROOT/home" -o -path "$ROOT/proc" -o -path "$ROOT/sys" -o -path "$ROOT/dev" \
		-o -path "$ROOT/run" \) -prune -o -printf '%P\n' | LC_ALL=C sort
}

needs_packages() {
	needs_machine
	compgen -G "$ROOT/root/package/xlite_*.deb" >/dev/null || skip "the packages were not built"
}

@test "package: dpkg-buildpackage makes all packages" {
	make_machine
	apt_in update
	put_tree package
	apt_in "install --no-install-recommends build-essential lintian"
	apt_in "build-dep --no-install-recommends -P nocheck ./package/xlite"
	build_in package
	for name in xlite libxlite0 libxlite-dev xen-core xlite-lab; do
		compgen -G "$ROOT/root/package/${name}_*.deb"
	done
}

@test "package: lintian finds nothing" {
	needs_packages
	inside 'cd package && lintian --allow-root --fail-on error,warning xlite_*.changes'
}

@test "package: installed, it works, and removed and purged nothing is left" {
	needs_packages
	# What the packages depend on stays, and is no difference.
	apt_in "install --no-install-recommends qemu-system-x86 seabios openssh-client debian-archive-keyring cpio zstd lz4 xz-utils bzip2 binutils procps"
	files >"$BATS_TEST_TMPDIR/before"
	apt_in "install --no-install-recommends \$(ls ./package/*.deb | grep -v dbgsym)"
	files >"$BATS_TEST_TMPDIR/there"
	inside 'xlite version | grep -x "xlite $(dpkg-query -W -f "\${Version}" xlite)"'
	inside 'for spec in /usr/share/doc/xlite/examples/*.yaml; do xlite validate "$spec"; done'
	inside 'xlite lab --help | grep -q "^Usage: xlite lab" && xlite schema | cmp - /usr/share/xlite/xlite.schema.json'
	for page in man1/xlite.1 man1/xlite-convert.1 man5/xlite.yaml.5 man7/xlite-guide.7 man7/xlite-hosts.7 man7/xen-core.7 man8/xlite-hotplug.8; do
		zgrep -q '^\.Sh NAME' "$ROOT/usr/share/man/$page.gz"
	done
	# The path that a configuration of xl names is the package's.
	local script
	script=$(zgrep -o "script=/[^],']*" "$ROOT/usr/share/man/man8/xlite-hotplug.8.gz" | head -n 1)
	[ -x "$ROOT/${script#script=/}" ]
	# The watch is not enabled by itself; the service that waits for power-off is.
	[ -L "$ROOT/etc/systemd/system/multi-user.target.wants/xlite-domains.service" ]
	[ ! -e "$ROOT/etc/systemd/system/multi-user.target.wants/xlite-watch.service" ]
	inside 'cd /lib/systemd/system; for file in xlite-watch.service session-.scope.d/xlite.conf user@.service.d/xlite.conf; do test -s "$file"; done'
	inside '/usr/lib/ocf/resource.d/xlite/domain meta-data | grep -q "<resource-agent name=.domain. " && test -s /usr/share/ansible/collections/ansible_collections/xlite/xen/galaxy.yml'
	inside 'bash -c ". /usr/share/bash-completion/completions/xlite && complete -p xlite"'
	# GRUB would take it for the newest Xen, and boot it.
	[ -s "$ROOT/boot/xlite/xen-core" ]
	run compgen -G "$ROOT/boot/xen*"
	[ "$status" -eq 1 ]
	inside 'printf "#include <xlite/lib/layout.h>\nint main(void) { return xlite_uuid_parse(\"x\", 0) == 0; }\n" >/tmp/a.c
		gcc -o /tmp/a.out /tmp/a.c $(pkg-config --cflags --libs libxlite) && ldd /tmp/a.out | grep -q libxlite.so.0 && rm /tmp/a.*'
	apt_in "remove xlite libxlite0 libxlite-dev xen-core xlite-lab"
	# What the command keeps while it is used.
	inside "mkdir -m 700 /var/cache/xlite && touch /var/cache/xlite/a.unpacked"
	inside "dpkg --purge xlite libxlite0 libxlite-dev xen-core xlite-lab"
	files >"$BATS_TEST_TMPDIR/after"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/there")" -gt "$(wc -l <"$BATS_TEST_TMPDIR/before")" ]
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	run ! as_root test -e "$ROOT/var/cache/xlite"
}

@test "package: what is built again elsewhere is the same" {
	[ -n "${XLITE_CHECK_LONG:-}" ] || skip "XLITE_CHECK_LONG=1 builds it twice"
	needs_packages
	put_tree package-again/in-another-folder
	build_in package-again/in-another-folder
	for file in "$ROOT"/root/package/*.deb; do
		cmp "$file" "$ROOT/root/package-again/in-another-folder/${file##*/}"
	done
}
