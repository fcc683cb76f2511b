# SPDX-License-Identifier: GPL-2.0-or-later
# The same host in Bochs: another emulator, with another idea of the processor. It has one CPU and no network: GRUB starts the host from a
# disc, a command runs in its dom0, whose second serial port is what the command prints, and then Bochs is ended.
# shellcheck shell=bash disable=SC2034 # for the other files

readonly BOCHS=bochs-bin GRUB_BIOS=/usr/lib/grub/i386-pc

# bochs_needed: 69 unless all is there.
bochs_needed() {
	local file
	need_program "$BOCHS" bochs
	need_program grub-mkrescue grub-common
	need_program xorriso xorriso
	for file in "/usr/share/bochs/BIOS-bochs-latest bochsbios" "/usr/share/vgabios/vgabios.bin vgabios" "$GRUB_BIOS/boot_hybrid.img grub-pc-bin"; do
		[ -e "${file% *}" ] || die "$EX_UNAVAILABLE" "${file% *} is missing: install it with: apt-get install ${file#* }"
	done
	"$BOCHS" --help cpu 2>&1 | grep -xF "$1" >/dev/null || die "$EX_UNAVAILABLE" "this Bochs has no processor '$1' (bochs --help cpu)"
}

# bochs_ramdisk DIR IMAGE ADDED COMMAND...: dom0's, with the folder ADDED's files and the command as what init runs, once.
bochs_ramdisk() {
	local dir=$1 image=$2 added=$3 overlay=$1/overlay program
	shift 3
	BUSYBOX=$image/busybox
	mkdir -p "$overlay"/etc/lab "$overlay"/usr/local/bin
	[ -z "$added" ] || cp -a "$added/." "$overlay/"
	program=$(find_xlite)
	[ -z "$program" ] || install -m 755 "$program" "$overlay/usr/local/bin/xlite"
	# There is no card: what configures it would be the end of the list.
	sed '/eth0/d; /^route/d' "$LAB_HOME/dom0/network" >"$overlay/etc/lab/network"
	printf 'hvc0::once:-/bin/bash /etc/lab/run\n' >"$overlay/etc/inittab"
	printf '#!/bin/bash\n. /root/.bashrc\ncd /root\n(%s) >/dev/ttyS1 2>&1 </dev/null\necho "LAB: ended $?" >/dev/ttyS1\n' "$(single_quoted "$@")" >"$overlay/etc/lab/run"
	make_archive "$overlay" "$dir/overlay.cpio"
	cat "$image/dom0.cpio" "$dir/overlay.cpio" >"$dir/disc/ramdisk"
	rm -rf "$overlay" "$dir/overlay.cpio"
}

# bochs_disc DIR: of the folder disc in it, in boot.iso, with the words of both command lines.
bochs_disc() {
	local dir=$1
	mkdir -p "$dir/disc/boot/grub"
	cat >"$dir/disc/boot/grub/grub.cfg" <<-END
		set timeout=0
		set gfxpayload=text
		menuentry xen {
			multiboot2 /xen placeholder $(xen_words)
			module2 /vmlinux placeholder $(linux_words)
			module2 /ramdisk
		}
	END
	grub-mkrescue -d "$GRUB_BIOS" -o "$dir/boot.iso" "$dir/disc" >"$dir/mkrescue.log" 2>&1 || {
		cat "$dir/mkrescue.log" >&2
		die "$EX_FAILED" "grub-mkrescue makes no disc"
	}
	rm -r "$dir/disc"
}

# bochs_config MODEL: of the machine. Without the extension of VBE, which GRUB does not survive, and without its speaker, for which Bochs
# mixes sound in a thread that does not survive a machine without a sound card.
bochs_config() {
	cat <<-END
		display_library: rfb, options="timeout=0"
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		vga: extension=none
		plugin_ctrl: speaker=0
		megs: $LAB_MEM
		cpu: model=$1, count=1, ips=100000000, reset_on_triple_fault=0
		clock: sync=none, time0=utc
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=cdrom, path=boot.iso, status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev=console.log
		com2: enabled=1, mode=file, dev=said
		log: bochs.log
		panic: action=report
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

# bochs_run DIR MODEL SECONDS: prints what the command says as it comes; returns what it returned, 124 when time ran out.
bochs_run() {
	local dir=$1 model=$2 seconds=$3 line code ended='' status=0 fd pid
	bochs_config "$model" >"$dir/bochsrc"
	# It is built with its debugger, which waits for this word.
	echo c >"$dir/commands"
	: >"$dir/said"
	: >"$dir/console.log"
	(cd "$dir" && exec timeout --kill-after=2 "$seconds" "$BOCHS" -q -f bochsrc -rc commands </dev/null >bochs.out 2>&1) &
	pid=$!
	# shellcheck disable=SC2064 # that one
	trap "kill $pid 2>/dev/null; exit 130" INT TERM
	exec {fd}< <(exec tail -n +1 -s 0.5 -f --pid="$pid" "$dir/said" 2>/dev/null)
	while IFS= read -r -u "$fd" line; do
		line=${line%$'\r'}
		case $line in
		"LAB: ended "*)
			code=${line##* } ended=1
			kill "$pid" 2>/dev/null
			break
			;;
		esac
		printf '%s\n' "$line"
	done
	exec {fd}<&-
	# Its debugger takes the first signal for a question.
	{ wait "$pid" || status=$?; } 2>/dev/null
	trap - INT TERM
	[ -z "$ended" ] || return "$code"
	case $status in 124 | 137) return "$EX_TIMEOUT" ;; esac
	tail -n 5 "$dir/bochs.out" >&2
	say "Bochs ended before the command did"
	return "$EX_FAILED"
}

# bochs_options ARGUMENT...: BOCHS_ARGS is how many of them are options.
bochs_options() {
	BOCHS_ARGS=0
	while [ $# -gt 0 ]; do
		case $1 in
		--xen | --cpu | --mem | --dom0-mem | --add | --log | --timeout) [ $# -ge 2 ] || usage_error "$1 wants a value" ;;
		--) BOCHS_ARGS=$((BOCHS_ARGS + 1)) && break ;;
		-*) usage_error "bochs: unknown option '$1'" ;;
		*) break ;;
		esac
		case $1 in
		--xen) xen_option "$2" ;;
		--cpu) LAB_CPU=$2 ;;
		--add) BOCHS_ADDED=$2 && { [ -d "$2" ] || die "$EX_FAILED" "no folder $2"; } ;;
		--log) BOCHS_LOG=$2 ;;
		*) need_number "$1" "$2" ;;&
		--mem) LAB_MEM=$2 ;;
		--dom0-mem) LAB_DOM0_MEM=${2}M ;;
		--timeout) LAB_TIMEOUT=$2 ;;
		esac
		shift 2
		BOCHS_ARGS=$((BOCHS_ARGS + 2))
	done
}

verb_bochs() {
	LAB_RELEASE=$(release_default)
	LAB_XEN=$LAB_RELEASE LAB_STORE=c LAB_MEM=2048 LAB_CPU=ryzen LAB_DOM0_MEM=1024M LAB_DOM0_VCPUS=1 LAB_TIMEOUT=3600
	BOCHS_ADDED='' BOCHS_LOG=''
	local image code=0
	bochs_options "$@"
	shift "$BOCHS_ARGS"
	[ $# -gt 0 ] || usage_error "bochs wants a command"
	bochs_needed "$LAB_CPU"
	image=$(image_ready "$LAB_RELEASE")
	DIR=$(mktemp -d)
	# shellcheck disable=SC2064 # that one
	trap "rm -rf '$DIR'" EXIT
	mkdir "$DIR/disc"
	cp "$image/vmlinux" "$DIR/disc/vmlinux"
	cp "$(xen_for "$LAB_XEN" "$image")" "$DIR/disc/xen"
	bochs_ramdisk "$DIR" "$image" "$BOCHS_ADDED" "$@"
	bochs_disc "$DIR"
	bochs_run "$DIR" "$LAB_CPU" "$LAB_TIMEOUT" || code=$?
	[ -z "$BOCHS_LOG" ] || cp "$DIR/console.log" "$BOCHS_LOG"
	[ "$code" -ne "$EX_TIMEOUT" ] || say "the command did not end within $LAB_TIMEOUT s"
	return "$code"
}
