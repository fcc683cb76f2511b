/* SPDX-License-Identifier: GPL-2.0-or-later
 * The host's log. The longest values come last, since syslogs cut lines: RFC 5424 asks them for 2048 bytes.
 */
#include "xlite/run/log.h"

#include <ctype.h>
#include <string.h>
#include <syslog.h>

#include "common/auto.h"
#include "common/utf8.h"

/* Bytes of a value as it is written; what is longer is cut. */
#define VALUE_MAX 256
#define ERROR_MAX 800
#define CHANGES_MAX 600
/* Bytes of a spec's value in a list of differences. */
#define DIFF_MAX 60

static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!isascii((unsigned char)*c) || (!isalnum((unsigned char)*c) && !strchr("_./:@+,-", *c)))
			return false;
	}
	return *text;
}

/* What a reader of the log cannot see, or what would move his cursor, is shown by its bytes. */
static bool is_visible(uint32_t c)
{
	return !utf8_is_control(c) && !utf8_is_line_end(c) && !utf8_is_direction(c) && !utf8_is_invisible(c) &&
	       !utf8_is_noncharacter(c);
}

static void add_character(struct buf *out, const char *at, size_t len, uint32_t c)
{
	if (c == '\n')
		buf_puts(out, "\\n");
	else if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", (int)c);
	else if (is_visible(c) && utf8_valid(at, len))
		buf_add(out, at, len);
	else
		for (size_t i = 0; i < len; i++)
			buf_printf(out, "\\x%02x", (unsigned char)at[i]);
}

static void add_quoted(struct buf *out, const char *text, size_t max)
{
	size_t left = strlen(text), begin = out->len;

	buf_puts(out, "\"");
	while (left && out->len - begin < max) {
		uint32_t c;
		size_t len = utf8_step(text, left, &c);

		add_character(out, text, len, c);
		text += len;
		left -= len;
	}
	buf_puts(out, left ? "...\"" : "\"");
}

static void add(struct buf *out, const char *key, const char *text, size_t max)
{
	if (!text)
		return;
	buf_printf(out, "%s%s=", out->len ? " " : "", key);
	if (is_plain(text) && strlen(text) <= max)
		buf_puts(out, text);
	else
		add_quoted(out, text, max);
}

static void add_number(struct buf *out, const char *key, uint32_t number)
{
	if (number)
		buf_printf(out, " %s=%u", key, number);
}

static void add_cut(struct buf *out, const char *text)
{
	size_t len = strlen(text), take = 0;
	uint32_t c;

	while (take < len && take < DIFF_MAX)
		take += utf8_step(text + take, len - take, &c);
	buf_add(out, text, take);
	buf_puts(out, take < len ? "..." : "");
}

/* A command line may hold what is for the guest alone, and logs are read by more people than XenStore. */
static void add_values(struct buf *out, const struct cfg_diff *diff)
{
	buf_puts(out, ": ");
	if (diff->before)
		add_cut(out, diff->before);
	if (diff->before && diff->after)
		buf_puts(out, " -> ");
	if (diff->after)
		add_cut(out, diff->after);
}

static void add_diff(struct buf *out, const struct plan_item *item, const struct cfg_diff *diff)
{
	buf_printf(out, "%s%s%s", out->len ? "; " : "", diff->how == '+' ? "+ " : diff->how == '-' ? "- " : "", diff->path);
	if (strcmp(diff->path, "cmdline"))
		add_values(out, diff);
	if (item->action == PLAN_CHANGE && item->want && plan_at_next_boot(diff))
		buf_puts(out, " (at its next boot)");
}

static void add_item(struct buf *out, const struct plan_item *item)
{
	auto_buf struct buf text = BUF_INIT;

	if (item->reason[0] && item->action != PLAN_REFUSED)
		add(out, "reason", item->reason, VALUE_MAX);
	for (size_t i = 0; i < item->nr_diffs && text.len <= CHANGES_MAX; i++)
		add_diff(&text, item, &item->diffs[i]);
	if (text.len)
		add(out, "changes", buf_str(&text), CHANGES_MAX);
}

void run_log_format(const struct run_log *log, const struct run_log_entry *entry, struct buf *out)
{
	add(out, "user", log->user, VALUE_MAX);
	if (entry->name) {
		auto_buf struct buf object = BUF_INIT;

		buf_printf(&object, "%s/%s", entry->kind, entry->name);
		add(out, "object", buf_str(&object), VALUE_MAX);
	}
	add(out, "result", entry->result, VALUE_MAX);
	add_number(out, "domid", entry->domid);
	add_number(out, "was", entry->was);
	add(out, "command", log->command, VALUE_MAX);
	add(out, "from", log->from, VALUE_MAX);
	if (entry->err)
		add(out, "error", entry->err->message, ERROR_MAX);
	if (entry->err && entry->err->left[0])
		add(out, "not_undone", entry->err->left, ERROR_MAX);
	if (entry->item)
		add_item(out, entry->item);
}

void run_log_write(const struct run_log *log, const struct run_log_entry *entry)
{
	auto_buf struct buf line = BUF_INIT;
	int priority = !entry->err ? LOG_NOTICE : strcmp(entry->result, "skipped") ? LOG_ERR : LOG_WARNING;

	run_log_format(log, entry, &line);
	if (line.failed)
		return;
	openlog("xlite", LOG_PID, LOG_DAEMON);
	syslog(priority, "%s", buf_str(&line));
}
