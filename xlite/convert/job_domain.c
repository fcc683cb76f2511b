/* SPDX-License-Identifier: GPL-2.0-or-later
 * What concerns the domain as a whole: type, identity, memory, policies, scheduler, limits.
 */
#include "xlite/convert/job.h"

#include <stdlib.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"

static const struct { const char *name; enum xl_type type; } types[] = {
	{ "pv", XL_TYPE_PV }, { "pvh", XL_TYPE_PVH }, { "hvm", XL_TYPE_HVM },
}, builders[] = {
	{ "generic", XL_TYPE_PV }, { "linux", XL_TYPE_PV }, { "hvm", XL_TYPE_HVM },
};

/* The type that a key says; false where it is there and says none. */
static bool find_type(struct job *job, const char *name, struct xl_setting **setting)
{
	const char *text = job_text(job, name, setting);
	bool builder = !strcmp(name, "builder");
	auto_buf struct buf quoted = BUF_INIT;

	for (size_t i = 0; text && i < ARRAY_SIZE(types); i++) {
		if (!strcmp(text, builder ? builders[i].name : types[i].name)) {
			job->type = builder ? builders[i].type : types[i].type;
			return true;
		}
	}
	if (text) {
		cfg_quote(&quoted, text, strlen(text));
		job_error(job, &(*setting)->value.place, "%s: %s is not a type of guests that xl knows", name,
			  buf_str(&quoted));
	}
	return !*setting;
}

#define OLD_PVH "`pvh` is of Xen before 4.10"

/* Whether the file asks for a PVH guest as xl of Xen 4.4 to 4.9 has it, and says no other type. */
static bool is_old_pvh(struct job *job, const struct xl_setting *type)
{
	struct xl_setting *pvh = job_get(job, "pvh");
	bool on = pvh && !pvh->value.list && strtol(pvh->value.text, NULL, 0);

	if (!pvh)
		return false;
	pvh->told = true;
	if (on && !type && !job->options->pvh)
		job_error(job, &pvh->place, OLD_PVH "; write type = \"pvh\"");
	else
		job_note(job, REPORT_UNKNOWN, &pvh->place, OLD_PVH "; xl ignores it");
	return on && !type && !job->options->pvh;
}

bool job_convert_type(struct job *job)
{
	static const char *const names[] = { [XL_TYPE_PV] = "a PV", [XL_TYPE_PVH] = "a PVH", [XL_TYPE_HVM] = "an HVM" };
	struct xl_setting *builder, *type, *shim = NULL;
	enum xl_type by_builder;
	struct cfg_place place;
	long number = 0;

	job->type = XL_TYPE_PV;
	job->becomes = XL_TYPE_PVH;
	if (!find_type(job, "builder", &builder))
		return false;
	by_builder = job->type;
	if (!find_type(job, "type", &type))
		return false;
	if (builder && type && by_builder != job->type) {
		job_error(job, &builder->place, "builder: says another type than `type` in line %u", type->place.line);
		return false;
	}
	type = type ? type : builder;
	if (job->type == XL_TYPE_PVH && job_number(job, "pvshim", &number, &shim) && number) {
		job->type = XL_TYPE_PV;
		type = shim;
		shim->told = true;
	}
	if (job->type == XL_TYPE_PVH) {
		is_old_pvh(job, type);
		return true;
	}
	place = job_place(type);
	job->other_type = shim && !job->options->pvh;
	if (!shim && !job->options->pvh)
		job->becomes = job->type;
	if (is_old_pvh(job, type))
		return true;
	if (job->becomes != XL_TYPE_PVH)
		return true;
	if (job->other_type) {
		job_error(job, &place,
			  "this is a PV guest in Xen's shim, which xlite does not build; if its kernel can run as PVH, "
			  "--type pvh converts it to that");
		return true;
	}
	job_note(job, REPORT_HOST, &place, "%s guest is made a PVH guest: its kernel must support that", names[job->type]);
	return true;
}

void job_convert_identity(struct job *job)
{
	struct xl_setting *setting;
	const char *name = job_text(job, "name", &setting), *uuid;
	struct cfg_place place = { 0 };

	if (name)
		draft_text(&job->draft, &setting->value.place, "name", name);
	else if (!setting)
		job_error(job, &place, "there is no `name`, which xl needs as well");
	place = job_place(job_get(job, "type"));
	if (job->becomes != XL_TYPE_PVH)
		draft_plain(&job->draft, &place, "type", job->becomes == XL_TYPE_PV ? "pv" : "hvm");
	uuid = job_text(job, "uuid", &setting);
	if (uuid)
		draft_text(&job->draft, &setting->value.place, "uuid", uuid);
	else if (!setting)
		job_note(job, REPORT_NOTHING, &place,
			 "there is no `uuid`: xl makes up another one each time, xlite derives it from the name");
}

void job_convert_memory(struct job *job)
{
	struct xl_setting *memory, *maxmem;
	struct cfg_place place;
	long target = 32, max;
	bool has_target = job_number(job, "memory", &target, &memory);
	bool has_max = job_number(job, "maxmem", &max, &maxmem);

	if (!has_target && has_max)
		target = max;
	if (has_target && has_max && max < target)
		job_error(job, &maxmem->value.place, "maxmem: %ld is less than memory, which is %ld", max, target);
	if (!memory && !maxmem) {
		place = job_place(NULL);
		job_note(job, REPORT_UNKNOWN, &place, "there is no `memory`: xl gives such a guest 32 MiB");
	}
	place = memory ? memory->value.place : job_place(maxmem);
	draft_open(&job->draft, &place, "memory", '{');
	draft_plain(&job->draft, &place, "target", "%ldMiB", target);
	if (has_max && max != target)
		draft_plain(&job->draft, &maxmem->value.place, "max", "%ldMiB", max);
	draft_close(&job->draft, '}');
}

static void convert_action(struct job *job, const char *key)
{
	static const struct { const char *from, *to, *lost; } actions[] = {
		{ "destroy", "destroy", NULL }, { "restart", "restart", NULL }, { "preserve", "preserve", NULL },
		{ "rename-restart", "restart", "the domain that has ended is not kept under another name" },
		{ "coredump-destroy", "destroy", "there is no dump of its memory" },
		{ "coredump-restart", "restart", "there is no dump of its memory" },
		{ "soft-reset", "restart",
		  "the guest boots anew from its spec, which is not the kernel that kexec has loaded" },
	};
	struct xl_setting *setting;
	const char *text = job_text(job, key, &setting);
	auto_buf struct buf quoted = BUF_INIT;

	if (!text)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(text, actions[i].from))
			continue;
		draft_text(&job->draft, &setting->value.place, key, actions[i].to);
		if (actions[i].lost)
			job_note(job, REPORT_HOST, &setting->value.place, "%s: %s becomes %s: %s", key, text,
				 actions[i].to, actions[i].lost);
		setting->told = actions[i].lost;
		return;
	}
	cfg_quote(&quoted, text, strlen(text));
	job_error(job, &setting->value.place, "%s: %s is not an action that xl knows", key, buf_str(&quoted));
}

void job_convert_events(struct job *job)
{
	static const char *const keys[] = { "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset" };
	const struct xl_setting *setting;

	if (job_get(job, "pool")) {
		const char *pool = job_text(job, "pool", NULL);

		setting = job_get(job, "pool");
		if (pool)
			draft_text(&job->draft, &setting->value.place, "pool", pool);
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		convert_action(job, keys[i]);
}

/* A mapping of numbers: the key of the file, the key of the mapping, and what holds without the first, or NULL. */
struct number_row {
	const char *from, *to, *otherwise;
};

static void convert_numbers(struct job *job, const char *section, const struct number_row *rows, size_t nr)
{
	bool open = false;

	for (size_t i = 0; i < nr; i++) {
		struct xl_setting *setting;
		long number = 0;
		bool given = job_number(job, rows[i].from, &number, &setting);
		struct cfg_place place = setting ? setting->value.place : job_place(NULL);

		if (!given && (setting || !rows[i].otherwise))
			continue;
		if (!open)
			draft_open(&job->draft, &place, section, '{');
		open = true;
		draft_plain(&job->draft, &place, rows[i].to, "%ld", given ? number : strtol(rows[i].otherwise, NULL, 0));
	}
	if (open)
		draft_close(&job->draft, '}');
}

void job_convert_scheduler(struct job *job)
{
	static const struct number_row rows[] = { { "cpu_weight", "weight", NULL }, { "cap", "cap", NULL } };

	convert_numbers(job, "scheduler", rows, ARRAY_SIZE(rows));
}

void job_convert_limits(struct job *job)
{
	const struct number_row rows[] = {
		{ "max_grant_version", "grant_version", job->defaults->grant_version },
		{ "max_grant_frames", "grant_frames", job->defaults->grant_frames },
		{ "max_event_channels", "event_channels", NULL },
	};

	convert_numbers(job, "limits", rows, ARRAY_SIZE(rows));
}
