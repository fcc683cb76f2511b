# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's suites, each with a configuration of apt and lists of its own in the cache: so a lab of any release of Xen can be
# made on any Debian, and this machine's lists stay as they are. The mirrors, proxies and passwords are those of
# this machine's apt.
# shellcheck shell=bash

# machine_sources: "URI|SUITE|COMPONENT|ORIGIN|LABEL|FILE:NUMBER" of each source of packages here. What a release file says of
# itself is known of those only whose lists are here.
machine_sources() {
	local format='$(REPO_URI)|$(RELEASE)|$(COMPONENT)|'
	apt-get indextargets --format "$format"'$(ORIGIN)|$(LABEL)|$(SOURCESENTRY)' 'Created-By: Packages' || true
	apt-get indextargets --no-release-info --format "$format"'||$(SOURCESENTRY)' 'Created-By: Packages' || true
}

# archive_uri main|security: this machine's mirror of Debian, or of Debian's security updates; nothing if it names none.
# The best are those that say to be Debian's, then those whose suite and address look so.
archive_uri() {
	if [ -n "${XLITE_LAB_MIRROR:-}" ]; then
		[ "$1" != main ] || printf '%s\n' "${XLITE_LAB_MIRROR%/}"
		return
	fi
	machine_sources 2>/dev/null | awk -F'|' -v kind="$1" '
		$1 ~ /^cdrom:/ || $3 != "main" || ($4 != "" && $4 != "Debian") { next }
		{ named = $2 ~ /^(bullseye|bookworm|trixie|forky|sid|((old)?old)?stable|testing|unstable)([-\/](updates|security|backports))?$/ }
		{ sub(/\/$/, "", $1) }
		{ rank = $4 == "Debian" ? 3 : !named ? 0 : ($1 ~ /\/debian(-security)?$/ || $1 ~ /^mirror/) ? 2 : 1 }
		{ here = ($5 ~ /Security/ || $2 ~ /[-\/]security|\/updates/) ? "security" : "main" }
		here == kind && rank > best { best = rank; uri = $1 }
		END { if (best) print uri }'
}

# archive_keys URI...: what signs them: Debian's keys, and any other that this machine's sources of the same name.
archive_keys() {
	local file keys=()
	for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ ! -s "$file" ] || { keys+=("$file") && break; }
	done
	while read -r file; do
		[ ! -s "$file" ] || keys+=("$file")
	done < <(machine_sources 2>/dev/null | awk -F'|' -v of=" $* " '
		{ sub(/\/$/, "", $1); sub(/:[0-9]+$/, "", $6) }
		index(of, " " $1 " ") { print $6 }' | sort -u |
		while read -r file; do
			grep -iE '^[^#]*signed-by' "$file" 2>/dev/null | grep -oE '/[^] ,]+(gpg|pgp|asc)' || true
		done | sort -u)
	[ ${#keys[@]} -gt 0 ] ||
		die "$EX_UNAVAILABLE" "the keys of Debian's archive are missing: install them with: apt-get install debian-archive-keyring"
	printf '%s\n' "${keys[@]}" | awk '!seen[$0]++' | paste -sd,
}

suite_dir() { printf '%s/apt/%s\n' "$(cache_dir)" "$1"; }

# source_write URI SUITES KEYS: one source, of which only the packages' own index is fetched.
source_write() {
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: amd64\nTargets: Packages\nSigned-By: %s\n\n' "$@"
}

# suite_write SUITE all|main: the sources and the configuration. The latter is read after this machine's, and takes
# back what would have apt read or run something else.
suite_write() {
	local suite=$1 dir main security keys
	dir=$(suite_dir "$suite")
	main=$(archive_uri main)
	security=$(archive_uri security)
	[ -n "$main" ] || die "$EX_UNAVAILABLE" \
		"apt's sources on this machine name no mirror of Debian (XLITE_LAB_MIRROR=URI gives one)"
	# shellcheck disable=SC2086 # it may be none
	keys=$(archive_keys "$main" $security) || exit
	mkdir -p "$dir"/{lists/partial,state,cache/archives/partial,sources} || die "$EX_FAILED" "cannot create $dir"
	if [ "$2" = all ]; then
		source_write "$main" "$suite $suite-updates" "$keys"
		[ -z "$security" ] || source_write "$security" "$suite-security" "$keys"
	else
		source_write "$main" "$suite" "$keys"
	fi >"$dir/sources/debian.sources"
	cat >"$dir/apt.conf" <<-CONF
		Dir::State "$dir/state";
		Dir::State::lists "$dir/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$dir/sources";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "amd64";
		#clear APT::Architectures;
		APT::Architectures "amd64";
		APT::Default-Release "";
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		Acquire::Languages "none";
	CONF
}

# apt_of SUITE ARGUMENT...: apt-get with that suite alone, as if nothing were installed here, so that what it resolves is
# whole and the same everywhere; no root is needed.
apt_of() {
	local dir
	dir=$(suite_dir "$1")
	shift
	LC_ALL=C apt-get -q -c "$dir/apt.conf" "$@"
}

# apt_said FILE: the lines of apt's output that say what went wrong.
apt_said() { grep -E '^(E:|W:|Err:|N: )|Depends: .* but |unmet dep' "$1" | sed 's/^/apt: /' >&2 || tail -n 5 "$1" >&2; }

# suite_refresh SUITE: fetch the suite's lists, unless that was done within ten minutes. A mirror may have dropped the
# updates of an old suite, but not the suite itself.
suite_refresh() {
	local suite=$1 dir log
	dir=$(suite_dir "$suite")
	[ -z "$(find "$dir/fetched" -mmin -10 2>/dev/null)" ] || return 0
	need_program apt-get apt
	say "fetching the package lists of Debian's $suite"
	suite_write "$suite" all
	log=$dir/update.log
	if ! apt_of "$suite" update >"$log" 2>&1; then
		suite_write "$suite" main
		apt_of "$suite" update >"$log" 2>&1 || {
			apt_said "$log"
			die "$EX_UNAVAILABLE" "apt cannot fetch the package lists of Debian's $suite from $(archive_uri main)" \
				"(XLITE_LAB_MIRROR=URI names a mirror that has it)"
		}
		say "without the updates of $suite: its mirror has the main suite alone"
	fi
	: >"$dir/fetched"
}
