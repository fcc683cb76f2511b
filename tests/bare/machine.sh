#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A bare Debian in a folder, and commands in it that leave neither mount nor process behind. For root, on Debian.
#   machine.sh make 12|13 FOLDER CACHE      the smallest that debootstrap makes, with this machine's mirrors and proxies
#   machine.sh user FOLDER NAME             adds one who may use sudo
#   machine.sh run FOLDER NAME COMMAND...   ends with the command's status; FOLDER.left names the processes that it left
# Status 77: this machine cannot have one, and standard error says why.
set -euo pipefail

cannot() {
	printf 'no chroot of Debian here: %s\n' "$*" >&2
	exit 77
}

code_name() {
	case $1 in
	12) echo bookworm ;;
	13) echo trixie ;;
	*) echo "unknown release $1" >&2 && return 64 ;;
	esac
}

# sources_for CODENAME: apt's sources of Debian here, main only, with another release in the place of this machine's. Mirrors of
# Debian carry Debian's own signatures, whatever their name.
sources_for() {
	# shellcheck source=/dev/null
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		awk -v own="$(. /etc/os-release && echo "$VERSION_CODENAME")" -v wanted="$1" '
			# The name is known once the list was fetched; the source may have it, or a word as "stable".
			{ name = $3 ~ /^[a-z-]+$/ ? $3 : $2 }
			$4 != "main" || $1 !~ /^(https?|file):/ || (name != own && name != own "-updates" && name != own "-security") { next }
			{
				sub(own, wanted, name)
				line = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $1 " " name " main"
				if (!seen[line]++) print line
			}'
}

# put_settings FOLDER: how this machine reaches its mirrors.
put_settings() {
	local root=$1 file scheme
	# What the environment says of proxies holds for apt, too; what apt's configuration says comes after and is stronger.
	for scheme in http https; do
		printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$(printenv "${scheme}_proxy" || true)"
	done | sed '/ "";$/d' >"$root/etc/apt/apt.conf.d/89environment"
	apt-config dump | sed -nE '/^Acquire::((http|https|ftp)::.*|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]) "[^"]+";$/p' \
		>"$root/etc/apt/apt.conf.d/90mirrors"
	for file in /etc/apt/auth.conf /etc/apt/auth.conf.d/*.conf /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
		[ ! -f "$file" ] || install -D -m 644 "$file" "$root$file"
	done
	# A new machine has no list of packages.
	rm -rf "$root"/var/lib/apt/lists/*
}

# mirror_has URI CODENAME: is that release there?
mirror_has() {
	case $1 in
	file:*) [ -e "${1#file:}/dists/$2" ] ;;
	*) wget -q --spider --tries=3 --timeout=30 "${1%/}/dists/$2/InRelease" ;;
	esac
}

# namespaces_work: whether this kernel, or what contains this machine, lets us.
namespaces_work() {
	unshare --mount --pid --fork --propagation private sh -c 'mount -t tmpfs none /mnt && mount -t proc none /mnt && chroot / true'
}

make_machine() {
	local code root=$2 cache=$3 sources mirror proxy=''
	code=$(code_name "$1")
	namespaces_work || cannot "no mount namespace for root (unshare, mount or chroot is not permitted)"
	sources=$(sources_for "$code")
	mirror=$(awk -v code="$code" '$4 == code && !n++ { print $3 }' <<<"$sources")
	[ -n "$mirror" ] || cannot "apt has no source of Debian's that debootstrap could use"
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[ -z "$proxy" ] || export http_proxy=$proxy
	mirror_has "$mirror" "$code" || {
		# shellcheck source=/dev/null
		! mirror_has "$mirror" "$(. /etc/os-release && echo "$VERSION_CODENAME")" || cannot "$mirror has no $code"
		echo "$mirror does not answer" >&2
		return 1
	}
	mkdir -p "$root" "$cache"
	find "$cache" -name '*.deb' -mtime +30 -delete
	debootstrap --variant=minbase --cache-dir="$cache" --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$code" "$root" "$mirror" || { tail -n 20 "$root/debootstrap/debootstrap.log" >&2; return 1; }
	printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
	put_settings "$root"
}

add_user() {
	run_in "$1" root sh -c "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends sudo &&
		useradd -m -s /bin/bash $2 && echo '$2 ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/$2 && rm -rf /var/lib/apt/lists/*"
}

# inside FOLDER NAME COMMAND...: the first process of its namespaces, which end with it.
inside() {
	local root=$1 user=$2 home status=0 process command
	shift 2
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	home=$(chroot "$root" sh -c "echo ~$user")
	chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$home" USER="$user" TERM=dumb \
		JOBS="${JOBS:-}" setpriv --reuid="$user" --regid="$user" --init-groups sh -c 'cd && "$@"' - "$@" || status=$?
	for process in "$root"/proc/[0-9]*; do
		# Without a command line it is a dead one.
		command=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
		[ "${process##*/}" = 1 ] || [ -z "$command" ] || echo "$command"
	done >"$root.left"
	return "$status"
}

# run_in FOLDER NAME COMMAND...: in namespaces of its own for mounts and processes, so that nothing outlives it however it ends. Whoever
# wants to end it before kills the process that FOLDER.pid names.
run_in() {
	local status=0
	unshare --mount --pid --fork --kill-child --propagation private "$0" inside "$@" &
	echo $! >"$1.pid"
	wait $! || status=$?
	rm -f "$1.pid"
	return "$status"
}

verb=${1:?make, user or run}
shift
case $verb in
make) make_machine "$@" ;;
user) add_user "$@" ;;
run) run_in "$@" ;;
inside) inside "$@" ;;
*) echo "unknown verb $verb" >&2 && exit 64 ;;
esac
