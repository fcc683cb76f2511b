/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading a disk. What xm took and xl does not is taken as well where it can mean one thing only: w! for shared.
 */
#include "xlite/convert/xl_disk.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"

struct reader {
	struct xl_disk *disk;
	struct buf *why;
	bool prefixed;		/* a prefix has said all that there is to say about the format */
	bool by_position;	/* the target is a part without a name */
	bool took_rest;		/* `target=` has taken commas */
};

/* "WORD REASON" as the reason; -EINVAL. */
static int refuse(struct reader *reader, const char *word, const char *reason)
{
	return cfg_refuse(reader->why, word, "%s", reason);
}

/* Sets a text once; an empty one may be replaced. */
static int set(struct reader *reader, char **field, const char *value)
{
	if (*field && **field)
		return refuse(reader, value, "says again what is said before it");
	free(*field);
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int set_format(struct reader *reader, const char *value)
{
	static const char *const names[] = {
		[XL_DISK_RAW] = "raw", [XL_DISK_QCOW] = "qcow", [XL_DISK_QCOW2] = "qcow2", [XL_DISK_VHD] = "vhd",
			[XL_DISK_QED] = "qed",
		[XL_DISK_EMPTY] = "empty",
	};
	size_t format = *value ? XL_DISK_RAW : ARRAY_SIZE(names);

	while (format < ARRAY_SIZE(names) && strcmp(names[format], value))
		format++;
	if (*value && format == ARRAY_SIZE(names))
		return refuse(reader, value, "is not a format that xl knows");
	format = *value ? format : XL_DISK_RAW;
	if (reader->disk->format != XL_DISK_UNKNOWN && reader->disk->format != format)
		return refuse(reader, value, "is another format than that before it");
	reader->disk->format = (enum xl_disk_format)format;
	reader->disk->format_given = reader->disk->format_given || *value;
	return 0;
}

static int set_access(struct reader *reader, const char *value)
{
	static const struct { const char *name; bool readonly, shared; } modes[] = {
		{ "r", true, false }, { "ro", true, false }, { "w", false, false }, { "rw", false, false },
		{ "", false, false },
		{ "r!", true, true }, { "w!", false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (strcmp(value, modes[i].name))
			continue;
		reader->disk->readonly = modes[i].readonly;
		reader->disk->shared = reader->disk->xm_access = modes[i].shared;
		return 0;
	}
	return refuse(reader, value, "is not an access that xl knows: ro or rw");
}

static int set_backendtype(struct reader *reader, const char *value)
{
	static const char *const types[] = { "phy", "qdisk", "tap", "standalone" };
	char **field = &reader->disk->backendtype;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(value, types[i]))
			continue;
		if (*field && !strcmp(*field, value))
			return 0;
		return set(reader, field, value);
	}
	return refuse(reader, value, "is not a type of backends that xl knows");
}

/* "hdc:cdrom"; 1 if it is one. */
static int set_vdev_with_type(struct reader *reader, char *value)
{
	char *colon = strrchr(value, ':');
	int rc;

	if (!colon)
		return 0;
	*colon = '\0';
	rc = set(reader, &reader->disk->vdev, value);
	if (rc)
		return rc;
	if (strcmp(colon + 1, "cdrom") && strcmp(colon + 1, "disk"))
		return refuse(reader, colon + 1, "is not a type of disks that xl knows");
	reader->disk->cdrom = !strcmp(colon + 1, "cdrom");
	return 1;
}

static int take_position(struct reader *reader, char *value)
{
	struct xl_disk *disk = reader->disk;
	int rc;

	if (!disk->target) {
		reader->by_position = *value;
		return set(reader, &disk->target, value);
	}
	if (!reader->prefixed && disk->format == XL_DISK_UNKNOWN) {
		rc = *disk->target ? 0 : set_vdev_with_type(reader, value);
		if (rc == 1)
			disk->format = XL_DISK_EMPTY;
		return rc ? (rc < 0 ? rc : 0) : set_format(reader, value);
	}
	if (!disk->vdev) {
		rc = set_vdev_with_type(reader, value);
		return rc ? (rc < 0 ? rc : 0) : set(reader, &disk->vdev, value);
	}
	if (disk->access_given)
		return refuse(reader, value, "is one part too many");
	disk->access_given = true;
	return set_access(reader, value);
}

static int take_key(struct reader *reader, char *key, char *value)
{
	struct xl_disk *disk = reader->disk;
	const struct { const char *name; char **field; } texts[] = {
		{ "vdev", &disk->vdev }, { "script", &disk->script }, { "backend", &disk->backend },
		{ "specification", &disk->specification }, { "target", &disk->target },
	};

	if (!strcmp(key, "target") && reader->by_position)
		return refuse(reader, disk->target,
			      "is no parameter of disks, so xl takes it for the target, which is said again");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!strcmp(key, texts[i].name))
			return set(reader, texts[i].field, value);
	}
	if (!strcmp(key, "backendtype"))
		return set_backendtype(reader, value);
	if (!strcmp(key, "format"))
		return set_format(reader, value);
	if (!strcmp(key, "access"))
		return set_access(reader, value);
	if (!strcmp(key, "devtype") && (!strcmp(value, "cdrom") || !strcmp(value, "disk"))) {
		disk->cdrom = *value == 'c';
		return 0;
	}
	if (!strncmp(key, "colo-", 5) || !strcmp(key, "active-disk") || !strcmp(key, "hidden-disk")) {
		disk->colo = true;
		return 0;
	}
	if (!strcmp(key, "grant_usage") && (!strcmp(value, "0") || !strcmp(value, "1")))
		return 0;
	return refuse(reader, key, "is not a parameter of disks that xl knows, or has a value that it does not know");
}

/* Words alone; 1 if it is one. */
static int take_word(struct xl_disk *disk, const char *word)
{
	const struct { const char *name; bool *field, value; } words[] = {
		{ "cdrom", &disk->cdrom, true }, { "direct-io-safe", &disk->direct_io_safe, true },
		{ "discard", &disk->no_discard, false },
		{ "no-discard", &disk->no_discard, true }, { "colo", &disk->colo, true }, { "no-colo", &disk->colo, false },
		{ "trusted", &disk->untrusted, false }, { "untrusted", &disk->untrusted, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(word, words[i].name))
			continue;
		*words[i].field = words[i].value;
		return 1;
	}
	return 0;
}

/* Steps over a prefix. 1 if there was one. */
static int take_prefix(struct reader *reader, char **at)
{
	static const char *const plain[] = { "tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy" };
	static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd" };
	static const char *const scripts[] = { "iscsi", "nbd", "enbd", "drbd" };
	size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789");
	char word[16] = "", script[32];
	int rc = 1;

	if (!len || len >= sizeof(word) || (*at)[len] != ':' || isdigit((unsigned char)**at))
		return 0;
	memcpy(word, *at, len);
	for (size_t i = 0; i < ARRAY_SIZE(plain) && rc; i++)
		rc = strcmp(word, plain[i]);
	for (size_t i = 0; i < ARRAY_SIZE(formats) && rc; i++) {
		if (!strcmp(word, formats[i])) {
			rc = set_format(reader, word);
			if (rc)
				return rc;
		} else {
			rc = 1;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(scripts) && rc; i++) {
		if (!strcmp(word, scripts[i])) {
			snprintf(script, sizeof(script), "block-%s", word);
			rc = set(reader, &reader->disk->script, script);
			if (rc)
				return rc;
		} else {
			rc = 1;
		}
	}
	if (rc)
		return isalnum((unsigned char)(*at)[len + 1]) ? 0 : refuse(reader, word, "is not a prefix that xl knows");
	reader->disk->xm_phy = reader->disk->xm_phy || !strcmp(word, "phy");
	reader->prefixed = true;
	*at += len + 1;
	return 1;
}

/* Whether a part would be a parameter if it stood before `target=`. */
static bool is_parameter(const char *part, size_t len)
{
	static const char *const names[] = {
		"vdev=", "format=", "access=", "devtype=", "backendtype=", "script=", "backend=", "specification=", "cdrom",
		"discard", "no-discard", "direct-io-safe", "trusted", "untrusted",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t name = strlen(names[i]);

		if (name <= len && !strncmp(part, names[i], name) && (name == len || names[i][name - 1] == '='))
			return true;
	}
	return false;
}

/* What `target=` takes has commas in it: whether any was meant to end it. */
static void look_for_parameters(struct reader *reader, const char *target)
{
	for (const char *part = strchr(target, ','); part; part = strchr(part, ',')) {
		size_t blanks = strspn(++part, " \t\n"), len = strcspn(part + blanks, ",");

		while (len && strchr(" \t\n", part[blanks + len - 1]))
			len--;
		reader->took_rest = true;
		reader->disk->swallowed = reader->disk->swallowed || (blanks && len) || is_parameter(part + blanks, len);
	}
}

/* One part, up to a comma; `target=` has all that is left, but for a comma at the very end. */
static int take_part(struct reader *reader, char **at)
{
	int rc = take_prefix(reader, at);
	char *part = *at, *end, *equals;
	bool rest;

	if (rc)
		return rc < 0 ? rc : 0;
	rest = !strncmp(part, "target=", strlen("target="));
	end = part + (rest ? strlen(part) : strcspn(part, ","));
	*at = *end ? end + 1 : end;
	*end = '\0';
	if (rest && end[-1] == ',')
		end[-1] = '\0';
	if (rest)
		look_for_parameters(reader, part);
	equals = strchr(part, '=');
	if (!equals)
		return take_word(reader->disk, part) ? 0 : take_position(reader, part);
	*equals = '\0';
	return take_key(reader, part, equals + 1);
}

int xl_disk_parse(struct xl_disk *disk, const char *text, struct buf *why)
{
	struct reader reader = { .disk = disk, .why = why };
	auto_free char *copy = strdup(text);
	char *at = copy, *end;
	int rc = copy ? 0 : -ENOMEM;

	end = copy ? copy + strlen(copy) : NULL;
	while (!rc && at < end) {
		size_t blanks = strspn(at, " \t\n");

		at += blanks;
		if (at < end)
			rc = take_part(&reader, &at);
	}
	if (rc)
		return rc;
	if (disk->cdrom)
		disk->readonly = true;
	if (disk->cdrom && (!disk->target || !*disk->target))
		disk->format = XL_DISK_EMPTY;
	if (!disk->vdev || !*disk->vdev)
		return refuse(&reader, text, reader.took_rest ? "does not say what the disk is called in the guest (vdev): "
			      "`target=` takes all that follows; write it last" :
			      "does not say what the disk is called in the guest (vdev)");
	if (disk->format != XL_DISK_EMPTY && (!disk->target || !*disk->target))
		return refuse(&reader, text, "does not say what the disk is on the host (target)");
	return 0;
}

void xl_disk_clear(struct xl_disk *disk)
{
	free(disk->target);
	free(disk->vdev);
	free(disk->script);
	free(disk->backend);
	free(disk->backendtype);
	free(disk->specification);
	*disk = (struct xl_disk){ 0 };
}
