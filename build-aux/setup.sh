# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by quickstart.sh and check.sh: saying what goes on and what failed, installing Debian packages, building.
# shellcheck shell=bash disable=SC2034

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=${JOBS:-$(nproc)}
# The script sets LOG to the file that keeps its output, and ENDED to yes when it has come to its end.
LOG='' ENDED=no TOLD=''

say() {
	printf '\n== %s\n' "$*"
}

# tell MESSAGE: on standard error, and for the end in LOG.failed, since the standard error of a part of the script may be elsewhere.
tell() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	[ -z "$LOG" ] || printf '%s\n' "$*" >>"$LOG.failed"
}

die() {
	tell "$*"
	exit 1
}

# tell_failure STATUS STATUSES COMMAND: what failed, where, and who called it; STATUSES are those of a pipe's commands.
tell_failure() {
	local i where='' line before command=${3//$'\n'/ }
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		where+="${where:+, called from }${BASH_SOURCE[i]} line ${BASH_LINENO[i - 1]}"
	done
	case ${FUNCNAME[1]}:$2 in
	logged:*) command=$LOGGED ;;
	*' '*)
		# bash knows the last command of a pipe only: the line has all of them.
		line=$(sed -n "${BASH_LINENO[0]}{s/^[[:space:]]*//;p}" "${BASH_SOURCE[1]}")
		command="${line:-$command} (a pipe: its commands ended with $2)"
		;;
	esac
	# A function whose last command failed fails with it, where the script goes on: once is enough.
	before=$TOLD
	TOLD="$BASHPID ${#FUNCNAME[@]} $3"
	[ "$before" != "$BASHPID $((${#FUNCNAME[@]} + 1)) $3" ] || return 0
	tell "failed with status $1: ${command:0:400} ($where)"
}

# A script that stops before its end says so, and where its output is. at_end is the script's own.
ended() {
	if declare -F at_end >/dev/null; then at_end; fi
	[ "$ENDED" != yes ] || return 0
	{
		printf '\n%s: it stopped before its end\n' "${0##*/}"
		[ -z "$LOG" ] || [ ! -s "$LOG.failed" ] || sed 's/^/   /' "$LOG.failed"
		[ ! -s "$LOG" ] || printf '   its output: %s\n' "$LOG"
	} >&2
}

# tell_all: from here on every command that fails, in functions and subshells too, is told.
tell_all() {
	set -E
	trap 'tell_failure "$?" "${PIPESTATUS[*]}" "$BASH_COMMAND"' ERR
	trap ended EXIT
}

# keep_log FILE: where `logged` keeps what commands say.
keep_log() {
	mkdir -p "$(dirname "$1")" || die "cannot make the folder of $1"
	: >"$1" || die "cannot write $1"
	rm -f "$1.failed"
	LOG=$1
}

# logged COMMAND...: its output is shown, and kept in LOG.
logged() {
	LOGGED=$*
	"$@" 2>&1 | tee -a "$LOG"
}

# need_debian: ends with 69 on any system but those that all of this was tried on. XLITE_OS_RELEASE is for the test of it.
need_debian() {
	local file=${XLITE_OS_RELEASE:-/etc/os-release} id='' arch
	local name="a system without $file"
	if [ -r "$file" ]; then
		# shellcheck source=/dev/null
		id=$(unset ID VERSION_ID && . "$file" && echo "${ID:-} ${VERSION_ID:-}")
		# shellcheck source=/dev/null
		name=$(unset NAME PRETTY_NAME && . "$file" && echo "${PRETTY_NAME:-${NAME:-something else}}")
	fi
	arch=$(uname -m)
	case "$id $arch" in 'debian 12 x86_64' | 'debian 13 x86_64') return 0 ;; esac
	printf '%s: needs Debian 12 or 13 on x86_64, this is %s on %s; nothing was changed\n' "${0##*/}" "$name" "$arch" >&2
	ENDED=yes
	exit 69
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

# Needed to build xlite; to boot the lab; to check everything. Names that are the same in Debian 12 and 13.
PACKAGES_BUILD=(gcc make autoconf automake libtool pkg-config libc6-dev libxen-dev libyaml-dev libjansson-dev
	uuid-dev libexpat1-dev libnl-3-dev libnl-route-3-dev libblkid-dev zlib1g-dev liblzma-dev libzstd-dev liblz4-dev libbz2-dev
	libarchive-dev nettle-dev libncurses-dev
	xz-utils)
PACKAGES_LAB=(qemu-system-x86 seabios openssh-client cpio zstd lz4 xz-utils bzip2 gzip binutils util-linux procps)
PACKAGES_CHECK=(clang libclang-rt-dev bats libcmocka-dev cppcheck shellcheck mandoc python3 git iproute2 e2fsprogs
	strace qemu-utils nftables iptables acpica-tools grub-common grub-pc-bin grub-xen-bin grub-efi-amd64-bin ovmf mtools xorriso debootstrap debian-archive-keyring
	zsh fish)
# What only the long tests need.
[ -z "${XLITE_CHECK_LONG:-}" ] || PACKAGES_CHECK+=(ansible-core)

# installed_of NAME...: "NAME VERSION" of those that are installed. All packages are listed, since dpkg-query fails on names that it
# does not know, and a machine that never had a package may not know it.
installed_of() {
	dpkg-query -W -f='${db:Status-Status} ${Architecture} ${Package} ${Version}\n' |
		awk -v native="$(dpkg --print-architecture)" -v names=" $* " '
			$1 == "installed" && ($2 == native || $2 == "all") && index(names, " " $3 " ") { print $3, $4 }'
}

# apt_knows_packages: has a list of packages been fetched since this machine was made?
apt_knows_packages() {
	local list lists
	lists=$(apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages') || return 1
	while read -r list; do
		[ ! -f "$list" ] || return 0
	done <<<"$lists"
	return 1
}

# apt_get ARGUMENT...: waits for another apt, as a new machine runs one by itself.
apt_get() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# install_packages NAME...: those that are not there yet.
install_packages() {
	local missing=() there name
	there=$(installed_of "$@" | cut -d ' ' -f 1) || die "dpkg-query does not say what is installed"
	for name in "$@"; do
		grep -qxF -- "$name" <<<"$there" || missing+=("$name")
	done
	# The lab asks apt for its packages, too.
	if [ ${#missing[@]} -gt 0 ] || ! apt_knows_packages; then
		say "asking Debian's mirror what there is"
		apt_get update || die "apt-get update failed"
	fi
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${#missing[@]} packages from Debian's mirror: ${missing[*]}"
	apt_get -y install --no-install-recommends "${missing[@]}" || die "apt-get install failed: ${missing[*]}"
}

# what_there_is [CONFIGURE-ARGUMENT...]: what configure would go by. A package that came since it ran brings tests that it left out.
what_there_is() {
	printf '%s\n' "$@"
	installed_of "${PACKAGES_BUILD[@]}" "${PACKAGES_CHECK[@]}"
}

# configure_in DIRECTORY [ARGUMENT...]: if that was not done with these arguments and packages.
configure_in() {
	local dir=$1 there
	shift
	there=$(what_there_is "$@") || die "dpkg-query does not say what is installed"
	if [ ! -x "$TOP/configure" ] || [ "$TOP/configure.ac" -nt "$TOP/configure" ]; then
		(cd "$TOP" && autoreconf -fi) >"$TOP/autoreconf.log" 2>&1 ||
			{ cat "$TOP/autoreconf.log"; die "autoreconf failed; its output: $TOP/autoreconf.log"; }
	fi
	mkdir -p "$dir" || die "cannot make $dir"
	if [ -f "$dir/Makefile" ] && [ -f "$dir/configured-with" ] && [ "$(cat "$dir/configured-with")" = "$there" ]; then
		return 0
	fi
	# Nothing of what was built otherwise is kept: a warning would not be seen.
	[ ! -f "$dir/Makefile" ] || make -C "$dir" -s clean || die "make clean failed in $dir"
	# Libtool is a script: dash takes less than half of the time that bash takes for it.
	(cd "$dir" && CONFIG_SHELL=/bin/sh "$TOP/configure" -q "$@") || die "configure failed; what it tried: $dir/config.log"
	printf '%s\n' "$there" >"$dir/configured-with" || die "cannot write $dir/configured-with"
}

# build DIRECTORY [CONFIGURE-ARGUMENT...] [-- TARGET...]: configures and builds there, if nothing is named all.
build() {
	local dir=$1 arguments=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	configure_in "$dir" "${arguments[@]}"
	make -C "$dir" -j"$JOBS" --no-print-directory "$@" || die "the build failed in $dir (make ${*:-all})"
}
