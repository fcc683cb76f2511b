/* SPDX-License-Identifier: GPL-2.0-or-later
 * Messages of the language begin with "KEY: " and mostly go on with "`VALUE` ": both are exchanged.
 */
#include "xlite/convert/words.h"

#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"

/* NULL: the message begins with no key. */
static const char *behind_key(const char *message)
{
	size_t len = strspn(message, "abcdefghijklmnopqrstuvwxyz0123456789_.");

	return len && !strncmp(message + len, ": ", 2) ? message + len + 2 : NULL;
}

/* NULL: no value is quoted here. */
static const char *behind_value(const char *text)
{
	const char *end = *text == '`' ? strstr(text + 1, "` ") : NULL;

	return end ? end + 2 : NULL;
}

/* The setting that a place is in: the last that begins before it. */
static const struct xl_setting *setting_at(const struct xl_file *file, const struct cfg_place *place)
{
	const struct xl_setting *found = NULL;

	for (size_t i = 0; i < file->nr; i++) {
		const struct cfg_place *at = &file->settings[i].place;

		if (at->line > place->line || (at->line == place->line && at->column > place->column))
			continue;
		if (!found || at->line > found->place.line ||
		    (at->line == found->place.line && at->column > found->place.column))
			found = &file->settings[i];
	}
	return found;
}

static void put_setting(const struct xl_setting *setting, const char *message, struct buf *out)
{
	const char *rest = behind_key(message), *behind = rest ? behind_value(rest) : NULL;
	bool devices = setting->value.list && (!strcmp(setting->name, "vif") || !strcmp(setting->name, "disk"));

	buf_printf(out, "%s: ", setting->name);
	if (devices || !rest) {
		buf_puts(out, message);
		return;
	}
	if (behind && setting->value.text) {
		cfg_quote(out, setting->value.text, strlen(setting->value.text));
		buf_puts(out, " ");
		rest = behind;
	}
	buf_puts(out, rest);
}

char *words_of_file(const struct xl_file *file, const struct draft *draft, const struct cfg_diag *diag)
{
	const struct draft_mark *mark = draft_mark_at(draft, &diag->place);
	const struct xl_setting *setting = mark && mark->from.line ? setting_at(file, &mark->from) : NULL;
	const char *rest = behind_key(diag->message);
	struct buf text = BUF_INIT;

	if (mark && mark->said && rest && behind_value(rest))
		buf_printf(&text, "%s %s", mark->said, behind_value(rest));
	else if (mark && mark->said && rest)
		buf_printf(&text, "%s: %s", mark->said, rest);
	else if (setting)
		put_setting(setting, diag->message, &text);
	else
		buf_puts(&text, diag->message);
	return buf_take(&text);
}
