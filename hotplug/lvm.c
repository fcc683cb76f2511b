/* SPDX-License-Identifier: GPL-2.0-or-later
 * What LVM says of a volume group. Sources: lvm(8), lvmreport(7), lvs(8) for the letters of lv_attr.
 */
#include "hotplug/lvm.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/auto.h"
#include "hotplug/lvm_int.h"
#include "hotplug/program.h"

/** A volume group of 10 000 logical volumes takes about 5 MiB. */
#define OUTPUT_MAX (64u << 20)
#define ARGS_MAX (LVM_EXTENTS_MAX + 16)

/* All its lines but warnings, on one, without bytes that a terminal might act upon: which of them says most is not known. */
static const char *lvm_said(struct buf *errors, char *text, size_t room)
{
	char *save = NULL, *line = errors->data ? strtok_r(errors->data, "\n", &save) : NULL;
	size_t len = 0;

	*text = '\0';
	for (; line && len < room - 1; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (!*line || !strncmp(line, "WARNING", 7))
			continue;
		len += (size_t)snprintf(text + len, room - len, "%s%s", len ? "; " : "", line);
	}
	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
	return *text ? text : "it failed and did not say why";
}

int lvm_run(const char *const args[], struct buf *out, struct xlite_error *err)
{
	struct program lvm = { "lvm", "lvm2", .in = -1, .out_max = OUTPUT_MAX, .out = out, .errors = BUF_INIT };
	const char *argv[ARGS_MAX + 2] = { "lvm" };
	char text[400];
	int status = 0, rc;

	if (!program_find(&lvm))
		return program_missing(&lvm, err);
	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		argv[i + 1] = args[i];
	rc = program_run_through(&lvm, argv, &status);
	if (rc)
		xlite_error_sys(err, rc, "LVM: %s", args[0]);
	else if (WIFSIGNALED(status))
		rc = xlite_error_set(err, -EIO, "LVM: %s: killed by signal %d", args[0], WTERMSIG(status));
	else if (status)
		rc = xlite_error_set(err, -EIO, "LVM: %s: %s", args[0],
				     lvm_said(&lvm.errors, text, sizeof(text)));
	buf_clear(&lvm.errors);
	return rc;
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

/* Numbers are strings there. */
static bool number_of(const json_t *row, const char *key, uint64_t *number)
{
	const char *text = text_of(row, key);
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return end != text && !*end && !errno;
}

static bool add_lv(struct hotplug_lvm *group, const json_t *row)
{
	struct hotplug_lv *lv = &group->lvs[group->nr];
	const char *attr = text_of(row, "lv_attr");

	if (!*text_of(row, "lv_name") || strlen(attr) < 6 || !number_of(row, "lv_size", &lv->bytes))
		return false;
	lv->name = strdup(text_of(row, "lv_name"));
	lv->thin_pool = strdup(text_of(row, "pool_lv"));
	lv->kind = attr[0];
	lv->active = attr[4] == 'a';
	lv->open = attr[5] == 'o';
	lv->used = strtod(text_of(row, "data_percent"), NULL);
	lv->linear = true;
	group->nr++;
	return lv->name && lv->thin_pool;
}

static bool add_segment(struct hotplug_lvm *group, const json_t *row)
{
	const char *name = text_of(row, "lv_name");
	char *extents;

	for (size_t i = 0; i < group->nr; i++) {
		struct hotplug_lv *lv = &group->lvs[i];

		if (strcmp(lv->name, name))
			continue;
		lv->linear = lv->linear && !strcmp(text_of(row, "segtype"), "linear");
		if (asprintf(&extents, "%s%s%s", lv->extents ? lv->extents : "", lv->extents ? " " : "",
			     text_of(row, "seg_pe_ranges")) < 0)
			return false;
		free(lv->extents);
		lv->extents = extents;
	}
	return true;
}

static bool parse(const json_t *report, struct hotplug_lvm *group)
{
	const json_t *vg = json_array_get(json_object_get(report, "vg"), 0), *lvs = json_object_get(report, "lv"),
		     *segments = json_object_get(report, "seg"), *row;
	size_t i;

	if (!number_of(vg, "vg_extent_size", &group->extent) || !group->extent || !number_of(vg, "vg_free", &group->free) ||
	    !json_is_array(lvs))
		return false;
	group->lvs = calloc(json_array_size(lvs) + 1, sizeof(*group->lvs));
	if (!group->lvs)
		return false;
	json_array_foreach(lvs, i, row) {
		if (!add_lv(group, row))
			return false;
	}
	json_array_foreach(segments, i, row) {
		if (!add_segment(group, row))
			return false;
	}
	return true;
}

int hotplug_lvm_parse(const char *text, const char *vg, struct hotplug_lvm *group, struct xlite_error *err)
{
	json_t *root = json_loads(text, 0, NULL);
	bool sound;

	*group = (struct hotplug_lvm){ .vg = strdup(vg) };
	sound = group->vg && parse(json_array_get(json_object_get(root, "report"), 0), group);
	json_decref(root);
	if (sound)
		return 0;
	hotplug_lvm_clear(group);
	return xlite_error_set(err, -EPROTO, "LVM: what it says of the volume group %s is not understood", vg);
}

/* Newer releases may put into the report what went wrong, and nowhere else. */
static int say_logged(const char *text, int rc, struct xlite_error *err)
{
	json_t *root = json_loads(text, 0, NULL), *row;
	auto_buf struct buf said = BUF_INIT;
	char line[400];
	size_t i;

	json_array_foreach(json_object_get(root, "log"), i, row) {
		if (!strcmp(text_of(row, "log_type"), "error"))
			buf_printf(&said, "%s\n", text_of(row, "log_message"));
	}
	json_decref(root);
	return said.len ? xlite_error_set(err, rc, "LVM: fullreport: %s", lvm_said(&said, line, sizeof(line))) : rc;
}

int hotplug_lvm_read(const char *vg, struct hotplug_lvm *group, struct xlite_error *err)
{
	const char *const args[] = { "fullreport", "--reportformat", "json", "--units", "b", "--nosuffix",
				     "--configreport", "vg", "-o", "vg_extent_size,vg_free",
				     "--configreport", "lv", "-o", "lv_name,lv_size,lv_attr,data_percent,pool_lv",
				     "--configreport", "seg", "-o", "lv_name,segtype,seg_pe_ranges", vg, NULL };
	auto_buf struct buf out = BUF_INIT;
	int rc = lvm_run(args, &out, err);

	*group = (struct hotplug_lvm){ NULL };
	return rc ? say_logged(buf_str(&out), rc, err) : hotplug_lvm_parse(buf_str(&out), vg, group, err);
}

void hotplug_lvm_clear(struct hotplug_lvm *group)
{
	for (size_t i = 0; i < group->nr; i++) {
		free(group->lvs[i].name);
		free(group->lvs[i].thin_pool);
		free(group->lvs[i].extents);
	}
	free(group->lvs);
	free(group->vg);
	*group = (struct hotplug_lvm){ NULL };
}

const struct hotplug_lv *hotplug_lvm_find(const struct hotplug_lvm *group, const char *name)
{
	for (size_t i = 0; i < group->nr; i++) {
		if (!strcmp(group->lvs[i].name, name))
			return &group->lvs[i];
	}
	return NULL;
}

bool hotplug_lvm_is_disk(const struct hotplug_lv *lv, const char **why)
{
	/* Plain, mirrored, RAID, cached, thin, snapshots and what has some; not yet converted ones have capitals. */
	if (strchr("-mMrRoOsSVCc", lv->kind))
		return true;
	*why = lv->kind == 't' ? "a thin pool of LVM, and no volume" : "a logical volume that LVM keeps for itself";
	return false;
}

uint64_t hotplug_lvm_round(const struct hotplug_lvm *group, uint64_t bytes)
{
	return (bytes + group->extent - 1) / group->extent * group->extent;
}
