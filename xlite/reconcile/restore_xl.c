/* SPDX-License-Identifier: GPL-2.0-or-later
 * From libxl's configuration of a domain to a spec. libxl writes down a key when it is not at its default; one that is not
 * in the tables here, and is not empty, is refused by its name: what a guest has must not vanish while it sleeps.
 */
#include "xlite/reconcile/restore_xl.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"

/* Anybody's words, for a terminal. */
static const char *shown(const char *word)
{
	for (const char *at = word; *at; at++) {
		if (*at < ' ' || *at > '~')
			return "a word that cannot be shown";
	}
	return word;
}

static int refuse(struct xlite_error *err, const char *where, const char *key)
{
	xlite_error_status(err, -EINVAL, XLITE_BAD_SPEC,
			   "the configuration of xl's in it has %s%s%s, which no spec can say", where,
			   *where ? "." : "", shown(key));
	xlite_error_hint(err, "`xl restore' can restore it; or --spec FILE gives a spec that does without");
	return -EINVAL;
}

static bool is_empty(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) || (json_is_object(value) && !json_object_size(value)) ||
	       (json_is_array(value) && !json_array_size(value)) || (json_is_string(value) && !*json_string_value(value)) ||
	       (json_is_integer(value) && !json_integer_value(value)) ||
	       (json_is_string(value) && !strcmp(json_string_value(value), "False"));
}

/* A string of YAML in double quotes is one of JSON. */
static void put_quoted(struct buf *spec, const char *text)
{
	json_t *string = json_string(text);
	char *quoted = json_dumps(string, JSON_ENCODE_ANY);

	if (quoted)
		buf_puts(spec, quoted);
	else
		spec->failed = true;
	free(quoted);
	json_decref(string);
}

static void put_text(struct buf *spec, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || !*text)
		return;
	buf_printf(spec, "%s: ", key);
	put_quoted(spec, text);
	buf_puts(spec, "\n");
}

static const json_t *at(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(at(object, key));

	return text ? text : "";
}

static bool is_among(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(word, *words))
			return true;
	}
	return false;
}

/* Keys of the object that are not in the list, and say something. */
static int check_keys(const json_t *object, const char *where, const char *const *known, struct xlite_error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		if (!is_among(key, known) && !is_empty(value))
			return refuse(err, where, key);
	}
	return 0;
}

static const char *const root_keys[] = {
	"c_info", "b_info", "disks", "nics", "on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset", NULL,
};
static const char *const create_keys[] = { "type",      "name",          "uuid",        "run_hotplug_scripts",
					   "pool_name", "driver_domain", "passthrough", "ssid_label",
					   "hap",       "oos",           NULL };
/* Below: what is written, then what a domain that has booted has already, or its memory and context hold. */
static const char *const build_keys[] = {
	"max_vcpus", "avail_vcpus", "max_memkb", "target_memkb", "kernel", "ramdisk", "cmdline", "sched_params",
	"event_channels",
	"max_grant_frames", "max_grant_version", "type.pvh", "vcpu_hard_affinity", "vcpu_soft_affinity",
	"shadow_memkb", "iommu_memkb", "video_memkb", "exec_ssidref", "localtime", "disable_migrate", "numa_placement",
	"claim_mode",
	"device_model_version", "device_model_stubdomain", "max_maptrack_frames", "arch_arm", "arch_x86", "extra",
	"tee", "timer_mode",
	"apic", "nested_hvm", "vmtrace_buf_kb", "rtc_timeoffset", "cpuid", "dm_restrict",
	"blkdev_start", "u.pvh", "acpi", "bootloader_args", "device_model_user", "vpmu", NULL,
};
static const char *const sched_keys[] = { "sched", "weight", "cap", "budget", "extratime", "period", "slice", "latency", NULL };
static const char *const disk_keys[] = {
	"pdev_path", "vdev", "backend", "format", "script", "removable", "readwrite", "is_cdrom", "discard_enable",
	"direct_io_safe",
	"colo_port", "trusted", "specification", "transport", "base", "irq", NULL,
};
static const char *const nic_keys[] = {
	"devid", "mtu", "mac", "ip", "bridge", "ifname", "script", "nictype", "gatewaydev", "model", "rate_bytes_per_interval",
	"rate_interval_usecs", "trusted", NULL,
};

static void write_memory(struct buf *spec, const json_t *build)
{
	json_int_t max = json_integer_value(at(build, "max_memkb")), target = json_integer_value(at(build, "target_memkb"));

	target = target > 0 ? target : max;
	buf_printf(spec, "memory: {target: %lldKiB, max: %lldKiB}\n", (long long)target & ~3LL,
		   (long long)(max > target ? max : target) & ~3LL);
}

/* Of each vCPU. */
static void write_cpus(struct buf *spec, const char *key, const json_t *vcpus)
{
	if (!json_array_size(vcpus))
		return;
	buf_printf(spec, ", %s: [", key);
	for (size_t i = 0; i < json_array_size(vcpus); i++) {
		const json_t *cpus = json_array_get(vcpus, i);

		buf_puts(spec, json_array_size(cpus) ? "\"" : "\"all");
		for (size_t k = 0; k < json_array_size(cpus); k++)
			buf_printf(spec, "%s%lld", k ? "," : "", (long long)json_integer_value(json_array_get(cpus, k)));
		buf_puts(spec, "\", ");
	}
	buf_puts(spec, "]");
}

static void write_vcpus(struct buf *spec, const json_t *build)
{
	json_int_t max = json_integer_value(at(build, "max_vcpus"));
	size_t online = json_array_size(at(build, "avail_vcpus"));

	max = max > 0 ? max : 1;
	buf_printf(spec, "vcpus: {max: %lld, online: %zu", (long long)max, online ? online : (size_t)max);
	write_cpus(spec, "affinity", at(build, "vcpu_hard_affinity"));
	write_cpus(spec, "soft_affinity", at(build, "vcpu_soft_affinity"));
	buf_puts(spec, "}\n");
}

/* "name: number, ..." of those that say something; libxl's -1 and 0 are its defaults. */
struct number {
	const char *libxl, *key;
};

static void write_numbers(struct buf *spec, const json_t *object, const struct number *numbers, size_t nr)
{
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		json_int_t number = json_integer_value(at(object, numbers[i].libxl));

		if (number <= 0)
			continue;
		buf_printf(spec, "%s%s: %lld", any ? ", " : "", numbers[i].key, (long long)number);
		any = true;
	}
}

static int write_build(struct buf *spec, const json_t *build, struct xlite_error *err)
{
	static const struct number sched[] = { { "weight", "weight" }, { "cap", "cap" } };
	static const struct number limits[] = {
		{ "event_channels", "event_channels" },
		{ "max_grant_frames", "grant_frames" },
		{ "max_grant_version", "grant_version" },
	};
	int rc = check_keys(build, "b_info", build_keys, err);

	if (!rc)
		rc = check_keys(at(build, "sched_params"), "b_info.sched_params", sched_keys, err);
	if (rc)
		return rc;
	write_vcpus(spec, build);
	write_memory(spec, build);
	put_text(spec, "kernel", at(build, "kernel"));
	put_text(spec, "ramdisk", at(build, "ramdisk"));
	put_text(spec, "cmdline", at(build, "cmdline"));
	buf_puts(spec, "scheduler: {");
	write_numbers(spec, at(build, "sched_params"), sched, ARRAY_SIZE(sched));
	buf_puts(spec, "}\nlimits: {");
	write_numbers(spec, build, limits, ARRAY_SIZE(limits));
	buf_puts(spec, "}\n");
	return 0;
}

/* libxl's format and backend; a script that is not Xen's own is kept. */
static int write_disk(struct buf *spec, const json_t *disk, struct xlite_error *err)
{
	const char *format = text_at(disk, "format"), *script = text_at(disk, "script"), *source = text_at(disk, "pdev_path");
	bool cdrom = json_integer_value(at(disk, "is_cdrom"));
	int rc = check_keys(disk, "disks", disk_keys, err);

	if (!rc && *format && !is_among(format, (const char *const[]){ "raw", "qcow2", "empty", "unknown", NULL }))
		rc = refuse(err, "disks.format", format);
	if (rc)
		return rc;
	buf_puts(spec, "  - {vdev: ");
	put_quoted(spec, text_at(disk, "vdev"));
	if (*source) {
		buf_puts(spec, ", source: ");
		put_quoted(spec, source);
	}
	/* The guest has had it as that. */
	if (*source && (!strcmp(format, "raw") || !strcmp(format, "qcow2")))
		buf_printf(spec, ", format: %s", format);
	if (*script && strcmp(script, "block") && strcmp(script, "/etc/xen/scripts/block")) {
		buf_puts(spec, ", script: ");
		put_quoted(spec, script);
	}
	buf_printf(spec, "%s%s}\n", !cdrom && !json_integer_value(at(disk, "readwrite")) ? ", mode: ro" : "",
		   cdrom ? ", cdrom: true" : "");
	return 0;
}

static int write_nic(struct buf *spec, const json_t *nic, struct xlite_error *err)
{
	static const char *const plain[] = { "", "vif-bridge", "/etc/xen/scripts/vif-bridge", NULL };
	const char *script = text_at(nic, "script"), *bridge = text_at(nic, "bridge");
	json_int_t bytes = json_integer_value(at(nic, "rate_bytes_per_interval")),
		   us = json_integer_value(at(nic, "rate_interval_usecs"));
	int rc = check_keys(nic, "nics", nic_keys, err);

	if (!rc && !*bridge)
		rc = refuse(err, "nics", is_among(script, plain) ? "no bridge" : script);
	if (rc)
		return rc;
	buf_puts(spec, "  - {bridge: ");
	put_quoted(spec, bridge);
	buf_puts(spec, ", mac: ");
	put_quoted(spec, text_at(nic, "mac"));
	if (!is_among(script, plain)) {
		buf_puts(spec, ", script: ");
		put_quoted(spec, script);
	}
	if (*text_at(nic, "ifname")) {
		buf_puts(spec, ", ifname: ");
		put_quoted(spec, text_at(nic, "ifname"));
	}
	/* Xen's scripts take several, with spaces between. */
	if (*text_at(nic, "ip")) {
		buf_puts(spec, ", ip: [");
		for (const char *ip = text_at(nic, "ip"); *ip; ip += strspn(ip, " ")) {
			buf_puts(spec, "\"");
			buf_add(spec, ip, strcspn(ip, " \"\\"));
			buf_puts(spec, "\", ");
			ip += strcspn(ip, " ");
		}
		buf_puts(spec, "]");
	}
	if (json_integer_value(at(nic, "mtu")) > 0 && json_integer_value(at(nic, "mtu")) != 1500)
		buf_printf(spec, ", mtu: %lld", (long long)json_integer_value(at(nic, "mtu")));
	if (bytes > 0 && us > 0)
		buf_printf(spec, ", rate: %llub/s@%lldus", (unsigned long long)((double)bytes * 8e6 / (double)us),
			   (long long)us);
	buf_puts(spec, "}\n");
	return 0;
}

static int write_list(struct buf *spec, const json_t *list, const char *key,
		      int (*write)(struct buf *spec, const json_t *item, struct xlite_error *err), struct xlite_error *err)
{
	int rc = 0;

	if (json_array_size(list))
		buf_printf(spec, "%s:\n", key);
	for (size_t i = 0; i < json_array_size(list) && !rc; i++)
		rc = write(spec, json_array_get(list, i), err);
	return rc;
}

/* libxl's words that ours can say; the others have a word that comes after them. */
static void write_actions(struct buf *spec, const json_t *root)
{
	static const char *const keys[] = { "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset" };
	static const struct { const char *libxl, *word; } words[] = {
		{ "destroy", "destroy" }, { "restart", "restart" }, { "preserve", "preserve" }, { "restart_rename", "restart" },
		{ "coredump_destroy", "destroy" }, { "coredump_restart", "restart" }, { "soft_reset", "restart" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
			if (!strcmp(text_at(root, keys[i]), words[k].libxl))
				buf_printf(spec, "%s: %s\n", keys[i], words[k].word);
		}
	}
}

int restore_xl_spec(const json_t *root, struct buf *spec, struct xlite_error *err)
{
	const json_t *create = at(root, "c_info");
	int rc = check_keys(root, "", root_keys, err);

	if (!rc)
		rc = check_keys(create, "c_info", create_keys, err);
	if (!rc && strcmp(text_at(create, "type"), "pvh")) {
		xlite_error_status(err, -EOPNOTSUPP, XLITE_BAD_SPEC,
				   "it is of type %.20s, and only PVH domains can be restored yet",
				   *text_at(create, "type") ? shown(text_at(create, "type")) : "unknown");
		xlite_error_hint(err, "`xl restore' can restore it");
		rc = -EOPNOTSUPP;
	}
	if (rc)
		return rc;
	put_text(spec, "name", at(create, "name"));
	put_text(spec, "uuid", at(create, "uuid"));
	put_text(spec, "pool", at(create, "pool_name"));
	rc = write_build(spec, at(root, "b_info"), err);
	if (!rc)
		rc = write_list(spec, at(root, "disks"), "vbds", write_disk, err);
	if (!rc)
		rc = write_list(spec, at(root, "nics"), "vifs", write_nic, err);
	write_actions(spec, root);
	return rc || !spec->failed ? rc : xlite_error_set(err, -ENOMEM, "out of memory");
}
