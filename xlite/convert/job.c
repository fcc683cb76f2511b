/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading settings as xl does, and the account of all of them.
 */
#include "xlite/convert/job.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"
#include "xlite/convert/xl_key.h"

void job_error(struct job *job, const struct cfg_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_vnote(job->report, REPORT_ERROR, place, fmt, ap);
	va_end(ap);
}

void job_note(struct job *job, enum report_kind kind, const struct cfg_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_vnote(job->report, kind, place, fmt, ap);
	va_end(ap);
}

struct xl_setting *job_get(struct job *job, const char *name)
{
	return xl_file_get(&job->file, name);
}

struct cfg_place job_place(const struct xl_setting *setting)
{
	return setting ? setting->place : (struct cfg_place){ 0 };
}

const char *job_text(struct job *job, const char *name, struct xl_setting **setting)
{
	struct xl_setting *found = job_get(job, name);

	if (setting)
		*setting = found;
	if (!found)
		return NULL;
	if (found->value.list)
		job_error(job, &found->value.place, "%s: xl takes a single value here, and ignores a list", name);
	return found->value.text;
}

bool job_number(struct job *job, const char *name, long *number, struct xl_setting **setting)
{
	struct xl_setting *found;
	const char *text = job_text(job, name, &found);
	auto_buf struct buf quoted = BUF_INIT;
	char *end;

	if (setting)
		*setting = found;
	if (!text)
		return false;
	errno = 0;
	*number = strtol(text, &end, 0);
	if (errno || *end || end == text || found->added) {
		cfg_quote(&quoted, text, strlen(text));
		job_error(job, &found->value.place, found->added ? "%s: xl adds no numbers, and ignores %s" :
			  "%s: %s is not a number: xl ignores it, as if the key were not there", name, buf_str(&quoted));
		return false;
	}
	if (*text == '0' && text[1] >= '0' && text[1] <= '9')
		job_note(job, REPORT_UNKNOWN, &found->value.place,
			 "%s: %s begins with 0, so xl reads it as octal: %ld", name, text, *number);
	return true;
}

const struct xl_value *job_list(struct job *job, const char *name)
{
	struct xl_setting *found = job_get(job, name);

	if (!found)
		return NULL;
	if (!found->value.list) {
		job_error(job, &found->value.place, "%s: xl takes a list here, and ignores a single value", name);
		return NULL;
	}
	for (size_t i = 0; i < found->value.nr; i++) {
		if (found->value.items[i].list) {
			job_error(job, &found->value.items[i].place,
				  "%s: xl takes no list inside of this list, and ignores what comes from here on",
				  name);
			return NULL;
		}
	}
	return &found->value;
}

bool job_is_dom0(const char *text)
{
	return !*text || !strcmp(text, "0") || !strcasecmp(text, "Domain-0") || !strcmp(text, "dom0");
}

/* Whether the value is one of the words, or one of the numbers among them. */
static bool among(const char *value, const char *words)
{
	size_t len = strlen(value), word;
	char *end, *word_end;
	long number = strtol(value, &end, 0);

	for (; *words; words += word, words += *words == ' ') {
		word = strcspn(words, " ");
		if (word == len && !strncmp(words, value, len))
			return true;
		if (end != value && !*end && strtol(words, &word_end, 10) == number && word_end == words + word)
			return true;
	}
	return false;
}

/* Whether nothing is lost with this value. */
static bool harmless(const struct job *job, const struct xl_key *key, const struct xl_value *value)
{
	const char *words = job->becomes == XL_TYPE_HVM && key->hvm.why ? key->hvm.harmless : key->harmless;

	if (value->list && (value->nr != 1 || value->items->list))
		return !value->nr;
	value = value->list ? value->items : value;
	return !*value->text || (words && among(value->text, words));
}

/* Which guests heed a key, for messages. */
static const char *heeding(unsigned types)
{
	switch (types & XL_ANY) {
	case 0:
		return "guests on Arm";
	case XL_PV:
		return "PV guests";
	case XL_HVM:
		return "HVM guests";
	case XL_PVH | XL_HVM:
		return "PVH and HVM guests";
	case XL_PV | XL_PVH:
		return "PV and PVH guests";
	default:
		return "PV and HVM guests";
	}
}

/* A value that switches something off: a PVH guest, which does not have it either, is the same. */
static bool is_off(const struct xl_value *value)
{
	return value->list ? !value->nr : !*value->text || among(value->text, "0 none");
}

/* What means something else where the guest remains an HVM guest. */
static void account_hvm(struct job *job, const struct xl_setting *setting, const struct xl_key *key)
{
	if (key->hvm.kind == REPORT_NOTHING)
		job_note(job, REPORT_NOTHING, &setting->place, "%s: %s", setting->name, key->hvm.why);
	else if (harmless(job, key, &setting->value))
		job_note(job, REPORT_NOTHING, &setting->place, "%s: nothing is lost with this value", setting->name);
	else
		job_note(job, key->hvm.kind, &setting->place, "%s: has no counterpart: %s", setting->name, key->hvm.why);
}

static void account_lost(struct job *job, const struct xl_setting *setting, const struct xl_key *key)
{
	static const unsigned bits[] = { [XL_TYPE_PV] = XL_PV, [XL_TYPE_PVH] = XL_PVH, [XL_TYPE_HVM] = XL_HVM };
	const char *name = setting->name, *guests = job->becomes == XL_TYPE_PV ? "PV guests of xlite" : "PVH guests";

	if (!(key->types & bits[job->type]))
		job_note(job, REPORT_NOTHING, &setting->place, "%s: only %s have it", name, heeding(key->types));
	else if (job->becomes == XL_TYPE_HVM && key->hvm.why)
		account_hvm(job, setting, key);
	else if (job->becomes != XL_TYPE_PVH && key->kind != REPORT_NOTHING && !harmless(job, key, &setting->value))
		job_note(job, key->kind, &setting->place, "%s: has no counterpart: %s", name, key->why);
	else if (!(key->types & XL_PVH) && harmless(job, key, &setting->value))
		job_note(job, REPORT_NOTHING, &setting->place, "%s: nothing is lost with this value", name);
	else if (!(key->types & XL_PVH))
		job_note(job, is_off(&setting->value) ? REPORT_NOTHING : REPORT_HOST, &setting->place,
			 "%s: %s have no such thing", name, guests);
	else if (key->kind == REPORT_ERROR && !harmless(job, key, &setting->value))
		job_note(job, REPORT_HOST, &setting->place, "%s: %s have no such thing", name, guests);
	else if (key->kind == REPORT_NOTHING || harmless(job, key, &setting->value))
		job_note(job, REPORT_NOTHING, &setting->place, "%s: %s", name, key->kind == REPORT_NOTHING ? key->why :
			 "nothing is lost with this value");
	else
		job_note(job, key->kind, &setting->place, "%s: has no counterpart: %s", name, key->why);
}

/* The key of the spec that a key of the file has become: what is the only one of its section is written as the section. */
static const char *became(struct job *job, const struct xl_key *key)
{
	const char *name = key->name;

	if (!strcmp(name, "vcpus") && !job_get(job, "maxvcpus"))
		return "vcpus";
	if ((!strcmp(name, "memory") && !job_get(job, "maxmem")) || (!strcmp(name, "maxmem") && !job_get(job, "memory")))
		return "memory";
	if (job->becomes == XL_TYPE_HVM && key->hvm.to)
		return key->hvm.to;
	return key->to;
}

void job_account(struct job *job)
{
	for (size_t i = 0; i < job->file.nr; i++) {
		const struct xl_setting *setting = &job->file.settings[i];
		const struct xl_key *key = xl_key_find(setting->name);
		const char *nearest = key ? NULL : xl_key_nearest(setting->name);

		if (setting->told)
			continue;
		if (!key)
			job_note(job, REPORT_UNKNOWN, &setting->place, nearest ?
				 "unknown key `%s`: xl ignores it; did you mean `%s`?" :
				 "unknown key `%s`: xl ignores it", setting->name, nearest);
		else if (became(job, key))
			job_note(job, REPORT_TAKEN, &setting->place, "%s: became %s", setting->name, became(job, key));
		else
			account_lost(job, setting, key);
	}
}
