#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The page about a host, of files alone. That of a host is in tests/lab/people.bats.

bats_require_minimum_version 1.5.0

setup() {
	unset XLITE_HOST
	SITE=$BATS_TEST_TMPDIR/site.d PAGE=$BATS_TEST_TMPDIR/page.html
	mkdir "$SITE"
	printf 'kind: network\nname: lan0\nmode: nat\nsubnet: [10.77.0.0/24]\nuplink: eth0\n' >"$SITE/lan.yml"
	printf 'name: web\nmemory: 64MiB\nkernel: /k\nvifs: [{nat: lan0}]\n' >"$SITE/web.yaml"
	printf 'kind: volume\nname: data\nsize: 1GiB\n' >"$SITE/data.yaml"
}

# page ARGUMENT...: writes it, and prints its text: a line for each piece of text. It must be whole, with nothing that runs or comes from elsewhere.
page() {
	"$XLITE" report "$@" >"$PAGE" || return
	python3 - "$PAGE" <<-'END'
		import sys
		from html.parser import HTMLParser
		text = open(sys.argv[1], encoding="utf-8").read()
		class Page(HTMLParser):
		    def __init__(self):
		        super().__init__()
		        self.open, self.seen = [], set()
		    def handle_starttag(self, tag, attributes):
		        assert tag not in ("script", "img", "link", "iframe", "a", "b", "base", "form", "object"), tag
		        for key, value in attributes:
		            assert not key.startswith("on") and key not in ("src", "href", "style", "xlink:href"), key
		        self.seen.add(tag)
		        if tag not in ("meta",):
		            self.open.append(tag)
		    def handle_endtag(self, tag):
		        assert self.open.pop() == tag, tag
		    def handle_data(self, data):
		        if self.open and self.open[-1] != "style" and data.strip():
		            print(self.open[-1], data.strip())
		page = Page()
		page.feed(text)
		page.close()
		assert not page.open and {"html", "body", "svg", "table"} <= page.seen, page.seen
		assert "default-src 'none'" in text and "@import" not in text
		assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
	END
}

@test "report: what differs, what is there, and the picture, of a directory" {
	local word
	sed 's/64MiB/32MiB/' "$SITE/web.yaml" >"$BATS_TEST_TMPDIR/old.yaml"
	run page --against "$BATS_TEST_TMPDIR/old.yaml" "$SITE"
	echo "$output"
	[ "$status" -eq 0 ]
	for word in "p What is there differs from the files" "domain/web: change" "memory.target: 32MiB -> 64MiB" "network/lan0: create" "td web" "td running" \
		"td in the files" "td 10.77.0.0/24" "td data" "td 1024 MiB" "text lan0" "text eth0" "title vif 0 of web"; do
		[[ $output == *"$word"* ]] || { echo "no $word"; return 1; }
	done
	# Who looks at no host has nothing to say of its log.
	run ! grep -i "last changes" "$PAGE"
	run page --against "$SITE" "$SITE"
	[ "$status" -eq 0 ]
	[[ $output == *"p What is there is as the files say."* ]]
	run ! grep "<pre>" "$PAGE"
}

@test "report: whatever files call things stays text" {
	local hostile='</pre></td></text><script>alert(1)</script><img src=x onerror=alert(1)>&"'"'"
	python3 - "$hostile" >"$SITE/hostile.yaml" <<-'END'
		import json, sys
		print(json.dumps({"name": "evil", "memory": "64MiB", "kernel": "/k", "cmdline": sys.argv[1], "labels": {"evil": sys.argv[1]},
		                  "vbds": [{"vdev": "xvda", "source": "/srv/" + sys.argv[1].replace("/", "") + ".img"}]}))
	END
	sed 's/alert(1)/other/g' "$SITE/hostile.yaml" >"$BATS_TEST_TMPDIR/old.yaml"
	run page --against "$BATS_TEST_TMPDIR/old.yaml" "$SITE"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"cmdline: "*"$hostile"* ]]
	[[ $output == *"evil=$hostile"* ]]
}

@test "report: files that are wrong, and no host" {
	echo 'name: [' >"$SITE/bad.yaml"
	run --separate-stderr "$XLITE" report "$SITE"
	[ "$status" -eq 65 ]
	[ -z "$output" ]
	rm "$SITE/bad.yaml"
	[ ! -e /dev/xen/privcmd ] || skip "this is a Xen host"
	run --separate-stderr "$XLITE" report "$SITE"
	[ "$status" -eq 69 ]
	[ -z "$output" ]
	run "$XLITE" report
	[ "$status" -eq 64 ]
}

@test "report: a browser shows it, runs nothing of it, and fetches nothing" {
	local browser
	browser=$(command -v chromium || command -v firefox-esr) || skip "neither chromium nor firefox-esr is installed"
	printf 'name: evil\nmemory: 64MiB\nkernel: /k\nlabels: {evil: "<script>document.title=1</script>"}\n' >"$SITE/evil.yaml"
	page --against "$SITE/web.yaml" "$SITE" >"$BATS_TEST_TMPDIR/text"
	mkdir "$BATS_TEST_TMPDIR/home"
	export HOME=$BATS_TEST_TMPDIR/home
	if [[ $browser == *firefox* ]]; then
		timeout 300 "$browser" --headless --no-remote --profile "$HOME" --screenshot "$BATS_TEST_TMPDIR/page.png" "file://$PAGE"
	else
		timeout 300 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$HOME" --dump-dom "file://$PAGE" \
			>"$BATS_TEST_TMPDIR/dom.html"
		grep -F "<title>Xen host</title>" "$BATS_TEST_TMPDIR/dom.html"
		grep -F 'evil=&lt;script&gt;document.title=1&lt;/script&gt;' "$BATS_TEST_TMPDIR/dom.html"
		run ! grep -F "<script" "$BATS_TEST_TMPDIR/dom.html"
		timeout 300 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$HOME" --window-size=1300,1500 \
			--screenshot="$BATS_TEST_TMPDIR/page.png" "file://$PAGE"
	fi
	# A picture with something on it: of an empty page it would be a tenth of that.
	[ "$(head -c 8 "$BATS_TEST_TMPDIR/page.png" | od -An -c | tr -d ' ')" = '211PNG\r\n032\n' ]
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/page.png")" -gt 30000 ]
}
