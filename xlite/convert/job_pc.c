/* SPDX-License-Identifier: GPL-2.0-or-later
 * What an emulated PC has beside disks and interfaces: firmware, screen, tablet, timers, Hyper-V's interfaces. Where xl has
 * another default than the language, the spec says xl's.
 */
#include "xlite/convert/job.h"

#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"

/* The memory of displays in MiB, of xl and of xlite. */
#define STD_MIB 16
#define CIRRUS_MIB 8

static void refuse_value(struct job *job, const struct xl_setting *setting, const char *what)
{
	auto_buf struct buf quoted = BUF_INIT;

	cfg_quote(&quoted, setting->value.text, strlen(setting->value.text));
	job_error(job, &setting->value.place, "%s: %s %s", setting->name, buf_str(&quoted), what);
}

/* `firmware` wins over `bios`; of the former any other word is a file. */
static void convert_firmware(struct job *job)
{
	static const struct { const char *from, *to; } words[] = {
		{ "seabios", "bios" }, { "bios", "bios" }, { "ovmf", "uefi" }, { "uefi", "uefi" }, { "rombios", NULL },
	};
	struct xl_setting *bios, *firmware, *setting;
	const char *text = job_text(job, "bios", &bios), *other = job_text(job, "firmware", &firmware);

	setting = other ? firmware : bios;
	text = other ? other : text;
	for (size_t i = 0; text && i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i].from))
			continue;
		if (!words[i].to) {
			refuse_value(job, setting, "is of a QEMU that Xen no longer has; xlite has `bios'");
			return;
		}
		draft_text(&job->draft, &setting->value.place, "firmware", words[i].to);
		draft_said(&job->draft, "%s: `%s`", setting->name, text);
		return;
	}
	if (other && *other) {
		job_note(job, REPORT_GUEST, &firmware->place,
			 "firmware: has no counterpart: the guest gets the hvmloader of the host's Xen");
		firmware->told = true;
	} else if (text && *text) {
		refuse_value(job, setting, "is no firmware that xl knows");
	}
}

/* Letters in order: c disks, d CD drives, n the network, a a floppy disk. What comes first is what counts. */
static void convert_boot(struct job *job)
{
	struct xl_setting *setting;
	const char *text = job_text(job, "boot", &setting), *first = text ? strpbrk(text, "cdn") : NULL;

	if (!text || !*text)
		return;
	if (!first) {
		refuse_value(job, setting, "names neither disks (c) nor CD drives (d)");
		return;
	}
	draft_text(&job->draft, &setting->value.place, "boot", *first == 'c' ? "disk" : *first == 'd' ? "cdrom" : "network");
	draft_said(&job->draft, "boot: `%s`", text);
	if (*first != 'n' && strchr(text, 'n'))
		job_note(job, REPORT_GUEST, &setting->value.place,
			 "boot: n has no counterpart: the guest does not boot from the network");
	if (strchr(text, 'a'))
		job_note(job, REPORT_HOST, &setting->value.place, "boot: a has no counterpart: the guest has no floppy drive");
}

/* "std", "cirrus" or "none"; NULL: it has been refused. */
static const char *find_vga(struct job *job, struct xl_setting **setting)
{
	static const struct {
		const char *from, *to;
	} words[] = { { "stdvga", "std" }, { "cirrus", "cirrus" }, { "none", "none" } };
	struct xl_setting *vga, *stdvga;
	const char *text = job_text(job, "vga", &vga);
	long on = 0;
	bool given = job_number(job, "stdvga", &on, &stdvga);

	*setting = text ? vga : stdvga;
	if (text && stdvga) {
		job_note(job, REPORT_UNKNOWN, &stdvga->place, "stdvga: xl ignores it, since there is `vga` in line %u",
			 vga->place.line);
		stdvga->told = true;
	}
	for (size_t i = 0; text && i < ARRAY_SIZE(words); i++) {
		if (!strcmp(text, words[i].from))
			return words[i].to;
	}
	if (!text)
		return given && on ? "std" : "cirrus";
	if (strcmp(text, "qxl")) {
		refuse_value(job, vga, "is no display that xl knows");
		return NULL;
	}
	job_note(job, REPORT_GUEST, &vga->value.place, "vga: qxl has no counterpart: the guest gets the display std");
	vga->told = true;
	return "std";
}

static void convert_screen(struct job *job)
{
	struct xl_setting *setting, *videoram;
	const char *vga = find_vga(job, &setting);
	struct cfg_place place = job_place(setting ? setting : job_get(job, "type"));
	long mib = 0, has;

	if (!vga)
		return;
	has = !strcmp(vga, "std") ? STD_MIB : !strcmp(vga, "cirrus") ? CIRRUS_MIB : 0;
	draft_text(&job->draft, &place, "vga", vga);
	if (!job_number(job, "videoram", &mib, &videoram))
		return;
	videoram->told = true;
	if (mib == has)
		job_note(job, REPORT_NOTHING, &videoram->place, "videoram: the display has that much");
	else
		job_note(job, REPORT_GUEST, &videoram->place,
			 "videoram: has no counterpart: the display %s has %ld MiB", vga, has);
}

static bool is_tablet(struct job *job, const struct xl_value *value)
{
	if (!value->list && !strcmp(value->text, "tablet"))
		return true;
	if (value->list || *value->text)
		job_note(job, REPORT_GUEST, &value->place,
			 "usbdevice: has no counterpart: the guest has no USB beside a tablet");
	return false;
}

/* One device, or a list of them. Where there is a tablet, `usb` means nothing more. */
static void convert_tablet(struct job *job)
{
	const struct xl_setting *setting = job_get(job, "usbdevice");
	struct cfg_place place = job_place(setting ? setting : job_get(job, "type"));
	struct xl_setting *usb = job_get(job, "usb");
	bool tablet = false;

	if (setting && !setting->value.list)
		tablet = is_tablet(job, &setting->value);
	for (size_t i = 0; setting && setting->value.list && i < setting->value.nr; i++)
		tablet |= is_tablet(job, &setting->value.items[i]);
	draft_plain(&job->draft, &place, "tablet", "%s", tablet ? "true" : "false");
	if (usb && tablet) {
		job_note(job, REPORT_NOTHING, &usb->place, "usb: the tablet brings it");
		usb->told = true;
	}
}

static void convert_switch(struct job *job, const char *name)
{
	struct xl_setting *setting;
	long on;

	if (job_number(job, name, &on, &setting))
		draft_plain(&job->draft, &setting->value.place, name, "%s", on ? "true" : "false");
}

/* A number, or a list of groups of interfaces, of which `defaults` are those that xlite offers. */
static void convert_viridian(struct job *job)
{
	struct xl_setting *setting = job_get(job, "viridian");
	const struct xl_value *value = setting ? &setting->value : NULL;

	if (!value || !value->list) {
		convert_switch(job, "viridian");
		return;
	}
	if (!value->nr)
		return;
	draft_plain(&job->draft, &value->place, "viridian", "true");
	if (value->nr == 1 && !value->items->list && !strcmp(value->items->text, "defaults"))
		return;
	job_note(job, REPORT_GUEST, &value->place,
		 "viridian: this list has no counterpart: the guest is offered the group `defaults`");
	setting->told = true;
}

void job_convert_pc(struct job *job)
{
	if (job->becomes != XL_TYPE_HVM)
		return;
	convert_firmware(job);
	convert_boot(job);
	convert_screen(job);
	convert_tablet(job);
	convert_switch(job, "hpet");
	convert_viridian(job);
}
