/* SPDX-License-Identifier: GPL-2.0-or-later
 * Hypercalls of dom0 and guests with numbers from nowhere, and with such as could be right: domains come, lend, map and
 * go. Whatever they do, each frame has the references that are found, and at the end all of them are back.
 */
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

#include "tests/core/host_check.h"

#include "xen-core/domain/guest.h"
#include "xen-core/domain/memory.h"
#include "xen-core/mm/limbo.h"

#define FRAMES 2048
#define RAM 24
#define GUESTS 3
#define ROUNDS 8
#define CALLS 40000		/* in each */
#define LOOK 100		/* calls from one look at the frames to the next */
#define ARG 0x1000ul
#define LIST 0x2000ul
#define BYTES 512

static const uint8_t rows[] = { 7, 12, 12, 12, 12, 13, 13, 17, 18, 20, 20, 20, 20, 21, 24, 29, 32, 32, 33, 34, 35, 36, 36 };

static uint64_t answers[2];	/* calls that failed, and others */
static uint64_t mapped;		/* grants */
static uint64_t stayed;		/* calls beside which a dead domain's memory was held */

/* Most often a number that could mean something. */
static uint64_t number(void)
{
	switch (chance_below(16)) {
	case 0:
		return chance();
	case 1:
		return (uint32_t)chance();
	case 2:
		return BIT(chance_below(64)) - chance_below(2);
	case 3:
		return DOMID_SELF;
	case 4:
		return chance_below(600);
	case 5: case 6:
		return chance_below(64);
	default:
		return chance_below(8);
	}
}

static uint64_t address(void)
{
	switch (chance_below(8)) {
	case 0:
		return chance_below(RAM + 2) * PAGE_SIZE;
	case 1:
		return RAM * PAGE_SIZE - chance_below(64);
	case 2:
		return number();
	default:
		return LIST + chance_below(64) * 8;
	}
}

/* Words of all sizes, some of them addresses of what is in the same memory. */
static void scatter(struct vcpu *v, uint64_t va, unsigned bytes)
{
	uint64_t words[BYTES / 8];

	for (unsigned i = 0; i < bytes / 8; i++) {
		switch (chance_below(6)) {
		case 0:
			words[i] = number();
			break;
		case 1:
			words[i] = address();
			break;
		case 2:
			words[i] = number() << 48 | (number() & 0xffff) << 32 | (number() & 0xffff) << 16 | (number() & 0xffff);
			break;
		default:
			words[i] = number() << 32 | (uint32_t)number();
		}
	}
	guest_write(v, va, words, bytes);
}

static void control(struct vcpu *v, uint32_t version, unsigned ops)
{
	uint32_t head[2] = { (uint32_t)(1 + chance_below(ops)), version };

	if (!chance_below(50))
		head[1] = (uint32_t)number();
	guest_write(v, ARG, head, sizeof(head));
}

/* What makes guests that the others can do something with. */
static void domctl(struct vcpu *v)
{
	static const uint32_t often[] = { XEN_DOMCTL_createdomain, XEN_DOMCTL_createdomain, XEN_DOMCTL_destroydomain,
					  XEN_DOMCTL_max_mem, XEN_DOMCTL_max_vcpus };
	struct xen_domctl op;

	control(v, XEN_DOMCTL_INTERFACE_VERSION, 90);
	if (chance_below(2) || !guest_read_struct(v, &op, ARG))
		return;
	op.cmd = often[chance_below(ARRAY_SIZE(often))];
	op.domain = (domid_t)chance_below(GUESTS + 4);
	if (op.cmd == XEN_DOMCTL_createdomain) {
		op.u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		op.u.createdomain.arch.emulation_flags = 0;
		op.u.createdomain.max_vcpus = (uint32_t)(1 + chance_below(3));
		op.u.createdomain.cpupool_id = chance_below(16) ? 0 : (uint32_t)chance_below(4);
	} else if (op.cmd == XEN_DOMCTL_max_mem) {
		op.u.max_mem.max_memkb = 4 * chance_below(64);
	} else if (op.cmd == XEN_DOMCTL_max_vcpus) {
		op.u.max_vcpus.max = (uint32_t)chance_below(4);
	}
	guest_write(v, ARG, &op, sizeof(op));
}

/* Frames that the guest has, and some behind them that it may have something at. */
static uint64_t place(void)
{
	return chance_below(RAM + 16);
}

static void grants(struct vcpu *v, uint64_t arg[3])
{
	arg[2] = 1 + chance_below(4);
	for (uint64_t i = 0, at = ARG; i < arg[2]; i++) {
		uint16_t dom = (uint16_t)chance_below(GUESTS + 2);
		uint32_t ref = (uint32_t)chance_below(9);
		struct gnttab_map_grant_ref map = {
			place() << PAGE_SHIFT, (uint32_t)(GNTMAP_host_map | (chance_below(2) ? GNTMAP_readonly : 0)),
			ref, dom
		};
		struct gnttab_unmap_grant_ref unmap = { place() << PAGE_SHIFT, 0, (uint32_t)chance_below(12) };
		struct gnttab_copy copy;

		/* Nor is what lies between its members left to chance of another kind. */
		memset(&copy, 0, sizeof(copy));
		copy.source.u.ref = ref;
		copy.source.domid = dom;
		copy.dest.u.gmfn = place();
		copy.dest.domid = DOMID_SELF;
		copy.len = 64;
		copy.flags = GNTCOPY_source_gref;
		if (arg[0] == GNTTABOP_map_grant_ref)
			guest_write(v, at, &map, sizeof(map));
		else if (arg[0] == GNTTABOP_unmap_grant_ref)
			guest_write(v, at, &unmap, sizeof(unmap));
		else if (arg[0] == GNTTABOP_copy)
			guest_write(v, at, &copy, sizeof(copy));
		at += arg[0] == GNTTABOP_map_grant_ref ? sizeof(map) : arg[0] == GNTTABOP_copy ? sizeof(copy) : sizeof(unmap);
	}
}

static void memory(struct vcpu *v, const uint64_t arg[3])
{
	uint16_t dom = (uint16_t)chance_below(GUESTS + 2);
	struct xen_add_to_physmap_batch batch = { DOMID_SELF,
						  XENMAPSPACE_gmfn_foreign,
						  (uint16_t)chance_below(9),
						  { .foreign_domid = dom },
						  { .p = (void *)LIST },
						  { .p = (void *)(LIST + 256) },
						  { .p = (void *)(LIST + BYTES) } };
	struct xen_add_to_physmap add = { chance_below(2) ? DOMID_SELF : dom, 0, (uint32_t)chance_below(2), 0, place() };
	struct xen_mem_acquire_resource acquire = { .domid = dom,
						    .type = XENMEM_resource_grant_table,
						    .nr_frames = (uint32_t)chance_below(3),
						    .frame_list = { .p = (void *)LIST } };

	for (unsigned i = 0; i < BYTES / 8; i++) {
		uint64_t gfn = place();

		guest_write(v, LIST + i * sizeof(gfn), &gfn, sizeof(gfn));
	}
	if (arg[0] == XENMEM_add_to_physmap_batch)
		guest_write(v, ARG, &batch, sizeof(batch));
	else if (arg[0] == XENMEM_add_to_physmap)
		guest_write(v, ARG, &add, sizeof(add));
	else if (arg[0] == XENMEM_acquire_resource)
		guest_write(v, ARG, &acquire, sizeof(acquire));
}

static void multi(struct vcpu *v, uint64_t arg[3])
{
	arg[0] = ARG;
	arg[1] = chance_below(BYTES / sizeof(struct multicall_entry));
	for (uint64_t i = 0; i < arg[1]; i++) {
		struct multicall_entry entry = { .op = rows[chance_below(ARRAY_SIZE(rows))],
						 .args = { chance_below(32), LIST, chance_below(3) } };

		guest_write(v, ARG + i * sizeof(entry), &entry, sizeof(entry));
	}
}

static void prepare(struct vcpu *v, uint64_t nr, uint64_t arg[3])
{
	if (chance_below(4))
		scatter(v, ARG, BYTES);
	if (chance_below(4))
		scatter(v, LIST + chance_below(4) * BYTES, BYTES);
	for (unsigned i = 0; i < 3; i++)
		arg[i] = number();
	switch (nr) {
	case __HYPERVISOR_domctl:
		domctl(v);
		break;
	case __HYPERVISOR_sysctl:
		control(v, XEN_SYSCTL_INTERFACE_VERSION, 30);
		break;
	case __HYPERVISOR_platform_op:
		control(v, XENPF_INTERFACE_VERSION, 65);
		break;
	case __HYPERVISOR_vcpu_op: case __HYPERVISOR_console_io:
		arg[0] = chance_below(16);
		arg[2] = chance_below(8) ? ARG : address();
		return;
	default:
		arg[0] = chance_below(64) ? chance_below(32) : number();
		arg[1] = chance_below(8) ? ARG : address();
		if (nr == __HYPERVISOR_multicall && chance_below(8))
			multi(v, arg);
		if (nr == __HYPERVISOR_memory_op && chance_below(4))
			memory(v, arg);
		if (nr != __HYPERVISOR_grant_table_op || !chance_below(8))
			return;
		if (chance_below(2))
			arg[0] = chance_below(2);
		grants(v, arg);
		return;
	}
	arg[0] = chance_below(16) ? ARG : address();
}

/* A guest's grants, and the flags of its events, are its to write. */
static void guest_plays(struct domain *d)
{
	struct grant_entry_v1 *entry =
		d->grants.nr_frames ? (struct grant_entry_v1 *)d->grants.frames[0] + chance_below(8) : NULL;

	if (entry)
		*entry = (struct grant_entry_v1){ (uint16_t)(chance_below(8) ? GTF_permit_access : chance()),
						  (uint16_t)chance_below(GUESTS + 2), (uint32_t)chance_below(RAM + 2) };
	d->shared->evtchn_mask[0] = chance();
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (d->vcpus[i])
			d->vcpus[i]->info->evtchn_upcall_pending = (uint8_t)chance_below(2);
}

/* Any that has a vCPU; dom0 more often than others. */
static struct vcpu *caller(void)
{
	struct domain *d = domain_find((uint16_t)chance_below(GUESTS + 3));

	if (!d || !d->nr_vcpus || !chance_below(4))
		d = dom0;
	return d->vcpus[chance_below(d->nr_vcpus)];
}

static void call(void)
{
	struct vcpu *v = caller();
	uint64_t nr = chance_below(100) ? rows[chance_below(ARRAY_SIZE(rows))] : number(), arg[3];
	struct gnttab_map_grant_ref op;
	jmp_buf end;

	prepare(v, nr, arg);
	if (chance_below(4) == 0)
		guest_plays(v->domain);
	/* dom0 may end; the machine goes on. */
	host_end_to = &end;
	if (!setjmp(end))
		answers[host_call(v, nr, arg[0], arg[1], arg[2]) >= 0]++;
	host_end_to = NULL;
	domains_reap();
	for (const struct domain *d = domain_list; d; d = d->next)
		stayed += d->dead;
	mapped += nr == __HYPERVISOR_grant_table_op && arg[0] == GNTTABOP_map_grant_ref &&
		  guest_read_struct(v, &op, arg[1]) && op.status == GNTST_okay;
	if (!v->domain->privileged)
		v->domain->shut_down = false;
}

static void unmap_all(struct domain *d)
{
	for (uint32_t i = 0; i < d->grants.nr_maps; i++) {
		const struct grant_map *map = &d->grants.maps[i / GRANT_MAPS_PER_PAGE][i % GRANT_MAPS_PER_PAGE];

		if (map->used)
			assert_int_equal(host_unmap(d, i, map->gfn), GNTST_okay);
	}
	for (uint64_t gfn = 0; gfn < RAM + 16; gfn++)
		if (p2m_lookup(&d->p2m, GFN(gfn)).type == P2M_FOREIGN)
			assert_int_equal(memory_remove(d, GFN(gfn)), 0);
	limbo_drain(0);
}

/* What is mapped of others is let go of, so that the dead go; and others come. */
static void renew(void)
{
	for (struct domain *d = domain_list; d; d = d->next)
		if (!d->dead)
			unmap_all(d);
	domains_reap();
	for (uint16_t i = 0; i <= GUESTS; i++) {
		struct domain *d = domain_find(i);

		if (!d && frames_free() > FRAMES / 4)
			d = host_domain(i, 2, RAM);
		if (d)
			grant_frame(d, 0);
	}
}

/* A CPU that is wanted elsewhere lets go of what it had. */
static void let_go(unsigned cpu)
{
	if (cpu != host_cpu)
		cpus[cpu].current = NULL;
}

static void test_chance(void **state)
{
	print_message("seeds 100 to %u\n", 100 + ROUNDS - 1);
	for (unsigned round = 0; round < ROUNDS; round++) {
		chance_seed(100 + round);
		host_init(FRAMES, 2);
		host_kicked = let_go;
		host_typed = "some text";
		host_domain(0, 2, RAM);
		renew();
		for (unsigned i = 0; i < CALLS; i++) {
			/* Long ones stop in some rounds. */
			host_tick_ns = round & 1 ? 100000 : 100;
			call();
			if (i % LOOK == 0)
				host_audit();
			if (chance_below(LOOK * 10) == 0)
				renew();
		}
		host_audit();
		assert_true(host_clear());
	}
	print_message("%lu calls failed, %lu did not; %lu grants were mapped; some dead domain stayed for %lu\n",
		      answers[0], answers[1], mapped, stayed);
	assert_true(answers[1] > ROUNDS * CALLS / 20 && mapped > ROUNDS * 10 && stayed > ROUNDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chance),
	};

	return cmocka_run_group_tests_name("core hypercall fuzz", tests, NULL, NULL);
}
