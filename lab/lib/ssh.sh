# SPDX-License-Identifier: GPL-2.0-or-later
# The way into dom0: keys made for one lab, the ssh config file that knows them,
# and exec, put and get on top of it.
# shellcheck shell=bash disable=SC2016 # scripts for dom0 are quoted as a whole

# ssh_keys DIR OVERLAY: a key pair for the user, and one for dom0's server in the
# form that dropbear reads: its type and 64 bytes, which stand at a fixed place in
# an OpenSSH key without a passphrase (PROTOCOL.key).
ssh_keys() {
	local dir=$1 overlay=$2
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/key"
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/host_key"
	mkdir -p "$overlay/root/.ssh" "$overlay/etc/dropbear"
	chmod 0700 "$overlay/root" "$overlay/root/.ssh" "$overlay/etc/dropbear"
	cp "$dir/key.pub" "$overlay/root/.ssh/authorized_keys"
	{
		printf '\0\0\0\013ssh-ed25519'
		sed '/^-/d' "$dir/host_key" | base64 -d | tail -c +158 | head -c 68
	} >"$overlay/etc/dropbear/host_key"
	printf 'lab %s\n' "$(cut -d' ' -f1,2 "$dir/host_key.pub")" >"$dir/known_hosts"
	rm -f "$dir/host_key" "$dir/host_key.pub" "$dir/key.pub"
}

# ssh_config_write DIR PORT. The connection is kept for the next command; it ends
# with QEMU.
ssh_config_write() {
	local dir=$1 port=$2
	cat >"$dir/ssh_config.new" <<-END
		# Made by xlite lab up for the lab "${dir##*/}"; goes with it.
		Host lab
			HostName 127.0.0.1
			Port $port
			User root
			IdentityFile "$dir/key"
			IdentitiesOnly yes
			IdentityAgent none
			HostKeyAlias lab
			UserKnownHostsFile "$dir/known_hosts"
			GlobalKnownHostsFile /dev/null
			StrictHostKeyChecking yes
			PreferredAuthentications publickey
			Ciphers chacha20-poly1305@openssh.com
			KexAlgorithms curve25519-sha256
			ControlMaster auto
			ControlPath "$dir/ssh"
			ControlPersist yes
			ConnectTimeout 20
			ServerAliveInterval 20
			ServerAliveCountMax 6
			LogLevel ERROR
	END
	mv "$dir/ssh_config.new" "$dir/ssh_config"
}

ssh_lab() {
	local dir=$1
	shift
	ssh -F "$dir/ssh_config" "$@"
}

ssh_master_end() {
	[ -S "$1/ssh" ] || return 0
	timeout 5 ssh -F "$1/ssh_config" -O exit lab >/dev/null 2>&1 || true
}

# lab_exec DIR SECONDS TTY COMMAND...
lab_exec() {
	local dir=$1 seconds=$2 tty=$3
	shift 3
	if [ "$tty" = yes ]; then
		ssh_lab "$dir" -t lab "$(single_quoted "$@")"
	else
		timeout --foreground "$seconds" ssh -F "$dir/ssh_config" -T lab \
			"$(single_quoted "$@")"
	fi
}

# lab_put DIR SECONDS LOCAL... REMOTE, with the meaning of cp -R.
lab_put() {
	local dir=$1 seconds=$2 remote=${*: -1} path base members=() sources=("${@:3:$#-3}")
	for path in "${sources[@]}"; do
		[ -e "$path" ] || die "$EX_FAILED" "put: no such file: $path"
	done
	if [ ${#sources[@]} -eq 1 ] && [ -f "${sources[0]}" ]; then
		base=$(basename -- "${sources[0]}")
		# One file: written aside and renamed, so that a reader never sees half.
		lab_exec "$dir" "$seconds" no sh -c '
			to=$1; [ ! -d "$to" ] || to=${to%/}/$2
			case $1 in */) [ -d "$1" ] || { echo "no such folder: $1" >&2; exit 1; } ;; esac
			cat >"$to.put$$" && chmod "$3" "$to.put$$" && mv -f "$to.put$$" "$to"' \
			put "$remote" "$base" "$(stat -L -c %a -- "${sources[0]}")" <"${sources[0]}"
		return
	fi
	# All in one stream: each connection costs a second under emulation.
	for path in "${sources[@]}"; do
		path=$(realpath -s -- "$path")
		members+=(-C "${path%/*}/" "./${path##*/}")
	done
	# With one folder and a REMOTE that is none yet, REMOTE is its new name.
	tar -cf - "${members[@]}" |
		lab_exec "$dir" "$seconds" no sh -c '
			if [ -d "$1" ]; then exec tar -C "$1" -xof -; fi
			[ "$3" = 1 ] || { echo "no such folder: $1" >&2; exit 1; }
			mkdir -p "$1.put$$" && tar -C "$1.put$$" -xof - &&
			mv "$1.put$$/$2" "$1" && rmdir "$1.put$$"' \
			put "$remote" "${path##*/}" "${#sources[@]}"
}

# lab_get DIR SECONDS REMOTE LOCAL, with the meaning of cp -R.
lab_get() {
	local dir=$1 seconds=$2 remote=$3 to=$4 kind base
	base=$(basename -- "$remote")
	kind=$(lab_exec "$dir" "$seconds" no sh -c '
		if [ -d "$1" ]; then echo dir; elif [ -e "$1" ]; then stat -L -c %a "$1"
		else echo "get: no such file: $1" >&2; exit 1; fi' get "$remote" </dev/null)
	[ ! -d "$to" ] || to=${to%/}/$base
	if [ "$kind" = dir ]; then
		mkdir -p -- "$to"
		lab_exec "$dir" "$seconds" no tar -C "$remote" -cf - . </dev/null |
			tar -C "$to" -xof -
		return
	fi
	lab_exec "$dir" "$seconds" no cat "$remote" </dev/null >"$to"
	chmod "$kind" -- "$to"
}
