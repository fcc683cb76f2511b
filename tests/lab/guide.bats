#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# xlite-guide(7): its commands from "CHECK THE HOST" on, as mandoc prints the page (/root/guide.txt), in one shell, and what they
# print. What a machine of the lab cannot do (git, a terminal) is left out here; tests/man.sh does what is git's.

load helper

# What a run of this suite that failed has left is none of this one's.
setup() {
	xlite delete --now -q web1 worker1 worker2 network/lan0
	rm -rf /srv/guests /etc/xlite
	begin
}

# blocks: the examples of these sections, without their indent.
blocks() {
	sed -n '/^CHECK THE HOST/,/^SEE ALSO/s/^ \{11\}//p' "$BATS_TEST_DIRNAME/../guide.txt"
}

# What the page has mmdebstrap make: here the lab's kernel and ramdisk.
guest_files() {
	mkdir -p /srv/guests/root/boot
	ln -s "$IMAGES/vmlinux" /srv/guests/root/boot/vmlinuz-lab
	ln -s "$IMAGES/guest.cpio.gz" /srv/guests/root/boot/initrd.img-lab
}

# as_pattern TEXT: for bash, in which `...' is any text, and alone in a line any number of lines.
as_pattern() {
	local text=${1//$'\n...\n'/$'\n\001'} at
	text=${text//.../$'\001'}
	for ((at = 0; at < ${#text}; at++)); do
		case ${text:at:1} in
		$'\001') printf '*' ;;
		[A-Za-z0-9\ ] | $'\n') printf %s "${text:at:1}" ;;
		*) printf '\\%s' "${text:at:1}" ;;
		esac
	done
}

# step COMMAND WANTED: what it prints is as wanted. The guests get the words that save time under emulation.
step() {
	local pattern status=0 output words
	words=$(<"$IMAGES/cmdline")
	set -- "${1//console=hvc0 root=/console=hvc0 quiet $words root=}" "$2"
	case $1 in
	'git '*) return 0 ;;
	'xlite console '*) guest_says "${1##* }" 'GUEST: ready'; return ;;
	esac
	COMMANDS=$((COMMANDS + 1))
	eval "$1" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	output=$(<"$BATS_TEST_TMPDIR/out")
	printf '# %s\n%s\n' "$1" "$output"
	[ $status -eq 0 ] || { [ $status -eq 2 ] && [[ $1 == "xlite plan "* ]]; } || return 1
	[ -n "$2" ] || return 0
	pattern=$(as_pattern $'\n'"$2"$'\nend')
	# shellcheck disable=SC2053 # a pattern
	[[ $'\n'$output$'\nend' == $pattern ]] || { echo "wanted:"$'\n'"$2"; return 1; }
}

@test "guide: the commands of xlite-guide(7) do what the page says" {
	local line command='' wanted='' here=''
	COMMANDS=0
	guest_files
	while IFS= read -r line; do
		if [ -n "$here" ]; then
			command+=$'\n'$line
			[ "$line" != END ] || here=''
			continue
		fi
		if [[ $line == "# "* ]]; then
			[ -z "$command" ] || step "$command" "$wanted"
			command=${line#"# "} wanted=''
			[[ $line != *"<<'END'" ]] || here=1
		else
			wanted+=${wanted:+$'\n'}$line
		fi
	done < <(blocks; echo "# true")
	[ "$COMMANDS" -ge 25 ]
	cd /
	rm -r /srv/guests /etc/xlite
}
