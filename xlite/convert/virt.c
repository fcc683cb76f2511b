/* SPDX-License-Identifier: GPL-2.0-or-later
 * The domain as a whole. What xl.cfg has as well becomes settings of it, and goes the same way.
 */
#include "xlite/convert/virt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

bool virt_is_xml(const char *text, size_t len)
{
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	for (; len && strchr(" \t\r\n", *text) && *text; len--)
		text++;
	return len && *text == '<';
}

/* Adds a setting; text NULL: nothing. The setting, or NULL. */
static struct xl_setting *add(struct job *job, const char *name, const struct cfg_place *place, const char *text)
{
	struct xl_setting setting = { .place = *place, .value.place = *place }, *more;

	if (!text)
		return NULL;
	more = reallocarray(job->file.settings, job->file.nr + 1, sizeof(*more));
	if (more)
		job->file.settings = more;
	setting.name = strdup(name);
	setting.value.text = strdup(text);
	if (!more || !setting.name || !setting.value.text) {
		free(setting.name);
		free(setting.value.text);
		job->report->failed = true;
		return NULL;
	}
	job->file.settings[job->file.nr] = setting;
	return &job->file.settings[job->file.nr++];
}

/* Adds the text of an element as a setting of xl's. */
static void add_child(struct job *job, const struct xml_node *node, const char *name, const char *key)
{
	const struct xml_node *child = xml_child(node, name);

	if (child)
		add(job, key, &child->place, child->text ? child->text : "");
}

/* hvm, xenpvh, and xen or linux for PV. */
static void add_type(struct job *job, const struct xml_node *os)
{
	static const struct { const char *from, *to; } types[] = {
		{ "hvm", "hvm" }, { "xenpvh", "pvh" }, { "xen", "pv" }, { "linux", "pv" }, { "xenpv", "pv" },
	};
	const struct xml_node *node = xml_child(os, "type");
	const char *text = node && node->text ? node->text : "";

	if (!node)
		return;
	if (xml_attribute_is(node, "machine", "xenpvh"))
		text = "xenpvh";
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(text, types[i].from)) {
			add(job, "type", &node->place, types[i].to);
			return;
		}
	}
	add(job, "type", &node->place, text);
}

static void add_boot(struct job *job, const struct xml_node *domain)
{
	struct xml_node *os = xml_child(domain, "os"), *loader = xml_child(domain, "bootloader");

	add_child(job, os, "kernel", "kernel");
	add_child(job, os, "initrd", "ramdisk");
	add_child(job, os, "cmdline", "cmdline");
	if (loader) {
		add(job, "bootloader", &loader->place, loader->text ? loader->text : "pygrub");
		loader->told = true;
	} else if (os && !xml_child(os, "kernel")) {
		/* What libvirt does then. */
		add(job, "bootloader", &os->place, "pygrub");
	}
}

/* What <os> says to boot from, as letters of xl's. */
static void add_boot_order(struct job *job, const struct xml_node *os)
{
	static const struct {
		const char *dev, *letter;
	} devices[] = { { "hd", "c" }, { "cdrom", "d" }, { "network", "n" }, { "fd", "a" } };
	auto_buf struct buf order = BUF_INIT;

	for (size_t i = 0; os && i < os->nr_children; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(devices) && !strcmp(os->children[i]->name, "boot"); k++) {
			if (xml_attribute_is(os->children[i], "dev", devices[k].dev))
				buf_puts(&order, devices[k].letter);
		}
	}
	job->report->failed = job->report->failed || order.failed;
	if (order.len)
		add(job, "boot", &xml_child(os, "boot")->place, buf_str(&order));
}

/* Input devices: a tablet on USB is one, and every PC has a mouse and a keyboard on PS/2. */
static void add_input(struct job *job, struct xml_node *node)
{
	bool usb = xml_attribute_is(node, "bus", "usb");

	if (usb && xml_attribute_is(node, "type", "tablet")) {
		add(job, "usbdevice", &node->place, "tablet");
		job_note(job, REPORT_TAKEN, &node->place, "<devices/input>: became tablet");
		node->told = true;
	} else if (xml_attribute_is(node, "bus", "ps2") || (!usb && !xml_attribute(node, "bus"))) {
		job_note(job, REPORT_NOTHING, &node->place, "<devices/input>: every PC has it");
		node->told = true;
	}
}

/* Displays: the model and its memory, which libvirt counts in KiB. */
static void add_video(struct job *job, const struct xml_node *video)
{
	static const struct { const char *type, *vga; } models[] = { { "vga", "stdvga" }, { "xen", "cirrus" } };
	const struct xml_node *model = xml_child(video, "model");
	const char *type = xml_attribute(model, "type"), *vram = xml_attribute(model, "vram");
	char mib[24];

	for (size_t i = 0; type && i < ARRAY_SIZE(models); i++)
		type = strcmp(type, models[i].type) ? type : models[i].vga;
	add(job, "vga", &video->place, type);
	snprintf(mib, sizeof(mib), "%lu", vram ? strtoul(vram, NULL, 10) / 1024 : 0);
	if (vram)
		add(job, "videoram", &video->place, mib);
}

/* What an HVM guest has beside. Without the elements of <features> libvirt takes these things from it. */
static void add_pc(struct job *job, const struct xml_node *domain, const struct xml_node *devices)
{
	static const char *const always[] = { "acpi", "apic", "pae" };
	const struct xml_node *features = xml_child(domain, "features"), *clock = xml_child(domain, "clock");
	const struct xml_node *loader = xml_child(xml_child(domain, "os"), "loader");

	add_boot_order(job, xml_child(domain, "os"));
	if (xml_attribute_is(loader, "type", "pflash") || xml_attribute_is(xml_child(domain, "os"), "firmware", "efi"))
		add(job, "firmware", loader ? &loader->place : &domain->place, "uefi");
	if (xml_child(features, "viridian"))
		add(job, "viridian", &xml_child(features, "viridian")->place, "1");
	for (size_t i = 0; clock && i < clock->nr_children; i++) {
		if (xml_attribute_is(clock->children[i], "name", "hpet"))
			add(job, "hpet", &clock->children[i]->place,
			    xml_attribute_is(clock->children[i], "present", "no") ? "0" : "1");
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		if (!xml_child(features, always[i]))
			job_note(job, REPORT_GUEST, &domain->place,
				 "<features/%s>: is not there, and the guest would have it", always[i]);
	}
	for (size_t i = 0; devices && i < devices->nr_children; i++) {
		if (!strcmp(devices->children[i]->name, "input"))
			add_input(job, devices->children[i]);
	}
	if (xml_child(devices, "video"))
		add_video(job, xml_child(devices, "video"));
}

/* One list for each vCPU: that of its vcpupin, or that of vcpu for all. */
static void add_cpus(struct job *job, const struct xml_node *domain, const struct xml_node *vcpu, unsigned long vcpus)
{
	const struct xml_node *tune = xml_child(domain, "cputune");
	const char *all = xml_attribute(vcpu, "cpuset");
	struct xl_setting *setting;
	struct xl_value *value;

	if (!xml_child(tune, "vcpupin")) {
		add(job, "cpus", &vcpu->place, all);
		return;
	}
	setting = vcpus && vcpus <= 4096 ? add(job, "cpus", &tune->place, "") : NULL;
	if (!setting)
		return;
	value = &setting->value;
	free(auto_take(value->text));
	value->list = true;
	value->items = calloc(vcpus, sizeof(*value->items));
	job->report->failed = job->report->failed || !value->items;
	for (; value->items && value->nr < vcpus; value->nr++) {
		value->items[value->nr] = (struct xl_value){ .place = tune->place, .text = strdup(all ? all : "all") };
		job->report->failed = job->report->failed || !value->items[value->nr].text;
	}
	for (size_t i = 0; i < tune->nr_children && !job->report->failed; i++) {
		const struct xml_node *pin = tune->children[i];
		const char *number = xml_attribute(pin, "vcpu"), *cpus = xml_attribute(pin, "cpuset");
		unsigned long n = number ? strtoul(number, NULL, 10) : vcpus;

		if (strcmp(pin->name, "vcpupin") || !cpus || n >= vcpus)
			continue;
		free(value->items[n].text);
		value->items[n] = (struct xl_value){ .place = pin->place, .text = strdup(cpus) };
		job->report->failed = job->report->failed || !value->items[n].text;
	}
}

static void add_vcpus(struct job *job, const struct xml_node *domain)
{
	const struct xml_node *vcpu = xml_child(domain, "vcpu");
	const char *current = xml_attribute(vcpu, "current");

	if (!vcpu)
		return;
	add(job, current ? "maxvcpus" : "vcpus", &vcpu->place, vcpu->text ? vcpu->text : "1");
	add(job, "vcpus", &vcpu->place, current);
	add_cpus(job, domain, vcpu, vcpu->text ? strtoul(vcpu->text, NULL, 10) : 1);
}

/* Limits are attributes of the controller xenbus. */
static void add_limits(struct job *job, const struct xml_node *devices)
{
	for (size_t i = 0; devices && i < devices->nr_children; i++) {
		struct xml_node *node = devices->children[i];

		if (strcmp(node->name, "controller") || !xml_attribute_is(node, "type", "xenbus"))
			continue;
		add(job, "max_grant_frames", &node->place, xml_attribute(node, "maxGrantFrames"));
		add(job, "max_event_channels", &node->place, xml_attribute(node, "maxEventChannels"));
		job_note(job, REPORT_TAKEN, &node->place, "<devices/controller type='xenbus'>: became limits");
		node->told = true;
	}
}

/* A size with its unit, which is KiB where none is given, in KiB; 0 if it is none. */
static uint64_t size_kib(const struct xml_node *node)
{
	static const struct { const char *name; uint64_t bytes; } units[] = {
		{ "b", 1 }, { "bytes", 1 }, { "KB", 1000 }, { "k", 1024 }, { "KiB", 1024 },
		{ "MB", 1000000 }, { "M", 1 << 20 }, { "MiB", 1 << 20 }, { "GB", 1000000000 }, { "G", 1 << 30 },
		{ "GiB", 1 << 30 }, { "TB", UINT64_C(1000000000000) }, { "T", UINT64_C(1) << 40 },
		{ "TiB", UINT64_C(1) << 40 },
	};
	const char *unit = xml_attribute(node, "unit") ? xml_attribute(node, "unit") : "KiB";
	char *end = NULL;
	uint64_t value;

	errno = 0;
	value = node->text ? strtoull(node->text, &end, 10) : 0;
	if (errno || !end || *end || value > UINT64_C(1) << 50)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!strcmp(unit, units[i].name))
			return value > (UINT64_C(1) << 62) / units[i].bytes ? 0 : value * units[i].bytes / 1024;
	}
	return 0;
}

static void convert_memory(struct job *job, const struct xml_node *domain)
{
	const struct xml_node *memory = xml_child(domain, "memory"), *current = xml_child(domain, "currentMemory");
	uint64_t max = memory ? size_kib(memory) : 0, target = current ? size_kib(current) : max;
	const struct cfg_place *place = memory ? &memory->place : &domain->place;

	if (!max || !target) {
		job_error(job, place, "<memory>: there is none, or it is not a size that libvirt knows");
		return;
	}
	/* libvirt allows less for the maximum than for what is in use, and then takes the maximum. */
	target = target > max ? max : target;
	draft_open(&job->draft, place, "memory", '{');
	draft_plain(&job->draft, current ? &current->place : place, "target", "%" PRIu64 "KiB", target);
	if (target != max)
		draft_plain(&job->draft, place, "max", "%" PRIu64 "KiB", max);
	draft_close(&job->draft, '}');
}

static void tell_same(struct job *job, struct xml_node *node, const char *path)
{
	job_note(job, REPORT_NOTHING, &node->place, "<%s>: nothing is lost with this value", path);
	node->told = true;
}

/* The clock is the same where it has UTC, and no timer says anything of the TSC. */
static void tell_clock(struct job *job, const struct xml_node *domain)
{
	struct xml_node *clock = xml_child(domain, "clock");
	const char *offset = xml_attribute(clock, "offset"), *adjustment = xml_attribute(clock, "adjustment");
	bool same = offset && !strcmp(offset, "utc");

	if (offset && !strcmp(offset, "variable"))
		same = (!adjustment || !strcmp(adjustment, "0")) && !xml_attribute_is(clock, "basis", "localtime");

	for (size_t i = 0; clock && i < clock->nr_children; i++) {
		const struct xml_node *timer = clock->children[i];

		same = same && !(xml_attribute_is(timer, "name", "tsc") && xml_attribute(timer, "mode"));
	}
	if (same)
		tell_same(job, clock, "clock");
}

/* The first serial port is the guest's console. */
static void tell_serial(struct job *job, const struct xml_node *domain)
{
	struct xml_node *serial = xml_child(xml_child(domain, "devices"), "serial");

	if (serial && job->becomes == XL_TYPE_HVM && xml_attribute_is(serial, "type", "pty"))
		tell_same(job, serial, "devices/serial");
}

/* Elements with values with which nothing is lost. */
static void tell_harmless(struct job *job, const struct xml_node *domain)
{
	struct xml_node *features = xml_child(domain, "features"), *hap = xml_child(features, "hap");
	struct xml_node *passthrough = xml_child(xml_child(features, "xen"), "passthrough"), *cpu = xml_child(domain, "cpu");
	const char *mode = xml_attribute(cpu, "mode");

	tell_clock(job, domain);
	tell_serial(job, domain);
	if (mode && !cpu->nr_children && (!strcmp(mode, "host-passthrough") || !strcmp(mode, "host-model")))
		tell_same(job, cpu, "cpu");
	if (hap && !xml_attribute_is(hap, "state", "off"))
		tell_same(job, hap, "features/hap");
	if (xml_attribute_is(passthrough, "state", "off"))
		tell_same(job, passthrough, "features/xen/passthrough");
}

static void convert_domain(struct job *job, struct xml_node *domain)
{
	struct xml_node *os = xml_child(domain, "os"), *devices = xml_child(domain, "devices");

	add_child(job, domain, "name", "name");
	add_child(job, domain, "uuid", "uuid");
	add_type(job, os);
	add_boot(job, domain);
	add_vcpus(job, domain);
	add_limits(job, devices);
	add_child(job, domain, "on_poweroff", "on_poweroff");
	add_child(job, domain, "on_reboot", "on_reboot");
	add_child(job, domain, "on_crash", "on_crash");
	if (job->report->failed || !job_convert_type(job))
		return;
	if (job->becomes == XL_TYPE_HVM)
		add_pc(job, domain, devices);
	draft_begin(&job->draft);
	job_convert_identity(job);
	job_convert_vcpus(job);
	convert_memory(job, domain);
	job_convert_boot(job);
	job_convert_pc(job);
	job_convert_events(job);
	job_convert_limits(job);
	virt_convert_devices(job, devices);
	draft_end(&job->draft);
	tell_harmless(job, domain);
	virt_account(job, domain);
}

void virt_convert(struct job *job)
{
	struct xml_node *domain = xml_parse(job->report);

	if (!domain)
		return;
	if (strcmp(domain->name, "domain"))
		job_error(job, &domain->place, "<%s>: is no domain of libvirt's", domain->name);
	else if (!xml_attribute_is(domain, "type", "xen"))
		job_error(job, &domain->place, "this domain is not of the type `xen`");
	else
		convert_domain(job, domain);
	xml_free(domain);
}
