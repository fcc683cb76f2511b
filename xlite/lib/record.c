/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The record that makes a domain ours, below /libxl/DOMID/xlite:
 *   format "1" | finished "0"/"1" | uuid | set (may be absent) | spec = number of pieces | spec/0, spec/1...
 * A piece fits the 2048 bytes that a node may have.
 */
#include "xlite/lib/layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"

#define RECORD_FORMAT 1
#define PIECE_MAX 2000
/* 2 MB; the language takes 1 MiB of text. */
#define PIECES_MAX 1024

static void record_write_spec(struct xlite_store_batch *batch, uint32_t domid, const char *spec)
{
	size_t len = spec ? strlen(spec) : 0;
	size_t nr = (len + PIECE_MAX - 1) / PIECE_MAX;
	char piece[PIECE_MAX + 1], number[24];

	/* Pieces of a longer text that was there before must not remain. */
	xlite_store_batch_rm(batch, "/libxl/%u/xlite/spec", domid);
	if (!spec)
		return;
	snprintf(number, sizeof(number), "%zu", nr);
	xlite_store_batch_write(batch, number, "/libxl/%u/xlite/spec", domid);
	for (size_t i = 0; i < nr; i++) {
		size_t size = len - i * PIECE_MAX;

		if (size > PIECE_MAX)
			size = PIECE_MAX;
		memcpy(piece, spec + i * PIECE_MAX, size);
		piece[size] = '\0';
		xlite_store_batch_write(batch, piece, "/libxl/%u/xlite/spec/%zu", domid, i);
	}
}

void xlite_record_write(struct xlite_store_batch *batch, uint32_t domid, const struct xlite_record *record)
{
	char format[12];

	snprintf(format, sizeof(format), "%u", record->format ? record->format : RECORD_FORMAT);
	xlite_store_batch_write(batch, format, "/libxl/%u/xlite/format", domid);
	xlite_store_batch_write(batch, record->finished ? "1" : "0", "/libxl/%u/xlite/finished", domid);
	xlite_store_batch_write(batch, record->uuid, "/libxl/%u/xlite/uuid", domid);
	if (record->set)
		xlite_store_batch_write(batch, record->set, "/libxl/%u/xlite/set", domid);
	else
		xlite_store_batch_rm(batch, "/libxl/%u/xlite/set", domid);
	record_write_spec(batch, domid, record->spec);
}

void xlite_record_finish(struct xlite_store_batch *batch, uint32_t domid)
{
	xlite_store_batch_write(batch, "1", "/libxl/%u/xlite/finished", domid);
}

void xlite_record_clear(struct xlite_record *record)
{
	free(record->set);
	free(record->spec);
	memset(record, 0, sizeof(*record));
}

/* What is asked for each domain in the first round; most specs have one piece. */
static const char *const record_nodes[] = { "format", "finished", "uuid", "set", "spec", "spec/0" };
enum { NODE_FORMAT, NODE_FINISHED, NODE_UUID, NODE_SET, NODE_SPEC, NODE_PIECE, NR_NODES };

/* A decimal number up to max, as we write it; 0 for anything else. */
static unsigned record_number(const char *text, unsigned max)
{
	unsigned long value;
	char *end;

	if (!text || *text < '1' || *text > '9')
		return 0;
	errno = 0;
	value = strtoul(text, &end, 10);
	return *end || errno || value > max ? 0 : (unsigned)value;
}

/* Fills a record from the answers of the first round. Returns the pieces that are still to be read, or -ENOMEM. */
static long record_take(struct xlite_record *record, const struct xlite_store_batch *batch, size_t first)
{
	const char *values[NR_NODES];
	unsigned pieces;

	for (size_t i = 0; i < NR_NODES; i++)
		values[i] = xlite_store_batch_value(batch, first + i, NULL);
	record->format = record_number(values[NODE_FORMAT], 1000000);
	if (!record->format)
		return 0;
	record->finished = values[NODE_FINISHED] && !strcmp(values[NODE_FINISHED], "1");
	if (values[NODE_UUID] && strlen(values[NODE_UUID]) < sizeof(record->uuid))
		strcpy(record->uuid, values[NODE_UUID]);
	record->set = values[NODE_SET] ? strdup(values[NODE_SET]) : NULL;
	if (values[NODE_SET] && !record->set)
		return -ENOMEM;
	pieces = record_number(values[NODE_SPEC], PIECES_MAX);
	if (!pieces && (!values[NODE_SPEC] || strcmp(values[NODE_SPEC], "0")))
		return 0;
	if (pieces && !values[NODE_PIECE])
		return 0;
	record->spec = strdup(pieces ? values[NODE_PIECE] : "");
	return record->spec ? (pieces ? (long)pieces - 1 : 0) : -ENOMEM;
}

/* Appends the pieces 1..nr, found in the answers from first on. A spec that is not whole is none. */
static int record_join(struct xlite_record *record, const struct xlite_store_batch *batch, size_t first, long nr)
{
	struct buf spec = BUF_INIT;

	buf_puts(&spec, record->spec);
	free(auto_take(record->spec));
	for (long i = 0; i < nr; i++) {
		const char *piece = xlite_store_batch_value(batch, first + (size_t)i, NULL);

		if (!piece) {
			buf_clear(&spec);
			return 0;
		}
		buf_puts(&spec, piece);
	}
	record->spec = buf_take(&spec);
	return record->spec ? 0 : -ENOMEM;
}

/* The second round: the further pieces of all records that have some. */
static int record_read_more(struct xlite_store *store, const uint32_t *domids, size_t nr, const long *more,
			    struct xlite_record *records, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	size_t at = 0;
	int ret;

	if (!batch)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		for (long k = 1; k <= more[i]; k++)
			xlite_store_batch_read(batch, "/libxl/%u/xlite/spec/%ld", domids[i], k);
	ret = xlite_store_batch_run(store, batch, err);
	for (size_t i = 0; i < nr && !ret; i++) {
		if (more[i])
			ret = record_join(&records[i], batch, at, more[i]);
		at += (size_t)more[i];
	}
	xlite_store_batch_free(batch);
	return ret;
}

static int record_read_all(struct xlite_store *store, const uint32_t *domids, size_t nr, struct xlite_record *records,
			   struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_free long *more = calloc(nr, sizeof(*more));
	long total = 0;
	int ret = batch && more ? 0 : -ENOMEM;

	for (size_t i = 0; i < nr * NR_NODES && !ret; i++)
		xlite_store_batch_read(batch, "/libxl/%u/xlite/%s", domids[i / NR_NODES], record_nodes[i % NR_NODES]);
	if (!ret)
		ret = xlite_store_batch_run(store, batch, err);
	for (size_t i = 0; i < nr && !ret; i++) {
		more[i] = record_take(&records[i], batch, i * NR_NODES);
		ret = more[i] < 0 ? (int)more[i] : 0;
		total += more[i];
	}
	xlite_store_batch_free(batch);
	return ret || !total ? ret : record_read_more(store, domids, nr, more, records, err);
}

int xlite_record_read(struct xlite_store *store, const uint32_t *domids, size_t nr, struct xlite_record *records,
		      struct xlite_error *err)
{
	int ret;

	memset(records, 0, nr * sizeof(*records));
	if (!nr)
		return 0;
	ret = record_read_all(store, domids, nr, records, err);
	if (ret == -ENOMEM)
		xlite_error_sys(err, ret, "records of %zu domains", nr);
	for (size_t i = 0; i < nr && ret; i++)
		xlite_record_clear(&records[i]);
	return ret;
}
