# SPDX-License-Identifier: GPL-2.0-or-later
# Debian packages of one Xen release: resolve by apt, download, unpack; all of it
# in the cache and once. suites.sh says where they come from.
# shellcheck shell=bash

# The releases of Xen, and the suites of Debian that have them.
readonly RELEASES="4.14 4.17 4.20"
# What does not depend on Xen is of this suite for all of them: the kernel (its modules are not packed, which the
# image's code and busybox ask for, and differences between labs are then Xen's), and Bats, of which older suites
# have one without what the tests use.
readonly COMMON_SUITE=bookworm

# release_default: what this machine's own Debian has; the newest elsewhere.
release_default() {
	case $(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null) in
	bullseye) echo 4.14 ;;
	bookworm) echo 4.17 ;;
	*) echo 4.20 ;;
	esac
}

# release_suite RELEASE: the suite it comes from.
release_suite() {
	case $1 in
	4.14) echo bullseye ;;
	4.17) echo bookworm ;;
	4.20) echo trixie ;;
	*) usage_error "no packages known for Xen $1 (${RELEASES// /, } are, or give a file)" ;;
	esac
}

readonly DOM0_PACKAGES="xen-utils-common xenstore-utils
	busybox-static bash dash dropbear-bin e2fsprogs fdisk grub-common grub-xen-bin grub-xen-host iproute2 kmod
	libgcc-s1 mount ncurses-base ncurses-bin nftables strace util-linux"
readonly COMMON_PACKAGES="linux-image-amd64 bats"

# set_packages SET RELEASE: the packages of what `up --with SET` adds.
set_packages() {
	case $1-$2 in
	qemu-4.14) echo "qemu-system-x86 qemu-system-data qemu-utils seabios" ;;
	qemu-*) echo "qemu-system-xen qemu-system-data qemu-utils seabios" ;;
	openvswitch-*) echo "openvswitch-switch openvswitch-common" ;;
	lvm-*) echo "lvm2 dmsetup thin-provisioning-tools" ;;
	*) usage_error "--with qemu, openvswitch and lvm are known, not '$1'" ;;
	esac
}

# sets_of WORD RELEASE: the sets that the WORD of --with names, behind commas, each a word of its own.
sets_of() {
	local set
	for set in ${1//,/ }; do set_packages "$set" "$2" >/dev/null || exit; done
	printf '%s\n' "${1//,/ }"
}

# packages_resolve SUITE PACKAGE...: a line "SUITE NAME=VERSION" for each package to fetch, sorted. Of the
# closure only what was asked for, kernels and libraries can be of use in dom0.
packages_resolve() {
	local suite=$1 libraries=1 plan
	shift
	# A kernel's libraries are those of tools that make its ramdisk.
	case " $* " in *" linux-image-amd64 "*) libraries=0 ;; esac
	plan=$(mktemp)
	if ! apt_of "$suite" install -s -y --no-install-recommends "$@" >"$plan" 2>&1; then
		apt_said "$plan"
		rm -f "$plan"
		die "$EX_UNAVAILABLE" "apt cannot resolve the lab's packages in Debian's $suite:" "$@"
	fi
	awk -v wanted=" $* " -v suite="$suite" -v libraries="$libraries" '
		$1 == "Inst" {
			sub(/^\(/, "", $3)
			if (index(wanted, " " $2 " ") || $2 ~ /^linux-image-[0-9]/ ||
			    (libraries && $2 ~ /^lib/ && $2 !~ /^libpython/))
				print suite, $2 "=" $3
		}' "$plan" | sort
	rm -f "$plan"
}

# packages_fetch FOLDER LIST: each package of LIST as a .deb in FOLDER.
packages_fetch() {
	local folder=$1 list=$2 suite word missing
	for suite in $(cut -d' ' -f1 "$list" | sort -u); do
		missing=()
		while read -r word; do
			[ -e "$folder/$(deb_name "$word")" ] || missing+=("$word")
		done < <(sed -n "s/^$suite //p" "$list")
		[ ${#missing[@]} -eq 0 ] || packages_download "$folder" "$suite" "${missing[@]}"
	done
}

# packages_download FOLDER SUITE NAME=VERSION...: a file counts only when whole: download aside, then rename.
packages_download() {
	local folder=$1 suite=$2 word
	shift 2
	say "fetching $# packages of Debian's $suite"
	mkdir -p "$folder/partial"
	if ! (cd "$folder/partial" && apt_of "$suite" -qq download "$@") >"$folder/partial/log" 2>&1; then
		apt_said "$folder/partial/log"
		die "$EX_UNAVAILABLE" "apt cannot download packages of Debian's $suite; if the mirror has newer ones by now:" \
			"xlite lab fetch --update"
	fi
	for word in "$@"; do
		mv "$folder/partial/${word%%=*}"_*.deb "$folder/$(deb_name "$word")"
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
	while read -r _ word; do
		dpkg-deb --fsys-tarfile "$folder/$(deb_name "$word")" |
			tar -x -C "$tree" --keep-directory-symlink --no-same-owner \
				"${UNPACK_EXCLUDE[@]}" ||
			die "$EX_FAILED" "cannot unpack $(deb_name "$word")"
	done <"$list"
	loader_relink "$tree"
}

# loader_relink TREE: older releases' link to the loader is an absolute one, which would lead out of the tree.
loader_relink() {
	local loader=$1/usr/lib64/ld-linux-x86-64.so.2 to
	to=$(readlink "$loader") || return 0
	case $to in /*) ln -sfn "../..$to" "$loader" ;; esac
}

# packages_update RELEASE [SET]: write down which versions of the packages apt would
# take now. They stay the same until this is asked for again.
packages_update() {
	local dir list suite packages
	dir=$(cache_dir)/$1
	list=$dir/list${2:+-$2}
	mkdir -p "$dir" || die "$EX_FAILED" "cannot create $dir"
	packages_wanted "$@" >"$list.asked"
	while read -r suite packages; do
		suite_refresh "$suite"
		# shellcheck disable=SC2086 # words are meant to split
		packages_resolve "$suite" $packages
	done <"$list.asked" >"$list.new"
	mv "$list.new" "$list"
	mv "$list.asked" "$list.wanted"
}

# packages_wanted RELEASE [SET]: a suite and the names that the list is resolved from, a line for each suite.
packages_wanted() {
	local suite
	suite=$(release_suite "$1") || exit
	# shellcheck disable=SC2046,SC2086 # words are meant to split
	if [ $# -gt 1 ]; then
		echo $suite $(set_packages "$2" "$1")
	else
		echo $suite xen-hypervisor-$1-amd64 xen-utils-$1 $DOM0_PACKAGES
		echo $COMMON_SUITE $COMMON_PACKAGES
	fi
}

# packages_ready RELEASE [SET]: fetch and unpack once; prints the unpacked tree. The
# caller holds the cache's lock.
packages_ready() {
	local dir list root
	dir=$(cache_dir)/$1
	list=$dir/list${2:+-$2}
	root=$dir/tree${2:+-$2}
	mkdir -p "$dir" "$(cache_dir)/debs"
	if ! packages_known "$@"; then
		packages_update "$@"
	fi
	if ! cmp -s "$list" "$root.list"; then
		need_program dpkg-deb dpkg
		packages_fetch "$(cache_dir)/debs" "$list"
		say "unpacking packages"
		rm -rf "$root" "$root.list"
		packages_unpack "$(cache_dir)/debs" "$list" "$root"
		cp "$list" "$root.list"
	fi
	printf '%s\n' "$root"
}

# packages_known RELEASE [SET]: is there a list of what is wanted? One that was made for other names is an older lab's.
packages_known() {
	local list
	list=$(cache_dir)/$1/list${2:+-$2}
	[ -s "$list" ] && [ "$(packages_wanted "$@")" = "$(cat "$list.wanted" 2>/dev/null)" ]
}
