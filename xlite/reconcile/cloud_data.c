/* SPDX-License-Identifier: GPL-2.0-or-later
 * The texts of cloud-init's data source NoCloud, as JSON, which it reads as the YAML that it is. What they may say is
 * in cloud-init's documentation, "NoCloud" and "Networking config Version 2".
 */
#include "xlite/reconcile/cloud_data.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cfg/cfg.h"
#include "cfg/range.h"
#include "common/auto.h"
#include "common/mac.h"
#include "common/utf8.h"
#include "xlite/lib/layout.h"
#include "xlite/reconcile/announce.h"

/* Whatever the path names: a pipe would wait for its writer. */
static int read_file(const char *key, const char *path, struct buf *out, struct xlite_error *err)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st))
		return xlite_error_sys(err, -errno, "cloud_init: %s: %s", key, path);
	if (!S_ISREG(st.st_mode))
		return xlite_error_set(err, -EINVAL, "cloud_init: %s: %s is not a file", key, path);
	rc = buf_read(out, fd, CLOUD_FILE_MAX + 1);
	if (rc)
		return xlite_error_sys(err, rc, "cloud_init: %s: %s", key, path);
	if (out->len > CLOUD_FILE_MAX)
		return xlite_error_set(err, -EFBIG, "cloud_init: %s: %s has more than 1 MiB", key, path);
	return 0;
}

/* As sshd knows them; options may stand before. */
static bool is_key(const char *line)
{
	static const char *const kinds[] = {
		"ssh-ed25519 ", "ssh-rsa ", "ssh-dss ", "ecdsa-sha2-", "sk-ssh-ed25519@openssh.com ", "sk-ecdsa-sha2-"
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *at = strstr(line, kinds[i]);

		if (at && (at == line || at[-1] == ' ') && strstr(at, " AAAA"))
			return true;
	}
	return false;
}

static int take_key(json_t *keys, char *line, const char *path, unsigned number, struct xlite_error *err)
{
	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (!utf8_valid(line, strlen(line)) || !is_key(line)) {
		xlite_error_set(err, -EINVAL, "cloud_init: ssh_keys: %s:%u: is not a public key for ssh", path, number);
		if (strstr(line, "PRIVATE KEY"))
			xlite_error_hint(err, "it is a private key; the public one is in %s.pub", path);
		return -EINVAL;
	}
	return json_array_append_new(keys, json_string(line)) ? -ENOMEM : 0;
}

static int take_keys(json_t *keys, const char *path, struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;
	size_t before = json_array_size(keys);
	unsigned number = 0;
	int rc = read_file("ssh_keys", path, &text, err);
	char *next = rc || text.failed ? NULL : text.data, *line;

	if (!rc && text.failed)
		return -ENOMEM;
	if (!rc && text.len && strlen(text.data) != text.len)
		return xlite_error_set(err, -EINVAL, "cloud_init: ssh_keys: %s is not a text", path);
	while (!rc && (line = strsep(&next, "\n")))
		rc = take_key(keys, line, path, ++number, err);
	if (!rc && json_array_size(keys) == before)
		rc = xlite_error_set(err, -EINVAL, "cloud_init: ssh_keys: %s has no key", path);
	return rc;
}

/* Takes over root. */
static int put_json(json_t *root, struct buf *out)
{
	char *text = json_dumps(root, JSON_INDENT(1));

	json_decref(root);
	if (!text)
		return -ENOMEM;
	buf_printf(out, "%s\n", text);
	free(text);
	return out->failed ? -ENOMEM : 0;
}

static int told(int rc, struct xlite_error *err)
{
	return rc == -ENOMEM ? xlite_error_set(err, rc, "out of memory") : rc;
}

/* A running domain may have been given a name by another tool that is none for a host: its guest keeps its own. */
static const char *host_name(const struct cfg_domain *domain)
{
	if (domain->cloud_init.hostname)
		return domain->cloud_init.hostname;
	return cfg_is_host_name(domain->name) ? domain->name : NULL;
}

int cloud_meta_data(const struct cfg_domain *domain, struct buf *out, struct xlite_error *err)
{
	const struct cfg_cloud_init *cloud = &domain->cloud_init;
	json_t *root, *keys = json_array();
	char uuid[37];
	int rc = keys ? 0 : -ENOMEM;

	xlite_uuid_text(domain->uuid, uuid);
	for (size_t i = 0; i < cloud->ssh_keys.nr && !rc; i++)
		rc = take_keys(keys, cloud->ssh_keys.items[i], err);
	root = json_pack("{ss,ss*}", "instance-id", uuid, "local-hostname", host_name(domain));
	if (!rc && (!root || (json_array_size(keys) && json_object_set(root, "public-keys", keys))))
		rc = -ENOMEM;
	json_decref(keys);
	if (rc)
		json_decref(root);
	else
		rc = put_json(root, out);
	return told(rc, err);
}

/* What cloud-init goes by (doc/rtd/explanation/format.rst): the first bytes. */
int cloud_user_data(const char *key, const char *path, struct buf *out, struct xlite_error *err)
{
	static const char *const forms[] = { "#!", "#cloud-", "#include", "#part-handler", "#upstart-job", "## template: jinja",
					     "#template: jinja", "Content-Type:", "MIME-Version:", "From ", "\x1f\x8b" };
	size_t start = out->len;
	int rc = read_file(key, path, out, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (out->len - start >= strlen(forms[i]) && !strncasecmp(out->data + start, forms[i], strlen(forms[i])))
			return 0;
	}
	xlite_error_set(err, -EINVAL, "cloud_init: %s: cloud-init would not know what %s is", key, path);
	xlite_error_hint(err, "its first line says so: `#cloud-config' for YAML, `#!/bin/sh' for a script");
	return -EINVAL;
}

static void range_text(const struct cfg_range *range, bool bits, char text[INET6_ADDRSTRLEN + 8])
{
	inet_ntop(range->family, range->address, text, INET6_ADDRSTRLEN);
	if (bits)
		snprintf(text + strlen(text), 8, "/%u", range->bits);
}

static int add_address(json_t *addresses, const struct cfg_vif *vif, size_t index, const struct cfg_network *network,
		       const char *ip, struct cfg_range *range, struct xlite_error *err)
{
	char text[INET6_ADDRSTRLEN + 8];

	if (cfg_range_read(ip, range))
		return xlite_error_set(err, -EINVAL, "vif %zu: ip: %s is not an address", index, ip);
	/* What is routed to a vif is that one address. */
	if (!announce_prefix(network, range) && vif->kind != CFG_VIF_ROUTE)
		return announce_no_prefix(vif, index, "cloud_init", err);
	range_text(range, true, text);
	/* With the subnet that follows from it. */
	cfg_range_read(text, range);
	return json_array_append_new(addresses, json_string(text)) ? -ENOMEM : 0;
}

static bool is_link_local(const struct cfg_range *range)
{
	return range->family == AF_INET6 && range->address[0] == 0xfe && (range->address[1] & 0xc0) == 0x80;
}

static bool is_reached(const struct cfg_range *gateway, const struct cfg_range *addresses, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (cfg_range_holds(&addresses[i], gateway))
			return true;
	}
	return is_link_local(gateway);
}

/* A router that no address has in its subnet; what is written for this goes no further than netplan with cloud-init 22.4. */
static int add_far_router(json_t *ethernet, const char *via, bool v6)
{
	json_t *routes = json_object_get(ethernet, "routes");

	if (!routes && json_object_set_new(ethernet, "routes", routes = json_array()))
		return -ENOMEM;
	return json_array_append_new(routes,
				     json_pack("{ss,ss,sb}", "to", v6 ? "::/0" : "0.0.0.0/0", "via", via, "on-link", 1))
		       ? -ENOMEM
		       : 0;
}

/* Of one family. gateway4 and gateway6 are older than routes, and cloud-init 22.4 makes ::/64 of a route to ::/0. */
static int add_router(json_t *ethernet, const char *text, bool always, const struct cfg_range *addresses, size_t nr)
{
	char via[INET6_ADDRSTRLEN + 8];
	struct cfg_range gateway;
	bool v6;

	if (cfg_range_read(text, &gateway))
		return 0;
	v6 = gateway.family == AF_INET6;
	range_text(&gateway, false, via);
	if (is_reached(&gateway, addresses, nr))
		return json_object_set_new(ethernet, v6 ? "gateway6" : "gateway4", json_string(via)) ? -ENOMEM : 0;
	return always ? add_far_router(ethernet, via, v6) : 0;
}

/* The network's only where an address of the vif is beside it. */
static int add_routers(json_t *ethernet, const struct cfg_vif *vif, const struct cfg_network *network,
		       const struct cfg_range *addresses)
{
	bool own = vif->gateway.nr || !network || network->mode != CFG_VIF_NAT;
	const struct cfg_strings *gateways = own ? &vif->gateway : &network->gateway;
	int rc = 0;

	for (size_t i = 0; i < gateways->nr && !rc; i++)
		rc = add_router(ethernet, gateways->items[i], own, addresses, vif->ip.nr);
	return rc;
}

static json_t *texts(const struct cfg_strings *strings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < strings->nr; i++) {
		if (json_array_append_new(list, json_string(strings->items[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The interface's keys that hold for all of the domain: its DNS. */
static int add_dns(json_t *ethernet, const struct cfg_cloud_init *cloud)
{
	json_t *dns;

	if (!cloud->nameservers.nr && !cloud->search.nr)
		return 0;
	dns = json_pack("{so,so}", "addresses", texts(&cloud->nameservers), "search", texts(&cloud->search));
	return json_object_set_new(ethernet, "nameservers", dns) ? -ENOMEM : 0;
}

static int add_addresses(json_t *ethernet, const struct cfg_vif *vif, size_t index, const struct cfg_network *network,
			 struct xlite_error *err)
{
	auto_free struct cfg_range *ranges = calloc(vif->ip.nr + 1, sizeof(*ranges));
	json_t *addresses = json_array();
	int rc = ranges && addresses ? 0 : -ENOMEM;

	for (size_t i = 0; i < vif->ip.nr && !rc; i++)
		rc = add_address(addresses, vif, index, network, vif->ip.items[i], &ranges[i], err);
	if (!rc && json_object_set(ethernet, "addresses", addresses))
		rc = -ENOMEM;
	if (!rc)
		rc = add_routers(ethernet, vif, network, ranges);
	json_decref(addresses);
	return rc;
}

static int add_vif(json_t *ethernets, const struct cfg_domain *domain, size_t index, const struct state *state,
		   struct xlite_error *err)
{
	const struct cfg_vif *vif = &domain->vifs[index];
	char name[24], mac[MAC_TEXT];
	json_t *ethernet;
	int rc = 0;

	snprintf(name, sizeof(name), "eth%zu", index);
	mac_text(vif->mac, mac);
	ethernet = json_pack("{s{ss},ss}", "match", "macaddress", mac, "set-name", name);
	if (!ethernet)
		return -ENOMEM;
	if (vif->mtu && json_object_set_new(ethernet, "mtu", json_integer(vif->mtu)))
		rc = -ENOMEM;
	if (!rc && !vif->ip.nr && json_object_set_new(ethernet, "dhcp4", json_true()))
		rc = -ENOMEM;
	if (!rc && vif->ip.nr)
		rc = add_addresses(ethernet, vif, index, announce_network(state, vif), err);
	if (!rc)
		rc = add_dns(ethernet, &domain->cloud_init);
	if (!rc && json_object_set(ethernets, name, ethernet))
		rc = -ENOMEM;
	json_decref(ethernet);
	return rc;
}

int cloud_network_config(const struct cfg_domain *domain, const struct state *state, struct buf *out, struct xlite_error *err)
{
	json_t *ethernets = json_object(), *root;
	int rc = ethernets ? 0 : -ENOMEM;

	for (size_t i = 0; i < domain->nr_vifs && !rc; i++)
		rc = add_vif(ethernets, domain, i, state, err);
	root = rc ? NULL : json_pack("{si,sO}", "version", 2, "ethernets", ethernets);
	json_decref(ethernets);
	if (!rc)
		rc = root ? put_json(root, out) : -ENOMEM;
	return told(rc, err);
}
