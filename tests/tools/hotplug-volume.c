/* SPDX-License-Identifier: GPL-2.0-or-later
 * The functions of hotplug/volume.h as commands of hotplug-tool.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/files_only.h"
#include "hotplug/volume.h"
#include "tests/tools/hotplug-tool.h"

static bool is_qcow2(const char *path)
{
	size_t len = strlen(path);

	return len > 6 && !strcmp(path + len - 6, ".qcow2");
}

/* KEY=VALUE after the path, as hotplug_volume has them. */
static int read_spec(char **args, struct hotplug_volume *volume, struct xlite_error *err)
{
	*volume = (struct hotplug_volume){ .path = args[0], .qcow2 = is_qcow2(args[0]) };
	for (args++; *args; args++) {
		if (!strncmp(*args, "bytes=", 6)) {
			volume->bytes = strtoull(*args + 6, NULL, 10);
		} else if (!strncmp(*args, "from=", 5)) {
			volume->from = *args + 5;
			volume->from_qcow2 = is_qcow2(volume->from);
		} else if (!strncmp(*args, "as=", 3)) {
			volume->from_qcow2 = !strcmp(*args + 3, "qcow2");
			volume->from_given = true;
		} else if (!strncmp(*args, "sha256=", 7)) {
			volume->sha256 = *args + 7;
		} else if (!strncmp(*args, "sha512=", 7)) {
			volume->sha512 = *args + 7;
		} else if (!strncmp(*args, "clone=", 6)) {
			volume->from = *args + 6;
			volume->from_qcow2 = is_qcow2(volume->from);
			volume->from_volume = volume->from_given = true;
		} else if (!strcmp(*args, "preallocate")) {
			volume->preallocate = true;
		} else {
			return xlite_error_set(err, -EINVAL, "what is %s?", *args);
		}
	}
	return 0;
}

static int cmd_look(char **args, struct xlite_error *err)
{
	struct hotplug_volume_now now;
	int rc = hotplug_volume_look(args[0], is_qcow2(args[0]), &now, err);

	if (!rc)
		printf("exists=%d bytes=%llu\n", now.exists, (unsigned long long)now.bytes);
	return rc;
}

static int cmd_check(char **args, struct xlite_error *err)
{
	struct hotplug_volume volume;
	uint64_t bytes;
	int rc = read_spec(args, &volume, err);

	if (!rc)
		rc = hotplug_volume_check(&volume, &bytes, err);
	if (!rc)
		printf("bytes=%llu\n", (unsigned long long)bytes);
	return rc;
}

static void print_progress(void *ctx, unsigned percent)
{
	unsigned *last = ctx;

	if (percent > 100)
		printf("bug: %u%%\n", percent);
	*last = percent;
}

static int cmd_make(char **args, struct xlite_error *err)
{
	unsigned percent = 0;
	const struct hotplug_volume_watch watch = { NULL, print_progress, &percent };
	struct hotplug_volume volume;
	int rc = read_spec(args, &volume, err);

	if (!rc)
		rc = hotplug_volume_make(&volume, &watch, err);
	if (!rc)
		printf("made, last told %u%%\n", percent);
	return rc;
}

static int cmd_check_grow(char **args, struct xlite_error *err)
{
	struct hotplug_volume volume;
	int rc = read_spec(args, &volume, err);

	return rc ? rc : hotplug_volume_check_grow(&volume, err);
}

static int cmd_grow(char **args, struct xlite_error *err)
{
	struct hotplug_volume volume;
	int rc = read_spec(args, &volume, err);

	return rc ? rc : hotplug_volume_grow(&volume, NULL, err);
}

static int cmd_remove(char **args, struct xlite_error *err)
{
	return hotplug_volume_remove(args[0], is_qcow2(args[0]), err);
}

/* Runs a program of the host's that sees these files alone. */
static int cmd_files_only(char **args, struct xlite_error *err)
{
	int rc = files_only_enter(&(struct files_only){ args[0], args[1] });

	if (rc)
		return xlite_error_sys(err, rc, "confine");
	execv(args[2], args + 2);
	return xlite_error_sys(err, -errno, "%s", args[2]);
}

static int print_one(void *arg, const char *name, bool qcow2)
{
	printf("%s %s\n", name, qcow2 ? "qcow2" : "raw");
	return 0;
}

static int cmd_list(char **args, struct xlite_error *err)
{
	return hotplug_volume_each(args[0], print_one, NULL, err);
}

const struct tool_command tool_volume[] = {
	{ "volume-look", 1, cmd_look },
	{ "volume-check", 1, cmd_check },
	{ "volume-make", 1, cmd_make },
	{ "volume-check-grow", 1, cmd_check_grow },
	{ "volume-grow", 1, cmd_grow },
	{ "volume-remove", 1, cmd_remove },
	{ "volume-list", 1, cmd_list },
	{ "files-only", 3, cmd_files_only },
};
const size_t tool_volume_nr = ARRAY_SIZE(tool_volume);
