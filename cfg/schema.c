/* SPDX-License-Identifier: GPL-2.0-or-later
 * JSON Schema (draft-07) of a document, from the table. Keys that are not supported yet are left out, so that
 * editors mark them as the parser does. It sees one document, and cannot know what defaults before it give: of a domain
 * it asks only for what defaults cannot give.
 */
#include <stdlib.h>
#include <string.h>

#include "cfg/describe.h"
#include "cfg/json.h"
#include "common/auto.h"

/** One schema being built; jansson's setters take NULL for a failure, so that only they need checking. */
struct schema {
	bool failed;
	bool defaults;	/* of a kind: defaults document: it can have no identity */
	bool whole;	/* no other document adds to this one: what is required must be here */
};

static void set(struct schema *s, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		s->failed = true;
}

static void append(struct schema *s, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		s->failed = true;
}

static json_t *schema_section(struct schema *s, const struct cfg_section *section);

static json_t *schema_words(struct schema *s, const struct cfg_key *key)
{
	json_t *words = json_array();

	for (size_t i = 0; i < key->nr_words; i++) {
		if (!key->words[i].later)
			append(s, words, json_string(key->words[i].name));
	}
	return words;
}

static json_t *schema_scalar(struct schema *s, const struct cfg_key *key)
{
	static const char *const types[] = {
		[CFG_JSON_STRING] = "string", [CFG_JSON_INTEGER] = "integer", [CFG_JSON_BOOLEAN] = "boolean",
	};
	const struct cfg_value *value = key->value;
	json_t *json = json_object();

	if (key->words)
		set(s, json, "enum", schema_words(s, key));
	else if (value == &cfg_value_flag)
		set(s, json, "enum", json_pack("[i, b]", 1, 1));
	else if (value->number_too)
		set(s, json, "type", json_pack("[s, s]", "string", "integer"));
	else
		set(s, json, "type", json_string(types[value->json]));
	if (value->pattern && !key->words && !key->any_with)
		set(s, json, "pattern", json_string(value->pattern));
	if (value->text && key->max && key->shape == CFG_SCALAR)
		set(s, json, "maxLength", json_integer((json_int_t)key->max));
	if (value->json == CFG_JSON_INTEGER) {
		set(s, json, "minimum", json_integer((json_int_t)key->min));
		set(s, json, "maximum", json_integer((json_int_t)key->max));
	}
	return json;
}

static json_t *either(struct schema *s, json_t *a, json_t *b)
{
	json_t *json = json_object(), *both = json_array();

	append(s, both, a);
	append(s, both, b);
	set(s, json, "anyOf", both);
	return json;
}

static json_t *schema_array(struct schema *s, const struct cfg_key *key, json_t *entries)
{
	json_t *json = json_object();

	set(s, json, "type", json_string("array"));
	set(s, json, "items", entries);
	set(s, json, "maxItems", json_integer((json_int_t)key->max));
	return json;
}

/* Entries are whole, also those of defaults. */
static json_t *schema_items(struct schema *s, const struct cfg_key *key)
{
	json_t *entry, *array;
	bool whole = s->whole;

	s->whole = true;
	entry = schema_section(s, key->section);
	if (key->section->shorthand)
		entry = either(s, schema_scalar(s, key->section->keys), entry);
	s->whole = whole;
	array = schema_array(s, key, entry);
	return key->section->shorthand ? either(s, schema_scalar(s, key->section->keys), array) : array;
}

static json_t *schema_labels(struct schema *s, const struct cfg_key *key)
{
	json_t *json = json_object();

	set(s, json, "type", json_string("object"));
	set(s, json, "propertyNames", json_pack("{s:s}", "pattern", cfg_value_label_name.pattern));
	set(s, json, "additionalProperties", json_pack("{s:s, s:i}", "type", "string", "maxLength", 255));
	set(s, json, "maxProperties", json_integer((json_int_t)key->max));
	return json;
}

static json_t *schema_shape(struct schema *s, const struct cfg_key *key)
{
	switch (key->shape) {
	case CFG_SCALAR:
	case CFG_SUGAR:
	case CFG_KIND:
		return schema_scalar(s, key);
	case CFG_SECTION:
		if (key->section->shorthand)
			return either(s, schema_scalar(s, key->section->keys), schema_section(s, key->section));
		return schema_section(s, key->section);
	case CFG_ITEMS:
		return schema_items(s, key);
	case CFG_LIST:
		return either(s, schema_scalar(s, key), schema_array(s, key, schema_scalar(s, key)));
	case CFG_LABELS:
		return schema_labels(s, key);
	}
	return NULL;
}

static json_t *schema_key(struct schema *s, const struct cfg_key *key)
{
	json_t *json = schema_shape(s, key);
	auto_buf struct buf text = BUF_INIT;

	cfg_describe_sentence(key->help, &text);
	if (key->detail)
		buf_printf(&text, " %s", key->detail);
	if (key->shape != CFG_KIND)
		buf_printf(&text, " %s", cfg_change_meaning(key->change));
	set(s, json, "description", json_string(buf_str(&text)));
	if (key->def && key->value->json == CFG_JSON_STRING)
		set(s, json, "default", json_string(key->def));
	else if (key->def && key->value->json == CFG_JSON_INTEGER)
		set(s, json, "default", json_integer(strtoll(key->def, NULL, 10)));
	else if (key->def)
		set(s, json, "default", json_boolean(!strcmp(key->def, "true")));
	return json;
}

static json_t *requires(const char *name)
{
	return json_pack("{s:[s]}", "required", name);
}

/* A key that is required: outright, as one of its group, or unless another has a value. */
static void schema_need(struct schema *s, const struct cfg_section *section, const struct cfg_key *key, json_t *rules)
{
	const struct cfg_key *excuse = cfg_key_excuse(section, key);
	json_t *group = json_array(), *rule;

	for (size_t i = 0; i < section->nr; i++) {
		if (cfg_key_satisfies(&section->keys[i], key))
			append(s, group, requires(section->keys[i].name));
	}
	for (size_t i = 0; cfg_key_instead(section, key) && i < section->nr; i++) {
		if (cfg_key_satisfies(&section->keys[i], cfg_key_instead(section, key)))
			append(s, group, requires(section->keys[i].name));
	}
	rule = json_object();
	set(s, rule, "anyOf", group);
	if (excuse)
		rule = json_pack("{s:{s:{s:{s:o}}, s:[s]}, s:o}", "if", "properties", key->unless_key, "const",
				 excuse->value->json == CFG_JSON_BOOLEAN ? json_boolean(!strcmp(key->unless_value, "true")) :
				 json_string(key->unless_value), "required", key->unless_key, "else", rule);
	append(s, rules, rule);
}

/* A key that goes only with another one, or with some values of it. */
static void schema_only(struct schema *s, const struct cfg_section *section, const struct cfg_key *key, json_t *rules)
{
	json_t *values = json_array(), *group = json_array(), *then = json_object();

	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *other = &section->keys[i];

		if (other->choice_at == key->only_at && key->only & 1u << other->choice)
			append(s, group, requires(other->name));
		if (!other->words || other->offset != key->only_at)
			continue;
		for (unsigned value = 0; value < other->nr_words; value++) {
			if (key->only & 1u << value)
				append(s, values, json_string(other->words[value].name));
		}
		if (!(key->only & 1))
			set(s, then, "required", json_pack("[s]", other->name));
		set(s, then, "properties", json_pack("{s:{s:O}}", other->name, "enum", values));
	}
	json_decref(values);
	if (json_array_size(group))
		set(s, then, "anyOf", group);
	else
		json_decref(group);
	append(s, rules, json_pack("{s:o, s:o}", "if", requires(key->name), "then", then));
}

/* A key whose form is fixed only without another one. */
static json_t *schema_any_with(const struct cfg_key *key)
{
	return json_pack("{s:[o, {s:{s:{s:s}}}]}", "anyOf", requires(key->any_with), "properties", key->name, "pattern",
			 key->value->pattern);
}

static json_t *schema_rules(struct schema *s, const struct cfg_section *section)
{
	json_t *rules = json_array();

	for (size_t j = 0; j < section->nr; j++) {
		const struct cfg_key *key = &section->keys[j];

		if (key->later)
			continue;
		if (key->required && (s->whole || (key->identity && !s->defaults)))
			schema_need(s, section, key, rules);
		if (key->any_with)
			append(s, rules, schema_any_with(key));
		if (key->only_at)
			schema_only(s, section, key, rules);
		for (size_t i = 0; i < j; i++) {
			if (!section->keys[i].later && cfg_keys_exclusive(key, &section->keys[i]))
				append(s, rules,
				       json_pack("{s:{s:[s, s]}}", "not", "required", section->keys[i].name, key->name));
		}
	}
	return rules;
}

static json_t *schema_section(struct schema *s, const struct cfg_section *section)
{
	json_t *json = json_object(), *properties = json_object(), *rules = schema_rules(s, section);

	for (size_t i = 0; i < section->nr; i++) {
		if (!section->keys[i].later && !(section->keys[i].identity && s->defaults))
			set(s, properties, section->keys[i].name, schema_key(s, &section->keys[i]));
	}
	set(s, json, "type", json_string("object"));
	set(s, json, "properties", properties);
	set(s, json, "patternProperties", json_pack("{s:{}}", "^x-"));
	set(s, json, "additionalProperties", json_false());
	if (json_array_size(rules))
		set(s, json, "allOf", rules);
	else
		json_decref(rules);
	return json;
}

/* Of the document's kind one schema, of all others another. */
static json_t *if_kind(struct schema *s, int kind, json_t *then, json_t *otherwise)
{
	json_t *json = json_object();

	set(s, json, "if",
	    json_pack("{s:{s:{s:s}}, s:[s]}", "properties", "kind", "const", cfg_kind_words[kind].name, "required",
		      "kind"));
	set(s, json, "then", then);
	set(s, json, "else", otherwise);
	return json;
}

static json_t *schema_document(struct schema *s)
{
	json_t *defaults, *domain, *network, *volume, *pool;

	s->defaults = true;
	defaults = schema_section(s, &cfg_domain_section);
	s->defaults = false;
	domain = schema_section(s, &cfg_domain_section);
	s->whole = true;
	network = schema_section(s, &cfg_network_section);
	volume = schema_section(s, &cfg_volume_section);
	pool = schema_section(s, &cfg_pool_section);
	return if_kind(s, CFG_KIND_NETWORK, network, if_kind(s, CFG_KIND_VOLUME, volume, if_kind(s, CFG_KIND_POOL, pool,
		       if_kind(s, CFG_KIND_DEFAULTS, defaults, domain))));
}

void cfg_schema(struct buf *out)
{
	struct schema s = { false };
	json_t *json = json_object();
	char *text;

	set(&s, json, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
	set(&s, json, "title", json_string("xlite spec: a document"));
	if (json_object_update_new(json, schema_document(&s)))
		s.failed = true;
	text = s.failed ? NULL : json_dumps(json, JSON_INDENT(2));
	if (text) {
		buf_puts(out, text);
		buf_puts(out, "\n");
	} else {
		out->failed = true;
	}
	free(text);
	json_decref(json);
}
