/* SPDX-License-Identifier: GPL-2.0-or-later
 * report: the last changes, as far as the host's log can be read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/report_page.h"

#define LINES 50
#define JOURNAL "exec journalctl -q -t xlite -n 50 --no-pager -o short-iso 2>/dev/null </dev/null"
/* Of the end of a file. */
#define TAIL_BYTES (1024 * 1024)

static bool read_journal(struct buf *out)
{
	FILE *pipe = popen(JOURNAL, "re");
	int rc;

	if (!pipe)
		return false;
	rc = buf_read(out, fileno(pipe), TAIL_BYTES);
	return !pclose(pipe) && !rc && out->len;
}

static bool is_ours(const char *line, size_t len)
{
	return memmem(line, len, " xlite[", 7) || memmem(line, len, " xlite: ", 8);
}

/* The last of the lines in text that are ours, in their order. */
static void take_lines(const char *text, struct buf *out)
{
	const char *found[LINES];
	size_t nr = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (is_ours(line, strcspn(line, "\n")))
			found[nr++ % LINES] = line;
	}
	for (size_t i = nr > LINES ? nr - LINES : 0; i < nr; i++) {
		buf_add(out, found[i % LINES], strcspn(found[i % LINES], "\n"));
		buf_puts(out, "\n");
	}
}

static bool read_file(const char *path, struct buf *out)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_buf struct buf text = BUF_INIT;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (st.st_size > TAIL_BYTES && lseek(fd, -TAIL_BYTES, SEEK_END) < 0)
		return false;
	/* It may grow meanwhile. */
	if (buf_read(&text, fd, TAIL_BYTES + 65536))
		return false;
	take_lines(buf_str(&text), out);
	return out->len;
}

bool report_log(struct buf *out)
{
	static const char *const files[] = { "/var/log/syslog", "/var/log/messages" };

	if (read_journal(out))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		buf_clear(out);
		if (read_file(files[i], out))
			return true;
	}
	return false;
}
