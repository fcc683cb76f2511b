/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a guest's cloud-init is told: the texts, what of the host's files is refused, and the image, as libarchive reads
 * it again. tests/lab/cloud_init.bats has the disk in a guest.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

#include "cfg/cfg.h"
#include "common/auto.h"
#include "xlite/reconcile/cloud_data.h"
#include "xlite/reconcile/cloud_iso.h"

#define NETWORKS \
	"kind: network\nname: lan0\nmode: nat\nsubnet: [10.77.0.0/24, \"fd77::/64\"]\n" \
	"---\nkind: network\nname: xenbr0\nsubnet: 192.0.2.0/28\ngateway: 192.0.2.1\n---\n"
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE anna@laptop"

static struct cfg_set *set;
static struct state_network known[2];
static struct state host;

/* A domain with these lines, on a host that has the networks. */
static const struct cfg_domain *domain_of(const char *lines)
{
	auto_buf struct buf text = BUF_INIT;
	struct cfg_network *const *networks;
	struct cfg_domain *const *domains;
	size_t nr;

	cfg_set_free(set);
	set = cfg_set_new();
	buf_printf(&text, NETWORKS "name: a\nmemory: 64MiB\nkernel: /k\n%s\n", lines);
	assert_int_equal(cfg_set_parse(set, "a.yaml", buf_str(&text), text.len), 0);
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 1);
	networks = cfg_set_networks(set, &host.nr_networks);
	host.networks = known;
	for (size_t i = 0; i < host.nr_networks; i++)
		known[i].spec = networks[i];
	return domains[0];
}

/* Without its spaces and line ends; in place. */
static const char *squeezed(struct buf *text)
{
	size_t kept = 0;

	for (size_t i = 0; i < text->len; i++) {
		if (!strchr(" \n", text->data[i]))
			text->data[kept++] = text->data[i];
	}
	text->data[kept] = '\0';
	return text->data;
}

/* The parts of network-config for ethN; "!TEXT": the error. */
static void network(const char *vifs, const char *wanted)
{
	auto_buf struct buf lines = BUF_INIT, out = BUF_INIT, all = BUF_INIT;
	struct xlite_error err = { 0 };
	int rc;

	buf_printf(&lines, "cloud_init: {nameservers: 192.0.2.53}\nvifs: [%s]", vifs);
	rc = cloud_network_config(domain_of(buf_str(&lines)), &host, &out, &err);
	assert_int_equal(rc, *wanted == '!' ? -EINVAL : 0);
	if (rc) {
		assert_string_equal(err.message, wanted + 1);
		return;
	}
	buf_printf(&all, "{\"version\":2,\"ethernets\":{%s}}", wanted);
	assert_string_equal(squeezed(&out), buf_str(&all));
}

#define ETH(n, mac, more) \
	"\"eth" #n "\":{\"match\":{\"macaddress\":\"00:16:3e:00:00:" #mac "\"},\"set-name\":\"eth" #n "\"," more \
	"\"nameservers\":{\"addresses\":[\"192.0.2.53\"],\"search\":[]}}"
#define MAC(n) "mac: '00:16:3e:00:00:" #n "'"

static void test_network(void **state)
{
	network("{bridge: xenbr0, " MAC(01) "}", ETH(0, 01, "\"dhcp4\":true,"));
	/* The network says how long prefixes are, and a nat network what the gateways are. */
	network("{nat: lan0, ip: [10.77.0.9, 'fd77::9'], " MAC(02) "}, {bridge: other, mtu: 9000, " MAC(03) "}",
		ETH(0, 02, "\"addresses\":[\"10.77.0.9/24\",\"fd77::9/64\"],\"gateway4\":\"10.77.0.1\",\"gateway6\":\"fd77::1\",") "," ETH(
			1, 03, "\"mtu\":9000,\"dhcp4\":true,"));
	network("{nat: lan0, ip: 10.77.0.9, gateway: 10.77.0.7, " MAC(04) "}",
		ETH(0, 04, "\"addresses\":[\"10.77.0.9/24\"],\"gateway4\":\"10.77.0.7\","));
	/* A bridge's address is the host's, and no gateway by itself. */
	network("{bridge: xenbr0, ip: 192.0.2.9, " MAC(05) "}", ETH(0, 05, "\"addresses\":[\"192.0.2.9/28\"],"));
	/* What is routed to a vif is one address; its router lies outside of it. */
	network("{route: eth0, ip: [198.51.100.9, 'fd00::9'], gateway: [192.0.2.1, 'fe80::1'], " MAC(06) "}",
		ETH(0, 06,
		    "\"addresses\":[\"198.51.100.9/32\",\"fd00::9/128\"],\"routes\":[{\"to\":\"0.0.0.0/0\",\"via\":\"192.0.2.1\",\"on-link\":true}],"
		    "\"gateway6\":\"fe80::1\","));
	network("{bridge: other, ip: 10.0.0.9/24, " MAC(07) "}, {bridge: other, ip: 10.0.0.8, " MAC(08) "}",
		"!vif 1 (bridge: other): cloud_init: the prefix length of its address is not known");
}

static char folder[] = "/tmp/test_cloud_init.XXXXXX";

/* A file of the test's folder with that content. */
static const char *file_of(const char *content, size_t len)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/file", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* meta-data, or the error, with that content in the one file of keys. */
static void keys(const char *content, const char *wanted)
{
	auto_buf struct buf lines = BUF_INIT, out = BUF_INIT, all = BUF_INIT;
	const char *path = file_of(content, strlen(content));
	struct xlite_error err = { 0 };
	const struct cfg_domain *domain;
	int rc;

	buf_printf(&lines, "cloud_init: {ssh_keys: %s}\nuuid: 6b1f4f7e-0000-4000-8000-00000000000a", path);
	domain = domain_of(buf_str(&lines));
	rc = cloud_meta_data(domain, &out, &err);
	if (*wanted == '!') {
		assert_int_equal(rc, -EINVAL);
		buf_printf(&all, "cloud_init: ssh_keys: %s%s", path, wanted + 1);
		assert_string_equal(err.message, buf_str(&all));
		return;
	}
	assert_int_equal(rc, 0);
	buf_printf(&all,
		   "{\"instance-id\":\"6b1f4f7e-0000-4000-8000-00000000000a\",\"local-hostname\":\"a\",\"public-keys\":[%s]}",
		   wanted);
	assert_string_equal(squeezed(&out), buf_str(&all));
}

static void test_keys(void **state)
{
	keys(KEY "\n", "\"ssh-ed25519AAAAC3NzaC1lZDI1NTE5AAAAIEanna@laptop\"");
	keys("# of anna\r\n\r\nrestrict,from=\"10.*\" ssh-rsa AAAAB3Nz\r\n  sk-ecdsa-sha2-nistp256@openssh.com AAAA1 \"b\"",
	     "\"restrict,from=\\\"10.*\\\"ssh-rsaAAAAB3Nz\",\"sk-ecdsa-sha2-nistp256@openssh.comAAAA1\\\"b\\\"\"");
	keys("", "! has no key");
	keys("# none\n", "! has no key");
	keys(KEY "\nhello\n", "!:2: is not a public key for ssh");
	keys("ssh-ed25519\n", "!:1: is not a public key for ssh");
	keys("ssh-rsa AAAA \xff\n", "!:1: is not a public key for ssh");
	keys("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n",
	     "!:1: is not a public key for ssh");
}

/* A record has the name that xl gave the domain meanwhile, whichever. */
static void test_names(void **state)
{
	static const char *const names[][2] = { { "b1.example.org", ",\"local-hostname\":\"b1.example.org\"" },
						{ "my_guest", "" },
						{ "a b", "" },
						{ "\xff", "" } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct cfg_domain *domain =
			cfg_domain_copy(domain_of("cloud_init: true\nuuid: 6b1f4f7e-0000-4000-8000-00000000000a"));
		auto_buf struct buf out = BUF_INIT, wanted = BUF_INIT;
		struct xlite_error err = { 0 };

		free(domain->name);
		domain->name = strdup(names[i][0]);
		assert_int_equal(cloud_meta_data(domain, &out, &err), 0);
		buf_printf(&wanted, "{\"instance-id\":\"6b1f4f7e-0000-4000-8000-00000000000a\"%s}", names[i][1]);
		assert_string_equal(squeezed(&out), buf_str(&wanted));
		cfg_domain_free(domain);
	}
}

static void user_data(const char *content, size_t len, int wanted)
{
	auto_buf struct buf out = BUF_INIT;
	struct xlite_error err = { 0 };

	assert_int_equal(cloud_user_data("user_data", file_of(content, len), &out, &err), wanted);
	if (!wanted)
		assert_true(out.len == len && !memcmp(out.data, content, len));
}

static void test_user_data(void **state)
{
	static char large[CLOUD_FILE_MAX + 1] = "#!/bin/sh\n";
	auto_buf struct buf out = BUF_INIT;
	struct xlite_error err = { 0 };

	user_data("#cloud-config\n{}\n", 17, 0);
	user_data("#!/bin/sh\n", 10, 0);
	user_data("Content-Type: multipart/mixed; boundary=x\n", 42, 0);
	user_data("\x1f\x8b\x08\0\0", 5, 0);
	user_data(large, CLOUD_FILE_MAX, 0);
	user_data(large, CLOUD_FILE_MAX + 1, -EFBIG);
	user_data("", 0, -EINVAL);
	user_data("hello: world\n", 13, -EINVAL);
	assert_int_equal(cloud_user_data("user_data", "/dev/zero", &out, &err), -EINVAL);
	assert_int_equal(cloud_user_data("vendor_data", "/nonexistent/x", &out, &err), -ENOENT);
	assert_string_equal(err.message, "cloud_init: vendor_data: /nonexistent/x: No such file or directory");
}

/* What libarchive reads is what was written; cloud-init finds the volume by this name, in either of both descriptors. */
static void test_image(void **state)
{
	static char large[100000];
	static const struct cloud_file files[] = { { "meta-data", "{}\n", 3 },
						   { "user-data", "", 0 },
						   { "network-config", large, sizeof(large) } };
	auto_buf struct buf image = BUF_INIT;
	struct xlite_error err = { 0 };
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	size_t found = 0;

	memset(large, 'x', sizeof(large));
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(cloud_iso(files, 3, folder, &image, &err), 0);
	assert_string_equal(getenv("TMPDIR"), "/nonexistent");
	assert_int_equal(image.len % 2048, 0);
	assert_memory_equal(image.data + 16 * 2048 + 1, "CD001", 5);
	assert_memory_equal(image.data + 16 * 2048 + 40, "CIDATA ", 7);
	assert_memory_equal(image.data + 17 * 2048 + 40, "\0c\0i\0d\0a\0t\0a", 12);
	assert_int_equal(archive_read_support_format_iso9660(archive), ARCHIVE_OK);
	assert_int_equal(archive_read_open_memory(archive, image.data, image.len), ARCHIVE_OK);
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		for (size_t i = 0; i < 3; i++) {
			static char data[sizeof(large)];

			if (strcmp(archive_entry_pathname(entry), files[i].name))
				continue;
			assert_int_equal(archive_entry_size(entry), files[i].len);
			assert_int_equal(archive_read_data(archive, data, sizeof(data)), files[i].len);
			assert_memory_equal(data, files[i].data, files[i].len);
			found |= 1u << i;
		}
	}
	assert_int_equal(found, 7);
	archive_read_free(archive);
}

static int end(void **state)
{
	char path[64];

	cfg_set_free(set);
	snprintf(path, sizeof(path), "%s/file", folder);
	unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network),   cmocka_unit_test(test_keys),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_user_data), cmocka_unit_test(test_image),
	};

	if (!mkdtemp(folder))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, end);
}
