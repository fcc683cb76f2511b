/* SPDX-License-Identifier: GPL-2.0-or-later
 * report: its page. Whatever comes from files, from guests or from the log goes through markup.h; the page forbids
 * itself scripts and what is elsewhere.
 */
#include "xlite/cli/report_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "common/auto.h"
#include "config.h"
#include "xlite/cli/graph_svg.h"
#include "xlite/cli/markup.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<style>\n"
	":root{color-scheme:light dark}\n"
	"body{font-family:system-ui,sans-serif;margin:2rem;max-width:1280px}\n"
	"table{border-collapse:collapse;margin:.5rem 0}th,td{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8886;vertical-align:top}\n"
	"pre{overflow-x:auto;padding:.8rem;border:1px solid #8886;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	".differs{color:#b3261e;font-weight:bold}.same{color:#1b7a2f;font-weight:bold}.picture{overflow-x:auto}\n"
	"@media (prefers-color-scheme:dark){.differs{color:#ff8a80}.same{color:#7ddc8c}}\n"
	"</style>\n";

static void put_row(struct buf *out, const char *tag, size_t nr, const char *const *cells)
{
	buf_puts(out, "<tr>");
	for (size_t i = 0; i < nr; i++) {
		buf_printf(out, "<%s>", tag);
		markup_text(out, cells[i]);
		buf_printf(out, "</%s>", tag);
	}
	buf_puts(out, "</tr>\n");
}

static void put_host(const struct report *report, struct buf *out)
{
	time_t now = time(NULL);
	char when[64];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %z", localtime_r(&now, &tm));
	buf_puts(out, "<p>");
	if (report->xen && report->info)
		buf_printf(out, "Xen %u.%u, %u CPUs, %" PRIu64 " MiB of memory, %" PRIu64 " MiB of it free. ",
			   report->xen->major, report->xen->minor, report->info->nr_cpus,
			   report->info->total_kib / 1024, report->info->free_kib / 1024);
	else
		buf_puts(out, "No host was looked at: files were compared with files. ");
	buf_printf(out, "Written %s by xlite " PACKAGE_VERSION ".</p>\n", when);
}

static void put_drift(const struct report *report, struct buf *out)
{
	auto_buf struct buf text = BUF_INIT;
	bool differs = plan_differs(report->plan);

	buf_puts(out, "<h2 id=\"drift\">Drift</h2>\n");
	buf_puts(out,
		 differs ? "<p class=\"differs\">What is there differs from the files. <code>xlite apply</code> would do this:</p>\n"
			 : "<p class=\"same\">What is there is as the files say.</p>\n");
	if (!differs)
		return;
	plan_print(report->plan, false, false, &text);
	buf_puts(out, "<pre>");
	markup_text(out, buf_str(&text));
	buf_puts(out, "</pre>\n");
}

/* Whose it is: a document's, a set's whose files are others, another tool's. */
static const char *owner_of(const struct report *report, const struct state_domain *domain, char *text, size_t size)
{
	const struct cfg_domain *spec = domain->name ? cfg_set_domain(report->set, domain->name) : NULL;

	if (!domain->info.domid && !domain->absent)
		return "the host itself";
	if (spec)
		return "in the files";
	if (!state_owned(domain))
		return "another tool's";
	if (!domain->record.set)
		return "not in the files";
	snprintf(text, size, "not in the files, set %s", domain->record.set);
	return text;
}

static void put_domain(const struct report *report, const struct state_domain *domain, struct buf *out)
{
	char id[16], vcpus[16], memory[32], cpu[32], owner[160];
	const char *cells[] = { domain->name ? domain->name : "(unnamed)", id, state_word(domain), vcpus, memory, cpu,
				owner_of(report, domain, owner, sizeof(owner)) };

	snprintf(id, sizeof(id), "%u", domain->info.domid);
	snprintf(vcpus, sizeof(vcpus), "%u", domain->info.nr_online_vcpus);
	snprintf(memory, sizeof(memory), "%" PRIu64 " MiB", domain->info.mem_kib / 1024);
	snprintf(cpu, sizeof(cpu), "%.1f s", (double)domain->info.cpu_time_ns / 1e9);
	/* What only a record, or another file, tells of. */
	if (domain->absent)
		cells[1] = cells[3] = cells[4] = cells[5] = "-";
	else if (!report->host)
		cells[1] = cells[3] = cells[4] = cells[5] = "";
	put_row(out, "td", ARRAY_SIZE(cells), cells);
}

static void put_domains(const struct report *report, struct buf *out)
{
	static const char *const titles[] = { "Name", "ID", "State", "vCPUs", "Memory", "CPU time", "Spec" };

	buf_puts(out, "<h2 id=\"domains\">Domains</h2>\n<table>\n");
	put_row(out, "th", ARRAY_SIZE(titles), titles);
	for (size_t i = 0; i < report->state->nr; i++)
		put_domain(report, &report->state->domains[i], out);
	for (size_t i = 0; report->kept && i < report->kept->nr; i++)
		put_domain(report, &report->kept->items[i], out);
	buf_puts(out, "</table>\n");
}

static void add_list(const struct cfg_strings *strings, struct buf *out)
{
	for (size_t i = 0; i < strings->nr; i++)
		buf_printf(out, "%s%s", i ? " " : "", strings->items[i]);
}

static void put_networks(const struct report *report, struct buf *out)
{
	static const char *const modes[] = { [CFG_VIF_BRIDGE] = "bridge", [CFG_VIF_ROUTE] = "route", [CFG_VIF_NAT] = "nat" };
	static const char *const titles[] = { "Name", "Mode", "Subnets", "Devices" };
	struct cfg_network *const *networks;
	size_t nr;

	networks = cfg_set_networks(report->set, &nr);
	if (!nr)
		return;
	buf_puts(out, "<h2 id=\"networks\">Networks of the files</h2>\n<table>\n");
	put_row(out, "th", ARRAY_SIZE(titles), titles);
	for (size_t i = 0; i < nr; i++) {
		auto_buf struct buf subnets = BUF_INIT, devices = BUF_INIT;

		add_list(&networks[i]->subnet, &subnets);
		add_list(&networks[i]->ports, &devices);
		if (networks[i]->uplink)
			buf_puts(&devices, networks[i]->uplink);
		put_row(out, "td", ARRAY_SIZE(titles),
			(const char *const[]){ networks[i]->name, modes[networks[i]->mode], buf_str(&subnets),
					       buf_str(&devices) });
	}
	buf_puts(out, "</table>\n");
}

static void put_volumes(const struct report *report, struct buf *out)
{
	static const char *const titles[] = { "Name", "Pool", "Format", "Size" };
	struct cfg_volume *const *volumes;
	size_t nr;

	volumes = cfg_set_volumes(report->set, &nr);
	if (!nr)
		return;
	buf_puts(out, "<h2 id=\"volumes\">Volumes of the files</h2>\n<table>\n");
	put_row(out, "th", ARRAY_SIZE(titles), titles);
	for (size_t i = 0; i < nr; i++) {
		char size[32] = "that of its image";

		if (volumes[i]->size_kib)
			snprintf(size, sizeof(size), "%" PRIu64 " MiB", volumes[i]->size_kib / 1024);
		put_row(out, "td", ARRAY_SIZE(titles),
			(const char *const[]){ volumes[i]->name, volumes[i]->pool ? volumes[i]->pool : CFG_DEFAULT_POOL,
					       cfg_format_name(volumes[i]->format), size });
	}
	buf_puts(out, "</table>\n");
}

static int put_picture(const struct report *report, struct buf *out)
{
	int rc;

	buf_puts(out, "<h2 id=\"topology\">Topology of the files</h2>\n<div class=\"picture\">\n");
	rc = graph_svg(report->set, report->host, out);
	buf_puts(out, "</div>\n");
	return rc;
}

static void put_changes(const struct report *report, struct buf *out)
{
	buf_puts(out, "<h2 id=\"changes\">Last changes</h2>\n");
	if (!report->changes) {
		buf_puts(out, "<p>The log of the host could not be read, or tells of none.</p>\n");
		return;
	}
	buf_puts(out, "<pre>");
	markup_text(out, report->changes);
	buf_puts(out, "</pre>\n");
}

int report_page(const struct report *report, struct buf *out)
{
	const char *title = report->host ? report->host : "Xen host";
	int rc;

	buf_puts(out, head);
	buf_puts(out, "<title>");
	markup_text(out, title);
	buf_puts(out, "</title>\n</head>\n<body>\n<h1>");
	markup_text(out, title);
	buf_puts(out, "</h1>\n");
	put_host(report, out);
	put_drift(report, out);
	put_domains(report, out);
	put_networks(report, out);
	put_volumes(report, out);
	rc = put_picture(report, out);
	if (report->host)
		put_changes(report, out);
	buf_puts(out, "</body>\n</html>\n");
	return rc ? rc : out->failed ? -ENOMEM : 0;
}
