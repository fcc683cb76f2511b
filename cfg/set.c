/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sets of documents: parsing texts into them, and what a domain's life cycle needs.
 */
#include "cfg/set.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/fill.h"
#include "common/auto.h"

struct cfg_set *cfg_set_new(void)
{
	return calloc(1, sizeof(struct cfg_set));
}

static void domains_free(struct cfg_domains *domains)
{
	for (size_t i = 0; i < domains->nr; i++)
		cfg_domain_free(domains->items[i]);
	free(domains->items);
}

void cfg_set_free(struct cfg_set *set)
{
	if (!set)
		return;
	domains_free(&set->domains);
	domains_free(&set->broken);
	for (size_t i = 0; i < set->nr_diags; i++) {
		free(set->diags[i].message);
		free(set->diags[i].source);
	}
	for (size_t i = 0; i < set->nr_files; i++) {
		free(set->files[i]->name);
		free(set->files[i]->text);
		free(set->files[i]);
	}
	free(set->diags);
	free(set->files);
	free(set);
}

struct cfg_file *cfg_file_add(struct cfg_set *set, const char *name, const char *text, size_t len)
{
	struct cfg_file *file = calloc(1, sizeof(*file));
	struct cfg_file **files = reallocarray(set->files, set->nr_files + 1, sizeof(struct cfg_file *));

	if (files)
		set->files = files;
	if (!file || !files)
		goto fail;
	file->set = set;
	file->nr = (unsigned)set->nr_files;
	file->name = strdup(strcmp(name, "-") ? name : "<stdin>");
	if (text) {
		file->text = malloc(len + 1);
		file->len = len;
	}
	if (!file->name || (text && !file->text))
		goto fail;
	if (text) {
		memcpy(file->text, text, len);
		file->text[len] = '\0';
	}
	set->files[set->nr_files++] = file;
	return file;
fail:
	if (file) {
		free(file->name);
		free(file->text);
	}
	free(file);
	return NULL;
}

int cfg_domains_add(struct cfg_domains *domains, struct cfg_domain *domain)
{
	struct cfg_domain **items = domains->items;

	/* Grown at powers of two. */
	if (!(domains->nr & (domains->nr - 1)))
		items = reallocarray(items, domains->nr ? domains->nr * 2 : 1, sizeof(struct cfg_domain *));
	if (!items)
		return -ENOMEM;
	domains->items = items;
	domains->items[domains->nr++] = domain;
	return 0;
}

static int parse(struct cfg_set *set, const char *name, const char *text, size_t len)
{
	/* A UTF-8 byte order mark is not part of the text. */
	size_t mark = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct cfg_file *file = cfg_file_add(set, name, text + mark, len - mark);
	int rc = 0;

	if (!file)
		return -ENOMEM;
	if (len > CFG_MAX_TEXT) {
		cfg_file_error(file, 0, 0, "%zu bytes long; a file may have %u (1 MiB)", len, CFG_MAX_TEXT);
	} else if (cfg_text_check(file)) {
		rc = cfg_file_parse(file);
	}
	cfg_diags_sort(set);
	return rc || set->failed ? -ENOMEM : (int)file->errors;
}

int cfg_set_parse(struct cfg_set *set, const char *file, const char *text, size_t len)
{
	return parse(set, file, text ? text : "", text ? len : 0);
}

void cfg_set_error(struct cfg_set *set, const char *name, const char *fmt, ...)
{
	struct cfg_file *file = cfg_file_add(set, name, NULL, 0);
	char *message = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&message, fmt, ap) < 0)
		message = NULL;
	va_end(ap);
	if (file && message)
		cfg_file_error(file, 0, 0, "%s", message);
	else
		set->failed = true;
	free(message);
}

struct cfg_domain *const *cfg_set_domains(const struct cfg_set *set, size_t *nr)
{
	*nr = set->domains.nr;
	return set->domains.items;
}

struct cfg_domain *cfg_domain_new(void)
{
	struct cfg_domain *domain = calloc(1, sizeof(*domain));

	if (domain && cfg_section_defaults(&cfg_domain_section, domain)) {
		cfg_domain_free(domain);
		return NULL;
	}
	if (domain)
		domain->vcpus_online = domain->vcpus_max;
	return domain;
}

void cfg_domain_free(struct cfg_domain *domain)
{
	if (!domain)
		return;
	cfg_section_clear(&cfg_domain_section, domain);
	free(domain);
}

struct cfg_domain *cfg_domain_copy(const struct cfg_domain *domain)
{
	struct cfg_domain *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *domain;
	if (cfg_section_dup(&cfg_domain_section, copy)) {
		cfg_domain_free(copy);
		return NULL;
	}
	return copy;
}
