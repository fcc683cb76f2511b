/* SPDX-License-Identifier: GPL-2.0-or-later
 * Dependencies of domains: as edges, as an order, and what is wrong with them. The walk keeps its own stack, since
 * nothing bounds how long a chain of documents is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/claim.h"
#include "common/auto.h"

#define SHOWN 6		/* domains of a circle that a message names */

/** The set's edges, those of domain i from first[i] to before first[i + 1], and where each leads. */
struct graph {
	struct cfg_domain *const *domains;
	size_t nr, nr_edges;
	struct cfg_edge *edges;
	size_t *first, *to;	/* to: index of a domain, nr where there is none */
};

/** Depth first through a graph. */
struct walk {
	size_t *next;		/* edge to take next, per domain */
	size_t *stack, depth;
	size_t *at;		/* place on the stack plus 1, per domain; 0: not on it */
	bool *done;
	void (*circle)(void *ctx, const struct graph *graph, const struct walk *walk, size_t from);
	void *ctx;
};

struct named {
	const char *name;
	size_t i;
};

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct named *)left)->name, ((const struct named *)right)->name);
}

static void graph_clear(struct graph *graph)
{
	free(graph->edges);
	free(graph->first);
	free(graph->to);
}

static void graph_fill(struct graph *graph, const struct named *names, size_t nr_names)
{
	size_t n = 0;

	for (size_t i = 0; i < graph->nr; i++) {
		const struct cfg_domain *domain = graph->domains[i];

		graph->first[i] = n;
		for (size_t j = 0; j < domain->nr_depends_on; j++, n++) {
			const struct named key = { .name = domain->depends_on[j].name };
			const struct named *found = key.name ? bsearch(&key, names, nr_names, sizeof(*names), compare) : NULL;

			graph->to[n] = found ? found->i : graph->nr;
			graph->edges[n] = (struct cfg_edge){ domain, found ? graph->domains[found->i] : NULL,
							     &domain->depends_on[j] };
		}
	}
	graph->first[graph->nr] = n;
}

/* Of domains with errors of their own a name may be missing. */
static int graph_make(struct graph *graph, struct cfg_domain *const *domains, size_t nr)
{
	struct named *names = calloc(nr + 1, sizeof(*names));
	size_t nr_names = 0;

	*graph = (struct graph){ .domains = domains, .nr = nr };
	for (size_t i = 0; names && i < graph->nr; i++) {
		if (graph->domains[i]->name)
			names[nr_names++] = (struct named){ graph->domains[i]->name, i };
		graph->nr_edges += graph->domains[i]->nr_depends_on;
	}
	graph->edges = calloc(graph->nr_edges + 1, sizeof(*graph->edges));
	graph->first = calloc(graph->nr + 1, sizeof(*graph->first));
	graph->to = calloc(graph->nr_edges + 1, sizeof(*graph->to));
	if (!names || !graph->edges || !graph->first || !graph->to) {
		free(names);
		graph_clear(graph);
		return -ENOMEM;
	}
	qsort(names, nr_names, sizeof(*names), compare);
	graph_fill(graph, names, nr_names);
	free(names);
	return 0;
}

/* Everything that can be reached from one domain; a domain is put in order when all it needs is. */
static void walk_from(struct walk *walk, const struct graph *graph, size_t start, struct cfg_domain **order, size_t *nr)
{
	walk->stack[walk->depth++] = start;
	walk->at[start] = walk->depth;
	while (walk->depth) {
		size_t top = walk->stack[walk->depth - 1], to;

		if (walk->next[top] == graph->first[top + 1]) {
			walk->done[top] = true;
			walk->at[top] = 0;
			walk->depth--;
			order[(*nr)++] = graph->domains[top];
			continue;
		}
		to = graph->to[walk->next[top]++];
		if (to == graph->nr || walk->done[to])
			continue;
		if (walk->at[to]) {
			walk->circle(walk->ctx, graph, walk, walk->at[to] - 1);
			continue;
		}
		walk->stack[walk->depth++] = to;
		walk->at[to] = walk->depth;
	}
}

static int walk_all(const struct graph *graph, struct cfg_domain ***order, struct walk *walk)
{
	size_t nr = 0, room = graph->nr + 1;
	int rc = -ENOMEM;

	walk->next = calloc(room, sizeof(size_t));
	walk->stack = calloc(room, sizeof(size_t));
	walk->at = calloc(room, sizeof(size_t));
	walk->done = calloc(room, sizeof(bool));
	*order = calloc(room, sizeof(struct cfg_domain *));
	if (walk->next && walk->stack && walk->at && walk->done && *order) {
		memcpy(walk->next, graph->first, graph->nr * sizeof(size_t));
		for (size_t i = 0; i < graph->nr; i++) {
			if (!walk->done[i])
				walk_from(walk, graph, i, *order, &nr);
		}
		rc = 0;
	}
	free(walk->next);
	free(walk->stack);
	free(walk->at);
	free(walk->done);
	return rc;
}

static void note_circle(void *ctx, const struct graph *graph, const struct walk *walk, size_t from)
{
	*(bool *)ctx = true;
}

int cfg_set_order(const struct cfg_set *set, struct cfg_domain ***order, size_t *nr)
{
	bool circle = false;
	struct walk walk = { .circle = note_circle, .ctx = &circle };
	struct graph graph;
	int rc = graph_make(&graph, set->domains.items, set->domains.nr);

	*order = NULL;
	*nr = 0;
	if (rc)
		return rc;
	rc = walk_all(&graph, order, &walk);
	if (!rc && circle)
		rc = -ELOOP;
	if (!rc)
		*nr = graph.nr;
	graph_clear(&graph);
	if (rc) {
		free(*order);
		*order = NULL;
	}
	return rc;
}

int cfg_set_edges(const struct cfg_set *set, struct cfg_edge **edges, size_t *nr)
{
	struct graph graph;
	int rc = graph_make(&graph, set->domains.items, set->domains.nr);

	*edges = NULL;
	*nr = 0;
	if (rc)
		return rc;
	*edges = graph.edges;
	*nr = graph.nr_edges;
	graph.edges = NULL;
	graph_clear(&graph);
	return 0;
}

/* Says "`a` needs `b`, which needs `c` (f:9), which needs `a` (f:14)" where the first needs the second. */
static void report_circle(void *ctx, const struct graph *graph, const struct walk *walk, size_t from)
{
	auto_buf struct buf text = BUF_INIT;
	const struct cfg_place *place = NULL;

	for (size_t i = from; i < walk->depth && i < from + SHOWN; i++) {
		const struct cfg_edge *edge = &graph->edges[walk->next[walk->stack[i]] - 1];

		if (i == from)
			buf_printf(&text, "domains wait for each other: `%s` needs `%s`", edge->from->name, edge->to->name);
		else
			buf_printf(&text, ", which needs `%s` (%s:%u)", edge->to->name, edge->dependency->place.file,
				   edge->dependency->place.line);
		place = place ? place : &edge->dependency->place;
	}
	if (walk->depth > from + SHOWN)
		buf_printf(&text, ", and so on over %zu more", walk->depth - from - SHOWN);
	cfg_place_error(ctx, place, "%s", buf_str(&text));
}

static bool reachable(const struct cfg_domain *domain)
{
	for (size_t i = 0; i < domain->nr_vifs; i++) {
		if (domain->vifs[i].ip.nr)
			return true;
	}
	return false;
}

static void check_edge(struct cfg_set *set, const struct cfg_edge *edge)
{
	const struct cfg_domain *to = edge->to;

	if (!to || edge->from->state == CFG_STATE_STOPPED)
		return;
	if (to->state == CFG_STATE_STOPPED)
		cfg_place_error(set, &edge->dependency->place, "`%s` is to be stopped (%s:%u) and will never be ready",
				to->name, to->place.file, to->place.line);
	else if (edge->dependency->ready == CFG_READY_TCP && !reachable(to))
		cfg_place_error(set, &edge->dependency->place, "tcp: no vif of `%s` (%s:%u) has an `ip` to connect to",
				to->name, to->place.file, to->place.line);
}

/* What both ends say of themselves must be known for sure: the first nr_sound domains have no errors. */
static void check_edges(struct cfg_set *set, const struct graph *graph, size_t nr_sound)
{
	for (size_t i = 0; i < graph->first[nr_sound]; i++) {
		if (graph->to[i] < nr_sound)
			check_edge(set, &graph->edges[i]);
	}
}

void cfg_dependencies_check(struct cfg_set *set)
{
	size_t nr_sound = set->domains.nr, nr = nr_sound + set->broken.nr;
	auto_free struct cfg_domain **all = calloc(nr + 1, sizeof(struct cfg_domain *));
	struct walk walk = { .circle = report_circle, .ctx = set };
	struct cfg_domain **order = NULL;
	struct graph graph;

	for (size_t i = 0; all && i < nr; i++)
		all[i] = i < nr_sound ? set->domains.items[i] : set->broken.items[i - nr_sound];
	if (!all || graph_make(&graph, all, nr)) {
		set->failed = true;
		return;
	}
	check_edges(set, &graph, nr_sound);
	if (walk_all(&graph, &order, &walk))
		set->failed = true;
	free(order);
	graph_clear(&graph);
}
