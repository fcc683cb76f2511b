/* SPDX-License-Identifier: GPL-2.0-or-later
 * Who runs this command, for the host's log (xlite/run/log.h).
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "xlite/cli/cli.h"

#define NO_UID ((uid_t)-1)

/* A number of the environment or of /proc; NO_UID for none. */
static uid_t parse_uid(const char *text)
{
	char *end;
	unsigned long uid;

	errno = 0;
	uid = text ? strtoul(text, &end, 10) : 0;
	return text && *text && !errno && (!*end || *end == '\n') && uid < NO_UID ? (uid_t)uid : NO_UID;
}

/* The kernel keeps who logged in, through su and sudo; a service has none. */
static uid_t login_uid(void)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	char line[32];
	uid_t uid = NO_UID;

	if (file && fgets(line, sizeof(line), file))
		uid = parse_uid(line);
	if (file)
		fclose(file);
	return uid;
}

/* getpwuid would load shared libraries, which a static program should not. Who is in no file is told by his number. */
static void name_of(uid_t uid, char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry;

	snprintf(name, size, "%u", (unsigned)uid);
	while (file && (entry = fgetpwent(file))) {
		if (entry->pw_uid == uid) {
			snprintf(name, size, "%s", entry->pw_name);
			break;
		}
	}
	if (file)
		fclose(file);
}

static void find_user(char *name, size_t size)
{
	const char *sudo = getenv("SUDO_USER");
	uid_t sudo_uid = sudo && *sudo && !getuid() ? parse_uid(getenv("SUDO_UID")) : NO_UID, login = login_uid();

	if (sudo_uid != NO_UID && (login == NO_UID || login == sudo_uid))
		snprintf(name, size, "%s", sudo);
	else
		name_of(login == NO_UID ? getuid() : login, name, size);
}

static void add_word(void *out, const char *word)
{
	buf_printf(out, " %s", word);
}

static void find_command(const struct cli *cli, char *command, size_t size)
{
	auto_buf struct buf text = BUF_INIT;

	buf_puts(&text, cli->verb->name);
	cli_each_option(cli, add_word, &text);
	for (int i = 0; i < cli->nr_args; i++)
		add_word(&text, cli->args[i]);
	snprintf(command, size, "%s", buf_str(&text));
}

const struct run_log *cli_log(struct cli *cli)
{
	struct cli_log *log = &cli->log;
	const char *from = getenv(CLI_FROM);

	if (log->known)
		return &log->log;
	find_user(log->user, sizeof(log->user));
	find_command(cli, log->command, sizeof(log->command));
	snprintf(log->from, sizeof(log->from), "%s", from ? from : "");
	log->log = (struct run_log){ .user = log->user, .from = log->from[0] ? log->from : NULL, .command = log->command };
	log->known = true;
	return &log->log;
}

void cli_log_from(struct cli *cli, struct buf *out)
{
	const struct run_log *log = cli_log(cli);
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1) || !host[0])
		snprintf(host, sizeof(host), "?");
	buf_printf(out, "%s@%s: %s", log->user, host, log->command);
}
