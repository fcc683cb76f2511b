# SPDX-License-Identifier: GPL-2.0-or-later
# A lab is one QEMU process and its folder: start it, know whether it lives, wait
# for its console to say something, end it. Only by the recorded pid, and only
# after a look whether that process is still the lab's QEMU.
# shellcheck shell=bash

readonly QEMU=qemu-system-x86_64

# lab_dir NAME: the folder of a lab.
lab_dir() { printf '%s/%s\n' "$(run_base)" "$1"; }

# lab_pid DIR: the pid of the lab's QEMU if it lives; fails otherwise.
lab_pid() {
	local pid
	[ -s "$1/pid" ] && read -r pid <"$1/pid" || return 1
	case $pid in '' | *[!0-9]*) return 1 ;; esac
	lab_process "$1" "$pid" || return 1
	printf '%s\n' "$pid"
}

# lab_process DIR PID: is it ours, and was it started with this lab's own name?
lab_process() {
	[ -O "/proc/$2" ] && grep -qszxF "$(qemu_tag "$1")" "/proc/$2/cmdline"
}

# qemu_tag DIR: an argument of QEMU that no other process has.
qemu_tag() { printf 'guest=xlite-lab:%s\n' "$1"; }

# kvm_works: /dev/kvm may open and still not run anything, and Xen's own guests
# want virtualisation within the virtual machine.
kvm_works() {
	local code=0
	[ -w /dev/kvm ] || return 1
	grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo || return 1
	grep -qsx '[Y1]' /sys/module/kvm_{intel,amd}/parameters/nested || return 1
	# Runs until the deadline when it works, and fails at once when it does not.
	timeout 0.5 "$QEMU" -accel kvm -cpu host -machine q35 -nodefaults -display none \
		-S >/dev/null 2>&1 || code=$?
	[ "$code" -eq 124 ]
}

# check_cpu_words MODEL: it is one argument of QEMU's, and none of another option's.
check_cpu_words() {
	case $1 in
	'' | [-,+]* | *[!A-Za-z0-9_.,=+-]*) usage_error "--cpu wants a model and features, as qemu64,+avx, not '$1'" ;;
	esac
}

# cpu_virtual: the features for guests of this machine's own processor, behind a model.
cpu_virtual() {
	if grep -qE '^flags.* svm( |$)' /proc/cpuinfo; then echo ,+svm,+npt; else echo ,+vmx; fi
}

# qemu_cpu: QEMU's options for the accelerator and the processor, a line each. One that was asked for has all that was asked for, or
# QEMU does not start.
qemu_cpu() {
	if kvm_works; then
		printf '%s\n' -accel kvm -cpu "${LAB_CPU:-host}${LAB_CPU:+$(cpu_virtual),enforce}"
		return
	fi
	# For Xen, a thread for each CPU. With one for all, one Linux guest in four panicked
	# at an exception's entry, since an event is delivered twice; with a thread each
	# none of fourteen did. xen-core's are not of that kind, and it does better with
	# one: CPUs that change each other's pending interrupts lose some, and wait for
	# each other's threads (README.md).
	printf '%s\n' -accel "tcg,thread=${LAB_THREADS:-multi},tb-size=256" -cpu "${LAB_CPU:-qemu64,+rdrand},+svm,+npt${LAB_CPU:+,enforce}"
}

# qemu_check_cpu: QEMU itself says whether it has the processor that was asked for.
qemu_check_cpu() {
	local cpu said
	[ -n "$LAB_CPU" ] || return 0
	mapfile -t cpu < <(qemu_cpu)
	said=$(echo quit | "$QEMU" "${cpu[@]}" -machine q35 -nodefaults -display none -no-user-config -S -monitor stdio 2>&1 >/dev/null) ||
		usage_error "--cpu $LAB_CPU: QEMU has no such processor here: ${said//$'\n'/; }"
}

# qemu_nodes: QEMU's options for LAB_NODES NUMA nodes, if that is more than one.
qemu_nodes() {
	local n=$LAB_NODES i mem
	[ "$n" -gt 1 ] || return 0
	for ((i = 0; i < n; i++)); do
		mem=$((LAB_MEM * (i + 1) / n - LAB_MEM * i / n))
		echo "-object memory-backend-ram,id=node$i,size=${mem}M"
		echo "-numa node,nodeid=$i,memdev=node$i,cpus=$((LAB_SMP * i / n))-$((LAB_SMP * (i + 1) / n - 1))"
	done
}

# xen_words, linux_words: the command lines of the hypervisor and of dom0's kernel.
xen_words() {
	local words="console=com1 com1=115200,8n1 dom0_mem=$LAB_DOM0_MEM,max:$LAB_DOM0_MEM"
	words+=" bootscrub=0 spec-ctrl=no cpufreq=none cpuidle=0 iommu=0 watchdog=0"
	# One vCPU: two of them wait for each other's flushes of the TLB whenever this
	# machine has other work, and dom0 is then several times slower.
	echo "$words dom0_max_vcpus=$LAB_DOM0_VCPUS ${LAB_XEN_ARGS:-}"
}

linux_words() {
	local words="console=hvc0 quiet mitigations=off random.trust_cpu=on"
	words+=" rodata=off init_on_alloc=0 rcupdate.rcu_expedited=1 apparmor=0"
	words+=" swiotlb=2048${LAB_BOUNCE:-} cryptomgr.notests pci=nommconf"
	echo "$words net.ifnames=0 panic=1 xlite.store=$LAB_STORE ${LAB_LINUX_ARGS:-}"
}

# qemu_start DIR: start QEMU in DIR, which holds xen, vmlinux and ramdisk. It ends
# by itself after LAB_LIFETIME seconds.
qemu_start() {
	local dir=$1 args linux_line
	linux_line=$(linux_words)
	mapfile -t args < <(qemu_cpu)
	args+=(-name "$(qemu_tag "$dir")" -machine "q35,usb=off"
		-smp "$LAB_SMP" -m "$LAB_MEM" -nodefaults -display none
		-no-reboot -no-user-config -pidfile pid
		-chardev "pty,id=com1,logfile=console.log" -serial chardev:com1
		-netdev "user,id=net0,restrict=off,hostfwd=tcp:127.0.0.1:0-:22"
		-device "virtio-net-pci,netdev=net0,romfile="
		-kernel xen -append "$(xen_words)"
		-initrd "vmlinux ${linux_line//,/,,},ramdisk")
	# More of QEMU's options, for who measures: bench/count.
	# shellcheck disable=SC2206,SC2207 # words
	args+=($(qemu_nodes) ${LAB_QEMU_ARGS:-})
	: >"$dir/console.log"
	(
		cd "$dir" || exit
		# Neither locks nor a test runner's pipes are QEMU's business.
		close_descriptors
		exec setsid timeout --signal=TERM --kill-after=10 "$LAB_LIFETIME" \
			"$QEMU" "${args[@]}" </dev/null >qemu.log 2>&1
	) &
	LAB_STARTER=$!
}

# close_descriptors: all but standard input, output and error.
close_descriptors() {
	local fd
	for fd in "/proc/$BASHPID/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
	done
}

# lab_wait_line DIR TEXT DEADLINE: until the console log holds TEXT; DEADLINE is
# in $SECONDS. Returns 1 when QEMU ended first, 124 when time ran out.
lab_wait_line() {
	local dir=$1 text=$2 deadline=$3 line fd tail_pid left code=124 pid
	pid=$(lab_pid "$dir") || return 1
	exec {fd}< <(exec tail -n +1 -s 0.2 -f --pid="$pid" "$dir/console.log" 2>/dev/null)
	tail_pid=$!
	while left=$((deadline - SECONDS)) && [ "$left" -gt 0 ]; do
		if IFS= read -r -t "$left" -u "$fd" line; then
			case $line in *"$text"*) code=0 && break ;; esac
		elif [ $? -le 128 ]; then
			code=1
			break
		fi
	done
	kill "$tail_pid" 2>/dev/null || true
	exec {fd}<&-
	return "$code"
}

# lab_port DIR: the TCP port on 127.0.0.1 that leads to dom0's ssh. The kernel has
# chosen it, so that two labs never meet; QEMU's open sockets tell which it is.
lab_port() {
	local pid fd inode address state rest
	pid=$(lab_pid "$1") || return 1
	for fd in "/proc/$pid/fd/"*; do
		inode=$(readlink "$fd" 2>/dev/null) || continue
		case $inode in socket:*) ;; *) continue ;; esac
		inode=${inode//[!0-9]/}
		while read -r _ address _ state _ _ _ _ _ rest _; do
			if [ "$state" = 0A ] && [ "$rest" = "$inode" ]; then
				printf '%d\n' "0x${address##*:}"
				return 0
			fi
		done <"/proc/$pid/net/tcp"
	done
	return 1
}

# lab_end DIR: end QEMU and the ssh masters, remove the folder.
lab_end() {
	local dir=$1 pid keeper i
	if pid=$(lab_pid "$dir"); then
		# Its parent limits its lifetime, and ends with it.
		keeper=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || keeper=$pid
		ssh_master_end "$dir"
		kill -TERM "$pid" 2>/dev/null || true
		for ((i = 0; i < 200; i++)); do
			lab_process "$dir" "$pid" || lab_process "$dir" "$keeper" || break
			if [ "$i" -eq 100 ] && lab_process "$dir" "$pid"; then
				kill -KILL "$pid" 2>/dev/null || true
			fi
			sleep 0.05
		done
		! lab_process "$dir" "$pid" || die "$EX_FAILED" "QEMU (pid $pid) does not end"
	fi
	rm -rf "$dir"
}
