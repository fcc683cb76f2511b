# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by quickstart.sh and check.sh: saying what goes on, installing Debian packages, building.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=$(nproc)

say() {
	printf '\n== %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "must be root to run: $* (and there is no sudo)"
	fi
}

# Needed to build xlite; to boot the lab; to check everything.
PACKAGES_BUILD=(gcc make autoconf automake libtool pkg-config libc6-dev libxen-dev libyaml-dev libjansson-dev
	uuid-dev libnl-3-dev libnl-route-3-dev libblkid-dev zlib1g-dev liblzma-dev libzstd-dev liblz4-dev libbz2-dev
	xz-utils)
PACKAGES_LAB=(qemu-system-x86 seabios openssh-client cpio zstd lz4 xz-utils bzip2 gzip binutils util-linux procps)
PACKAGES_CHECK=(clang libclang-rt-14-dev bats libcmocka-dev cppcheck shellcheck mandoc python3 git iproute2 e2fsprogs
	strace acpica-tools grub-common grub-pc-bin grub-efi-amd64-bin ovmf mtools xorriso)

# install_packages NAME...: those that are not there yet.
install_packages() {
	local missing=() name
	for name in "$@"; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${#missing[@]} packages from Debian's mirror: ${missing[*]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update || die "apt-get update failed"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" ||
		die "apt-get install failed"
}

# what_there_is [CONFIGURE-ARGUMENT...]: what configure would go by. A package that came since it ran brings tests that it left out.
what_there_is() {
	printf '%s\n' "$@"
	dpkg-query -W -f='${Package} ${Version} ${db:Status-Status}\n' "${PACKAGES_BUILD[@]}" "${PACKAGES_CHECK[@]}" 2>/dev/null
}

# build DIRECTORY [CONFIGURE-ARGUMENT...] [-- TARGET...]: configures, if that was not done with these arguments and packages, and builds
# there, if nothing is named all.
build() {
	local dir=$1 there arguments=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	local targets=("$@")
	set -- "${arguments[@]}"
	there=$(what_there_is "$@")
	if [ ! -x "$TOP/configure" ] || [ "$TOP/configure.ac" -nt "$TOP/configure" ]; then
		(cd "$TOP" && autoreconf -fi) >"$TOP/autoreconf.log" 2>&1 || { cat "$TOP/autoreconf.log"; die "autoreconf failed"; }
	fi
	mkdir -p "$dir"
	if [ ! -f "$dir/Makefile" ] || [ "$(cat "$dir/configured-with" 2>/dev/null)" != "$there" ]; then
		# Nothing of what was built otherwise is kept: a warning would not be seen.
		[ ! -f "$dir/Makefile" ] || make -C "$dir" -s clean || die "make clean failed"
		(cd "$dir" && "$TOP/configure" -q "$@") || die "configure failed"
		printf '%s\n' "$there" >"$dir/configured-with"
	fi
	make -C "$dir" -j"$JOBS" --no-print-directory "${targets[@]}" || die "the build failed"
}
