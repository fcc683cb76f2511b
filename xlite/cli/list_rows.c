/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain as a row of list, and as JSON.
 */
#include "xlite/cli/list.h"

#include "common/buf.h"
#include "cfg/json.h"

#include <xen/sched.h>

const char *const list_columns[] = { "NAME", "ID", "STATE", "VCPUS", "MEMORY", "CPU", "SET", "UUID" };

static void add_figures(struct cli_table *table, const struct state_domain *domain)
{
	cli_table_add(table, "%u", domain->info.nr_online_vcpus);
	cli_table_add(table, "%lluMiB", (unsigned long long)(domain->info.mem_kib + 512) / 1024);
	cli_table_add(table, "%.1fs", (double)domain->info.cpu_time_ns / 1e9);
}

void list_add_row(struct cli_table *table, const struct state_domain *domain, const char *state, bool wide)
{
	char uuid[37];

	cli_table_add(table, "%s", domain->name ? domain->name : "(unnamed)");
	if (domain->absent)
		cli_table_add(table, "-");
	else
		cli_table_add(table, "%u", domain->info.domid);
	cli_table_add(table, "%s", state);
	if (!domain->absent)
		add_figures(table, domain);
	for (int i = 0; domain->absent && i < 3; i++)
		cli_table_add(table, "-");
	if (!wide)
		return;
	xlite_uuid_text(domain->info.uuid, uuid);
	cli_table_add(table, "%s", !state_owned(domain) ? "(not xlite)" : domain->record.set ? domain->record.set : "-");
	cli_table_add(table, "%s", uuid);
}

json_t *list_json(const struct state_domain *domain, const char *state)
{
	char uuid[37];
	json_t *json, *spec = NULL;

	xlite_uuid_text(domain->info.uuid, uuid);
	json = json_pack("{s:o, s:o, s:s, s:s, s:I, s:I, s:i, s:i, s:I, s:b, s:o}", "name", cfg_json_text(domain->name),
			 "domid", domain->absent ? json_null() : json_integer(domain->info.domid), "uuid", uuid,
			 "state", state, "memory_kib", (json_int_t)domain->info.mem_kib, "max_memory_kib",
			 (json_int_t)domain->info.max_mem_kib, "vcpus_online", domain->info.nr_online_vcpus,
			 "vcpus_max", domain->absent ? 0 : domain->info.max_vcpu_id + 1, "cpu_time_ns",
			 (json_int_t)domain->info.cpu_time_ns, "owned", state_owned(domain), "set",
			 cfg_json_text(domain->record.set));
	if (domain->spec) {
		struct buf text = BUF_INIT;

		cfg_print_json(domain->spec, &text);
		spec = json_loads(buf_str(&text), 0, NULL);
		buf_clear(&text);
	}
	json_object_set_new(json, "spec", spec ? spec : json_null());
	return json;
}

/*
 * Only its record tells one that a run left half built from one that was paused, and one that is handed over to another host
 * from one that is suspended.
 */
bool list_needs_record(const void *ctx, const struct state_domain *domain)
{
	const struct xlite_domain_info *info = &domain->info;

	return (info->paused && !info->cpu_time_ns) || (info->shutdown && info->shutdown_reason == SHUTDOWN_suspend);
}
