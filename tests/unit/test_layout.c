/* SPDX-License-Identifier: GPL-2.0-or-later
 * The layout of nodes, message by message; records written, shortened and read back; names of disks.
 * The fake keeps a small store, without permissions: those are checked on the real daemons (tests/lab/store.bats).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/fake_store.h"
#include "xlite/lib/layout.h"

static struct xlite_error err;

/* The store of the fake, and what was asked of it as one line per request. */
static struct {
	char *path, *value;
} nodes[2000];
static size_t nr_nodes;
static struct buf history;

static int clear_all(void **state)
{
	memset(&err, 0, sizeof(err));
	for (size_t i = 0; i < nr_nodes; i++) {
		free(nodes[i].path);
		free(nodes[i].value);
	}
	nr_nodes = 0;
	buf_clear(&history);
	alarm(60);
	return 0;
}

static size_t find(const char *path)
{
	size_t i = 0;

	while (i < nr_nodes && strcmp(nodes[i].path, path))
		i++;
	return i;
}

static void put(const char *path, const char *value)
{
	size_t i = find(path);

	if (i == nr_nodes) {
		assert_true(nr_nodes < sizeof(nodes) / sizeof(nodes[0]));
		nodes[nr_nodes++].path = strdup(path);
	} else {
		free(nodes[i].value);
	}
	nodes[i].value = strdup(value);
}

static void drop(const char *path)
{
	size_t len = strlen(path);

	for (size_t i = nr_nodes; i-- > 0;) {
		if (strncmp(nodes[i].path, path, len) || (nodes[i].path[len] && nodes[i].path[len] != '/'))
			continue;
		free(nodes[i].path);
		free(nodes[i].value);
		nodes[i] = nodes[--nr_nodes];
	}
}

/* Immediate children, each once. */
static void list(struct fake *fake, const struct fake_request *request)
{
	struct buf names = BUF_INIT;
	size_t len = strlen(request->body);
	char last[64] = "";

	for (size_t i = 0; i < nr_nodes; i++) {
		const char *name = nodes[i].path + len + 1;
		char one[64];

		if (strncmp(nodes[i].path, request->body, len) || nodes[i].path[len] != '/')
			continue;
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(name, "/"), name);
		if (!strcmp(one, last))
			continue;
		strcpy(last, one);
		buf_add(&names, one, strlen(one) + 1);
	}
	if (names.len || find(request->body) < nr_nodes)
		fake_say(fake, request->type, request->id, names.data, names.len);
	else
		fake_error(fake, request->id, "ENOENT");
	buf_clear(&names);
}

static void answer_store(struct fake *fake, const struct fake_request *request)
{
	const char *second = request->body + strlen(request->body) + 1;
	size_t i = find(request->body);

	switch (request->type) {
	case XS_WRITE:
		assert_true(strlen(second) <= 2048);
		put(request->body, second);
		buf_printf(&history, "write %s = %s\n", request->body, second);
		break;
	case XS_MKDIR:
		if (i == nr_nodes)
			put(request->body, "");
		buf_printf(&history, "mkdir %s\n", request->body);
		break;
	case XS_SET_PERMS:
		buf_printf(&history, "perms %s %s%s%s\n", request->body, second,
			   second + strlen(second) + 1 < request->body + request->len ? "," : "",
			   second + strlen(second) + 1);
		break;
	case XS_RM:
		drop(request->body);
		buf_printf(&history, "rm %s\n", request->body);
		break;
	case XS_READ:
		if (i == nr_nodes)
			fake_error(fake, request->id, "ENOENT");
		else
			fake_text(fake, XS_READ, request->id, nodes[i].value);
		return;
	case XS_DIRECTORY:
		list(fake, request);
		return;
	}
	fake_plain(fake, request);
}

static void commit(struct fake *fake, struct xlite_store_batch *batch)
{
	assert_int_equal(xlite_store_batch_commit(fake->store, batch, clock_deadline_ms(5000), &err), 0);
	xlite_store_batch_clear(batch);
}

static const struct xlite_guest_type type = { .name = "pvh", .dm_version = "qemu_xen" };
static struct xlite_layout_domain domain = {
	.type = &type,
	.domid = 3, .uuid = { 0x3e, 0x5b, 0x2b, 0x70, 0x0a, 0x4a, 0x45, 0x2b, 0xa2, 0x27, 0xf4, 0x52, 0xaf, 0x80, 0xa8, 0xf3 },
	.name = "t2", .memory_kib = 16384, .max_memory_kib = 32768, .vcpus_max = 2, .vcpus_online = 1,
	.start_time_ns = INT64_C(1795231314069999999),
};

static void nodes_of_a_domain(void **state)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, answer_store);
	xlite_layout_domain(batch, &domain);
	commit(&fake, batch);
	assert_string_equal(buf_str(&history),
		"mkdir /local/domain/3\n"
		"perms /local/domain/3 n3\n"
		"mkdir /local/domain/3/control/shutdown\n"
		"mkdir /local/domain/3/control/feature-poweroff\n"
		"mkdir /local/domain/3/control/feature-reboot\n"
		"mkdir /local/domain/3/control/feature-suspend\n"
		"mkdir /local/domain/3/control/sysrq\n"
		"mkdir /local/domain/3/device/suspend/event-channel\n"
		"mkdir /local/domain/3/data\n"
		"mkdir /local/domain/3/drivers\n"
		"mkdir /local/domain/3/feature\n"
		"mkdir /local/domain/3/attr\n"
		"mkdir /local/domain/3/error\n"
		"perms /local/domain/3 n0,r3\n"
		"perms /local/domain/3/control n0,r3\n"
		"perms /local/domain/3/device n0,r3\n"
		"perms /local/domain/3/device/suspend n0,r3\n"
		"write /local/domain/3/vm = /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3\n"
		"write /local/domain/3/name = t2\n"
		"write /local/domain/3/domid = 3\n"
		"write /local/domain/3/memory/static-max = 32768\n"
		"write /local/domain/3/memory/target = 16384\n"
		"write /local/domain/3/cpu/0/availability = online\n"
		"write /local/domain/3/cpu/1/availability = offline\n"
		"write /local/domain/3/control/platform-feature-multiprocessor-suspend = 1\n"
		"write /local/domain/3/control/platform-feature-xs_reset_watches = 1\n"
		"write /local/domain/3/console/type = xenconsoled\n"
		"write /local/domain/3/console/limit = 1048576\n"
		"mkdir /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3\n"
		"perms /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3 n0,r3\n"
		"write /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3/name = t2\n"
		"write /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3/uuid = 3e5b2b70-0a4a-452b-a227-f452af80a8f3\n"
		"write /vm/3e5b2b70-0a4a-452b-a227-f452af80a8f3/start_time = 1795231314.06\n"
		"write /libxl/3/type = pvh\n"
		"write /libxl/3/dm-version = qemu_xen\n");
	buf_clear(&history);
	domain.store_port = 1;
	domain.store_gfn = 1044476;
	domain.console_port = 2;
	domain.console_gfn = 1044479;
	xlite_layout_rings(batch, &domain);
	commit(&fake, batch);
	assert_string_equal(buf_str(&history),
		"write /local/domain/3/store/port = 1\n"
		"write /local/domain/3/store/ring-ref = 1044476\n"
		"write /local/domain/3/console/port = 2\n"
		"write /local/domain/3/console/ring-ref = 1044479\n");
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void nodes_of_a_vif(void **state)
{
	struct xlite_layout_vif vif = {
		.at = { .domid = 3, .kind = XLITE_DEVICE_VIF, .devid = 1 }, .mac = { 0, 0x16, 0x3e, 0, 0xab, 1 }, .bridge = "xenbr0",
		.ip = "192.0.2.1", .script = "/s", .rate = "1000,50000", .mtu = 1500,
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, answer_store);
	xlite_layout_vif(batch, &vif);
	commit(&fake, batch);
	assert_string_equal(buf_str(&history),
		"mkdir /local/domain/0/backend/vif/3/1\n"
		"perms /local/domain/0/backend/vif/3/1 n0,r3\n"
		"write /local/domain/0/backend/vif/3/1/frontend = /local/domain/3/device/vif/1\n"
		"write /libxl/3/device/vif/1/frontend = /local/domain/3/device/vif/1\n"
		"write /libxl/3/device/vif/1/backend = /local/domain/0/backend/vif/3/1\n"
		"write /local/domain/0/backend/vif/3/1/frontend-id = 3\n"
		"write /local/domain/0/backend/vif/3/1/online = 1\n"
		"write /local/domain/0/backend/vif/3/1/mac = 00:16:3e:00:ab:01\n"
		"write /libxl/3/device/vif/1/mac = 00:16:3e:00:ab:01\n"
		"write /local/domain/0/backend/vif/3/1/handle = 1\n"
		"write /libxl/3/device/vif/1/handle = 1\n"
		"write /local/domain/0/backend/vif/3/1/bridge = xenbr0\n"
		"write /libxl/3/device/vif/1/bridge = xenbr0\n"
		"write /local/domain/0/backend/vif/3/1/ip = 192.0.2.1\n"
		"write /libxl/3/device/vif/1/ip = 192.0.2.1\n"
		"write /local/domain/0/backend/vif/3/1/script = /s\n"
		"write /local/domain/0/backend/vif/3/1/rate = 1000,50000\n"
		"write /local/domain/0/backend/vif/3/1/type = vif\n"
		"write /local/domain/0/backend/vif/3/1/hotplug-status = \n"
		"write /local/domain/3/device/vif/1/mtu = 1500\n"
		"mkdir /local/domain/3/device/vif/1\n"
		"perms /local/domain/3/device/vif/1 n3,r0\n"
		"write /local/domain/3/device/vif/1/backend = /local/domain/0/backend/vif/3/1\n"
		"write /local/domain/3/device/vif/1/backend-id = 0\n"
		"write /local/domain/3/device/vif/1/state = 1\n"
		"write /local/domain/3/device/vif/1/mac = 00:16:3e:00:ab:01\n"
		"write /local/domain/0/backend/vif/3/1/state = 1\n");
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void nodes_of_a_vbd_xsa_142(void **state)
{
	struct xlite_layout_vbd vbd = {
		.at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 51712 }, .vdev = "xvda", .params = "/a b.img", .device_path = "/dev/loop10",
		.major = 7, .minor = 10, .readonly = true,
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, answer_store);
	xlite_layout_vbd(batch, &vbd);
	commit(&fake, batch);
	assert_string_equal(buf_str(&history),
		"mkdir /local/domain/0/backend/vbd/3/51712\n"
		"perms /local/domain/0/backend/vbd/3/51712 n0,r3\n"
		"write /local/domain/0/backend/vbd/3/51712/frontend = /local/domain/3/device/vbd/51712\n"
		"write /libxl/3/device/vbd/51712/frontend = /local/domain/3/device/vbd/51712\n"
		"write /libxl/3/device/vbd/51712/backend = /local/domain/0/backend/vbd/3/51712\n"
		"write /local/domain/0/backend/vbd/3/51712/frontend-id = 3\n"
		"write /local/domain/0/backend/vbd/3/51712/online = 1\n"
		"write /local/domain/0/backend/vbd/3/51712/params = /a b.img\n"
		"write /libxl/3/device/vbd/51712/params = /a b.img\n"
		"write /local/domain/0/backend/vbd/3/51712/dev = xvda\n"
		"write /libxl/3/device/vbd/51712/dev = xvda\n"
		"write /local/domain/0/backend/vbd/3/51712/type = phy\n"
		"write /libxl/3/device/vbd/51712/type = phy\n"
		"write /local/domain/0/backend/vbd/3/51712/mode = r\n"
		"write /libxl/3/device/vbd/51712/mode = r\n"
		"write /libxl/3/device/vbd/51712/removable = 0\n"
		"write /libxl/3/device/vbd/51712/device-type = disk\n"
		"write /local/domain/0/backend/vbd/3/51712/script = /etc/xen/scripts/block\n"
		"write /local/domain/0/backend/vbd/3/51712/discard-enable = 0\n"
		"write /local/domain/0/backend/vbd/3/51712/physical-device-path = /dev/loop10\n"
		"write /local/domain/0/backend/vbd/3/51712/physical-device = 7:a\n"
		"write /local/domain/0/backend/vbd/3/51712/hotplug-status = connected\n"
		"mkdir /local/domain/3/device/vbd/51712\n"
		"perms /local/domain/3/device/vbd/51712 n3,r0\n"
		"write /local/domain/3/device/vbd/51712/backend = /local/domain/0/backend/vbd/3/51712\n"
		"write /local/domain/3/device/vbd/51712/backend-id = 0\n"
		"write /local/domain/3/device/vbd/51712/state = 1\n"
		"write /local/domain/3/device/vbd/51712/virtual-device = 51712\n"
		"write /local/domain/3/device/vbd/51712/device-type = disk\n"
		"write /local/domain/0/backend/vbd/3/51712/state = 1\n");
	buf_clear(&history);
	/* Left to a script: no device yet, and the mode is still there (XSA-142). */
	vbd = (struct xlite_layout_vbd){
		.at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 832 }, .vdev = "hdb", .params = "x", .script = "/s", .readonly = true, .cdrom = true,
		.removable = true, .discard = true,
	};
	xlite_layout_vbd(batch, &vbd);
	commit(&fake, batch);
	assert_null(strstr(buf_str(&history), "physical-device"));
	assert_null(strstr(buf_str(&history), "hotplug-status"));
	assert_null(strstr(buf_str(&history), "discard-enable"));
	assert_non_null(strstr(buf_str(&history), "/local/domain/0/backend/vbd/3/832/script = /s\n"));
	assert_non_null(strstr(buf_str(&history), "/local/domain/0/backend/vbd/3/832/mode = r\n"));
	assert_non_null(strstr(buf_str(&history), "/local/domain/0/backend/vbd/3/832/removable = 1\n"));
	assert_non_null(strstr(buf_str(&history), "/local/domain/3/device/vbd/832/device-type = cdrom\n"));
	buf_clear(&history);
	vbd = (struct xlite_layout_vbd){ .at = { .domid = 3, .kind = XLITE_DEVICE_QDISK, .devid = 51712 }, .vdev = "xvda", .params = "qcow2:/a" };
	xlite_layout_vbd(batch, &vbd);
	xlite_layout_close_device(batch, &vbd.at);
	xlite_layout_remove_device(batch, &vbd.at);
	commit(&fake, batch);
	assert_string_equal(strstr(buf_str(&history), "write /libxl/3/device/vbd/51712/frontend"),
		"write /libxl/3/device/vbd/51712/frontend = /local/domain/3/device/vbd/51712\n"
		"write /libxl/3/device/vbd/51712/backend = /local/domain/0/backend/qdisk/3/51712\n"
		"write /local/domain/0/backend/qdisk/3/51712/params = qcow2:/a\n"
		"write /libxl/3/device/vbd/51712/params = qcow2:/a\n"
		"write /local/domain/0/backend/qdisk/3/51712/dev = xvda\n"
		"write /libxl/3/device/vbd/51712/dev = xvda\n"
		"write /local/domain/0/backend/qdisk/3/51712/type = qdisk\n"
		"write /libxl/3/device/vbd/51712/type = qdisk\n"
		"write /local/domain/0/backend/qdisk/3/51712/mode = w\n"
		"write /libxl/3/device/vbd/51712/mode = w\n"
		"write /libxl/3/device/vbd/51712/removable = 0\n"
		"write /libxl/3/device/vbd/51712/device-type = disk\n"
		"write /local/domain/0/backend/qdisk/3/51712/online = 0\n"
		"write /local/domain/0/backend/qdisk/3/51712/state = 5\n"
		"rm /local/domain/3/device/vbd/51712\n"
		"rm /local/domain/0/backend/qdisk/3/51712\n"
		"rm /libxl/3/device/vbd/51712\n");
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* Words of a newer version, or of nobody, are passed over. */
static void lists_of_devices(void **state)
{
	const char *at = "vif/1 pci/0 vbd/51728 vbd/x  vifs/3 qdisk/51712", *none = NULL;
	struct xlite_device device = { .domid = 7, .backend_domid = 2 };
	char path[XLITE_DEVICE_PATH];

	assert_true(xlite_device_next(&at, &device));
	assert_true(device.kind == XLITE_DEVICE_VIF && device.devid == 1);
	assert_true(xlite_device_next(&at, &device));
	assert_true(device.kind == XLITE_DEVICE_VBD && device.devid == 51728);
	assert_string_equal(xlite_device_path(&device, XLITE_DEVICE_BACK, path), "/local/domain/2/backend/vbd/7/51728");
	assert_true(xlite_device_next(&at, &device));
	assert_true(device.kind == XLITE_DEVICE_QDISK && device.devid == 51712);
	assert_string_equal(xlite_device_path(&device, XLITE_DEVICE_BACK, path), "/local/domain/2/backend/qdisk/7/51712");
	assert_string_equal(xlite_device_path(&device, XLITE_DEVICE_FRONT, path), "/local/domain/7/device/vbd/51712");
	assert_string_equal(xlite_device_path(&device, XLITE_DEVICE_MIRROR, path), "/libxl/7/device/vbd/51712");
	assert_false(xlite_device_next(&at, &device));
	assert_false(xlite_device_next(&none, &device));
}

static void everything_goes(void **state)
{
	struct xlite_layout_vif vif = { .at = { .domid = 3, .kind = XLITE_DEVICE_VIF }, .script = "/s" };
	struct xlite_layout_vbd vbd = { .at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 51712 }, .vdev = "xvda", .params = "/a" };
	struct xlite_record record = { .spec = (char *)"name: t2\n" };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, answer_store);
	put("/local/domain/0/backend", "");
	put("/local/domain/0/name", "Domain-0");
	put("/local/domain/30/name", "other");
	put("/libxl/30/type", "pvh");
	xlite_record_write(batch, 3, &record);
	xlite_layout_domain(batch, &domain);
	xlite_layout_vif(batch, &vif);
	xlite_layout_vbd(batch, &vbd);
	commit(&fake, batch);
	buf_clear(&history);
	xlite_layout_close_device(batch, &vbd.at);
	xlite_layout_remove_device(batch, &vbd.at);
	commit(&fake, batch);
	assert_string_equal(buf_str(&history),
		"write /local/domain/0/backend/vbd/3/51712/online = 0\n"
		"write /local/domain/0/backend/vbd/3/51712/state = 5\n"
		"rm /local/domain/3/device/vbd/51712\n"
		"rm /local/domain/0/backend/vbd/3/51712\n"
		"rm /libxl/3/device/vbd/51712\n");
	for (size_t i = 0; i < nr_nodes; i++)
		assert_null(strstr(nodes[i].path, "51712"));
	xlite_layout_remove(batch, 3, XLITE_DOM0, domain.uuid);
	commit(&fake, batch);
	assert_int_equal(nr_nodes, 4);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* What the kernel wrote of domains that are there stays. */
static void sweep_takes_errors_of_nobody(void **state)
{
	struct fake fake;

	fake_init(&fake, answer_store);
	put("/local/domain/9", "");
	put("/local/domain/0/error", "");
	put("/local/domain/0/error/backend", "");
	put("/local/domain/0/error/backend/vif", "");
	put("/local/domain/0/error/backend/vif/8", "");
	put("/local/domain/0/error/backend/vif/9", "");
	put("/local/domain/0/error/backend/vif/10", "");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&history), "rm /local/domain/0/error/backend/vif/8\nrm /local/domain/0/error/backend/vif/10\n");
	buf_clear(&history);
	drop("/local/domain/9");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&history), "rm /local/domain/0/error/backend/vif/9\nrm /local/domain/0/error/backend/vif\n"
		"rm /local/domain/0/error/backend\nrm /local/domain/0/error\n");
	fake_clear(&fake);
}

static void sweep_takes_only_what_is_empty(void **state)
{
	struct fake fake;

	fake_init(&fake, answer_store);
	put("/local/domain/0/backend", "");
	put("/local/domain/0/backend/vif", "");
	put("/local/domain/0/backend/vbd", "");
	put("/local/domain/0/backend/vbd/9", "");
	put("/vm", "");
	put("/libxl", "");
	put("/libxl/9", "");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&history), "rm /local/domain/0/backend/vif\nrm /vm\n");
	buf_clear(&history);
	drop("/local/domain/0/backend/vbd/9");
	drop("/libxl/9");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&history),
		"rm /local/domain/0/backend/vbd\nrm /local/domain/0/backend\nrm /libxl\n");
	buf_clear(&history);
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&history), "");
	fake_clear(&fake);
	assert_int_equal(fake.starts, 3);
	assert_int_equal(fake.ends, 2);
	assert_int_equal(fake.aborts, 1);
}

static char *long_text(size_t len)
{
	char *text = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = (char)('!' + i % 90);
	text[len] = '\0';
	return text;
}

static void records_of_any_length(void **state)
{
	static const size_t lengths[] = { 100000, 0, 1, 1998, 2003, 2004, 2005, 4004, 4005, 10 };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const uint32_t domids[] = { 5, 3, 6 };
	struct xlite_record back[3];
	struct fake fake;

	fake_init(&fake, answer_store);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct xlite_record record = { .set = (char *)(i % 2 ? "prod" : NULL), .finished = i % 3 == 0 };
		uint64_t trips = xlite_store_counts(fake.store)->round_trips;
		size_t first = 2048 - strlen("1 3e5b2b70-0a4a-452b-a227-f452af80a8f3 0000\n") - (i % 2 ? strlen(" prod") : 0);
		size_t pieces = lengths[i] > first ? (lengths[i] - first + 1999) / 2000 : 0;

		record.spec = long_text(lengths[i]);
		strcpy(record.uuid, "3e5b2b70-0a4a-452b-a227-f452af80a8f3");
		xlite_record_write(batch, 3, &record);
		commit(&fake, batch);
		assert_int_equal(nr_nodes, 1 + (i % 3 == 0) + pieces);
		trips = xlite_store_counts(fake.store)->round_trips;
		assert_int_equal(xlite_record_read(fake.store, domids, 3, back, &err), 0);
		assert_int_equal(xlite_store_counts(fake.store)->round_trips - trips, pieces ? 2 : 1);
		assert_int_equal(back[0].format, 0);
		assert_int_equal(back[1].format, 1);
		assert_int_equal(back[1].finished, i % 3 == 0);
		assert_string_equal(back[1].uuid, record.uuid);
		assert_string_equal(back[1].spec, record.spec);
		assert_int_equal(back[1].set != NULL, i % 2);
		free(record.spec);
		for (int k = 0; k < 3; k++)
			xlite_record_clear(&back[k]);
	}
	xlite_record_finish(batch, 3, &(struct xlite_record){ .waits = true, .asked = true, .begun = (char *)"vif/1 vbd/51728" });
	commit(&fake, batch);
	assert_int_equal(xlite_record_read(fake.store, domids + 1, 1, back, &err), 0);
	assert_true(back[0].finished);
	assert_true(back[0].waits);
	assert_true(back[0].asked);
	assert_string_equal(back[0].begun, "vif/1 vbd/51728");
	xlite_record_clear(&back[0]);
	xlite_record_finish(batch, 3, &(struct xlite_record){ .asked = true });
	commit(&fake, batch);
	assert_int_equal(xlite_record_read(fake.store, domids + 1, 1, back, &err), 0);
	assert_true(back[0].finished);
	assert_null(back[0].begun);
	assert_false(back[0].waits);
	assert_true(back[0].asked);
	xlite_record_clear(&back[0]);
	assert_int_equal(xlite_record_read(fake.store, domids, 0, back, &err), 0);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* `finished' as this version writes it, as earlier ones did, and as nobody should. */
static void records_of_ends(void **state)
{
#define VM "1 3e5b2b70-0a4a-452b-a227-f452af80a8f3 0000\nname: a\n"
	static const struct {
		const char *node;
		unsigned nr;
		uint64_t built_s;
		bool waits, asked, again, off;
		const char *begun;
		bool stopped;
	} cases[] = {
		{ "1", 0, 0, false, false, false, false, NULL }, { "1 next vif/1", 0, 0, true, false, false, false, "vif/1" },
		{ "1 ends=3@70", 3, 70, false, false, false, false, NULL }, { "1 again", 0, 0, false, false, true, false, NULL },
		{ "1 next asked ends=4294967295@18446744073709551615 again vif/0 vbd/51712", 4294967295u, UINT64_MAX, true, true, true, false,
		  "vif/0 vbd/51712" },
		{ "1 ends=1@2 vif/0", 1, 2, false, false, false, false, "vif/0" },
		{ "1 ends=4294967296@1", 0, 0, false, false, false, false, "ends=4294967296@1" },
		{ "1 ends=1@99999999999999999999", 0, 0, false, false, false, false, "ends=1@99999999999999999999" },
		{ "1 ends=@1", 0, 0, false, false, false, false, "ends=@1" }, { "1 ends=1@", 0, 0, false, false, false, false, "ends=1@" },
		{ "1 ends=1@ 7", 0, 0, false, false, false, false, "ends=1@ 7" }, { "1 ends=1@2x", 0, 0, false, false, false, false, "ends=1@2x" },
		{ "1 off", 0, 0, false, false, false, true, NULL }, { "1 ends=2@3 off vbd/1", 2, 3, false, false, false, true, "vbd/1" },
		{ "1 stopped", 0, 0, false, false, false, false, NULL, true }, { "1 ends=2@3 stopped vif/0", 2, 3, false, false, false, false, "vif/0", true },
		{ "1 stoppeds", 0, 0, false, false, false, false, "stoppeds" },
		{ "1 agains", 0, 0, false, false, false, false, "agains" },
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, answer_store);
	put("/libxl/3/xlite", VM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* What was read is written and read once more. */
		for (int pass = 0; pass < 2; pass++) {
			struct xlite_record record;

			if (!pass)
				put("/libxl/3/xlite/finished", cases[i].node);
			assert_int_equal(xlite_record_read(fake.store, &domid, 1, &record, &err), 0);
			assert_true(record.finished);
			assert_int_equal(record.ends.nr, cases[i].nr);
			assert_true(record.ends.built_s == cases[i].built_s);
			assert_int_equal(record.waits, cases[i].waits);
			assert_int_equal(record.asked, cases[i].asked);
			assert_int_equal(record.again, cases[i].again);
			assert_int_equal(record.off, cases[i].off);
			assert_int_equal(record.stopped, cases[i].stopped);
			assert_int_equal(record.begun != NULL, cases[i].begun != NULL);
			if (cases[i].begun)
				assert_string_equal(record.begun, cases[i].begun);
			xlite_record_finish(batch, domid, &record);
			commit(&fake, batch);
			xlite_record_clear(&record);
		}
	}
	xlite_store_batch_free(batch);
	fake_clear(&fake);
#undef VM
}

/* Beyond what the command takes: the first line remains one that can be read. */
static void records_of_any_set(void **state)
{
	static const struct {
		size_t len;
		bool kept;
	} cases[] = { { 1, true }, { 63, true }, { 1980, true }, { 1981, false }, { 2010, false }, { 5000, false } };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct xlite_record back;
	uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, answer_store);
	for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		bool whole = i < sizeof(cases) / sizeof(cases[0]), kept = whole && cases[i].kept;
		char *set = whole ? long_text(cases[i].len) : strdup("a\nb");
		struct xlite_record record = { .set = set, .spec = long_text(4100), .uuid = "3e5b2b70-0a4a-452b-a227-f452af80a8f3" };

		xlite_record_write(batch, domid, &record);
		commit(&fake, batch);
		assert_int_equal(xlite_record_read(fake.store, &domid, 1, &back, &err), 0);
		assert_string_equal(back.spec, record.spec);
		assert_int_equal(back.set != NULL, kept);
		if (kept)
			assert_string_equal(back.set, set);
		xlite_record_clear(&back);
		free(record.spec);
		free(set);
	}
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

static void records_that_are_damaged(void **state)
{
#define UUID "3e5b2b70-0a4a-452b-a227-f452af80a8f3"
	static const struct {
		const char *node;
		unsigned expect;
		const char *spec, *set;
	} cases[] = {
		{ "1 " UUID " 0000\nname: a\n", 1, "name: a\n", NULL }, { "1 " UUID " 0000 x\n", 1, "", "x" },
		{ "1 " UUID " 0001\nzero", 1, NULL, NULL }, { "2 whatever comes\n", 2, NULL, NULL },
		{ "1 " UUID " x\nzero", 1, NULL, NULL }, { "1 " UUID " 1025\nzero", 1, NULL, NULL },
		{ "1 " UUID " -1\nzero", 1, NULL, NULL }, { "1 " UUID " \nzero", 1, NULL, NULL },
		{ "1 " UUID " 0", 0, NULL, NULL }, { "1 " UUID "0 0\nzero", 1, NULL, NULL }, { "1 short 0\nzero", 1, NULL, NULL },
		{ "1\nzero", 1, NULL, NULL }, { "\n", 0, NULL, NULL }, { "", 0, NULL, NULL }, { "x\n", 0, NULL, NULL },
		{ "1x " UUID " 0\n", 0, NULL, NULL }, { "0 " UUID " 0\n", 0, NULL, NULL }, { "99999999999999999999 \n", 0, NULL, NULL },
	};
	const uint32_t domid = 3;
	struct fake fake;

	fake_init(&fake, answer_store);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct xlite_record record;

		put("/libxl/3/xlite", cases[i].node);
		assert_int_equal(xlite_record_read(fake.store, &domid, 1, &record, &err), 0);
		assert_int_equal(record.format, cases[i].expect);
		assert_int_equal(record.spec != NULL, cases[i].spec != NULL);
		if (cases[i].spec) {
			assert_string_equal(record.spec, cases[i].spec);
			assert_string_equal(record.uuid, UUID);
		}
		assert_int_equal(cases[i].set != NULL, record.set && record.spec);
		if (cases[i].set)
			assert_string_equal(record.set, cases[i].set);
		assert_false(record.finished);
		xlite_record_clear(&record);
	}
	fake_clear(&fake);
}

static void uuids(void **state)
{
	static const char *const bad[] = {
		"", "3e5b2b70-0a4a-452b-a227-f452af80a8f", "3e5b2b70-0a4a-452b-a227-f452af80a8f33",
		"3e5b2b700a4a-452b-a227-f452af80a8f3", "3e5b2b70-0a4a-452b-a227-f452af80a8g3", "3e5b2b70 0a4a-452b-a227-f452af80a8f3",
	};
	uint8_t uuid[16];
	char text[37];

	assert_int_equal(xlite_uuid_parse("3E5B2B70-0a4a-452b-A227-f452af80a8f3", uuid), 0);
	assert_memory_equal(uuid, domain.uuid, 16);
	xlite_uuid_text(uuid, text);
	assert_string_equal(text, "3e5b2b70-0a4a-452b-a227-f452af80a8f3");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xlite_uuid_parse(bad[i], uuid), -EINVAL);
}

static void names_of_disks(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {
		{ "xvda", 51712 }, { "xvdb", 51728 }, { "xvda1", 51713 }, { "xvdp", 51952 }, { "xvdp15", 51967 },
		{ "xvdq", 0x10001000 }, { "xvda16", 0x10000010 }, { "xvdz", 0x10001900 }, { "xvdaa", 0x10001a00 },
		{ "xvdab255", 0x10001bff }, { "hda", 768 }, { "hdb", 832 }, { "hdc", 5632 }, { "hdd63", 5759 }, { "hda1", 769 },
		{ "sda", 2048 }, { "sdp15", 2303 }, { "sdb1", 2065 }, { "xvdbgqcv", 0x1fffff00 },
	};
	static const char *const bad[] = {
		"", "x", "xvd", "xvd1", "xvda0", "xvda01", "xvda256", "xvda1p2", "xvdA", "hde", "hda64", "sdq", "sda16",
		"vda", "xvdbgqcw", "xvdzzzzzzzzzzzzzzzz", "xvda99999999999", "xvda ", " xvda", "/dev/xvda", "d0p1",
	};
	char name[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(xlite_vdev_number(cases[i].name), cases[i].number);
		assert_int_equal(xlite_vdev_name((unsigned)cases[i].number, name, sizeof(name)), 0);
		assert_string_equal(name, cases[i].name);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(xlite_vdev_number(bad[i]), -EINVAL);
	/* Forth and back for all there are, a step at a time. */
	for (unsigned n = 1u << 28; n < 1u << 29; n += 4099) {
		unsigned disk = n >> 8 & 0xfffff, partition = n & 255;

		assert_int_equal(xlite_vdev_name(n, name, sizeof(name)), 0);
		if (disk > 15 || partition > 15)
			assert_int_equal(xlite_vdev_number(name), n);
	}
	assert_int_equal(xlite_vdev_name(0, name, sizeof(name)), -EINVAL);
	assert_int_equal(xlite_vdev_name(3 << 8 | 128, name, sizeof(name)), -EINVAL);
	assert_int_equal(xlite_vdev_name(1u << 29, name, sizeof(name)), -EINVAL);
	assert_int_equal(xlite_vdev_name(0xffffffff, name, sizeof(name)), -EINVAL);
	assert_int_equal(xlite_vdev_name(51713, name, 5), -ENOSPC);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, clear_all, clear_all)
	const struct CMUnitTest tests[] = {
		CASE(nodes_of_a_domain), CASE(nodes_of_a_vif), CASE(nodes_of_a_vbd_xsa_142), CASE(lists_of_devices), CASE(everything_goes),
		CASE(sweep_takes_only_what_is_empty), CASE(sweep_takes_errors_of_nobody), CASE(records_of_any_length), CASE(records_of_ends), CASE(records_of_any_set),
		CASE(records_that_are_damaged),
		CASE(uuids), CASE(names_of_disks),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
