/* SPDX-License-Identifier: GPL-2.0-or-later
 * From the name of the program to what it does, and its failure to where callers look for it: one line on
 * standard error, and hotplug-error in XenStore.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/programs/program.h"

static const struct program {
	const char *name, *kind, *usage;
	int (*add)(const struct job *job, struct xlite_error *err);
	int (*remove)(const struct job *job, struct xlite_error *err);
} programs[] = {
	{ "xlite-vif-bridge", "vif", "online|offline|add|remove [type_if=vif|tap]", vif_bridge_online, vif_bridge_offline },
	{ "xlite-vif-route", "vif", "online|offline [type_if=vif]", vif_route_online, vif_route_offline },
	{ "xlite-vif-nat", "vif", "online|offline [type_if=vif]", vif_nat_online, vif_nat_offline },
	{ "xlite-block", "vbd", "add|remove", block_add, block_remove },
};

static const struct program *program_find(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;
	size_t i;

	name = name ? name + 1 : path;
	for (i = 0; name && i < ARRAY_SIZE(programs); i++) {
		if (!strcmp(name, programs[i].name))
			return &programs[i];
	}
	return NULL;
}

/* The hints of disks speak of xlite's own language. */
static void one_line(const struct program *program, const struct xlite_error *err, char *text, size_t size)
{
	bool hint = err->hint[0] && !strcmp(program->kind, "vif");
	char *c;

	snprintf(text, size, "%s%s%s%s", err->message, hint ? " (" : "", hint ? err->hint : "", hint ? ")" : "");
	for (c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

static int run(const struct program *program, const struct request *request, struct xlite_error *err)
{
	struct job job = { .request = request, .deadline_ns = clock_deadline_ms(PROGRAM_MS) };
	char text[1200];
	int ret = xlite_store_open(&job.store, err);

	if (ret)
		return ret;
	ret = (request->add ? program->add : program->remove)(&job, err);
	if (ret && request->add) {
		one_line(program, err, text, sizeof(text));
		answer_error(&job, text);
	}
	xlite_store_close(job.store);
	return ret;
}

int main(int argc, char *argv[])
{
	const struct program *program = program_find(argc ? argv[0] : NULL);
	struct xlite_error err = { 0 };
	struct request request;
	char text[1200];
	int ret;

	/* Who starts it may have left this ignored: nobody could then tell how nft has ended. */
	signal(SIGCHLD, SIG_DFL);
	if (!program) {
		fprintf(stderr,
			"xlite-hotplug: to be started as xlite-vif-bridge, xlite-vif-route, xlite-vif-nat or xlite-block "
			"(see xlite-hotplug(8))\n");
		return XLITE_USAGE;
	}
	ret = request_parse(program->kind, argc - 1, argv + 1, &request, &err);
	if (ret)
		xlite_error_hint(&err, "usage: %s %s", program->name, program->usage);
	else if (!request.ignored)
		ret = run(program, &request, &err);
	if (!ret)
		return 0;
	one_line(program, &err, text, sizeof(text));
	fprintf(stderr, "%s: %s\n", program->name, text);
	return (int)xlite_error_exit(&err);
}
