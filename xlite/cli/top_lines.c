/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: from two looks to rates, and to lines of text. It asks nobody, and prints nothing.
 */
#include "xlite/cli/top.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"

enum column { ID, NAME, STATE, VCPUS, CPU, MEMORY, SHARE, RECEIVED, SENT, READ, WRITTEN, TIME, NR_COLUMNS };

/* Names, states and titles of these are at the left. */
static const struct {
	const char *title;
	bool left;
} columns[NR_COLUMNS] = {
	[ID] = { "ID", false }, [NAME] = { "NAME", true }, [STATE] = { "STATE", true }, [VCPUS] = { "VCPUS", false }, [CPU] = {
		"CPU%", false,
	},
	[MEMORY] = { "MEMORY", false }, [SHARE] = { "MEM%", false }, [RECEIVED] = { "RX/s", false }, [SENT] = { "TX/s", false },
	[READ] = { "READ/s", false }, [WRITTEN] = { "WRITE/s", false }, [TIME] = { "TIME+", false },
};

#define CELL 64
struct row {
	uint32_t domid;
	char cells[NR_COLUMNS][CELL];
};

static const char *const orders[] = {
	[TOP_CPU] = "cpu", [TOP_MEMORY] = "memory", [TOP_TIME] = "time", [TOP_ID] = "id", [TOP_NAME] = "name",
};

bool top_order_parse(const char *word, enum top_order *order)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (!strcmp(word, orders[i])) {
			*order = (enum top_order)i;
			return true;
		}
	}
	return false;
}

/* Counters of a device that was exchanged begin anew. */
static double per_second(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

static const struct top_domain *find(const struct top_sample *sample, const struct top_domain *domain)
{
	for (size_t i = 0; i < sample->nr; i++) {
		const struct xlite_domain_info *info = &sample->domains[i].info;

		if (info->domid == domain->info.domid && !memcmp(info->uuid, domain->info.uuid, 16))
			return &sample->domains[i];
	}
	return NULL;
}

static void rate(struct top_domain *domain, const struct top_domain *before, double seconds)
{
	domain->rated = true;
	domain->percent = per_second(domain->info.cpu_time_ns, before->info.cpu_time_ns, seconds) * 100 / (double)NS_PER_SEC;
	domain->received_s = per_second(domain->bytes.received, before->bytes.received, seconds);
	domain->sent_s = per_second(domain->bytes.sent, before->bytes.sent, seconds);
	domain->read_s = per_second(domain->bytes.read, before->bytes.read, seconds);
	domain->written_s = per_second(domain->bytes.written, before->bytes.written, seconds);
	for (unsigned i = 0; i < domain->nr_vcpus && i < before->nr_vcpus; i++) {
		domain->vcpus[i].rated = true;
		domain->vcpus[i].percent = per_second(domain->vcpus[i].cpu_ns, before->vcpus[i].cpu_ns, seconds) * 100 /
					   (double)NS_PER_SEC;
	}
}

void top_rate(struct top_sample *sample, const struct top_sample *before)
{
	double seconds = (double)(sample->at_ns - before->at_ns) / (double)NS_PER_SEC, sum = 0;

	sample->busy = -1;
	if (!before->nr || seconds <= 0)
		return;
	for (size_t i = 0; i < sample->nr; i++) {
		const struct top_domain *was = find(before, &sample->domains[i]);

		if (was)
			rate(&sample->domains[i], was, seconds);
		sum += sample->domains[i].percent;
	}
	if (sample->host.nr_cpus)
		sample->busy = sum / sample->host.nr_cpus;
}

static int ascending(double a, double b)
{
	return a < b ? -1 : a > b;
}

/* Large numbers first, but for ids and names. */
static int compare(const void *a, const void *b, void *ctx)
{
	const struct top_domain *x = a, *y = b;
	const struct top_view *view = ctx;
	int order = 0;

	switch (view->order) {
	case TOP_CPU:
		order = ascending(y->percent, x->percent);
		break;
	case TOP_MEMORY:
		order = ascending((double)y->info.mem_kib, (double)x->info.mem_kib);
		break;
	case TOP_TIME:
		order = ascending((double)y->info.cpu_time_ns, (double)x->info.cpu_time_ns);
		break;
	case TOP_NAME:
		order = strcmp(x->name ? x->name : "", y->name ? y->name : "");
		break;
	case TOP_ID:
		break;
	}
	if (!order)
		order = ascending(x->info.domid, y->info.domid);
	return view->reversed ? -order : order;
}

void top_sort(struct top_sample *sample, const struct top_view *view)
{
	struct top_view copy = *view;

	if (sample->nr)
		qsort_r(sample->domains, sample->nr, sizeof(*sample->domains), compare, &copy);
}

void top_sample_clear(struct top_sample *sample)
{
	for (size_t i = 0; i < sample->nr; i++) {
		free(sample->domains[i].name);
		free(sample->domains[i].vcpus);
	}
	free(sample->domains);
	*sample = (struct top_sample){ 0 };
}

/* "0", "512", "1.5K", "23M"; rates below a byte are none. */
static void rate_text(char cell[CELL], bool known, double bytes)
{
	static const char units[] = "\0KMGTP";
	size_t unit = 0;

	while (bytes >= 1024 && unit + 2 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	if (!known)
		strcpy(cell, "-");
	else
		snprintf(cell, CELL, "%.*f%.1s", unit && bytes < 10 ? 1 : 0, bytes, &units[unit]);
}

/* "0:07.31", "12:00.00", "3h05:10". */
static void time_text(char cell[CELL], uint64_t ns)
{
	unsigned long long hundredths = ns / 10000000, s = hundredths / 100;

	if (s < 3600)
		snprintf(cell, CELL, "%llu:%02llu.%02llu", s / 60, s % 60, hundredths % 100);
	else
		snprintf(cell, CELL, "%lluh%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
}

static void percent_text(char cell[CELL], bool known, double percent)
{
	if (known)
		snprintf(cell, CELL, "%.1f", percent);
	else
		strcpy(cell, "-");
}

/* Another tool may let any byte into a name; on a terminal none may move the cursor. */
static void name_text(char cell[CELL], const char *name)
{
	snprintf(cell, CELL, "%s", name ? name : "(unnamed)");
	for (char *c = cell; *c; c++) {
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
}

static void domain_row(const struct top_sample *sample, const struct top_domain *domain, struct row *row)
{
	const struct xlite_domain_info *info = &domain->info;
	double total = sample->host.total_kib ? (double)sample->host.total_kib : 1;

	snprintf(row->cells[ID], CELL, "%u", info->domid);
	name_text(row->cells[NAME], domain->name);
	snprintf(row->cells[STATE], CELL, "%s", domain->state);
	snprintf(row->cells[VCPUS], CELL, "%u", info->nr_online_vcpus);
	percent_text(row->cells[CPU], domain->rated, domain->percent);
	snprintf(row->cells[MEMORY], CELL, "%lluMiB", (unsigned long long)(info->mem_kib + 512) / 1024);
	percent_text(row->cells[SHARE], true, (double)info->mem_kib * 100 / total);
	rate_text(row->cells[RECEIVED], domain->rated && domain->has_vifs, domain->received_s);
	rate_text(row->cells[SENT], domain->rated && domain->has_vifs, domain->sent_s);
	rate_text(row->cells[READ], domain->rated && domain->has_vbds, domain->read_s);
	rate_text(row->cells[WRITTEN], domain->rated && domain->has_vbds, domain->written_s);
	time_text(row->cells[TIME], info->cpu_time_ns);
}

static void vcpu_row(const struct top_domain *domain, unsigned i, struct row *row)
{
	const struct top_vcpu *vcpu = &domain->vcpus[i];

	for (int c = 0; c < NR_COLUMNS; c++)
		strcpy(row->cells[c], "-");
	snprintf(row->cells[NAME], CELL, "  vcpu%u", i);
	strcpy(row->cells[STATE], !vcpu->online ? "offline" : vcpu->blocked ? "blocked" : "runnable");
	percent_text(row->cells[CPU], vcpu->rated, vcpu->percent);
	time_text(row->cells[TIME], vcpu->cpu_ns);
}

static bool is_shown(const struct top_domain *domain, const struct top_view *view)
{
	return domain->shown && (!view->filter || strstr(domain->name ? domain->name : "", view->filter));
}

static struct row *make_rows(const struct top_sample *sample, const struct top_view *view, size_t *nr)
{
	size_t room = 1;
	struct row *rows;

	for (size_t i = 0; i < sample->nr; i++)
		room += 1 + sample->domains[i].nr_vcpus;
	rows = calloc(room, sizeof(*rows));
	if (!rows)
		return NULL;
	for (int c = 0; c < NR_COLUMNS; c++)
		strcpy(rows->cells[c], columns[c].title);
	rows->domid = UINT32_MAX;
	*nr = 1;
	for (size_t i = 0; i < sample->nr; i++) {
		const struct top_domain *domain = &sample->domains[i];

		if (!is_shown(domain, view))
			continue;
		rows[*nr].domid = domain->info.domid;
		domain_row(sample, domain, &rows[(*nr)++]);
		for (unsigned k = 0; k < domain->nr_vcpus && view->vcpus; k++) {
			rows[*nr].domid = domain->info.domid;
			vcpu_row(domain, k, &rows[(*nr)++]);
		}
	}
	return rows;
}

static char *line_of(const struct row *row, const int widths[NR_COLUMNS])
{
	struct buf line = BUF_INIT;

	for (int c = 0; c < NR_COLUMNS; c++)
		buf_printf(&line, "%s%*s", c ? "  " : "", columns[c].left ? -widths[c] : widths[c], row->cells[c]);
	return buf_take(&line);
}

int top_lines_make(const struct top_sample *sample, const struct top_view *view, struct top_lines *lines)
{
	/* So wide that columns seldom move. */
	int widths[NR_COLUMNS] = {
		[ID] = 3, [NAME] = 12, [STATE] = 7, [CPU] = 5, [RECEIVED] = 5, [SENT] = 5, [READ] = 6, [TIME] = 9
	};
	size_t nr = 0;
	auto_free struct row *rows = make_rows(sample, view, &nr);
	bool failed = !rows;

	*lines = (struct top_lines){ .items = calloc(nr + 1, sizeof(*lines->items)),
				     .domids = calloc(nr + 1, sizeof(*lines->domids)) };
	failed = failed || !lines->items || !lines->domids;
	for (size_t i = 0; i < nr; i++) {
		for (int c = 0; c < NR_COLUMNS; c++) {
			int width = (int)strlen(rows[i].cells[c]);

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (size_t i = 0; i < nr && !failed; i++) {
		lines->items[i] = line_of(&rows[i], widths);
		lines->domids[i] = rows[i].domid;
		failed = !lines->items[i];
		lines->nr = i + 1;
	}
	if (failed)
		top_lines_clear(lines);
	return failed ? -ENOMEM : 0;
}

void top_lines_clear(struct top_lines *lines)
{
	for (size_t i = 0; i < lines->nr && lines->items; i++)
		free(lines->items[i]);
	free(lines->items);
	free(lines->domids);
	*lines = (struct top_lines){ 0 };
}

void top_head(const struct top_sample *sample, struct buf *out)
{
	const struct xlite_host_info *host = &sample->host;
	size_t running = 0;

	for (size_t i = 0; i < sample->nr; i++)
		running += !strcmp(sample->domains[i].state, "running");
	buf_printf(out, "%u CPU%s", host->nr_cpus, host->nr_cpus == 1 ? "" : "s");
	if (sample->busy >= 0)
		buf_printf(out, ", %.1f%% busy", sample->busy);
	buf_printf(out, "; memory %lluMiB, %lluMiB free; %zu domain%s, %zu running", (unsigned long long)host->total_kib / 1024,
		   (unsigned long long)host->free_kib / 1024, sample->nr, sample->nr == 1 ? "" : "s", running);
}
