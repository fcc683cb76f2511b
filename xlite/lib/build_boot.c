/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The last touches before a domain can be unpaused: start_info and ACPI tables, the rings with their grants, the HVM
 * parameters that name them, and the state of its vCPUs.
 */
#include <errno.h>
#include <string.h>

#include "xlite/lib/build_int.h"

#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

/* start_info, ACPI tables and special pages, mapped next to each other in this order. */
#define BOOT_PAGES_MAX (2 + 16 + PLAN_SPECIAL_PAGES_MAX)

static size_t add_gfns(uint64_t *gfns, size_t nr, uint64_t addr, size_t pages)
{
	for (size_t i = 0; i < pages && nr < BOOT_PAGES_MAX; i++)
		gfns[nr++] = (addr >> XEN_PAGE_SHIFT_) + i;
	return nr;
}

static size_t pages_of(uint64_t bytes)
{
	return (size_t)((bytes + XEN_PAGE_BYTES - 1) >> XEN_PAGE_SHIFT_);
}

/* A page directory that maps the first 4 GiB to themselves in pages of 4 MiB: processors with EPT but without the
 * means to run unpaged guests need it while the guest has not paging on. */
static void write_ident_pt(uint32_t *entries)
{
	const uint32_t present_writable_user_accessed_dirty_large = 0xe7;

	for (uint32_t i = 0; i < 1024; i++)
		entries[i] = i << 22 | present_writable_user_accessed_dirty_large;
}

static int write_pages(struct xlite_build *build, struct xlite_error *err)
{
	const struct plan_special *special = build->plan.special;
	size_t start_pages = pages_of(build->plan.start_info_bytes), acpi_pages = pages_of(build->acpi_bytes), nr = 0;
	uint64_t gfns[BOOT_PAGES_MAX];
	struct xen_map map;
	uint8_t *p;
	int rc;

	nr = add_gfns(gfns, nr, build->plan.start_info, start_pages);
	nr = add_gfns(gfns, nr, PLAN_ACPI, acpi_pages);
	nr = add_gfns(gfns, nr, special->first, special->nr);
	if (nr != start_pages + acpi_pages + special->nr)
		return xlite_error_set(err, -E2BIG, "start_info: too large");
	rc = xen_map_frames(build->xen, build->domid, gfns, nr, &map, err);
	if (rc)
		return rc;
	p = map.ptr;
	memset(p, 0, nr << XEN_PAGE_SHIFT_);
	build_start_write(&build->plan, build->config.cmdline, acpi_pages ? PLAN_ACPI : 0, p);
	p += start_pages << XEN_PAGE_SHIFT_;
	if (acpi_pages)
		memcpy(p, build->acpi, build->acpi_bytes);
	p += acpi_pages << XEN_PAGE_SHIFT_;
	write_ident_pt((uint32_t *)(p + (special->ident_pt - special->first)));
	xen_unmap(build->xen, &map);
	return 0;
}

void build_write_grants(struct grant_entry_v1 *grants, uint64_t console_frame, uint64_t store_frame)
{
	grants[GNTTAB_RESERVED_CONSOLE] = (struct grant_entry_v1){ GTF_permit_access, 0, (uint32_t)console_frame };
	grants[GNTTAB_RESERVED_XENSTORE] = (struct grant_entry_v1){ GTF_permit_access, 0, (uint32_t)store_frame };
}

/* Puts the grant table's first frame into the domain's memory (XENMEM_add_to_physmap), or takes it out again. */
static int scratch_grants(struct xlite_build *build, bool add, struct xlite_error *err)
{
	struct xen_batch batch;

	xen_batch_init(&batch, build->xen);
	if (add) {
		struct xen_add_to_physmap *op = xen_batch_arg(&batch, sizeof(*op));

		op->domid = xen_domid(build->domid);
		op->space = XENMAPSPACE_grant_table;
		op->gpfn = PLAN_SCRATCH >> XEN_PAGE_SHIFT_;
		xen_batch_add(&batch, "add_to_physmap", XEN_WRITES, __HYPERVISOR_memory_op, XENMEM_add_to_physmap,
			      (unsigned long)op);
	} else {
		struct xen_remove_from_physmap *op = xen_batch_arg(&batch, sizeof(*op));

		op->domid = xen_domid(build->domid);
		op->gpfn = PLAN_SCRATCH >> XEN_PAGE_SHIFT_;
		xen_batch_add(&batch, "remove_from_physmap", XEN_WRITES, __HYPERVISOR_memory_op,
			      XENMEM_remove_from_physmap, (unsigned long)op);
	}
	return xen_batch_run(&batch, err);
}

/* The way of kernels before 4.18 and where Xen does not offer the table as a resource. */
static int seed_by_scratch(struct xlite_build *build, struct xlite_error *err)
{
	struct xen_map map;
	int rc = scratch_grants(build, true, err);

	if (rc)
		return rc;
	rc = xen_map_range(build->xen, build->domid, PLAN_SCRATCH >> XEN_PAGE_SHIFT_, 1, &map, err);
	if (!rc) {
		build_write_grants(map.ptr, build->result.console_gfn, build->result.store_gfn);
		xen_unmap(build->xen, &map);
	}
	if (rc) {
		scratch_grants(build, false, NULL);
		return rc;
	}
	return scratch_grants(build, false, err);
}

int build_seed_grants(struct xlite_build *build, struct xlite_error *err)
{
	struct xen_map map;
	int rc = xen_map_grants(build->xen, build->domid, &map, NULL);

	if (rc == -EOPNOTSUPP)
		return seed_by_scratch(build, err);
	if (rc)
		return xlite_error_sys(err, rc, "map the grant table");
	build_write_grants(map.ptr, build->result.console_gfn, build->result.store_gfn);
	xen_unmap(build->xen, &map);
	return 0;
}

void build_add_param(struct xen_batch *batch, const struct xlite_build *build, uint32_t index, uint64_t value)
{
	struct xen_hvm_param *op = xen_batch_arg(batch, sizeof(*op));

	op->domid = xen_domid(build->domid);
	op->index = index;
	op->value = value;
	xen_batch_add(batch, "set_param", XEN_WRITES, __HYPERVISOR_hvm_op, HVMOP_set_param, (unsigned long)op);
}

int build_all_there(const struct xlite_build *build, const struct xlite_domain_info *info, struct xlite_error *err)
{
	uint64_t expected = build_plan_pages(&build->plan, build->config.memory_kib);

	if (info->domid == build->domid && info->mem_kib >= XEN_PAGES_KIB(expected))
		return 0;
	return xlite_error_set(err, -EIO, "memory: the domain has %llu KiB, not the %llu KiB it was given",
			       (unsigned long long)info->mem_kib, (unsigned long long)XEN_PAGES_KIB(expected));
}

/* Parameters, registers, and a look at whether all memory is there. */
static int set_state(struct xlite_build *build, struct xlite_error *err)
{
	struct xlite_domain_info info;
	struct xen_batch batch;
	const void *u;
	int rc;

	xen_batch_init(&batch, build->xen);
	/* Ticks that a descheduled vCPU missed are not made up for, as with Xen's own tools. */
	build_add_param(&batch, build, HVM_PARAM_TIMER_MODE, HVMPTM_no_delay_for_missed_ticks);
	build_add_param(&batch, build, HVM_PARAM_IDENT_PT, build->plan.special->ident_pt);
	build_add_param(&batch, build, HVM_PARAM_STORE_PFN, build->result.store_gfn);
	build_add_param(&batch, build, HVM_PARAM_STORE_EVTCHN, build->result.store_port);
	build_add_param(&batch, build, HVM_PARAM_CONSOLE_PFN, build->result.console_gfn);
	build_add_param(&batch, build, HVM_PARAM_CONSOLE_EVTCHN, build->result.console_port);
	if (build->config.type->builder->add_state)
		build->config.type->builder->add_state(&batch, build);
	build_add_vcpu(&batch, build);
	u = xen_batch_domctl(&batch, "getdomaininfo", XEN_READS, XEN_DOMCTL_getdomaininfo, build->domid);
	rc = xen_batch_run(&batch, err);
	if (rc)
		return rc;
	abi_get_domaininfo(u, &info);
	return build_all_there(build, &info, err);
}

int build_pvh_boot(struct xlite_build *build, struct xlite_error *err)
{
	int rc;

	build->result.store_gfn = build->plan.special->store >> XEN_PAGE_SHIFT_;
	build->result.console_gfn = build->plan.special->console >> XEN_PAGE_SHIFT_;
	rc = write_pages(build, err);
	if (!rc)
		rc = build_seed_grants(build, err);
	if (!rc)
		rc = set_state(build, err);
	return rc;
}
