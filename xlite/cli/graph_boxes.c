/* SPDX-License-Identifier: GPL-2.0-or-later
 * What is drawn of documents: a box for each domain, network, device of the host and disk.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/cli/graph_int.h"

static char *format(struct graph_picture *picture, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static char *format(struct graph_picture *picture, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		picture->failed = true;
	}
	va_end(ap);
	return text;
}

ssize_t graph_box_find(const struct graph_picture *picture, enum graph_column column, const char *key)
{
	for (size_t i = 0; i < picture->nr; i++) {
		if (picture->boxes[i].column == column && !strcmp(picture->boxes[i].key, key))
			return (ssize_t)i;
	}
	return -1;
}

/* The box of that key, made if there is none; -1 without memory. New ones have no lines. */
static ssize_t box(struct graph_picture *picture, enum graph_column column, const char *key)
{
	ssize_t at = graph_box_find(picture, column, key);
	struct graph_box *boxes;

	if (at >= 0)
		return at;
	boxes = reallocarray(picture->boxes, picture->nr + 1, sizeof(*boxes));
	if (boxes)
		picture->boxes = boxes;
	if (!boxes || !(boxes[picture->nr] = (struct graph_box){ .column = column, .key = strdup(key) }).key) {
		picture->failed = true;
		return -1;
	}
	return (ssize_t)picture->nr++;
}

static void add_labels(const struct cfg_label *labels, size_t nr, struct buf *out)
{
	for (size_t i = 0; i < nr; i++)
		buf_printf(out, "%s%s=%s", i ? " " : "", labels[i].name, labels[i].value);
}

static void add_domain(struct graph_picture *picture, const struct cfg_domain *domain)
{
	static const char *const types[] = { [CFG_TYPE_PVH] = "PVH", [CFG_TYPE_PV] = "PV", [CFG_TYPE_HVM] = "HVM" };
	auto_buf struct buf labels = BUF_INIT;
	ssize_t at = box(picture, GRAPH_DOMAINS, domain->name);
	struct graph_box *drawn;

	if (at < 0)
		return;
	drawn = &picture->boxes[at];
	add_labels(domain->labels, domain->nr_labels, &labels);
	drawn->lines[0] = format(picture, "%s", domain->name);
	drawn->lines[1] = format(picture, "%s, %u vCPU%s, %" PRIu64 " MiB%s", types[domain->type], domain->vcpus_online,
				 domain->vcpus_online == 1 ? "" : "s", domain->memory_kib / 1024,
				 domain->state == CFG_STATE_STOPPED  ? ", stopped"
				 : domain->state == CFG_STATE_PAUSED ? ", paused"
								     : "");
	drawn->lines[2] = format(picture, "%s", buf_str(&labels));
	drawn->title = format(picture, "%s\n%s\n%s", domain->name, drawn->lines[1] ? drawn->lines[1] : "", buf_str(&labels));
}

/* The disk that several have is one. */
static void add_disk(struct graph_picture *picture, const struct cfg_vbd *vbd)
{
	const char *key = vbd->volume ? vbd->volume : vbd->source, *slash = strrchr(key, '/');
	ssize_t at = box(picture, GRAPH_DISKS, key);
	struct graph_box *drawn;

	if (at < 0 || picture->boxes[at].lines[0])
		return;
	drawn = &picture->boxes[at];
	drawn->lines[0] = format(picture, "%s", vbd->volume || !slash || !slash[1] ? key : slash + 1);
	drawn->lines[1] = format(picture, "%s%s", vbd->volume ? "volume, " : "", cfg_format_name(vbd->format));
	drawn->title = format(picture, "%s", vbd->source ? vbd->source : key);
}

static const char *mode_word(enum cfg_vif_kind kind)
{
	return kind == CFG_VIF_BRIDGE ? "bridge" : kind == CFG_VIF_ROUTE ? "routed" : "nat";
}

static void add_uplink(struct graph_picture *picture, const char *device)
{
	ssize_t at = box(picture, GRAPH_UPLINKS, device);

	if (at < 0 || picture->boxes[at].lines[0])
		return;
	picture->boxes[at].lines[0] = format(picture, "%s", device);
	picture->boxes[at].lines[1] = format(picture, "device of the host");
	picture->boxes[at].title = format(picture, "%s", device);
}

/* A bridge is known by its own name, as vifs have it; others by their document's. */
static const char *network_key(const struct cfg_network *network)
{
	return network->mode == CFG_VIF_BRIDGE && network->bridge ? network->bridge : network->name;
}

static void add_network(struct graph_picture *picture, const struct cfg_network *network)
{
	auto_buf struct buf subnets = BUF_INIT;
	ssize_t at = box(picture, GRAPH_NETWORKS, network_key(network));
	struct graph_box *drawn;

	if (at < 0)
		return;
	drawn = &picture->boxes[at];
	for (size_t i = 0; i < network->subnet.nr; i++)
		buf_printf(&subnets, " %s", network->subnet.items[i]);
	drawn->lines[0] = format(picture, "%s", network->name);
	drawn->lines[1] = format(picture, "%s%s", mode_word(network->mode), buf_str(&subnets));
	drawn->title = format(picture, "%s\n%s%s", network->name, mode_word(network->mode), buf_str(&subnets));
	for (size_t i = 0; i < network->ports.nr; i++)
		add_uplink(picture, network->ports.items[i]);
	if (network->uplink)
		add_uplink(picture, network->uplink);
}

/* What is on the host, and in no document. */
static void add_vif(struct graph_picture *picture, const struct cfg_vif *vif)
{
	const char *key = vif->target ? vif->target : mode_word(vif->kind);
	ssize_t at = box(picture, GRAPH_NETWORKS, key);

	if (at < 0 || picture->boxes[at].lines[0])
		return;
	picture->boxes[at].lines[0] = format(picture, "%s", key);
	picture->boxes[at].lines[1] = format(picture, "%s, in no file", mode_word(vif->kind));
	picture->boxes[at].title = format(picture, "%s", key);
}

static const char *disk_key(const struct cfg_vbd *vbd)
{
	return vbd->volume ? vbd->volume : vbd->source;
}

static struct graph_box *at(const struct graph_picture *picture, enum graph_column column, const char *key)
{
	ssize_t i = key ? graph_box_find(picture, column, key) : -1;

	return i < 0 ? NULL : &picture->boxes[i];
}

struct graph_box *graph_network(const struct graph_picture *picture, const struct cfg_network *network)
{
	return at(picture, GRAPH_NETWORKS, network_key(network));
}

struct graph_box *graph_network_of(const struct graph_picture *picture, const struct cfg_vif *vif)
{
	return at(picture, GRAPH_NETWORKS, vif->target ? vif->target : mode_word(vif->kind));
}

struct graph_box *graph_disk(const struct graph_picture *picture, const struct cfg_vbd *vbd)
{
	return at(picture, GRAPH_DISKS, disk_key(vbd));
}

void graph_boxes_add(struct graph_picture *picture, const struct cfg_set *set, struct cfg_domain *const *order, size_t nr)
{
	struct cfg_network *const *networks;
	size_t nr_networks;

	networks = cfg_set_networks(set, &nr_networks);
	for (size_t i = 0; i < nr_networks; i++)
		add_network(picture, networks[i]);
	for (size_t i = 0; i < nr; i++) {
		add_domain(picture, order[i]);
		for (size_t k = 0; k < order[i]->nr_vifs; k++)
			add_vif(picture, &order[i]->vifs[k]);
		for (size_t k = 0; k < order[i]->nr_vbds; k++) {
			if (disk_key(&order[i]->vbds[k]))
				add_disk(picture, &order[i]->vbds[k]);
		}
	}
}

void graph_picture_clear(struct graph_picture *picture)
{
	for (size_t i = 0; i < picture->nr; i++) {
		free(picture->boxes[i].key);
		free(picture->boxes[i].title);
		for (size_t k = 0; k < ARRAY_SIZE(picture->boxes[i].lines); k++)
			free(picture->boxes[i].lines[k]);
	}
	free(picture->boxes);
	buf_clear(&picture->edges);
}
