/* SPDX-License-Identifier: LGPL-2.1-or-later
 * What Xen holds of a restored domain besides its memory, from records, and the last touches: the rings anew, their grants,
 * parameters, and the vCPUs' context.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/restore_int.h"

#include <xen/domctl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

void restore_state_free(struct restore_state *state)
{
	if (!state)
		return;
	save_locked_free(state->context, state->context_bytes);
	free(state);
}

int restore_policy(struct xlite_build *build, struct xlite_error *err)
{
	const struct restore_state *state = build->restoring;
	struct xen_domctl_cpu_policy *op;
	struct xen_batch batch;
	void *leaves, *msrs;
	int rc;

	if (!state->leaves_bytes && !state->msrs_bytes)
		return 0;
	xen_batch_init(&batch, build->xen);
	op = xen_batch_domctl(&batch, "set_cpu_policy", XEN_WRITES, XEN_DOMCTL_set_cpu_policy, build->domid);
	leaves = xen_batch_room(&batch, sizeof(state->leaves));
	msrs = xen_batch_room(&batch, sizeof(state->msrs));
	if (leaves && msrs) {
		memcpy(leaves, state->leaves, state->leaves_bytes);
		memcpy(msrs, state->msrs, state->msrs_bytes);
	}
	op->nr_leaves = (uint32_t)(state->leaves_bytes / sizeof(xen_cpuid_leaf_t));
	op->nr_msrs = (uint32_t)(state->msrs_bytes / sizeof(xen_msr_entry_t));
	set_xen_guest_handle_raw(op->leaves, leaves);
	set_xen_guest_handle_raw(op->msrs, msrs);
	rc = xen_batch_run(&batch, NULL);
	if (!rc)
		return 0;
	xlite_error_sys(err, rc, "set_cpu_policy (leaf 0x%x, subleaf 0x%x, MSR 0x%x)", op->err_leaf, op->err_subleaf,
			op->err_msr);
	xlite_error_hint(err, "this host's CPU, or its Xen, has not all that the guest has seen where it was saved");
	return rc;
}

/* Registers that hold features, a bit each: leaf, subleaf, and which of eax, ebx, ecx and edx. */
static const struct {
	uint32_t leaf, subleaf;
	uint8_t registers;
} features[] = {
	{ 0x1, UINT32_MAX, 0xc },
	{ 0x7, 0, 0xe },
	{ 0x7, 1, 0xf },
	{ 0x7, 2, 0x8 },
	{ 0xd, 0, 0x9 },
	{ 0xd, 1, 0x1 },
	{ 0x80000001, UINT32_MAX, 0xc },
	{ 0x80000007, UINT32_MAX, 0x8 },
	{ 0x80000008, UINT32_MAX, 0x2 },
	{ 0x80000021, UINT32_MAX, 0x1 },
};

static const xen_cpuid_leaf_t *find_leaf(const void *leaves, size_t nr, uint32_t leaf, uint32_t subleaf)
{
	const xen_cpuid_leaf_t *list = leaves;

	for (size_t i = 0; i < nr; i++) {
		if (list[i].leaf == leaf && list[i].subleaf == subleaf)
			return &list[i];
	}
	return NULL;
}

static int compare_features(const struct restore_state *state, const xen_cpuid_leaf_t *have, size_t nr, struct xlite_error *err)
{
	static const char *const names[] = { "eax", "ebx", "ecx", "edx" };

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		const xen_cpuid_leaf_t *want = find_leaf(state->leaves, state->leaves_bytes / sizeof(*want),
							 features[i].leaf, features[i].subleaf);
		const xen_cpuid_leaf_t *is = find_leaf(have, nr, features[i].leaf, features[i].subleaf);

		for (unsigned k = 0; want && k < 4; k++) {
			uint32_t lost = (&want->a)[k] & ~(is ? (&is->a)[k] : 0);

			if (!(features[i].registers >> k & 1) || !lost)
				continue;
			xlite_error_status(err, -EOPNOTSUPP, XLITE_CONFLICT,
					   "the guest has seen features of its CPU that this host's has not: leaf 0x%x, "
					   "subleaf 0x%x, %s, bits 0x%08x",
					   want->leaf, want->subleaf == UINT32_MAX ? 0 : want->subleaf, names[k], lost);
			xlite_error_hint(
				err,
				"Xen's `cpuid=' on the host that has more hides them from guests that are booted there");
			return -EOPNOTSUPP;
		}
	}
	return 0;
}

/* Xen takes features from a policy that its CPU has not, without a word (4.17: recalculate_cpuid_policy). */
int restore_check_features(struct xlite_build *build, struct xlite_error *err)
{
	struct xen_domctl_cpu_policy *op;
	struct xen_batch batch;
	void *leaves, *msrs;
	int rc;

	xen_batch_init(&batch, build->xen);
	op = xen_batch_domctl(&batch, "get_cpu_policy", XEN_READS, XEN_DOMCTL_get_cpu_policy, build->domid);
	leaves = xen_batch_room(&batch, SAVE_LEAVES_MAX * sizeof(xen_cpuid_leaf_t));
	msrs = xen_batch_room(&batch, SAVE_MSRS_MAX * sizeof(xen_msr_entry_t));
	op->nr_leaves = SAVE_LEAVES_MAX;
	op->nr_msrs = SAVE_MSRS_MAX;
	set_xen_guest_handle_raw(op->leaves, leaves);
	set_xen_guest_handle_raw(op->msrs, msrs);
	rc = xen_batch_run(&batch, err);
	return rc ? rc
		  : compare_features(build->restoring, leaves,
				     op->nr_leaves < SAVE_LEAVES_MAX ? op->nr_leaves : SAVE_LEAVES_MAX, err);
}

int restore_tsc(struct xlite_build *build, const struct stream_record *record, struct xlite_error *err)
{
	struct xen_domctl_tsc_info *op;
	struct xen_batch batch;

	xen_batch_init(&batch, build->xen);
	op = xen_batch_domctl(&batch, "settscinfo", XEN_WRITES, XEN_DOMCTL_settscinfo, build->domid);
	memcpy(&op->tsc_mode, record->body, 4);
	memcpy(&op->gtsc_khz, record->body + 4, 4);
	memcpy(&op->elapsed_nsec, record->body + 8, 8);
	memcpy(&op->incarnation, record->body + 16, 4);
	return xen_batch_run(&batch, err);
}

static bool is_saved_param(uint64_t index)
{
	for (size_t i = 0; i < nr_save_params; i++) {
		if (save_params[i] == index)
			return true;
	}
	return false;
}

int restore_take_params(struct restore_state *state, const struct stream_record *record, struct xlite_error *err)
{
	for (size_t at = 8; at < record->length; at += 16) {
		uint64_t index, value;

		memcpy(&index, record->body + at, 8);
		memcpy(&value, record->body + at + 8, 8);
		if (!is_saved_param(index))
			return xlite_error_set(err, -EBADMSG,
					       "record HVM_PARAMS: %llu is not a parameter that is saved",
					       (unsigned long long)index);
		state->params[index] = value;
		state->params_set |= UINT64_C(1) << index;
	}
	return 0;
}

int restore_take_context(struct restore_state *state, const struct stream_record *record, struct xlite_error *err)
{
	state->context = save_locked_new(record->length);
	if (!state->context)
		return xlite_error_sys(err, -errno, "memory for a context of %u bytes", record->length);
	state->context_bytes = record->length;
	memcpy(state->context, record->body, record->length);
	return 0;
}

static bool has_param(const struct restore_state *state, unsigned index)
{
	return state->params_set >> index & 1;
}

static int check_whole(const struct restore_state *state, struct xlite_error *err)
{
	if (!state->context)
		return xlite_error_set(err, -EBADMSG, "it has no record HVM_CONTEXT");
	if (!has_param(state, HVM_PARAM_STORE_PFN) || !has_param(state, HVM_PARAM_CONSOLE_PFN))
		return xlite_error_set(err, -EBADMSG, "it does not say where the guest has the rings of XenStore and console");
	if (state->params[HVM_PARAM_STORE_PFN] > UINT32_MAX || state->params[HVM_PARAM_CONSOLE_PFN] > UINT32_MAX)
		return xlite_error_set(err, -EBADMSG, "the rings of XenStore or console lie beyond all memory");
	return 0;
}

/* Who was at the other end of these rings is not any more. */
static int empty_rings(struct xlite_build *build, struct xlite_error *err)
{
	static const unsigned rings[] = {
		HVM_PARAM_STORE_PFN, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_IOREQ_PFN, HVM_PARAM_BUFIOREQ_PFN,
	};
	const struct restore_state *state = build->restoring;
	uint64_t frames[sizeof(rings) / sizeof(rings[0])];
	struct xen_map map;
	size_t nr = 0;
	int rc;

	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		if (has_param(state, rings[i]))
			frames[nr++] = state->params[rings[i]];
	}
	rc = xen_map_frames(build->xen, build->domid, frames, nr, &map, err);
	if (rc)
		return rc;
	memset(map.ptr, 0, nr << XEN_PAGE_SHIFT_);
	xen_unmap(build->xen, &map);
	return 0;
}

static int set_params(struct xlite_build *build, struct xlite_error *err)
{
	const struct restore_state *state = build->restoring;
	struct xen_batch batch;

	xen_batch_init(&batch, build->xen);
	/* As in domains that are built: ticks that a descheduled vCPU missed are not made up for. */
	build_add_param(&batch, build, HVM_PARAM_TIMER_MODE, HVMPTM_no_delay_for_missed_ticks);
	for (size_t i = 0; i < nr_save_params; i++) {
		if (has_param(state, save_params[i]))
			build_add_param(&batch, build, save_params[i], state->params[save_params[i]]);
	}
	build_add_param(&batch, build, HVM_PARAM_STORE_EVTCHN, build->result.store_port);
	build_add_param(&batch, build, HVM_PARAM_CONSOLE_EVTCHN, build->result.console_port);
	return xen_batch_run(&batch, err);
}

static int set_context(struct xlite_build *build, struct xlite_error *err)
{
	const struct restore_state *state = build->restoring;
	struct xen_domctl_hvmcontext *op;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, build->xen);
	op = xen_batch_domctl(&batch, "sethvmcontext", XEN_WRITES, XEN_DOMCTL_sethvmcontext, build->domid);
	op->size = (uint32_t)state->context_bytes;
	set_xen_guest_handle_raw(op->buffer, state->context);
	rc = xen_batch_run(&batch, err);
	if (rc)
		xlite_error_hint(err,
				 "the state of its vCPUs is not what this Xen takes: a damaged file, or another kind of CPU");
	return rc;
}

int restore_pvh_boot(struct xlite_build *build, struct xlite_error *err)
{
	struct restore_state *state = build->restoring;
	int rc = check_whole(state, err);

	if (rc)
		return rc;
	build->result.store_gfn = state->params[HVM_PARAM_STORE_PFN];
	build->result.console_gfn = state->params[HVM_PARAM_CONSOLE_PFN];
	rc = empty_rings(build, err);
	if (!rc)
		rc = build_seed_grants(build, err);
	if (!rc)
		rc = set_params(build, err);
	return rc ? rc : set_context(build, err);
}
