/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of verbs.
 */
#include <stdio.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"
#include "xlite/cli/cli.h"

static const char more_apply[] =
	"Each FILE holds one or more YAML documents (see xlite.yaml(5)); a directory means\n"
	"all of its *.yaml and *.yml files, `-' is standard input. Apply changes only what\n"
	"differs, on the running domain where that is possible. The last line for each domain\n"
	"is `domain/NAME created|changed|unchanged|replaced|deleted', or `skipped' if a domain\n"
	"that it depends on failed or was not ready in time. A FILE that `xlite plan --out' wrote\n"
	"is carried out as it is, or refused (75) if the host has changed since.\n";
static const char more_plan[] =
	"Exits with 0 if nothing differs and with 2 if something does; with 73 if a domain or a\n"
	"network conflicts with one that xlite does not own, whatever else differs. With --out the\n"
	"plan can be carried out later by `xlite apply PLAN'; one that is refused is not written.\n";
static const char more_confirm[] =
	"Exits with 1 if no run waits for it, or if it comes too late.\n";
static const char more_delete[] =
	"Asks each guest to shut down, waits, and removes the domain. An argument is a name,\n"
	"a uuid or a domid, unless it holds a slash, ends in .yaml or .yml, or is `-': then it\n"
	"is a spec file whose domains are deleted. A domain that is not there is no error.\n"
	"--all is for a host that goes down: all domains that xlite made, dependants first.\n"
	"Volumes stay, also those that the files describe, but for those that are named as\n"
	"`volume/NAME' together with --delete-volumes.\n";
static const char more_graph[] =
	"The domains in the order in which they are started, each with what it waits for.\n"
	"`-o dot' is for graphviz, `-o json' for programs. `-o svg' is a picture of domains, networks,\n"
	"disks and the host's devices, for a browser.\n";
static const char more_report[] =
	"One HTML page on standard output, for a browser: the domains of the host, a picture of what\n"
	"the files describe, what differs from them, and the last changes from the host's log. It\n"
	"needs nothing from elsewhere.\n";
static const char more_convert[] =
	"Prints a spec for each FILE, in the syntax of xl.cfg(5) or libvirt's XML, and on\n"
	"standard error what became of its keys. If one file cannot be converted, or the guest\n"
	"would lose something that it has, no spec is printed and the exit status is 65. See\n"
	"xlite-convert(1).\n";
static const char more_get[] =
	"Without NAME all domains. `-o yaml' prints specs that plan to no change. `get networks'\n"
	"and `get network/NAME' do the same for networks, `get volumes [FILE...]' and\n"
	"`get volume/NAME [FILE...]' for the volumes of the default pool and of the pools that\n"
	"the files describe.\n";
static const char more_watch[] =
	"Builds domains of xlite's anew, removes or keeps them when they end, as their on_ keys\n"
	"say, less and less often where one keeps ending; and applies the files, or directories,\n"
	"at its start and when they change. SIGHUP applies them at once. One watch runs on a\n"
	"host; it may be killed and started again at any time.\n";
static const char more_console[] =
	"Leave with Ctrl-]. When the input is not a terminal, it is copied to the guest and the\n"
	"guest's output is copied until the domain ends. Of an HVM domain it is the serial port,\n"
	"with the last of what was printed there before.\n";
static const char more_screenshot[] =
	"Of an HVM domain with a display: what it shows now, as a PNG file. `-' is standard output.\n";
static const char more_vnc[] =
	"Of an HVM domain with a display: the Unix socket in domain 0 that speaks VNC, for a\n"
	"viewer such as `vncviewer' there, or elsewhere by `ssh -L 5900:SOCKET'.\n";

static const char more_logs[] =
	"From the file that xenconsoled keeps, if it was started with --log=guest or --log=all;\n"
	"also of a domain that is gone. On a terminal control bytes are shown as \\x1b.\n";
static const char more_wait[] =
	"Waits until each domain is as CONDITION says; one that is not there yet is waited for,\n"
	"too. `tcp=5432': its first address takes a connection. `xenstore=data/up': it has\n"
	"written this node of its own. `console=TEXT': its console's log has the text. `ended':\n"
	"it has shut down, or is gone. Exits with 124 when the time is up.\n";
static const char more_top[] =
	"CPU% is of one CPU, RX/s, TX/s, READ/s and WRITE/s are bytes per second as the guest\n"
	"sees them. Keys: P M T N sort, v shows vCPUs, / filters, ? tells of all, q leaves.\n";
static const char more_edit[] =
	"Opens the spec in $VISUAL, $EDITOR or `editor', and applies the changes to the running\n"
	"domain. If that fails, the text stays in a file that is named. Files in git or in\n"
	"/etc/xlite are not changed: when they are applied next, they take the change back.\n";
static const char more_stop[] =
	"Only the domain's record stays, until the host's next boot. `xlite start' builds the\n"
	"domain again, and so does `xlite apply' of a file that describes it; a watch does not.\n"
	"`xlite list' shows it. To keep it away for longer, write `state: stopped' in its spec.\n";
static const char more_describe[] =
	"State, devices with what went through them, what waits for the next boot, the spec, and\n"
	"the last lines of the console. For people; `get -o json' is for programs.\n";

static const char more_save[] =
	"Suspends the guest, writes it to FILE, which must not be there yet, and then removes the\n"
	"domain. After any failure the guest goes on as before. `xlite restore' and `xl restore'\n"
	"take such a file. `-' writes to standard output.\n";
static const char more_restore[] =
	"FILE is what `xlite save' or `xl save' wrote, and stays as it is; `-' is standard input.\n"
	"The domain is built from the spec that is in it. No other domain may have its name or uuid.\n";

static const char more_migrate[] =
	"HOST is as -H takes it, and has xlite, too. The guest runs on until little of its memory\n"
	"is left to be sent. After any failure it goes on here; one that is shown as handed-over\n"
	"may run there, and the same command again settles that. Its disks are block devices that\n"
	"both hosts have, or files that it only reads.\n";
static const char more_receive[] =
	"Standard input and output are the link to the other host.\n";

static const char more_install[] =
	"Copies itself to /usr/local/bin/xlite of that host, and replaces a copy that was made so\n"
	"before. A host that has xlite from a package is left as it is: upgrade the package.\n";

/* Options: n dry-run, r replace, a adopt, s set, p prune, w now, t timeout, j jobs, x detailed-exitcode, g against,
 * v verbose, q quiet, o output, e events, l all, P print, y yes, T type, F force, R report, X xl-conf, I interval, D drift,
 * b backoff, m metrics, u status, f follow, L tail, c for, O out, C confirm, d deadline, k selector, V delete-volumes,
 * E watch, A batch, G delay, J count, M vcpus, N sort, K continue, Z compress, z paused, i spec, U pv, Q max-downtime. */
const struct cli_verb cli_verbs[] = {
	{ "apply", "FILE...|PLAN", "Create, change and delete domains as the files say", "nrasptWCjxvqewy", NULL,
	  verb_apply, 1, -1, true, true, more_apply },
	{ "plan", "FILE...", "Show what apply would do", "raspgvoyO", "table json", verb_plan, 1, -1, true, true,
	  more_plan },
	{ "diff", "FILE...", "The same as plan", "raspgvoyO", "table json", verb_plan, 1, -1, true, true, more_plan },
	{ "confirm", "", "Keep what `apply --confirm' has done", "q", NULL, verb_confirm, 0, 0, false, true,
	  more_confirm },
	{ "delete", "FILE...|NAME...|--all", "Shut guests down and remove them", "nawtqevldkV", NULL, verb_delete, 1,
	  -1, true, true, more_delete },
	{ "watch", "[FILE...]", "Keep domains as their specs say, for as long as it runs", "raspwytjveIDbmu", NULL,
	  verb_watch, 0, -1, false, false, more_watch },
	{ "list", "", "List domains, and go on with what changes (-w)", "okE", "table wide name json", verb_list, 0, 0,
	  false, true, NULL },
	{ "top", "[NAME...]", "Show live what domains use: CPU, memory, network, disks", "AGJMNk", NULL, verb_top, 0,
	  -1, false, true, more_top },
	{ "get", "[NAME...]", "Show domains, in full with -o yaml or json", "olk", "table wide name json yaml",
	  verb_get, 0, -1, false, true, more_get },
	{ "edit", "NAME", "Change a domain's spec in an editor, and apply it", "rwtqev", NULL, verb_edit, 1, 1, false,
	  true, more_edit },
	{ "describe", "NAME...", "Show all that is known of a domain, for people", "k", NULL, verb_describe, 1, -1,
	  false, true, more_describe },
	{ "logs", "NAME", "Print what a guest has printed on its console", "fL", NULL, verb_logs, 1, 1, false, true,
	  more_logs },
	{ "wait", "NAME... [--for CONDITION]", "Wait until domains run, answer, have ended or are gone", "ctqk", NULL,
	  verb_wait, 1, -1, false, true, more_wait },
	{ "console", "NAME", "Attach to a guest's console", "U", NULL, verb_console, 1, 1, false, true, more_console },
	{ "screenshot", "NAME FILE", "Save what a guest's display shows", "", NULL, verb_screenshot, 2, 2, false, true,
	  more_screenshot },
	{ "vnc", "NAME", "Print the VNC socket of a guest's display", "", NULL, verb_vnc, 1, 1, false, true, more_vnc },
	{ "pause", "NAME...", "Stop a guest's vCPUs", "qk", NULL, verb_pause, 1, -1, false, true, NULL },
	{ "unpause", "NAME...", "Continue a paused guest", "qkF", NULL, verb_unpause, 1, -1, false, true, NULL },
	{ "shutdown", "NAME...", "Ask guests to shut down, and wait", "tqk", NULL, verb_shutdown, 1, -1, false, true,
	  NULL },
	{ "reboot", "NAME...", "Shut guests down and start them again from their spec", "tqewk", NULL, verb_reboot, 1,
	  -1, false, true, NULL },
	{ "stop", "NAME...", "Shut guests down and remove them until `start' builds them again", "wtqek", NULL,
	  verb_stop, 1, -1, false, true, more_stop },
	{ "start", "NAME...", "Build domains again that were stopped, or have ended", "qek", NULL, verb_start, 1, -1,
	  false, true, NULL },
	{ "save", "NAME FILE", "Put a guest to sleep: write it to a file and remove the domain", "KZtvqe", NULL,
	  verb_save, 2, 2, false, true, more_save },
	{ "restore", "FILE", "Continue a guest that xlite or xl has saved to a file", "izvqe", NULL, verb_restore, 1, 1,
	  false, true, more_restore },
	{ "migrate", "NAME HOST", "Send a guest to another host while it runs", "Qtvqe", NULL, verb_migrate, 2, 2,
	  false, true, more_migrate },
	{ "receive", "", "The other end of migrate: for `xlite migrate' to run on its target", "ve", NULL, verb_receive,
	  0, 0, false, false, more_receive },
	{ "destroy", "NAME...", "Remove domains at once, whatever the guest does", "tqk", NULL, verb_destroy, 1, -1,
	  false, true, NULL },
	{ "validate", "FILE...", "Check specs without a host", "Pl", NULL, verb_validate, 1, -1, true, false, NULL },
	{ "convert", "FILE...", "Turn xl's and libvirt's files of guests into specs", "TFRX", NULL, verb_convert, 1, -1,
	  false, false, more_convert },
	{ "explain", "[KEY]", "Describe the spec language, or one key of it (memory, vbds.mode)", "", NULL,
	  verb_explain, 0, 1, false, false, NULL },
	{ "schema", "", "Print the JSON Schema of the spec language", "", NULL, verb_schema, 0, 0, false, false, NULL },
	{ "graph", "FILE...", "Show which domain waits for which, and who has which network and disk", "o",
	  "dot json svg", verb_graph, 1, -1, true, false, more_graph },
	{ "install", "", "Put this program onto the host that -H names", "", NULL, verb_install, 0, 0, false, true,
	  more_install },
	{ "report", "FILE...", "Write a page about the host: what runs, its picture, what differs", "sag", NULL,
	  verb_report, 1, -1, true, true, more_report },
	{ "doctor", "", "Check whether this host can run domains", "o", "table json", verb_doctor, 0, 0, false, true,
	  NULL },
	{ "lab", "VERB...", "A real Xen host in QEMU on this machine (`xlite lab --help')", "", NULL, verb_lab, 0, -1,
	  false, false, NULL },
	{ "version", "", "Print the versions of xlite and of the hypervisor", "", NULL, verb_version, 0, 0, false, true,
	  NULL },
	{ "help", "[VERB]", "This list, or help on one verb", "", NULL, verb_help, 0, 1, false, false, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false, false, NULL },
};

const struct cli_verb *cli_verb_find(const char *name)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!strcmp(verb->name, name))
			return verb;
	}
	return NULL;
}

/* Verbs of xl and others, and what does their work here. */
static const struct {
	const char *verbs, *hint;
} foreign_verbs[] = {
	{ "create up run deploy", "`xlite apply FILE' creates and starts domains" },
	{ "down halt poweroff",
	  "`xlite stop NAME' ends a guest until `xlite start', `xlite shutdown NAME' ends a guest, `xlite delete NAME' removes the domain as well" },
	{ "remove rm undefine", "`xlite delete NAME' removes a domain" },
	{ "kill", "`xlite destroy NAME' removes a domain at once" },
	{ "restart", "`xlite reboot NAME' starts a guest again" },
	{ "ls ps status domid domname uptime", "`xlite list' lists the domains" },
	{ "block-list vcpu-list network-list show inspect",
	  "`xlite describe NAME' shows all that is known of a domain" },
	{ "info dominfo", "`xlite doctor' checks the host, `xlite get' shows domains" },
	{ "log", "`xlite logs NAME' prints what a guest has printed" },
	{ "xentop htop stats", "`xlite top' shows what domains use" },
	{ "check lint test", "`xlite validate FILE' checks specs" },
	{ "block-attach block-detach network-attach network-detach mem-set mem-max vcpu-set vcpu-pin sched-credit sched-credit2 rename "
	  "cd-insert cd-eject config-update",
	  "change the spec, and `xlite apply FILE' changes the running domain" },
	{ "suspend", "`xlite save NAME FILE' puts a guest to sleep, `xlite pause NAME' stops its vCPUs" },
	{ "resume", "`xlite restore FILE' lets a guest go on that was saved, `xlite unpause NAME' one that was paused" },
	{ "migrate-receive", "`xlite migrate NAME HOST' on the other host begins a migration" },
};

int cli_no_verb(const char *name)
{
	const char *names[64], *near;
	const struct cli none = { 0 };
	size_t nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(foreign_verbs); i++) {
		if (cfg_listed(foreign_verbs[i].verbs, name, strlen(name)))
			return cli_bad_usage(&none, "no verb `%s'; %s", name, foreign_verbs[i].hint);
	}
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		names[nr++] = v->name;
	near = cfg_nearest(name, names, nr);
	return near ? cli_bad_usage(&none, "no verb `%s'; did you mean `%s'?", name, near) :
		      cli_bad_usage(&none, "no verb `%s'", name);
}

int verb_help(struct cli *cli)
{
	if (cli->nr_args == 1) {
		const struct cli_verb *verb = cli_verb_find(cli->args[0]);

		if (!verb)
			return cli_no_verb(cli->args[0]);
		cli_usage(verb);
		return 0;
	}
	puts("Usage: xlite [-H HOST] VERB [OPTION...] [ARG...]\n\n"
	     "Runs the guests of a Xen host from YAML files: compares the files with the domains\n"
	     "that run, shows the differences, and applies them.\n\nVerbs:");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		printf("  %-10s %s\n", verb->name, verb->help);
	puts("\n`xlite help VERB' describes a verb. Manual pages: xlite-guide(7), xlite(1), xlite.yaml(5).");
	return 0;
}
