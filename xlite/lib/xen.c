/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Opening the connection: which Xen is there, and which versions of its unstable interfaces it speaks. All is
 * asked in one batch: a call of a wrong interface version answers -EACCES and does nothing.
 */
#include "xlite/lib/xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/hypercall.h"

#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/version.h>

/* What is asked of whom; dom0 is the one domain that is always there. */
struct probe {
	struct xen_batch batch;
	const char *extra, *capabilities;
	unsigned domctls, sysctls;	/* index of the first of each */
};

static void probe_add(struct probe *probe, struct xlite_xen *xen)
{
	struct xen_batch *batch = &probe->batch;
	char *extra, *capabilities;

	xen_batch_init(batch, xen);
	extra = xen_batch_arg(batch, sizeof(xen_extraversion_t));
	capabilities = xen_batch_room(batch, sizeof(xen_capabilities_info_t));
	xen_batch_add(batch, "version", XEN_READS, __HYPERVISOR_xen_version, XENVER_version, 0);
	xen_batch_add(batch, "version", XEN_READS, __HYPERVISOR_xen_version, XENVER_extraversion,
		      (unsigned long)extra);
	xen_batch_add(batch, "version", XEN_READS, __HYPERVISOR_xen_version, XENVER_capabilities,
		      (unsigned long)capabilities);
	probe->extra = extra;
	probe->capabilities = capabilities;
	probe->domctls = batch->nr;
	for (xen->domctl = abi_domctls; xen->domctl->version; xen->domctl++)
		xen_batch_domctl(batch, "domctl", XEN_READS, XEN_DOMCTL_getdomaininfo, 0);
	probe->sysctls = batch->nr;
	for (xen->sysctl = abi_sysctls; xen->sysctl->version; xen->sysctl++)
		xen_batch_sysctl(batch, "sysctl", XEN_READS, XEN_SYSCTL_physinfo);
}

static void probe_version(const struct probe *probe, struct xlite_xen_version *version)
{
	long number = xen_batch_result(&probe->batch, 0);

	version->major = number < 0 ? 0 : (unsigned)(number >> 16) & 0xffff;
	version->minor = number < 0 ? 0 : (unsigned)number & 0xffff;
	if (xen_batch_result(&probe->batch, 1) >= 0)
		snprintf(version->extra, sizeof(version->extra), "%.15s", probe->extra);
	if (xen_batch_result(&probe->batch, 2) >= 0 && probe->capabilities)
		snprintf(version->capabilities, sizeof(version->capabilities), "%.1023s", probe->capabilities);
}

/* The first of the calls that was not turned away for its version; -1: none. */
static int probe_accepted(const struct probe *probe, unsigned first, unsigned end, long *result)
{
	for (unsigned i = first; i < end; i++) {
		*result = xen_batch_result(&probe->batch, i);
		if (*result != -EACCES)
			return (int)(i - first);
	}
	return -1;
}

static int probe_unknown(const struct xlite_xen *xen, struct xlite_error *err)
{
	char supported[128];

	abi_supported(supported, sizeof(supported));
	xlite_error_status(err, -EPROTONOSUPPORT, XLITE_NO_XEN,
			   "Xen %u.%u%s speaks none of the interface versions known here (those of Xen %s)",
			   xen->version.major, xen->version.minor, xen->version.extra, supported);
	xlite_error_hint(
		err,
		"a newer xlite may know this release; where its number is in the list, its security policy (XSM) refuses");
	return -EPROTONOSUPPORT;
}

static int probe_denied(long result, struct xlite_error *err)
{
	if (result == -EPERM) {
		xlite_error_status(err, -EPERM, XLITE_DENIED, "this domain may not control others");
		xlite_error_hint(err, "run this in dom0");
		return -EPERM;
	}
	return xlite_error_status(err, (int)result, XLITE_NO_XEN, "the hypervisor has no domain control (domctl): %s",
				  strerror((int)-result));
}

static int probe(struct xlite_xen *xen, struct xlite_error *err)
{
	struct probe probe;
	long result = 0;
	int domctl, sysctl, rc;

	probe_add(&probe, xen);
	rc = xen_batch_send(&probe.batch, err);
	if (rc) {
		if (err)
			err->status = rc == -EPERM || rc == -EACCES ? XLITE_DENIED : XLITE_NO_XEN;
		return rc;
	}
	probe_version(&probe, &xen->version);
	domctl = probe_accepted(&probe, probe.domctls, probe.sysctls, &result);
	if (domctl >= 0 && result < 0 && result != -ESRCH)
		return probe_denied(result, err);
	sysctl = probe_accepted(&probe, probe.sysctls, probe.batch.nr, &result);
	if (domctl < 0 || sysctl < 0)
		return probe_unknown(xen, err);
	xen->domctl = &abi_domctls[domctl];
	xen->sysctl = &abi_sysctls[sysctl];
	xen->version.domctl = xen->domctl->version;
	xen->version.sysctl = xen->sysctl->version;
	return 0;
}

int xen_open_backend(struct xlite_xen **out, const struct xen_backend *backend, struct xlite_error *err)
{
	struct xlite_xen *xen = calloc(1, sizeof(*xen));
	int rc;

	if (!xen) {
		backend->close(backend->ctx);
		return xlite_error_set(err, -ENOMEM, "out of memory");
	}
	xen->backend = *backend;
	rc = probe(xen, err);
	if (rc) {
		xlite_xen_close(xen);
		return rc;
	}
	*out = xen;
	return 0;
}

int xlite_xen_open(struct xlite_xen **out, struct xlite_error *err)
{
	struct xen_backend backend;
	int rc = xen_privcmd_open(&backend, err);

	if (rc)
		return rc;
	return xen_open_backend(out, &backend, err);
}

void xlite_xen_close(struct xlite_xen *xen)
{
	if (!xen)
		return;
	xen->backend.close(xen->backend.ctx);
	free(xen);
}

const struct xlite_xen_version *xlite_xen_version(const struct xlite_xen *xen)
{
	return &xen->version;
}

const struct xlite_xen_counts *xlite_xen_counts(const struct xlite_xen *xen)
{
	return &xen->counts;
}
