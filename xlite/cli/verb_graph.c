/* SPDX-License-Identifier: GPL-2.0-or-later
 * graph: which domain waits for which, from the files alone.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/auto.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/graph_svg.h"
#include "xlite/reconcile/ready.h"

struct graph {
	struct cfg_domain **order;
	size_t nr;
	struct cfg_edge *edges;
	size_t nr_edges;
};

static const char *outside(const struct cfg_edge *edge)
{
	return edge->to ? "" : ", not in these files";
}

static void print_text(const struct graph *graph, struct buf *out)
{
	for (size_t i = 0; i < graph->nr; i++) {
		buf_printf(out, "%s\n", graph->order[i]->name);
		for (size_t k = 0; k < graph->nr_edges; k++) {
			const struct cfg_edge *edge = &graph->edges[k];

			if (edge->from != graph->order[i])
				continue;
			buf_printf(out, "  %s (", edge->dependency->name);
			ready_text(edge->dependency, out);
			buf_printf(out, ", %u s%s)\n", edge->dependency->timeout_s, outside(edge));
		}
	}
}

/* In quotes, for what a text that a console prints may hold. */
static void put_quoted(const char *text, struct buf *out)
{
	buf_puts(out, "\"");
	for (; *text; text++)
		buf_printf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
	buf_puts(out, "\"");
}

static void print_dot(const struct graph *graph, struct buf *out)
{
	buf_puts(out, "digraph depends_on {\n");
	for (size_t i = 0; i < graph->nr; i++)
		buf_printf(out, "\t\"%s\";\n", graph->order[i]->name);
	for (size_t k = 0; k < graph->nr_edges; k++) {
		const struct cfg_edge *edge = &graph->edges[k];
		auto_buf struct buf label = BUF_INIT;

		if (!edge->to)
			buf_printf(out, "\t\"%s\" [style=dashed];\n", edge->dependency->name);
		buf_printf(out, "\t\"%s\" -> \"%s\" [label=", edge->from->name, edge->dependency->name);
		ready_text(edge->dependency, &label);
		put_quoted(buf_str(&label), out);
		buf_puts(out, "];\n");
	}
	buf_puts(out, "}\n");
}

static void print_json(const struct graph *graph, struct buf *out)
{
	json_t *domains = json_array(), *edges = json_array(), *root;
	char *text;

	for (size_t i = 0; i < graph->nr; i++)
		json_array_append_new(domains, json_string(graph->order[i]->name));
	for (size_t k = 0; k < graph->nr_edges; k++) {
		const struct cfg_edge *edge = &graph->edges[k];
		auto_buf struct buf ready = BUF_INIT;

		ready_text(edge->dependency, &ready);
		json_array_append_new(edges, json_pack("{s:s, s:s, s:s, s:i, s:b}", "from", edge->from->name,
						       "to", edge->dependency->name, "ready", buf_str(&ready),
						       "timeout", (int)edge->dependency->timeout_s,
						       "in_files", edge->to != NULL));
	}
	root = json_pack("{s:o, s:o}", "order", domains, "edges", edges);
	text = json_dumps(root, JSON_INDENT(2));
	if (text)
		buf_printf(out, "%s\n", text);
	free(text);
	json_decref(root);
}

static int print(struct cli *cli, const struct cfg_set *set, const struct graph *graph)
{
	auto_buf struct buf out = BUF_INIT;
	int rc = 0;

	if (!cli->options.output_given)
		print_text(graph, &out);
	else if (cli->options.output == CLI_DOT)
		print_dot(graph, &out);
	else if (cli->options.output == CLI_SVG)
		rc = graph_svg(set, NULL, &out);
	else
		print_json(graph, &out);
	if (rc)
		return cli_fail(&(struct xlite_error){ .code = rc, .message = "graph: out of memory" });
	fputs(buf_str(&out), stdout);
	return 0;
}

int verb_graph(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct graph graph = { 0 };
	struct cfg_set *set = NULL;
	int status = cli_load(cli, cli->args, cli->nr_args, &set), rc;

	if (status)
		return status;
	rc = cfg_set_order(set, &graph.order, &graph.nr);
	if (!rc)
		rc = cfg_set_edges(set, &graph.edges, &graph.nr_edges);
	if (rc) {
		xlite_error_sys(&err, rc, "graph");
		status = cli_fail(&err);
	} else {
		status = print(cli, set, &graph);
	}
	free(graph.edges);
	free(graph.order);
	cfg_set_free(set);
	return status;
}
