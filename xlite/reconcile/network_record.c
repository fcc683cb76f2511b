/* SPDX-License-Identifier: GPL-2.0-or-later
 * Networks' records: written, removed, read and found.
 */
#include "xlite/reconcile/network_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/clock.h"
#include "xlite/reconcile/network.h"

#define STORE_MS 20000
#define DIR "/xlite/network"
#define PATH_BYTES 64

static const char *path_of(const char *name, char path[PATH_BYTES])
{
	uint8_t uuid[16];
	char text[37];

	cfg_uuid_of_name(name, uuid);
	xlite_uuid_text(uuid, text);
	snprintf(path, PATH_BYTES, DIR "/%s", text);
	return path;
}

static int commit(struct host *host, struct xlite_store_batch *batch, struct xlite_error *err)
{
	int rc = xlite_store_batch_commit(host->store, batch, clock_deadline_ms(STORE_MS), err);

	xlite_store_batch_free(batch);
	return rc;
}

int network_record_write(struct host *host, const struct cfg_network *network, const char *set, struct xlite_error *err)
{
	struct xlite_record record = { .format = 1, .finished = true, .set = (char *)set };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	auto_buf struct buf spec = BUF_INIT;
	char path[PATH_BYTES];
	uint8_t uuid[16];

	cfg_uuid_of_name(network->name, uuid);
	xlite_uuid_text(uuid, record.uuid);
	cfg_print_network(network, false, &spec);
	if (!batch || spec.failed) {
		xlite_store_batch_free(batch);
		return xlite_error_set(err, -ENOMEM, "out of memory");
	}
	record.spec = (char *)buf_str(&spec);
	xlite_record_write_at(batch, path_of(network->name, path), &record);
	return commit(host, batch, err);
}

/* The last one goes with the directory, by one message: a run that dies leaves both or none. */
int network_record_remove(struct host *host, const char *name, struct xlite_error *err)
{
	char path[PATH_BYTES], **names = NULL;
	size_t nr = 0;
	bool last;
	int rc;

	path_of(name, path);
	last = !xlite_store_list(host->store, 0, DIR, &names, &nr, NULL) && nr == 1 &&
	       !strcmp(names[0], path + strlen(DIR "/"));
	rc = xlite_store_remove(host->store, 0, last ? "/xlite" : path, err);
	free(names);
	return rc;
}

/* The one network that a record describes; NULL where it cannot be read. */
static struct cfg_network *parse(const struct xlite_record *record, struct cfg_set **set)
{
	struct cfg_network *const *networks;
	size_t nr = 0;

	*set = record->format == 1 && record->spec ? cfg_set_new() : NULL;
	if (!*set || cfg_set_parse(*set, "<record>", record->spec, strlen(record->spec)))
		return NULL;
	networks = cfg_set_networks(*set, &nr);
	return nr == 1 ? networks[0] : NULL;
}

/* A record of a format that this version does not know keeps its uuid for a name. */
static int take(struct state *state, struct xlite_record *record)
{
	struct state_network *network = &state->networks[state->nr_networks];
	struct cfg_set *set = NULL;
	const struct cfg_network *spec;

	if (!record->format)
		return 0;
	spec = parse(record, &set);
	network->spec = spec ? cfg_network_copy(spec) : NULL;
	network->name = strdup(spec ? spec->name : record->uuid);
	network->record = *record;
	memset(record, 0, sizeof(*record));
	state->nr_networks++;
	cfg_set_free(set);
	return network->name && (network->spec || !spec) ? 0 : -ENOMEM;
}

static int read_all(struct host *host, char *const *names, size_t nr, struct state *state, struct xlite_error *err)
{
	auto_free char (*texts)[PATH_BYTES] = calloc(nr + 1, sizeof(*texts));
	auto_free const char **paths = calloc(nr + 1, sizeof(*paths));
	auto_free struct xlite_record *records = calloc(nr + 1, sizeof(*records));
	int rc;

	state->networks = calloc(nr + 1, sizeof(*state->networks));
	if (!texts || !paths || !records || !state->networks)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++) {
		snprintf(texts[i], PATH_BYTES, DIR "/%.40s", names[i]);
		paths[i] = texts[i];
	}
	rc = xlite_record_read_at(host->store, paths, nr, records, err);
	for (size_t i = 0; i < nr && !rc; i++)
		rc = take(state, &records[i]) ? xlite_error_set(err, -ENOMEM, "out of memory") : 0;
	for (size_t i = 0; i < nr; i++)
		xlite_record_clear(&records[i]);
	return rc;
}

int networks_read(struct host *host, struct state *state, struct xlite_error *err)
{
	auto_free char **names = NULL;
	size_t nr = 0;
	int rc;

	if (state->networks)
		return 0;
	rc = xlite_store_list(host->store, 0, DIR, &names, &nr, err);
	if (rc == -ENOENT)
		nr = 0;
	else if (rc)
		return rc;
	return read_all(host, names, nr, state, err);
}

int network_find(struct host *host, const char *name, struct cfg_network **network, struct xlite_error *err)
{
	struct xlite_record record;
	struct cfg_set *set = NULL;
	const struct cfg_network *found;
	char text[PATH_BYTES];
	const char *path = path_of(name, text);
	int rc = xlite_record_read_at(host->store, &path, 1, &record, err);

	*network = NULL;
	if (rc)
		return rc;
	found = parse(&record, &set);
	if (!record.format)
		rc = -ENOENT;
	else if (!found)
		rc = xlite_error_set(err, -EINVAL,
				     "the record of network %s cannot be read by this version of xlite (format %u)",
				     name, record.format);
	else if (!(*network = cfg_network_copy(found)))
		rc = xlite_error_set(err, -ENOMEM, "out of memory");
	cfg_set_free(set);
	xlite_record_clear(&record);
	return rc;
}
