#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the lab's packages come from: apt's configuration of this machine, whatever its form, for suites that it does not
# name. No network: a mirror is a folder.

bats_require_minimum_version 1.5.0

setup() {
	command -v apt-get >/dev/null || skip "apt-get is missing"
	[ -s /usr/share/keyrings/debian-archive-keyring.gpg ] || skip "debian-archive-keyring is missing"
	cd "$BATS_TEST_TMPDIR" || return
	LAB=$(cd "$BATS_TEST_DIRNAME/../../lab" && pwd)
	unset XLITE_LAB_MIRROR
	export XLITE_LAB_CACHE=$BATS_TEST_TMPDIR/cache APT_CONFIG=$BATS_TEST_TMPDIR/apt.conf
	mkdir -p etc/apt.conf.d etc/sources.list.d etc/preferences.d state/lists/partial
	cat >apt.conf <<-END
		Dir::Etc "$PWD/etc";
		Dir::State::lists "$PWD/state/lists";
	END
}

# lib FUNCTION ARGUMENT...: one of the lab's.
lib() (
	set -eu
	# shellcheck disable=SC2034 # for them
	LAB_HOME=$LAB
	for name in common suites packages; do
		# shellcheck disable=SC1090
		. "$LAB/lib/$name.sh"
	done
	"$@"
)

# mirror SUITE...: a folder as a mirror, whose packages have an index only. It is not signed.
mirror() {
	local suite name dir
	for suite in "$@"; do
		dir=mirror/dists/$suite/main/binary-amd64
		mkdir -p "$dir"
		for name in $(lib packages_wanted 4.14 | cut -d' ' -f2-) libwanted1; do
			printf 'Package: %s\nVersion: 1-%s\nArchitecture: amd64\nMaintainer: a\nDescription: a\n' "$name" "$suite"
			printf 'Filename: pool/%s.deb\nSize: 10\nSHA256: %064d\n' "$name" 1
			[ "$name" != xen-utils-4.14 ] || printf 'Depends: libwanted1, python3-unwanted | bash\n'
			echo
		done >"$dir/Packages"
		{
			printf 'Origin: Debian\nSuite: %s\nCodename: %s\nComponents: main\nArchitectures: amd64\n' "$suite" "$suite"
			printf 'Date: %s\nSHA256:\n %s %s main/binary-amd64/Packages\n' "$(date -Ru)" \
				"$(sha256sum <"$dir/Packages" | cut -d' ' -f1)" "$(stat -c %s "$dir/Packages")"
		} >"mirror/dists/$suite/Release"
	done
	echo 'Acquire::AllowInsecureRepositories "true";' >>apt.conf
	echo "deb file:$PWD/mirror trixie main" >etc/sources.list
}

@test "lab suites: a mirror is found in a list of one line" {
	echo 'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.invalid/debian/ bookworm main contrib' >etc/sources.list
	echo 'deb http://s.invalid/debian-security bookworm-security main' >>etc/sources.list
	[ "$(lib archive_uri main)" = http://m.invalid/debian ]
	[ "$(lib archive_uri security)" = http://s.invalid/debian-security ]
}

@test "lab suites: a mirror is found in deb822, by any method, and security may be missing" {
	printf 'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie trixie-updates\nComponents: main\n' \
		>etc/sources.list.d/debian.sources
	[ "$(lib archive_uri main)" = mirror+file:/etc/apt/mirrors/debian.list ]
	[ -z "$(lib archive_uri security)" ]
}

@test "lab suites: others' archives are not taken for Debian's" {
	printf 'deb http://v.invalid/apt nodistro main\ndeb http://d.invalid/debian bookworm stable\ndeb http://f.invalid/ ./\n' >etc/sources.list
	[ -z "$(lib archive_uri main)" ]
	run -69 "$LAB/xlite-lab" fetch --xen 4.14
	[[ $output == *"apt's sources on this machine name no mirror of Debian (XLITE_LAB_MIRROR=URI gives one)"* ]]
}

@test "lab suites: XLITE_LAB_MIRROR goes before" {
	echo 'deb http://m.invalid/debian bookworm main' >etc/sources.list
	[ "$(XLITE_LAB_MIRROR=file:/x lib archive_uri main)" = file:/x ]
	[ -z "$(XLITE_LAB_MIRROR=file:/x lib archive_uri security)" ]
}

@test "lab suites: a key that the machine's sources name is asked as well" {
	echo key >own.gpg
	printf 'Types: deb\nURIs: http://m.invalid/debian\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$PWD/own.gpg" >etc/sources.list.d/d.sources
	echo key >vendor.gpg
	echo "deb [signed-by=$PWD/vendor.gpg] http://v.invalid/apt nodistro main" >etc/sources.list
	[ "$(lib archive_keys http://m.invalid/debian)" = "/usr/share/keyrings/debian-archive-keyring.gpg,$PWD/own.gpg" ]
}

@test "lab suites: a mirror without the suite is named, with what apt said" {
	mirror trixie
	run -69 "$LAB/xlite-lab" fetch --xen 4.14
	[[ $output == *"apt: E: "*"bullseye"* ]]
	[[ $output == *"xlite lab: apt cannot fetch the package lists of Debian's bullseye from file:$PWD/mirror"* ]]
}

@test "lab suites: the main suite alone will do, of each suite only what is wanted of it" {
	mirror bullseye bookworm
	run -69 "$LAB/xlite-lab" fetch --xen 4.14
	[[ $output == *"without the updates of bullseye: its mirror has the main suite alone"* ]]
	[[ $output == *"apt cannot download packages of Debian's bookworm"* ]]
	[ "$(grep -c 'bookworm ' cache/4.14/list)" = 2 ]
	grep -qx 'bookworm linux-image-amd64=1-bookworm' cache/4.14/list
	grep -qx 'bullseye xen-hypervisor-4.14-amd64=1-bullseye' cache/4.14/list
	grep -qx 'bullseye libwanted1=1-bullseye' cache/4.14/list
}

@test "lab suites: a package that the suite lacks is named" {
	mirror bullseye bookworm
	sed -i '/^Package: dash$/,/^$/d' mirror/dists/bullseye/main/binary-amd64/Packages
	sed -i '/SHA256:/,$d' mirror/dists/bullseye/Release
	printf 'SHA256:\n %s %s main/binary-amd64/Packages\n' "$(sha256sum <mirror/dists/bullseye/main/binary-amd64/Packages | cut -d' ' -f1)" \
		"$(stat -c %s mirror/dists/bullseye/main/binary-amd64/Packages)" >>mirror/dists/bullseye/Release
	run -69 "$LAB/xlite-lab" fetch --xen 4.14
	[[ $output == *"apt: E: "*dash* ]]
	[[ $output == *"apt cannot resolve the lab's packages in Debian's bullseye: "* ]]
}

@test "lab suites: the machine's own lists and settings stay apart" {
	mirror bullseye bookworm
	cat >>apt.conf <<-END
		APT::Default-Release "trixie";
		APT::Update::Post-Invoke { "touch $PWD/hook-ran"; };
		Acquire::IndexTargets::deb::Contents-deb { MetaKey "\$(COMPONENT)/Contents-\$(ARCHITECTURE)"; Optional "false"; };
	END
	printf 'Package: *\nPin: release n=bullseye\nPin-Priority: -1\n' >etc/preferences.d/no
	run -69 "$LAB/xlite-lab" fetch --xen 4.14
	grep -qx 'bullseye bash=1-bullseye' cache/4.14/list
	[ ! -e hook-ran ]
	[ "$(find state/lists -mindepth 1)" = state/lists/partial ]
}
