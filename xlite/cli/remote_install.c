/* SPDX-License-Identifier: GPL-2.0-or-later
 * install: this program onto the host that -H names. It is one static file, so that is all that host needs for most of
 * what xlite does.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"

#define PLACE "/usr/local/bin/xlite"

/*
 * Run by the shell there. Standard input has no end while ssh lives, so that what comes is counted. The name is given
 * to what is whole and has run there: until then the one that was there stays. Another one of the system's, as a
 * package has it, is left alone.
 */
static const char script[] =
	"set -eu; umask 022; to=" PLACE "\n"
	"[ \"$(id -u)\" = 0 ] || { echo 'xlite: install: only root can write '$to' there' >&2; exit 1; }\n"
	"have=$(command -v xlite || true)\n"
	"[ -z \"$have\" ] || [ \"$have\" = $to ] || { echo \"xlite: install: $have is there, which is not of this verb's: upgrade that\" >&2; exit 73; }\n"
	"mkdir -p ${to%/*}; new=$(mktemp $to.XXXXXX); trap 'rm -f $new' EXIT; trap 'exit 1' HUP INT TERM\n"
	"head -c $size >$new; [ \"$(wc -c <$new)\" -eq $size ] || { echo 'xlite: install: it has not come whole' >&2; exit 1; }\n"
	"chmod 755 $new\n"
	"$new help >/dev/null || { echo 'xlite: install: this program does not run there, and was not installed' >&2; exit 1; }\n"
	"mv -f $new $to; trap - EXIT; echo \"$to installed: $($to version | head -n 1)\"\n";

int cli_install_command(struct buf *command, struct buf *program, struct xlite_error *err)
{
	auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : buf_read(program, fd, SIZE_MAX);

	if (rc)
		return xlite_error_sys(err, rc, "read this program's own file");
	buf_printf(command, "size=%zu\n%s", program->len, script);
	return command->failed ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
}

int verb_install(struct cli *cli)
{
	return cli_bad_usage(cli, "install: puts this program onto another host, which -H names");
}
