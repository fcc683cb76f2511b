/* SPDX-License-Identifier: GPL-2.0-or-later
 * What documents describe, as a picture.
 */
#ifndef CLI_GRAPH_SVG_H
#define CLI_GRAPH_SVG_H

#include "cfg/cfg.h"
#include "common/buf.h"

/** A picture in SVG, the same for the same documents. host: the host's name, or NULL. -ENOMEM. */
int graph_svg(const struct cfg_set *set, const char *host, struct buf *out);

#endif
