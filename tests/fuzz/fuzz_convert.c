/* SPDX-License-Identifier: GPL-2.0-or-later
 * libFuzzer target for the conversion of xl's files; test_convert_fuzz.c drives it as well. Whatever is converted must be
 * valid, and no report may drive a terminal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cfg/cfg.h"
#include "xlite/convert/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void die(const char *what, const char *text)
{
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

static void check_valid(const char *text, size_t len)
{
	struct cfg_set *set = cfg_set_new();

	if (!set || cfg_set_parse(set, "converted", text, len) || cfg_set_check(set))
		die("what was converted is not valid", text);
	cfg_set_free(set);
}

static void check_report(const char *text)
{
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
			die("a control byte would be shown", text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* The first byte chooses the options. */
	const uint8_t choice = len ? data[0] : 0;
	const struct convert_options options = { .pvh = choice & 1, .force = choice & 2, .all = choice & 4 };
	struct convert *convert = convert_new(&options);
	struct buf report = BUF_INIT, documents = BUF_INIT;
	const char *text = (const char *)data + !!len;
	int refused;

	len -= !!len;
	if (!convert || (choice & 8 && convert_xl_conf(convert, "xl.conf", text, len)) ||
	    convert_guest(convert, "a.cfg", text, len))
		die("out of memory", "");
	refused = convert_end(convert);
	if (refused < 0)
		die("the end failed", "");
	convert_report(convert, &report);
	check_report(buf_str(&report));
	if (!refused) {
		convert_print(convert, &documents);
		check_valid(buf_str(&documents), documents.len);
	}
	buf_clear(&report);
	buf_clear(&documents);
	convert_free(convert);
	return 0;
}
