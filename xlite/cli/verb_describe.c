/* SPDX-License-Identifier: GPL-2.0-or-later
 * describe: all that is known of a domain, for people: its state, its devices and what went through them, what waits, its
 * spec, and the last lines of its console.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/describe.h"
#include "xlite/lib/console.h"
#include "xlite/lib/console_log.h"
#include "xlite/reconcile/observe.h"

/* Of the console, at most. */
#define LAST_LINES 10
#define LAST_BYTES 4096

static void add_head(const struct state_domain *domain, struct buf *out)
{
	const struct xlite_domain_info *info = &domain->info;
	char uuid[37];

	xlite_uuid_text(info->uuid, uuid);
	buf_printf(out, "Name:    %s\n", domain->name ? domain->name : "(none)");
	buf_printf(out, "Domid:   %u\n", info->domid);
	buf_printf(out, "UUID:    %s\n", uuid);
	buf_printf(out, "State:   %s\n", state_word(domain));
	if (!state_owned(domain) && info->domid)
		buf_puts(out, "Owner:   another tool (`xlite apply --adopt' takes it over)\n");
	else if (domain->record.set)
		buf_printf(out, "Set:     %s\n", domain->record.set);
	buf_printf(out, "CPU:     %u of %u vCPUs online, %.1f s of CPU time used\n", info->nr_online_vcpus,
		   info->max_vcpu_id + 1, (double)info->cpu_time_ns / 1e9);
	buf_printf(out, "Memory:  %llu MiB, at most %llu MiB\n", (unsigned long long)(info->mem_kib + 512) / 1024,
		   (unsigned long long)(info->max_mem_kib + 512) / 1024);
}

/* What the guest has not followed, and what comes into effect when it boots again. */
static void add_waiting(const struct state_domain *domain, struct buf *out)
{
	struct state_lag lag = state_lag(domain);
	struct cfg_diff *diffs = NULL;
	size_t nr = 0;

	if (lag.memory)
		buf_printf(out, "Waits for the guest: memory, of which it has %llu MiB\n",
			   (unsigned long long)lag.memory_kib / 1024);
	if (lag.vcpus)
		buf_printf(out, "Waits for the guest: vCPUs, of which %u are online\n", lag.vcpus_online);
	for (size_t i = 0; i < domain->nr_resized; i++)
		buf_printf(out, "Disk %s: its source is not what the guest has; `xlite plan' says more\n",
			   domain->resized[i].vdev);
	if (domain->qemu_ended)
		buf_printf(out, "The QEMU that %s has ended.\n",
			   domain->spec->type == CFG_TYPE_HVM ? "emulated the rest of its PC"
							      : "served its qcow2 and NBD disks");
	if (domain->next && !cfg_diff(domain->spec, domain->next, &diffs, &nr) && nr) {
		buf_puts(out, "Waits for the next boot:\n");
		for (size_t i = 0; i < nr; i++)
			buf_printf(out, "  %s: %s -> %s\n", diffs[i].path, diffs[i].before ? diffs[i].before : "(none)",
				   diffs[i].after ? diffs[i].after : "(none)");
	}
	cfg_diff_free(diffs, nr);
}

/* Each line a little to the right. */
static void add_lines(const char *text, size_t len, struct buf *out)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		buf_puts(out, "  ");
		buf_add(out, text, line);
		buf_puts(out, "\n");
		line += end ? 1 : 0;
		text += line;
		len -= line;
	}
}

static void add_spec(const struct state_domain *domain, struct buf *out)
{
	auto_buf struct buf text = BUF_INIT;

	cfg_print(domain->spec, false, &text);
	buf_puts(out, "Spec:\n");
	add_lines(buf_str(&text), text.len, out);
}

/* Carriage returns are the guest's, which writes for a terminal. */
static void add_console(const struct state_domain *domain, struct buf *out)
{
	auto_close int fd = domain->name ? xlite_console_log_open(domain->name) : -1;
	char bytes[LAST_BYTES];
	ssize_t len;
	size_t kept = 0;
	off_t from;

	if (fd < 0)
		return;
	from = xlite_console_log_tail(fd, LAST_LINES, LAST_BYTES);
	len = from < 0 ? 0 : pread(fd, bytes, sizeof(bytes), from);
	if (len <= 0)
		return;
	for (ssize_t i = 0; i < len; i++) {
		if (bytes[i] != '\r')
			bytes[kept++] = bytes[i];
	}
	buf_puts(out, "Last lines of its console:\n");
	add_lines(bytes, kept, out);
}

static int describe(struct host *host, struct state_domain *domain, struct buf *out, struct xlite_error *err)
{
	int rc = domain->info.domid && !domain->info.dying ? observe_details(host, &domain, 1, err) : 0;

	if (rc)
		return rc;
	add_head(domain, out);
	if (!domain->spec)
		return 0;
	if (state_owned(domain) && cfg_boots_by_grub(domain->spec))
		buf_puts(out, "Boots:   its own disk, by GRUB\n");
	add_waiting(domain, out);
	describe_devices(host, domain, out);
	add_spec(domain, out);
	add_console(domain, out);
	return 0;
}

/* Names and consoles are others' words: on a terminal they move no cursor. */
static void show(const struct buf *text)
{
	struct xlite_console_safe safe = { 0 };
	auto_free char *escaped = cli_writes_to_terminal() ? malloc(4 * text->len + 40) : NULL;
	size_t len;

	if (!escaped) {
		fputs(buf_str(text), stdout);
		return;
	}
	len = xlite_console_escape(&safe, buf_str(text), text->len, escaped);
	len += xlite_console_escape_end(&safe, escaped + len);
	fwrite(escaped, 1, len, stdout);
}

int verb_describe(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct host host;
	int status = 0;

	if (cli_host_open(cli, &host, &err))
		return cli_fail(&err);
	for (int i = 0; i < cli->nr_args; i++) {
		auto_buf struct buf text = BUF_INIT;
		struct state state = { 0 };
		struct state_domain *domain;
		int rc;

		memset(&err, 0, sizeof(err));
		rc = cli_find_domain(&host, cli->args[i], &state, &domain, &err);
		if (!rc)
			rc = describe(&host, domain, &text, &err);
		if (i && !rc)
			puts("");
		if (!rc)
			show(&text);
		else
			status = cli_fail(&err);
		state_clear(&state);
	}
	cli_host_close(cli, &host);
	return status;
}
