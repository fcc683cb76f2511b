#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside the lab's dom0: what the Nth domain costs, with a vif and a disk each, and a list of 100.
# Arguments: how many domains (default 200).
set -u
COUNT=${1:-200}
IMAGES=/root/images
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
export LC_ALL=C
TIMEFORMAT='%R %U %S'

ms() { # wall milliseconds of a command
	local out
	out=$({ time "$@" >/dev/null 2>"$DIR/err"; } 2>&1) || { cat "$DIR/err" >&2; }
	tail -n 1 <<<"$out" | awk '{ printf "%.1f\n", $1 * 1000 }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

for ((i = 1; i <= COUNT; i++)); do
	truncate -s 1M "$DIR/d$i.img"
	printf 'name: s%s\nmemory: 4MiB\nkernel: %s/tiny.elf\nstate: paused\nvifs: [{bridge: xenbr0}]\nvbds: [{vdev: xvda, source: %s}]\n' \
		"$i" "$IMAGES" "$DIR/d$i.img" >"$DIR/s$i.yaml"
	ms xlite apply -q "$DIR/s$i.yaml" >>"$DIR/times"
	if [ "$i" -eq 100 ]; then
		for ((k = 0; k < 7; k++)); do ms xl list >>"$DIR/xl"; ms xlite list >>"$DIR/xlite"; done
		echo "list of 100 domains: xl $(median <"$DIR/xl") ms, xlite $(median <"$DIR/xlite") ms (medians of 7 pairs)"
	fi
done
echo "create with vif and disk: domains 2-11: $(sed -n 2,11p "$DIR/times" | median) ms, the last ten of $COUNT: $(tail -n 10 "$DIR/times" | median) ms (medians)"
mkdir "$DIR/all"
for ((i = 1; i <= COUNT; i++)); do cat "$DIR/s$i.yaml"; echo ---; done | sed '$d' >"$DIR/all/all.yaml"
echo "apply of all $COUNT again: $(ms xlite apply -q "$DIR/all") ms"
xlite apply --stats -q "$DIR/all" 2>&1
echo "delete of all $COUNT: $(ms xlite delete --now -q "$DIR/all") ms"
