/* SPDX-License-Identifier: GPL-2.0-or-later
 * convert: other toolstacks' files become documents on standard output, with a report on standard error. It needs no host.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/convert/convert.h"

#define XL_CONF "/etc/xen/xl.conf"

typedef int (*take_fn)(struct convert *convert, const char *name, const char *text, size_t len);

/* Reads a file and hands it on; one that cannot be read goes into the report. */
static int take_file(struct convert *convert, const char *path, take_fn take)
{
	bool std = !strcmp(path, "-");
	auto_fclose FILE *file = std ? NULL : fopen(path, "re");
	auto_buf struct buf text = BUF_INIT;
	char block[16384];
	struct stat st;
	size_t n;

	if (!std && !file)
		return convert_unread(convert, path, strerror(errno));
	if (!std && !fstat(fileno(file), &st) && S_ISDIR(st.st_mode))
		return convert_unread(convert, path, "it is a directory; name the files in it");
	/* One byte more than is taken, so that longer ones are told. */
	while (text.len <= CONVERT_MAX_TEXT && (n = fread(block, 1, sizeof(block), std ? stdin : file)) > 0)
		buf_add(&text, block, n);
	if (ferror(std ? stdin : file))
		return convert_unread(convert, path, strerror(errno));
	return text.failed ? -ENOMEM : take(convert, path, buf_str(&text), text.len);
}

/* xl reads its defaults on the host that it runs on, and so does the conversion. */
static int take_all(struct cli *cli, struct convert *convert)
{
	const char *conf = cli->options.xl_conf ? cli->options.xl_conf : access(XL_CONF, R_OK) ? NULL : XL_CONF;
	int rc = conf ? take_file(convert, conf, convert_xl_conf) : 0;

	for (int i = 0; i < cli->nr_args && !rc; i++)
		rc = take_file(convert, cli->args[i], convert_guest);
	return rc ? rc : convert_end(convert);
}

static int convert_all(struct cli *cli, struct convert *convert)
{
	auto_buf struct buf report = BUF_INIT, documents = BUF_INIT;
	int refused = take_all(cli, convert);

	if (refused < 0)
		return refused;
	convert_report(convert, &report);
	fputs(buf_str(&report), stderr);
	if (refused)
		return XLITE_BAD_SPEC;
	convert_print(convert, &documents);
	if (report.failed || documents.failed)
		return -ENOMEM;
	fputs(buf_str(&documents), stdout);
	return 0;
}

int verb_convert(struct cli *cli)
{
	const char *type = cli->options.type;
	const struct convert_options options = { .pvh = type, .force = cli->options.force, .all = cli->options.report };
	struct xlite_error err = { 0 };
	struct convert *convert;
	int rc;

	if (type && strcmp(type, "pvh"))
		return cli_bad_usage(cli, "--type: xlite makes guests of type pvh only, not `%s'", type);
	convert = convert_new(&options);
	rc = convert ? convert_all(cli, convert) : -ENOMEM;
	convert_free(convert);
	if (rc >= 0)
		return rc;
	xlite_error_sys(&err, rc, "converting");
	return cli_fail(&err);
}
