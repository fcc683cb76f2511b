/* SPDX-License-Identifier: GPL-2.0-or-later
 * Another host, by ssh: its name, ssh's arguments, and how ssh ends. What is run there is the callers'.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/lab.h"
#include "xlite/cli/remote_int.h"

void cli_remote_quote(struct buf *out, const char *word)
{
	buf_puts(out, " '");
	for (; *word; word++) {
		if (*word == '\'')
			buf_puts(out, "'\\''");
		else
			buf_add(out, word, 1);
	}
	buf_puts(out, "'");
}

/* Asks the lab's program for its ssh configuration. */
static int lab_config(struct remote *remote, const char *name, struct xlite_error *err)
{
	char path[PATH_MAX + 32], line[PATH_MAX + 512];
	FILE *pipe;
	size_t len;

	if (cli_lab_program(path, sizeof(path)))
		return xlite_error_status(err, -ENOENT, XLITE_NO_XEN, "lab: its program is not installed (%s)", path);
	if (name && setenv("XLITE_LAB", name, 1))
		return xlite_error_sys(err, -errno, "lab");
	snprintf(line, sizeof(line), "'%s' ssh-config", path);
	pipe = popen(line, "re");
	if (!pipe)
		return xlite_error_sys(err, -errno, "%s", path);
	if (!fgets(remote->config, sizeof(remote->config), pipe))
		remote->config[0] = '\0';
	if (pclose(pipe) || !remote->config[0]) {
		xlite_error_status(err, -ENOENT, XLITE_NO_XEN, "no lab is running");
		xlite_error_hint(err, "`xlite lab up' boots one");
		return -ENOENT;
	}
	len = strlen(remote->config);
	if (remote->config[len - 1] == '\n')
		remote->config[len - 1] = '\0';
	return 0;
}

static bool is_lab(const char *target)
{
	return !strcmp(target, "lab") || !strncmp(target, "lab:", 4);
}

/* [USER@]NAME[:PORT], an IPv6 address between brackets; *port is NULL where there is none. False for anything else. */
static bool split_host(char *host, char **port)
{
	char *at = strrchr(host, '@'), *name = at ? at + 1 : host, *end;

	*port = NULL;
	if (*name == '[') {
		end = strchr(name, ']');
		if (!end || end == name + 1 || (end[1] && end[1] != ':'))
			return false;
		*port = end[1] ? end + 2 : NULL;
		/* Its own brackets are not ssh's. */
		*end = '\0';
		memmove(name, name + 1, strlen(name));
	} else {
		end = strchr(name, ':');
		*port = end ? end + 1 : NULL;
		if (end)
			*end = '\0';
	}
	return *host && *host != '-' && *name && *name != '-' &&
	       (!*port || (**port && strlen(*port) <= 5 && strspn(*port, "0123456789") == strlen(*port)));
}

int cli_remote_check(const char *target, struct xlite_error *err)
{
	if (is_lab(target))
		return 0;
	if (!strncmp(target, "ssh://", 6)) {
		auto_free char *host = strdup(target + 6);
		char *port;

		if (!host)
			return xlite_error_set(err, -ENOMEM, "out of memory");
		if (strlen(host) < sizeof(((struct remote *)0)->host) && split_host(host, &port))
			return 0;
	}
	xlite_error_status(err, -EINVAL, XLITE_USAGE, "-H: `%s' is none of lab, lab:NAME and ssh://[USER@]NAME[:PORT]", target);
	xlite_error_hint(err, "lab, lab:NAME or ssh://[USER@]NAME[:PORT]; an IPv6 address as in ssh://[fd00::1]");
	return -EINVAL;
}

int cli_remote_choose(struct remote *remote, const char *target, struct xlite_error *err)
{
	char *port;

	if (cli_remote_check(target, err))
		return -EINVAL;
	remote->ssh[remote->nr++] = "ssh";
	if (is_lab(target)) {
		int rc = lab_config(remote, target[3] ? target + 4 : NULL, err);

		if (rc)
			return rc;
		remote->ssh[remote->nr++] = "-F";
		remote->ssh[remote->nr++] = remote->config;
		snprintf(remote->host, sizeof(remote->host), "lab");
		return 0;
	}
	snprintf(remote->host, sizeof(remote->host), "%s", target + 6);
	if (split_host(remote->host, &port) && port) {
		snprintf(remote->port, sizeof(remote->port), "%s", port);
		remote->ssh[remote->nr++] = "-p";
		remote->ssh[remote->nr++] = remote->port;
	}
	return 0;
}

void cli_remote_end(struct remote *remote)
{
	remote->ssh[remote->nr++] = "--";
	remote->ssh[remote->nr++] = remote->host;
	remote->ssh[remote->nr++] = buf_str(&remote->command);
	remote->ssh[remote->nr] = NULL;
}

void cli_remote_exec(const struct remote *remote)
{
	signal(SIGPIPE, SIG_DFL);
	execvp("ssh", (char *const *)remote->ssh);
	fprintf(stderr, "xlite: ssh: %s\n  hint: install an ssh client (openssh-client)\n", strerror(errno));
	_exit(XLITE_FAILED);
}

int cli_remote_status(int status)
{
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status) == 255 ? XLITE_NO_XEN : WEXITSTATUS(status);
}
