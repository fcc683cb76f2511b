/* SPDX-License-Identifier: GPL-2.0-or-later
 * How the guest starts: a kernel of the host's with a command line, or something in its own disk.
 */
#include "xlite/convert/job.h"

#include <string.h>

#include "common/auto.h"

static bool has_text(const char *text)
{
	return text && *text;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What keeps xl from booting the kernel that the file names: a bootloader, or firmware. */
static struct xl_setting *find_loader(struct job *job, struct xl_setting *kernel)
{
	struct xl_setting *loader, *firmware;

	if (job->type != XL_TYPE_HVM && has_text(job_text(job, "bootloader", &loader)))
		return loader;
	if (job->type != XL_TYPE_HVM && has_text(job_text(job, "firmware", &firmware)))
		return firmware;
	/* xl ignores a kernel of this name. */
	if (job->type == XL_TYPE_HVM && kernel && kernel->value.text && !strcmp(base_name(kernel->value.text), "hvmloader"))
		return kernel;
	return NULL;
}

/*
 * The guest's own disk has its kernel: what the file says of kernels is for the loader, or for nobody where
 * firmware boots it.
 */
static void convert_loader(struct job *job, struct xl_setting *loader, const struct cfg_place *place)
{
	static const char *const others[] = { "kernel", "ramdisk", "cmdline", "root", "extra" };

	if (loader)
		loader->told = true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct xl_setting *setting = job_get(job, others[i]);

		if (!setting || setting == loader || (!setting->value.list && !has_text(setting->value.text)))
			continue;
		if (job->becomes == XL_TYPE_HVM)
			job_note(job, REPORT_HOST, &setting->place,
				 "%s: is for a kernel, and the guest's firmware boots without one", others[i]);
		else
			job_note(job, REPORT_GUEST, &setting->place,
				 "%s: is for the loader that xl runs; the one in the guest goes by what its disk says", others[i]);
		setting->told = true;
	}
	if (job->becomes == XL_TYPE_HVM && loader)
		job_note(job, REPORT_NOTHING, place, "%s: xl ignores hvmloader here, since HVM guests have it always",
			 loader->name);
	if (job->becomes == XL_TYPE_HVM)
		return;
	if (loader)
		job_note(job, REPORT_HOST, place, "%s: GRUB inside of the guest boots its disk instead", loader->name);
	else
		job_note(job, REPORT_HOST, place, "GRUB inside of the guest boots its disk, in the place of firmware");
}

/* As xl puts it together. */
static void convert_cmdline(struct job *job)
{
	struct xl_setting *cmdline, *root, *extra, *parts[2];
	const char *whole = job_text(job, "cmdline", &cmdline), *root_text = job_text(job, "root", &root);
	const char *extra_text = job_text(job, "extra", &extra);
	auto_buf struct buf text = BUF_INIT;

	parts[0] = root;
	parts[1] = extra;
	for (size_t i = 0; whole && i < ARRAY_SIZE(parts); i++) {
		if (!parts[i])
			continue;
		job_note(job, REPORT_UNKNOWN, &parts[i]->place,
			 "%s: xl ignores it, since there is `cmdline` in line %u", parts[i]->name,
			 cmdline->place.line);
		parts[i]->told = true;
	}
	if (whole)
		buf_puts(&text, whole);
	else if (root_text)
		buf_printf(&text, "root=%s%s%s", root_text, extra_text ? " " : "", extra_text ? extra_text : "");
	else if (extra_text)
		buf_puts(&text, extra_text);
	job->report->failed = job->report->failed || text.failed;
	if (text.len && strchr(buf_str(&text), '\n')) {
		job_error(job, whole ? &cmdline->value.place : root_text && strchr(root_text, '\n') ? &root->value.place :
			  &extra->value.place, "%s: holds the end of a line, and a command line is one line",
			  whole ? "cmdline" : root_text && strchr(root_text, '\n') ? "root" : "extra");
		return;
	}
	if (text.len)
		draft_text(&job->draft, whole ? &cmdline->value.place : root_text ? &root->value.place :
			   &extra->value.place, "cmdline",
			   buf_str(&text));
}

/*
 * Firmware of HVM guests is no kernel, and each GRUB is for one type of guests; the file's name is what there is to
 * know it by.
 */
static void check_kernel(struct job *job, const struct xl_setting *setting)
{
	static const char *const names[] = { "grub-x86_64-xen", "grub-i386-xen.", "pvgrub", "pv-grub" },
				 pvh[] = "grub-i386-xen_pvh";
	const char *name = base_name(setting->value.text);

	if (job->becomes == XL_TYPE_HVM)
		return;
	if (!strcmp(name, "hvmloader"))
		job_error(job, &setting->value.place,
			  "kernel: hvmloader is the firmware of HVM guests; give the guest's own kernel as a file of the host");
	if (job->becomes == XL_TYPE_PV && !strncmp(name, pvh, strlen(pvh)))
		job_error(job, &setting->value.place,
			  "kernel: this GRUB is for PVH guests; that for PV guests is grub-x86_64-xen.bin");
	for (size_t i = 0; i < ARRAY_SIZE(names) && job->becomes != XL_TYPE_PV; i++) {
		if (!strncmp(name, names[i], strlen(names[i])))
			job_error(job, &setting->value.place,
				  "kernel: this GRUB is for PV guests; that for PVH guests is grub-i386-xen_pvh.bin");
	}
}

void job_convert_boot(struct job *job)
{
	struct xl_setting *kernel, *ramdisk, *loader;
	const char *path = job_text(job, "kernel", &kernel), *initrd;
	struct cfg_place place;

	loader = find_loader(job, kernel);
	place = job_place(loader);
	if (loader || (!has_text(path) && job->type == XL_TYPE_HVM)) {
		convert_loader(job, loader, &place);
		return;
	}
	if (!has_text(path)) {
		place = job_place(kernel);
		job_error(job, &place, "there is neither `kernel` nor `bootloader`, and xl needs one of them");
		return;
	}
	draft_text(&job->draft, &kernel->value.place, "kernel", path);
	check_kernel(job, kernel);
	initrd = job_text(job, "ramdisk", &ramdisk);
	if (has_text(initrd))
		draft_text(&job->draft, &ramdisk->value.place, "ramdisk", initrd);
	convert_cmdline(job);
}
