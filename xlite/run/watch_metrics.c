/* SPDX-License-Identifier: GPL-2.0-or-later
 * Metrics of a watch. Counters begin with its process, as Prometheus expects of those that are not kept.
 */
#include "xlite/run/watch_metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP xlite_watch_%s %s\n# TYPE xlite_watch_%s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, long long value)
{
	head(out, name, type, help);
	buf_printf(out, "xlite_watch_%s %lld\n", name, value);
}

static void add_label(struct buf *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			buf_puts(out, "\\n");
		else if (*c == '"' || *c == '\\')
			buf_printf(out, "\\%c", *c);
		else
			buf_add(out, c, 1);
	}
}

static void add_states(const struct watch_domains *domains, struct buf *out)
{
	static const struct {
		const char *word;
		enum watch_deed deed;
	} words[] = { { "build", WATCH_BUILD }, { "remove", WATCH_REMOVE }, { "keep", WATCH_KEEP }, { "leave", WATCH_LEAVE } };

	head(out, "ended_domains", "gauge", "Domains that have ended and are there yet, by what is to become of them.");
	for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
		size_t nr = 0;

		for (size_t i = 0; i < domains->nr; i++)
			nr += domains->items[i].ended && domains->items[i].deed == words[k].deed;
		buf_printf(out, "xlite_watch_ended_domains{deed=\"%s\"} %zu\n", words[k].word, nr);
	}
}

static void add_rows(const struct watch_domains *domains, struct buf *out)
{
	head(out, "builds_in_a_row", "gauge", "How often a domain was built anew without a healthy stretch between.");
	for (size_t i = 0; i < domains->nr; i++) {
		if (!domains->items[i].ends.nr)
			continue;
		buf_puts(out, "xlite_watch_builds_in_a_row{domain=\"");
		add_label(out, domains->items[i].name);
		buf_printf(out, "\"} %u\n", domains->items[i].ends.nr);
	}
}

void watch_metrics_print(const struct watch_domains *domains, const struct watch_applied *applied, time_t began,
			 struct buf *out)
{
	one(out, "start_time_seconds", "gauge", "When the watch began, in Unix time.", began);
	one(out, "builds_total", "counter", "Domains that were built anew after their end.", (long long)domains->nr_built);
	one(out, "removals_total", "counter", "Domains that were removed after their end.", (long long)domains->nr_removed);
	one(out, "failures_total", "counter", "Attempts at either that failed.", (long long)domains->nr_failed);
	add_states(domains, out);
	add_rows(domains, out);
	if (!applied->known)
		return;
	one(out, "files_status", "gauge", "Exit status of the last run over the files; 0 is success.", applied->status);
	one(out, "files_time_seconds", "gauge", "When that ended, in Unix time.", applied->real_s);
}

/* Readers see the old file or the new one. */
static int write_file(const char *path, const struct buf *text)
{
	char other[PATH_MAX];
	int fd, rc;

	if ((size_t)snprintf(other, sizeof(other), "%s.new", path) >= sizeof(other))
		return -ENAMETOOLONG;
	unlink(other);
	fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	/* Who collects it is seldom root, and a service's umask may be for root alone. */
	rc = fchmod(fd, 0644) ? -errno : buf_write(text, fd);
	close(fd);
	if (!rc && rename(other, path))
		rc = -errno;
	if (rc)
		unlink(other);
	return rc;
}

int watch_metrics_update(struct watch_metrics *metrics, const struct watch_domains *domains,
			 const struct watch_applied *applied, struct xlite_error *err)
{
	auto_buf struct buf text = BUF_INIT;
	bool told = metrics->failed;
	int rc;

	if (!metrics->path)
		return 0;
	watch_metrics_print(domains, applied, metrics->began, &text);
	if (text.failed || !strcmp(buf_str(&text), buf_str(&metrics->last)))
		return 0;
	rc = write_file(metrics->path, &text);
	metrics->failed = rc;
	if (rc)
		return told ? 0 : xlite_error_sys(err, rc, "writing metrics to %s", metrics->path);
	buf_clear(&metrics->last);
	metrics->last = text;
	text = (struct buf)BUF_INIT;
	return 0;
}

void watch_metrics_end(struct watch_metrics *metrics)
{
	if (metrics->path && metrics->last.len)
		unlink(metrics->path);
	buf_clear(&metrics->last);
}
