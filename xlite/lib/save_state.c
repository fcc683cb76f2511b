/* SPDX-License-Identifier: LGPL-2.1-or-later
 * What Xen holds of a domain besides its memory: what its CPUs are, its time stamp counter, HVM parameters and the
 * context of its vCPUs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/lib/save_int.h"

#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

_Static_assert(sizeof(xen_cpuid_leaf_t) == 24 && sizeof(xen_msr_entry_t) == 16, "entries of CPU policies");
_Static_assert(sizeof(struct xen_domctl_tsc_info) == 24, "tsc_info");

const uint32_t save_params[] = {
	HVM_PARAM_STORE_PFN, HVM_PARAM_IOREQ_PFN, HVM_PARAM_BUFIOREQ_PFN, HVM_PARAM_PAGING_RING_PFN, HVM_PARAM_MONITOR_RING_PFN,
	HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_VM86_TSS_SIZED, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_ACPI_IOPORTS_LOCATION,
	HVM_PARAM_VIRIDIAN, HVM_PARAM_IDENT_PT, HVM_PARAM_VM_GENERATION_ID_ADDR, HVM_PARAM_IOREQ_SERVER_PFN,
	HVM_PARAM_NR_IOREQ_SERVER_PAGES, HVM_PARAM_X87_FIP_WIDTH, HVM_PARAM_MCA_CAP,
};
const size_t nr_save_params = ARRAY_SIZE(save_params);

int save_pvh_fixed(struct xlite_save *save, struct xlite_error *err)
{
	struct xen_domctl_cpu_policy *op;
	xen_cpuid_leaf_t *leaves;
	xen_msr_entry_t *msrs;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, save->xen);
	op = xen_batch_domctl(&batch, "get_cpu_policy", XEN_READS, XEN_DOMCTL_get_cpu_policy, save->domid);
	leaves = xen_batch_room(&batch, SAVE_LEAVES_MAX * sizeof(*leaves));
	msrs = xen_batch_room(&batch, SAVE_MSRS_MAX * sizeof(*msrs));
	op->nr_leaves = SAVE_LEAVES_MAX;
	op->nr_msrs = SAVE_MSRS_MAX;
	set_xen_guest_handle_raw(op->leaves, leaves);
	set_xen_guest_handle_raw(op->msrs, msrs);
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	if (op->nr_leaves > SAVE_LEAVES_MAX || op->nr_msrs > SAVE_MSRS_MAX)
		return xlite_error_set(err, -EIO, "get_cpu_policy: Xen answers more than was asked for");
	if (op->nr_leaves)
		rc = stream_write_record(&save->writer, STREAM_CPUID_POLICY, leaves, op->nr_leaves * sizeof(*leaves));
	if (!rc && op->nr_msrs)
		rc = stream_write_record(&save->writer, STREAM_MSR_POLICY, msrs, op->nr_msrs * sizeof(*msrs));
	return save_written(save, rc, err);
}

static int write_tsc(struct xlite_save *save, struct xlite_error *err)
{
	const struct xen_domctl_tsc_info *op;
	struct xen_batch batch;
	uint8_t body[24] = { 0 };
	int rc;

	xen_batch_init(&batch, save->xen);
	op = xen_batch_domctl(&batch, "gettscinfo", XEN_READS, XEN_DOMCTL_gettscinfo, save->domid);
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	/* The record has another order than Xen's structure. */
	memcpy(body, &op->tsc_mode, 4);
	memcpy(body + 4, &op->gtsc_khz, 4);
	memcpy(body + 8, &op->elapsed_nsec, 8);
	memcpy(body + 16, &op->incarnation, 4);
	return save_written(save, stream_write_record(&save->writer, STREAM_TSC_INFO, body, sizeof(body)), err);
}

static int write_params(struct xlite_save *save, struct xlite_error *err)
{
	uint64_t body[1 + 2 * 64] = { 0 };
	size_t nr = 0;
	struct xen_batch batch;
	const struct xen_hvm_param *ops[ARRAY_SIZE(save_params)];
	int rc;

	xen_batch_init(&batch, save->xen);
	for (size_t i = 0; i < ARRAY_SIZE(save_params); i++) {
		struct xen_hvm_param *op = xen_batch_arg(&batch, sizeof(*op));

		op->domid = xen_domid(save->domid);
		op->index = save_params[i];
		xen_batch_add(&batch, "get_param", XEN_READS, __HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)op);
		ops[i] = op;
	}
	rc = xen_batch_send(&batch, err);
	for (unsigned i = 0; i < ARRAY_SIZE(save_params) && !rc; i++) {
		long result = xen_batch_result(&batch, i);

		/* -EINVAL: a release that has not this one. */
		if (result && result != -EINVAL)
			return xlite_error_sys(err, (int)result, "get_param %u", save_params[i]);
		if (result || !ops[i]->value)
			continue;
		body[1 + 2 * nr] = save_params[i];
		body[2 + 2 * nr++] = ops[i]->value;
	}
	body[0] = nr;
	return rc ? rc : save_written(save, stream_write_record(&save->writer, STREAM_HVM_PARAMS, body, 8 + nr * 16), err);
}

static int get_context(struct xlite_save *save, void *buffer, uint32_t *size, struct xlite_error *err)
{
	struct xen_domctl_hvmcontext *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, save->xen);
	op = xen_batch_domctl(&batch, "gethvmcontext", XEN_READS, XEN_DOMCTL_gethvmcontext, save->domid);
	op->size = *size;
	set_xen_guest_handle_raw(op->buffer, buffer);
	rc = xen_batch_run(&batch, err);
	*size = op->size;
	return rc;
}

static int write_context(struct xlite_save *save, struct xlite_error *err)
{
	uint32_t room = 0, size;
	void *context;
	/* Without a buffer Xen says how large it must be. */
	int rc = get_context(save, NULL, &room, err);

	if (rc)
		return rc;
	if (!room || room > stream_rows[STREAM_HVM_CONTEXT].most)
		return xlite_error_set(err, -EIO, "gethvmcontext: a context of %u bytes", room);
	context = save_locked_new(room);
	if (!context)
		return xlite_error_sys(err, -errno, "memory for a context of %u bytes", room);
	size = room;
	rc = get_context(save, context, &size, err);
	if (!rc && size > room)
		rc = xlite_error_set(err, -EIO, "gethvmcontext: %u bytes in a buffer of %u", size, room);
	if (!rc)
		rc = save_written(save, stream_write_record(&save->writer, STREAM_HVM_CONTEXT, context, size), err);
	save_locked_free(context, room);
	return rc;
}

/* Parameters first: some say how the context is to be understood. */
int save_pvh_state(struct xlite_save *save, struct xlite_error *err)
{
	int rc = write_tsc(save, err);

	if (!rc)
		rc = write_params(save, err);
	return rc ? rc : write_context(save, err);
}
