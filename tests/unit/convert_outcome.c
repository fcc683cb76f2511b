/* SPDX-License-Identifier: GPL-2.0-or-later
 * One text is converted, and what comes of it compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "tests/unit/convert_outcome.h"

void convert_text(const char *text, const struct convert_options *options, struct outcome *out)
{
	struct convert *convert = convert_new(options);

	memset(out, 0, sizeof(*out));
	assert_non_null(convert);
	assert_int_equal(convert_guest(convert, "a.cfg", text, strlen(text)), 0);
	out->refused = convert_end(convert);
	assert_true(out->refused >= 0);
	convert_report(convert, &out->report);
	if (!out->refused)
		convert_print(convert, &out->yaml);
	convert_free(convert);
}

void outcome_clear(struct outcome *out)
{
	buf_clear(&out->report);
	buf_clear(&out->yaml);
}

/* Nothing but the line that counts. */
static bool says_nothing(const char *report)
{
	return !strchr(report, '\n') || !strchr(report, '\n')[1];
}

void check_samples(const struct sample *samples, size_t nr, const char *base, const char *base_yaml)
{
	static const struct convert_options options = { 0 };

	for (size_t i = 0; i < nr; i++) {
		const struct sample *sample = &samples[i];
		auto_buf struct buf text = BUF_INIT;
		struct outcome out;
		bool right;

		buf_printf(&text, "%s%s", base, sample->text);
		convert_text(buf_str(&text), &options, &out);
		right = !out.refused == !!sample->yaml && strstr(buf_str(&out.report), sample->says);
		if (sample->yaml)
			right = right && strstr(buf_str(&out.yaml),
						sample->yaml) && (*sample->says || says_nothing(buf_str(&out.report)));
		if (sample->yaml && !*sample->yaml)
			right = right && !strcmp(buf_str(&out.yaml), base_yaml);
		if (!right)
			fail_msg("`%s`: refused %d\n%s%s", sample->text, out.refused, buf_str(&out.report),
				 buf_str(&out.yaml));
		outcome_clear(&out);
	}
}
