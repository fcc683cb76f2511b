/* SPDX-License-Identifier: GPL-2.0-or-later
 * What comes of converting one text; see convert_outcome.c.
 */
#ifndef TESTS_CONVERT_OUTCOME_H
#define TESTS_CONVERT_OUTCOME_H

#include "common/buf.h"
#include "xlite/convert/convert.h"

/* What the samples begin with, and what becomes of that alone. */
#define BASE "name='a';type='pvh';kernel='/k';memory=64;"
#define BASE_YAML "# converted from a.cfg\nname: a\nmemory: 64MiB\nkernel: /k\n"
#define HVM_BASE "name='a';type='hvm';kernel='/k';memory=64;"
#define HVM_YAML "# converted from a.cfg\nname: a\ntype: hvm\nmemory: 64MiB\nkernel: /k\nvga: cirrus\ntablet: false\n"

struct outcome {
	int refused;
	struct buf report, yaml;
};

/** Converts it as a file a.cfg; outcome_clear() afterwards. */
void convert_text(const char *text, const struct convert_options *options, struct outcome *out);
void outcome_clear(struct outcome *out);
/**
 * What is written behind BASE, what the document has more than that of BASE (NULL: refused), and what the report
 * says ("": nothing else).
 */
struct sample {
	const char *text, *yaml, *says;
};

/** Fails where one of them does not come out so. */
void check_samples(const struct sample *samples, size_t nr, const char *base, const char *base_yaml);

#endif
