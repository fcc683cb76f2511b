/* SPDX-License-Identifier: GPL-2.0-or-later
 * The command line: the options before the verb, the verb, its options and arguments.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xlite/cli/cli.h"

static int check_args(struct cli *cli)
{
	const struct cli_verb *verb = cli->verb;

	if (verb->run == verb_delete && cli->options.all && cli->nr_args)
		return cli_bad_usage(cli, "delete: --all is all domains: it takes no names and no files");
	if (cli->options.selector && !cli_select_is_sound(cli->options.selector))
		return cli_bad_usage(cli,
				     "--selector: `%s' is not NAME, !NAME, NAME=VALUE or NAME!=VALUE, with commas between",
				     cli->options.selector);
	if (cli->options.selector && (cli->nr_args || cli->options.all) && !(cli->options.all && verb->run == verb_get))
		return cli_bad_usage(cli,
				     "%s: --selector says which domains are meant: no names, files or --all beside it",
				     verb->name);
	if (cli->nr_args < verb->min_args && !cli->options.bundle && !cli->options.selector &&
	    !(verb->run == verb_delete && cli->options.all))
		return cli_bad_usage(cli, "%s needs %.*s", verb->name, (int)strcspn(verb->args, " "), verb->args);
	if (verb->run == verb_edit && cli->options.host)
		return cli_bad_usage(
			cli,
			"edit: works on the host itself; elsewhere `xlite -H HOST get -o yaml NAME', and `xlite -H HOST apply FILE'");
	if (verb->max_args >= 0 && cli->nr_args > verb->max_args)
		return cli_bad_usage(cli, "%s: too many arguments: `%s'", verb->name, cli->args[verb->max_args]);
	for (int i = 0; i < cli->nr_args && verb->run == verb_delete && !cli->options.bundle; i++) {
		struct stat st;
		const char *arg = cli->args[i];

		/* It must not be guessed what is to be deleted. */
		if (!cli_is_file(arg) && !strchr(arg, '/') && !stat(arg, &st) && S_ISDIR(st.st_mode))
			return cli_bad_usage(cli, "%s is a directory: `%s/' means its files, `domain/%s' the domain",
					     arg, arg, arg);
	}
	/* It is a word of the record's first line. */
	if (cli->options.set && !cfg_is_name(cli->options.set))
		return cli_bad_usage(cli, "--set: not a name: up to 63 letters, digits and _.+-, the first a letter or digit");
	if (cli->options.prune && !cli->options.set)
		return cli_bad_usage(cli, "--prune needs --set: it deletes members of that set");
	return -1;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	int status, first;

	memset(cli, 0, sizeof(*cli));
	cli->options.host = getenv("XLITE_HOST");
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return verb_version(cli);
	/* Of no interest to people, and what follows is as it was typed so far. */
	if (argc > 1 && !strcmp(argv[1], "complete"))
		return cli_complete(cli, argv + 2, argc - 2);
	status = cli_options_parse(cli, argc, argv);
	if (status >= 0)
		return status;
	first = optind;
	if (first >= argc) {
		verb_help(cli);
		return cli->options.help ? 0 : XLITE_USAGE;
	}
	cli->verb = cli_verb_find(argv[first]);
	if (!cli->verb)
		return cli_no_verb(argv[first]);
	/* The lab's own program parses what follows. */
	if (!strcmp(cli->verb->name, "lab")) {
		cli->args = argv + first + 1;
		cli->nr_args = argc - first - 1;
		return -1;
	}
	status = cli_options_parse(cli, argc - first, argv + first);
	if (status >= 0)
		return status;
	cli->args = argv + first + optind;
	cli->nr_args = argc - first - optind;
	if (cli->options.help) {
		cli_usage(cli->verb);
		return 0;
	}
	return check_args(cli);
}
