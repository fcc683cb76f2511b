/* SPDX-License-Identifier: LGPL-2.1-or-later
 * What a PV guest finds when it starts: the list of its machine frames, page tables, start_info, rings with their
 * grants, shared info, hypercall page and the registers of its first vCPU (xen/xen.h: start_info; xen/arch-x86/xen.h:
 * vcpu_guest_context).
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/build_int.h"

#include <xen/domctl.h>
#include <xen/grant_table.h>

/* 16 MiB: one ioctl maps as much. */
#define WINDOW_FRAMES 4096
/* Events are masked, as after a reset: a guest takes the mask off when it has a handler. */
#define EVENTS_MASKED 1
#define RFLAGS_INTERRUPTS (1u << 9)
#define DR6_RESET 0xffff0ff0u
#define DR7_RESET 0x400u

_Static_assert(sizeof(struct vcpu_guest_context) == 5168, "vcpu_guest_context");
_Static_assert(offsetof(struct start_info, cmd_line) == 128 && offsetof(struct start_info, first_p2m_pfn) == 1152,
	       "start_info");

static uint64_t machine(const struct xlite_build *build, uint64_t frame)
{
	return build->frames[frame];
}

static uint64_t virt(const struct xlite_build *build, uint64_t frame)
{
	return build->pv_image.virt_base + (frame << XEN_PAGE_SHIFT_);
}

/* The list has 8 bytes for each frame; what is left of its last page is no frame. */
static int write_p2m(struct xlite_build *build, struct xlite_error *err)
{
	const struct pv_plan *plan = &build->pv;
	const size_t per_page = XEN_PAGE_BYTES / sizeof(uint64_t);

	for (uint64_t done = 0; done < plan->p2m_frames; ) {
		uint64_t nr = plan->p2m_frames - done, first = done * per_page, items;
		struct xen_map map;
		int rc;

		if (nr > WINDOW_FRAMES)
			nr = WINDOW_FRAMES;
		items = nr * per_page < build->nr_frames - first ? nr * per_page : build->nr_frames - first;
		rc = build_map(build, plan->p2m + done, (size_t)nr, &map, err);
		if (rc)
			return rc;
		memcpy(map.ptr, build->frames + first, (size_t)items * sizeof(uint64_t));
		memset((uint64_t *)map.ptr + items, 0xff, (size_t)((nr << XEN_PAGE_SHIFT_) - items * sizeof(uint64_t)));
		xen_unmap(build->xen, &map);
		done += nr;
	}
	return 0;
}

static int write_tables(struct xlite_build *build, struct xlite_error *err)
{
	for (unsigned i = 0; i < build->pv.nr_maps; i++) {
		const struct pv_map *tables = &build->pv.maps[i];
		struct xen_map map;
		int rc;

		if (!tables->nr_tables)
			continue;
		rc = build_map(build, tables->tables_frame, (size_t)tables->nr_tables, &map, err);
		if (rc)
			return rc;
		pv_tables_write(&build->pv, tables, build->frames, map.ptr);
		/* Before they are pinned: a page that is mapped writable is none of a table. */
		xen_unmap(build->xen, &map);
	}
	return 0;
}

static void fill_start(const struct xlite_build *build, uint64_t shared_frame, struct start_info *info)
{
	const struct pv_plan *plan = &build->pv;
	const struct xlite_image_pv *image = &build->pv_image;

	strcpy(info->magic, "xen-3.0-x86_64");
	info->nr_pages = build->nr_frames;
	info->shared_info = shared_frame << XEN_PAGE_SHIFT_;
	info->store_mfn = build->result.store_gfn;
	info->store_evtchn = build->result.store_port;
	info->console.domU.mfn = build->result.console_gfn;
	info->console.domU.evtchn = build->result.console_port;
	info->pt_base = virt(build, plan->maps[0].tables_frame);
	info->nr_pt_frames = plan->maps[0].nr_tables;
	info->mfn_list = image->has_p2m_base ? image->p2m_base : virt(build, plan->p2m);
	if (image->has_p2m_base) {
		info->first_p2m_pfn = plan->p2m;
		info->nr_p2m_frames = plan->p2m_frames + plan->maps[1].nr_tables;
	}
	if (plan->ramdisk_bytes) {
		info->flags = image->ramdisk_by_frame ? SIF_MOD_START_PFN : 0;
		info->mod_start = image->ramdisk_by_frame ? plan->ramdisk : virt(build, plan->ramdisk);
		info->mod_len = plan->ramdisk_bytes;
	}
	if (build->config.cmdline)
		memcpy(info->cmd_line, build->config.cmdline, strlen(build->config.cmdline));
}

/* start_info and the rings behind it. */
static int write_start(struct xlite_build *build, uint64_t shared_frame, struct xlite_error *err)
{
	struct xen_map map;
	int rc = build_map(build, build->pv.start_info, 3, &map, err);

	if (rc)
		return rc;
	memset(map.ptr, 0, 3 << XEN_PAGE_SHIFT_);
	fill_start(build, shared_frame, map.ptr);
	xen_unmap(build->xen, &map);
	return 0;
}

/* Xen's own page, which the guest maps by the address in start_info. */
static int write_shared(struct xlite_build *build, uint64_t shared_frame, struct xlite_error *err)
{
	struct xen_map map;
	struct shared_info *shared;
	int rc = xen_map_range(build->xen, build->domid, shared_frame, 1, &map, err);

	if (rc)
		return rc;
	shared = map.ptr;
	memset(shared, 0, sizeof(*shared));
	for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = EVENTS_MASKED;
	xen_unmap(build->xen, &map);
	return 0;
}

/* The way of kernels before 4.18 and where Xen does not offer the table as a resource: by its machine frame. */
static int grants_by_frame(struct xlite_build *build, struct xen_map *map, struct xlite_error *err)
{
	struct gnttab_setup_table *op;
	struct xen_batch batch;
	xen_pfn_t *frame;
	int rc;

	xen_batch_init(&batch, build->xen);
	op = xen_batch_arg(&batch, sizeof(*op));
	frame = xen_batch_arg(&batch, sizeof(*frame));
	op->dom = xen_domid(build->domid);
	op->nr_frames = 1;
	set_xen_guest_handle_raw(op->frame_list, frame);
	xen_batch_args(&batch,
		       xen_batch_add(&batch, "setup_table", XEN_WRITES, __HYPERVISOR_grant_table_op,
				     GNTTABOP_setup_table, (unsigned long)op),
		       1, 0);
	rc = xen_batch_run(&batch, err);
	if (!rc && op->status != GNTST_okay)
		rc = xlite_error_set(err, -EIO, "setup_table: Xen answers %d", op->status);
	return rc ? rc : xen_map_range(build->xen, build->domid, *frame, 1, map, err);
}

static int seed_grants(struct xlite_build *build, struct xlite_error *err)
{
	struct xen_map map;
	int rc = xen_map_grants(build->xen, build->domid, &map, NULL);

	if (rc == -EOPNOTSUPP)
		rc = grants_by_frame(build, &map, err);
	else if (rc)
		xlite_error_sys(err, rc, "map the grant table");
	if (rc)
		return rc;
	build_write_grants(map.ptr, build->result.console_gfn, build->result.store_gfn);
	xen_unmap(build->xen, &map);
	return 0;
}

static void add_hypercall_page(struct xen_batch *batch, const struct xlite_build *build)
{
	const struct xlite_image_pv *image = &build->pv_image;
	struct xen_domctl_hypercall_init *op;

	if (!image->has_hypercall_page)
		return;
	op = xen_batch_domctl(batch, "hypercall_init", XEN_WRITES, XEN_DOMCTL_hypercall_init, build->domid);
	op->gmfn = machine(build, (image->hypercall_page - image->virt_base) >> XEN_PAGE_SHIFT_);
}

/* Xen checks all tables that the top one leads to, and takes them for its own from now on. */
static void add_pin(struct xen_batch *batch, const struct xlite_build *build)
{
	struct mmuext_op *op = xen_batch_arg(batch, sizeof(*op));

	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = machine(build, build->pv.maps[0].tables_frame);
	xen_batch_args(batch, xen_batch_add(batch, "pin_table", XEN_WRITES, __HYPERVISOR_mmuext_op, (unsigned long)op, 1), 0,
		       xen_domid(build->domid));
}

static void add_vcpu(struct xen_batch *batch, const struct xlite_build *build)
{
	struct xen_domctl_vcpucontext *op = xen_batch_domctl(batch, "setvcpucontext", XEN_WRITES, XEN_DOMCTL_setvcpucontext,
							     build->domid);
	struct vcpu_guest_context *context = xen_batch_room(batch, sizeof(*context));
	uint64_t stack_end = virt(build, build->pv.stack + 1);

	if (!context)
		return;
	context->flags = VGCF_in_kernel | VGCF_online;
	context->user_regs.rip = build->pv_image.entry;
	context->user_regs.rsp = stack_end;
	context->user_regs.rsi = virt(build, build->pv.start_info);
	context->user_regs.rflags = RFLAGS_INTERRUPTS;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->user_regs.ds = context->user_regs.es = context->user_regs.fs = context->user_regs.gs = FLAT_KERNEL_DS;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = stack_end;
	context->debugreg[6] = DR6_RESET;
	context->debugreg[7] = DR7_RESET;
	context->ctrlreg[3] = machine(build, build->pv.maps[0].tables_frame) << XEN_PAGE_SHIFT_;
	set_xen_guest_handle_raw(op->ctxt, context);
}

static int set_state(struct xlite_build *build, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, build->xen);
	add_hypercall_page(&batch, build);
	add_pin(&batch, build);
	add_vcpu(&batch, build);
	return xen_batch_run(&batch, err);
}

static int shared_info_frame(struct xlite_build *build, uint64_t *frame, struct xlite_error *err)
{
	const struct xen_domctl_getdomaininfo *raw;
	struct xlite_domain_info info;
	struct xen_batch batch;
	int rc;

	xen_batch_init(&batch, build->xen);
	raw = xen_batch_domctl(&batch, "getdomaininfo", XEN_READS, XEN_DOMCTL_getdomaininfo, build->domid);
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	abi_get_domaininfo(raw, &info);
	*frame = raw->shared_info_frame;
	return build_all_there(build, &info, err);
}

int build_pv_boot(struct xlite_build *build, struct xlite_error *err)
{
	uint64_t shared_frame;
	int rc = shared_info_frame(build, &shared_frame, err);

	build->result.store_gfn = machine(build, build->pv.store);
	build->result.console_gfn = machine(build, build->pv.console);
	if (!rc)
		rc = write_p2m(build, err);
	if (!rc)
		rc = write_start(build, shared_frame, err);
	if (!rc)
		rc = write_tables(build, err);
	if (!rc)
		rc = write_shared(build, shared_frame, err);
	if (!rc)
		rc = seed_grants(build, err);
	return rc ? rc : set_state(build, err);
}
