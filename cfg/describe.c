/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words for what the table of keys says; see describe.h.
 */
#include "cfg/describe.h"

#include <ctype.h>
#include <string.h>

#include "common/auto.h"

const char *cfg_change_meaning(enum cfg_change change)
{
	static const char *const meanings[] = {
		[CFG_LIVE] = "A change takes effect at once, on what runs.",
		[CFG_HOTPLUG] = "A change takes the device out of the running domain and puts it in anew.",
		[CFG_ON_REBOOT] = "A change takes effect when the domain is created anew.",
		[CFG_REPLACES] = "A change makes it another one: what exists must be replaced.",
		[CFG_NOTHING] = "A change concerns xlite alone.",
	};

	return change < ARRAY_SIZE(meanings) ? meanings[change] : "";
}

static void scalar_form(const struct cfg_key *key, struct buf *out)
{
	bool first = true;

	if (!key->words) {
		buf_puts(out, key->value->name);
		return;
	}
	for (size_t i = 0; i < key->nr_words; i++) {
		if (key->words[i].later)
			continue;
		buf_printf(out, "%s%s", first ? "" : " | ", key->words[i].name);
		first = false;
	}
}

void cfg_describe_form(const struct cfg_key *key, struct buf *out)
{
	switch (key->shape) {
	case CFG_SCALAR:
	case CFG_SUGAR:
	case CFG_KIND:
		scalar_form(key, out);
		break;
	case CFG_SECTION:
		if (key->section->shorthand)
			buf_printf(out, "%s or ", key->section->keys[0].value->name);
		buf_puts(out, "mapping");
		break;
	case CFG_ITEMS:
		if (key->section->shorthand)
			buf_printf(out, "%1$s or list of %1$s or mapping", key->section->keys[0].value->name);
		else
			buf_puts(out, "list of mappings");
		break;
	case CFG_LIST:
		buf_printf(out, "%s or list", key->value->name);
		break;
	case CFG_LABELS:
		buf_puts(out, "mapping of names to text");
		break;
	}
}

void cfg_describe_range(const struct cfg_key *key, struct buf *out)
{
	uint64_t min[2] = { key->min }, max[2] = { key->max };	/* a rate has two parts */

	if (key->shape == CFG_ITEMS || key->shape == CFG_LIST || key->shape == CFG_LABELS) {
		buf_printf(out, "at most %llu entries", (unsigned long long)key->max);
	} else if (key->shape != CFG_SCALAR || !key->max) {
		return;
	} else if (key->value->text) {
		buf_printf(out, "at most %llu bytes", (unsigned long long)key->max);
	} else if (key->value->size >= sizeof(uint64_t)) {
		key->value->format(key, min, out);
		buf_puts(out, " to ");
		key->value->format(key, max, out);
	} else {
		unsigned from = (unsigned)key->min, to = (unsigned)key->max;

		key->value->format(key, &from, out);
		buf_puts(out, " to ");
		key->value->format(key, &to, out);
	}
}

void cfg_describe_default(const struct cfg_key *key, struct buf *out)
{
	if (key->shape == CFG_SCALAR || key->shape == CFG_KIND || key->shape == CFG_LIST)
		buf_puts(out, key->def ? key->def : key->def_text ? key->def_text : "");
}

/* In what cases a required key is not needed. */
static void describe_excuses(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	const struct cfg_key *instead = cfg_key_instead(section, key);
	bool excuse = cfg_key_excuse(section, key);
	size_t nr = 0;

	buf_puts(out, "required unless ");
	if (excuse)
		buf_printf(out, "%s is %s", key->unless_key, key->unless_value);
	if (instead)
		buf_printf(out, "%sthere %s ", excuse ? ", or " : "", instead->shape == CFG_ITEMS ? "are" : "is a");
	for (size_t i = 0; instead && i < section->nr; i++) {
		if (cfg_key_satisfies(&section->keys[i], instead))
			buf_printf(out, "%s%s", nr++ ? " or " : "", section->keys[i].name);
	}
}

void cfg_describe_need(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	auto_buf struct buf group = BUF_INIT;
	unsigned members = 0;

	if (!key->required)
		return;
	for (size_t i = 0; i < section->nr; i++) {
		if (cfg_key_satisfies(&section->keys[i], key))
			buf_printf(&group, "%s%s", members++ ? ", " : "", section->keys[i].name);
	}
	if (members > 1)
		buf_printf(out, "one of %s is required", buf_str(&group));
	else if (cfg_key_excuse(section, key) || cfg_key_instead(section, key))
		describe_excuses(section, key, out);
	else
		buf_puts(out, "required");
}

void cfg_describe_only(const struct cfg_section *section, const struct cfg_key *key, struct buf *out)
{
	auto_buf struct buf names = BUF_INIT;

	if (key->needs)
		buf_puts(out, key->needs);
	if (!key->only_at)
		return;
	cfg_key_only_names(section, key, &names);
	for (const char *p = buf_str(&names); *p; p++) {
		if (*p != '`')
			buf_add(out, p, 1);
	}
}

void cfg_describe_sentence(const char *help, struct buf *out)
{
	char first = (char)toupper((unsigned char)*help);

	buf_add(out, &first, 1);
	buf_puts(out, help + 1);
	buf_puts(out, ".");
}
