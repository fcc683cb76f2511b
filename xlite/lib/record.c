/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The record that makes a domain ours. One node holds all of most records, since each node that is written or read
 * is a message to xenstored:
 *   /libxl/DOMID/xlite = "FORMAT UUID PIECES [SET]\n" and the first piece of the spec
 *   /libxl/DOMID/xlite/1, 2... = further pieces
 *   /libxl/DOMID/xlite/finished = "1", once the run that made it has committed; then, each after a space, "next" where a
 *   spec waits for the next boot (its record is /libxl/DOMID/xlite/next), "asked" where the guest is to follow a change of
 *   its memory or vCPUs, "ends=N@SECONDS" for how often and when it was built anew after its end, "again" while it is, "off"
 *   where its end was its removal, "stopped" where somebody has stopped it, "saved" where its guest was saved, "moved" behind it
 *   where that was to another host, and devices being attached
 * A node may hold 2048 bytes.
 */
#include "xlite/lib/layout.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"

#define RECORD_FORMAT 1
#define NODE_MAX 2048
#define PIECE_MAX 2000
/* 2 MB; the language takes 1 MiB of text. */
#define PIECES_MAX 1024
#define UUID_LEN 36
/* What the numbers and the uuid of the first line leave of the node. */
#define SET_MAX 1980
#define WAITS " next"
#define ASKED " asked"
#define ENDS " ends="
#define AGAIN " again"
#define OFF " off"
#define STOPPED " stopped"
#define SAVED " saved"
#define MOVED " moved"
#define RECORD_PATH 40

static const char *record_path(uint32_t domid, char path[RECORD_PATH])
{
	snprintf(path, RECORD_PATH, "/libxl/%u/xlite", domid);
	return path;
}

/* Bytes of the spec that fit into the first node, after its first line. */
static size_t record_first(size_t line, size_t spec)
{
	size_t room = line < NODE_MAX ? NODE_MAX - line : 0;

	return spec < room ? spec : room;
}

static void record_write_pieces(struct xlite_store_batch *batch, const char *path, const char *spec, size_t len)
{
	char piece[PIECE_MAX + 1];

	for (unsigned i = 1; len; i++) {
		size_t size = len < PIECE_MAX ? len : PIECE_MAX;

		memcpy(piece, spec, size);
		piece[size] = '\0';
		xlite_store_batch_write(batch, piece, "%s/%u", path, i);
		spec += size;
		len -= size;
	}
}

static void record_finish(struct xlite_store_batch *batch, const char *path, const struct xlite_record *record)
{
	const char *half = record->begun;
	char value[PIECE_MAX], ends[64] = "";

	if (record->ends.nr)
		snprintf(ends, sizeof(ends), ENDS "%u@%llu", record->ends.nr, (unsigned long long)record->ends.built_s);

	/*
	 * A value that is too long is cut at a space. Later runs take a device that is missing there for another
	 * tool's, and leave it.
	 */
	if ((size_t)snprintf(value, sizeof(value), "1%s%s%s%s%s%s%s%s%s%s", record->waits ? WAITS : "",
			     record->asked ? ASKED : "", ends, record->again ? AGAIN : "", record->off ? OFF : "",
			     record->stopped ? STOPPED : "", record->saved ? SAVED : "", record->moved ? MOVED : "",
			     half ? " " : "", half ? half : "") >= sizeof(value))
		*strrchr(value, ' ') = '\0';
	xlite_store_batch_write(batch, value, "%s/finished", path);
}

/*
 * The set's name, if it fits into the first line and does not break it: a record without a set can be read, one
 * with a broken line cannot.
 */
static const char *record_set(const struct xlite_record *record)
{
	return record->set && strlen(record->set) <= SET_MAX && !strchr(record->set, '\n') ? record->set : NULL;
}

void xlite_record_write_at(struct xlite_store_batch *batch, const char *path, const struct xlite_record *record)
{
	const char *spec = record->spec ? record->spec : "";
	size_t len = strlen(spec), first, line;
	const char *set = record_set(record);
	char node[NODE_MAX + 1];
	unsigned pieces = 0;

	/* The number of pieces is as wide as it can be, so that the line's length does not depend on it. */
	for (int pass = 0; pass < 2; pass++) {
		line = (size_t)snprintf(node, sizeof(node), "%u %s %04u%s%s\n", record->format ? record->format : RECORD_FORMAT,
					record->uuid, pieces, set ? " " : "", set ? set : "");
		first = record_first(line, len);
		pieces = (unsigned)((len - first + PIECE_MAX - 1) / PIECE_MAX);
	}
	memcpy(node + line, spec, first);
	node[line + first] = '\0';
	/* Pieces of a longer text that was there before must not remain. */
	xlite_store_batch_rm(batch, "%s", path);
	/* Outside of a transaction, too, there is a record once it is whole. */
	record_write_pieces(batch, path, spec + first, len - first);
	xlite_store_batch_write(batch, node, "%s", path);
	if (record->finished)
		record_finish(batch, path, record);
}

void xlite_record_write(struct xlite_store_batch *batch, uint32_t domid, const struct xlite_record *record)
{
	char path[RECORD_PATH];

	xlite_record_write_at(batch, record_path(domid, path), record);
}

void xlite_record_finish(struct xlite_store_batch *batch, uint32_t domid, const struct xlite_record *record)
{
	char path[RECORD_PATH];

	record_finish(batch, record_path(domid, path), record);
}

void xlite_record_clear(struct xlite_record *record)
{
	free(record->begun);
	free(record->set);
	free(record->spec);
	memset(record, 0, sizeof(*record));
}

/* Reads a decimal number up to max that ends with one of ends; -1 for anything else. *at goes behind it. */
static long record_number(const char **at, long max, const char *ends)
{
	char *end;
	long value;

	if (**at < '0' || **at > '9')
		return -1;
	errno = 0;
	value = strtol(*at, &end, 10);
	if (errno || value > max || !*end || !strchr(ends, *end))
		return -1;
	*at = end;
	return value;
}

/* Fills a record from its node. Returns the pieces that are still to be read, or -ENOMEM. */
static long record_take(struct xlite_record *record, const char *node)
{
	const char *end = node ? strchr(node, '\n') : NULL;
	long format = end ? record_number(&node, 1000000, " \n") : -1;
	long pieces;

	if (format <= 0)
		return 0;
	record->format = (unsigned)format;
	/* Number and uuid stand first in every format; the rest of another one is not ours to read. */
	if (end - node < UUID_LEN + 2 || node[UUID_LEN + 1] != ' ')
		return 0;
	memcpy(record->uuid, node + 1, UUID_LEN);
	if (format != RECORD_FORMAT)
		return 0;
	node += UUID_LEN + 2;
	pieces = record_number(&node, PIECES_MAX, " \n");
	if (pieces < 0)
		return 0;
	if (*node == ' ' && !(record->set = strndup(node + 1, (size_t)(end - node - 1))))
		return -ENOMEM;
	record->spec = strdup(end + 1);
	return record->spec ? pieces : -ENOMEM;
}

/* Whether the word, which begins with a space, comes next; *at goes behind it. */
static bool record_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) || ((*at)[len] && (*at)[len] != ' '))
		return false;
	*at += len;
	return true;
}

/* "N@SECONDS" behind its key; anything else is not ours, and is left. */
static void record_take_ends(struct xlite_record *record, const char **at)
{
	unsigned long long nr, built_s;
	const char *text = *at + sizeof(ENDS) - 1;
	char *end;

	if (strncmp(*at, ENDS, sizeof(ENDS) - 1) || *text < '0' || *text > '9')
		return;
	errno = 0;
	nr = strtoull(text, &end, 10);
	if (errno || nr > UINT_MAX || *end != '@' || end[1] < '0' || end[1] > '9')
		return;
	built_s = strtoull(end + 1, &end, 10);
	if (errno || (*end && *end != ' '))
		return;
	record->ends = (struct xlite_record_ends){ (unsigned)nr, built_s };
	*at = end;
}

static int record_take_finished(struct xlite_record *record, const char *value)
{
	if (!record->format || !value || *value != '1' || (value[1] && value[1] != ' '))
		return 0;
	record->finished = true;
	value++;
	record->waits = record_word(&value, WAITS);
	record->asked = record_word(&value, ASKED);
	record_take_ends(record, &value);
	record->again = record_word(&value, AGAIN);
	record->off = record_word(&value, OFF);
	record->stopped = record_word(&value, STOPPED);
	record->saved = record_word(&value, SAVED);
	record->moved = record_word(&value, MOVED);
	if (*value && value[1] && !(record->begun = strdup(value + 1)))
		return -ENOMEM;
	return 0;
}

/* Appends the further pieces, found in the answers from first on. A spec that is not whole is none. */
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
static int record_read_more(struct xlite_store *store, const char *const *paths, size_t nr, const long *more,
			    struct xlite_record *records, struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	size_t at = 0;
	int ret;

	if (!batch)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		for (long k = 1; k <= more[i]; k++)
			xlite_store_batch_read(batch, "%s/%ld", paths[i], k);
	ret = xlite_store_batch_run(store, batch, err);
	for (size_t i = 0; i < nr && !ret; i++) {
		if (more[i])
			ret = record_join(&records[i], batch, at, more[i]);
		at += (size_t)more[i];
	}
	xlite_store_batch_free(batch);
	return ret;
}

static int record_read_all(struct xlite_store *store, const char *const *paths, size_t nr, struct xlite_record *records,
			   struct xlite_error *err)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_free long *more = calloc(nr, sizeof(*more));
	long total = 0;
	int ret = batch && more ? 0 : -ENOMEM;

	for (size_t i = 0; i < nr && !ret; i++) {
		xlite_store_batch_read(batch, "%s", paths[i]);
		xlite_store_batch_read(batch, "%s/finished", paths[i]);
	}
	if (!ret)
		ret = xlite_store_batch_run(store, batch, err);
	for (size_t i = 0; i < nr && !ret; i++) {
		more[i] = record_take(&records[i], xlite_store_batch_value(batch, 2 * i, NULL));
		ret = more[i] < 0 ? (int)more[i] : 0;
		if (!ret)
			ret = record_take_finished(&records[i], xlite_store_batch_value(batch, 2 * i + 1, NULL));
		total += more[i];
	}
	xlite_store_batch_free(batch);
	return ret || !total ? ret : record_read_more(store, paths, nr, more, records, err);
}

int xlite_record_read_at(struct xlite_store *store, const char *const *paths, size_t nr, struct xlite_record *records,
			 struct xlite_error *err)
{
	int ret;

	memset(records, 0, nr * sizeof(*records));
	if (!nr)
		return 0;
	ret = record_read_all(store, paths, nr, records, err);
	if (ret == -ENOMEM)
		xlite_error_sys(err, ret, "%zu records", nr);
	for (size_t i = 0; i < nr && ret; i++)
		xlite_record_clear(&records[i]);
	return ret;
}

int xlite_record_read(struct xlite_store *store, const uint32_t *domids, size_t nr, struct xlite_record *records,
		      struct xlite_error *err)
{
	auto_free char (*texts)[RECORD_PATH] = calloc(nr + 1, sizeof(*texts));
	auto_free const char **paths = calloc(nr + 1, sizeof(*paths));

	memset(records, 0, nr * sizeof(*records));
	if (!texts || !paths)
		return xlite_error_sys(err, -ENOMEM, "records of %zu domains", nr);
	for (size_t i = 0; i < nr; i++)
		paths[i] = record_path(domids[i], texts[i]);
	return xlite_record_read_at(store, paths, nr, records, err);
}
