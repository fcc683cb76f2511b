# SPDX-License-Identifier: GPL-2.0-or-later
# Puts the text of the file `reference` in place of the line @REFERENCE@.
$0 == "@REFERENCE@" {
	while ((getline line < reference) > 0)
		print line
	next
}
{ print }
