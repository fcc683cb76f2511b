/* SPDX-License-Identifier: GPL-2.0-or-later
 * Walks a spec by the table of keys into JSON values.
 */
#include "cfg/json.h"

#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/utf8.h"

json_t *cfg_json_text(const char *text)
{
	auto_buf struct buf sound = BUF_INIT;
	size_t left = text ? strlen(text) : 0;
	uint32_t c;

	if (!text)
		return json_null();

	for (size_t bytes; left; text += bytes, left -= bytes) {
		bytes = utf8_step(text, left, &c);
		buf_add(&sound, utf8_decode(text, left, NULL) > 0 ? text : "?", utf8_decode(text, left, NULL) > 0 ? bytes : 1);
	}
	return sound.failed ? NULL : json_string(buf_str(&sound));
}

static json_t *scalar(const struct cfg_key *key, const void *field)
{
	auto_buf struct buf text = BUF_INIT;

	key->value->format(key, field, &text);
	if (text.failed)
		return NULL;
	if (key->value->json == CFG_JSON_INTEGER)
		return json_integer(strtoll(buf_str(&text), NULL, 10));
	if (key->value->json == CFG_JSON_BOOLEAN)
		return json_boolean(!strcmp(buf_str(&text), "true"));
	return cfg_json_text(buf_str(&text));
}

static json_t *list(const struct cfg_key *key, const struct cfg_strings *strings)
{
	json_t *json;

	if (key->lone && strings->nr < 2)
		return cfg_json_text(strings->nr ? strings->items[0] : key->def);
	json = json_array();
	for (size_t i = 0; json && i < strings->nr; i++) {
		if (json_array_append_new(json, cfg_json_text(strings->items[i]))) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static json_t *labels(const struct cfg_label *label, size_t nr)
{
	json_t *json = json_object();

	for (; json && nr; label++, nr--) {
		if (json_object_set_new(json, label->name, cfg_json_text(label->value))) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

/* A section of which only the first key says something is written as that key's value. */
static json_t *inner(const struct cfg_section *section, const void *base, enum cfg_show show)
{
	json_t *json = cfg_json_section(section, base, show), *only;

	if (!json || show != CFG_SHOW_CHANGED || !section->shorthand || json_object_size(json) != 1)
		return json;
	only = json_incref(json_object_get(json, section->keys[0].name));
	if (!only)
		return json;
	json_decref(json);
	return only;
}

static json_t *items(const struct cfg_section *section, const char *item, size_t nr, enum cfg_show show)
{
	json_t *json = json_array();

	for (; json && nr; item += section->size, nr--) {
		if (json_array_append_new(json, inner(section, item, show))) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static json_t *value(const struct cfg_section *section, const struct cfg_key *key, const void *base, enum cfg_show show)
{
	void *field = cfg_field(key, base);
	size_t nr = *(const size_t *)((const char *)base + (key->nr_offset ? key->nr_offset : 0));

	switch (key->shape) {
	case CFG_KIND:
		return json_string(section->name);
	case CFG_SCALAR:
		return cfg_key_absent(key, base) ? json_null() : scalar(key, field);
	case CFG_SECTION:
		return inner(key->section, base, show);
	case CFG_LIST:
		return list(key, field);
	case CFG_ITEMS:
		return items(key->section, *(char **)field, nr, show);
	case CFG_LABELS:
		return labels(*(struct cfg_label **)field, nr);
	case CFG_SUGAR:
		break;
	}
	return json_null();
}

/* Whether the key means something: with a key that it needs, where there is one. */
static bool means_something(const struct cfg_section *section, const struct cfg_key *key, const void *base)
{
	return cfg_key_applies(key, base) &&
	       (!key->needs || !cfg_key_absent(cfg_section_key(section, key->needs, strlen(key->needs)), base));
}

/* Whether there is anything to show of a key. */
static bool shown(const struct cfg_section *section, const struct cfg_key *key, const void *base, enum cfg_show show)
{
	if (key->shape == CFG_SUGAR || key->later)
		return false;
	switch (show) {
	case CFG_SHOW_CHANGED:
		return !cfg_key_is_default(key, base);
	case CFG_SHOW_SET:
		return means_something(section, key, base) &&
		       (!cfg_key_absent(key, base) || (key->shape != CFG_SCALAR && key->shape != CFG_LIST));
	case CFG_SHOW_ALL:
		break;
	}
	return true;
}

json_t *cfg_json_section(const struct cfg_section *section, const void *base, enum cfg_show show)
{
	json_t *json = json_object();

	for (size_t i = 0; json && i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		json_t *one;

		if (!shown(section, key, base, show))
			continue;
		one = value(section, key, base, show);
		/* A section of which nothing is shown is not shown either. */
		if (one && key->shape == CFG_SECTION && json_is_object(one) && !json_object_size(one)) {
			json_decref(one);
			continue;
		}
		if (json_object_set_new(json, key->name, one)) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

/* Values that are not what the derivation would give were given by somebody, whatever the flags say. */
static void settle_given(struct cfg_domain *domain)
{
	uint8_t uuid[16], mac[6];

	cfg_uuid_of_name(domain->name ? domain->name : "", uuid);
	if (memcmp(uuid, domain->uuid, sizeof(uuid)))
		domain->uuid_given = true;
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		cfg_mac_of(domain->uuid, (unsigned)i, mac);
		if (memcmp(mac, domain->vifs[i].mac, sizeof(mac)))
			domain->vifs[i].mac_given = true;
	}
}

json_t *cfg_json_domain(const struct cfg_domain *domain, enum cfg_show show)
{
	struct cfg_domain *copy = cfg_domain_copy(domain);
	json_t *json;

	if (!copy)
		return NULL;
	settle_given(copy);
	json = cfg_json_section(&cfg_domain_section, copy, show);
	cfg_domain_free(copy);
	return json;
}

json_t *cfg_json_network(const struct cfg_network *network, enum cfg_show show)
{
	return cfg_json_section(&cfg_network_section, network, show);
}

json_t *cfg_json_volume(const struct cfg_volume *volume, enum cfg_show show)
{
	return cfg_json_section(&cfg_volume_section, volume, show);
}

json_t *cfg_json_pool(const struct cfg_pool *pool, enum cfg_show show)
{
	return cfg_json_section(&cfg_pool_section, pool, show);
}

static void print(json_t *json, struct buf *out)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

	if (text) {
		buf_puts(out, text);
		buf_puts(out, "\n");
	} else {
		out->failed = true;
	}
	free(text);
	json_decref(json);
}

void cfg_print_json(const struct cfg_domain *domain, struct buf *out)
{
	print(cfg_json_domain(domain, CFG_SHOW_ALL), out);
}

void cfg_print_network_json(const struct cfg_network *network, struct buf *out)
{
	print(cfg_json_network(network, CFG_SHOW_ALL), out);
}

void cfg_print_volume_json(const struct cfg_volume *volume, struct buf *out)
{
	print(cfg_json_volume(volume, CFG_SHOW_ALL), out);
}

void cfg_print_pool_json(const struct cfg_pool *pool, struct buf *out)
{
	print(cfg_json_pool(pool, CFG_SHOW_ALL), out);
}
