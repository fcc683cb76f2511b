/* SPDX-License-Identifier: GPL-2.0-or-later
 * Inside of the picture of a graph: what is drawn. graph_boxes.c makes it of documents, graph_svg.c gives it its place
 * and draws it.
 */
#ifndef CLI_GRAPH_INT_H
#define CLI_GRAPH_INT_H

#include <stdint.h>
#include <sys/types.h>

#include "cfg/cfg.h"
#include "common/buf.h"

enum graph_column { GRAPH_UPLINKS, GRAPH_NETWORKS, GRAPH_DOMAINS, GRAPH_DISKS, GRAPH_COLUMNS };

struct graph_box {
	enum graph_column column;
	char *key;		/* what it is told apart by */
	char *lines[3];		/* what is written in it; NULL: no more */
	char *title;		/* all of that, and more */
	int y;			/* 0: it has no place yet */
	int64_t sum;		/* of the middles of those that it is drawn beside */
	int nr;
};

struct graph_picture {
	struct graph_box *boxes;
	size_t nr;
	struct buf edges;
	int bottom;
	bool failed;		/* out of memory */
};

/** Adds a box for each domain, network, device and disk. */
void graph_boxes_add(struct graph_picture *picture, const struct cfg_set *set, struct cfg_domain *const *order,
		     size_t nr);
/** The box of that key; -1: none. */
ssize_t graph_box_find(const struct graph_picture *picture, enum graph_column column, const char *key);
/** The boxes of a network, of the network of a vif, and of a disk, or NULL. */
struct graph_box *graph_network(const struct graph_picture *picture, const struct cfg_network *network);
struct graph_box *graph_network_of(const struct graph_picture *picture, const struct cfg_vif *vif);
struct graph_box *graph_disk(const struct graph_picture *picture, const struct cfg_vbd *vbd);
void graph_picture_clear(struct graph_picture *picture);

#endif
