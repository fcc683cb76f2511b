/* SPDX-License-Identifier: GPL-2.0-or-later
 * Exercises the XenStore client against a real xenstored: `store-test check [DEVICE]` for the client itself,
 * `store-test layout DOMID` and `remove DOMID` for the nodes of a domain. Used by tests/lab/store.bats.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/lib/layout.h"

#define BASE "/tool/xlite-test"

static struct xlite_error err;
static const char *device;	/* instead of xenstored's socket */
static const uint8_t uuid[16] = { 0xfe, 0xed, 0xfa, 0xce, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static int connect_store(struct xlite_store **store)
{
	int fd;

	if (!device)
		return xlite_store_open(store, &err);
	fd = open(device, O_RDWR | O_CLOEXEC);
	return fd < 0 ? xlite_error_sys(&err, -errno, "%s", device) : xlite_store_from_fd(store, fd, &err);
}

/* Ends the program when something that must hold does not. */
#define MUST(what) do { \
	if (!(what)) { \
		fprintf(stderr, "store-test: line %d: not true: %s (%s)\n", __LINE__, #what, err.message); \
		exit(1); \
	} \
} while (0)

static struct xlite_store_batch *batch_new(void)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();

	MUST(batch);
	return batch;
}

static void check_values(struct xlite_store *store)
{
	char big[2049], *value, **names;
	size_t len, nr;

	memset(big, 'x', 2048);
	big[2048] = '\0';
	MUST(!xlite_store_write(store, 0, BASE "/big", big, &err));
	MUST(!xlite_store_read(store, 0, BASE "/big", &value, &len, &err));
	MUST(len == 2048 && !strcmp(value, big));
	free(value);
	MUST(!xlite_store_write(store, 0, BASE "/empty", "", &err));
	MUST(!xlite_store_read(store, 0, BASE "/empty", &value, &len, &err));
	MUST(len == 0 && !*value);
	free(value);
	MUST(xlite_store_read(store, 0, BASE "/none", &value, &len, &err) == -ENOENT);
	MUST(!xlite_store_list(store, 0, BASE, &names, &nr, &err));
	MUST(nr == 2);
	free(names);
	MUST(!xlite_store_list(store, 0, BASE "/empty", &names, &nr, &err));
	MUST(nr == 0 && !names[0]);
	free(names);
	MUST(!xlite_store_remove(store, 0, BASE "/none", &err));
	MUST(!xlite_store_remove(store, 0, BASE "/none/below", &err));
}

/* More than fits in the window and in any socket's buffer. */
static void check_many(struct xlite_store *store, unsigned count)
{
	struct xlite_store_batch *batch = batch_new();
	char text[1000];
	size_t nr = 0;

	memset(text, 'v', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < count; i++)
		xlite_store_batch_write(batch, text, BASE "/many/child-with-a-longer-name-%u", i);
	MUST(!xlite_store_batch_run(store, batch, &err));
	for (unsigned i = 0; i < count; i++)
		MUST(!xlite_store_batch_result(batch, i));
	xlite_store_batch_clear(batch);
	for (unsigned i = 0; i < count; i++)
		xlite_store_batch_read(batch, BASE "/many/child-with-a-longer-name-%u", i);
	xlite_store_batch_list(batch, BASE "/many");
	MUST(!xlite_store_batch_run(store, batch, &err));
	for (unsigned i = 0; i < count; i++)
		MUST(!xlite_store_batch_result(batch, i) && !strcmp(xlite_store_batch_value(batch, i, NULL), text));
	while (xlite_store_batch_child(batch, count, nr))
		nr++;
	MUST(nr == count);
	xlite_store_batch_clear(batch);
	xlite_store_batch_rm(batch, BASE "/many");
	MUST(!xlite_store_batch_commit(store, batch, clock_deadline_ms(20000), &err));
	xlite_store_batch_free(batch);
}

static void check_transaction(struct xlite_store *store, struct xlite_store *rival)
{
	struct xlite_store_batch *batch = batch_new();
	char huge[4090], *value;
	size_t len;

	memset(huge, 'h', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	xlite_store_batch_write(batch, "1", BASE "/txn/a");
	xlite_store_batch_rm(batch, BASE "/txn/not/there");
	xlite_store_batch_read(batch, BASE "/txn/nothing");
	MUST(xlite_store_batch_commit(store, batch, clock_deadline_ms(5000), &err) == -ENOENT);
	MUST(strstr(err.message, "read " BASE "/txn/nothing"));
	MUST(xlite_store_read(rival, 0, BASE "/txn/a", &value, &len, &err) == -ENOENT);
	xlite_store_batch_clear(batch);
	xlite_store_batch_write(batch, huge, BASE "/txn/huge");
	MUST(xlite_store_batch_commit(store, batch, clock_deadline_ms(5000), &err) == -E2BIG);
	xlite_store_batch_clear(batch);
	xlite_store_batch_write(batch, "1", BASE "/txn/a");
	xlite_store_batch_write(batch, "2", BASE "/txn/b");
	MUST(!xlite_store_batch_commit(store, batch, clock_deadline_ms(5000), &err));
	MUST(!xlite_store_read(rival, 0, BASE "/txn/b", &value, &len, &err));
	MUST(!strcmp(value, "2"));
	free(value);
	xlite_store_batch_free(batch);
}

static void check_watch(struct xlite_store *store, struct xlite_store *rival)
{
	const char *const values[] = { "no", "yes", NULL }, *const none[] = { NULL };
	const char *path, *token;
	size_t which = 9;

	MUST(!xlite_store_watch(store, BASE "/w", "tok", &err));
	MUST(!xlite_store_event(store, clock_deadline_ms(5000), &path, &token, &err));
	MUST(!strcmp(path, BASE "/w") && !strcmp(token, "tok"));
	MUST(xlite_store_event(store, 0, &path, &token, &err) == -ETIMEDOUT);
	MUST(!xlite_store_write(rival, 0, BASE "/w/x", "1", &err));
	MUST(!xlite_store_event(store, clock_deadline_ms(5000), &path, &token, &err));
	MUST(!strcmp(path, BASE "/w/x") && !strcmp(token, "tok"));
	MUST(xlite_store_wait(store, BASE "/w/x", values, clock_deadline_ms(200), &which, &err) == -ETIMEDOUT);
	MUST(!xlite_store_write(rival, 0, BASE "/w/x", "yes", &err));
	MUST(!xlite_store_wait(store, BASE "/w/x", values, clock_deadline_ms(5000), &which, &err));
	MUST(which == 1);
	MUST(!xlite_store_remove(rival, 0, BASE "/w/x", &err));
	MUST(!xlite_store_wait(store, BASE "/w/x", none, clock_deadline_ms(5000), NULL, &err));
	MUST(!xlite_store_unwatch(store, BASE "/w", "tok", &err));
	MUST(xlite_store_event(store, 0, &path, &token, &err) == -ETIMEDOUT);
}

static void check_record(struct xlite_store *store)
{
	static char spec[100001];
	struct xlite_record record = { .spec = spec, .set = (char *)"prod" }, back[2];
	const uint32_t domids[] = { 4000, 4001 };
	struct xlite_store_batch *batch = batch_new();

	for (size_t i = 0; i < sizeof(spec) - 1; i++)
		spec[i] = (char)('a' + i % 26);
	xlite_uuid_text(uuid, record.uuid);
	xlite_record_write(batch, 4000, &record);
	MUST(!xlite_store_batch_commit(store, batch, clock_deadline_ms(5000), &err));
	MUST(!xlite_record_read(store, domids, 2, back, &err));
	MUST(back[0].format == 1 && !back[0].finished && !strcmp(back[0].spec, spec) && !strcmp(back[0].set, "prod"));
	MUST(back[1].format == 0 && !back[1].spec);
	xlite_record_clear(&back[0]);
	spec[3000] = '\0';
	record.set = NULL;
	xlite_store_batch_clear(batch);
	xlite_record_write(batch, 4000, &record);
	xlite_record_finish(batch, 4000, &(struct xlite_record){ 0 });
	MUST(!xlite_store_batch_commit(store, batch, clock_deadline_ms(5000), &err));
	MUST(!xlite_record_read(store, domids, 1, back, &err));
	MUST(back[0].finished && !back[0].set && !strcmp(back[0].spec, spec) && !strcmp(back[0].uuid, record.uuid));
	xlite_record_clear(&back[0]);
	MUST(!xlite_store_remove(store, 0, "/libxl/4000", &err));
	xlite_store_batch_free(batch);
}

static int check(struct xlite_store *store)
{
	struct xlite_store *rival;

	MUST(!connect_store(&rival));
	MUST(!xlite_store_remove(store, 0, BASE, &err));
	check_values(store);
	/* The list of these is longer than an answer of 4096 bytes, but oxenstored has no other over a ring. */
	check_many(store, device ? 100 : 1000);
	check_transaction(store, rival);
	check_watch(store, rival);
	check_record(store);
	MUST(!xlite_store_remove(store, 0, BASE, &err));
	xlite_store_close(rival);
	printf("ok\n");
	return 0;
}

static void say(const char *what, struct xlite_store *store, struct xlite_store_counts *before, int64_t from)
{
	const struct xlite_store_counts *now = xlite_store_counts(store);

	printf("%s: %llu messages, %llu round trips, %lld us\n", what,
	       (unsigned long long)(now->messages - before->messages),
	       (unsigned long long)(now->round_trips - before->round_trips), (long long)(clock_now_ns() - from) / 1000);
	*before = *now;
}

static void commit(const char *what, struct xlite_store *store, struct xlite_store_batch *batch)
{
	struct xlite_store_counts before = *xlite_store_counts(store);
	int64_t from = clock_now_ns();

	MUST(!xlite_store_batch_commit(store, batch, clock_deadline_ms(20000), &err));
	say(what, store, &before, from);
	xlite_store_batch_clear(batch);
}

static int layout(struct xlite_store *store, uint32_t domid)
{
	static const struct xlite_guest_type type = { .name = "pvh", .dm_version = "qemu_xen" };
	struct xlite_layout_domain domain = {
		.type = &type,
		.domid = domid, .name = "store-test", .memory_kib = 16384, .max_memory_kib = 32768, .vcpus_max = 2,
		.vcpus_online = 1, .start_time_ns = INT64_C(1795231314860000000),
	};
	struct xlite_layout_vif vif = {
		.at = { .domid = domid, .kind = XLITE_DEVICE_VIF },
		.mac = { 0, 0x16, 0x3e, 0, 0, 1 },
		.bridge = "xenbr0",
		.script = "/etc/xen/scripts/vif-bridge",
		.mtu = 1500,
		.hotplug_done = true,
	};
	struct xlite_layout_vbd vbd = {
		.at = { .domid = domid, .kind = XLITE_DEVICE_VBD, .devid = 51712 },
		.vdev = "xvda",
		.params = "/dev/loop0",
		.device_path = "/dev/loop0",
		.major = 7,
		.minor = 16,
		.discard = true,
		.readonly = true,
	};
	struct xlite_store_batch *batch = batch_new();

	memcpy(domain.uuid, uuid, 16);
	xlite_layout_domain(batch, &domain);
	commit("domain", store, batch);
	xlite_layout_vif(batch, &vif);
	commit("vif", store, batch);
	xlite_layout_vbd(batch, &vbd);
	commit("vbd", store, batch);
	domain.store_port = 1;
	domain.store_gfn = 0xfeffc;
	domain.console_port = 2;
	domain.console_gfn = 0xfefff;
	xlite_layout_rings(batch, &domain);
	commit("rings", store, batch);
	xlite_store_batch_free(batch);
	return 0;
}

static int take_down(struct xlite_store *store, uint32_t domid)
{
	struct xlite_store_batch *batch = batch_new();

	xlite_layout_remove_device(batch, &(struct xlite_device){ .domid = domid, .kind = XLITE_DEVICE_VIF });
	commit("remove vif", store, batch);
	xlite_layout_remove(batch, domid, XLITE_DOM0, uuid);
	commit("remove", store, batch);
	MUST(!xlite_layout_sweep(store, clock_deadline_ms(5000), &err));
	xlite_store_batch_free(batch);
	return 0;
}

/* count writes one by one and then in one batch: what pipelining gains. */
static int bench(struct xlite_store *store, unsigned count)
{
	struct xlite_store_counts before = *xlite_store_counts(store);
	struct xlite_store_batch *batch = batch_new();
	int64_t from = clock_now_ns();
	char path[64];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), BASE "/bench/%u", i);
		MUST(!xlite_store_write(store, 0, path, "value", &err));
	}
	say("one by one", store, &before, from);
	from = clock_now_ns();
	for (unsigned i = 0; i < count; i++)
		xlite_store_batch_write(batch, "value", BASE "/bench/%u", i);
	MUST(!xlite_store_batch_run(store, batch, &err));
	say("one batch", store, &before, from);
	commit("one transaction", store, batch);
	MUST(!xlite_store_remove(store, 0, BASE, &err));
	xlite_store_batch_free(batch);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool check_verb = !strcmp(verb, "check");
	uint32_t number = argc > 2 && !check_verb ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	struct xlite_store *store;
	int ret = 64;

	device = check_verb && argc > 2 ? argv[2] : NULL;
	if (connect_store(&store)) {
		fprintf(stderr, "store-test: %s\n", err.message);
		return (int)xlite_error_exit(&err);
	}
	if (check_verb)
		ret = check(store);
	else if (!strcmp(verb, "layout") && number)
		ret = layout(store, number);
	else if (!strcmp(verb, "remove") && number)
		ret = take_down(store, number);
	else if (!strcmp(verb, "bench") && number)
		ret = bench(store, number);
	else if (!strcmp(verb, "sweep"))
		ret = xlite_layout_sweep(store, clock_deadline_ms(5000), &err) ? 1 : 0;
	else
		fprintf(stderr, "usage: store-test check [DEVICE] | sweep | layout DOMID | remove DOMID | bench COUNT\n");
	if (ret == 1)
		fprintf(stderr, "store-test: %s\n", err.message);
	xlite_store_close(store);
	return ret;
}
