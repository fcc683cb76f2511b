/* SPDX-License-Identifier: GPL-2.0-or-later
 * What a hotplug script is told by arguments and environment (xen: tools/libs/light/libxl_linux.c:get_hotplug_env).
 * Nothing of it comes from a guest; numbers are read as numbers all the same, so that every path made of them is ours.
 */
#include "hotplug/programs/program.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKENDS "/local/domain/0/"

static int usage(struct xlite_error *err, const char *what, const char *text)
{
	return xlite_error_status(err, -EINVAL, XLITE_USAGE, "%s%s%.200s%s", what, text ? " \"" : "", text ? text : "",
				  text ? "\"" : "");
}

/* A decimal number that fills the text up to end. */
static bool number(const char **text, char end, uint32_t *out)
{
	unsigned long value;
	char *rest;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	value = strtoul(*text, &rest, 10);
	if (errno || value > UINT32_MAX || *rest != end)
		return false;
	*out = (uint32_t)value;
	*text = rest + (end != '\0');
	return true;
}

/* "backend/vif/3/0", also below /local/domain/0/: a backend of this domain's own. */
static int parse_path(const char *kind, const char *path, struct request *request, struct xlite_error *err)
{
	const char *at = path;
	char head[32];
	uint32_t devid;

	if (!path || !*path)
		return usage(err, "the environment has no XENBUS_PATH", NULL);
	snprintf(head, sizeof(head), "backend/%s/", kind);
	if (!strncmp(at, BACKENDS, strlen(BACKENDS)))
		at += strlen(BACKENDS);
	if (strncmp(at, head, strlen(head)))
		return usage(err, "XENBUS_PATH is not a backend of this program's kind:", path);
	at += strlen(head);
	if (!number(&at, '/', &request->domid) || !number(&at, '\0', &devid))
		return usage(err, "XENBUS_PATH is not a backend of a device:", path);
	request->devid = devid;
	snprintf(request->backend, sizeof(request->backend), BACKENDS "backend/%s/%u/%u", kind, request->domid, request->devid);
	return 0;
}

static int copy_name(char out[16], const char *variable, const char *value, struct xlite_error *err)
{
	if (strlen(value) > 15 || strchr(value, '/'))
		return usage(err, variable, value);
	strcpy(out, value);
	return 0;
}

static int parse_links(struct request *request, struct xlite_error *err)
{
	const char *link = getenv(request->tap ? "INTERFACE" : "vif"), *netdev = getenv("netdev");
	char made[32];
	int ret;

	snprintf(made, sizeof(made), "vif%u.%u%s", request->domid, request->devid, request->tap ? "-emu" : "");
	ret = copy_name(request->link, "no name of an interface:", link && *link ? link : made, err);
	if (!ret && netdev)
		ret = copy_name(request->netdev, "netdev is not the name of an interface:", netdev, err);
	return ret;
}

static int parse_vif(const char *action, const char *type, struct request *request, struct xlite_error *err)
{
	bool online = !strcmp(action, "online"), offline = !strcmp(action, "offline");

	request->add = online || !strcmp(action, "add");
	if (!request->add && !offline && strcmp(action, "remove"))
		return usage(err, "unknown action", action);
	request->tap = type && !strcmp(type, "tap");
	if (type && !request->tap && strcmp(type, "vif"))
		return usage(err, "unknown type_if", type);
	/*
	 * The toolstack says online of a vif; add of a vif, and online of a tap, are the kernel's own events from
	 * older days.
	 */
	request->ignored = request->tap == (online || offline);
	return 0;
}

static int parse_vbd(const char *action, struct request *request, struct xlite_error *err)
{
	request->add = !strcmp(action, "add");
	return request->add || !strcmp(action, "remove") ? 0 : usage(err, "unknown action", action);
}

int request_parse(const char *kind, int argc, char *const argv[], struct request *request, struct xlite_error *err)
{
	const char *action = NULL, *type = NULL;
	bool vif = !strcmp(kind, "vif");
	int i, ret;

	memset(request, 0, sizeof(*request));
	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "type_if=", 8))
			type = argv[i] + 8;
		else if (!strchr(argv[i], '=') && !action)
			action = argv[i];
		else
			return usage(err, "unknown argument", argv[i]);
	}
	if (!action)
		return usage(err, "no action was given", NULL);
	ret = vif ? parse_vif(action, type, request, err) : parse_vbd(action, request, err);
	if (ret || request->ignored)
		return ret;
	ret = parse_path(kind, getenv("XENBUS_PATH"), request, err);
	return !ret && vif ? parse_links(request, err) : ret;
}
