/* SPDX-License-Identifier: GPL-2.0-or-later
 * What stands in xl's header of a saved domain: libxl's configuration in JSON (tools/libs/light/libxl_types.idl), so that
 * `xl restore' can build the domain; and, in a key that it passes over, the spec.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/cfg.h"
#include "common/auto.h"
#include "common/mac.h"
#include "xlite/lib/save.h"
#include "xlite/reconcile/guest_type.h"
#include "xlite/reconcile/save.h"

static void put_text(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
}

static void put_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static json_t *create_info(const struct state_domain *domain)
{
	const struct cfg_domain *spec = domain->spec;
	json_t *info = json_object();
	char uuid[37];

	xlite_uuid_text(spec->uuid, uuid);
	put_text(info, "type", guest_type_of(spec->type)->note);
	put_text(info, "name", spec->name);
	put_text(info, "uuid", uuid);
	put_text(info, "pool_name", spec->pool);
	return info;
}

static json_t *build_info(const struct cfg_domain *spec)
{
	json_t *info = json_object(), *vcpus = json_array(), *sched = json_object();
	auto_buf struct buf type = BUF_INIT;

	put_number(info, "max_vcpus", spec->vcpus_max);
	for (unsigned i = 0; i < spec->vcpus_online; i++)
		json_array_append_new(vcpus, json_integer(i));
	json_object_set_new(info, "avail_vcpus", vcpus);
	put_number(info, "max_memkb", spec->max_memory_kib);
	put_number(info, "target_memkb", spec->memory_kib);
	put_number(sched, "weight", spec->weight);
	put_number(sched, "cap", spec->cap);
	json_object_set_new(info, "sched_params", sched);
	put_number(info, "event_channels", spec->max_event_channels);
	put_text(info, "kernel", spec->kernel);
	put_text(info, "ramdisk", spec->ramdisk);
	put_text(info, "cmdline", spec->cmdline);
	buf_printf(&type, "type.%s", guest_type_of(spec->type)->note);
	json_object_set_new(info, buf_str(&type), json_object());
	return info;
}

static json_t *disks(const struct cfg_domain *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->nr_vbds; i++) {
		const struct cfg_vbd *vbd = &spec->vbds[i];
		json_t *disk = json_object();

		put_text(disk, "pdev_path", vbd->source);
		put_text(disk, "vdev", vbd->vdev);
		put_text(disk, "format", !vbd->source ? "empty" : vbd->format == CFG_FORMAT_QCOW2 ? "qcow2" : "raw");
		put_text(disk, "script", vbd->script);
		put_number(disk, "readwrite", vbd->mode == CFG_VBD_RW);
		put_number(disk, "removable", vbd->cdrom);
		put_number(disk, "is_cdrom", vbd->cdrom);
		json_array_append_new(list, disk);
	}
	return list;
}

static json_t *nics(const struct cfg_domain *spec)
{
	json_t *list = json_array();

	for (size_t i = 0; i < spec->nr_vifs; i++) {
		const struct cfg_vif *vif = &spec->vifs[i];
		json_t *nic = json_object();
		char mac[MAC_TEXT];

		put_number(nic, "devid", i);
		put_text(nic, "mac", mac_text(vif->mac, mac));
		put_text(nic, "bridge", vif->kind == CFG_VIF_ROUTE ? NULL : vif->target);
		put_text(nic, "script", vif->script ? vif->script : vif->kind == CFG_VIF_ROUTE ? "vif-route" : NULL);
		put_text(nic, "ifname", vif->ifname);
		put_text(nic, "gatewaydev", vif->gatewaydev);
		put_text(nic, "nictype", "vif");
		if (vif->mtu)
			put_number(nic, "mtu", vif->mtu);
		json_array_append_new(list, nic);
	}
	return list;
}

static void put_actions(json_t *root, const struct cfg_domain *spec)
{
	static const char *const names[] = {
		[CFG_ACTION_DESTROY] = "destroy", [CFG_ACTION_RESTART] = "restart", [CFG_ACTION_PRESERVE] = "preserve",
		[CFG_ACTION_RENAME_RESTART] = "restart_rename", [CFG_ACTION_COREDUMP_DESTROY] = "coredump_destroy",
		[CFG_ACTION_COREDUMP_RESTART] = "coredump_restart",
	};

	put_text(root, "on_poweroff", names[spec->on_poweroff]);
	put_text(root, "on_reboot", names[spec->on_reboot]);
	put_text(root, "on_crash", names[spec->on_crash]);
	put_text(root, "on_watchdog", names[spec->on_watchdog]);
	put_text(root, "on_soft_reset", names[spec->on_soft_reset]);
}

/* The spec as it is now, or with what was there while it ran. */
static int put_spec(json_t *own, const char *key, const struct cfg_domain *spec)
{
	struct cfg_domain *copy = cfg_domain_copy(spec);
	auto_buf struct buf text = BUF_INIT;

	if (!copy)
		return -ENOMEM;
	copy->state = CFG_STATE_RUNNING;
	cfg_print(copy, false, &text);
	cfg_domain_free(copy);
	return text.failed || json_object_set_new(own, key, json_string(buf_str(&text))) ? -ENOMEM : 0;
}

static json_t *own_part(const struct state_domain *domain)
{
	json_t *own = json_object();

	put_number(own, "format", 1);
	put_text(own, "set", domain->record.set);
	if (put_spec(own, "spec", domain->spec) || (domain->next && put_spec(own, "next", domain->next))) {
		json_decref(own);
		return NULL;
	}
	return own;
}

int save_text(const struct state_domain *domain, struct buf *out, struct xlite_error *err)
{
	json_t *root = json_object();
	char *text = NULL;

	json_object_set_new(root, "c_info", create_info(domain));
	json_object_set_new(root, "b_info", build_info(domain->spec));
	json_object_set_new(root, "disks", disks(domain->spec));
	json_object_set_new(root, "nics", nics(domain->spec));
	put_actions(root, domain->spec);
	if (!json_object_set_new(root, "x-xlite", own_part(domain)))
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	if (text)
		buf_puts(out, text);
	free(text);
	return text && !out->failed ? 0 : xlite_error_set(err, -ENOMEM, "out of memory");
}
