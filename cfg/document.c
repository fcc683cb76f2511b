/* SPDX-License-Identifier: GPL-2.0-or-later
 * The documents of one file: what kind each is, and the spec it becomes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/fill.h"

/* The value of `kind:`, or a domain where there is none or it is wrong (which filling in reports). */
static int document_kind(struct cfg_node *root)
{
	for (struct cfg_node *key = root->first; key && key->next; key = key->next->next) {
		const struct cfg_node *name = cfg_node_resolve(key), *value = cfg_node_resolve(key->next);

		if (name->kind != CFG_NODE_SCALAR || strcmp(name->text, "kind") || value->kind != CFG_NODE_SCALAR)
			continue;
		for (int i = 0; i < CFG_NR_KINDS; i++) {
			if (!strcmp(value->text, cfg_kind_words[i].name))
				return i;
		}
	}
	return CFG_KIND_DOMAIN;
}

/* Networks and defaults are only checked: their kind is not supported yet, which is an error by itself. */
static int check_only(struct cfg_fill *fill, const struct cfg_section *section, struct cfg_node *root)
{
	void *base = calloc(1, section->size);
	int rc;

	if (!base)
		return -ENOMEM;
	rc = cfg_section_defaults(section, base);
	if (!rc)
		cfg_fill_section(fill, section, root, base);
	cfg_section_clear(section, base);
	free(base);
	return rc;
}

static int take_domain(struct cfg_fill *fill, struct cfg_node *root)
{
	struct cfg_set *set = fill->file->set;
	struct cfg_domain *domain = cfg_domain_new();
	int rc;

	if (!domain)
		return -ENOMEM;
	domain->place = (struct cfg_place){ fill->file->name, root->line, root->column };
	cfg_fill_section(fill, &cfg_domain_section, root, domain);
	rc = cfg_domains_add(fill->file->errors == fill->errors_before && !fill->partial ? &set->domains : &set->broken, domain);
	if (rc)
		cfg_domain_free(domain);
	return rc;
}

static int take_document(struct cfg_file *file, struct cfg_node *root, bool partial, unsigned errors_before)
{
	struct cfg_fill fill = { .file = file, .partial = partial, .errors_before = errors_before };
	int kind, rc;

	if (root->kind != CFG_NODE_MAP) {
		if (root->kind != CFG_NODE_BAD)
			cfg_file_error(file, root->line, root->column, "a document must be a mapping (`key: value`)");
		return 0;
	}
	kind = document_kind(root);
	fill.defaults = kind == CFG_KIND_DEFAULTS;
	if (kind == CFG_KIND_DOMAIN)
		rc = take_domain(&fill, root);
	else
		rc = check_only(&fill, cfg_kinds[kind], root);
	return fill.failed ? -ENOMEM : rc;
}

int cfg_file_parse(struct cfg_file *file)
{
	struct cfg_reader reader;
	struct cfg_node *root;
	bool partial, any = false;
	unsigned errors = 0;
	int rc = cfg_reader_init(&reader, file);

	if (rc)
		return rc;
	while ((rc = cfg_reader_next(&reader, &root, &partial)) > 0) {
		if (root && !cfg_node_null(root)) {
			any = true;
			rc = take_document(file, root, partial, errors);
			if (rc < 0)
				break;
		}
		errors = file->errors;
	}
	cfg_reader_clear(&reader);
	if (!rc && !any && !file->errors)
		cfg_file_error(file, 1, 1, "holds no document");
	return rc;
}
