/* SPDX-License-Identifier: GPL-2.0-or-later
 * Specs as YAML, through libyaml's emitter. Text is quoted where this or another reader of YAML
 * (1.1 or 1.2) would take it for something else than text.
 */
#include <ctype.h>
#include <string.h>
#include <yaml.h>

#include "cfg/json.h"
#include "common/auto.h"
#include "common/utf8.h"

static int write_to(void *data, unsigned char *bytes, size_t len)
{
	struct buf *out = data;

	buf_add(out, bytes, len);
	return !out->failed;
}

/* Behind a sign: whole numbers of any base, floating point, and YAML 1.1's numbers to base 60 ("10:30"). */
static bool looks_number(const char *text)
{
	if (*text == '0' && text[1] && strchr("xob", text[1]))
		return !text[2 + strspn(text + 2, "0123456789abcdefABCDEF_")];
	if (!isdigit((unsigned char)text[*text == '.']))
		return false;
	text += strspn(text, "0123456789_.:");
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '+' || *text == '-';
		text += strspn(text, "0123456789");
	}
	return !*text;
}

/* Whether plain text would be taken for a number, a date, a boolean or nothing, by YAML 1.1 or 1.2. */
static bool looks_otherwise(const char *text)
{
	static const char *const words[] = {
		"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "=", ".inf", "-.inf",
		"+.inf", ".nan",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i]))
			return true;
	}
	if (strspn(text, "0123456789") == 4 && text[4] == '-' && !text[strspn(text, "0123456789-+:. tTzZ")])
		return true;
	return looks_number(text + (*text == '+' || *text == '-'));
}

static bool emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
	return made && yaml_emitter_emit(emitter, event);
}

static bool emit_plain(yaml_emitter_t *emitter, const char *text, bool is_text)
{
	yaml_scalar_style_t style =
		is_text && looks_otherwise(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
	yaml_event_t event;

	return emit(emitter, &event, yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
								  (int)strlen(text), 1, 1, style));
}

static bool emit_value(yaml_emitter_t *emitter, const json_t *json);

static bool emit_list(yaml_emitter_t *emitter, const json_t *json)
{
	yaml_event_t event;
	bool ok = emit(emitter, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));

	for (size_t i = 0; ok && i < json_array_size(json); i++)
		ok = emit_value(emitter, json_array_get(json, i));
	return ok && emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

static bool emit_map(yaml_emitter_t *emitter, const json_t *json)
{
	json_t *object = (json_t *)(uintptr_t)json, *value;
	const char *name;
	yaml_event_t event;
	bool ok = emit(emitter, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));

	json_object_foreach(object, name, value)
		ok = ok && emit_plain(emitter, name, true) && emit_value(emitter, value);
	return ok && emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool emit_value(yaml_emitter_t *emitter, const json_t *json)
{
	char number[24];

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return emit_map(emitter, json);
	case JSON_ARRAY:
		return emit_list(emitter, json);
	case JSON_STRING:
		return emit_plain(emitter, json_string_value(json), true);
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(json));
		return emit_plain(emitter, number, false);
	case JSON_TRUE:
	case JSON_FALSE:
		return emit_plain(emitter, json_is_true(json) ? "true" : "false", false);
	default:
		return emit_plain(emitter, "null", false);
	}
}

static bool emit_document(yaml_emitter_t *emitter, const json_t *json)
{
	yaml_event_t event;

	return emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) &&
	       emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) &&
	       emit_value(emitter, json) &&
	       emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
	       emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

/* Whether a text holds characters that a spec may have as escapes only. */
static bool needs_escapes(const char *text, size_t len)
{
	uint32_t c;

	for (size_t bytes; len; text += bytes, len -= bytes) {
		bytes = utf8_step(text, len, &c);
		if (utf8_is_space(c) || utf8_is_invisible(c) || utf8_is_direction(c))
			return true;
	}
	return false;
}

/* The emitter knows only all characters beyond ASCII as escapes, or none. */
static void print_document(const json_t *json, bool escape, struct buf *out)
{
	yaml_emitter_t emitter;

	if (!yaml_emitter_initialize(&emitter)) {
		out->failed = true;
		return;
	}
	yaml_emitter_set_output(&emitter, write_to, out);
	yaml_emitter_set_unicode(&emitter, !escape);
	yaml_emitter_set_width(&emitter, -1);
	if (!emit_document(&emitter, json))
		out->failed = true;
	yaml_emitter_delete(&emitter);
}

/* json is taken over. */
static void print(json_t *json, struct buf *out)
{
	auto_buf struct buf text = BUF_INIT;

	if (json)
		print_document(json, false, &text);
	if (json && !text.failed && needs_escapes(buf_str(&text), text.len)) {
		buf_clear(&text);
		print_document(json, true, &text);
	}
	out->failed = out->failed || !json || text.failed;
	buf_puts(out, buf_str(&text));
	json_decref(json);
}

void cfg_print(const struct cfg_domain *domain, bool all, struct buf *out)
{
	print(cfg_json_domain(domain, all ? CFG_SHOW_SET : CFG_SHOW_CHANGED), out);
}

void cfg_print_network(const struct cfg_network *network, bool all, struct buf *out)
{
	print(cfg_json_network(network, all ? CFG_SHOW_SET : CFG_SHOW_CHANGED), out);
}

void cfg_print_volume(const struct cfg_volume *volume, bool all, struct buf *out)
{
	print(cfg_json_volume(volume, all ? CFG_SHOW_SET : CFG_SHOW_CHANGED), out);
}

void cfg_print_pool(const struct cfg_pool *pool, bool all, struct buf *out)
{
	print(cfg_json_pool(pool, all ? CFG_SHOW_SET : CFG_SHOW_CHANGED), out);
}
