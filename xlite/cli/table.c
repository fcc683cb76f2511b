/* SPDX-License-Identifier: GPL-2.0-or-later
 * Tables on a terminal. Bytes that could move a cursor never get out: names may come from a guest's hands.
 * (libsmartcols would do this, but Debian ships no static archive of it, and the command is one static file.)
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "xlite/cli/cli.h"

static char *escape(const char *text)
{
	struct buf out = BUF_INIT;

	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20 || *c >= 0x7f)
			buf_printf(&out, "\\x%02x", *c);
		else
			buf_add(&out, c, 1);
	}
	return buf_take(&out);
}

void cli_table_add(struct cli_table *table, const char *fmt, ...)
{
	char **cells = realloc(table->cells, (table->nr_cells + 1) * sizeof(*cells));
	char raw[1024];
	va_list ap;

	if (!cells)
		abort();
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	table->cells = cells;
	cells[table->nr_cells] = escape(raw);
	if (!cells[table->nr_cells++])
		abort();
}

static size_t cell_width(const struct cli_table *table, size_t column)
{
	size_t width = table->begun ? table->widths[column] : strlen(table->titles[column]);

	for (size_t i = column; i < table->nr_cells; i += table->nr_columns) {
		size_t n = strlen(table->cells[i]);

		if (n > width)
			width = n;
	}
	return width;
}

static void print_cell(const struct cli_table *table, size_t column, const char *text)
{
	bool last = column + 1 == table->nr_columns;

	printf("%-*s%s", last ? 0 : (int)table->widths[column], text, last ? "\n" : "  ");
}

void cli_table_print(struct cli_table *table)
{
	for (size_t c = 0; c < table->nr_columns; c++)
		table->widths[c] = cell_width(table, c);
	for (size_t c = 0; c < table->nr_columns && !table->begun; c++)
		print_cell(table, c, table->titles[c]);
	for (size_t i = 0; i < table->nr_cells; i++) {
		print_cell(table, i % table->nr_columns, table->cells[i]);
		free(table->cells[i]);
	}
	free(table->cells);
	table->cells = NULL;
	table->nr_cells = 0;
	table->begun = true;
}
