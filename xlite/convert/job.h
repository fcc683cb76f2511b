/* SPDX-License-Identifier: GPL-2.0-or-later
 * One file of xl's on its way to a document: what the parts of a conversion share.
 */
#ifndef CONVERT_JOB_H
#define CONVERT_JOB_H

#include "xlite/convert/convert.h"
#include "xlite/convert/draft.h"
#include "xlite/convert/xl_file.h"

/** What xl.conf says where a guest's file says nothing; texts are NULL where it does not either. */
struct xl_defaults {
	char *bridge, *script, *gatewaydev, *backend;
	char *grant_frames, *grant_version;
};

/** What the guest is by its file. */
enum xl_type { XL_TYPE_PV, XL_TYPE_PVH, XL_TYPE_HVM };

struct job {
	const struct convert_options *options;
	const struct xl_defaults *defaults;
	struct xl_file file;
	struct report *report;
	struct draft draft;
	enum xl_type type;
	enum xl_type becomes;	/* what it is in the spec */
	/* it is a PV guest in Xen's shim, and nobody has asked to make it PVH: an error, noted */
	bool other_type;
};

/** The file's setting of a key, as one that was looked for; NULL without one. */
struct xl_setting *job_get(struct job *job, const char *name);
/** Its text; NULL without one. A list is an error: xl ignores the key then. */
const char *job_text(struct job *job, const char *name, struct xl_setting **setting);
/** Its number, read as xl does. False without one, and where it is none, which is an error. */
bool job_number(struct job *job, const char *name, long *number, struct xl_setting **setting);
/** Its list; NULL without one. A single value is an error: xl ignores the key then. */
const struct xl_value *job_list(struct job *job, const char *name);
/** Notes an error. */
void job_error(struct job *job, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Notes what the guest loses, or what is no error and should be known. */
void job_note(struct job *job, enum report_kind kind, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/** The place of a setting, or that of the whole file. */
struct cfg_place job_place(const struct xl_setting *setting);
/** Whether text is domain 0's name where a backend is named. */
bool job_is_dom0(const char *text);

/**
 * Each writes its keys to the draft. The first says whether there is anything to convert; of a guest of another type,
 * which is an error, the others tell what became of it.
 */
bool job_convert_type(struct job *job);
void job_convert_identity(struct job *job);
void job_convert_vcpus(struct job *job);
void job_convert_memory(struct job *job);
void job_convert_boot(struct job *job);
/** What HVM guests have beside: firmware, screen, timers. Writes nothing for others. */
void job_convert_pc(struct job *job);
void job_convert_events(struct job *job);
void job_convert_scheduler(struct job *job);
void job_convert_limits(struct job *job);
void job_convert_disks(struct job *job);
void job_convert_vifs(struct job *job);
/** Notes what became of each key of the file. */
void job_account(struct job *job);

struct xl_disk;
struct xl_vif;
/** Writes an item of vbds, if it can be one. */
void job_write_disk(struct job *job, const struct cfg_place *place, const struct xl_disk *disk);
/** Writes an item of vifs; position is its number. */
void job_write_vif(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, size_t position);

#endif
