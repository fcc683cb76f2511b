/* SPDX-License-Identifier: GPL-2.0-or-later
 * A run over several files: each becomes a draft, all drafts are read as documents of one set.
 */
#include "xlite/convert/convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/job.h"
#include "xlite/convert/virt.h"
#include "xlite/convert/words.h"
#include "xlite/convert/xl_key.h"

/* One file. */
struct item {
	char *name, *text;
	struct report report;
	struct draft draft;
	size_t document;	/* position among the documents of the set, from 1; 0: none */
	bool defaults;		/* it is an xl.conf */
	bool other_type;	/* one error is that the guest is of a type which is not asked for */
	struct xl_file file;	/* without settings where it is not xl's */
};

struct convert {
	struct convert_options options;
	struct xl_defaults defaults;
	struct item **items;
	size_t nr_items;
	struct cfg_set *set;
	size_t nr_documents;
};

static void defaults_clear(struct xl_defaults *defaults)
{
	free(defaults->bridge);
	free(defaults->script);
	free(defaults->gatewaydev);
	free(defaults->backend);
	free(defaults->grant_frames);
	free(defaults->grant_version);
}

static void item_free(struct item *item)
{
	if (!item)
		return;
	report_clear(&item->report);
	draft_clear(&item->draft);
	xl_file_clear(&item->file);
	free(item->name);
	free(item->text);
	free(item);
}

struct convert *convert_new(const struct convert_options *options)
{
	struct convert *convert = calloc(1, sizeof(*convert));

	if (!convert)
		return NULL;
	convert->options = *options;
	convert->set = cfg_set_new();
	if (!convert->set) {
		free(convert);
		return NULL;
	}
	return convert;
}

void convert_free(struct convert *convert)
{
	if (!convert)
		return;
	for (size_t i = 0; i < convert->nr_items; i++)
		item_free(convert->items[i]);
	free(convert->items);
	defaults_clear(&convert->defaults);
	cfg_set_free(convert->set);
	free(convert);
}

/* A copy of the text, with a report on it; NULL when out of memory. */
static struct item *add_item(struct convert *convert, const char *name, const char *text, size_t len)
{
	struct item **more = reallocarray(convert->items, convert->nr_items + 1, sizeof(*more));
	struct item *item = more ? calloc(1, sizeof(*item)) : NULL;

	if (more)
		convert->items = more;
	if (!item)
		return NULL;
	item->name = strdup(strcmp(name, "-") ? name : "<stdin>");
	item->text = malloc(len + 1);
	if (!item->name || !item->text) {
		item_free(item);
		return NULL;
	}
	memcpy(item->text, text, len);
	item->text[len] = '\0';
	item->report = (struct report){ .name = item->name, .text = item->text, .len = len };
	convert->items[convert->nr_items++] = item;
	return item;
}

int convert_unread(struct convert *convert, const char *name, const char *why)
{
	const struct cfg_place place = { 0 };
	struct item *item = add_item(convert, name, "", 0);

	if (!item)
		return -ENOMEM;
	report_note(&item->report, REPORT_ERROR, &place, "cannot be read: %s", why);
	return item->report.failed ? -ENOMEM : 0;
}

/* A file of xl's; false where its size forbids to look at it. */
static bool has_size(struct item *item, size_t len)
{
	const struct cfg_place place = { 0 };

	if (len <= CONVERT_MAX_TEXT)
		return true;
	report_note(&item->report, REPORT_ERROR, &place, "the file is longer than 1 MiB");
	return false;
}

/* Guests under xl run on these CPUs only, whatever their own files say. */
static void tell_masks(const struct xl_file *file, struct report *report)
{
	static const char *const keys[] = { "vm.cpumask", "vm.hvm.cpumask" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct xl_setting *setting = xl_file_get(file, keys[i]);

		if (setting)
			report_note(report, REPORT_HOST, &setting->place,
				    "%s: has no counterpart: guests may run on other CPUs as well; see vcpus.affinity", keys[i]);
	}
}

/* A later one, by the present name, wins over an earlier one, by the old name. */
static void take_default(const struct xl_file *file, const char *name, char **field, struct report *report)
{
	const struct xl_setting *setting = xl_file_get(file, name);

	if (!setting || setting->value.list)
		return;
	free(*field);
	*field = strdup(setting->value.text);
	report->failed = report->failed || !*field;
	report_note(report, REPORT_TAKEN, &setting->place, "%s: holds where a guest's file says nothing", name);
}

int convert_xl_conf(struct convert *convert, const char *name, const char *text, size_t len)
{
	struct xl_defaults *defaults = &convert->defaults;
	const struct { const char *name; char **field; } keys[] = {
		{ "vifscript", &defaults->script }, { "vif.default.script", &defaults->script },
		{ "defaultbridge", &defaults->bridge },
		{ "vif.default.bridge", &defaults->bridge }, { "vif.default.gatewaydev", &defaults->gatewaydev },
		{ "vif.default.backend", &defaults->backend }, { "max_grant_frames", &defaults->grant_frames },
		{ "max_grant_version", &defaults->grant_version },
	};
	struct item *item = add_item(convert, name, text, len);
	struct xl_file file = { 0 };
	int rc;

	if (!item)
		return -ENOMEM;
	item->defaults = true;
	rc = has_size(item, len) ? xl_file_parse(&file, &item->report) : 0;
	for (size_t i = 0; !rc && i < ARRAY_SIZE(keys); i++)
		take_default(&file, keys[i].name, keys[i].field, &item->report);
	tell_masks(&file, &item->report);
	xl_file_clear(&file);
	return item->report.failed ? -ENOMEM : rc;
}

/* In the order of the file, so that the lines of the draft can be the file's. */
static void convert_devices(struct job *job)
{
	const struct xl_setting *disk = job_get(job, "disk"), *vif = job_get(job, "vif");
	bool vif_first = disk && vif && vif->value.place.line < disk->value.place.line;

	if (!vif_first)
		job_convert_disks(job);
	job_convert_vifs(job);
	if (vif_first)
		job_convert_disks(job);
}

static void convert_xl(struct job *job)
{
	const struct cfg_place nowhere = { 0 };

	/* What is left of a file that is broken would tell of keys that are missing. */
	if (xl_text_check(job->report) || xl_file_parse(&job->file, job->report) || job->report->counts[REPORT_ERROR])
		return;
	if (!job->file.nr)
		job_error(job, &nowhere, "the file has no settings");
	for (size_t i = 0; i < job->file.nr; i++)
		report_key(job->report, &job->file.settings[i].place);
	if (!job->file.nr || !job_convert_type(job))
		return;
	draft_begin(&job->draft);
	job_convert_identity(job);
	job_convert_vcpus(job);
	job_convert_memory(job);
	job_convert_boot(job);
	job_convert_pc(job);
	job_convert_events(job);
	job_convert_scheduler(job);
	job_convert_limits(job);
	convert_devices(job);
	draft_end(&job->draft);
	job_account(job);
}

int convert_guest(struct convert *convert, const char *name, const char *text, size_t len)
{
	struct item *item = add_item(convert, name, text, len);
	struct job job = { .options = &convert->options, .defaults = &convert->defaults };

	if (!item)
		return -ENOMEM;
	job.report = &item->report;
	if (has_size(item, len)) {
		if (virt_is_xml(text, len)) {
			virt_convert(&job);
			/* Made from elements, which have other names. */
			xl_file_clear(&job.file);
		} else {
			convert_xl(&job);
		}
	}
	item->file = job.file;
	item->draft = job.draft;
	item->other_type = job.other_type;
	return item->report.failed || item->draft.failed ? -ENOMEM : 0;
}

/* The file whose draft is the document of that number, which there is. */
static struct item *item_of(const struct convert *convert, size_t document)
{
	size_t i = 0;

	while (i + 1 < convert->nr_items && convert->items[i]->document != document)
		i++;
	return convert->items[i];
}

/* Whether the draft is whole: of what errors have left of it the language would say nothing new. */
static bool is_whole(const struct item *item)
{
	return !item->defaults && item->report.counts[REPORT_ERROR] == item->other_type;
}

/* What the language has against a document by itself, at the places in the file that it is made from. */
static int read_alone(struct item *item)
{
	struct cfg_set *set = cfg_set_new();
	const struct cfg_diag *diags;
	int rc = set ? cfg_set_parse(set, item->name, buf_str(&item->draft.text), item->draft.text.len) : -ENOMEM;

	for (size_t i = 0, nr = set ? cfg_set_diags(set, &diags) : 0; i < nr; i++) {
		const struct cfg_place place = draft_from(&item->draft, &diags[i].place);
		auto_free char *message = words_of_file(&item->file, &item->draft, &diags[i]);

		if (!message)
			item->report.failed = true;
		else
			report_note(&item->report, diags[i].warning ? REPORT_UNKNOWN : REPORT_ERROR, &place, "%s", message);
	}
	cfg_set_free(set);
	return rc < 0 || item->report.failed ? -ENOMEM : 0;
}

static void move_place(const struct draft *draft, struct cfg_place *place)
{
	const char *file = place->file;

	*place = draft_from(draft, place);
	place->file = file;
}

/* The places of what documents are compared by become those in the file. */
static void move_places(const struct draft *draft, struct cfg_domain *domain)
{
	move_place(draft, &domain->name_place);
	move_place(draft, &domain->uuid_place);
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		struct cfg_vif *vif = &domain->vifs[i];

		move_place(draft, &vif->place);
		move_place(draft, &vif->target_place);
		move_place(draft, &vif->ifname_place);
		move_place(draft, &vif->vlan_place);
		move_place(draft, &vif->trunk_place);
		for (size_t j = 0; j < vif->ip.nr && vif->ip.places; j++)
			move_place(draft, &vif->ip.places[j]);
	}
	for (size_t i = 0; i < domain->nr_vbds; i++) {
		move_place(draft, &domain->vbds[i].place);
		move_place(draft, &domain->vbds[i].source_place);
	}
}

/* The same for what it has against all of them together. */
static int read_together(struct convert *convert)
{
	struct cfg_domain *const *domains;
	const struct cfg_diag *diags;
	size_t nr;
	int rc = 0;

	for (size_t i = 0; i < convert->nr_items && rc >= 0; i++) {
		struct item *item = convert->items[i];

		if (item->defaults || item->report.counts[REPORT_ERROR])
			continue;
		item->document = ++convert->nr_documents;
		rc = cfg_set_parse(convert->set, item->name, buf_str(&item->draft.text), item->draft.text.len);
	}
	domains = cfg_set_domains(convert->set, &nr);
	for (size_t i = 0; i < nr; i++)
		move_places(&item_of(convert, i + 1)->draft, domains[i]);
	if (rc >= 0 && nr)
		rc = cfg_set_check(convert->set);
	nr = cfg_set_diags(convert->set, &diags);
	for (size_t i = 0; i < nr; i++)
		report_note(&item_of(convert, diags[i].file_nr + 1)->report, diags[i].warning ? REPORT_UNKNOWN :
			    REPORT_ERROR, &diags[i].place, "%s",
			    diags[i].message);
	return rc;
}

int convert_end(struct convert *convert)
{
	int rc = 0, refused = 0;

	for (size_t i = 0; i < convert->nr_items && rc >= 0; i++) {
		if (is_whole(convert->items[i]))
			rc = read_alone(convert->items[i]);
	}
	if (rc >= 0)
		rc = read_together(convert);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < convert->nr_items; i++) {
		if (convert->items[i]->report.failed)
			return -ENOMEM;
		refused += report_refuses(&convert->items[i]->report, convert->options.force);
	}
	return refused;
}

void convert_report(const struct convert *convert, struct buf *out)
{
	for (size_t i = 0; i < convert->nr_items; i++)
		report_print(&convert->items[i]->report, convert->options.all, convert->options.force, out);
}

/* A line of a comment: what could end it, or be no text, is left out. */
static void print_origin(const struct item *item, struct buf *out)
{
	buf_puts(out, "# converted from ");
	for (const char *c = item->name; *c; c++)
		buf_add(out, (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f ? "?" : c, 1);
	buf_puts(out, "\n");
}

void convert_print(const struct convert *convert, struct buf *out)
{
	size_t nr;
	struct cfg_domain *const *domains = cfg_set_domains(convert->set, &nr);

	for (size_t i = 0; i < nr; i++) {
		if (i)
			buf_puts(out, "---\n");
		print_origin(item_of(convert, i + 1), out);
		cfg_print(domains[i], false, out);
	}
}

void convert_man(struct buf *out)
{
	buf_puts(out, ".Ss Keys of xl.cfg\n");
	xl_key_man(out);
	buf_puts(out, ".Ss Elements of libvirt\n");
	virt_man(out);
}
