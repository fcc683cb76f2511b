/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The life of a domain: created, paused, unpaused, shut down, destroyed, and its limits.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "xlite/lib/guest_type.h"
#include "xlite/lib/hypercall.h"
#include "xlite/lib/memory.h"

#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

/* ERESTART of Linux and of Xen; user space's errno.h has it too. */
static bool is_unfinished(int code)
{
	return code == -EAGAIN || code == -ERESTART || code == -EINTR;
}

static int create_check(const struct xlite_domain_config *config, struct xlite_error *err)
{
	if (!config->vcpus_max || config->vcpus_max > XEN_VCPUS_MAX)
		return xlite_error_set(err, -EINVAL, "vcpus: %u is not in 1 to %d", config->vcpus_max, XEN_VCPUS_MAX);
	if (config->max_grant_version > 2)
		return xlite_error_set(err, -EINVAL, "grant tables: there is no version %u", config->max_grant_version);
	return 0;
}

/* Says why, where Xen only says -EINVAL or so. */
static int create_failed(struct xlite_xen *xen, const struct xlite_guest_type *type, int code, struct xlite_error *err)
{
	struct xlite_host_info info;

	if (code != -ENOMEM && type->needs_hap && !xlite_host_info(xen, &info, NULL) && !info.hap) {
		xlite_error_set(err, -EOPNOTSUPP, "createdomain: this host cannot run %s domains: Xen reports no %s",
				type->title, info.hvm ? "hardware-assisted paging" : "hardware virtualisation");
		xlite_error_hint(err, "enable AMD-V or VT-x in the firmware; the CPU must have nested paging (NPT or EPT)");
		return -EOPNOTSUPP;
	}
	return xlite_error_sys(err, code, "createdomain");
}

int xlite_domain_move_pool(struct xlite_xen *xen, uint32_t domid, uint32_t pool, struct xlite_error *err)
{
	struct xen_sysctl_cpupool_op *op;
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	op = xen_batch_sysctl(&batch, "cpupool", XEN_WRITES, XEN_SYSCTL_cpupool_op);
	op->op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN;
	op->cpupool_id = pool;
	op->domid = domid;
	return xen_batch_run(&batch, err);
}

int xlite_pool_cpus(struct xlite_xen *xen, uint32_t pool, uint8_t *cpus, size_t nr_bytes, struct xlite_error *err)
{
	struct xen_sysctl_cpupool_op *op;
	struct xen_batch batch;
	uint8_t *bits;
	int rc;

	xen_batch_init(&batch, xen);
	op = xen_batch_sysctl(&batch, "cpupool", XEN_READS, XEN_SYSCTL_cpupool_op);
	bits = xen_batch_room(&batch, nr_bytes);
	op->op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op->cpupool_id = pool;
	set_xen_guest_handle_raw(op->cpumap.bitmap, bits);
	op->cpumap.nr_bits = (uint32_t)nr_bytes * 8;
	rc = xen_batch_run(&batch, err);
	/* Xen answers for the next that there is. */
	if (!rc && op->cpupool_id != pool)
		rc = xlite_error_set(err, -ENOENT, "there is no CPU pool %u", pool);
	if (!rc)
		memcpy(cpus, bits, nr_bytes);
	return rc;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = strstr(words, word); at; at = strstr(at + len, word)) {
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

int xlite_guest_supported(struct xlite_xen *xen, const struct xlite_guest_type *type, struct xlite_error *err)
{
	if (!type->capability || has_word(xen->version.capabilities, type->capability))
		return 0;
	return xlite_error_set(err, -EOPNOTSUPP,
			       "this hypervisor runs no %s guests: %s is not among what it says it can (%s)",
			       type->title, type->capability, xen->version.capabilities);
}

int xlite_domain_create(struct xlite_xen *xen, const struct xlite_domain_config *config, uint32_t *domid,
			struct xlite_error *err)
{
	struct xen_batch batch;
	uint32_t created;
	void *u;
	int rc = create_check(config, err);

	if (!rc)
		rc = xlite_guest_supported(xen, config->type, err);
	if (rc)
		return rc;
	xen_batch_init(&batch, xen);
	u = xen_batch_domctl(&batch, "createdomain", XEN_WRITES, XEN_DOMCTL_createdomain, 0);
	((struct abi_domctl_call *)((uint8_t *)u - offsetof(struct abi_domctl_call, u)))->domid = xen->domctl->any_domid;
	abi_put_createdomain(xen->domctl, config, u);
	rc = xen_batch_run(&batch, NULL);
	if (rc)
		return create_failed(xen, config->type, rc, err);
	created = xen_domctl_domid(u);
	if (config->cpupool && !xen->domctl->cpupool_id) {
		/* Releases whose createdomain has no such field move the empty domain. */
		rc = xlite_domain_move_pool(xen, created, config->cpupool, err);
		if (rc) {
			xlite_domain_destroy(xen, created, clock_deadline_ms(5000), NULL);
			return rc;
		}
	}
	*domid = created;
	return 0;
}

static int simple_domctl(struct xlite_xen *xen, const char *name, uint32_t cmd, uint32_t domid, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	xen_batch_domctl(&batch, name, XEN_WRITES, cmd, domid);
	return xen_batch_run(&batch, err);
}

int xlite_domain_destroy(struct xlite_xen *xen, uint32_t domid, int64_t deadline_ns, struct xlite_error *err)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int rc;

	for (;;) {
		rc = simple_domctl(xen, "destroydomain", XEN_DOMCTL_destroydomain, domid, NULL);
		if (!is_unfinished(rc))
			break;
		if (clock_now_ns() >= deadline_ns)
			return xlite_error_set(err, -ETIMEDOUT, "destroydomain: Xen has not finished in time");
		nanosleep(&pause, NULL);
	}
	if (rc)
		return xlite_error_sys(err, rc, "destroydomain");
	return 0;
}

int xlite_domain_pause(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err)
{
	return simple_domctl(xen, "pausedomain", XEN_DOMCTL_pausedomain, domid, err);
}

int xlite_domain_unpause(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err)
{
	return simple_domctl(xen, "unpausedomain", XEN_DOMCTL_unpausedomain, domid, err);
}

int xlite_domain_set_max_mem(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	memory_add_limit(&batch, domid, kib);
	return xen_batch_run(&batch, err);
}

int xlite_domain_set_pod_target(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	memory_add_pod_target(&batch, domid, XEN_KIB_PAGES(kib));
	return xen_batch_run(&batch, err);
}

int xlite_domain_claim(struct xlite_xen *xen, uint32_t domid, uint64_t kib, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	memory_add_claim(&batch, domid, XEN_KIB_PAGES(kib));
	return xen_batch_run(&batch, err);
}

int xlite_domain_shutdown(struct xlite_xen *xen, uint32_t domid, unsigned reason, struct xlite_error *err)
{
	struct sched_remote_shutdown *op;
	struct xen_batch batch;

	xen_batch_init(&batch, xen);
	op = xen_batch_arg(&batch, sizeof(*op));
	op->domain_id = xen_domid(domid);
	op->reason = reason;
	xen_batch_add(&batch, "remote_shutdown", XEN_WRITES, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown,
		      (unsigned long)op);
	return xen_batch_run(&batch, err);
}

/* Guests without drivers for Xen have not asked to be suspended, and wait for no answer. */
static int has_callback(struct xlite_xen *xen, uint32_t domid, bool *has, struct xlite_error *err)
{
	struct xen_hvm_param *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	op = xen_batch_arg(&batch, sizeof(*op));
	op->domid = xen_domid(domid);
	op->index = HVM_PARAM_CALLBACK_IRQ;
	xen_batch_add(&batch, "get_param", XEN_READS, __HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)op);
	rc = xen_batch_run(&batch, err);
	*has = !rc && op->value;
	return rc;
}

/* What SCHEDOP_shutdown returns to vCPU 0, which alone has called it: 1, that it was cancelled. */
static int set_cancelled(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err)
{
	struct xen_domctl_vcpucontext *get, *set;
	vcpu_guest_context_t *context;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, xen);
	get = xen_batch_domctl(&batch, "getvcpucontext", XEN_READS, XEN_DOMCTL_getvcpucontext, domid);
	context = xen_batch_room(&batch, sizeof(*context));
	set_xen_guest_handle_raw(get->ctxt, context);
	rc = xen_batch_run(&batch, err);
	if (rc || !context)
		return rc;
	context->user_regs.rax = 1;
	batch.nr = 0;
	set = xen_batch_domctl(&batch, "setvcpucontext", XEN_WRITES, XEN_DOMCTL_setvcpucontext, domid);
	set_xen_guest_handle_raw(set->ctxt, context);
	return xen_batch_run(&batch, err);
}

int xlite_domain_resume(struct xlite_xen *xen, uint32_t domid, struct xlite_error *err)
{
	struct xlite_domain_info info;
	bool waits = true;
	int rc = xlite_domain_info(xen, domid, &info, err);

	if (!rc && (!info.shutdown || info.shutdown_reason != SHUTDOWN_suspend))
		return xlite_error_set(err, -EINVAL, "it is not suspended");
	if (!rc && info.hvm)
		rc = has_callback(xen, domid, &waits, err);
	if (!rc && waits)
		rc = set_cancelled(xen, domid, err);
	return rc ? rc : simple_domctl(xen, "resumedomain", XEN_DOMCTL_resumedomain, domid, err);
}
