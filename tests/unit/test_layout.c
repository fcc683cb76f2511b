/* SPDX-License-Identifier: GPL-2.0-or-later
 * The layout of nodes, message by message; names of disks.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/fake_nodes.h"
#include "xlite/lib/layout.h"

static struct xlite_error err;

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

	fake_init(&fake, fake_nodes_answer);
	xlite_layout_domain(batch, &domain);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(buf_str(&fake_nodes_history),
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
	buf_clear(&fake_nodes_history);
	domain.store_port = 1;
	domain.store_gfn = 1044476;
	domain.console_port = 2;
	domain.console_gfn = 1044479;
	xlite_layout_rings(batch, &domain);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(buf_str(&fake_nodes_history),
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
		.at = { .domid = 3, .kind = XLITE_DEVICE_VIF, .devid = 1 },
		.mac = { 0, 0x16, 0x3e, 0, 0xab, 1 },
		.bridge = "xenbr0",
		.ip = "192.0.2.1",
		.script = "/s",
		.rate = "1000,50000",
		.mtu = 1500,
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	xlite_layout_vif(batch, &vif);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(buf_str(&fake_nodes_history),
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
		.at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 51712 },
		.vdev = "xvda",
		.params = "/a b.img",
		.device_path = "/dev/loop10",
		.major = 7,
		.minor = 10,
		.readonly = true,
	};
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	xlite_layout_vbd(batch, &vbd);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(buf_str(&fake_nodes_history),
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
	buf_clear(&fake_nodes_history);
	/* Left to a script: no device yet, and the mode is still there (XSA-142). */
	vbd = (struct xlite_layout_vbd){
		.at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 832 },
		.vdev = "hdb",
		.params = "x",
		.script = "/s",
		.readonly = true,
		.cdrom = true,
		.removable = true,
		.discard = true,
	};
	xlite_layout_vbd(batch, &vbd);
	fake_nodes_commit(&fake, batch);
	assert_null(strstr(buf_str(&fake_nodes_history), "physical-device"));
	assert_null(strstr(buf_str(&fake_nodes_history), "hotplug-status"));
	assert_null(strstr(buf_str(&fake_nodes_history), "discard-enable"));
	assert_non_null(strstr(buf_str(&fake_nodes_history), "/local/domain/0/backend/vbd/3/832/script = /s\n"));
	assert_non_null(strstr(buf_str(&fake_nodes_history), "/local/domain/0/backend/vbd/3/832/mode = r\n"));
	assert_non_null(strstr(buf_str(&fake_nodes_history), "/local/domain/0/backend/vbd/3/832/removable = 1\n"));
	assert_non_null(strstr(buf_str(&fake_nodes_history), "/local/domain/3/device/vbd/832/device-type = cdrom\n"));
	buf_clear(&fake_nodes_history);
	vbd = (struct xlite_layout_vbd){ .at = { .domid = 3, .kind = XLITE_DEVICE_QDISK, .devid = 51712 },
					 .vdev = "xvda",
					 .params = "qcow2:/a" };
	xlite_layout_vbd(batch, &vbd);
	xlite_layout_close_device(batch, &vbd.at);
	xlite_layout_remove_device(batch, &vbd.at);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(strstr(buf_str(&fake_nodes_history), "write /libxl/3/device/vbd/51712/frontend"),
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
	struct xlite_layout_vbd vbd = { .at = { .domid = 3, .kind = XLITE_DEVICE_VBD, .devid = 51712 },
					.vdev = "xvda",
					.params = "/a" };
	struct xlite_record record = { .spec = (char *)"name: t2\n" };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	fake_nodes_put("/local/domain/0/backend", "");
	fake_nodes_put("/local/domain/0/name", "Domain-0");
	fake_nodes_put("/local/domain/30/name", "other");
	fake_nodes_put("/libxl/30/type", "pvh");
	xlite_record_write(batch, 3, &record);
	xlite_layout_domain(batch, &domain);
	xlite_layout_vif(batch, &vif);
	xlite_layout_vbd(batch, &vbd);
	fake_nodes_commit(&fake, batch);
	buf_clear(&fake_nodes_history);
	xlite_layout_close_device(batch, &vbd.at);
	xlite_layout_remove_device(batch, &vbd.at);
	fake_nodes_commit(&fake, batch);
	assert_string_equal(buf_str(&fake_nodes_history),
		"write /local/domain/0/backend/vbd/3/51712/online = 0\n"
		"write /local/domain/0/backend/vbd/3/51712/state = 5\n"
		"rm /local/domain/3/device/vbd/51712\n"
		"rm /local/domain/0/backend/vbd/3/51712\n"
		"rm /libxl/3/device/vbd/51712\n");
	for (size_t i = 0; i < fake_nodes_nr; i++)
		assert_null(strstr(fake_nodes[i].path, "51712"));
	xlite_layout_remove(batch, 3, XLITE_DOM0, domain.uuid);
	fake_nodes_commit(&fake, batch);
	assert_int_equal(fake_nodes_nr, 4);
	xlite_store_batch_free(batch);
	fake_clear(&fake);
}

/* What the kernel wrote of domains that are there stays. */
static void sweep_takes_errors_of_nobody(void **state)
{
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	fake_nodes_put("/local/domain/9", "");
	fake_nodes_put("/local/domain/0/error", "");
	fake_nodes_put("/local/domain/0/error/backend", "");
	fake_nodes_put("/local/domain/0/error/backend/vif", "");
	fake_nodes_put("/local/domain/0/error/backend/vif/8", "");
	fake_nodes_put("/local/domain/0/error/backend/vif/9", "");
	fake_nodes_put("/local/domain/0/error/backend/vif/10", "");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&fake_nodes_history),
			    "rm /local/domain/0/error/backend/vif/8\nrm /local/domain/0/error/backend/vif/10\n");
	buf_clear(&fake_nodes_history);
	fake_nodes_drop("/local/domain/9");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&fake_nodes_history),
			    "rm /local/domain/0/error/backend/vif/9\nrm /local/domain/0/error/backend/vif\n"
			    "rm /local/domain/0/error/backend\nrm /local/domain/0/error\n");
	fake_clear(&fake);
}

static void sweep_takes_only_what_is_empty(void **state)
{
	struct fake fake;

	fake_init(&fake, fake_nodes_answer);
	fake_nodes_put("/local/domain/0/backend", "");
	fake_nodes_put("/local/domain/0/backend/vif", "");
	fake_nodes_put("/local/domain/0/backend/vbd", "");
	fake_nodes_put("/local/domain/0/backend/vbd/9", "");
	fake_nodes_put("/vm", "");
	fake_nodes_put("/libxl", "");
	fake_nodes_put("/libxl/9", "");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&fake_nodes_history), "rm /local/domain/0/backend/vif\nrm /vm\n");
	buf_clear(&fake_nodes_history);
	fake_nodes_drop("/local/domain/0/backend/vbd/9");
	fake_nodes_drop("/libxl/9");
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&fake_nodes_history),
		"rm /local/domain/0/backend/vbd\nrm /local/domain/0/backend\nrm /libxl\n");
	buf_clear(&fake_nodes_history);
	assert_int_equal(xlite_layout_sweep(fake.store, clock_deadline_ms(1000), &err), 0);
	assert_string_equal(buf_str(&fake_nodes_history), "");
	fake_clear(&fake);
	assert_int_equal(fake.starts, 3);
	assert_int_equal(fake.ends, 2);
	assert_int_equal(fake.aborts, 1);
}

static void uuids(void **state)
{
	static const char *const bad[] = {
		"", "3e5b2b70-0a4a-452b-a227-f452af80a8f", "3e5b2b70-0a4a-452b-a227-f452af80a8f33",
		"3e5b2b700a4a-452b-a227-f452af80a8f3", "3e5b2b70-0a4a-452b-a227-f452af80a8g3",
		"3e5b2b70 0a4a-452b-a227-f452af80a8f3",
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
#define CASE(name) cmocka_unit_test_setup_teardown(name, fake_nodes_clear, fake_nodes_clear)
	const struct CMUnitTest tests[] = {
		CASE(nodes_of_a_domain),
		CASE(nodes_of_a_vif),
		CASE(nodes_of_a_vbd_xsa_142),
		CASE(lists_of_devices),
		CASE(everything_goes),
		CASE(sweep_takes_only_what_is_empty),
		CASE(sweep_takes_errors_of_nobody),
		CASE(uuids),
		CASE(names_of_disks),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
