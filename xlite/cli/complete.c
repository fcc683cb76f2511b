/* SPDX-License-Identifier: GPL-2.0-or-later
 * complete: what may stand where somebody types, for the completions of the shells. From the tables of verbs, options
 * and keys, so that nothing is written twice; no verb for people, and in no list of verbs.
 *
 * Its arguments are the words of the command line behind the program's name, up to the cursor; the last is the one that
 * is being typed, and may be empty. It prints a line for each that may stand there, "WORD<TAB>what it is". A word that
 * ends in `=' or `.' goes on. The lines ":files" and ":specs" stand for all files, and for folders and YAML files.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfg/keys.h"
#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/kept.h"
#include "xlite/cli/lab.h"
#include "xlite/reconcile/network.h"
#include "xlite/reconcile/observe.h"
#include "xlite/reconcile/volume.h"

/* Where the cursor is. */
struct place {
	const char *typed;		/* of the word */
	const char *before;		/* what every candidate begins with: "--drift=" */
	const struct cli_verb *verb;	/* or NULL */
	const char *of_option;		/* what the option before it takes; NULL: it is no option's value */
	bool elsewhere;			/* -H says another host */
};

static void offer(const struct place *place, const char *word, const char *help)
{
	if (!strncmp(word, place->typed, strlen(place->typed)))
		printf("%s%s\t%.*s\n", place->before, word, (int)strcspn(help, "\n"), help);
}

static void offer_option(void *ctx, const char *name, const char *help)
{
	offer(ctx, name, help);
}

static void offer_verbs(const struct place *place)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		offer(place, verb->name, verb->help);
}

static void offer_conditions(const struct place *place)
{
	static const struct cfg_word conditions[] = {
		{ "running", "the domain runs" },
		{ "tcp=", "its first address takes connections on this port" },
		{ "xenstore=", "it has written this node of its own" },
		{ "console=", "its console has printed this text" },
		{ "ended", "it has shut down, or is gone" },
		{ "gone", "there is no such domain" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		offer(place, conditions[i].name, conditions[i].help);
}

/* What an option takes is described in capitals where it is not one of the words themselves. */
static void offer_value(const struct place *place)
{
	const char *what = place->of_option;

	if (!strcmp(what, "FILE") || !strcmp(what, "PLAN")) {
		puts(":files");
	} else if (!strcmp(what, "HOST")) {
		offer(place, "lab", "the lab on this machine");
		offer(place, "ssh://", "another machine");
	} else if (!strcmp(what, "CONDITION")) {
		offer_conditions(place);
	}
	while (*what >= 'a') {
		size_t len = strcspn(what, "| ");
		auto_buf struct buf word = BUF_INIT;

		buf_add(&word, what, len);
		offer(place, buf_str(&word), "");
		what += len + !!what[len];
	}
}

/* The keys of a section, and those of the section inside of it that is being typed. */
static void offer_keys(const struct place *place, const struct cfg_section *section, const char *path)
{
	for (size_t i = 0; i < section->nr; i++) {
		const struct cfg_key *key = &section->keys[i];
		auto_buf struct buf word = BUF_INIT;

		buf_printf(&word, "%s%s", path, key->name);
		offer(place, buf_str(&word), key->help);
		buf_puts(&word, ".");
		if (key->section && !strncmp(place->typed, buf_str(&word), word.len))
			offer_keys(place, key->section, buf_str(&word));
	}
}

static void offer_explained(const struct place *place)
{
	offer_keys(place, &cfg_domain_section, "");
	for (size_t i = 0; i < CFG_NR_KINDS; i++) {
		auto_buf struct buf word = BUF_INIT;

		offer(place, cfg_kind_words[i].name, cfg_kind_words[i].help);
		buf_printf(&word, "%s.", cfg_kind_words[i].name);
		if (!strncmp(place->typed, buf_str(&word), word.len))
			offer_keys(place, cfg_kinds[i], buf_str(&word));
	}
}

/* A shell would carry out what is in a name that another tool has let through. */
static void offer_name(const struct place *place, const char *before, const char *name, const char *help)
{
	auto_buf struct buf word = BUF_INIT;

	if (!name || !cfg_is_name(name))
		return;
	buf_printf(&word, "%s%s", before, name);
	offer(place, buf_str(&word), help);
}

static void on_alarm(int number)
{
	_exit(0);
}

/* What is on this host. Nobody is told that there is none, and nobody waits for a XenStore that does not answer. */
static void offer_names(struct cli *cli, const struct place *place)
{
	struct xlite_error err = { 0 };
	struct state state = { 0 };
	struct kept kept;
	struct host host;

	/* Whatever it waits for: there are no names then. */
	signal(SIGALRM, on_alarm);
	alarm(2);
	if (place->elsewhere || cli_host_open(cli, &host, &err))
		return;
	if (!observe(&host, false, &state, &err)) {
		for (size_t i = 0; i < state.nr; i++) {
			if (state.domains[i].info.domid)
				offer_name(place, "", state.domains[i].name, "domain");
		}
	}
	if (strstr("get delete start", place->verb->name) && !kept_find(&state, false, &kept, &err)) {
		for (size_t i = 0; i < kept.nr; i++)
			offer_name(place, "", kept.items[i].name, "stopped domain");
		kept_clear(&kept);
	}
	if (strstr("get delete", place->verb->name) && !networks_read(&host, &state, &err)) {
		for (size_t i = 0; i < state.nr_networks; i++)
			offer_name(place, "network/", state.networks[i].name, "network");
	}
	if (strstr("get delete", place->verb->name) && !volumes_read(&state, cfg_set_pool(NULL, NULL), &err)) {
		for (size_t i = 0; i < state.nr_volumes; i++)
			offer_name(place, "volume/", state.volumes[i].name, "volume");
	}
	state_clear(&state);
	cli_host_close(cli, &host);
}

/* Its help has a line for each of its verbs: two spaces, and the verb. */
static void offer_lab_verbs(const struct place *place)
{
	auto_free char *line = NULL;
	auto_buf struct buf command = BUF_INIT;
	char path[4096];
	size_t room = 0;
	FILE *pipe;

	if (cli_lab_program(path, sizeof(path)) || strchr(path, '\''))
		return;
	buf_printf(&command, "'%s' --help 2>/dev/null", path);
	pipe = popen(buf_str(&command), "re");
	while (pipe && getline(&line, &room, pipe) > 0) {
		size_t len;

		if (strncmp(line, "  ", 2))
			continue;
		len = strspn(line + 2, "abcdefghijklmnopqrstuvwxyz-");
		if (!len || line[2 + len] != ' ')
			continue;
		line[strcspn(line, "\n")] = line[2 + len] = '\0';
		offer(place, line + 2, "");
	}
	if (pipe)
		pclose(pipe);
}

/* Whose files are no specs. */
static bool takes_any_file(const struct cli_verb *verb)
{
	return verb->run == verb_convert || verb->run == verb_save || verb->run == verb_restore || verb->run == verb_screenshot;
}

static void offer_arguments(struct cli *cli, const struct place *place)
{
	const char *args = place->verb->args;

	if (place->verb->run == verb_lab)
		offer_lab_verbs(place);
	else if (strstr(args, "[VERB]"))
		offer_verbs(place);
	else if (strstr(args, "[KEY]"))
		offer_explained(place);
	if (strstr(args, "NAME"))
		offer_names(cli, place);
	if (strstr(args, "FILE"))
		puts(takes_any_file(place->verb) ? ":files" : ":specs");
}

/* Reads the words before the cursor: which verb, and whether the last is an option that takes the next. */
static void find_place(struct cli *cli, struct place *place)
{
	const char *options_end = NULL;

	for (int i = 0; i + 1 < cli->nr_args; i++) {
		const char *word = cli->args[i];

		place->of_option = NULL;
		if (options_end)
			continue;
		if (!strcmp(word, "--")) {
			options_end = word;
		} else if (*word == '-') {
			place->of_option = strchr(word, '=') ? NULL : cli_option_takes(place->verb, word, strlen(word));
			place->elsewhere = place->elsewhere || !strncmp(word, "-H", 2) || !strncmp(word, "--host", 6);
			if (place->of_option && i + 2 < cli->nr_args) {
				place->of_option = NULL;
				i++;
			}
		} else if (!place->verb) {
			place->verb = cli_verb_find(word);
			options_end = place->verb && place->verb->run == verb_lab ? word : NULL;
		}
	}
}

int cli_complete(struct cli *cli, char **words, int nr)
{
	struct place place = { .before = "", .elsewhere = !!getenv("XLITE_HOST") };
	auto_buf struct buf before = BUF_INIT;
	const char *equals;

	cli->args = words;
	cli->nr_args = nr;
	place.typed = cli->nr_args ? cli->args[cli->nr_args - 1] : "";
	find_place(cli, &place);
	equals = !strncmp(place.typed, "--", 2) ? strchr(place.typed, '=') : NULL;
	if (equals && !place.of_option) {
		place.of_option = cli_option_takes(place.verb, place.typed, (size_t)(equals - place.typed));
		buf_add(&before, place.typed, (size_t)(equals + 1 - place.typed));
		place.before = buf_str(&before);
		place.typed = equals + 1;
	}
	if (place.of_option)
		offer_value(&place);
	else if (*place.typed == '-' && !equals)
		cli_options_of(place.verb, offer_option, &place);
	else if (!place.verb && !equals)
		offer_verbs(&place);
	else if (!equals)
		offer_arguments(cli, &place);
	return 0;
}
