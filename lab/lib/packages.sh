# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages of one Xen release: resolve by apt, download, unpack; all of it
# in the cache and once. apt's own configuration chooses where they come from.
# shellcheck shell=bash

readonly DEFAULT_RELEASE=4.17

# release_packages RELEASE: the packages that differ from release to release.
release_packages() {
	case $1 in
	4.17) echo "xen-hypervisor-4.17-amd64 xen-utils-4.17" ;;
	*) usage_error "no packages known for Xen $1 (4.17 is, or give a file)" ;;
	esac
}

readonly COMMON_PACKAGES="linux-image-amd64 xen-utils-common xenstore-utils
	busybox-static bash dash bats dropbear-bin e2fsprogs fdisk iproute2 kmod
	libgcc-s1 mount ncurses-base ncurses-bin nftables strace util-linux"

# set_packages SET: the packages of what `up --with SET` adds.
set_packages() {
	case $1 in
	qemu) echo "qemu-system-xen qemu-system-data qemu-utils" ;;
	*) usage_error "--with qemu is known, not '$1'" ;;
	esac
}

# As if nothing were installed here, so that the closure is whole and the same
# everywhere; no root needed.
apt_here() {
	apt-get -q -o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= "$@"
}

# packages_resolve PACKAGE...: NAME=VERSION of each package to fetch, sorted. Of the
# closure only what was asked for and libraries can be of use in dom0.
packages_resolve() {
	local wanted=" $* " plan
	plan=$(apt_here install -s -y --no-install-recommends "$@" 2>&1) || {
		printf '%s\n' "$plan" | grep '^E:' >&2 || true
		die "$EX_UNAVAILABLE" "apt cannot resolve the lab's packages: it needs Debian 12 sources, and apt-get update"
	}
	printf '%s\n' "$plan" | awk -v wanted="$wanted" '
		$1 == "Inst" {
			sub(/^\(/, "", $3)
			if (index(wanted, " " $2 " ") || $2 ~ /^linux-image-[0-9]/ ||
			    ($2 ~ /^lib/ && $2 !~ /^libpython/))
				print $2 "=" $3
		}' | sort
}

# packages_fetch FOLDER LIST: each package of LIST as a .deb in FOLDER.
packages_fetch() {
	local folder=$1 list=$2 word missing=()
	while read -r word; do
		[ -e "$folder/$(deb_name "$word")" ] || missing+=("$word")
	done <"$list"
	[ ${#missing[@]} -gt 0 ] || return 0
	say "fetching ${#missing[@]} packages"
	mkdir -p "$folder/partial"
	# A file counts only when whole: download aside, then rename.
	(cd "$folder/partial" && apt_here -qq download "${missing[@]}") >&2 ||
		die "$EX_UNAVAILABLE" "apt-get download failed (no network, or apt-get update is needed)"
	for word in "${missing[@]}"; do
		set -- "$folder/partial/${word%%=*}"_*.deb
		mv "$1" "$folder/$(deb_name "$word")"
	done
	rm -rf "$folder/partial"
}

deb_name() { printf '%s.deb\n' "${1/=/_}" | tr ':' '%'; }

# Kernel modules for hardware that QEMU is never asked for, and documentation.
readonly UNPACK_EXCLUDE=(--exclude='./usr/share/doc' --exclude='./usr/share/locale'
	--exclude='./usr/share/man' --exclude='./usr/share/bug' --exclude='*/kernel/sound'
	--exclude='*/kernel/drivers/gpu' --exclude='*/kernel/drivers/media'
	--exclude='*/kernel/drivers/staging' --exclude='*/kernel/drivers/infiniband'
	--exclude='*/kernel/drivers/scsi' --exclude='*/kernel/drivers/usb'
	--exclude='*/kernel/drivers/net/wireless' --exclude='*/kernel/drivers/net/ethernet'
	--exclude='*/kernel/drivers/iio' --exclude='*/kernel/drivers/hwmon'
	--exclude='*/kernel/drivers/hid' --exclude='*/kernel/drivers/input')

# packages_unpack FOLDER LIST TREE: unpack the packages of LIST into TREE, with
# the top folders merged into usr/ as an installed Debian has them.
packages_unpack() {
	local folder=$1 list=$2 tree=$3 word d
	mkdir -p "$tree/usr"
	for d in bin sbin lib lib64; do
		mkdir -p "$tree/usr/$d"
		ln -sfn "usr/$d" "$tree/$d"
	done
	while read -r word; do
		dpkg-deb --fsys-tarfile "$folder/$(deb_name "$word")" |
			tar -x -C "$tree" --keep-directory-symlink --no-same-owner \
				"${UNPACK_EXCLUDE[@]}" ||
			die "$EX_FAILED" "cannot unpack $(deb_name "$word")"
	done <"$list"
}

# packages_update RELEASE [SET]: write down which versions of the packages apt would
# take now. They stay the same until this is asked for again.
packages_update() {
	local dir list
	dir=$(cache_dir)/$1
	list=$dir/packages${2:+-$2}
	mkdir -p "$dir" || die "$EX_FAILED" "cannot create $dir"
	need_program apt-get apt
	# shellcheck disable=SC2046 # words are meant to split
	packages_resolve $(packages_wanted "$@") >"$list.new"
	mv "$list.new" "$list"
	packages_wanted "$@" >"$list.wanted"
}

# packages_wanted RELEASE [SET]: the names that the list is resolved from.
packages_wanted() {
	# shellcheck disable=SC2046,SC2086 # words are meant to split
	if [ $# -gt 1 ]; then
		set_packages "$2"
	else
		echo $(release_packages "$1") $COMMON_PACKAGES
	fi
}

# packages_ready RELEASE [SET]: fetch and unpack once; prints the unpacked tree. The
# caller holds the cache's lock.
packages_ready() {
	local dir list root
	dir=$(cache_dir)/$1
	list=$dir/packages${2:+-$2}
	root=$dir/root${2:+-$2}
	mkdir -p "$dir" "$(cache_dir)/debs"
	# A list that was made for other names is one of an older lab.
	if [ ! -s "$list" ] || [ "$(packages_wanted "$@")" != "$(cat "$list.wanted" 2>/dev/null)" ]; then
		packages_update "$@"
	fi
	if ! cmp -s "$list" "$root.packages"; then
		need_program dpkg-deb dpkg
		packages_fetch "$(cache_dir)/debs" "$list"
		say "unpacking packages"
		rm -rf "$root" "$root.packages"
		packages_unpack "$(cache_dir)/debs" "$list" "$root"
		cp "$list" "$root.packages"
	fi
	printf '%s\n' "$root"
}
