/* SPDX-License-Identifier: GPL-2.0-or-later
 * The picture of what documents describe: the host's devices, networks, domains and disks in four columns, in a frame
 * that is the host. Domains stand in the order of their start, what belongs to them beside them. A layout of our own:
 * it is the same on every machine, and needs no other program. What is written here may come from anybody: all of it
 * goes through markup.h.
 */
#include "xlite/cli/graph_svg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/graph_int.h"
#include "xlite/cli/markup.h"
#include "xlite/reconcile/ready.h"

/* In pixels. */
#define MARGIN 20
#define HEAD 56
#define GAP 14
#define BOX_SMALL 40
#define BOX_DOMAIN 56
/* Of a line of text on each side. A character of a fixed font is at most 0.61 of its size wide. */
#define PAD 10
#define NAME_SIZE 13
#define ABOUT_SIZE 11

static const struct {
	const char *title, *class;
	int x, width, height;
} columns[GRAPH_COLUMNS] = {
	[GRAPH_UPLINKS] = { "Devices", "uplink", MARGIN + 16, 150, BOX_SMALL },
	[GRAPH_NETWORKS] = { "Networks", "network", 256, 190, BOX_SMALL },
	[GRAPH_DOMAINS] = { "Domains", "domain", 546, 230, BOX_DOMAIN },
	[GRAPH_DISKS] = { "Disks", "disk", 896, 280, BOX_SMALL },
};
#define WIDTH (896 + 280 + 16 + MARGIN)

/* Domains and their disks, from above. */
static void place_domains(struct graph_picture *picture, struct cfg_domain *const *order, size_t nr)
{
	int y = HEAD + MARGIN, disk_y = y;

	for (size_t i = 0; i < nr; i++) {
		ssize_t at = graph_box_find(picture, GRAPH_DOMAINS, order[i]->name);

		if (at < 0)
			continue;
		y = y > disk_y ? y : disk_y;
		picture->boxes[at].y = disk_y = y;
		for (size_t k = 0; k < order[i]->nr_vbds; k++) {
			const struct cfg_vbd *vbd = &order[i]->vbds[k];
			struct graph_box *disk = graph_disk(picture, vbd);

			if (!disk || disk->y)
				continue;
			disk->y = disk_y;
			disk_y += BOX_SMALL + GAP;
		}
		y += BOX_DOMAIN + GAP;
	}
	picture->bottom = y > disk_y ? y : disk_y;
}

/* By the place where what they are drawn beside has its middle; by their key, where that is the same. */
static int compare(const void *a, const void *b)
{
	const struct graph_box *const *left = a, *const *right = b;
	int64_t l = (*left)->nr ? (*left)->sum / (*left)->nr : INT64_MAX,
		r = (*right)->nr ? (*right)->sum / (*right)->nr : INT64_MAX;

	return l < r ? -1 : l > r ? 1 : strcmp((*left)->key, (*right)->key);
}

static void place_column(struct graph_picture *picture, enum graph_column column)
{
	auto_free struct graph_box **sorted = calloc(picture->nr + 1, sizeof(struct graph_box *));
	int y = HEAD + MARGIN;
	size_t nr = 0;

	if (!sorted) {
		picture->failed = true;
		return;
	}
	for (size_t i = 0; i < picture->nr; i++) {
		if (picture->boxes[i].column == column)
			sorted[nr++] = &picture->boxes[i];
	}
	qsort(sorted, nr, sizeof(*sorted), compare);
	for (size_t i = 0; i < nr; i++) {
		int64_t wish = sorted[i]->nr ? sorted[i]->sum / sorted[i]->nr - columns[column].height / 2 : y;

		sorted[i]->y = wish > y ? (int)wish : y;
		y = sorted[i]->y + columns[column].height + GAP;
	}
	if (y > picture->bottom)
		picture->bottom = y;
}

static int middle(const struct graph_box *drawn)
{
	return drawn->y + columns[drawn->column].height / 2;
}

static void beside(struct graph_box *drawn, const struct graph_box *other)
{
	drawn->sum += middle(other);
	drawn->nr++;
}

/* From the right of one box to the left of another. */
static void edge(struct graph_picture *picture, const struct graph_box *from, const struct graph_box *to,
		 const char *class, const char *title)
{
	int x1 = columns[from->column].x + columns[from->column].width, x2 = columns[to->column].x, half = (x1 + x2) / 2;

	buf_printf(&picture->edges, "<path class=\"%s\" d=\"M%d %dC%d %d %d %d %d %d\"><title>", class, x1,
		   middle(from), half, middle(from), half, middle(to), x2, middle(to));
	markup_text(&picture->edges, title);
	buf_puts(&picture->edges, "</title></path>\n");
}

/* Round the right side of the domains' column: from who waits to who is waited for. */
static void dependency(struct graph_picture *picture, const struct cfg_edge *waits)
{
	ssize_t from = graph_box_find(picture, GRAPH_DOMAINS, waits->from->name),
		to = waits->to ? graph_box_find(picture, GRAPH_DOMAINS, waits->to->name) : -1;
	int x = columns[GRAPH_DOMAINS].x + columns[GRAPH_DOMAINS].width, y1, y2, out;
	auto_buf struct buf ready = BUF_INIT;

	if (from < 0 || to < 0)
		return;
	ready_text(waits->dependency, &ready);
	y1 = picture->boxes[from].y + 14;
	y2 = picture->boxes[to].y + BOX_DOMAIN - 14;
	out = 24 + abs(y1 - y2) / 12;
	out = out < 90 ? out : 90;
	buf_printf(&picture->edges,
		   "<path class=\"waits\" marker-end=\"url(#arrow)\" d=\"M%d %dC%d %d %d %d %d %d\"><title>", x, y1,
		   x + out, y1, x + out, y2, x + 2, y2);
	markup_text(&picture->edges, waits->from->name);
	buf_puts(&picture->edges, " waits for ");
	markup_text(&picture->edges, waits->to->name);
	buf_puts(&picture->edges, ": ");
	markup_text(&picture->edges, buf_str(&ready));
	buf_puts(&picture->edges, "</title></path>\n");
}

/* The sums by which the networks, and then the devices, find their places. */
static void pull_networks(struct graph_picture *picture, const struct cfg_domain *domain)
{
	ssize_t at = graph_box_find(picture, GRAPH_DOMAINS, domain->name);

	for (size_t i = 0; i < domain->nr_vifs && at >= 0; i++) {
		struct graph_box *network = graph_network_of(picture, &domain->vifs[i]);

		if (network)
			beside(network, &picture->boxes[at]);
	}
}

/* Each device of the host that a network has. */
static void each_uplink(struct graph_picture *picture, const struct cfg_network *network, bool draw)
{
	struct graph_box *at = graph_network(picture, network);

	for (size_t i = 0; i <= network->ports.nr && at; i++) {
		const char *device = i < network->ports.nr ? network->ports.items[i] : network->uplink;
		ssize_t uplink = device ? graph_box_find(picture, GRAPH_UPLINKS, device) : -1;

		if (uplink < 0)
			continue;
		if (draw)
			edge(picture, &picture->boxes[uplink], at, "link", device);
		else
			beside(&picture->boxes[uplink], at);
	}
}

static void draw_edges(struct graph_picture *picture, const struct cfg_domain *domain)
{
	ssize_t at = graph_box_find(picture, GRAPH_DOMAINS, domain->name);

	for (size_t i = 0; i < domain->nr_vifs && at >= 0; i++) {
		const struct cfg_vif *vif = &domain->vifs[i];
		struct graph_box *network = graph_network_of(picture, vif);
		auto_buf struct buf title = BUF_INIT;

		buf_printf(&title, "vif %zu of %s", i, domain->name);
		if (vif->vlan)
			buf_printf(&title, ", VLAN %u", vif->vlan);
		for (size_t k = 0; k < vif->ip.nr; k++)
			buf_printf(&title, " %s", vif->ip.items[k]);
		if (network)
			edge(picture, network, &picture->boxes[at], "link", buf_str(&title));
	}
	for (size_t i = 0; i < domain->nr_vbds && at >= 0; i++) {
		const struct cfg_vbd *vbd = &domain->vbds[i];
		struct graph_box *disk = graph_disk(picture, vbd);
		auto_buf struct buf title = BUF_INIT;

		buf_printf(&title, "%s of %s%s", vbd->vdev, domain->name, vbd->mode == CFG_VBD_RO ? ", read-only" : "");
		if (disk)
			edge(picture, &picture->boxes[at], disk, vbd->mode == CFG_VBD_RO ? "link ro" : "link", buf_str(&title));
	}
}

/* How many characters of a line a box holds. */
static size_t chars_of(enum graph_column column, int size)
{
	return (size_t)((columns[column].width - 2 * PAD) * 100 / (size * 61));
}

static void draw_box(const struct graph_box *drawn, struct buf *out)
{
	static const char *const classes[] = { "name", "about", "about" };
	int x = columns[drawn->column].x;

	buf_printf(out, "<g class=\"%s\"><title>", columns[drawn->column].class);
	markup_text(out, drawn->title);
	buf_printf(out, "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>", x, drawn->y,
		   columns[drawn->column].width, columns[drawn->column].height);
	for (size_t i = 0; i < ARRAY_SIZE(drawn->lines); i++) {
		if (!drawn->lines[i] || !*drawn->lines[i])
			continue;
		buf_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", classes[i], x + PAD, drawn->y + 17 + (int)i * 15);
		markup_short(out, drawn->lines[i], chars_of(drawn->column, i ? ABOUT_SIZE : NAME_SIZE));
		buf_puts(out, "</text>");
	}
	buf_puts(out, "</g>\n");
}

/* Colours by the reader's choice of light or dark; text stays text. */
static const char style[] =
	"<style>\n"
	"svg.xlite{font-family:ui-monospace,'DejaVu Sans Mono',monospace;background:#fff}\n"
	".xlite text{fill:#1a1a1a;font-size:11px}.xlite .name{font-size:13px;font-weight:bold}.xlite .about{fill:#444}\n"
	".xlite rect{stroke-width:1.5;fill:#f4f4f4;stroke:#666}.xlite .host{fill:none;stroke:#999;stroke-dasharray:6 4}\n"
	".xlite .domain rect{fill:#e3eefc;stroke:#2a62a8}.xlite .network rect{fill:#e5f5e4;stroke:#2d7a2a}.xlite .disk rect{fill:#fbf0dc;stroke:#95651a}\n"
	".xlite path.link{fill:none;stroke:#777;stroke-width:1.5}.xlite path.ro{stroke-dasharray:4 3}\n"
	".xlite path.waits{fill:none;stroke:#a5317d;stroke-width:1.5}.xlite marker path{fill:#a5317d}\n"
	"@media (prefers-color-scheme:dark){svg.xlite{background:#16181c}.xlite text{fill:#eee}.xlite .about{fill:#bbb}\n"
	".xlite rect{fill:#26292f;stroke:#999}.xlite .domain rect{fill:#1d3352;stroke:#7fb0ee}.xlite .network rect{fill:#1d3a1c;stroke:#7cc878}\n"
	".xlite .disk rect{fill:#42311a;stroke:#dba85a}.xlite path.link{stroke:#999}.xlite path.waits{stroke:#ea84c4}.xlite marker path{fill:#ea84c4}}\n"
	"</style>\n";

static void print(const struct graph_picture *picture, const char *host, struct buf *out)
{
	int height = picture->bottom + MARGIN;

	buf_printf(out,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"xlite\" role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		   WIDTH, height, WIDTH, height);
	buf_puts(out, "<title>");
	markup_text(out, host ? host : "Domains, networks and disks");
	buf_printf(out,
		   "</title>\n%s<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
		   "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
		   style);
	buf_printf(out, "<rect class=\"host\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"10\"/>\n", MARGIN / 2,
		   MARGIN / 2, WIDTH - MARGIN, height - MARGIN);
	buf_printf(out, "<text class=\"name\" x=\"%d\" y=\"30\">", MARGIN + 4);
	markup_text(out, host ? host : "host");
	buf_puts(out, "</text>\n");
	for (size_t i = 0; i < GRAPH_COLUMNS; i++)
		buf_printf(out, "<text class=\"about\" x=\"%d\" y=\"%d\">%s</text>\n", columns[i].x, HEAD, columns[i].title);
	buf_add(out, picture->edges.data, picture->edges.len);
	for (size_t i = 0; i < picture->nr; i++)
		draw_box(&picture->boxes[i], out);
	buf_puts(out, "</svg>\n");
}

static void place_all(struct graph_picture *picture, const struct cfg_set *set, struct cfg_domain *const *order, size_t nr)
{
	struct cfg_network *const *networks;
	size_t nr_networks;

	networks = cfg_set_networks(set, &nr_networks);
	place_domains(picture, order, nr);
	for (size_t i = 0; i < nr; i++)
		pull_networks(picture, order[i]);
	place_column(picture, GRAPH_NETWORKS);
	for (size_t i = 0; i < nr_networks; i++)
		each_uplink(picture, networks[i], false);
	place_column(picture, GRAPH_UPLINKS);
	for (size_t i = 0; i < nr_networks; i++)
		each_uplink(picture, networks[i], true);
	for (size_t i = 0; i < nr; i++)
		draw_edges(picture, order[i]);
}

int graph_svg(const struct cfg_set *set, const char *host, struct buf *out)
{
	struct graph_picture picture = { .edges = BUF_INIT };
	auto_free struct cfg_domain **order = NULL;
	auto_free struct cfg_edge *edges = NULL;
	size_t nr, nr_edges;
	int rc = cfg_set_order(set, &order, &nr);

	if (!rc)
		rc = cfg_set_edges(set, &edges, &nr_edges);
	if (rc)
		return rc;
	graph_boxes_add(&picture, set, order, nr);
	place_all(&picture, set, order, nr);
	for (size_t i = 0; i < nr_edges; i++)
		dependency(&picture, &edges[i]);
	if (!picture.failed)
		print(&picture, host, out);
	rc = picture.failed || picture.edges.failed || out->failed ? -ENOMEM : 0;
	graph_picture_clear(&picture);
	return rc;
}
