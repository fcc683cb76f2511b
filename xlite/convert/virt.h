/* SPDX-License-Identifier: GPL-2.0-or-later
 * From libvirt's description of a domain (its formatdomain page, driver libxl) to a document: what has a counterpart in
 * xl.cfg is converted as that is.
 */
#ifndef CONVERT_VIRT_H
#define CONVERT_VIRT_H

#include "xlite/convert/job.h"
#include "xlite/convert/xml.h"

/** What becomes of an element. */
struct virt_key {
	const char *path;	/* below <domain>: "os/kernel" */
	/* the key of the spec; "" for one that only holds others; NULL: it has no counterpart */
	const char *to;
	/* with a counterpart: those that are looked at or mean nothing, between spaces; others are noted */
	const char *attributes;
	/* without: of all that is in it. REPORT_NOTHING, REPORT_HOST or REPORT_GUEST */
	enum report_kind kind;
	const char *why;
	/*
	 * The same of a guest that is an HVM guest in the spec as well, where it differs; kind and why count where
	 * why is there.
	 */
	const char *hvm_to;
	enum report_kind hvm_kind;
	const char *hvm_why;
	bool hvm;		/* what an HVM guest has, and a PVH guest cannot have */
};

extern const struct virt_key virt_keys[];
extern const size_t virt_nr_keys;

/** Whether a text is XML rather than a configuration of xl's. */
bool virt_is_xml(const char *text, size_t len);
/** Writes the document of job's report's source to its draft. */
void virt_convert(struct job *job);
/** The disks and interfaces below <devices>. */
void virt_convert_devices(struct job *job, const struct xml_node *devices);
/** Notes what became of each element below domain. */
void virt_account(struct job *job, struct xml_node *domain);
/** The reference of xlite-convert(1), in mdoc macros. */
void virt_man(struct buf *out);

#endif
