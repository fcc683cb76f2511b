/* SPDX-License-Identifier: GPL-2.0-or-later
 * Private to restoring: the spec of a domain that xl saved.
 */
#ifndef RECONCILE_RESTORE_XL_H
#define RECONCILE_RESTORE_XL_H

#include <jansson.h>

#include "common/buf.h"
#include "common/error.h"

/**
 * Makes a spec of libxl's configuration (tools/libs/light/libxl_types.idl, libxl_domain_config). -EINVAL
 * (XLITE_BAD_SPEC) names the first key that no spec can say.
 */
int restore_xl_spec(const json_t *root, struct buf *spec, struct xlite_error *err);

#endif
