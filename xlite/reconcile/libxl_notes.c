/* SPDX-License-Identifier: GPL-2.0-or-later
 * What libxl wrote down of a domain that it made: its kernel, ramdisk and command line are nowhere else.
 * The file (xen: tools/libs/light/libxl_dom.c, userdata "libxl-json") is dom0's own.
 */
#include "xlite/reconcile/libxl_notes.h"

#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/lib/layout.h"

static void take(const json_t *info, const char *key, char **field)
{
	const char *text = json_string_value(json_object_get(info, key));

	if (text && *text) {
		free(*field);
		*field = strdup(text);
	}
}

static void forget_words(struct cfg_domain *spec)
{
	free(spec->ramdisk);
	free(spec->cmdline);
	spec->ramdisk = spec->cmdline = NULL;
}

/* libxl's names; what xlite does not do is taken for what comes after it. */
static void take_action(const json_t *root, const char *key, enum cfg_action *action)
{
	static const struct { const char *name; enum cfg_action action; } known[] = {
		{ "destroy", CFG_ACTION_DESTROY }, { "coredump_destroy", CFG_ACTION_DESTROY },
		{ "restart", CFG_ACTION_RESTART }, { "coredump_restart", CFG_ACTION_RESTART },
		{ "restart_rename", CFG_ACTION_RESTART }, { "soft_reset", CFG_ACTION_RESTART },
		{ "preserve", CFG_ACTION_PRESERVE },
	};
	const char *text = json_string_value(json_object_get(root, key));

	for (size_t i = 0; text && i < ARRAY_SIZE(known); i++) {
		if (!strcmp(text, known[i].name))
			*action = known[i].action;
	}
}

bool libxl_notes_read(uint32_t domid, const uint8_t uuid[16], struct cfg_domain *spec)
{
	char path[128], text[37];
	json_t *root;
	const json_t *info;

	xlite_uuid_text(uuid, text);
	snprintf(path, sizeof(path), "/var/lib/xen/userdata-d.%u.%s.libxl-json", domid, text);
	/* libxl writes its string's NUL, too. */
	root = json_load_file(path, JSON_DISABLE_EOF_CHECK, NULL);
	info = json_object_get(root, "b_info");
	take(info, "kernel", &spec->kernel);
	take(info, "ramdisk", &spec->ramdisk);
	take(info, "cmdline", &spec->cmdline);
	/* By a boot loader of its own: what these say is for a kernel on the domain's disk, and goes with none of ours. */
	if (!spec->kernel)
		forget_words(spec);
	take_action(root, "on_poweroff", &spec->on_poweroff);
	take_action(root, "on_reboot", &spec->on_reboot);
	take_action(root, "on_crash", &spec->on_crash);
	take_action(root, "on_watchdog", &spec->on_watchdog);
	take_action(root, "on_soft_reset", &spec->on_soft_reset);
	json_decref(root);
	return spec->kernel != NULL;
}

void libxl_notes_forget(uint32_t domid, const uint8_t uuid[16])
{
	char pattern[128], text[37];
	glob_t found;

	xlite_uuid_text(uuid, text);
	snprintf(pattern, sizeof(pattern), "/var/lib/xen/userdata-?.%u.%s.*", domid, text);
	if (!glob(pattern, GLOB_NOSORT, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
}
