/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who uses a network of mode route. It has no bridge whose ports would tell: the domains' records do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/record_spec.h"

static void add_users(struct buf *users, uint32_t domid, const struct xlite_record *record, const char *name)
{
	struct cfg_set *set;
	const struct cfg_domain *spec = record_spec(record, &set);

	for (size_t i = 0; spec && i < spec->nr_vifs; i++) {
		const struct cfg_vif *vif = &spec->vifs[i];

		if (vif->kind == CFG_VIF_ROUTE && !strcmp(vif->target, name))
			buf_printf(users, "%svif %zu of %s (domid %u)", users->len ? ", " : "", i, spec->name, domid);
	}
	cfg_set_free(set);
}

int network_unused(struct host *host, const char *name, struct xlite_error *err)
{
	auto_free char **names = NULL;
	auto_free uint32_t *domids = NULL;
	auto_free struct xlite_record *records = NULL;
	auto_buf struct buf users = BUF_INIT;
	size_t nr = 0;
	int rc = xlite_store_list(host->store, 0, "/libxl", &names, &nr, err);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	domids = calloc(nr + 1, sizeof(*domids));
	records = calloc(nr + 1, sizeof(*records));
	if (!domids || !records)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++)
		domids[i] = (uint32_t)strtoul(names[i], NULL, 10);
	rc = xlite_record_read(host->store, domids, nr, records, err);
	for (size_t i = 0; i < nr; i++) {
		if (!rc)
			add_users(&users, domids[i], &records[i], name);
		xlite_record_clear(&records[i]);
	}
	if (!rc && users.len)
		rc = xlite_error_set(err, -EBUSY, "still used by %s", buf_str(&users));
	return rc;
}
