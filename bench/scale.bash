#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab's dom0: what the Nth domain costs, a list of 100, and a whole directory of domains applied, applied
# again, pruned and deleted; with a vif and a disk each. xl makes a few of the same, for the cost of one.
# Arguments: how many domains (default 200), how many xl makes (default 5).
set -u
COUNT=${1:-200}
XL_COUNT=${2:-5}
IMAGES=/root/images
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export LC_ALL=C
TIMEFORMAT='%R %U %S'

# timed COMMAND...: prints "wall cpu" in milliseconds; what it says on stderr is in $DIR/err.
timed() {
	local out
	out=$({ time "$@" >/dev/null 2>"$DIR/err"; } 2>&1) || { echo "FAILED: $*" >&2; cat "$DIR/err" >&2; }
	tail -n 1 <<<"$out" | awk '{ printf "%.0f %.0f\n", $1 * 1000, ($2 + $3) * 1000 }'
}

wall() {
	local t
	t=$(timed "$@")
	echo "${t% *}"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

messages() {
	grep -o 'store_messages=[0-9]* store_writes=[0-9]*' "$DIR/err"
}

mkdir "$DIR/set"
for ((i = 1; i <= COUNT; i++)); do
	truncate -s 1M "$DIR/d$i.img"
	printf 'name: s%s\nmemory: 4MiB\nkernel: %s/tiny.elf\nstate: paused\nvifs: [{bridge: xenbr0}]\nvbds: [{vdev: xvda, source: %s}]\n' \
		"$i" "$IMAGES" "$DIR/d$i.img" >"$DIR/set/s$i.yaml"
done

echo "One run for each domain:"
for ((i = 1; i <= COUNT; i++)); do
	wall xlite apply -q "$DIR/set/s$i.yaml" >>"$DIR/times"
	if [ "$i" -eq 100 ]; then
		for ((k = 0; k < 7; k++)); do wall xl list >>"$DIR/xl"; wall xlite list >>"$DIR/xlite"; done
		echo "  list of 100 domains: xl $(median <"$DIR/xl") ms, xlite $(median <"$DIR/xlite") ms (medians of 7 pairs)"
	fi
done
echo "  create with vif and disk: domains 2-21 $(sed -n 2,21p "$DIR/times" | median) ms, the last 20 of $COUNT $(tail -n 20 "$DIR/times" | median) ms (medians)"
xlite delete --now -q "$DIR/set"

echo "One run for all $COUNT (wall and CPU in ms):"
echo "  apply:       $(timed xlite apply --stats -q --set all "$DIR/set") $(messages)"
echo "  apply again: $(timed xlite apply --stats -q --set all "$DIR/set") $(messages)"
mkdir "$DIR/half"
for ((i = 1; i <= COUNT; i += 2)); do cp "$DIR/set/s$i.yaml" "$DIR/half"; done
echo "  prune half:  $(timed xlite apply --now --stats -q --set all --prune "$DIR/half") $(messages)"
echo "  delete:      $(timed xlite delete --now --stats -q "$DIR/half") $(messages)"

for ((i = 1; i <= XL_COUNT; i++)); do
	printf 'name="x%s"\ntype="pvh"\nmemory=32\nkernel="%s/tiny.elf"\nvif=["bridge=xenbr0"]\ndisk=["format=raw,vdev=xvda,access=rw,target=%s"]\n' \
		"$i" "$IMAGES" "$DIR/d$i.img" >"$DIR/x$i.cfg"
	timed xl create -e -p -q "$DIR/x$i.cfg" >>"$DIR/xltimes"
done
echo "xl create of the same, one after the other: $(awk '{ print $1 }' "$DIR/xltimes" | median) ms and $(awk '{ print $2 }' "$DIR/xltimes" | median) ms CPU each (medians of $XL_COUNT)"
for ((i = 1; i <= XL_COUNT; i++)); do xl destroy "x$i"; done
