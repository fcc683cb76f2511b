/* SPDX-License-Identifier: GPL-2.0-or-later
 * What of QEMU's disks needs no QEMU: sources of NBD taken apart, servers that greet or do not, the heads of qcow2
 * images, and a QEMU that never stops talking. The rest is tests/lab/qdisk.bats.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/nbd.h"
#include "hotplug/qcow2.h"
#include "hotplug/qmp.h"

static void test_parse(void **state)
{
	static const struct {
		const char *source, *host, *port, *path, *export;
	} good[] = {
		{ "nbd://h", "h", "10809", "", "" },
		{ "nbd://h/", "h", "10809", "", "" },
		{ "nbd://10.0.0.1:1/a/b", "10.0.0.1", "1", "", "a/b" },
		{ "nbd://[fd77::1]:10810/x:y", "fd77::1", "10810", "", "x:y" },
		{ "nbd+unix:///?socket=/s", "", "", "/s", "" },
		{ "nbd+unix:///a/b?socket=/run/s", "", "", "/run/s", "a/b" },
	};
	/* The last has a socket's path of 112 bytes. */
	static const char *const bad[] = {
		"", "/a", "nbd:h:1", "nbd://", "nbd:///x", "nbd://h:/x", "nbd://[fd77::1/x", "nbd://h:123456789/x",
		"nbd+unix:///x",
		"nbd+unix:///x?socket=s", "nbd+unix:///x?socket=",
		"nbd+unix:///?socket=/012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
	};
	struct hotplug_nbd nbd;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct xlite_error err = { 0 };

		assert_int_equal(hotplug_nbd_parse(good[i].source, &nbd, &err), 0);
		assert_string_equal(nbd.host, good[i].host);
		assert_string_equal(nbd.port, good[i].port);
		assert_string_equal(nbd.path, good[i].path);
		assert_string_equal(nbd.export, good[i].export);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct xlite_error err = { 0 };

		assert_int_equal(hotplug_nbd_parse(bad[i], &nbd, &err), -EINVAL);
	}
}

/* A server in a process of its own that says text to one client, or nothing; *port becomes its port. */
static pid_t serve(const char *text, unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), client;
	pid_t pid;

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char byte;

		client = accept(fd, NULL, NULL);
		if (text && write(client, text, strlen(text)) < 0)
			_exit(1);
		/* The silent one waits until the client has lost patience. */
		if (!text && read(client, &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(fd);
	return pid;
}

static int check(const char *text, int64_t ms, struct xlite_error *err)
{
	char source[64];
	unsigned port;
	pid_t pid = serve(text, &port);
	int ret;

	snprintf(source, sizeof(source), "nbd://127.0.0.1:%u/x", port);
	ret = hotplug_nbd_check(source, clock_deadline_ms(ms), err);
	waitpid(pid, NULL, 0);
	return ret;
}

static void test_server(void **state)
{
	struct xlite_error err = { 0 };

	assert_int_equal(check("NBDMAGICIHAVEOPT", 10000, &err), 0);
	assert_int_equal(err.code, 0);
	assert_int_equal(check("SSH-2.0-x\r\n", 10000, &err), -EPROTO);
	assert_non_null(strstr(err.message, "the server there does not speak the NBD protocol"));
	assert_int_equal(check("NBD", 10000, &err), -EPROTO);
	assert_int_equal(check(NULL, 100, &err), -ETIMEDOUT);
	assert_int_equal(hotplug_nbd_check("nbd+unix:///?socket=/nowhere/s", clock_deadline_ms(1000), &err), -ENOENT);
	/* Names are QEMU's to look up. */
	assert_int_equal(hotplug_nbd_check("nbd://nowhere.invalid/x", clock_deadline_ms(1000), &err), 0);
}

/* Events that are there to be read at any time, and an answer behind them. */
static void test_chatter(void **state)
{
	static const char event[] = "{\"event\": \"STOP\"}\n", answer[] = "{\"return\": {}}\n";
	struct xlite_error err = { 0 };
	struct qmp qmp = QMP_INIT;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	qmp.fd = ends[0];
	for (int i = 0; i < 100; i++)
		assert_int_equal(send(ends[1], event, strlen(event), 0), strlen(event));
	assert_int_equal(send(ends[1], answer, strlen(answer), 0), strlen(answer));
	assert_int_equal(qmp_call(&qmp, "stop", NULL, -1, NULL, clock_now_ns() - 1, &err), -ETIMEDOUT);
	assert_int_equal(qmp_call(&qmp, "stop", NULL, -1, NULL, clock_deadline_ms(10000), &err), 0);
	qmp_close(&qmp);
	close(ends[1]);
}

/* A head of version 3 that is right. */
static void head_make(uint8_t head[104])
{
	uint32_t magic = htobe32(0x514649fb), version = htobe32(3), cluster_bits = htobe32(16), length = htobe32(104);
	uint64_t size = htobe64(1 << 20);

	memset(head, 0, 104);
	memcpy(head, &magic, 4);
	memcpy(head + 4, &version, 4);
	memcpy(head + 20, &cluster_bits, 4);
	memcpy(head + 24, &size, 8);
	memcpy(head + 100, &length, 4);
}

static int judge(const uint8_t *head, size_t len, uint64_t *bytes, struct xlite_error *err)
{
	auto_close int fd = memfd_create("image", MFD_CLOEXEC);

	assert_int_equal(write(fd, head, len), len);
	return qcow2_check(fd, "/img", bytes, err);
}

static void test_heads(void **state)
{
	/* One byte of a right head that is another. */
	static const struct {
		unsigned at;
		uint8_t byte;
		const char *message;
	} bad[] = {
		{ 0, 'X', "/img: format: qcow2 was said, but it is no qcow2 image" },
		{ 7, 1, "/img: the qcow2 image is of version 1; 2 and 3 are known" },
		{ 7, 4, "/img: the qcow2 image is of version 4; 2 and 3 are known" },
		{ 8, 1, "/img: the qcow2 image has a backing file, which is not taken from an image" },
		{ 15, 1, "/img: the qcow2 image has a backing file, which is not taken from an image" },
		{ 31, 1, "/img: the disk in the qcow2 image has 1048577 bytes, no multiple of 512" },
		{ 29, 0, "/img: the disk in the qcow2 image has 0 bytes, no multiple of 512" },
		{ 35, 2, "/img: the qcow2 image is encrypted, which is not supported" },
		{ 79, 2, "/img: the qcow2 image is marked as damaged" },
		{ 79, 4, "/img: the qcow2 image has a data file of its own, which is not taken from an image" },
	};
	uint8_t head[104];
	uint64_t bytes = 0;
	struct xlite_error err = { 0 };

	head_make(head);
	assert_int_equal(judge(head, sizeof(head), &bytes, &err), 0);
	assert_int_equal(bytes, 1 << 20);
	/* Dirty, of another compression, with subclusters: QEMU knows these. */
	head[79] = 1 | 8 | 16;
	assert_int_equal(judge(head, sizeof(head), &bytes, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		head_make(head);
		head[bad[i].at] = bad[i].byte;
		assert_int_equal(judge(head, sizeof(head), &bytes, &err), -EINVAL);
		assert_string_equal(err.message, bad[i].message);
	}
	/* A file of any shorter length is cut off, or none at all. */
	head_make(head);
	for (size_t len = 0; len < sizeof(head); len++)
		assert_int_equal(judge(head, len, &bytes, &err), -EINVAL);
	/* Version 2 is shorter, and has no such features. */
	head[7] = 2;
	head[79] = 4;
	assert_int_equal(judge(head, 72, &bytes, &err), 0);
	assert_int_equal(judge(head, 71, &bytes, &err), -EINVAL);
	assert_int_equal(judge(head, sizeof(head), &bytes, &err), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_chatter),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests_name("hotplug_qemu", tests, NULL, NULL);
}
