/* SPDX-License-Identifier: GPL-2.0-or-later
 * screenshot, vnc: what the display of an emulated PC shows, and where a viewer finds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/qemu_model.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/png.h"
#include "xlite/reconcile/devices_qemu.h"

#define SHOT_MS 60000

/* The device model of the named domain; path is its socket for VNC. */
static int find_screen(struct cli *cli, struct host *host, struct hotplug_qemu *of, char path[PROCESS_PATH],
		       struct xlite_error *err)
{
	struct state state = { 0 };
	struct state_domain *domain;
	int rc = cli_find_domain(host, cli->args[0], &state, &domain, err);

	if (!rc) {
		devices_qemu_of(domain->info.domid, domain->info.uuid, of);
		if (access(hotplug_qemu_model_socket(of, "vnc", path), F_OK)) {
			rc = xlite_error_set(err, -ENODEV, "%s has no display that xlite serves", cli->args[0]);
			xlite_error_hint(err, "domains of `type: hvm' have one, unless their spec says `vga: none'");
		}
	}
	state_clear(&state);
	return rc;
}

static int save(const char *file, const struct buf *png, struct xlite_error *err)
{
	bool out = !strcmp(file, "-");
	auto_close int fd = out ? -1 : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc = !out && fd < 0 ? -errno : buf_write(png, out ? 1 : fd);

	return rc ? xlite_error_sys(err, rc, "%s", file) : 0;
}

int verb_screenshot(struct cli *cli)
{
	auto_free uint8_t *picture = NULL;
	auto_buf struct buf png = BUF_INIT;
	struct xlite_error err = { 0 };
	struct hotplug_qemu of;
	struct host host;
	char path[PROCESS_PATH];
	size_t len;
	int rc;

	if (!strcmp(cli->args[1], "-") && cli_writes_to_terminal())
		return cli_bad_usage(cli, "a picture is not for a terminal: name a file, or redirect standard output");
	rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = find_screen(cli, &host, &of, path, &err);
	if (!rc)
		rc = hotplug_qemu_model_shot(&of, &picture, &len, clock_deadline_ms(SHOT_MS), &err);
	if (!rc)
		rc = png_from_ppm(picture, len, &png, &err);
	if (!rc)
		rc = save(cli->args[1], &png, &err);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : 0;
}

int verb_vnc(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct hotplug_qemu of;
	struct host host;
	char path[PROCESS_PATH];
	int rc = cli_host_open(cli, &host, &err);

	if (!rc)
		rc = find_screen(cli, &host, &of, path, &err);
	if (!rc)
		puts(path);
	cli_host_close(cli, &host);
	return rc ? cli_fail(&err) : 0;
}
