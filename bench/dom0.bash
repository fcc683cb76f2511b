#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab's dom0: the same domains by xl and by xlite, alternating, so that what disturbs one disturbs
# the other. Prints medians and the ratio of xl to xlite. Arguments: number of pairs (default 7).
set -u
PAIRS=${1:-7}
IMAGES=/root/images
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export LC_ALL=C
TIMEFORMAT='%R %U %S'

truncate -s 4M "$DIR/disk.img"

# specs KIND: writes $DIR/x.cfg for xl and $DIR/x.yaml for xlite. Both leave the domain paused.
specs() {
	local vif_xl="" vif="" disk_xl="" disk="" kernel=$IMAGES/tiny.elf memory=32 more_xl="" more=""
	case $1 in *vif*) vif_xl='vif=["mac=00:16:3e:00:77:01,bridge=xenbr0"]' vif='vifs: [{bridge: xenbr0, mac: "00:16:3e:00:77:01"}]' ;; esac
	case $1 in *disk*) disk_xl="disk=[\"format=raw,vdev=xvda,access=rw,target=$DIR/disk.img\"]" disk="vbds: [{vdev: xvda, source: $DIR/disk.img}]" ;; esac
	case $1 in *debian*)
		kernel=$IMAGES/vmlinuz memory=256
		more_xl="ramdisk=\"$IMAGES/guest.cpio.gz\"" more="ramdisk: $IMAGES/guest.cpio.gz" ;;
	esac
	printf 'name="bench"\ntype="pvh"\nmemory=%s\nkernel="%s"\n%s\n%s\n%s\n' "$memory" "$kernel" "$vif_xl" "$disk_xl" "$more_xl" >"$DIR/x.cfg"
	printf 'name: bench\nmemory: %sMiB\nkernel: %s\nstate: paused\n%s\n%s\n%s\n' "$memory" "$kernel" "$vif" "$disk" "$more" >"$DIR/x.yaml"
}

# -e: without the process that xl leaves beside each domain, which strace would wait for.
xl_create() { xl create -e -p -q "$DIR/x.cfg" >/dev/null; }
xl_destroy() { xl destroy bench; }
xlite_create() { xlite apply -q "$DIR/x.yaml"; }
xlite_destroy() { xlite delete --now -q bench; }
xl_list() { xl list >/dev/null; }
xlite_list() { xlite list >/dev/null; }

# timed FILE COMMAND: appends "wall cpu" in milliseconds.
timed() {
	local out
	out=$({ time "$2" >/dev/null; } 2>&1) || { echo "FAILED: $2: $out" >&2; return 1; }
	tail -n 1 <<<"$out" | awk '{ printf "%.1f %.1f\n", $1 * 1000, ($2 + $3) * 1000 }' >>"$1"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

column() {
	awk -v c="$1" '{ print $c }' "$2" | median
}

# messages COMMAND: how many messages xenstored answers meanwhile, those of dom0's kernel for its backends included.
messages() {
	xenstore-control logfile "$DIR/xs.log" >/dev/null
	xenstore-control log on >/dev/null
	"$1" >/dev/null 2>&1
	# What the backends have to say after it has ended.
	sleep 1
	xenstore-control log off >/dev/null
	grep -c '^IN ' "$DIR/xs.log"
	rm -f "$DIR/xs.log"
}

# counted COMMAND: "calls forks execs" of one run.
counted() {
	strace -f -qq -o "$DIR/trace" -e signal=none bash -c "$(declare -f "$1"); DIR=$DIR; $1" >/dev/null 2>&1
	# The shell around it is not counted: it execs nothing else before the program itself starts.
	awk -v tool="$2" '
		!pid && /execve\(/ && $0 ~ ("/" tool "\"") { pid = $1; on = 1 }
		on { n++ }
		on && /(fork|vfork|clone|clone3)\(/ && !/CLONE_THREAD/ { forks++ }
		on && /execve\(/ { execs++ }
		END { print n + 0, forks + 0, (execs ? execs - 1 : 0) }' "$DIR/trace"
}

row() {
	printf '| %-38s | %9s | %9s | %7s | %8s | %8s | %7s | %11s | %11s | %8s | %6s |\n' "$@"
}

# compare TITLE XL XLITE [UNDO-XL UNDO-XLITE]
compare() {
	local title=$1 i xc lc xm lm uxm ulm uxc ulc
	rm -f "$DIR"/{xl,xlite,uxl,uxlite}
	for ((i = 0; i < PAIRS; i++)); do
		timed "$DIR/xl" "$2" && { [ -z "${4:-}" ] || timed "$DIR/uxl" "$4"; }
		timed "$DIR/xlite" "$3" && { [ -z "${5:-}" ] || timed "$DIR/uxlite" "$5"; }
	done
	xm=$(messages "$2")
	[ -z "${4:-}" ] || { uxm=$(messages "$4"); }
	lm=$(messages "$3")
	[ -z "${5:-}" ] || { ulm=$(messages "$5"); }
	xc=$(counted "$2" xl)
	[ -z "${4:-}" ] || { uxc=$(counted "$4" xl); }
	lc=$(counted "$3" xlite)
	[ -z "${5:-}" ] || { ulc=$(counted "$5" xlite); }
	report "$title" xl xlite "$xc" "$lc" "$xm" "$lm"
	[ -z "${4:-}" ] || report "destroy of that" uxl uxlite "$uxc" "$ulc" "$uxm" "$ulm"
}

report() {
	local xw lw xcpu lcpu xc lc
	xw=$(column 1 "$DIR/$2") lw=$(column 1 "$DIR/$3") xcpu=$(column 2 "$DIR/$2") lcpu=$(column 2 "$DIR/$3")
	read -r -a xc <<<"$4"
	read -r -a lc <<<"$5"
	row "$1" "$xw" "$lw" "$(awk -v a="$xw" -v b="$lw" 'BEGIN { printf "%.1f", a / (b ? b : 0.1) }')" "$xcpu" "$lcpu" \
		"$(awk -v a="$xcpu" -v b="$lcpu" 'BEGIN { printf "%.1f", a / (b ? b : 1) }')" "${xc[0]}/${xc[1]}/${xc[2]}" "${lc[0]}/${lc[1]}/${lc[2]}" "$6" "$7"
}

echo "Medians of $PAIRS pairs; milliseconds; calls/forks/execs of one run, and messages to xenstored, the kernel's included."
echo
row "what" "xl wall" "xlite" "ratio" "xl CPU" "xlite" "ratio" "xl calls" "xlite calls" "xl store" "xlite"
row "---" "---:" "---:" "---:" "---:" "---:" "---:" "---:" "---:" "---:" "---:"
for kind in bare vif vif+disk debian; do
	specs "$kind"
	compare "create, paused: $kind" xl_create xlite_create xl_destroy xlite_destroy
done
echo
specs vif+disk
xlite apply --stats -q "$DIR/x.yaml" 2>&1 | sed 's/^/create vif+disk: /'
xlite apply --stats -q "$DIR/x.yaml" 2>&1 | sed 's/^/apply again:     /'
xlite delete --now --stats -q bench 2>&1 | sed 's/^/delete:          /'
