/* SPDX-License-Identifier: GPL-2.0-or-later
 * vCPUs, and the host's CPUs that they may run on.
 */
#include "xlite/convert/job.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"

#define NR_CPUS 4096	/* as many as the language can name */
#define CPU_BYTES (NR_CPUS / 8)
#define ALL "0-4095"

/* Reads "3" or "3-5", with blanks before; NULL, or what is wrong. */
static const char *read_range(const char *text, unsigned long *first, unsigned long *last)
{
	char *end;

	*first = *last = strtoul(text, &end, 10);
	if (end == text)
		return "is not a list of CPUs such as 0-3,7 or all,^2";
	if (*end == '-') {
		text = end + 1;
		*last = strtoul(text, &end, 10);
		if (end == text)
			return "is not a list of CPUs such as 0-3,7 or all,^2";
	}
	if (*end || *last < *first)
		return "is not a list of CPUs such as 0-3,7 or all,^2";
	return *last < NR_CPUS ? NULL : "names a CPU that no host has";
}

/* One part of a list between commas: adds CPUs, or takes them away. */
static const char *take_range(const char *part, uint8_t *map)
{
	unsigned long first, last;
	bool out = *part == '^';
	const char *fault;

	part += out;
	if (!strncmp(part, "node", 4))
		return "names NUMA nodes: name their CPUs";
	if (!strcmp(part, "all")) {
		memset(map, 0xff, CPU_BYTES);
		return out ? "takes all CPUs away" : NULL;
	}
	fault = read_range(part, &first, &last);
	for (; !fault && first <= last; first++) {
		if (out)
			map[first / 8] &= (uint8_t)~(1u << first % 8);
		else
			map[first / 8] |= (uint8_t)(1u << first % 8);
	}
	return fault;
}

/* As xl reads it: later parts win, empty parts are nothing. The list in the language's form, malloc'ed; NULL: noted. */
static char *read_cpus(struct job *job, const char *key, const struct xl_value *value)
{
	static const uint8_t none[CPU_BYTES];
	auto_free char *text = strdup(value->text);
	auto_buf struct buf quoted = BUF_INIT;
	uint8_t map[CPU_BYTES] = { 0 };
	char *rest, *list = NULL;
	const char *fault = NULL;

	for (char *part = text ? strtok_r(text, ",", &rest) : NULL; part && !fault; part = strtok_r(NULL, ",", &rest))
		fault = take_range(part, map);
	if (!fault && !memcmp(map, none, sizeof(map)))
		fault = "leaves no CPU";
	if (fault) {
		cfg_quote(&quoted, value->text, strlen(value->text));
		job_error(job, &value->place, "%s: %s %s", key, buf_str(&quoted), fault);
		return NULL;
	}
	list = cfg_cpus_text(map, sizeof(map));
	job->report->failed = job->report->failed || !list || !text;
	return list;
}

static bool is_all(const char *list)
{
	return !strcmp(list, ALL);
}

static void write_cpus(struct job *job, const struct cfg_place *place, const char *key, const char *list)
{
	draft_text(&job->draft, place, key, is_all(list) ? "all" : list);
}

/* As xl reads a list: what no vCPU has an entry for is not even looked at. */
static void tell_rest(struct job *job, const struct xl_value *list, const char *name, size_t vcpus)
{
	if (list->nr > vcpus)
		job_note(job, REPORT_UNKNOWN, &list->items[vcpus].place,
			 "%s: the list has %zu entries for %zu vCPU%s: xl ignores what comes from here on", name, list->nr, vcpus,
			 vcpus == 1 ? "" : "s");
}

/* A list in the file has one entry for each vCPU; those without one run anywhere. */
static void write_lists(struct job *job, const struct xl_setting *setting, const char *name, const char *key, size_t vcpus)
{
	const struct xl_value *value = &setting->value;
	size_t nr = value->nr < vcpus ? value->nr : vcpus;
	auto_free char *first = read_cpus(job, name, &value->items[0]);
	bool equal = first && (nr == vcpus || is_all(first));

	tell_rest(job, value, name, vcpus);
	for (size_t i = 1; first && i < nr && equal; i++) {
		auto_free char *other = read_cpus(job, name, &value->items[i]);

		if (!other)
			return;
		equal = !strcmp(first, other);
	}
	/* More than the language takes: it says so of the number. */
	if (!first || vcpus > NR_CPUS)
		return;
	if (equal) {
		write_cpus(job, &value->place, key, first);
		return;
	}
	draft_open(&job->draft, &value->place, key, '[');
	for (size_t i = 0; i < vcpus; i++) {
		auto_free char *list = i < nr ? read_cpus(job, name, &value->items[i]) : NULL;

		if (i < nr && !list)
			break;
		write_cpus(job, i < nr ? &value->items[i].place : &value->place, NULL, list ? list : ALL);
	}
	draft_close(&job->draft, ']');
}

static void convert_cpus(struct job *job, const char *name, const char *key, size_t vcpus)
{
	struct xl_setting *setting = job_get(job, name);
	const struct xl_value *value = setting ? &setting->value : NULL;
	auto_free char *list = NULL;

	if (!value || (value->list && (!value->nr || !job_list(job, name))))
		return;
	if (value->list) {
		write_lists(job, setting, name, key, vcpus);
		return;
	}
	list = read_cpus(job, name, value);
	if (list)
		write_cpus(job, &value->place, key, list);
}

static bool names_nodes(const struct xl_value *value)
{
	bool any = !value->list && value->text && strstr(value->text, "node");

	for (size_t i = 0; value->list && i < value->nr && !any; i++)
		any = names_nodes(&value->items[i]);
	return any;
}

/* What vCPUs prefer a guest does not notice. */
static void convert_soft(struct job *job, size_t vcpus)
{
	struct xl_setting *setting = job_get(job, "cpus_soft");

	if (!setting || !names_nodes(&setting->value)) {
		convert_cpus(job, "cpus_soft", "soft_affinity", vcpus);
		return;
	}
	job_note(job, REPORT_HOST, &setting->place,
		 "cpus_soft: has no counterpart where it names NUMA nodes: the vCPUs prefer no CPUs; name CPUs");
	setting->told = true;
}

/* As many as xl starts with. */
static long read_online(struct job *job, struct xl_setting **vcpus)
{
	long online;

	if (!job_number(job, "vcpus", &online, vcpus))
		return 1;
	if (online > 0)
		return online;
	job_note(job, REPORT_UNKNOWN, &(*vcpus)->value.place, "vcpus: %ld is taken for 1, as xl does", online);
	return 1;
}

void job_convert_vcpus(struct job *job)
{
	struct xl_setting *vcpus, *maxvcpus;
	long online = read_online(job, &vcpus), max;
	struct cfg_place place;

	if (!job_number(job, "maxvcpus", &max, &maxvcpus))
		max = online;
	if (!max) {
		job_note(job, REPORT_UNKNOWN, &maxvcpus->value.place, "maxvcpus: 0 is taken for vcpus, which is %ld", online);
		max = online;
	}
	if (max > 0 && online > max)
		job_error(job, &vcpus->value.place, "vcpus: %ld is more than maxvcpus, which is %ld", online, max);
	place = maxvcpus ? maxvcpus->value.place : vcpus ? vcpus->value.place : job_place(NULL);
	draft_open(&job->draft, &place, "vcpus", '{');
	draft_plain(&job->draft, &place, "max", "%ld", max);
	if (online != max)
		draft_plain(&job->draft, vcpus ? &vcpus->value.place : &place, "online", "%ld", online);
	convert_cpus(job, "cpus", "affinity", max > 0 ? (size_t)max : 1);
	convert_soft(job, max > 0 ? (size_t)max : 1);
	draft_close(&job->draft, '}');
}
