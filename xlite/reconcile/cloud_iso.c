/* SPDX-License-Identifier: GPL-2.0-or-later
 * ISO 9660 by libarchive.
 */
#include "xlite/reconcile/cloud_iso.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

#define VOLUME "iso9660:volume-id=cidata,iso9660:rockridge=useful,iso9660:joliet,iso9660:!pad"

static la_ssize_t take(struct archive *archive, void *ctx, const void *data, size_t len)
{
	struct buf *image = ctx;

	(void)archive;
	buf_add(image, data, len);
	return image->failed ? -1 : (la_ssize_t)len;
}

static int put_file(struct archive *archive, const struct cloud_file *file)
{
	struct archive_entry *entry = archive_entry_new();
	int rc;

	if (!entry)
		return ARCHIVE_FATAL;
	archive_entry_set_pathname(entry, file->name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0444);
	archive_entry_set_size(entry, (la_int64_t)file->len);
	rc = archive_write_header(archive, entry);
	if (rc == ARCHIVE_OK && archive_write_data(archive, file->data, file->len) != (la_ssize_t)file->len)
		rc = ARCHIVE_FATAL;
	archive_entry_free(entry);
	return rc;
}

static int put_all(struct archive *archive, const struct cloud_file *files, size_t nr, struct buf *image)
{
	int rc = archive_write_set_format_iso9660(archive);

	if (rc == ARCHIVE_OK)
		rc = archive_write_set_options(archive, VOLUME);
	if (rc == ARCHIVE_OK)
		rc = archive_write_set_bytes_per_block(archive, 0);
	if (rc == ARCHIVE_OK)
		rc = archive_write_open(archive, image, NULL, take, NULL);
	for (size_t i = 0; i < nr && rc == ARCHIVE_OK; i++)
		rc = put_file(archive, &files[i]);
	return rc == ARCHIVE_OK ? archive_write_close(archive) : rc;
}

/* The only way to tell libarchive where. */
static int put_all_aside(struct archive *archive, const struct cloud_file *files, size_t nr, const char *aside,
			 struct buf *image)
{
	const char *given = getenv("TMPDIR");
	auto_free char *before = given ? strdup(given) : NULL;
	int rc = ARCHIVE_FATAL;

	if ((given && !before) || setenv("TMPDIR", aside, 1))
		return rc;
	rc = put_all(archive, files, nr, image);
	if (before)
		setenv("TMPDIR", before, 1);
	else
		unsetenv("TMPDIR");
	return rc;
}

int cloud_iso(const struct cloud_file *files, size_t nr, const char *aside, struct buf *image, struct xlite_error *err)
{
	struct archive *archive = archive_write_new();
	int rc = 0, code;

	if (!archive || put_all_aside(archive, files, nr, aside, image) != ARCHIVE_OK) {
		code = archive ? archive_errno(archive) : ENOMEM;
		rc = code > 0 ? -code : -EIO;
		xlite_error_set(err, rc, "cloud_init: the disk cannot be made: %s", archive && archive_error_string(archive) ?
				archive_error_string(archive) : "out of memory");
	}
	archive_write_free(archive);
	return rc;
}
