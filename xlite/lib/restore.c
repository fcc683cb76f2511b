/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A saved domain in the place of a kernel: its headers, and the builder's phases for it. Memory is in restore_memory.c,
 * what Xen holds besides in restore_state.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlite/lib/build_int.h"
#include "xlite/lib/restore_int.h"

int xlite_restore_open(struct xlite_restore **out, const struct xlite_save_io *io, struct xlite_error *err)
{
	struct xlite_restore *restore = calloc(1, sizeof(*restore));
	int rc;

	if (!restore)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	restore->io = io;
	rc = stream_open(&restore->reader, io->read, io->ctx, &restore->stream, err);
	if (rc) {
		xlite_restore_free(restore);
		return rc;
	}
	restore->head = (struct xlite_restore_head){
		.hvm = restore->stream.guest == STREAM_HVM,
		.xen_major = restore->stream.xen_major,
		.xen_minor = restore->stream.xen_minor,
		.json = restore->stream.json,
		.json_bytes = restore->stream.json_bytes,
	};
	*out = restore;
	return 0;
}

const struct xlite_restore_head *xlite_restore_head(const struct xlite_restore *restore)
{
	return &restore->head;
}

int xlite_restore_check(const struct xlite_restore *restore, const struct xlite_xen *xen, struct xlite_error *err)
{
	const struct xlite_restore_head *head = &restore->head;

	if (head->xen_major < xen->version.major ||
	    (head->xen_major == xen->version.major && head->xen_minor <= xen->version.minor))
		return 0;
	xlite_error_set(err, -EOPNOTSUPP, "it was saved on Xen %u.%u, and this host has %u.%u", head->xen_major,
			head->xen_minor, xen->version.major, xen->version.minor);
	xlite_error_hint(err, "Xen restores what the same or an earlier release has saved, not a later one");
	return -EOPNOTSUPP;
}

void xlite_restore_free(struct xlite_restore *restore)
{
	if (!restore)
		return;
	stream_close(restore->reader);
	free(restore->stream.json);
	free(restore);
}

int restore_pvh_open(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_build_config *config = &build->config;

	if (config->restore->stream.guest != STREAM_HVM)
		return xlite_error_set(err, -EINVAL, "it holds a PV guest, and its spec says %s", config->type->title);
	build->restoring = calloc(1, sizeof(*build->restoring));
	if (!build->restoring)
		return xlite_error_set(err, -ENOMEM, "out of memory");
	/* The tables for ACPI are in the memory that comes. */
	return build_plan_memory(&build->plan, config->memory_kib, config->max_memory_kib, XEN_PAGE_BYTES, err);
}

/* Nothing that could be unpacked beforehand: a stream is read once. */
int restore_pvh_check(struct xlite_build *build, struct xlite_error *err)
{
	return 0;
}

static int take_static(struct restore_state *state, const struct stream_record *record, struct xlite_error *err)
{
	uint8_t *to = record->type == STREAM_CPUID_POLICY ? state->leaves : state->msrs;

	memcpy(to, record->body, record->length);
	if (record->type == STREAM_CPUID_POLICY)
		state->leaves_bytes = record->length;
	else
		state->msrs_bytes = record->length;
	return 0;
}

static int accept_static(struct xlite_build *build, struct xlite_error *err)
{
	const struct xlite_save_io *io = build->config.restore->io;
	int rc = restore_policy(build, err);

	if (!rc)
		rc = restore_check_features(build, err);
	return !rc && io->accepted ? io->accepted(io->ctx, err) : rc;
}

static int take_record(struct xlite_build *build, struct restore_memory *memory, const struct stream_record *record,
		       struct xlite_error *err)
{
	struct restore_state *state = build->restoring;

	if (record->libxl)
		return record->type == STREAM_LIBXL_END
			       ? 0
			       : xlite_error_set(
					 err, -EINVAL,
					 "it has the state of a device model, which PVH guests have not: it holds an HVM guest");
	switch (record->type) {
	case STREAM_CPUID_POLICY:
	case STREAM_MSR_POLICY:
		return take_static(state, record, err);
	case STREAM_STATIC_DATA_END:
		return accept_static(build, err);
	case STREAM_PAGE_DATA:
		return restore_pages(build, memory, record, err);
	case STREAM_TSC_INFO:
		return restore_tsc(build, record, err);
	case STREAM_HVM_PARAMS:
		return restore_take_params(state, record, err);
	case STREAM_HVM_CONTEXT:
		return restore_take_context(state, record, err);
	case STREAM_END:
		return 0;
	default:
		return xlite_error_set(err, -EINVAL, "record %s: PVH guests have none", stream_rows[record->type].name);
	}
}

/* What was damaged may have been in memory already, which no record's size tells. */
static int check_end(const struct xlite_restore *restore, struct xlite_error *err)
{
	const struct xlite_save_io *io = restore->io;
	int rc = io->end ? io->end(io->ctx) : 0;

	return rc == -EBADMSG ? xlite_error_set(err, rc, "its checksum is wrong, or cut off: it is damaged") :
	       rc ? xlite_error_sys(err, rc, "read, behind its end") : 0;
}

/* All records, to the last, so that who writes into a pipe is not cut off. */
int restore_pvh_memory(struct xlite_build *build, struct xlite_error *err)
{
	struct xlite_restore *restore = build->config.restore;
	struct restore_memory memory;
	struct stream_record record = { 0 };
	int rc = restore_memory_begin(build, &memory, err);

	while (!rc && !(record.libxl && record.type == STREAM_LIBXL_END)) {
		rc = save_interrupted(restore->io, err);
		if (!rc)
			rc = stream_next(restore->reader, &record, err);
		if (!rc)
			rc = take_record(build, &memory, &record, err);
	}
	restore_memory_end(&memory);
	return rc ? rc : check_end(restore, err);
}

/* The kernel is in the memory. */
int restore_pvh_image(struct xlite_build *build, struct xlite_error *err)
{
	return 0;
}
