/* SPDX-License-Identifier: GPL-2.0-or-later
 * Common to the unit tests of the spec language.
 */
#ifndef TESTS_CFG_CHECK_H
#define TESTS_CFG_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cfg/cfg.h"

/** Parses text that must be right, of one domain. */
static inline const struct cfg_domain *parse_one(struct cfg_set *set, const char *text)
{
	struct cfg_domain *const *domains;
	const struct cfg_diag *diags;
	size_t nr;

	if (cfg_set_parse(set, "test", text, strlen(text))) {
		cfg_set_diags(set, &diags);
		fail_msg("%s in: %s", diags->message, text);
	}
	domains = cfg_set_domains(set, &nr);
	assert_int_equal(nr, 1);
	return domains[0];
}

#endif
