/* SPDX-License-Identifier: GPL-2.0-or-later
 * The list of disks.
 */
#include "xlite/convert/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "xlite/convert/xl_disk.h"

/* What stands in the way of a conversion. */
static bool check_disk(struct job *job, const struct xl_disk *disk, const struct cfg_place *place)
{
	static const char *const formats[] = { [XL_DISK_QCOW] = "qcow", [XL_DISK_VHD] = "vhd", [XL_DISK_QED] = "qed" };

	if (disk->format < ARRAY_SIZE(formats) && formats[disk->format]) {
		job_error(job, place,
			  "disk: xlite serves no images of format %s: make it raw or qcow2 (qemu-img convert)",
				formats[disk->format]);
		return false;
	}
	if (disk->format == XL_DISK_EMPTY && !disk->cdrom) {
		job_error(job, place, "disk: only a CD drive can be empty");
		return false;
	}
	if (disk->backend && !job_is_dom0(disk->backend)) {
		job_error(job, place, "disk: backend=%s: xlite attaches disks of domain 0 only", disk->backend);
		return false;
	}
	if (disk->backendtype && !strcmp(disk->backendtype, "standalone")) {
		job_error(job, place, "disk: backendtype=standalone: xlite has the kernel and QEMU as backends only");
		return false;
	}
	if (disk->specification && strcmp(disk->specification, "xen")) {
		job_error(job, place, "disk: specification=%s: xlite attaches Xen's disks only", disk->specification);
		return false;
	}
	if (disk->colo)
		job_note(job, REPORT_GUEST, place, "disk: COLO has no counterpart: the disk is not replicated");
	if (disk->untrusted)
		job_note(job, REPORT_GUEST, place,
			 "disk: untrusted has no counterpart: the guest is not told to distrust the backend");
	return true;
}

/* What should be known. */
static void tell_disk(struct job *job, const struct xl_disk *disk, const struct cfg_place *place)
{
	if (disk->backendtype && strcmp(disk->backendtype, "phy"))
		job_note(job, REPORT_NOTHING, place,
			 "disk: backendtype=%s: raw disks are served by the kernel, others by QEMU", disk->backendtype);
	if (disk->direct_io_safe)
		job_note(job, REPORT_NOTHING, place, "disk: direct-io-safe: xlite makes its own choice");
	if (disk->swallowed)
		job_note(job, REPORT_UNKNOWN, place,
			 "disk: `target=` takes all that follows, so the source is `%s`; write it last", disk->target);
	if (disk->xm_access)
		job_note(job, REPORT_UNKNOWN, place, "disk: xl refuses `!`, which was xm's word for disks that are shared");
}

/* xm looked for block devices below /dev; xl takes the path as it is. */
static void write_source(struct job *job, const struct xl_disk *disk, const struct cfg_place *place)
{
	auto_buf struct buf path = BUF_INIT;

	if (!disk->target || !*disk->target)
		return;
	if (disk->xm_phy && *disk->target != '/' && !disk->script) {
		buf_printf(&path, "/dev/%s", disk->target);
		job_note(job, REPORT_UNKNOWN, place, "disk: phy:%s is taken for %s, as xm did", disk->target,
			 buf_str(&path));
	} else {
		buf_puts(&path, disk->target);
	}
	job->report->failed = job->report->failed || path.failed;
	draft_text(&job->draft, place, "source", buf_str(&path));
	draft_said(&job->draft, "disk: `%s`", disk->target);
}

static void write_disk(struct job *job, const struct xl_disk *disk, const struct cfg_place *place)
{
	auto_free char *vdev = xl_disk_vdev(disk->vdev);

	draft_open(&job->draft, place, NULL, '{');
	draft_text(&job->draft, place, "vdev", vdev ? vdev : disk->vdev);
	draft_said(&job->draft, "disk: `%s`", disk->vdev);
	write_source(job, disk, place);
	if (disk->readonly && !disk->cdrom)
		draft_text(&job->draft, place, "mode", "ro");
	/* Raw is written down only where the file says so: otherwise an image in disguise is still noticed. */
	if (disk->format == XL_DISK_QCOW2 || (disk->format == XL_DISK_RAW && disk->format_given))
		draft_text(&job->draft, place, "format", disk->format == XL_DISK_RAW ? "raw" : "qcow2");
	if (disk->shared)
		draft_plain(&job->draft, place, "shared", "true");
	if (disk->no_discard)
		draft_plain(&job->draft, place, "discard", "false");
	if (disk->cdrom)
		draft_plain(&job->draft, place, "cdrom", "true");
	if (disk->script && *disk->script) {
		draft_text(&job->draft, place, "script", disk->script);
		draft_said(&job->draft, "disk: script=%s", disk->script);
	}
	draft_close(&job->draft, '}');
}

void job_write_disk(struct job *job, const struct cfg_place *place, const struct xl_disk *disk)
{
	draft_line(&job->draft, place->line);
	if (!check_disk(job, disk, place))
		return;
	tell_disk(job, disk, place);
	write_disk(job, disk, place);
}

static void convert_disk(struct job *job, const struct xl_value *value)
{
	struct xl_disk disk = { 0 };
	auto_buf struct buf why = BUF_INIT;
	int rc = xl_disk_parse(&disk, value->text, &why);

	job->report->failed = job->report->failed || rc == -ENOMEM;
	if (rc == -EINVAL)
		job_error(job, &value->place, "disk: %s", buf_str(&why));
	else if (!rc)
		job_write_disk(job, &value->place, &disk);
	xl_disk_clear(&disk);
}

void job_convert_disks(struct job *job)
{
	const struct xl_value *list = job_list(job, "disk");

	if (!list || !list->nr)
		return;
	draft_open(&job->draft, &list->place, "vbds", '[');
	for (size_t i = 0; i < list->nr; i++)
		convert_disk(job, &list->items[i]);
	draft_close(&job->draft, ']');
}
