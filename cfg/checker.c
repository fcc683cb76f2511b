/* SPDX-License-Identifier: GPL-2.0-or-later
 * What checks see of a section that is being filled in; see check.h.
 */
#include "cfg/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cfg/fill.h"

static size_t find(const struct cfg_checker *checker, const char *name)
{
	const struct cfg_key *key = cfg_section_key(checker->section, name, strlen(name));

	return key ? (size_t)(key - checker->section->keys) : 0;
}

bool cfg_checker_given(const struct cfg_checker *checker, const char *key)
{
	return checker->seen[find(checker, key)].valid;
}

bool cfg_checker_present(const struct cfg_checker *checker, const char *key)
{
	return checker->seen[find(checker, key)].key;
}

bool cfg_checker_partial(const struct cfg_checker *checker)
{
	return checker->fill->partial || checker->fill->defaults;
}

void cfg_checker_failed(struct cfg_checker *checker)
{
	checker->fill->failed = true;
}

static void error_valist(struct cfg_checker *checker, unsigned line, unsigned column, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/*
 * A record has what a domain keeps until its next boot beside what was changed while it runs: the two need not go
 * together, and it must be read all the same.
 */
static void error_valist(struct cfg_checker *checker, unsigned line, unsigned column, const char *fmt, va_list ap)
{
	char text[512];

	if (!strcmp(checker->fill->file->name, CFG_RECORD))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	cfg_file_error(checker->fill->file, line, column, "%s", text);
}

void cfg_checker_error(struct cfg_checker *checker, const char *key, const char *fmt, ...)
{
	const struct cfg_node *node = key ? checker->seen[find(checker, key)].value : NULL;
	va_list ap;

	if (!node)
		node = checker->node;
	va_start(ap, fmt);
	error_valist(checker, node->line, node->column, fmt, ap);
	va_end(ap);
}

void cfg_checker_error_at(struct cfg_checker *checker, const struct cfg_place *place, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_valist(checker, place->line, place->column, fmt, ap);
	va_end(ap);
}
