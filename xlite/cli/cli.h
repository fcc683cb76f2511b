/* SPDX-License-Identifier: GPL-2.0-or-later
 * What the verbs share: parsed options, the table of verbs, sources of specs, output.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "cfg/cfg.h"
#include "xlite/reconcile/apply.h"
#include "xlite/reconcile/host.h"
#include "xlite/reconcile/state.h"
#include "xlite/run/run.h"

enum cli_output { CLI_TABLE, CLI_WIDE, CLI_NAME, CLI_JSON, CLI_YAML, CLI_DOT, CLI_SVG };

/** Options as given; zero is the default of each. */
struct cli_options {
	bool dry_run, yes, replace, adopt, prune, now, detailed_exitcode, verbose, all, print, help, quiet, bundle,
		json_events, stats, status;
	bool report, force, follow, watch, batch, vcpus, delete_volumes, pv, keep, paused, compress;
	const char *set, *against, *out, *host, *type, *xl_conf, *drift, *metrics, *condition, *selector, *spec, *sort;
	unsigned downtime_ms;
	unsigned timeout_s, deadline_s, wait_s, confirm_s, jobs, interval_s, backoff_s, tail, delay_s, count;
	enum cli_output output;
	bool output_given;
};

/** What cli_log makes; its texts are here. */
struct cli_log {
	bool known;
	char user[64], from[512], command[512];
	struct run_log log;
};

struct cli {
	struct cli_options options;
	char **args;		/* what is left after the options */
	int nr_args;
	const struct cli_verb *verb;
	struct cli_log log;
};

struct cli_verb {
	const char *name;
	const char *args;	/* for usage */
	const char *help;	/* one line */
	const char *options;	/* letters of cli_option_table that it takes */
	const char *formats;	/* of -o, the default first, with a space between; NULL without -o */
	int (*run)(struct cli *cli);
	int min_args, max_args;	/* max -1: any number */
	bool takes_files;	/* arguments may be spec files: read here even with -H */
	bool needs_host;	/* works on a Xen host: -H carries it there */
	const char *more;	/* paragraphs for `help VERB` */
};

extern const struct cli_verb cli_verbs[];
const struct cli_verb *cli_verb_find(const char *name);
/** Says that there is no such verb, and which one was probably meant. Returns XLITE_USAGE. */
int cli_no_verb(const char *name);

/** Fills cli from argv; prints usage errors itself and returns an exit status, or -1 to go on. */
int cli_parse(struct cli *cli, int argc, char **argv);
/**
 * Fills the options of cli from argv, whose first word is no option: those of cli->verb, or without a verb those that
 * may stand before it. optind is where they end. Prints usage errors itself and returns an exit status, or -1 to go on.
 */
int cli_options_parse(struct cli *cli, int argc, char **argv);
/**
 * Prints what may stand where the last of the words is typed, for the completions of the shells; see complete.c.
 * Returns an exit status.
 */
int cli_complete(struct cli *cli, char **words, int nr);
/**
 * With --selector: puts the domains of xlite's whose labels it means into cli's arguments. -1 to go on, or an exit
 * status; none is an error for wait only.
 */
int cli_select(struct cli *cli);
/** Whether it is a selector: NAME, !NAME, NAME=VALUE or NAME!=VALUE, with commas between. */
bool cli_select_is_sound(const char *selector);
/** Whether a domain that was observed with its record is one of xlite's that a sound selector means. */
bool cli_select_means(const char *selector, const struct state_domain *domain);
/** Whether the labels of the spec are as a sound selector says, in all of its parts. */
bool cli_select_matches(const char *selector, const struct cfg_domain *spec);
/** Prints the help of a verb. */
void cli_usage(const struct cli_verb *verb);
/** Calls take with each option that verb takes, as "--name"; NULL: with those that may stand before a verb. */
void cli_options_of(const struct cli_verb *verb, void (*take)(void *ctx, const char *name, const char *help), void *ctx);
/**
 * What the option in the first len bytes of word ("-o", "--output") takes: "FILE", or in lower case the words that it
 * can be, with `|' or spaces between them. NULL: nothing, or it is no option of that verb (NULL: before one).
 */
const char *cli_option_takes(const struct cli_verb *verb, const char *word, size_t len);
/**
 * Calls take with each option that was given, as "--name" or "--name=value", but for those that say where it is
 * done (--host, --bundle).
 */
void cli_each_option(const struct cli *cli, void (*take)(void *ctx, const char *word), void *ctx);

/** Prints "xlite: message", what could not be undone, and the hint to stderr; returns the exit status of err. */
int cli_fail(const struct xlite_error *err);
/** A usage error: message, and how to get help. Returns XLITE_USAGE. */
int cli_bad_usage(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Reads all spec files named by the arguments (files, directories, "-", or the bundle on stdin) into a set, checks it,
 * prints diagnostics. Returns 0 or an exit status. */
int cli_load(struct cli *cli, char *const *paths, int nr, struct cfg_set **set);
struct saved_plan;
/**
 * As cli_load; the argument may be a saved plan instead, alone: then its documents are the set, and *plan is the
 * caller's (saved_free), or NULL.
 */
int cli_load_plan(struct cli *cli, char *const *paths, int nr, struct cfg_set **set, struct saved_plan **plan);
/** Prints what is wrong with the set to stderr; returns how many of the diagnostics are errors. */
size_t cli_print_diags(const struct cfg_set *set);
/**
 * True if the argument means a spec file and not a name: "-", has a slash or ends in .yaml or .yml; "domain/NAME",
 * "network/NAME" and "volume/NAME" do not.
 */
bool cli_is_file(const char *arg);
/** Reads every file the paths mean and calls fn with its name and text. */
int cli_each_source(char *const *paths, int nr, bool bundle,
		    int (*fn)(void *ctx, const char *name, const char *text, size_t len), void *ctx,
		    struct cfg_set *errors);

/** What -H sends of the spec files: as much as both ends take, and what its end takes beyond that. */
#define CLI_BUNDLE_MAX ((size_t)256 * 1024 * 1024)
struct cli_bundle {
	struct buf text;
	size_t nr;		/* of files */
};
/** Adds a file; -ENOMEM, or -EFBIG where it is more than may be sent. */
int cli_bundle_add(struct cli_bundle *bundle, const char *name, const char *text, size_t len);
/** Without its end a bundle is refused. */
int cli_bundle_end(struct cli_bundle *bundle);

/** Refuses to write a saved plan to what is no regular file, or has something else than a plan (XLITE_USAGE). */
int cli_plan_file_check(const char *path, struct xlite_error *err);
/** Writes a saved plan: it is there when all of it is, in the place of an earlier one; "-" is standard output. */
int cli_plan_file_write(const char *path, const struct buf *text, struct xlite_error *err);

/** Opens the host with the reporter that the options ask for. */
int cli_host_open(struct cli *cli, struct host *host, struct xlite_error *err);
/** Closes it, after printing what it cost where --stats asks. */
void cli_host_close(const struct cli *cli, struct host *host);
/** How many of the run's domains are finished, for the line on a terminal; total 0: no such line. */
void cli_progress(size_t finished, size_t total);
/**
 * How much of name's memory was saved or restored, for the line on a terminal; what NULL: no such line any more.
 * Takes a name as its context.
 */
void cli_amount(void *what, uint64_t done, uint64_t total);
/** A run with what the options ask for, whose results are printed. host is NULL where there is none. */
void cli_run_init(struct cli *cli, struct host *host, struct run *run);
/**
 * Carries a plan out that is taken back unless it is confirmed in time (--confirm), and nothing where that could not be
 * done. With --dry-run it tells only whether it could. Returns the exit status.
 */
int cli_carry_confirmed(struct cli *cli, const struct run *run, const struct state *state, const struct plan *plan);
/**
 * Plans the set against the documents of the file that --against names, as if they had been applied; *against is what
 * was read of it. All are the caller's to clear. Prints errors; returns 0 or an exit status.
 */
int cli_plan_against(struct cli *cli, const struct run *run, const struct cfg_set *set, struct cfg_set **against,
		     struct state *state, struct plan *plan);
/** Prints the plan in the format that the options ask for. Returns the exit status of the verb plan. */
int cli_show_plan(const struct cli *cli, const struct plan *plan);
/** Tells on standard error, or as events, of what a plan warns. */
void cli_warn(const struct cli *cli, const struct host *host, const struct plan *plan);
/** The name in an argument that means a domain: "domain/NAME", as results and -o name print it, or "NAME". */
const char *cli_domain_arg(const char *arg);
/**
 * Observes the domains that args and the documents of set (or NULL) mean. Where each argument is the name of the domain
 * that has the uuid of that name, nobody else is asked for his; arguments of which names_domain says no are others'
 * business.
 */
int cli_observe_named(struct host *host, const char *const *args, size_t nr, bool (*names_domain)(const char *arg),
		      const struct cfg_set *set, struct state *state, struct xlite_error *err);
/** The domain that arg means in what was observed, by name, uuid or domid, in this order; NULL: none. */
struct state_domain *cli_find_observed(const struct state *state, const char *arg);
/** Finds one domain of the host by name, uuid or domid; the state is the caller's to clear. */
int cli_find_domain(struct host *host, const char *arg, struct state *state, struct state_domain **domain,
		    struct xlite_error *err);
/** "domain/NAME WORD" on stdout. */
void cli_result_of(const struct cli *cli, const char *kind, const char *name, const char *word);
void cli_result(const struct cli *cli, const char *name, const char *word);
bool cli_color(int fd);

/**
 * Who runs this command, and the command, for the host's log; the cli's. The user is the one who logged in (loginuid),
 * else the one that sudo names, else the process's.
 */
const struct run_log *cli_log(struct cli *cli);
/** In the environment of what -H runs: who has typed what where, as the near side says. */
#define CLI_FROM "XLITE_FROM"
/** "USER@HOST: COMMAND" of this process, for that. */
void cli_log_from(struct cli *cli, struct buf *out);
/**
 * In the environment of what -H runs: the run ends with its connection, and standard input stays open for as long
 * as that lives.
 */
#define CLI_ATTACHED "XLITE_ATTACHED"
/** In the environment of what -H runs: a terminal shows in the end what it writes. */
#define CLI_TERMINAL "XLITE_TERMINAL"
/**
 * Whether standard output leads to a terminal, by -H, too: then what a guest has written must not reach it as it
 * is.
 */
bool cli_writes_to_terminal(void);
/** Whether the first SIGINT, SIGTERM or SIGHUP has come; the second ends the process. */
extern volatile int cli_interrupted;
void cli_catch_signals(void);
/** Of what -H runs: the process gets SIGHUP when the connection ends. cli_catch_signals does this, too. */
void cli_end_with_connection(void);

#define CLI_COLUMNS_MAX 16
/** Rows of strings in aligned columns; bytes that are not printable are shown as \xNN. */
struct cli_table {
	const char *const *titles;
	size_t nr_columns;
	char **cells;
	size_t nr_cells;
	/* it was printed: what is added later follows without titles, in columns that are no narrower */
	bool begun;
	size_t widths[CLI_COLUMNS_MAX];
};
void cli_table_add(struct cli_table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_table_print(struct cli_table *table);

/** -H: runs the same command there, specs read here. Returns its exit status. */
int cli_remote(struct cli *cli);
/** What the other host's shell is to run for install, and what is sent to it: this program. */
int cli_install_command(struct buf *command, struct buf *program, struct xlite_error *err);
/** Whether the value of -H can be a host's: -EINVAL (XLITE_USAGE). */
int cli_remote_check(const char *target, struct xlite_error *err);
/** Whether the value of -H names several hosts: with commas between them, or in a file (@FILE). */
bool cli_host_is_list(const char *host);
/**
 * The same on each of them. Returns the exit status of the first that failed, else XLITE_DIFFERS if any returned
 * that, else 0.
 */
int cli_remote_many(struct cli *cli);

int verb_apply(struct cli *cli);
int verb_plan(struct cli *cli);
int verb_confirm(struct cli *cli);
int verb_watch(struct cli *cli);
int verb_delete(struct cli *cli);
int verb_list(struct cli *cli);
int verb_get(struct cli *cli);
/** Whether get is asked for networks ("networks", "network/NAME"), and that. */
bool get_means_networks(const struct cli *cli);
int get_networks(struct cli *cli);
/**
 * Whether get is asked for volumes ("volumes", "volume/NAME"), and that; further arguments are files that describe
 * pools.
 */
bool get_means_volumes(const struct cli *cli);
int get_volumes(struct cli *cli);
/**
 * Adds to a plan the removal of the volumes that the arguments name, and to absent lines about those that are not
 * there; and the volumes of the set (or NULL) that are kept. -ENOMEM, or -ENOTUNIQ where a name means two.
 */
int cli_delete_volumes(const struct cli *cli, const struct cfg_set *set, struct state *state, struct plan *plan,
		       struct buf *absent, struct xlite_error *err);
/** Whether flag and names of volumes go together: 0 or a usage error. */
int cli_check_volume_words(const struct cli *cli);
/** NAME of "volume/NAME", else NULL. */
const char *cli_volume_arg(const char *arg);
int verb_console(struct cli *cli);
int verb_screenshot(struct cli *cli);
int verb_install(struct cli *cli);
int verb_vnc(struct cli *cli);
int verb_pause(struct cli *cli);
int verb_unpause(struct cli *cli);
int verb_shutdown(struct cli *cli);
int verb_reboot(struct cli *cli);
int verb_start(struct cli *cli);
int verb_stop(struct cli *cli);
int verb_save(struct cli *cli);
int verb_restore(struct cli *cli);
/** The other end of migrate, on its target. */
int verb_receive(struct cli *cli);
int verb_migrate(struct cli *cli);
int verb_destroy(struct cli *cli);
int verb_validate(struct cli *cli);
int verb_convert(struct cli *cli);
int verb_explain(struct cli *cli);
int verb_schema(struct cli *cli);
int verb_graph(struct cli *cli);
int verb_doctor(struct cli *cli);
int verb_report(struct cli *cli);
int verb_logs(struct cli *cli);
int verb_wait(struct cli *cli);
int verb_describe(struct cli *cli);
int verb_edit(struct cli *cli);
int verb_top(struct cli *cli);
int verb_version(struct cli *cli);
int verb_lab(struct cli *cli);
int verb_help(struct cli *cli);

#endif
