# SPDX-License-Identifier: GPL-2.0-or-later
# bash: completions of xlite, which says itself what may stand where (xlite/cli/complete.c).
# shellcheck shell=bash

_xlite() {
	local line=${COMP_LINE:0:COMP_POINT} words word help typed cut
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=('')
	typed=${words[${#words[@]} - 1]}
	# bash completes what is behind the last of these.
	cut=${typed%"${typed##*[=:]}"}
	COMPREPLY=()
	while IFS=$'\t' read -r word help; do
		case $word in
		:files) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "${typed#"$cut"}") && compopt -o filenames ;;
		:specs)
			mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "${typed#"$cut"}"
				compgen -f -X '!*.yaml' -- "${typed#"$cut"}"
				compgen -f -X '!*.yml' -- "${typed#"$cut"}")
			compopt -o filenames
			;;
		*) COMPREPLY+=("${word#"$cut"}") ;;
		esac
	done < <("$1" complete "${words[@]:1}" 2>/dev/null)
	[[ ${#COMPREPLY[@]} -ne 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}
complete -F _xlite xlite
