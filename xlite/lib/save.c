/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Writing a saved domain: the parts in their order. What each type has in them is in its row (guest_type.h).
 */
#include "xlite/lib/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xlite/lib/save_int.h"

#include <xen/memory.h>

int save_written(const struct xlite_save *save, int rc, struct xlite_error *err)
{
	return rc ? xlite_error_sys(err, rc, "write, after %llu bytes", (unsigned long long)save->writer.bytes) : 0;
}

int save_interrupted(const struct xlite_save_io *io, struct xlite_error *err)
{
	return io->interrupted && *io->interrupted ? xlite_error_set(err, -EINTR, "interrupted") : 0;
}

/* No fork shares it, since Xen would then look at pages that are copied away under it. */
void *save_locked_new(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mlock(p, bytes) || madvise(p, bytes, MADV_DONTFORK)) {
		munmap(p, bytes);
		return NULL;
	}
	return p;
}

void save_locked_free(void *p, size_t bytes)
{
	if (p)
		munmap(p, bytes);
}

/* The least that saving asks for, of domain 0, which has it where Xen can do this at all; xen-core has no such call. */
int xlite_save_check(struct xlite_xen *xen, const struct xlite_guest_type *type, struct xlite_error *err)
{
	struct xen_batch batch;
	uint16_t *domid;
	long rc;

	if (!type || !type->saver)
		return xlite_error_set(err, -EOPNOTSUPP, "domains of this type cannot be saved yet");
	xen_batch_init(&batch, xen);
	domid = xen_batch_arg(&batch, sizeof(*domid));
	*domid = 0;
	xen_batch_add(&batch, "maximum_gpfn", XEN_READS, __HYPERVISOR_memory_op, XENMEM_maximum_gpfn, (unsigned long)domid);
	rc = xen_batch_send(&batch, err);
	if (!rc)
		rc = xen_batch_result(&batch, 0);
	if (rc == -ENOSYS || rc == -EOPNOTSUPP)
		return xlite_error_set(err, -EOPNOTSUPP, "this hypervisor cannot save domains (it has no XENMEM_maximum_gpfn)");
	return rc < 0 ? xlite_error_sys(err, (int)rc, "maximum_gpfn") : 0;
}

static int write_parts(struct xlite_save *save, const struct xlite_guest_saver *saver, struct xlite_error *err)
{
	int rc = saver->fixed(save, err);

	if (!rc)
		rc = save_written(save, stream_write_record(&save->writer, STREAM_STATIC_DATA_END, NULL, 0), err);
	if (!rc && save->live && save->live->accepted)
		rc = save->live->accepted(save->live->ctx, err);
	if (!rc)
		rc = saver->memory(save, err);
	if (!rc)
		rc = saver->state(save, err);
	if (!rc)
		rc = save_written(save, stream_write_end(&save->writer), err);
	if (!rc && saver->emulator)
		rc = saver->emulator(save, err);
	return rc ? rc : save_written(save, stream_write_last(&save->writer), err);
}

int xlite_save_live(struct xlite_xen *xen, uint32_t domid, const struct xlite_guest_type *type, const char *json,
		    size_t json_bytes, const struct xlite_save_io *io, const struct xlite_save_live *live,
		    uint64_t *bytes, struct xlite_error *err)
{
	struct xlite_save save = {
		.xen = xen, .domid = domid, .writer = { .write = io->write, .ctx = io->ctx }, .io = io, .live = live
	};
	struct stream_head head = { .guest = type->saver->guest,
				    .xen_major = xen->version.major,
				    .xen_minor = xen->version.minor,
				    .json = (char *)(uintptr_t)json,
				    .json_bytes = json_bytes };
	int rc;

	if (json_bytes >= STREAM_JSON_MAX)
		return xlite_error_set(err, -E2BIG, "its configuration takes %zu bytes, more than %u", json_bytes,
				       STREAM_JSON_MAX);
	rc = save_written(&save, stream_write_head(&save.writer, &head), err);
	if (!rc)
		rc = write_parts(&save, type->saver, err);
	*bytes = save.writer.bytes;
	return rc;
}

int xlite_save_write(struct xlite_xen *xen, uint32_t domid, const struct xlite_guest_type *type, const char *json,
		     size_t json_bytes, const struct xlite_save_io *io, uint64_t *bytes, struct xlite_error *err)
{
	return xlite_save_live(xen, domid, type, json, json_bytes, io, NULL, bytes, err);
}
