/* SPDX-License-Identifier: GPL-2.0-or-later
 * Plans as text that can be carried out later.
 */
#include "xlite/reconcile/saved_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "cfg/json.h"
#include "common/auto.h"
#include "xlite/reconcile/apply.h"

/* Readers of a plan are not to learn the machine-id itself (machine-id(5)). */
static json_t *machine(void)
{
	char id[64] = "", text[80], uuid_text[37];
	uint8_t uuid[16];
	FILE *file = fopen("/etc/machine-id", "re");

	if (file && !fgets(id, sizeof(id), file))
		id[0] = '\0';
	if (file)
		fclose(file);
	id[strcspn(id, "\n")] = '\0';
	if (!id[0])
		return json_null();
	snprintf(text, sizeof(text), "host/%s", id);
	cfg_uuid_of_name(text, uuid);
	xlite_uuid_text(uuid, uuid_text);
	return json_string(uuid_text);
}

json_t *saved_host(void)
{
	struct utsname names;

	if (uname(&names))
		names.nodename[0] = '\0';
	return json_pack("{s:o, s:o}", "name", cfg_json_text(names.nodename), "machine", machine());
}

/* Another file in its place, or new content, is another guest. */
static json_t *file_json(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return json_pack("{s:o}", "path", cfg_json_text(path));
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "path", cfg_json_text(path), "device", (json_int_t)st.st_dev,
			 "inode", (json_int_t)st.st_ino, "size", (json_int_t)st.st_size, "modified_s",
			 (json_int_t)st.st_mtim.tv_sec, "modified_ns", (json_int_t)st.st_mtim.tv_nsec);
}

static void add_file(json_t *files, const char *path)
{
	if (path)
		json_array_append_new(files, file_json(path));
}

/* What is read when the domain is built; disks are written to all the time. */
static json_t *files_json(const struct plan_item *item)
{
	const struct cfg_domain *want = item->want;
	json_t *files = json_array();

	if (item->want_volume && item->action == PLAN_CREATE)
		add_file(files, item->want_volume->from);
	if (!want || !apply_builds(item))
		return files;
	add_file(files, want->kernel);
	add_file(files, want->ramdisk);
	add_file(files, want->cloud_init.user_data);
	add_file(files, want->cloud_init.vendor_data);
	for (size_t i = 0; i < want->cloud_init.ssh_keys.nr; i++)
		add_file(files, want->cloud_init.ssh_keys.items[i]);
	return files;
}

static json_t *spec_json(const struct cfg_domain *domain, const struct cfg_network *network)
{
	auto_buf struct buf text = BUF_INIT;

	if (!domain && !network)
		return json_null();
	if (domain)
		cfg_print(domain, false, &text);
	else
		cfg_print_network(network, false, &text);
	return text.failed ? NULL : cfg_json_text(buf_str(&text));
}

static json_t *domain_json(const struct state_domain *have)
{
	char uuid[37];

	xlite_uuid_text(have->info.uuid, uuid);
	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o}", "uuid", uuid, "domid", (json_int_t)have->info.domid, "state",
			 state_word(have), "set", cfg_json_text(have->record.set), "spec", spec_json(have->spec, NULL),
			 "next", spec_json(have->next, NULL));
}

static json_t *network_json(const struct state_network *have)
{
	return json_pack("{s:o, s:o, s:o}", "set", cfg_json_text(have->record.set), "spec", spec_json(NULL, have->spec),
			 "fault", cfg_json_text(have->fault));
}

static json_t *volume_json(const struct state_volume *have)
{
	return json_pack("{s:s, s:s, s:I}", "path", have->path, "format", cfg_format_name(have->format), "bytes",
			 (json_int_t)have->bytes);
}

json_t *saved_item(const struct plan *plan, const struct plan_item *item)
{
	json_t *json = plan_item_json(plan, item), *seen;

	if (!json)
		return NULL;
	seen = item->have ? domain_json(item->have) : item->have_network ? network_json(item->have_network) :
	       item->have_volume ? volume_json(item->have_volume) : json_null();
	if (json_object_set_new(json, "pruned", json_boolean(item->pruned)) || json_object_set_new(json, "seen", seen) ||
	    json_object_set_new(json, "files", files_json(item))) {
		json_decref(json);
		return NULL;
	}
	/* A warning is about the moment. */
	json_object_del(json, "warning");
	return json;
}

json_t *saved_items(const struct plan *plan)
{
	json_t *items = json_array();
	const struct plan_item *item;
	int rc = items ? 0 : -1;

	for (size_t i = 0; !rc && (item = plan_at(plan, i)); i++)
		rc = json_array_append_new(items, saved_item(plan, item));
	if (!rc)
		return items;
	json_decref(items);
	return NULL;
}

/* Pools and volumes. */
static json_t *storage_json(const struct cfg_set *set)
{
	json_t *documents = json_array();
	struct cfg_volume *const *volumes;
	struct cfg_pool *const *pools;
	size_t nr;

	pools = cfg_set_pools(set, &nr);
	for (size_t i = 0; documents && i < nr; i++) {
		auto_buf struct buf text = BUF_INIT;

		cfg_print_pool(pools[i], false, &text);
		json_array_append_new(documents, json_pack("{s:s, s:s, s:o}", "kind", "pool", "name", pools[i]->name, "text",
							   cfg_json_text(buf_str(&text))));
	}
	volumes = cfg_set_volumes(set, &nr);
	for (size_t i = 0; documents && i < nr; i++) {
		auto_buf struct buf text = BUF_INIT;

		cfg_print_volume(volumes[i], false, &text);
		json_array_append_new(documents, json_pack("{s:s, s:s, s:o}", "kind", "volume", "name",
							   volumes[i]->name, "text", cfg_json_text(buf_str(&text))));
	}
	return documents;
}

/* With defaults filled in, in canonical form: the files may change or vanish. */
static json_t *documents_json(const struct cfg_set *set)
{
	json_t *documents = storage_json(set);
	struct cfg_network *const *networks;
	struct cfg_domain *const *domains;
	size_t nr;
	int rc = documents ? 0 : -1;

	networks = cfg_set_networks(set, &nr);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = json_array_append_new(documents,
					   json_pack("{s:s, s:s, s:o}", "kind", "network", "name", networks[i]->name,
						     "text", spec_json(NULL, networks[i])));
	domains = cfg_set_domains(set, &nr);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = json_array_append_new(documents, json_pack("{s:s, s:s, s:o}", "kind", "domain", "name",
								domains[i]->name, "text", spec_json(domains[i], NULL)));
	if (!rc)
		return documents;
	json_decref(documents);
	return NULL;
}

static int check_refused(const struct plan_item *items, size_t nr, const char *kind, struct xlite_error *err)
{
	for (size_t i = 0; i < nr; i++) {
		if (items[i].action != PLAN_REFUSED)
			continue;
		return xlite_error_status(err, -EPERM, items[i].status ? items[i].status : XLITE_FAILED,
					  "the plan is not written, since %s/%s is refused", kind, items[i].name);
	}
	return 0;
}

static json_t *root_json(const struct plan *plan, const struct cfg_set *set, const struct saved_options *options,
			 const char *version)
{
	time_t now = time(NULL);
	struct tm broken;
	char at[32];

	gmtime_r(&now, &broken);
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &broken);
	return json_pack("{s:i, s:s, s:s, s:o, s:{s:o, s:b, s:b, s:b, s:b}, s:o, s:o}", SAVED_KEY, SAVED_FORMAT,
			 "xlite", version, "made", at, "host", saved_host(), "options", "set",
			 cfg_json_text(options->set), "prune", options->prune, "replace", options->replace, "adopt",
			 options->adopt, "yes", options->yes, "documents", documents_json(set), "items",
			 saved_items(plan));
}

int saved_print(const struct plan *plan, const struct cfg_set *set, const struct saved_options *options,
		const char *version, struct buf *out, struct xlite_error *err)
{
	auto_free char *text = NULL;
	json_t *root;
	int rc = check_refused(plan->networks, plan->nr_networks, "network", err);

	if (!rc)
		rc = check_refused(plan->volumes, plan->nr_volumes, "volume", err);
	if (!rc)
		rc = check_refused(plan->items, plan->nr, "domain", err);
	if (rc)
		return rc;
	root = root_json(plan, set, options, version);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (text)
		buf_printf(out, "%s\n", text);
	return text && !out->failed ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");
}
