# SPDX-License-Identifier: GPL-2.0-or-later
# Assembles what QEMU boots from unpacked packages: the hypervisor, dom0's kernel
# without its compression, and the two ramdisks. Kept in the cache by content.
# shellcheck shell=bash

# What dom0 is made of. Libraries follow by themselves.
readonly DOM0_PROGRAMS="bash dash bats bridge grub-mkimage ip tc nft strace flock losetup blkid
	lsblk sfdisk mount umount mkfs.ext4 mke2fs e2fsck dumpe2fs debugfs dropbear xenstore xenstore-chmod
	xenstore-exists xenstore-list xenstore-ls xenstore-read xenstore-rm
	xenstore-watch xenstore-write"
readonly DOM0_XEN_PROGRAMS="xl xentop xenstored oxenstored xenconsoled xenconsole
	xen-init-dom0 libxl-save-helper xenstore-control xenctx xenpm lsevtchn
	xen-diag test-xenstore readnotes"
readonly DOM0_FILES="etc/xen usr/lib/bats-core usr/lib/bats usr/libexec/bats-core
	usr/share/bats etc/mke2fs.conf etc/iproute2
	usr/share/terminfo/x/xterm usr/share/terminfo/x/xterm-256color
	usr/share/terminfo/v/vt100 usr/share/terminfo/l/linux usr/share/terminfo/d/dumb
	lib/terminfo/x/xterm lib/terminfo/x/xterm-256color lib/terminfo/v/vt100
	lib/terminfo/l/linux lib/terminfo/d/dumb lib/terminfo/s/screen
	usr/lib/grub/i386-xen_pvh usr/lib/grub/x86_64-xen usr/lib/grub-xen/grub-i386-xen_pvh.bin"
readonly DOM0_MODULES="xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc
	xen-netback xen-blkback virtio_pci virtio_net virtio_blk bridge veth tun loop
	dummy 8021q ifb ext4 nbd dm-mod dm-thin-pool br_netfilter openvswitch"
# Folders of modules taken whole, for modprobe to find when something asks.
readonly DOM0_MODULE_FOLDERS="net/netfilter net/ipv4/netfilter net/ipv6/netfilter
	net/bridge net/sched net/802 net/8021q"
readonly GUEST_MODULES_FRONT="xen-netfront xen-blkfront"
readonly GUEST_MODULES_EXT4="ext4"

# What a set adds (`up --with SET`), by paths in its packages.
set_programs() {
	case $1 in
	qemu) echo "usr/libexec/xen-qemu-system-i386 usr/bin/qemu-system-i386 usr/bin/qemu-img usr/bin/qemu-nbd usr/bin/qemu-io
		usr/share/qemu/keymaps/en-us usr/share/seabios/bios-256k.bin usr/share/seabios/vgabios-stdvga.bin
		usr/share/seabios/vgabios-cirrus.bin" ;;
	openvswitch) echo "usr/sbin/ovsdb-server usr/bin/ovsdb-tool usr/bin/ovs-vsctl usr/bin/ovs-appctl
		usr/lib/openvswitch-switch/ovs-vswitchd usr/share/openvswitch/vswitch.ovsschema" ;;
	lvm) echo "usr/sbin/lvm usr/sbin/dmsetup usr/sbin/pdata_tools usr/sbin/thin_check usr/sbin/thin_dump usr/sbin/thin_repair
		etc/lvm/lvm.conf" ;;
	esac
}

# kmod_as TREE NAME ARG...: modprobe or depmod of the unpacked packages, run with
# its own loader and libraries, so that nothing has to be installed here.
kmod_as() {
	local tree=$1 name=$2
	shift 2
	# By a link's name: not every loader knows --argv0.
	mkdir -p "$tree/kmod"
	ln -sfn ../usr/bin/kmod "$tree/kmod/$name"
	"$tree/lib64/ld-linux-x86-64.so.2" --library-path "$tree/usr/lib/x86_64-linux-gnu" "$tree/kmod/$name" "$@"
}

# copy_path TREE TO PATH: copy one file or folder, keeping its place.
copy_path() {
	local from=$1/$3 to=$2/$3
	[ -e "$from" ] || [ -L "$from" ] || return 0
	mkdir -p "${to%/*}"
	cp -a "$from" "${to%/*}/"
}

find_program() {
	local tree=$1 name=$2 dir
	for dir in usr/bin usr/sbin; do
		if [ -e "$tree/$dir/$name" ]; then
			printf '%s/%s\n' "$dir" "$name"
			return
		fi
	done
	die "$EX_FAILED" "the packages hold no program $name"
}

merged_usr() {
	local d
	for d in bin sbin lib lib64; do
		mkdir -p "$1/usr/$d"
		ln -s "usr/$d" "$1/$d"
	done
}

# libraries_of TREE FOLDER: the files of TREE's libraries that FOLDER's programs load.
libraries_of() {
	local tree=$1 file
	# busybox is static, and the loader would stumble over it.
	find "$2" -type f -perm -100 -size +1k ! -name busybox | while read -r file; do
		[ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] || continue
		"$tree/lib64/ld-linux-x86-64.so.2" --library-path \
			"$tree/usr/lib/x86_64-linux-gnu" --list "$file" 2>/dev/null || true
	done | sed -n 's/^\t.* => \(\/.*\) (0x.*/\1/p'
}

# add_libraries TREE TO: the libraries that the programs in TO need.
add_libraries() {
	local tree=$1 to=$2 lib
	mkdir -p "$to/usr/lib/x86_64-linux-gnu" "$to/usr/lib64"
	cp -L "$tree/lib64/ld-linux-x86-64.so.2" "$to/usr/lib64/"
	{
		libraries_of "$tree" "$to"
		# Loaded by pthread_cancel at run time, thus named by no program.
		echo "$tree/usr/lib/x86_64-linux-gnu/libgcc_s.so.1"
		# Loaded by getpwnam; in newer releases it is a part of libc.
		find "$tree/usr/lib/x86_64-linux-gnu" -name libnss_files.so.2
	} | sort -u | while read -r lib; do
		[ "${lib##*/}" = ld-linux-x86-64.so.2 ] ||
			cp -L "$lib" "$to/usr/lib/x86_64-linux-gnu/"
	done
}

# module_files TREE KVER NAME...: the files of modules and of what they need, in
# the order to load them, relative to the folder of modules.
module_files() {
	local tree=$1 kver=$2 name
	shift 2
	for name in "$@"; do
		kmod_as "$tree" modprobe -d "$tree" -S "$kver" --show-depends "$name" |
			sed -n "s|^insmod .*/lib/modules/$kver/||p"
	done | awk '!seen[$1]++ { print $1 }'
}

kernel_version() {
	set -- "$1"/lib/modules/*
	printf '%s\n' "${1##*/}"
}

add_modules() {
	local tree=$1 to=$2 kver=$3 folder file
	local from=$tree/lib/modules/$kver dest=$to/usr/lib/modules/$kver
	{
		# shellcheck disable=SC2086 # words are meant to split
		module_files "$tree" "$kver" $DOM0_MODULES
		for folder in $DOM0_MODULE_FOLDERS; do
			# shellcheck disable=SC2046
			module_files "$tree" "$kver" $(find "$from/kernel/$folder" -name '*.ko' |
				sed 's|.*/||; s|\.ko$||' | sort)
		done
	} | sort -u | while read -r file; do
		mkdir -p "$dest/${file%/*}"
		cp "$from/$file" "$dest/$file"
	done
	cp "$from"/modules.builtin* "$from/modules.order" "$dest/"
	kmod_as "$tree" depmod -b "$to" "$kver"
	# busybox reads the text; the binary indexes are for kmod only.
	rm -f "$dest"/*.bin
}

# busybox_links TO: each command of busybox that no real program provides.
busybox_links() {
	local to=$1 name
	"$to/bin/busybox" --list | while read -r name; do
		case $name in busybox | init | '[' | '[[') continue ;; esac
		[ -e "$to/usr/bin/$name" ] || [ -e "$to/usr/sbin/$name" ] ||
			ln -s /bin/busybox "$to/usr/bin/$name"
	done
	ln -s /bin/busybox "$to/usr/bin/["
	ln -sfn /bin/busybox "$to/usr/sbin/modprobe"
}

# make_archive FOLDER FILE: an uncompressed ramdisk, owned by root.
make_archive() {
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . | LC_ALL=C sort | "$BUSYBOX" cpio -o -H newc -R 0:0 \
		--quiet 2>/dev/null) >"$2"
}

# kernel_extract BZIMAGE FILE: the ELF kernel inside, since unpacking it here takes
# one second and under emulation many. Linux Documentation/x86/boot.rst.
kernel_extract() {
	local sects offset length magic unpack
	sects=$(od -An -tu1 -j $((0x1f1)) -N1 "$1")
	offset=$(od -An -tu4 -j $((0x248)) -N4 "$1")
	length=$(od -An -tu4 -j $((0x24c)) -N4 "$1")
	offset=$(((sects + 1) * 512 + offset))
	magic=$(od -An -tx1 -j "$offset" -N4 "$1" | tr -d ' ')
	case $magic in
	fd377a58) need_program xz xz-utils; unpack="xz -dc --single-stream" ;;
	28b52ffd) need_program zstd zstd; unpack="zstd -dcq" ;;
	1f8b*) unpack="gzip -dcq" ;;
	*) die "$EX_FAILED" "unknown compression of the kernel ($magic)" ;;
	esac
	# The packed kernel is followed by its size, which unpackers call rubbish.
	tail -c +$((offset + 1)) "$1" 2>/dev/null | head -c "$length" |
		$unpack >"$2" 2>/dev/null || true
	[ "$(head -c 4 "$2" | tr -d '\0')" = $'\x7fELF' ] ||
		die "$EX_FAILED" "no kernel found in ${1##*/}"
}

# guest_build TREE KVER FILE: the test guest's ramdisk.
guest_build() {
	local tree=$1 kver=$2 out=$3 dir=$LAB_WORK/guest
	mkdir -p "$dir"/{bin,sbin,dev,proc,sys,tmp,mnt,etc,root,lib/front,lib/ext4}
	cp "$tree/bin/busybox" "$dir/bin/"
	"$BUSYBOX" --list | while read -r name; do
		[ "$name" = busybox ] || ln -s busybox "$dir/bin/$name"
	done
	rm -f "$dir/bin/poweroff" "$dir/bin/reboot" "$dir/bin/halt"
	install -m 755 "$LAB_HOME/guest/init" "$dir/init"
	install -m 755 "$LAB_HOME/guest/stop" "$dir/sbin/poweroff"
	ln -s poweroff "$dir/sbin/reboot"
	install -m 644 "$LAB_HOME/guest/inittab" "$dir/etc/inittab"
	# shellcheck disable=SC2086 # words are meant to split
	number_modules "$tree" "$kver" "$dir/lib/front" $GUEST_MODULES_FRONT
	# shellcheck disable=SC2086
	number_modules "$tree" "$kver" "$dir/lib/ext4" $GUEST_MODULES_EXT4
	make_archive "$dir" "$LAB_WORK/guest.cpio"
	gzip -n -6 <"$LAB_WORK/guest.cpio" >"$out"
}

# number_modules TREE KVER TO NAME...: copies whose names sort in loading order.
number_modules() {
	local tree=$1 kver=$2 to=$3 file n=10
	shift 3
	while read -r file; do
		cp "$tree/lib/modules/$kver/$file" "$to/$n-${file##*/}"
		n=$((n + 1))
	done < <(module_files "$tree" "$kver" "$@")
}

# tiny_possible: what tiny.elf is made with.
tiny_possible() { command -v as >/dev/null && command -v ld >/dev/null; }

tiny_build() {
	if ! tiny_possible; then
		say "no tiny.elf in dom0: as and ld are missing (apt-get install binutils)"
		return
	fi
	as --32 -o "$LAB_WORK/tiny.o" "$LAB_HOME/guest/tiny.S" &&
		ld -m elf_i386 -n --build-id=none -T "$LAB_HOME/guest/tiny.lds" -o "$1" "$LAB_WORK/tiny.o" ||
		die "$EX_FAILED" "guest/tiny.S cannot be assembled"
}

# dom0_tree TREE TO RELEASE: everything of dom0 but the kernel and the images.
dom0_tree() {
	local tree=$1 to=$2 release=$3 name path
	mkdir -p "$to"/{dev,proc,sys,run,tmp,etc/dropbear,root/images,mnt} \
		"$to"/{var/lib/xen,var/log/xen/console,usr/local/bin,usr/local/sbin,etc/lab}
	chmod 1777 "$to/tmp"
	chmod 700 "$to/root"
	ln -s /run "$to/var/run"
	ln -s /run/lock "$to/var/lock"
	merged_usr "$to"
	for name in busybox $DOM0_PROGRAMS; do
		path=$(find_program "$tree" "$name") || exit
		copy_path "$tree" "$to" "$path"
	done
	for name in $DOM0_FILES; do
		copy_path "$tree" "$to" "$name"
	done
	# Straight to the programs, past Debian's wrapper scripts.
	mkdir -p "$to/usr/lib/xen-$release/bin"
	ln -s "xen-$release" "$to/usr/lib/xen"
	for name in $DOM0_XEN_PROGRAMS; do
		[ -e "$tree/usr/lib/xen-$release/bin/$name" ] || continue
		cp "$tree/usr/lib/xen-$release/bin/$name" "$to/usr/lib/xen-$release/bin/"
		ln -sfn "../lib/xen/bin/$name" "$to/usr/sbin/$name"
	done
	add_libraries "$tree" "$to"
	ln -s dash "$to/usr/bin/sh"
	busybox_links "$to"
	install -m 755 "$LAB_HOME/dom0/init" "$to/init"
	install -m 644 "$LAB_HOME/dom0/inittab" "$to/etc/inittab"
	install -m 644 "$LAB_HOME/dom0/network" "$to/etc/lab/network"
	install -m 755 "$LAB_HOME/census" "$to/usr/local/bin/census"
	echo root:x:0:0:root:/root:/bin/bash >"$to/etc/passwd"
	echo root:x:0: >"$to/etc/group"
	echo /bin/bash >"$to/etc/shells"
	# Read by a shell that a server of ssh starts; older dropbears give a shorter PATH.
	echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" >"$to/root/.bashrc"
	echo "127.0.0.1 localhost lab" >"$to/etc/hosts"
	echo "hosts: files" >"$to/etc/nsswitch.conf"
}

# image_build RELEASE OUT: fill the folder OUT with xen, vmlinux and dom0.cpio.
image_build() {
	local release=$1 out=$2 tree kver dom0=$LAB_WORK/dom0
	tree=$(packages_ready "$release")
	BUSYBOX=$tree/bin/busybox
	say "assembling dom0 for Xen $release"
	kver=$(kernel_version "$tree")
	kmod_as "$tree" depmod -b "$tree" "$kver"
	gzip -dc "$tree/boot/xen-$release-amd64.gz" >"$out/xen"
	kernel_extract "$tree/boot/vmlinuz-$kver" "$out/vmlinux"
	dom0_tree "$tree" "$dom0" "$release"
	add_modules "$tree" "$dom0" "$kver"
	cp "$tree/boot/vmlinuz-$kver" "$dom0/root/images/vmlinuz"
	guest_build "$tree" "$kver" "$dom0/root/images/guest.cpio.gz"
	cp "$out/vmlinux" "$dom0/root/images/vmlinux"
	install -m 644 "$LAB_HOME/guest/cmdline" "$dom0/root/images/cmdline"
	tiny_build "$dom0/root/images/tiny.elf"
	make_archive "$dom0" "$out/dom0.cpio"
	cp "$BUSYBOX" "$out/busybox"
}

# ovs_alternatives TREE: Debian 11 has the daemon of Open vSwitch and its libraries in a folder of their own, to which alternatives lead
# where the package is installed.
ovs_alternatives() {
	local from=$1/usr/lib/openvswitch-common
	[ -e "$from/ovs-vswitchd" ] || return 0
	mkdir -p "$1/usr/lib/openvswitch-switch"
	cp "$from/ovs-vswitchd" "$1/usr/lib/openvswitch-switch/"
	cp "$from"/*.so.* "$1/usr/lib/x86_64-linux-gnu/"
}

# lvm_without_udev TREE: no udevd runs in dom0, so LVM makes the names of its devices itself.
lvm_without_udev() {
	mkdir -p "$1/etc/lvm"
	printf 'activation {\n\tudev_sync = 0\n\tudev_rules = 0\n\tmonitoring = 0\n}\n' >"$1/etc/lvm/lvmlocal.conf"
}

# set_build RELEASE SET OUT: a ramdisk with the programs of a set, and those of their
# libraries that the ramdisk of dom0 in the folder OUT has not.
set_build() {
	local release=$1 set=$2 out=$3 tree path lib dir=$LAB_WORK/$2
	tree=$(packages_ready "$release" "$set")
	BUSYBOX=$out/busybox
	say "assembling what --with $set adds"
	mkdir -p "$dir/usr/lib/x86_64-linux-gnu"
	[ "$set" != openvswitch ] || ovs_alternatives "$tree"
	[ "$set" != lvm ] || lvm_without_udev "$dir"
	for path in $(set_programs "$set"); do
		copy_path "$tree" "$dir" "$path"
	done
	# The firmware's loader is Xen's own, so it is among the packages of dom0.
	[ "$set" != qemu ] || copy_path "$(packages_ready "$release")" "$dir" "usr/lib/xen-$release/boot/hvmloader"
	"$BUSYBOX" cpio -t <"$out/dom0.cpio" 2>/dev/null | sed 's|.*/||' | sort >"$LAB_WORK/had"
	libraries_of "$tree" "$dir" | sort -u | while read -r lib; do
		grep -qxF "${lib##*/}" "$LAB_WORK/had" || cp -L "$lib" "$dir/usr/lib/x86_64-linux-gnu/"
	done
	make_archive "$dir" "$out/$set.cpio.new"
	mv "$out/$set.cpio.new" "$out/$set.cpio"
}

# set_ready RELEASE SET IMAGE: the same, once for an image.
set_ready() {
	set_packages "$2" "$1" >/dev/null
	take_lock "$(cache_dir)/lock" 900
	if [ ! -e "$3/$2.cpio" ] || [ "$(cache_dir)/$1/list-$2" -nt "$3/$2.cpio" ]; then
		LAB_WORK=$(mktemp -d "$(cache_dir)/work.XXXXXX")
		trap 'rm -rf "$LAB_WORK"' EXIT
		set_build "$@"
		rm -rf "$LAB_WORK"
		trap - EXIT
	fi
	drop_lock
}

# image_key RELEASE: changes whenever the packages or the lab's own files do.
image_key() {
	local list
	list=$(cache_dir)/$1/list
	{
		cat "$list" 2>/dev/null || true
		cd "$LAB_HOME" || exit
		cat lib/packages.sh lib/image.sh dom0/* guest/* census
		# An image without tiny.elf is another.
		tiny_possible && echo tiny || true
	} | sha256sum | cut -c1-16
}

# image_ready RELEASE: prints the folder of an assembled image, made if need be.
image_ready() {
	local release=$1 cache dir
	cache=$(cache_dir)
	release_suite "$release" >/dev/null
	mkdir -p "$cache/images" || die "$EX_FAILED" "cannot create $cache"
	take_lock "$cache/lock" 900
	packages_known "$release" || packages_ready "$release" >/dev/null
	dir=$cache/images/$release-$(image_key "$release")
	if [ ! -e "$dir/done" ]; then
		LAB_WORK=$(mktemp -d "$cache/work.XXXXXX")
		trap 'rm -rf "$LAB_WORK"' EXIT
		rm -rf "$dir"
		mkdir -p "$dir"
		image_build "$release" "$dir"
		: >"$dir/done"
		rm -rf "$LAB_WORK"
		trap - EXIT
		images_prune "$cache/images"
	fi
	touch "$dir"
	drop_lock
	printf '%s\n' "$dir"
}

# Keep the eight last used; QEMU has read its copy by the time `up` returns.
images_prune() {
	local old
	find "$1" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn |
		tail -n +9 | cut -d' ' -f2- | while read -r old; do rm -rf "$old"; done
}
