/* SPDX-License-Identifier: GPL-2.0-or-later
 * What differs between releases of Xen, held against their headers (abi/values.txt) and against what the tools of
 * Debian's releases send and get (abi/calls-*.txt, recorded by tests/tools/hypercall-trace).
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "common/auto.h"
#include "xlite/lib/hypercall.h"
#include "xlite/lib/guest_type.h"

#define NR_RELEASES 16
#define NR_VALUES 256
#define ABSENT (-1)
#define OPERAND_BYTES 144

/* values.txt: a row for each name, a column for each release. */
static struct {
	unsigned columns, rows;
	char releases[NR_RELEASES][8];
	char names[NR_VALUES][48];
	long long values[NR_VALUES][NR_RELEASES];
} table;

static FILE *open_data(const char *name)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), TEST_DATA "/%s", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	return file;
}

static void take_row(char *line)
{
	char *save = NULL, *word = strtok_r(line, " \n", &save);
	bool head = word && !strcmp(word, "releases");
	unsigned column = 0;

	if (!word || *word == '#')
		return;
	if (!head)
		snprintf(table.names[table.rows], sizeof(table.names[0]), "%s", word);
	while ((word = strtok_r(NULL, " \n", &save)) && column < NR_RELEASES) {
		if (head)
			snprintf(table.releases[column], sizeof(table.releases[0]), "%s", word);
		else
			table.values[table.rows][column] = strcmp(word, "-") ? strtoll(word, NULL, 0) : ABSENT;
		column++;
	}
	if (head)
		table.columns = column;
	else
		table.rows++;
	assert_int_equal(column, table.columns);
	assert_true(table.rows < NR_VALUES);
}

static int read_table(void **state)
{
	FILE *file = open_data("values.txt");
	char line[512];

	(void)state;
	while (fgets(line, sizeof(line), file))
		take_row(line);
	fclose(file);
	return 0;
}

static const long long *row(const char *name)
{
	for (unsigned i = 0; i < table.rows; i++)
		if (!strcmp(table.names[i], name))
			return table.values[i];
	fail_msg("values.txt has no %s", name);
	abort();
}

/* What a table of ours says where the release has it not: 0. */
static long long placed(const char *name, unsigned column)
{
	long long value = row(name)[column];

	return value == ABSENT ? 0 : value;
}

static const struct abi_domctl *domctl_of(long long version)
{
	for (const struct abi_domctl *abi = abi_domctls; abi->version; abi++)
		if (abi->version == version)
			return abi;
	fail_msg("no row for domctl %#llx", (unsigned long long)version);
	abort();
}

static const struct abi_sysctl *sysctl_of(long long version)
{
	for (const struct abi_sysctl *abi = abi_sysctls; abi->version; abi++)
		if (abi->version == version)
			return abi;
	fail_msg("no row for sysctl %#llx", (unsigned long long)version);
	abort();
}

static void every_release_is_as_its_headers(void **state)
{
	(void)state;
	assert_true(table.columns >= 9);
	for (unsigned i = 0; i < table.columns; i++) {
		const struct abi_domctl *domctl = domctl_of(row("XEN_DOMCTL_INTERFACE_VERSION")[i]);
		const struct abi_sysctl *sysctl = sysctl_of(row("XEN_SYSCTL_INTERFACE_VERSION")[i]);

		print_message("# Xen %s\n", table.releases[i]);
		assert_int_equal(domctl->grant_opts, placed("xen_domctl_createdomain.grant_opts", i));
		assert_int_equal(domctl->cpupool_id, placed("xen_domctl_createdomain.cpupool_id", i));
		assert_int_equal(domctl->emulation_flags, placed("xen_domctl_createdomain.arch.emulation_flags", i));
		assert_int_equal(domctl->any_domid, placed("DOMID_ANY", i));
		assert_int_equal(domctl->info_bytes, row("sizeof(xen_domctl_getdomaininfo)")[i]);
		assert_int_equal(domctl->paging_mempool, row("XEN_DOMCTL_set_paging_mempool_size")[i] != ABSENT);
		assert_int_equal(sysctl->physinfo_pages, row("xen_sysctl_physinfo.total_pages")[i]);
		assert_int_equal(sysctl->physinfo_pages + 8, row("xen_sysctl_physinfo.free_pages")[i]);
		assert_int_equal(sysctl->physinfo_pages + 16, row("xen_sysctl_physinfo.scrub_pages")[i]);
		assert_int_equal(sysctl->physinfo_pages + 24, row("xen_sysctl_physinfo.outstanding_pages")[i]);
	}
}

/* The headers that this was compiled with are those of one release: what the tables do not place must be what they have. */
static const char *const placed_by_tables[] = {
	"XEN_DOMCTL_INTERFACE_VERSION", "XEN_SYSCTL_INTERFACE_VERSION", "XEN_DOMCTL_set_paging_mempool_size",
	"sizeof(xen_domctl_paging_mempool)", "DOMID_ANY", "sizeof(xen_domctl_createdomain)", "sizeof(xen_arch_domainconfig)",
	"xen_domctl_createdomain.grant_opts", "XEN_DOMCTL_GRANT_version_mask", "xen_domctl_createdomain.cpupool_id",
	"xen_domctl_createdomain.arch", "xen_domctl_createdomain.arch.emulation_flags", "sizeof(xen_domctl_getdomaininfo)",
	"sizeof(xen_sysctl_physinfo)", "xen_sysctl_physinfo.total_pages", "xen_sysctl_physinfo.free_pages",
	"xen_sysctl_physinfo.scrub_pages", "xen_sysctl_physinfo.outstanding_pages",
};

static unsigned checked;

static void check_value(const char *name, long long value)
{
	const long long *values = row(name);

	checked++;
	for (size_t i = 0; i < sizeof(placed_by_tables) / sizeof(placed_by_tables[0]); i++)
		if (!strcmp(name, placed_by_tables[i]))
			return;
	for (unsigned i = 0; i < table.columns; i++)
		if (values[i] != value)
			fail_msg("%s is %lld in Xen %s, %lld in the headers here, and no table says so", name, values[i],
				 table.releases[i], value);
}

#define V(x) check_value(#x, (long long)(x));
#define S(t) check_value("sizeof(" #t ")", (long long)sizeof(struct t));
#define O(t, f) check_value(#t "." #f, (long long)offsetof(struct t, f));
#include "tests/tools/abi-values.h"

static void all_else_is_the_same_in_all(void **state)
{
	(void)state;
	checked = 0;
	abi_values();
	assert_true(checked > 100);
}

/* One line of a record. */
struct call {
	char kind[8];
	unsigned cmd, version;
	long result;
	uint8_t in[OPERAND_BYTES], out[OPERAND_BYTES];
};

static void unhex(const char *text, uint8_t *bytes)
{
	memset(bytes, 0, OPERAND_BYTES);
	for (size_t i = 0; i < OPERAND_BYTES && text[0] && text[1] && text[0] != '-'; i++, text += 2)
		sscanf(text, "%2hhx", &bytes[i]);
}

#define ANY_DOMAIN (-1)

/* The last call of that number for that domain. */
static void find_call(const char *release, const char *kind, unsigned cmd, long domid, struct call *found)
{
	char name[32], line[1024], in[320], out[320];
	struct call call;
	bool any = false;
	FILE *file;

	snprintf(name, sizeof(name), "calls-%s.txt", release);
	file = open_data(name);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%7s %u version %x result %ld in %319s out %319s", call.kind, &call.cmd, &call.version,
			   &call.result, in, out) != 6 ||
		    strcmp(call.kind, kind) || call.cmd != cmd)
			continue;
		unhex(in, call.in);
		unhex(out, call.out);
		if (domid != ANY_DOMAIN && (call.in[8] | call.in[9] << 8) != domid)
			continue;
		*found = call;
		any = true;
	}
	fclose(file);
	if (!any)
		fail_msg("%s has no %s %u", name, kind, cmd);
}

/* "# NAME VALUE": what the release's own xl said at that time. */
static long known(const char *release, const char *what)
{
	char name[32], line[1024], key[64];
	long value, found = -1;
	FILE *file;

	snprintf(name, sizeof(name), "calls-%s.txt", release);
	file = open_data(name);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "# %63s %ld", key, &value) == 2 && !strcmp(key, what))
			found = value;
	fclose(file);
	if (found < 0)
		fail_msg("%s does not say %s", name, what);
	return found;
}

static const char *const recorded[] = { "4.14", "4.17", "4.20" };
#define NR_RECORDED (sizeof(recorded) / sizeof(recorded[0]))

static const uint8_t guest_uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static unsigned column_of(const char *release)
{
	for (unsigned i = 0; i < table.columns; i++)
		if (!strcmp(table.releases[i], release))
			return i;
	fail_msg("values.txt has no %s", release);
	return 0;
}

/* xl asks for grants of version 2 where it can. What follows the structure is not looked at by Xen. */
static void createdomain_is_as_xl_sends_it(void **state)
{
	const struct xlite_domain_config config = { .type = &xlite_guest_pvh,
						    .vcpus_max = 3,
						    .max_event_channels = 1023,
						    .max_grant_frames = -1,
						    .max_maptrack_frames = -1,
						    .max_grant_version = 2 };

	(void)state;
	for (size_t i = 0; i < NR_RECORDED; i++) {
		struct xlite_domain_config wanted = config;
		uint64_t ours[16] = { 0 };
		struct call call;

		find_call(recorded[i], "domctl", 1, ANY_DOMAIN, &call);
		memcpy(wanted.uuid, guest_uuid, sizeof(guest_uuid));
		abi_put_createdomain(domctl_of(call.version), &wanted, ours);
		assert_memory_equal(ours, call.in + 16, (size_t)row("sizeof(xen_domctl_createdomain)")[column_of(recorded[i])]);
	}
}

static void getdomaininfo_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_RECORDED; i++) {
		struct xlite_domain_info info;
		struct call call;

		find_call(recorded[i], "domctl", 5, known(recorded[i], "domid"), &call);
		abi_get_domaininfo(call.out + 16, &info);
		assert_int_equal(info.domid, known(recorded[i], "domid"));
		assert_memory_equal(info.uuid, guest_uuid, sizeof(guest_uuid));
		assert_true(info.hvm && info.hap && info.paused);
		assert_false(info.dying || info.shutdown || info.running);
		assert_int_equal(info.mem_kib >> 10, known(recorded[i], "memory_mib"));
		assert_int_equal(info.max_mem_kib, (known(recorded[i], "memory_mib") << 10) + 1024);
		assert_int_equal(info.max_vcpu_id, 2);
		/* The tools before 4.20 ask for the last time before vCPU 0 has its registers, and is up. */
		assert_int_equal(info.nr_online_vcpus, strcmp(recorded[i], "4.20") ? 0 : 1);
		assert_int_equal(info.cpupool, 0);
	}
}

static void physinfo_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_RECORDED; i++) {
		struct xlite_host_info info;
		struct call call;

		find_call(recorded[i], "sysctl", 3, ANY_DOMAIN, &call);
		abi_get_physinfo(sysctl_of(call.version), call.out + 8, &info);
		assert_int_equal(info.total_kib >> 10, known(recorded[i], "total_memory"));
		assert_int_equal(info.free_kib >> 10, known(recorded[i], "free_memory"));
		assert_int_equal(info.outstanding_kib, 0);
		assert_int_equal(info.nr_cpus, known(recorded[i], "nr_cpus"));
		assert_int_equal(info.cpu_khz / 1000, known(recorded[i], "cpu_mhz"));
		assert_true(info.hvm && info.hap);
	}
}

static uint64_t arena[XEN_ARENA_BYTES / sizeof(uint64_t)];

/* A hypervisor of one release that keeps what it is sent and does nothing. */
struct mute {
	uint32_t domctl, sysctl;
	uint8_t calls[XEN_BATCH_MAX][OPERAND_BYTES];
	unsigned nr;
};

static long mute_one(struct mute *mute, uint64_t op, uint64_t arg)
{
	const struct abi_domctl_call *domctl = (const void *)(uintptr_t)arg;
	const struct abi_sysctl_call *sysctl = (const void *)(uintptr_t)arg;

	if (op == __HYPERVISOR_sysctl)
		return sysctl->version == mute->sysctl ? 0 : -EACCES;
	if (op != __HYPERVISOR_domctl)
		return 0;
	if (domctl->version != mute->domctl)
		return -EACCES;
	assert_true(mute->nr < XEN_BATCH_MAX);
	memcpy(mute->calls[mute->nr++], domctl, sizeof(*domctl));
	return 0;
}

static long mute_call(void *ctx, unsigned long request, void *arg)
{
	const struct privcmd_hypercall *call = arg;
	struct multicall_entry *entries = (void *)(uintptr_t)call->arg[0];

	(void)request;
	if (call->op != __HYPERVISOR_multicall)
		return mute_one(ctx, call->op, call->op == __HYPERVISOR_xen_version ? 0 : call->arg[0]);
	for (uint64_t i = 0; i < call->arg[1]; i++)
		entries[i].result = (xen_ulong_t)mute_one(ctx, entries[i].op, entries[i].args[0]);
	return 0;
}

static void mute_close(void *ctx)
{
	(void)ctx;
}

/* Their operands lie at the beginning of what every domctl has; bytes of its head that Xen does not read are left out. */
static void assert_sent(const struct mute *mute, const struct call *call, size_t bytes)
{
	for (unsigned i = 0; i < mute->nr; i++)
		if (!memcmp(mute->calls[i], call->in, 10) && !memcmp(mute->calls[i] + 16, call->in + 16, bytes))
			return;
	fail_msg("no call of ours is that of domctl %u, version %#x", call->cmd, call->version);
}

static void limits_and_weights_are_as_xl_sends_them(void **state)
{
	static struct mute state_of_mute;
	struct mute *mute = &state_of_mute;

	(void)state;
	for (size_t i = 0; i < NR_RECORDED; i++) {
		struct call limit, weight;
		struct xlite_error err = { 0 };
		struct xlite_xen *xen = NULL;
		struct xen_backend backend = { .ctx = mute, .call = mute_call, .close = mute_close, .arena = (uint8_t *)arena,
					       .arena_bytes = XEN_ARENA_BYTES };

		find_call(recorded[i], "domctl", 11, ANY_DOMAIN, &limit);
		find_call(recorded[i], "domctl", 16, ANY_DOMAIN, &weight);
		mute->domctl = limit.version;
		mute->sysctl = sysctl_of(row("XEN_SYSCTL_INTERFACE_VERSION")[column_of(recorded[i])])->version;
		assert_int_equal(xen_open_backend(&xen, &backend, &err), 0);
		assert_int_equal(xlite_xen_version(xen)->domctl, limit.version);
		mute->nr = 0;
		assert_int_equal(xlite_domain_set_max_mem(xen, (uint32_t)known(recorded[i], "domid"), 17408, &err), 0);
		assert_sent(mute, &limit, 8);
		mute->nr = 0;
		assert_int_equal(xlite_domain_set_sched(xen, (uint32_t)known(recorded[i], "domid"), 300, 20, &err), 0);
		assert_sent(mute, &weight, 12);
		xlite_xen_close(xen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_release_is_as_its_headers),
		cmocka_unit_test(all_else_is_the_same_in_all),
		cmocka_unit_test(createdomain_is_as_xl_sends_it),
		cmocka_unit_test(getdomaininfo_is_read),
		cmocka_unit_test(physinfo_is_read),
		cmocka_unit_test(limits_and_weights_are_as_xl_sends_them),
	};

	return cmocka_run_group_tests(tests, read_table, NULL);
}
