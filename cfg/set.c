/* SPDX-License-Identifier: GPL-2.0-or-later
 * Sets of documents: what they hold. How texts get into them is in document.c.
 */
#include "cfg/set.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void networks_free(struct cfg_network **networks, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		cfg_network_free(networks[i]);
	free(networks);
}

static void volumes_free(struct cfg_volume **volumes, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		cfg_volume_free(volumes[i]);
	free(volumes);
}

static void pools_free(struct cfg_pool **pools, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		cfg_pool_free(pools[i]);
	free(pools);
}

void cfg_set_free(struct cfg_set *set)
{
	if (!set)
		return;
	domains_free(&set->domains);
	domains_free(&set->broken);
	networks_free(set->networks, set->nr_networks);
	networks_free(set->broken_networks, set->nr_broken_networks);
	volumes_free(set->volumes, set->nr_volumes);
	volumes_free(set->broken_volumes, set->nr_broken_volumes);
	pools_free(set->pools, set->nr_pools);
	pools_free(set->broken_pools, set->nr_broken_pools);
	for (size_t i = 0; i < set->nr_diags; i++) {
		free(set->diags[i].message);
		free(set->diags[i].source);
	}
	for (size_t i = 0; i < set->nr_files; i++) {
		free(set->files[i]->name);
		free(set->files[i]->text);
		free(set->files[i]->marks);
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

/* Makes room for one more pointer; grown at powers of two. */
static int room(void **items, size_t nr)
{
	void *more = *items;

	if (!(nr & (nr - 1)))
		more = reallocarray(more, nr ? nr * 2 : 1, sizeof(void *));
	if (!more)
		return -ENOMEM;
	*items = more;
	return 0;
}

int cfg_domains_add(struct cfg_domains *domains, struct cfg_domain *domain)
{
	void *items = domains->items;
	int rc = room(&items, domains->nr);

	domains->items = items;
	if (!rc)
		domains->items[domains->nr++] = domain;
	return rc;
}

int cfg_networks_add(struct cfg_set *set, struct cfg_network *network, bool sound)
{
	struct cfg_network ***list = sound ? &set->networks : &set->broken_networks;
	size_t *nr = sound ? &set->nr_networks : &set->nr_broken_networks;
	void *items = *list;
	int rc = room(&items, *nr);

	*list = items;
	if (!rc)
		(*list)[(*nr)++] = network;
	return rc;
}

int cfg_volumes_add(struct cfg_set *set, struct cfg_volume *volume, bool sound)
{
	struct cfg_volume ***list = sound ? &set->volumes : &set->broken_volumes;
	size_t *nr = sound ? &set->nr_volumes : &set->nr_broken_volumes;
	void *items = *list;
	int rc = room(&items, *nr);

	*list = items;
	if (!rc)
		(*list)[(*nr)++] = volume;
	return rc;
}

int cfg_pools_add(struct cfg_set *set, struct cfg_pool *pool, bool sound)
{
	struct cfg_pool ***list = sound ? &set->pools : &set->broken_pools;
	size_t *nr = sound ? &set->nr_pools : &set->nr_broken_pools;
	void *items = *list;
	int rc = room(&items, *nr);

	*list = items;
	if (!rc)
		(*list)[(*nr)++] = pool;
	return rc;
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

struct cfg_network *const *cfg_set_networks(const struct cfg_set *set, size_t *nr)
{
	*nr = set->nr_networks;
	return set->networks;
}

const struct cfg_domain *cfg_set_domain(const struct cfg_set *set, const char *name)
{
	for (size_t i = 0; i < set->domains.nr; i++) {
		if (!strcmp(set->domains.items[i]->name, name))
			return set->domains.items[i];
	}
	return NULL;
}

const struct cfg_network *cfg_set_network(const struct cfg_set *set, const char *name)
{
	for (size_t i = 0; i < set->nr_networks; i++) {
		if (!strcmp(set->networks[i]->name, name))
			return set->networks[i];
	}
	return NULL;
}

struct cfg_volume *const *cfg_set_volumes(const struct cfg_set *set, size_t *nr)
{
	*nr = set->nr_volumes;
	return set->volumes;
}

struct cfg_pool *const *cfg_set_pools(const struct cfg_set *set, size_t *nr)
{
	*nr = set->nr_pools;
	return set->pools;
}

const struct cfg_volume *cfg_set_volume(const struct cfg_set *set, const char *name)
{
	for (size_t i = 0; i < set->nr_volumes; i++) {
		if (!strcmp(set->volumes[i]->name, name))
			return set->volumes[i];
	}
	return NULL;
}
