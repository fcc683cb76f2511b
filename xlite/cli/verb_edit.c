/* SPDX-License-Identifier: GPL-2.0-or-later
 * edit: a domain's spec in an editor, and then applied.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/reconcile/observe.h"

struct edit {
	struct cli *cli;
	const char *arg;
	struct buf text;		/* the spec as it was shown */
	char *name, *set;		/* the record's set, or NULL */
	uint8_t uuid[16];
	char path[4096];		/* of the file that is edited; "": none */
};

static int check_domain(const struct edit *edit, const struct state_domain *domain, struct xlite_error *err)
{
	if (!domain->info.domid)
		return xlite_error_status(err, -EPERM, XLITE_CONFLICT, "%s is the control domain, which has no spec",
					  edit->arg);
	if (!state_owned(domain)) {
		xlite_error_status(err, -EPERM, XLITE_CONFLICT, "%s: xlite did not make it", edit->arg);
		xlite_error_hint(err, "`xlite get -o yaml' prints its spec, `xlite apply --adopt' takes it over");
		return -EPERM;
	}
	if (!domain->spec)
		return xlite_error_set(err, -EINVAL, "%s: its record cannot be read", edit->arg);
	return 0;
}

/* The spec that the domain is to have, as get prints it. */
static int read_spec(const struct edit *edit, struct buf *text, struct edit *fill, struct xlite_error *err)
{
	struct state state = { 0 };
	struct state_domain *domain = NULL;
	struct host host;
	int rc = cli_host_open(edit->cli, &host, err);

	if (!rc)
		rc = cli_find_domain(&host, edit->arg, &state, &domain, err);
	if (!rc)
		rc = observe_details(&host, &domain, 1, err);
	if (!rc)
		rc = check_domain(edit, domain, err);
	if (!rc)
		cfg_print(domain->next ? domain->next : domain->spec, false, text);
	if (!rc && fill) {
		memcpy(fill->uuid, domain->info.uuid, 16);
		fill->name = strdup(domain->name ? domain->name : "");
		fill->set = domain->record.set ? strdup(domain->record.set) : NULL;
	}
	if (!rc && (text->failed || (fill && (!fill->name || (domain->record.set && !fill->set)))))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	state_clear(&state);
	cli_host_close(edit->cli, &host);
	return rc;
}

static int write_file(struct edit *edit, struct xlite_error *err)
{
	const char *folder = getenv("TMPDIR");
	auto_close int fd = -1;
	int rc;

	if (snprintf(edit->path, sizeof(edit->path), "%s/xlite-edit-XXXXXX.yaml",
		     folder && *folder == '/' ? folder : "/tmp") >= (int)sizeof(edit->path))
		return xlite_error_set(err, -ENAMETOOLONG, "TMPDIR is too long");
	fd = mkstemps(edit->path, 5);
	if (fd < 0) {
		edit->path[0] = '\0';
		return xlite_error_sys(err, -errno, "a file to be edited");
	}
	rc = buf_write(&edit->text, fd);
	return rc ? xlite_error_sys(err, rc, "%s", edit->path) : 0;
}

/* As git has it; what the variable says may be a command with words of its own. */
static int run_editor(const struct edit *edit, struct xlite_error *err)
{
	const char *editor = getenv("VISUAL");
	auto_free char *command = NULL;
	int status;
	pid_t pid;

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = access("/usr/bin/editor", X_OK) ? "vi" : "editor";
	if (asprintf(&command, "%s \"$1\"", editor) < 0)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* Ctrl-C is the editor's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid < 0)
		return xlite_error_sys(err, -errno, "fork");
	if (!pid) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, "sh", edit->path, NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return xlite_error_sys(err, -errno, "waiting for the editor");
	}
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return xlite_error_set(err, -ECANCELED, "%s: the editor (%s) has failed; nothing was done", edit->arg, editor);
}

static bool is_same(const struct edit *edit)
{
	auto_fclose FILE *f = fopen(edit->path, "re");
	auto_free char *text = malloc(edit->text.len + 1);

	return f && text && fread(text, 1, edit->text.len + 1, f) == edit->text.len &&
	       !memcmp(text, edit->text.data, edit->text.len);
}

/* It is this domain's spec, and still of the domain that was shown. */
static int check_edited(const struct edit *edit, const struct cfg_set *set, struct xlite_error *err)
{
	auto_buf struct buf now = BUF_INIT;
	struct cfg_domain *const *domains;
	size_t nr, nr_networks, nr_volumes, nr_pools;
	int rc;

	domains = cfg_set_domains(set, &nr);
	cfg_set_networks(set, &nr_networks);
	cfg_set_volumes(set, &nr_volumes);
	cfg_set_pools(set, &nr_pools);
	if (nr != 1 || nr_networks || nr_volumes || nr_pools)
		return xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC, "%s: it must be the spec of this one domain",
					  edit->arg);
	if (memcmp(domains[0]->uuid, edit->uuid, 16)) {
		xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC,
				   "%s: this would be another domain: its uuid follows from its name", edit->arg);
		xlite_error_hint(err, "with its `uuid' in the spec a domain can be renamed; `xlite list -o wide' prints it");
		return -EINVAL;
	}
	rc = read_spec(edit, &now, NULL, err);
	if (!rc && strcmp(buf_str(&now), buf_str(&edit->text)))
		rc = xlite_error_status(err, -ESTALE, XLITE_AGAIN, "%s: it was changed meanwhile by another command",
					edit->arg);
	return rc;
}

static int apply_edited(struct edit *edit)
{
	struct cli *cli = edit->cli;
	char *args[] = { edit->path, NULL };
	struct xlite_error err = { 0 };
	struct cfg_set *set = NULL;
	int status = cli_load(cli, args, 1, &set);

	if (!status && check_edited(edit, set, &err))
		status = cli_fail(&err);
	cfg_set_free(set);
	if (status)
		return status;
	cli->args = args;
	cli->nr_args = 1;
	/* It stays the member that it is. */
	cli->options.set = edit->set;
	return verb_apply(cli);
}

static int edit_file(struct edit *edit)
{
	struct xlite_error err = { 0 };
	int status;

	if (write_file(edit, &err) || run_editor(edit, &err)) {
		if (edit->path[0])
			unlink(edit->path);
		return cli_fail(&err);
	}
	if (is_same(edit)) {
		unlink(edit->path);
		cli_result(edit->cli, edit->name, "unchanged");
		return 0;
	}
	status = apply_edited(edit);
	if (status)
		fprintf(stderr, "xlite: what was edited is in %s\n", edit->path);
	else
		unlink(edit->path);
	return status;
}

int verb_edit(struct cli *cli)
{
	struct edit edit = { .cli = cli, .arg = cli->args[0] };
	struct xlite_error err = { 0 };
	int status = read_spec(&edit, &edit.text, &edit, &err) ? cli_fail(&err) : edit_file(&edit);

	buf_clear(&edit.text);
	free(edit.name);
	free(edit.set);
	return status;
}
