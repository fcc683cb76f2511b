/* SPDX-License-Identifier: GPL-2.0-or-later
 * The one table of options: it parses them and writes the help.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"
#include "xlite/cli/cli.h"

enum option_kind { FLAG, TEXT, NUMBER, SECONDS, OUTPUT, EVENTS };

#define FIELD(f) offsetof(struct cli_options, f)

/* letter: how verbs name it in their option string; short_name: 0 where it has only a long name. */
static const struct {
	char letter, short_name;
	const char *name;
	enum option_kind kind;
	size_t field;
	const char *arg, *help;
	unsigned max;	/* of a number */
} option_table[] = {
	{ 'n', 'n', "dry-run", FLAG, FIELD(dry_run), NULL, "show what would be done, do nothing" },
	{ 'r', 0, "replace", FLAG, FIELD(replace), NULL,
	  "shut down and build again a domain that cannot be changed while it runs" },
	{ 'a', 0, "adopt", FLAG, FIELD(adopt), NULL, "also change domains that xlite did not make" },
	{ 's', 0, "set", TEXT, FIELD(set), "NAME", "the set that these domains belong to" },
	{ 'p', 0, "prune", FLAG, FIELD(prune), NULL, "delete members of the set that the files do not name" },
	{ 'w', 0, "now", FLAG, FIELD(now), NULL, "destroy at once instead of asking the guest to shut down" },
	{ 'V', 0, "delete-volumes", FLAG, FIELD(delete_volumes), NULL,
	  "delete the volumes that are named as volume/NAME, with their data" },
	{ 't', 0, "timeout", SECONDS, FIELD(timeout_s), "TIME", "" },
	{ 'd', 0, "deadline", SECONDS, FIELD(deadline_s), "TIME",
	  "destroy guests that have not shut down within --timeout, or when TIME is over" },
	{ 'W', 0, "wait", SECONDS, FIELD(wait_s), "TIME",
	  "watch what was built for TIME; fail if it ends, or does not connect to a device" },
	{ 'C', 0, "confirm", SECONDS, FIELD(confirm_s), "TIME",
	  "take it all back unless `xlite confirm', or ENTER here, comes within TIME" },
	{ 'j', 'j', "jobs", NUMBER, FIELD(jobs), "N",
	  "build up to N domains at once (default: one per CPU of dom0, at most 8)", 64 },
	{ 'x', 0, "detailed-exitcode", FLAG, FIELD(detailed_exitcode), NULL, "exit with 2 when something was changed" },
	{ 'g', 0, "against", TEXT, FIELD(against), "FILE", "compare with the domains in FILE, not with a host" },
	{ 'O', 0, "out", TEXT, FIELD(out), "PLAN", "also write the plan to the file PLAN, for `xlite apply PLAN'" },
	{ 'y', 0, "yes", FLAG, FIELD(yes), NULL,
	  "also cut the host's own network connection, or delete all members of a set" },
	{ 'v', 'v', "verbose", FLAG, FIELD(verbose), NULL, "print each step and its time" },
	{ 'q', 'q', "quiet", FLAG, FIELD(quiet), NULL, "print no result lines" },
	{ 'o', 'o', "output", OUTPUT, FIELD(output), "FORMAT", NULL },
	{ 'e', 0, "events", EVENTS, FIELD(json_events), "jsonl", "one JSON object per step and result on stderr" },
	{ 'I', 0, "interval", SECONDS, FIELD(interval_s), "TIME",
	  "compare the files with the host every TIME (default: when they change)" },
	{ 'D', 0, "drift", TEXT, FIELD(drift), "fix|warn",
	  "at the interval: mend what differs (the default), or tell it" },
	{ 'b', 0, "backoff", SECONDS, FIELD(backoff_s), "TIME",
	  "the longest pause between two builds of a domain that keeps ending (default: 5m)" },
	{ 'm', 0, "metrics", TEXT, FIELD(metrics), "FILE", "keep numbers for Prometheus in FILE" },
	{ 'u', 0, "status", FLAG, FIELD(status), NULL, "print what the watch of this host does" },
	{ 'S', 0, "stats", FLAG, FIELD(stats), NULL,
	  "print on stderr how many hypercalls and XenStore messages it took" },
	{ 'l', 0, "all", FLAG, FIELD(all), NULL, "also print keys that have their default value" },
	{ 'f', 'f', "follow", FLAG, FIELD(follow), NULL, "go on with what is printed from now on" },
	{ 'E', 'w', "watch", FLAG, FIELD(watch), NULL, "go on with a line for each domain that comes, changes or goes" },
	{ 'A', 'b', "batch", FLAG, FIELD(batch), NULL, "tables on standard output, for pipes and files" },
	{ 'G', 'd', "delay", SECONDS, FIELD(delay_s), "TIME", "look every TIME (default: 3s)" },
	{ 'J', 'n', "count", NUMBER, FIELD(count), "N", "end after N tables", 1000000000 },
	{ 'M', 0, "vcpus", FLAG, FIELD(vcpus), NULL, "a line for each vCPU" },
	{ 'N', 0, "sort", TEXT, FIELD(sort), "cpu|memory|time|id|name", "the order of the lines (default: cpu)" },
	{ 'U', 0, "pv", FLAG, FIELD(pv), NULL,
	  "the console of the guest's drivers for Xen, also where it has a serial port" },
	{ 'L', 0, "tail", NUMBER, FIELD(tail), "N", "only the last N lines", 1000000000 },
	{ 'k', 'l', "selector", TEXT, FIELD(selector), "LABELS",
	  "the domains with these labels: tier=web,!old,env!=test" },
	{ 'c', 0, "for", TEXT, FIELD(condition), "CONDITION",
	  "running (the default), tcp=PORT, xenstore=NODE, console=TEXT, ended or gone" },
	{ 'K', 'c', "continue", FLAG, FIELD(keep), NULL, "let the guest go on once it is saved, as `xl save -c' does" },
	{ 'Z', 0, "compress", FLAG, FIELD(compress), NULL,
	  "compress it by zstd; restore reads that, `xl restore' does not" },
	{ 'z', 'p', "paused", FLAG, FIELD(paused), NULL, "leave the domain paused" },
	{ 'i', 0, "spec", TEXT, FIELD(spec), "FILE",
	  "build the domain from this spec instead of the one in the saved file" },
	{ 'Q', 0, "max-downtime", NUMBER, FIELD(downtime_ms), "MS",
	  "suspend the guest only when the rest takes no longer than so many milliseconds", 600000 },
	{ 'P', 0, "print", FLAG, FIELD(print), NULL, "print the specs in canonical form" },
	{ 'T', 0, "type", TEXT, FIELD(type), "pvh",
	  "make PVH guests of PV and HVM guests, where their kernel can be one" },
	{ 'F', 0, "force", FLAG, FIELD(force), NULL, "convert even if the guest loses something that it has" },
	{ 'R', 0, "report", FLAG, FIELD(report), NULL,
	  "also report keys that were taken over, and those without a meaning" },
	{ 'X', 0, "xl-conf", TEXT, FIELD(xl_conf), "FILE",
	  "defaults of xl (default: /etc/xen/xl.conf, if it is there)" },
	{ 'H', 'H', "host", TEXT, FIELD(host), "HOST",
	  "work on HOST: `lab', `lab:NAME' or `ssh://[USER@]NAME[:PORT]'; on several: HOST,HOST or @FILE" },
	{ 'B', 0, "bundle", FLAG, FIELD(bundle), NULL, NULL },
	{ 'h', 'h', "help", FLAG, FIELD(help), NULL, "this help" },
};

#define NR_OPTIONS ARRAY_SIZE(option_table)

/* What is waited for differs from verb to verb. */
static const struct {
	const char *verbs, *help;
} timeout_helps[] = {
	{ "wait", "wait at most TIME for all of them (default: 60s)" },
	{ "save migrate", "wait at most TIME for the guest to suspend (default: 60s)" },
	{ "destroy", "wait at most TIME for Xen to remove the domain (default: 60s)" },
	{ "shutdown", "wait at most TIME for a guest's shutdown (default: shutdown_timeout of its spec)" },
	{ "apply edit watch delete reboot stop", "wait at most TIME for a guest's shutdown (default: shutdown_timeout\n"
	  "                               of its spec); with --now, for Xen to remove it (default: 60s)" },
};

static const char *const outputs[] = { "table", "wide", "name", "json", "yaml", "dot", "svg" };

/* The verb's formats, with commas. */
static void list_formats(const struct cli_verb *verb, struct buf *out)
{
	for (const char *c = verb->formats; *c; c++) {
		if (*c == ' ')
			buf_puts(out, strchr(c + 1, ' ') ? ", " : " or ");
		else
			buf_add(out, c, 1);
	}
}

static bool has_format(const struct cli_verb *verb, const char *format)
{
	size_t len = strlen(format);

	for (const char *at = verb->formats; len && (at = strstr(at, format)); at += len) {
		if ((at == verb->formats || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	}
	return false;
}

static int bad_format(const struct cli *cli, const char *format)
{
	auto_buf struct buf formats = BUF_INIT;

	list_formats(cli->verb, &formats);
	return cli_bad_usage(cli, "-o: `%s' is not a format of %s, which has %s", format, cli->verb->name, buf_str(&formats));
}

static int set_option(struct cli *cli, size_t i, const char *value)
{
	char *field = (char *)&cli->options + option_table[i].field, *end;
	unsigned long n;

	switch (option_table[i].kind) {
	case FLAG:
		*(bool *)field = true;
		return 0;
	case TEXT:
		*(const char **)field = value;
		return 0;
	case NUMBER:
		errno = 0;
		n = strtoul(value, &end, 10);
		if (errno || *end || end == value || *value == '-' || !n || n > option_table[i].max)
			return cli_bad_usage(cli, "--%s: `%s' is not a number from 1 to %u", option_table[i].name, value,
					     option_table[i].max);
		*(unsigned *)field = (unsigned)n;
		return 0;
	case SECONDS:
		if (cfg_parse_seconds(value, (unsigned *)field))
			return cli_bad_usage(cli, "--%s: `%s' is not a time from 1s to 24h, such as 90s or 5m",
					     option_table[i].name, value);
		return 0;
	case EVENTS:
		if (strcmp(value, "jsonl"))
			return cli_bad_usage(cli, "--events: only jsonl is known, not `%s'", value);
		*(bool *)field = true;
		return 0;
	case OUTPUT:
		break;
	}
	for (size_t k = 0; k < ARRAY_SIZE(outputs) && has_format(cli->verb, value); k++) {
		if (!strcmp(outputs[k], value)) {
			cli->options.output = (enum cli_output)k;
			cli->options.output_given = true;
			return 0;
		}
	}
	return bad_format(cli, value);
}

static bool verb_takes(const struct cli_verb *verb, char letter)
{
	return letter == 'h' || (letter == 'S' && verb->needs_host) || (letter == 'B' && verb->takes_files) ||
	       (letter == 'H' && verb->needs_host) || strchr(verb->options, letter);
}

static const char *help_of(const struct cli_verb *verb, size_t option)
{
	if (option_table[option].letter == 'l' && !strcmp(verb->name, "delete"))
		return "all domains that xlite made on this host";
	if (option_table[option].letter == 'F' && !strcmp(verb->name, "unpause"))
		return "also a guest that is handed over to another host, where it is known not to run";
	for (size_t i = 0; option_table[option].letter == 't' && i < ARRAY_SIZE(timeout_helps); i++) {
		if (cfg_listed(timeout_helps[i].verbs, verb->name, strlen(verb->name)))
			return timeout_helps[i].help;
	}
	return option_table[option].help;
}

void cli_usage(const struct cli_verb *verb)
{
	printf("Usage: xlite %s%s%s%s\n\n%s.\n", verb_takes(verb, 'H') ? "[-H HOST] " : "", verb->name,
	       *verb->args ? " " : "", verb->args, verb->help);
	if (verb->more)
		printf("\n%s", verb->more);
	printf("\nOptions:\n");
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		auto_buf struct buf formats = BUF_INIT;
		bool output = option_table[i].kind == OUTPUT;
		char text[64];

		if (!(option_table[i].help || output) || !verb_takes(verb, option_table[i].letter))
			continue;
		if (output)
			list_formats(verb, &formats);
		snprintf(text, sizeof(text), "%c%c%s--%s%s%s", option_table[i].short_name ? '-' : ' ',
			 option_table[i].short_name ? option_table[i].short_name : ' ',
			 option_table[i].short_name ? ", " : "  ", option_table[i].name, option_table[i].arg ? " " : "",
			 option_table[i].arg ? option_table[i].arg : "");
		printf("  %-28s %s\n", text, output ? buf_str(&formats) : help_of(verb, i));
	}
}

/* Whether it may stand there: behind the verb, or before one. */
static bool may_stand(const struct cli_verb *verb, size_t i)
{
	return verb ? verb_takes(verb, option_table[i].letter) : !!strchr("Hh", option_table[i].letter);
}

void cli_options_of(const struct cli_verb *verb, void (*take)(void *ctx, const char *name, const char *help), void *ctx)
{
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		char name[32];

		if (!may_stand(verb, i) || !(option_table[i].help || option_table[i].kind == OUTPUT))
			continue;
		snprintf(name, sizeof(name), "--%s", option_table[i].name);
		take(ctx, name, option_table[i].kind == OUTPUT ? "the format" : verb ? help_of(verb, i) : option_table[i].help);
	}
}

const char *cli_option_takes(const struct cli_verb *verb, const char *word, size_t len)
{
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		bool is_short = len == 2 && word[1] == option_table[i].short_name;
		bool is_long = len > 2 && strlen(option_table[i].name) == len - 2 &&
			       !strncmp(word + 2, option_table[i].name, len - 2);

		if (!may_stand(verb, i) || !(is_short || is_long))
			continue;
		return option_table[i].kind == OUTPUT ? verb->formats : option_table[i].arg;
	}
	return NULL;
}

/* Its value as text; NULL where it was not given. */
static const char *given_value(const struct cli *cli, size_t i, char number[16])
{
	const char *field = (const char *)&cli->options + option_table[i].field;

	switch (option_table[i].kind) {
	case FLAG:
		return *(const bool *)field ? "" : NULL;
	case TEXT:
		return *(const char *const *)field;
	case NUMBER:
	case SECONDS:
		snprintf(number, 16, "%u", *(const unsigned *)field);
		return *(const unsigned *)field ? number : NULL;
	case EVENTS:
		return *(const bool *)field ? "jsonl" : NULL;
	case OUTPUT:
		break;
	}
	return cli->options.output_given ? outputs[cli->options.output] : NULL;
}

void cli_each_option(const struct cli *cli, void (*take)(void *ctx, const char *word), void *ctx)
{
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		char number[16];
		const char *value = strchr("HBh", option_table[i].letter) ? NULL : given_value(cli, i, number);
		auto_buf struct buf word = BUF_INIT;

		if (!value)
			continue;
		buf_printf(&word, "--%s%s%s", option_table[i].name, option_table[i].arg ? "=" : "", value);
		take(ctx, buf_str(&word));
	}
}

/* getopt's tables for one verb; without a verb, what may stand before it. */
static void build_tables(const struct cli_verb *verb, char *shorts, struct option *longs)
{
	size_t nr = 0;

	*shorts++ = verb ? ':' : '+';
	if (!verb)
		*shorts++ = ':';
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		if (!may_stand(verb, i))
			continue;
		if (option_table[i].short_name) {
			*shorts++ = option_table[i].short_name;
			if (option_table[i].arg)
				*shorts++ = ':';
		}
		longs[nr++] = (struct option){ option_table[i].name, option_table[i].arg ? required_argument : no_argument,
					       NULL, 1000 + (int)i };
	}
	*shorts = '\0';
	memset(&longs[nr], 0, sizeof(longs[nr]));
}

/* word is none of the verb's options: another verb's, or a typing error. */
static int unknown_option(struct cli *cli, const char *word)
{
	const char *names[NR_OPTIONS], *near, *verb = cli->verb ? cli->verb->name : "", *colon = cli->verb ? ": " : "";
	size_t nr = 0, starts = 0, len = strcspn(word, "=");
	auto_buf struct buf name = BUF_INIT;

	if (strncmp(word, "--", 2))
		return cli_bad_usage(cli, "%s%sunknown option `%s'", verb, colon, word);
	buf_add(&name, word + 2, len - 2);
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		if (!option_table[i].help)
			continue;
		if (may_stand(cli->verb, i)) {
			names[nr++] = option_table[i].name;
			starts += !strncmp(option_table[i].name, word + 2, len - 2);
			if (!strcmp(option_table[i].name, buf_str(&name)))
				return cli_bad_usage(cli, "`--%s' takes no value", option_table[i].name);
		} else if (!strcmp(option_table[i].name, buf_str(&name))) {
			return cli_bad_usage(cli, cli->verb ? "%s has no option `--%s'" : "%s`--%s' belongs behind the verb",
					     verb, option_table[i].name);
		}
	}
	if (starts > 1)
		return cli_bad_usage(cli, "`%s' is short for more than one option", word);
	near = cfg_nearest(buf_str(&name), names, nr);
	return near ? cli_bad_usage(cli, "unknown option `%s'; did you mean `--%s'?", word, near) :
		      cli_bad_usage(cli, "%s%sunknown option `%s'", verb, colon, word);
}

int cli_options_parse(struct cli *cli, int argc, char **argv)
{
	struct option longs[NR_OPTIONS + 1];
	char shorts[2 * NR_OPTIONS + 4];
	int c;

	build_tables(cli->verb, shorts, longs);
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		size_t i = c >= 1000 ? (size_t)c - 1000 : 0;
		int status;

		if (c == '?')
			return unknown_option(cli, argv[optind - 1]);
		if (c == ':')
			return cli_bad_usage(cli, "`%s' needs a value", argv[optind - 1]);
		while (c < 1000 && (option_table[i].short_name != c || !may_stand(cli->verb, i)))
			i++;
		status = set_option(cli, i, optarg);
		if (status)
			return status;
	}
	return -1;
}
