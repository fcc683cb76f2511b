/* SPDX-License-Identifier: GPL-2.0-or-later
 * Values that stay text: names, paths, disk sources, device names, free text.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "cfg/cfg.h"
#include "cfg/keys.h"
#include "cfg/value_nbd.h"
#include "common/auto.h"
#include "common/utf8.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Only characters of set, the first a letter or digit. */
static bool is_word(const char *text, const char *set)
{
	return isalnum((unsigned char)*text) && !text[strspn(text, set)];
}

static int too_long(const struct cfg_key *key, const char *text, struct buf *why)
{
	return cfg_refuse(why, text, "is %zu bytes long; the limit is %llu", strlen(text), (unsigned long long)key->max);
}

bool cfg_is_name(const char *text)
{
	return is_word(text, ALNUM "_.+-") && strlen(text) <= 63;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && !strcmp(text + len - end_len, end);
}

/*
 * Why a domain cannot be called so; NULL if it can. xl and xapi know hardly any rule: what is left out could not be
 * typed or seen.
 */
static const char *domain_name_fault(const char *text)
{
	size_t len = strlen(text);
	uuid_t uuid;
	uint32_t c;

	if (!len)
		return "is not a name";
	if (*text == ' ' || text[len - 1] == ' ')
		return "begins or ends with a space";
	if (*text == '-')
		return "begins with `-`, as options do";
	if (strchr(text, '/'))
		return "holds a slash, as paths do";
	if (ends_with(text, ".yaml") || ends_with(text, ".yml"))
		return "ends as files of specs do: commands would take it for one";
	if (!text[strspn(text, "0123456789")])
		return "is a number: commands would take it for a domid";
	if (!uuid_parse(text, uuid))
		return "is a uuid: commands would take it for one";
	if (!strcasecmp(text, "Domain-0"))
		return "is the name of domain 0";
	for (size_t i = 0; i < len; ) {
		i += utf8_step(text + i, len - i, &c);
		if (utf8_is_control(c) || utf8_is_line_end(c) || utf8_is_direction(c) || utf8_is_space(c) ||
		    utf8_is_invisible(c))
			return "holds a character that cannot be seen";
	}
	return NULL;
}

bool cfg_is_domain_name(const char *text)
{
	return strlen(text) <= CFG_MAX_DOMAIN_NAME && utf8_valid(text, strlen(text)) && !domain_name_fault(text);
}

static int domain_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	const char *fault = domain_name_fault(text);

	if (fault)
		return cfg_refuse(why, text, "%s", fault);
	if (strlen(text) > CFG_MAX_DOMAIN_NAME)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

static int name_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!is_word(text, ALNUM "_.+-"))
		return cfg_refuse(why, text, "is not a name: letters, digits and _.+- after a letter or digit");
	if (key->max && strlen(text) > key->max)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

/* Empty text is the same as none. */
static int text_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (key->max && strlen(text) > key->max)
		return too_long(key, text, why);
	return *text ? cfg_store(field, text) : 0;
}

static int path_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (*text != '/')
		return cfg_refuse(why, text, "is not an absolute path: it must begin with /");
	if (text[strlen(text) - 1] == '/')
		return cfg_refuse(why, text, "is a folder, not a file");
	if (key->max && strlen(text) > key->max)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

#define SHA256_DIGITS 64
#define SHA512_DIGITS 128

static int sum_parse(const char *text, size_t digits, const char *name, void *field, struct buf *why)
{
	char lower[SHA512_DIGITS + 1];

	if (strlen(text) != digits || strspn(text, "0123456789abcdefABCDEF") != digits)
		return cfg_refuse(why, text, "is not a checksum of %s: %zu hexadecimal digits, as %ssum prints them",
				  name, digits, name);
	for (size_t i = 0; i <= digits; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	return cfg_store(field, lower);
}

static int sha256_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	return sum_parse(text, SHA256_DIGITS, "sha256", field, why);
}

static int sha512_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	return sum_parse(text, SHA512_DIGITS, "sha512", field, why);
}

/* Its form is another matter, since a script may take any: cfg_source_check. */
static int source_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!*text)
		return cfg_refuse(why, text, "names nothing");
	if (strlen(text) > key->max)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

/*
 * xl's files name how a disk is served before its path: "phy:", "tap:qcow2:". What is behind these prefixes; text
 * where there are none.
 */
static const char *behind_prefixes(const char *text)
{
	static const char *const prefixes[] = { "phy:", "file:", "tap:", "tap2:", "aio:", "raw:", "qcow:", "qcow2:", "vhd:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (!strncmp(text, prefixes[i], len))
			return behind_prefixes(text + len);
	}
	return text;
}

static int refuse_source(const char *text, struct buf *why)
{
	const char *path = behind_prefixes(text);

	if (path == text || !*path)
		return cfg_refuse(why, text, "is neither an absolute path nor LABEL=, UUID=, PARTUUID=, PARTLABEL= or nbd://");
	/* xl looks for what has no slash in front of it in /dev. */
	cfg_refuse(why, text, "is how xl writes it; here it is the path alone, ");
	if (*path != '/')
		buf_printf(why, "`/dev/%s`", path);
	else
		cfg_quote(why, path, strlen(path));
	if (strstr(text, "qcow2:"))
		buf_puts(why, ", with `format: qcow2`");
	return -EINVAL;
}

int cfg_source_check(const char *text, struct buf *why)
{
	static const char *const tags[] = { "LABEL=", "UUID=", "PARTUUID=", "PARTLABEL=" };

	if (*text == '/')
		return text[strlen(text) - 1] == '/' ? cfg_refuse(why, text, "is a folder, not a file") : 0;
	if (cfg_nbd_source(text))
		return cfg_nbd_check(text, why);
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (strncasecmp(text, tags[i], strlen(tags[i])))
			continue;
		if (strncmp(text, tags[i], strlen(tags[i])))
			return cfg_refuse(why, text, "must be written with `%s`", tags[i]);
		if (!text[strlen(tags[i])])
			return cfg_refuse(why, text, "lacks what comes after the `=`");
		if (strlen(text) > 255)
			return cfg_refuse(why, text, "is longer than a tag can be");
		return 0;
	}
	return refuse_source(text, why);
}

static int script_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (*text != '/' && !is_word(text, ALNUM "_.+-"))
		return cfg_refuse(why, text, "is neither an absolute path nor the name of a hotplug script");
	if (*text == '/' && text[strlen(text) - 1] == '/')
		return cfg_refuse(why, text, "is a folder, not a script");
	if (strlen(text) > 1023)
		return cfg_refuse(why, text, "is too long for the name of a script");
	return cfg_store(field, text);
}

/* What Linux takes for the name of a network device, without what would need escaping somewhere. */
static int ifname_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!is_word(text, ALNUM "_.+@-"))
		return cfg_refuse(why, text, "is not the name of a network device");
	if (strlen(text) > 15)
		return cfg_refuse(why, text, "is too long: names of network devices have up to 15 characters");
	if (!strcmp(text, "all") || !strcmp(text, "default"))
		return cfg_refuse(
			why, text,
			"stands for all network devices in the kernel's settings (net.ipv4.conf), and can be the name of none");
	return cfg_store(field, text);
}

/* Disk letters: a is 0, z is 25, aa is 26. Returns letters used, 0 if there are none or too many. */
static size_t disk_letters(const char *text, unsigned *disk)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz");

	if (!n || n > 2)
		return 0;
	*disk = n == 1 ? (unsigned)(*text - 'a') : (unsigned)((*text - 'a' + 1) * 26 + text[1] - 'a');
	return n;
}

static int vdev_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	/* As many disks and partitions as Xen's numbering of devices has room for. */
	static const struct { const char *prefix; unsigned disks, partitions; } buses[] = {
		{ "xvd", 702, 255 }, { "hd", 4, 63 }, { "sd", 16, 15 },
	};
	unsigned disk = 0;
	uint64_t partition = 0;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		const char *rest = text + strlen(buses[i].prefix);
		size_t n;

		if (strncmp(text, buses[i].prefix, strlen(buses[i].prefix)))
			continue;
		n = disk_letters(rest, &disk);
		rest += n;
		if (!n || disk >= buses[i].disks || (*rest && (cfg_decimal(rest, &partition) || !partition)) ||
		    partition > buses[i].partitions)
			break;
		return cfg_store(field, text);
	}
	return cfg_refuse(why, text, "is not a disk's name: xvda to xvdzz, hda to hdd or sda to sdp, with a partition "
			  "number or without");
}

bool cfg_is_host_name(const char *text)
{
	size_t len;

	if (strlen(text) > 253)
		return false;
	for (;; text++) {
		len = strspn(text, ALNUM "-");
		if (!len || len > 63 || *text == '-' || text[len - 1] == '-')
			return false;
		text += len;
		if (*text != '.')
			return !*text;
	}
}

static int host_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!cfg_is_host_name(text))
		return cfg_refuse(
			why, text,
			"is not the name of a host: letters, digits and hyphens, with dots between words of up to 63");
	return cfg_store(field, text);
}

static int pool_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	return strcmp(text, "Pool-0") ? name_parse(key, text, field, why) : 0;
}

/* Text that something is compared with: never empty. */
static int phrase_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!*text)
		return cfg_refuse(why, text, "is found everywhere");
	if (strlen(text) > key->max)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

/* Names between slashes, below a node that is not named. */
static int node_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	size_t len = strlen(text);

	if (!len || *text == '/' || text[len - 1] == '/' || strstr(text, "//") || text[strspn(text, ALNUM "_@/-")])
		return cfg_refuse(why, text, "is not a node below the domain's own, such as data/ready");
	if (len > key->max)
		return too_long(key, text, why);
	return cfg_store(field, text);
}

static int label_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (strlen(text) > 255)
		return cfg_refuse(why, text, "is longer than 255 bytes");
	return cfg_store(field, text);
}

static int label_name_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!is_word(text, ALNUM "_./-"))
		return cfg_refuse(why, text, "is not a label's name: letters, digits and _./- after a letter or digit");
	if (strlen(text) > 63)
		return cfg_refuse(why, text, "is longer than 63 bytes");
	return cfg_store(field, text);
}

#define TEXT(v) \
	.json = CFG_JSON_STRING, .size = sizeof(char *), .text = true, .parse = v##_parse, .format = cfg_format_text

const struct cfg_value cfg_value_name = {
	.name = "NAME", .takes = "a name", .pattern = "^[A-Za-z0-9][A-Za-z0-9_.+-]{0,62}$", TEXT(name),
	.detail = "Up to 63 letters, digits and _.+-, the first a letter or digit.",
};
const struct cfg_value cfg_value_domain = {
	.name = "NAME",
	.takes = "a name",
	TEXT(domain),
	.pattern =
		"^(?!([0-9]+|Domain-0|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|.*\\.ya?ml)$)(?![- ])[^/\\x00-\\x1f\\x7f]*[^/ \\x00-\\x1f\\x7f]$",
	.detail =
		"Text of up to 200 bytes without slashes, neither a number nor a uuid, nor ending in .yaml; spaces and letters of any script can be used.",
};
const struct cfg_value cfg_value_text = { .name = "TEXT", .takes = "text", TEXT(text) };
const struct cfg_value cfg_value_path = {
	.name = "PATH", .takes = "an absolute path", .pattern = "^/(.*[^/])?$", TEXT(path),
	.detail = "An absolute path on the host.",
};
const struct cfg_value cfg_value_source = {
	.name = "SOURCE",
	.takes = "a path, LABEL=, UUID=, PARTUUID= or PARTLABEL= and a value, or nbd://HOST/EXPORT",
	TEXT(source),
	.pattern =
		"^(/(.*[^/])?|(LABEL|UUID|PARTUUID|PARTLABEL)=.+|nbd://[^/?:%# ].*|nbd\\+unix:///[^?%# ]*\\?socket=/.+)$",
	.detail =
		"An absolute path of a file or block device; LABEL=, UUID=, PARTUUID= or PARTLABEL= and a value; or an "
		"export of an NBD server, nbd://HOST[:PORT][/EXPORT] or nbd+unix:///[EXPORT]?socket=PATH. With a script it is whatever that script takes.",
};
const struct cfg_value cfg_value_script = {
	.name = "SCRIPT", .takes = "a hotplug script: a path, or a name in /etc/xen/scripts", TEXT(script),
	.pattern = "^(/(.*[^/])?|[A-Za-z0-9][A-Za-z0-9_.+-]*)$",
	.detail = "An absolute path, or a name in /etc/xen/scripts.",
};
const struct cfg_value cfg_value_ifname = {
	.name = "DEVICE", .takes = "the name of a network device", .pattern = "^[A-Za-z0-9][A-Za-z0-9_.+@-]{0,14}$",
	TEXT(ifname), .detail = "The name of a network device of the host.",
};
const struct cfg_value cfg_value_vdev = {
	.name = "VDEV", .takes = "a disk's name such as xvda", TEXT(vdev),
	.pattern = "^(xvd[a-z]{1,2}|hd[a-d]|sd[a-p])([1-9][0-9]{0,2})?$",
	.detail = "xvda to xvdzz, hda to hdd or sda to sdp, with a partition number or without.",
};
const struct cfg_value cfg_value_host = {
	.name = "HOST", .takes = "the name of a host", TEXT(host),
	.pattern = "^(?!.{254})[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
	.detail = "Letters, digits and hyphens, with dots between words.",
};
const struct cfg_value cfg_value_pool = {
	.name = "POOL", .takes = "a name", .pattern = "^[A-Za-z0-9][A-Za-z0-9_.+-]{0,62}$", TEXT(pool),
};
const struct cfg_value cfg_value_phrase = { .name = "TEXT", .takes = "text", .pattern = ".", TEXT(phrase) };
const struct cfg_value cfg_value_node = {
	.name = "NODE", .takes = "a node such as data/ready", .pattern = "^[A-Za-z0-9_@-]+(/[A-Za-z0-9_@-]+)*$", TEXT(node),
};
const struct cfg_value cfg_value_sha256 = {
	.name = "CHECKSUM", .takes = "a SHA-256 checksum", .pattern = "^[0-9a-fA-F]{64}$", TEXT(sha256),
	.detail = "64 hexadecimal digits, as sha256sum prints them.",
};
const struct cfg_value cfg_value_sha512 = {
	.name = "CHECKSUM", .takes = "a SHA-512 checksum", .pattern = "^[0-9a-fA-F]{128}$", TEXT(sha512),
	.detail = "128 hexadecimal digits, as sha512sum prints them.",
};
const struct cfg_value cfg_value_label = { .name = "TEXT", .takes = "text", TEXT(label) };
const struct cfg_value cfg_value_label_name = {
	.name = "NAME", .takes = "a label's name", .pattern = "^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$", TEXT(label_name),
};
