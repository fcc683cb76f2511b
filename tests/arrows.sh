#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom (HACKING.md, "arrows"): a row names a folder and the project folders it may know. And who needs whom.
set -u
cd "$(dirname "$0")/.." || exit 1

status=0
# check FOLDER ALLOWED-PREFIX...: every quoted include of the folder's files must start with one of the prefixes. A folder
# inside of it with a row of its own is left out: EXCEPT names it.
check() {
	local folder=$1 file include prefix found
	shift
	while IFS=: read -r file include; do
		found=0
		for prefix in "$@"; do
			case $include in "$prefix"*) found=1 ;; esac
		done
		[ $found -eq 1 ] || { echo "$file includes $include: $folder may know only: $*"; status=1; }
	done < <(grep -rhoHE '^#include "[^"]+"' --include='*.[ch]' --exclude-dir="${EXCEPT:-}" "$folder" | sed 's/#include "//; s/"$//')
}

# deny FOLDER PATTERN REASON: system headers that a folder must not know.
deny() {
	grep -rnE "^#include <($2)" --include='*.[ch]' "$1" && { echo "$1: $3"; status=1; }
}

# circles FOLDER: no two files of a folder may need each other's functions or data, not by way of others either. Headers do not tell
# that, since one may stand for several files; what is built does (XLITE_BUILD, or build/).
circles() {
	local objects=("${XLITE_BUILD:-build}/$1"/*.o) found
	[ -e "${objects[0]}" ] || { echo "$1: nothing is built in ${XLITE_BUILD:-build}, so its circles cannot be found"; status=1; return; }
	found=$(nm -Ag "${objects[@]}" | sed -E 's|^.*/([^/:]*-)?([^/:]+)\.o:[0-9a-f ]*|\2 |' |
		awk '$2 == "U" { needs[$3] = needs[$3] " " $1; next } { has[$3] = $1 }
			END { for (s in needs) if (s in has) { n = split(needs[s], who, " "); for (i = 1; i <= n; i++) if (who[i] != has[s]) print who[i], has[s] } }' |
		sort -u | tsort 2>&1 >/dev/null)
	[ -n "$found" ] || return 0
	sed "s|^tsort: -: input contains a loop:|$1: files that need each other in a circle:|; s/^tsort: /  /" <<<"$found"
	status=1
}

# floors FOLDER...: of xen-core, from the lowest: functions and data of one above are needed by none below, in no header's words either. Of the
# vendor's only those that begin with virt_ are anybody's, and those of the stack's guard are the compiler's.
floors() {
	local build=${XLITE_BUILD:-build} source objects=() found
	# What is left of files that are gone counts for nothing.
	for source in xen-core/*/*.[cS]; do objects+=("$build/${source%.*}.co"); done
	[ -e "${objects[0]}" ] || { echo "xen-core: nothing is built in $build, so its floors cannot be found"; status=1; return; }
	found=$(nm -Ag "${objects[@]}" | sed -E 's|^.*/([^/]+)/([^/:]+)\.co:[0-9a-f ]*|\1 \2 |' |
		awk -v floors="$*" 'BEGIN { n = split(floors, name, " "); for (i = 1; i <= n; i++) floor[name[i]] = i }
			$3 == "U" { needs[++nr] = $4; of[nr] = $1; file[nr] = $1 "/" $2; next }
			{ has[$4] = $1 }
			END { for (i = 1; i <= nr; i++) { s = needs[i]; if (!(s in has) || s ~ /^__stack_chk_/ || has[s] == of[i]) continue
				if (has[s] == "svm" ? s !~ /^virt_/ : floor[has[s]] > floor[of[i]]) print "xen-core/" file[i] " needs " s " of " has[s] "/" } }')
	[ -n "$found" ] || return 0
	echo "$found"
	status=1
}

for folder in common cfg hotplug hotplug/programs xlite/lib xlite/reconcile xlite/run xlite/convert xlite/cli; do
	circles "$folder"
done
check common common/
check cfg cfg/ common/ config.h
EXCEPT=programs check hotplug hotplug/ common/
check hotplug/programs hotplug/ xlite/lib/store.h common/
check xlite/lib xlite/lib/ common/
check xlite/reconcile xlite/reconcile/ xlite/lib/ cfg/ hotplug/ common/
check xlite/run xlite/run/ xlite/reconcile/ xlite/lib/ cfg/ common/
check xlite/convert xlite/convert/ cfg/ common/
check xlite/cli xlite/cli/ xlite/convert/ xlite/run/ xlite/reconcile/ xlite/lib/ cfg/ hotplug/ common/ config.h
# Floors: each knows those below it. The vendor's is behind domain/virt.h.
check xen-core/lib xen-core/lib/
check xen-core/cpu xen-core/{cpu,lib}/
check xen-core/mm xen-core/{mm,cpu,lib}/
check xen-core/domain xen-core/{domain,mm,cpu,lib}/
check xen-core/hypercall xen-core/{hypercall,domain,mm,cpu,lib}/
check xen-core/svm xen-core/{svm,hypercall,domain,mm,cpu,lib}/
check xen-core/boot xen-core/{boot,hypercall,domain,mm,cpu,lib}/
floors lib cpu mm domain hypercall svm boot
deny cfg 'xen/|netlink/|blkid/|linux/' "the language knows neither Xen nor the kernel"
deny hotplug 'xen/|yaml' "plumbing knows neither hypercalls nor specs"
deny xlite/lib 'yaml|netlink/|blkid/' "the library knows neither YAML nor how a bridge is made"
deny xlite/run 'getopt|jansson|termios' "a run knows neither options nor terminals"
grep -rnE '\<(v?f?printf|f?puts|putc|perror|exit)\(|\<std(out|err)\>' --include='*.[ch]' xlite/run && { echo "xlite/run: a run tells its observer, it prints nothing"; status=1; }
deny xlite/convert 'xen/|netlink/|blkid/|linux/' "a conversion knows no host"
deny common 'xen/|yaml|netlink/' "the common base knows nothing"
deny xen-core 'std(io|lib)\.h|string\.h|unistd|errno\.h|sys/|elf\.h' "the hypervisor has no library but its own"
exit $status
