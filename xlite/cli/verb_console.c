/* SPDX-License-Identifier: GPL-2.0-or-later
 * console: attaches to a guest's terminal. What a guest prints passes as it is only to a person who sits at
 * a terminal and asked for this; shown on a terminal otherwise, control bytes are escaped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/qemu_model.h"
#include "xlite/cli/cli.h"
#include "xlite/lib/console.h"
#include "xlite/reconcile/devices_qemu.h"

/* How long xenconsoled may take to make the terminal of a domain that has just been built. */
#define TTY_MS 10000
#define BEFORE_BYTES 16384

/* What a serial port printed before somebody looked, as much as a screen or two show. */
static void show_before(const struct hotplug_qemu *of, const struct xlite_console_options *options)
{
	struct xlite_console_options show = { .in_fd = -1, .out_fd = options->out_fd, .escape = -1, .safe = options->safe };
	char path[PROCESS_PATH];
	auto_close int fd = open(hotplug_qemu_model_socket(of, "serial.log", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	if (end > 0 && lseek(fd, end > BEFORE_BYTES ? end - BEFORE_BYTES : 0, SEEK_SET) >= 0)
		xlite_console_copy(fd, &show, -1, NULL, NULL, NULL, NULL);
}

static int serial_connect(const char *path, struct xlite_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) || fcntl(fd, F_SETFL, O_NONBLOCK))
		rc = xlite_error_sys(err, -errno, "console: %s", path);
	if (!rc)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The serial port of an emulated PC, which firmware and boot loaders print to. */
static int serial_attach(const struct hotplug_qemu *of, const char *path, const struct xlite_console_options *options,
			 enum xlite_console_end *end, struct xlite_error *err)
{
	auto_close int fd = serial_connect(path, err);

	if (fd < 0)
		return fd;
	show_before(of, options);
	return xlite_console_copy(fd, options, -1, NULL, NULL, end, err);
}

static int attach(struct cli *cli, struct host *host, const struct state_domain *domain,
		  const struct xlite_console_options *options, enum xlite_console_end *end, struct xlite_error *err)
{
	struct hotplug_qemu of;
	char path[PROCESS_PATH];

	devices_qemu_of(domain->info.domid, domain->info.uuid, &of);
	hotplug_qemu_model_socket(&of, "serial", path);
	if (cli->options.pv || access(path, F_OK))
		return xlite_console_attach(host->store, domain->info.domid, options, clock_deadline_ms(TTY_MS), end, err);
	return serial_attach(&of, path, options, end, err);
}

int verb_console(struct cli *cli)
{
	bool person = isatty(0);
	struct xlite_console_options options = {
		.in_fd = 0,
		.out_fd = 1,
		.escape = XLITE_CONSOLE_ESCAPE,
		.stay = !person,
		.safe = !person && cli_writes_to_terminal(),
	};
	struct xlite_error err = { 0 };
	struct host host;
	struct state state = { 0 };
	struct state_domain *domain;
	enum xlite_console_end end = XLITE_CONSOLE_LEFT;
	int rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = cli_find_domain(&host, cli->args[0], &state, &domain, &err);
	if (!rc && person)
		fprintf(stderr, "Connected to %s; leave with Ctrl-].\r\n", cli->args[0]);
	if (!rc)
		rc = attach(cli, &host, domain, &options, &end, &err);
	if (!rc && person)
		fprintf(stderr, "\r\n%s\r\n", end == XLITE_CONSOLE_ENDED ? "The guest's terminal is gone." : "Left.");
	if (rc && rc != -ESRCH)
		xlite_error_prefix(&err, "%s", cli->args[0]);
	state_clear(&state);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : 0;
}
