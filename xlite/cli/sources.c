/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where specs come from: files, directories, standard input, or the bundle that -H sends.
 * A bundle is, for each file, a line "#xlite-file LENGTH NAME" and that many bytes; then a line "#xlite-end FILES".
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/buf.h"
#include "config.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/saved.h"

/* One byte more than the language takes, so that it, not we, refuses the rest. */
#define SPEC_MAX (1024 * 1024 + 1)
/* "#xlite-file LENGTH NAME" */
#define BUNDLE_LINE_MAX 4000

typedef int (*source_fn)(void *ctx, const char *name, const char *text, size_t len);

static bool has_yaml_suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

bool cli_is_file(const char *arg)
{
	size_t kind = !strncmp(arg, "network/", 8) ? 8 : !strncmp(arg, "domain/", 7) || !strncmp(arg, "volume/", 7) ? 7 : 0;

	/* "network/lan0" names a network. */
	if (kind && arg[kind] && !strchr(arg + kind, '/') && !has_yaml_suffix(arg))
		return false;
	return !strcmp(arg, "-") || strchr(arg, '/') || has_yaml_suffix(arg);
}

static int one_file(const char *path, source_fn fn, void *ctx, struct cfg_set *errors)
{
	bool std = !strcmp(path, "-");
	auto_close int fd = std ? dup(0) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	auto_buf struct buf text = BUF_INIT;
	int rc;

	rc = fd < 0 ? -errno : buf_read(&text, fd, SPEC_MAX);
	/* A saved plan has the documents of many files. */
	if (!rc && text.len == SPEC_MAX && saved_is_plan(text.data, text.len))
		rc = buf_read(&text, fd, CLI_BUNDLE_MAX);
	if (rc) {
		cfg_set_error(errors, path, "cannot be read: %s", strerror(-rc));
		return 0;
	}
	return fn(ctx, path, buf_str(&text), text.len);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/*
 * A file that the directory names and that cannot be read is not one that it does not name: --prune would delete
 * its domains.
 */
static void complain(const FTSENT *entry, struct cfg_set *errors)
{
	bool meant = entry->fts_level > 0 && entry->fts_name[0] != '.';

	switch (entry->fts_info) {
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		cfg_set_error(errors, entry->fts_path, "cannot be read: %s", strerror(entry->fts_errno));
		break;
	case FTS_DC:
		if (meant)
			cfg_set_error(errors, entry->fts_path, "cannot be read: it leads back to a directory that it lies in");
		break;
	case FTS_SLNONE:
		if (meant && has_yaml_suffix(entry->fts_name))
			cfg_set_error(errors, entry->fts_path, "cannot be read: a symbolic link to a file that does not exist");
		break;
	case FTS_DEFAULT:
		if (meant && has_yaml_suffix(entry->fts_name))
			cfg_set_error(errors, entry->fts_path, "cannot be read: not a regular file");
		break;
	default:
		break;
	}
}

/* With symbolic links followed, a few directories can be reached by more paths than can be walked. */
#define ENTRIES_MAX 100000

static int one_directory(char *path, source_fn fn, void *ctx, struct cfg_set *errors)
{
	char *const roots[] = { path, NULL };
	FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	size_t found = 0, seen = 0;
	int rc = 0;

	if (!fts)
		return -errno;
	while (!rc && (errno = 0, entry = fts_read(fts))) {
		if (++seen > ENTRIES_MAX) {
			cfg_set_error(errors, path,
				      "has more than %u files and directories, with those that symbolic links lead to",
				      ENTRIES_MAX);
			found = 1;
			errno = 0;
			break;
		}
		complain(entry, errors);
		if (entry->fts_info == FTS_D && entry->fts_level > 0 && entry->fts_name[0] == '.')
			fts_set(fts, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F || entry->fts_name[0] == '.' || !has_yaml_suffix(entry->fts_name))
			continue;
		found++;
		rc = one_file(entry->fts_path, fn, ctx, errors);
	}
	if (!rc && errno)
		cfg_set_error(errors, path, "cannot be read: %s", strerror(errno));
	fts_close(fts);
	if (!rc && !found)
		cfg_set_error(errors, path, "no *.yaml or *.yml file in this directory");
	return rc;
}

int cli_bundle_add(struct cli_bundle *bundle, const char *name, const char *text, size_t len)
{
	bundle->nr++;
	buf_printf(&bundle->text, "#xlite-file %zu %s\n", len, strcmp(name, "-") ? name : "<stdin>");
	buf_add(&bundle->text, text, len);
	if (bundle->text.failed)
		return -ENOMEM;
	return bundle->text.len > CLI_BUNDLE_MAX ? -EFBIG : 0;
}

int cli_bundle_end(struct cli_bundle *bundle)
{
	buf_printf(&bundle->text, "#xlite-end %zu\n", bundle->nr);
	return bundle->text.failed ? -ENOMEM : 0;
}

/* Whether this line is the last of the bundle, which had so many files. */
static bool is_bundle_end(const char *at, const char *end, size_t nr)
{
	char last[48];
	size_t len = (size_t)snprintf(last, sizeof(last), "#xlite-end %zu\n", nr);

	return (size_t)(end - at) == len && !memcmp(at, last, len);
}

/* A line, at most as long as that of a file can be. 1: there was one, 0: not to its end. */
static int read_line(int fd, struct buf *all)
{
	char c = '\0';

	for (size_t i = 0; i < BUNDLE_LINE_MAX && c != '\n'; i++) {
		size_t before = all->len;
		int rc = buf_read(all, fd, before + 1);

		if (rc || all->len == before)
			return rc;
		c = buf_str(all)[before];
	}
	return c == '\n';
}

/*
 * Up to the line that ends it: standard input stays open for as long as the sender lives (see watch_connection).
 * What is odd is for who reads it.
 */
static int read_bundle(int fd, struct buf *all)
{
	unsigned long len;
	int rc = 0;

	while (!rc) {
		size_t line = all->len;

		rc = read_line(fd, all);
		if (rc <= 0 || sscanf(buf_str(all) + line, "#xlite-file %lu ", &len) != 1 || all->len > CLI_BUNDLE_MAX ||
		    len > CLI_BUNDLE_MAX - all->len)
			return rc < 0 ? rc : 0;
		rc = buf_read(all, fd, all->len + len);
	}
	return rc;
}

/*
 * All of it is counted before any is used: what does not come whole (the sender was killed, something between does not
 * pass standard input on) would leave out domains, and --prune would delete them.
 */
static int each_of_bundle(source_fn fn, void *ctx, struct cfg_set *errors)
{
	auto_buf struct buf all = BUF_INIT;
	const char *at, *end;
	size_t nr = 0;
	int rc = read_bundle(0, &all);

	at = buf_str(&all);
	end = at + all.len;
	while (!rc && !is_bundle_end(at, end, nr)) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		char name[4096];
		unsigned long len;

		if (!line || line - at > BUNDLE_LINE_MAX || sscanf(at, "#xlite-file %lu %4000[^\n]", &len, name) != 2 ||
		    len > (unsigned long)(end - line - 1)) {
			cfg_set_error(errors, "-",
				      "the specs that -H sends have not come whole: %zu bytes on standard input, without their end",
				      all.len);
			return 0;
		}
		rc = fn(ctx, name, line + 1, len);
		at = line + 1 + len;
		nr++;
	}
	return rc;
}

int cli_each_source(char *const *paths, int nr, bool bundle, source_fn fn, void *ctx, struct cfg_set *errors)
{
	int rc = 0;

	if (bundle)
		return each_of_bundle(fn, ctx, errors);
	for (int i = 0; i < nr && !rc; i++) {
		struct stat st;

		if (strcmp(paths[i], "-") && !stat(paths[i], &st) && S_ISDIR(st.st_mode))
			rc = one_directory(paths[i], fn, ctx, errors);
		else
			rc = one_file(paths[i], fn, ctx, errors);
	}
	return rc;
}

/* What is made of the sources. */
struct load {
	struct cfg_set *set;
	struct saved_plan *plan;
	struct xlite_error err;		/* of a saved plan that cannot be read */
	bool takes_plan;
	size_t nr;
};

static int parse_plan(struct load *load, const char *name, const char *text, size_t len)
{
	int rc;

	if (!load->takes_plan) {
		cfg_set_error(load->set, name, "is a saved plan, which only `xlite apply' takes");
		return 0;
	}
	if (load->nr > 1) {
		cfg_set_error(load->set, name, "is a saved plan, which is applied alone");
		return 0;
	}
	rc = saved_parse(text, len, PACKAGE_VERSION, &load->plan, &load->err);
	if (!rc)
		rc = saved_documents(load->plan, name, load->set);
	else
		xlite_error_prefix(&load->err, "%s", name);
	return rc < 0 ? rc : 0;
}

static int parse_source(void *ctx, const char *name, const char *text, size_t len)
{
	struct load *load = ctx;
	int rc;

	load->nr++;
	if (saved_is_plan(text, len))
		return parse_plan(load, name, text, len);
	if (load->plan)
		cfg_set_error(load->set, name, "stands beside a saved plan, which is applied alone");
	rc = cfg_set_parse(load->set, name, text, len);
	return rc < 0 ? rc : 0;
}

/* Prints what is wrong; returns how many of the diagnostics are errors. */
size_t cli_print_diags(const struct cfg_set *set)
{
	const struct cfg_diag *diags;
	auto_buf struct buf text = BUF_INIT;
	size_t nr = cfg_set_diags(set, &diags), errors = 0;

	for (size_t i = 0; i < nr; i++) {
		cfg_diag_print(&diags[i], &text);
		errors += !diags[i].warning;
	}
	fputs(buf_str(&text), stderr);
	return errors;
}

static int load_failed(struct load *load, int rc)
{
	if (!load->err.code)
		xlite_error_sys(&load->err, rc, "reading the specs");
	return cli_fail(&load->err);
}

static int load_sources(struct cli *cli, char *const *paths, int nr, struct load *load)
{
	int rc;

	load->set = cfg_set_new();
	rc = load->set ? cli_each_source(paths, nr, cli->options.bundle, parse_source, load, load->set) : -ENOMEM;
	if (!rc)
		rc = cfg_set_check(load->set);
	if (rc < 0)
		return load_failed(load, rc);
	return cli_print_diags(load->set) ? XLITE_BAD_SPEC : 0;
}

static int load_or_free(struct cli *cli, char *const *paths, int nr, struct load *load)
{
	int status = load_sources(cli, paths, nr, load);

	if (status) {
		cfg_set_free(load->set);
		saved_free(load->plan);
		*load = (struct load){ 0 };
	}
	return status;
}

int cli_load(struct cli *cli, char *const *paths, int nr, struct cfg_set **set)
{
	struct load load = { 0 };
	int status = load_or_free(cli, paths, nr, &load);

	*set = load.set;
	return status;
}

int cli_load_plan(struct cli *cli, char *const *paths, int nr, struct cfg_set **set, struct saved_plan **plan)
{
	struct load load = { .takes_plan = true };
	int status = load_or_free(cli, paths, nr, &load);

	*set = load.set;
	*plan = load.plan;
	return status;
}
