/* SPDX-License-Identifier: GPL-2.0-or-later
 * The connection and the control of domains against a fake hypervisor: every release's layouts, errors told apart, lists,
 * and calls that Xen does not finish at once.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/auto.h"
#include "common/clock.h"
#include "tests/unit/fake_xen.h"
#include "xlite/lib/guest_type.h"

#include <xen/domctl.h>

static int setup(void **state)
{
	struct fake_xen *fake = calloc(1, sizeof(*fake));

	fake_init(fake);
	*state = fake;
	return 0;
}

static int teardown(void **state)
{
	struct fake_xen *fake = *state;

	assert_true(fake->closed);
	fake_clear(fake);
	free(fake);
	return 0;
}

static struct xlite_xen *open_fake(struct fake_xen *fake)
{
	struct xlite_error err = { 0 };
	struct xlite_xen *xen = NULL;

	if (fake_open(fake, &xen, &err))
		fail_msg("%s", err.message);
	return xen;
}

static uint32_t create(struct xlite_xen *xen, unsigned vcpus)
{
	struct xlite_domain_config config = {
		.type = &xlite_guest_pvh, .vcpus_max = vcpus, .max_grant_frames = -1, .max_maptrack_frames = -1
	};
	struct xlite_error err = { 0 };
	uint32_t domid = 0;

	for (uint8_t i = 0; i < 16; i++)
		config.uuid[i] = 0xa0 + i;
	if (xlite_domain_create(xen, &config, &domid, &err))
		fail_msg("%s", err.message);
	return domid;
}

/* Written here a second time, from xen/domctl.h of each release: offsets, sizes. */
static const struct {
	unsigned minor;
	uint32_t domctl, sysctl;
	size_t info, pages;
	unsigned grants, pool, emulation;
} releases[] = {
	{ 14, 0x12, 0x13, 104, 32, 0, 0, 44 },
	{ 15, 0x13, 0x13, 104, 32, 0, 0, 48 },
	{ 16, 0x14, 0x14, 112, 32, 44, 0, 52 },
	{ 17, 0x15, 0x15, 112, 40, 44, 52, 56 },
	{ 18, 0x16, 0x15, 112, 40, 44, 52, 56 },
	{ 19, 0x17, 0x15, 112, 40, 44, 56, 60 },
	{ 20, 0x17, 0x15, 112, 40, 44, 56, 60 },
	{ 21, 0x17, 0x16, 112, 40, 44, 56, 60 },
	{ 22, 0x18, 0x16, 112, 40, 44, 56, 60 },
};

static uint32_t u32_at(const uint8_t *bytes, size_t offset)
{
	uint32_t value;

	memcpy(&value, bytes + offset, sizeof(value));
	return value;
}

static void test_createdomain(void **state)
{
	struct fake_xen *fake = *state;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		struct xlite_domain_config config = { .type = &xlite_guest_pvh,
						      .vcpus_max = 5,
						      .max_grant_frames = 64,
						      .max_maptrack_frames = -1,
						      .cpupool = 7,
						      .max_grant_version = 2,
						      .max_event_channels = 99 };
		struct xlite_error err = { 0 };
		const uint8_t *op;
		struct xlite_xen *xen;
		uint32_t domid, sum = 0;

		fake_clear(fake);
		fake_init(fake);
		fake_version(fake, releases[i].minor, releases[i].domctl, releases[i].sysctl, releases[i].info,
			     releases[i].pages);
		xen = open_fake(fake);
		assert_int_equal(xlite_xen_version(xen)->domctl, releases[i].domctl);
		assert_int_equal(xlite_xen_version(xen)->sysctl, releases[i].sysctl);
		assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), 0);
		op = fake_domain(fake, domid)->create;
		assert_int_equal(u32_at(op, 20), 3);	/* hvm, hap */
		assert_int_equal(u32_at(op, 24), 0);
		assert_int_equal(u32_at(op, 28), 5);
		assert_int_equal(u32_at(op, 32), 99);
		assert_int_equal(u32_at(op, 36), 64);
		assert_int_equal(u32_at(op, 40), 0xffffffff);
		if (releases[i].grants)
			assert_int_equal(u32_at(op, releases[i].grants), 2);
		if (releases[i].pool)
			assert_int_equal(u32_at(op, releases[i].pool), 7);
		assert_int_equal(u32_at(op, releases[i].emulation), 1);
		/* And nothing else: what a release does not know must be 0. */
		for (size_t at = 44; at < 128; at += 4)
			sum += u32_at(op, at);
		assert_int_equal(sum, 1 + (releases[i].grants ? 2 : 0) + (releases[i].pool ? 7 : 0));
		xlite_xen_close(xen);
	}
}

static void test_defaults(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	const uint8_t *op = fake_domain(fake, create(xen, 1))->create;

	assert_int_equal(u32_at(op, 32), 1023);
	assert_int_equal(u32_at(op, 44), 1);
	assert_int_equal(op[4], 0xa0);
	assert_int_equal(op[19], 0xaf);
	xlite_xen_close(xen);
}

static void test_host_info(void **state)
{
	struct fake_xen *fake = *state;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		struct xlite_host_info info;
		struct xlite_error err = { 0 };
		struct xlite_xen *xen;

		fake_init(fake);
		fake_version(fake, releases[i].minor, releases[i].domctl, releases[i].sysctl, releases[i].info,
			     releases[i].pages);
		xen = open_fake(fake);
		assert_int_equal(xlite_host_info(xen, &info, &err), 0);
		assert_int_equal(info.total_kib, 4 << 20);
		assert_int_equal(info.free_kib, 1 << 20);
		assert_int_equal(info.outstanding_kib, 0);
		assert_int_equal(info.nr_cpus, 2);
		assert_int_equal(info.cpu_khz, 2000000);
		assert_true(info.hvm && info.hap);
		xlite_xen_close(xen);
	}
}

static void test_version(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	const struct xlite_xen_version *version = xlite_xen_version(xen);

	assert_int_equal(version->major, 4);
	assert_int_equal(version->minor, 17);
	assert_string_equal(version->extra, ".7");
	assert_string_equal(version->capabilities, "hvm-3.0-x86_64 ");
	/* All in one ioctl. */
	assert_int_equal(fake->ioctls, 1);
	assert_int_equal(xlite_xen_counts(xen)->hypercalls, 1);
	assert_int_equal(xlite_xen_counts(xen)->writes, 0);
	xlite_xen_close(xen);
}

static void test_unknown_version(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_error err = { 0 };
	struct xlite_xen *xen = NULL;

	fake_version(fake, 23, 0x19, 0x16, 112, 40);
	assert_int_equal(fake_open(fake, &xen, &err), -EPROTONOSUPPORT);
	assert_int_equal(xlite_error_exit(&err), XLITE_NO_XEN);
	assert_string_equal(err.message, "Xen 4.23.7 speaks none of the interface versions known here "
					 "(those of Xen 4.14, 4.15, 4.16, 4.17, 4.18, 4.19 to 4.21, 4.22)");
	assert_null(xen);
	assert_true(fake->closed);

	fake_version(fake, 23, 0x18, 0x17, 112, 40);
	assert_int_equal(fake_open(fake, &xen, &err), -EPROTONOSUPPORT);
}

static void open_with_fault(struct fake_xen *fake, unsigned at, int code, bool on, int expected, enum xlite_status status)
{
	struct xlite_error err = { 0 };
	struct xlite_xen *xen = NULL;

	fake_init(fake);
	fake->fail_at = at;
	fake->fail_with = code;
	fake->fail_on = on;
	assert_int_equal(fake_open(fake, &xen, &err), expected);
	assert_int_equal(xlite_error_exit(&err), status);
	assert_true(err.message[0]);
	assert_true(fake->closed);
}

/* Call 1 is the multicall itself, 2 to 4 ask for the version, domctls follow. */
static void test_open_errors(void **state)
{
	struct fake_xen *fake = *state;

	open_with_fault(fake, 1, -ENOSYS, false, -ENOSYS, XLITE_NO_XEN);
	open_with_fault(fake, 1, -EPERM, false, -EPERM, XLITE_DENIED);
	open_with_fault(fake, 5, -EPERM, true, -EPERM, XLITE_DENIED);
	open_with_fault(fake, 5, -ENOSYS, true, -ENOSYS, XLITE_NO_XEN);
}

static void test_list(void **state)
{
	struct fake_xen *fake = *state;

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		auto_free struct xlite_domain_info *list = NULL;
		struct xlite_error err = { 0 };
		struct xlite_xen *xen;
		size_t nr;

		fake_clear(fake);
		fake_init(fake);
		fake_version(fake, releases[i].minor, releases[i].domctl, releases[i].sysctl, releases[i].info,
			     releases[i].pages);
		xen = open_fake(fake);
		assert_int_equal(xlite_domain_list(xen, &list, &nr, &err), 0);
		assert_int_equal(nr, 0);
		free(list);
		list = NULL;
		for (unsigned k = 0; k < 3; k++)
			create(xen, 1);
		xlite_domain_destroy(xen, 2, 0, &err);
		assert_int_equal(xlite_domain_list(xen, &list, &nr, &err), 0);
		assert_int_equal(nr, 2);
		assert_int_equal(list[0].domid, 1);
		assert_int_equal(list[1].domid, 3);
		assert_true(list[1].paused && list[1].hvm && list[1].hap && !list[1].dying && !list[1].shutdown);
		assert_int_equal(list[1].uuid[0], 0xa0);
		assert_int_equal(list[1].uuid[15], 0xaf);
		assert_int_equal(list[1].cpu_time_ns, 12345);
		xlite_xen_close(xen);
	}
}

/* More than one call lists, and as many as one lists. */
static void test_long_list(void **state)
{
	static const uint32_t crowds[] = { 1, 254, 255, 256, 1000 };
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);

	create(xen, 1);
	for (size_t i = 0; i < ARRAY_SIZE(crowds); i++) {
		auto_free struct xlite_domain_info *list = NULL;
		struct xlite_error err = { 0 };
		size_t nr;

		fake->crowd = crowds[i];
		assert_int_equal(xlite_domain_list(xen, &list, &nr, &err), 0);
		assert_int_equal(nr, crowds[i] + 1);
		assert_int_equal(list[0].domid, 1);
		for (size_t k = 1; k < nr; k++)
			assert_int_equal(list[k].domid, 99 + k);
	}
	xlite_xen_close(xen);
}

static void test_info(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	struct xlite_domain_info info = { .domid = 42 };
	struct xlite_error err = { 0 };

	create(xen, 1);
	create(xen, 1);
	assert_int_equal(xlite_domain_set_max_mem(xen, 2, 8192, &err), 0);
	assert_int_equal(xlite_domain_shutdown(xen, 2, 3, &err), 0);
	assert_int_equal(xlite_domain_info(xen, 2, &info, &err), 0);
	assert_int_equal(info.domid, 2);
	assert_int_equal(info.max_mem_kib, 8192);
	assert_true(info.shutdown);
	assert_int_equal(info.shutdown_reason, 3);
	/* Xen answers for the next domain, here 1; that is not the one asked for. */
	assert_int_equal(err.code, 0);
	assert_int_equal(xlite_domain_info(xen, 0, &info, &err), -ESRCH);
	assert_string_equal(err.message, "there is no domain 0");
	assert_int_equal(xlite_domain_info(xen, 3, &info, &err), -ESRCH);
	/* Not cut to 16 bits. */
	assert_int_equal(xlite_domain_info(xen, 65537, &info, &err), -ESRCH);
	assert_int_equal(xlite_domain_destroy(xen, 65537, 0, &err), -ESRCH);
	assert_non_null(fake_domain(fake, 1));
	assert_int_equal(info.domid, 2);
	xlite_xen_close(xen);
}

static void test_pause(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	uint32_t domid = create(xen, 1);
	struct xlite_error err = { 0 };
	uint64_t writes = xlite_xen_counts(xen)->writes;

	assert_int_equal(xlite_domain_unpause(xen, domid, &err), 0);
	assert_false(fake_domain(fake, domid)->paused);
	assert_int_equal(xlite_domain_pause(xen, domid, &err), 0);
	assert_true(fake_domain(fake, domid)->paused);
	assert_int_equal(xlite_xen_counts(xen)->writes, writes + 2);
	assert_int_equal(xlite_domain_pause(xen, 9, &err), -ESRCH);
	assert_string_equal(err.message, "pausedomain: No such process");
	xlite_xen_close(xen);
}

static void test_destroy(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	uint32_t domid = create(xen, 1);
	struct xlite_error err = { 0 };

	fake->restarts = 5;
	assert_int_equal(xlite_domain_destroy(xen, domid, clock_deadline_ms(10000), &err), 0);
	assert_null(fake_domain(fake, domid));
	domid = create(xen, 1);
	fake->restarts = 1000000;
	assert_int_equal(xlite_domain_destroy(xen, domid, clock_deadline_ms(20), &err), -ETIMEDOUT);
	assert_int_equal(xlite_error_exit(&err), XLITE_TIMEOUT);
	xlite_xen_close(xen);
}

static void test_create_errors(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	struct xlite_domain_config config = { .type = &xlite_guest_pvh, .vcpus_max = 0 };
	struct xlite_error err = { 0 };
	uint32_t domid = 77;

	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), -EINVAL);
	config.vcpus_max = 129;
	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), -EINVAL);
	assert_string_equal(err.message, "vcpus: 129 is not in 1 to 128");
	config.vcpus_max = 1;
	config.max_grant_version = 3;
	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), -EINVAL);
	config.max_grant_version = 1;
	fake->no_hap = true;
	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), -EOPNOTSUPP);
	assert_string_equal(err.message,
			    "createdomain: this host cannot run PVH domains: Xen reports no hardware-assisted paging");
	assert_int_equal(domid, 77);
	xlite_xen_close(xen);
}

/* Before 4.17 the pool is not in createdomain: where moving fails, nothing is left. */
static void test_pool(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_domain_config config = { .type = &xlite_guest_pvh, .vcpus_max = 1, .cpupool = 6 };
	struct xlite_error err = { 0 };
	struct xlite_xen *xen;
	uint32_t domid;

	fake_version(fake, 16, 0x14, 0x14, 112, 32);
	xen = open_fake(fake);
	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), -ESRCH);
	assert_string_equal(err.message, "cpupool: No such process");
	assert_null(fake_domain(fake, 1));
	config.cpupool = 7;
	assert_int_equal(xlite_domain_create(xen, &config, &domid, &err), 0);
	xlite_xen_close(xen);
}

static void scheduler(struct fake_xen *fake, bool credit1)
{
	struct xlite_xen *xen = open_fake(fake);
	/* More questions than one hypercall carries; one domain does not exist. */
	struct xlite_domain_tuning items[20];
	uint8_t maps[20][4][8] = { 0 };		/* hard of both vCPUs, soft of both */
	uint32_t domid = create(xen, 1);
	struct xlite_error err = { 0 };
	const uint8_t cpus[8] = { 5 }, more[8] = { 0, 9 };
	uint64_t calls;

	fake->credit1 = credit1;
	fake_domain(fake, domid)->vcpus = 2;
	memset(items, 0, sizeof(items));
	for (int i = 0; i < 20; i++)
		items[i] = (struct xlite_domain_tuning){ .domid = i == 7 ? 9 : domid, .nr_vcpus = 2, .map_bytes = 8,
							    .hard = maps[i][0], .soft = maps[i][2] };
	assert_int_equal(xlite_domain_get_tuning(xen, items, 1, &err), 0);
	assert_int_equal(items[0].weight, 256);
	assert_int_equal(items[0].cap, 0);
	assert_int_equal(xlite_domain_set_sched(xen, domid, 1000, 50, &err), 0);
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 0, cpus, NULL, sizeof(cpus), &err), 0);
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 1, more, cpus, sizeof(cpus), &err), 0);
	calls = xlite_xen_counts(xen)->hypercalls;
	assert_int_equal(xlite_domain_get_tuning(xen, items, 20, &err), 0);
	assert_int_equal(xlite_xen_counts(xen)->hypercalls - calls, 3);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(items[i].sched_known, i != 7);
		assert_int_equal(items[i].cpus_known, i != 7);
		if (i == 7)
			continue;
		assert_int_equal(items[i].weight, 1000);
		assert_int_equal(items[i].cap, 50);
		assert_int_equal(maps[i][0][0], 5);
		assert_memory_equal(maps[i][1], more, 8);
		assert_int_equal(maps[i][2][0], 0);
		assert_memory_equal(maps[i][3], cpus, 8);
	}
	assert_int_equal(xlite_domain_set_sched(xen, domid, 0, 0, &err), -EINVAL);
	assert_int_equal(xlite_domain_set_sched(xen, domid, 65536, 0, &err), -EINVAL);
	assert_int_equal(xlite_domain_set_sched(xen, domid, 256, 65536, &err), -EINVAL);
	assert_int_equal(xlite_domain_set_sched(xen, 9, 256, 0, &err), -ESRCH);
	xlite_xen_close(xen);
}

static void test_sched(void **state)
{
	scheduler(*state, false);
	fake_clear(*state);
	fake_init(*state);
	scheduler(*state, true);
}

static void test_vcpu(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	uint32_t domid = create(xen, 2);
	const uint8_t wanted[8] = { 0x0d, 0x80 };
	struct xlite_vcpu_info info;
	struct xlite_error err = { 0 };
	const uint8_t soft[8] = { 1 };
	uint8_t found[8] = { 0 }, found_soft[8] = { 0 };

	fake_domain(fake, domid)->vcpus = 2;
	assert_int_equal(xlite_vcpu_info(xen, domid, 1, &info, &err), 0);
	assert_true(info.online);
	assert_int_equal(info.cpu_time_ns, 777);
	assert_int_equal(xlite_vcpu_info(xen, domid, 2, &info, &err), -ESRCH);
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 1, wanted, NULL, sizeof(wanted), &err), 0);
	assert_int_equal(xlite_vcpu_get_affinity(xen, domid, 1, found, NULL, sizeof(found), &err), 0);
	assert_memory_equal(found, wanted, sizeof(found));
	/* Each of the two leaves the other alone. */
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 1, NULL, soft, sizeof(soft), &err), 0);
	assert_int_equal(xlite_vcpu_get_affinity(xen, domid, 1, found, found_soft, sizeof(found), &err), 0);
	assert_memory_equal(found, wanted, sizeof(found));
	assert_memory_equal(found_soft, soft, sizeof(soft));
	assert_int_equal(xlite_vcpu_get_affinity(xen, domid, 2, found, NULL, sizeof(found), &err), -EINVAL);
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 1, wanted, NULL, 0, &err), -EINVAL);
	assert_int_equal(xlite_vcpu_set_affinity(xen, domid, 1, wanted, NULL, 1 << 20, &err), -EINVAL);
	xlite_xen_close(xen);
}

static void test_nodes(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	uint32_t domid = create(xen, 1);
	struct xlite_domain_tuning items[2] = { { .domid = domid }, { .domid = domid, .ask_nodes = true } };
	struct xlite_host_info info;
	struct xlite_error err = { 0 };
	uint8_t node_of_cpu[8];
	uint64_t online, calls;

	assert_int_equal(xlite_host_info(xen, &info, &err), 0);
	assert_int_equal(info.nr_nodes, 2);
	calls = xlite_xen_counts(xen)->hypercalls;
	assert_int_equal(xlite_host_nodes(xen, &online, node_of_cpu, 8, &err), 0);
	assert_int_equal(xlite_xen_counts(xen)->hypercalls - calls, 1);
	assert_int_equal(online, 5);
	assert_int_equal(node_of_cpu[0], 0);
	assert_int_equal(node_of_cpu[1], XLITE_NO_NODE);
	assert_int_equal(node_of_cpu[2], 2);
	assert_int_equal(node_of_cpu[7], XLITE_NO_NODE);
	assert_int_equal(xlite_host_nodes(xen, &online, node_of_cpu, 1, &err), 0);
	assert_int_equal(xlite_domain_set_nodes(xen, domid, 4, &err), 0);
	assert_int_equal(xlite_domain_get_tuning(xen, items, 2, &err), 0);
	assert_false(items[0].nodes_known);
	assert_true(items[1].nodes_known);
	assert_int_equal(items[1].nodes, 4);
	assert_int_equal(xlite_domain_set_nodes(xen, 9, 4, &err), -ESRCH);
	xlite_xen_close(xen);
}

static void test_claim(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	uint32_t domid = create(xen, 1);
	struct xlite_host_info info;
	struct xlite_error err = { 0 };

	assert_int_equal(xlite_domain_set_max_mem(xen, domid, 4 << 20, &err), 0);
	assert_int_equal(xlite_domain_claim(xen, domid, 2 << 20, &err), -ENOMEM);
	assert_int_equal(xlite_domain_claim(xen, domid, 1 << 19, &err), 0);
	assert_int_equal(xlite_host_info(xen, &info, &err), 0);
	assert_int_equal(info.outstanding_kib, 1 << 19);
	assert_int_equal(xlite_host_unclaimed_kib(&info), info.free_kib - (1 << 19));
	info.outstanding_kib = info.free_kib + 4;
	assert_int_equal(xlite_host_unclaimed_kib(&info), 0);
	assert_int_equal(xlite_domain_claim(xen, domid, 0, &err), 0);
	assert_int_equal(xlite_domain_set_pod_target(xen, domid, 1 << 19, &err), 0);
	assert_int_equal(fake_domain(fake, domid)->pod_target, 1 << 17);
	xlite_xen_close(xen);
}

/* A batch that does not fit says so and issues nothing. */
static void test_overflow(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_xen *xen = open_fake(fake);
	struct xlite_error err = { 0 };
	struct xen_batch batch;
	unsigned calls = fake->calls;

	xen_batch_init(&batch, xen);
	for (unsigned i = 0; i <= XEN_BATCH_MAX; i++)
		xen_batch_domctl(&batch, "pausedomain", XEN_WRITES, XEN_DOMCTL_pausedomain, 1);
	assert_int_equal(xen_batch_run(&batch, &err), -E2BIG);

	xen_batch_init(&batch, xen);
	assert_null(xen_batch_room(&batch, XEN_ARENA_BYTES));
	assert_non_null(xen_batch_arg(&batch, 100));
	assert_int_equal(xen_batch_run(&batch, &err), -E2BIG);

	xen_batch_init(&batch, xen);
	assert_non_null(xen_batch_room(&batch, xen_batch_left(&batch)));
	memset(xen_batch_domctl(&batch, "pausedomain", XEN_WRITES, XEN_DOMCTL_pausedomain, 1), 1, 128);
	assert_int_equal(xen_batch_run(&batch, &err), -E2BIG);
	assert_int_equal(fake->calls, calls);
	xlite_xen_close(xen);
}

/* This machine has no Xen, or we may not use it: an error with a hint, whichever it is. */
static void test_real_open(void **state)
{
	struct fake_xen *fake = *state;
	struct xlite_error err = { 0 };
	struct xlite_xen *xen = NULL;

	fake->closed = true;
	if (!xlite_xen_open(&xen, &err)) {
		xlite_xen_close(xen);
		return;
	}
	assert_true(xlite_error_exit(&err) == XLITE_NO_XEN || xlite_error_exit(&err) == XLITE_DENIED);
	assert_true(err.hint[0]);
	xlite_xen_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_createdomain),
		TEST(test_defaults),
		TEST(test_host_info),
		TEST(test_version),
		TEST(test_unknown_version),
		TEST(test_open_errors),
		TEST(test_list),
		TEST(test_long_list),
		TEST(test_info),
		TEST(test_pause),
		TEST(test_destroy),
		TEST(test_create_errors),
		TEST(test_pool),
		TEST(test_sched),
		TEST(test_vcpu),
		TEST(test_nodes),
		TEST(test_claim),
		TEST(test_overflow),
		TEST(test_real_open),
	};

	return cmocka_run_group_tests_name("xen", tests, NULL, NULL);
}
