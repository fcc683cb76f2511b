/* SPDX-License-Identifier: LGPL-2.1-or-later
 * What Xen knows of the host and of its domains (xen/sysctl.h, XEN_DOMCTL_getdomaininfo).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>

int xlite_host_info(struct xlite_xen *xen, struct xlite_host_info *info, struct xlite_error *err)
{
	struct xen_batch batch;
	const void *u;
	int rc;

	xen_batch_init(&batch, xen);
	u = xen_batch_sysctl(&batch, "host information (physinfo)", XEN_READS, XEN_SYSCTL_physinfo);
	rc = xen_batch_run(&batch, err);
	if (!rc)
		abi_get_physinfo(xen->sysctl, u, info);
	return rc;
}

/* Domains per call: about 28 KiB of the arena. */
#define LIST_STEP 256

/* Asks for the domains from first on; appends them to *list. Sets *nr_new. */
static int list_step(struct xlite_xen *xen, uint32_t first, struct xlite_domain_info **list, size_t nr, size_t *nr_new,
		     struct xlite_error *err)
{
	struct xen_sysctl_getdomaininfolist *op;
	struct xlite_domain_info *grown;
	struct xen_batch batch;
	uint8_t *raw;
	int rc;

	xen_batch_init(&batch, xen);
	op = xen_batch_sysctl(&batch, "list of domains", XEN_READS, XEN_SYSCTL_getdomaininfolist);
	raw = xen_batch_room(&batch, (size_t)LIST_STEP * xen->domctl->info_bytes);
	op->first_domain = (domid_t)first;
	op->max_domains = LIST_STEP;
	set_xen_guest_handle_raw(op->buffer, (void *)raw);
	rc = xen_batch_run(&batch, err);
	if (rc || !raw)
		return rc;
	if (op->num_domains > LIST_STEP)
		return xlite_error_set(err, -EIO, "list of domains: Xen answers more than was asked for");
	*nr_new = op->num_domains;
	grown = realloc(*list, (nr + *nr_new + 1) * sizeof(**list));
	if (!grown)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	*list = grown;
	for (size_t i = 0; i < *nr_new; i++)
		abi_get_domaininfo(raw + i * xen->domctl->info_bytes, &grown[nr + i]);
	return 0;
}

int xlite_domain_list(struct xlite_xen *xen, struct xlite_domain_info **list, size_t *nr, struct xlite_error *err)
{
	auto_free struct xlite_domain_info *found = NULL;
	size_t total = 0, nr_new;
	uint32_t first = 0;

	do {
		int rc = list_step(xen, first, &found, total, &nr_new, err);

		if (rc)
			return rc;
		if (nr_new && found[total].domid < first)
			return xlite_error_set(err, -EIO, "list of domains: not in order");
		total += nr_new;
		if (nr_new)
			first = found[total - 1].domid + 1;
	} while (nr_new == LIST_STEP && first < DOMID_FIRST_RESERVED);
	*list = auto_take(found);
	*nr = total;
	return 0;
}

int xlite_domain_info(struct xlite_xen *xen, uint32_t domid, struct xlite_domain_info *info, struct xlite_error *err)
{
	struct xlite_domain_info found;
	struct xen_batch batch;
	const void *u;
	int rc;

	xen_batch_init(&batch, xen);
	u = xen_batch_domctl(&batch, "getdomaininfo", XEN_READS, XEN_DOMCTL_getdomaininfo, domid);
	rc = xen_batch_run(&batch, NULL);
	if (rc && rc != -ESRCH)
		return xlite_error_sys(err, rc, "domain %u: getdomaininfo", domid);
	if (!rc) {
		abi_get_domaininfo(u, &found);
		/* Without such a domain Xen answers for the next one. */
		if (found.domid != domid)
			rc = -ESRCH;
	}
	if (rc)
		return xlite_error_set(err, rc, "there is no domain %u", domid);
	*info = found;
	return 0;
}
