/* SPDX-License-Identifier: GPL-2.0-or-later
 * The documents of one text: what kind each is, and the spec it becomes.
 */
#include <errno.h>
#include <string.h>

#include "cfg/fill.h"
#include "cfg/merge.h"

/* The value of `kind:`; NULL where there is none. */
static struct cfg_node *kind_node(struct cfg_node *root)
{
	for (struct cfg_node *key = root->first; key && key->next; key = key->next->next) {
		const struct cfg_node *name = cfg_node_resolve(key);

		if (name->kind == CFG_NODE_SCALAR && !strcmp(name->text, "kind"))
			return cfg_node_resolve(key->next);
	}
	return NULL;
}

/*
 * What a document describes: a domain where it says nothing. Negative, and reported, where that is wrong: its keys
 * cannot be judged.
 */
static int document_kind(struct cfg_fill *fill, struct cfg_node *root)
{
	const struct cfg_key *key = cfg_section_key(&cfg_domain_section, "kind", strlen("kind"));
	struct cfg_node *node = kind_node(root);
	int kind = CFG_KIND_DOMAIN;

	return !node || cfg_fill_scalar(fill, key, node, node, &kind) ? kind : -1;
}

static struct cfg_place place_of(const struct cfg_fill *fill, const struct cfg_node *root)
{
	return (struct cfg_place){ fill->file->name, root->line, root->column };
}

static bool sound(const struct cfg_fill *fill)
{
	return fill->file->met == fill->met_before && !fill->partial;
}

static int take_domain(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_set *set = fill->file->set;
	struct cfg_domain *domain = cfg_domain_new();
	int rc;

	if (!domain)
		return -ENOMEM;
	domain->place = place_of(fill, root);
	cfg_fill_section(fill, &cfg_domain_section, root, domain);
	rc = cfg_domains_add(sound(fill) ? &set->domains : &set->broken, domain);
	if (rc)
		cfg_domain_free(domain);
	return rc;
}

static int take_network(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_network *network = cfg_network_new();
	int rc;

	if (!network)
		return -ENOMEM;
	network->place = place_of(fill, root);
	cfg_fill_section(fill, &cfg_network_section, root, network);
	rc = cfg_networks_add(fill->file->set, network, sound(fill));
	if (rc)
		cfg_network_free(network);
	return rc;
}

static int take_volume(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_volume *volume = cfg_volume_new();
	int rc;

	if (!volume)
		return -ENOMEM;
	volume->place = place_of(fill, root);
	cfg_fill_section(fill, &cfg_volume_section, root, volume);
	rc = cfg_volumes_add(fill->file->set, volume, sound(fill));
	if (rc)
		cfg_volume_free(volume);
	return rc;
}

static int take_pool(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_pool *pool = cfg_pool_new();
	int rc;

	if (!pool)
		return -ENOMEM;
	pool->place = place_of(fill, root);
	cfg_fill_section(fill, &cfg_pool_section, root, pool);
	rc = cfg_pools_add(fill->file->set, pool, sound(fill));
	if (rc)
		cfg_pool_free(pool);
	return rc;
}

/* Read for its errors; what it says is put under the documents behind it. */
static int take_defaults(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_domain *domain = cfg_domain_new();

	if (!domain)
		return -ENOMEM;
	fill->defaults = true;
	cfg_fill_section(fill, &cfg_domain_section, root, domain);
	cfg_domain_free(domain);
	return 0;
}

/** One document on its way into the set. */
struct document {
	struct cfg_reader *reader;
	struct cfg_defaults *defaults;
	struct cfg_node *root;
	bool partial;
	unsigned met_before;
};

static int take_map(const struct document *document)
{
	struct cfg_file *file = document->reader->file;
	struct cfg_fill fill = { .file = file, .partial = document->partial, .met_before = document->met_before };
	struct cfg_node *root = document->root;
	int rc;

	switch (document_kind(&fill, root)) {
	case CFG_KIND_NETWORK:
		rc = take_network(&fill, root);
		break;
	case CFG_KIND_VOLUME:
		rc = take_volume(&fill, root);
		break;
	case CFG_KIND_POOL:
		rc = take_pool(&fill, root);
		break;
	case CFG_KIND_DEFAULTS:
		rc = take_defaults(&fill, root);
		cfg_defaults_take(document->defaults, document->reader, root, !sound(&fill));
		break;
	case CFG_KIND_DOMAIN:
		root = cfg_defaults_merge(document->defaults, document->reader, root);
		/* What is missing may be in defaults that were not understood. */
		fill.partial = fill.partial || document->defaults->broken;
		rc = root ? take_domain(&fill, root) : -ENOMEM;
		break;
	default:
		rc = 0;
	}
	return fill.failed ? -ENOMEM : rc;
}

static int take_document(const struct document *document)
{
	const struct cfg_node *root = document->root;

	if (root->kind == CFG_NODE_MAP)
		return take_map(document);
	if (root->kind != CFG_NODE_BAD)
		cfg_file_error(document->reader->file, root->line, root->column, "a document must be a mapping (`key: value`)");
	return 0;
}

static int parse(struct cfg_file *file)
{
	struct cfg_reader reader;
	struct cfg_defaults defaults = { NULL };
	struct document document = { .reader = &reader, .defaults = &defaults };
	int rc = cfg_reader_init(&reader, file);

	if (rc)
		return rc;
	while ((rc = cfg_reader_next(&reader, &document.root, &document.partial)) > 0) {
		if (document.root && !cfg_node_null(document.root)) {
			file->set->nr_documents++;
			rc = take_document(&document);
			if (rc < 0)
				break;
		}
		document.met_before = file->met;
	}
	cfg_reader_clear(&reader);
	cfg_defaults_clear(&defaults);
	return rc;
}

/* Its byte order mark tells, or that every other byte of an ASCII text is a NUL. */
static bool is_utf16(const char *text, size_t len)
{
	return len >= 2 && (!memcmp(text, "\xff\xfe", 2) || !memcmp(text, "\xfe\xff", 2) || !text[0] != !text[1]);
}

int cfg_set_parse(struct cfg_set *set, const char *name, const char *text, size_t len)
{
	/* A UTF-8 byte order mark is not part of the text. */
	size_t mark = text && len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct cfg_file *file = cfg_file_add(set, name, text ? text + mark : "", text ? len - mark : 0);
	int rc = 0;

	if (!file)
		return -ENOMEM;
	if (len > CFG_MAX_TEXT)
		cfg_file_error(file, 0, 0, "%zu bytes long; a file may have %u (1 MiB)", len, CFG_MAX_TEXT);
	else if (is_utf16(file->text, file->len))
		cfg_file_error(file, 0, 0, "the text is UTF-16: save it as UTF-8");
	else if (!file->text[strspn(file->text, " \t\r\n")] && strlen(file->text) == file->len)
		cfg_file_error(file, 1, 1, "is empty");
	else if (cfg_text_check(file) && cfg_text_of_xl(file))
		cfg_file_error(file, cfg_text_of_xl(file), 1,
			       "this looks like a file of xl: `xlite convert FILE` makes a spec of it");
	else if (!file->errors)
		rc = parse(file);
	cfg_diags_sort(set);
	return rc || set->failed ? -ENOMEM : (int)file->errors;
}
