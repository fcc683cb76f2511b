#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# examples.sh PAGE FOLDER: each literal block of a man page, as a reader gets it, in a file of its own: FOLDER/example1 and so on.
set -u
mandoc -T html -O fragment "$1" | awk -v dir="$2" '
	function put(line) {
		gsub(/<[^>]*>/, "", line)
		gsub(/&lt;/, "<", line)
		gsub(/&gt;/, ">", line)
		gsub(/&quot;/, "\"", line)
		gsub(/&#x00A0;/, " ", line)
		gsub(/&amp;/, "\\&", line)
		print line > name
	}
	/<pre>/ { name = dir "/example" ++n; sub(/.*<pre>/, ""); on = 1 }
	on && /<\/pre>/ { sub(/<\/pre>.*/, ""); if ($0 != "") put($0); close(name); on = 0; next }
	on { put($0) }'
