/* SPDX-License-Identifier: GPL-2.0-or-later
 * The list of interfaces. What Xen's own scripts do is done by xlite itself; others are called.
 */
#include "xlite/convert/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cfg/value.h"
#include "common/auto.h"
#include "xlite/convert/xl_vif.h"

#define SCRIPTS "/etc/xen/scripts/"
#define PROGRAMS "xlite-"	/* before the name of the script whose place the program takes */

/* How an interface is connected: by a script of Xen's, or by xlite's program in its place, which always filters. */
struct way {
	const char *script;	/* of Xen's scripts the name, of others what the file says */
	bool own;
};

/* The name of a program of xlite's without what makes it one, wherever it is installed; NULL for others. */
static const char *script_replaced(const char *script)
{
	static const char *const names[] = { "vif-bridge", "vif-route", "vif-nat" };
	const char *slash = strrchr(script, '/'), *name = slash ? slash + 1 : script;

	if (strncmp(name, PROGRAMS, strlen(PROGRAMS)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name + strlen(PROGRAMS), names[i]))
			return names[i];
	}
	return NULL;
}

static struct way way_of(const struct job *job, const struct xl_vif *vif)
{
	const char *script = vif->script ? vif->script : job->defaults->script, *replaced;

	if (!script || !*script)
		return (struct way){ "vif-bridge", false };
	replaced = script_replaced(script);
	if (replaced)
		return (struct way){ replaced, true };
	return (struct way){ strncmp(script, SCRIPTS, strlen(SCRIPTS)) ? script : script + strlen(SCRIPTS), false };
}

/* How the file says what was written last; other syntaxes than xl's do it otherwise. */
static void said(struct job *job, const struct xl_vif *vif, const char *parameter, const char *value)
{
	if (vif->text && value)
		draft_said(&job->draft, "vif: %s=%s", parameter, value);
}

static void write_ips(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, const struct way *way)
{
	auto_free char *copy = strdup(vif->ip);
	char *rest;

	job->report->failed = job->report->failed || !copy;
	draft_open(&job->draft, place, "ip", '[');
	for (char *one = copy ? strtok_r(copy, " \t\n", &rest) : NULL; one; one = strtok_r(NULL, " \t\n", &rest)) {
		draft_text(&job->draft, place, NULL, one);
		said(job, vif, "ip", one);
	}
	draft_close(&job->draft, ']');
	if (way->own)
		return;
	draft_plain(&job->draft, place, "filter", "false");
	job_note(job, REPORT_HOST, place,
		 "vif: ip=%s: the guest can use other addresses as well, as with xl; remove `filter: false` to prevent it",
		 vif->ip);
}

/*
 * The script vif-openvswitch reads VLANs from the bridge's name: BRIDGE.VLAN:TRUNK:TRUNK. A port that has lost its trunks
 * carries all VLANs, which nobody can want, so not even --force leaves them out.
 */
static bool has_trunks(const char *script, const char *bridge)
{
	return strstr(script, "openvswitch") && bridge && strchr(bridge, ':');
}

static void write_bridge(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, const char *script)
{
	const char *bridge = vif->bridge ? vif->bridge : job->defaults->bridge;

	if (has_trunks(script, bridge)) {
		job_error(job, place, "vif: bridge=%s: the VLANs behind `:` have no counterpart with %s, and without them the "
			  "guest would have all VLANs; on a bridge of Linux they are `vlan=`", bridge, script);
		return;
	}
	draft_text(&job->draft, place, "bridge", bridge && *bridge ? bridge : "xenbr0");
	said(job, vif, "bridge", vif->bridge);
	if (!strcmp(script, "vif-bridge"))
		return;
	draft_text(&job->draft, place, "script", script);
	said(job, vif, "script", vif->script);
}

/* Where the interface leads to. */
static void write_target(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, const struct way *way)
{
	const char *device = vif->gatewaydev ? vif->gatewaydev : job->defaults->gatewaydev;

	if (!strcmp(way->script, "vif-nat")) {
		job_error(job, place, "vif: the script %svif-nat has no counterpart: describe a network of mode nat, and make "
			  "the vif one of it", way->own ? PROGRAMS : "");
		return;
	}
	if (strcmp(way->script, "vif-route")) {
		write_bridge(job, place, vif, way->script);
		return;
	}
	draft_text(&job->draft, place, "route", device && *device ? device : "eth0");
	said(job, vif, "gatewaydev", vif->gatewaydev);
	if (!device || !*device)
		job_note(job, REPORT_UNKNOWN, place, "vif: the script vif-route takes eth0 where no gatewaydev is given");
}

static void write_mac(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	char mac[18];

	if (!vif->mac)
		job_note(job, REPORT_NOTHING, place,
			 "vif: xl makes up another MAC address each time, xlite derives it from the uuid");
	else if (!xl_vif_mac(vif->mac, mac))
		job_error(job, place, "vif: mac=%s is not a MAC address", vif->mac);
	else
		draft_text(&job->draft, place, "mac", mac);
	said(job, vif, "mac", vif->mac);
}

static void write_rate(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	auto_buf struct buf rate = BUF_INIT;
	const char *fault = vif->rate ? xl_vif_rate(vif->rate, &rate) : NULL;

	if (fault)
		job_error(job, place, "vif: rate=%s %s", vif->rate, fault);
	if (fault || !rate.len)
		return;
	draft_text(&job->draft, place, "rate", buf_str(&rate));
	said(job, vif, "rate", vif->rate);
}

/* A number as xl reads it, what stands behind it left out. */
static void write_mtu(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	char *end;
	unsigned long mtu = vif->mtu ? strtoul(vif->mtu, &end, 10) : 0;

	if (vif->mtu && end == vif->mtu)
		job_error(job, place, "vif: mtu=%s is not a number", vif->mtu);
	if (!vif->mtu || end == vif->mtu)
		return;
	draft_plain(&job->draft, place, "mtu", "%lu", mtu);
	said(job, vif, "mtu", vif->mtu);
}

/* The VLANs without a tag and with one. */
static void write_vlan(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	auto_buf struct buf trunk = BUF_INIT;
	unsigned vlan = 0;
	const char *fault = vif->vlan ? xl_vif_vlans(vif->vlan, &vlan, &trunk) : NULL;

	if (fault) {
		job_error(job, place, "vif: vlan=%s %s", vif->vlan, fault);
		return;
	}
	if (!vif->vlan)
		return;
	draft_plain(&job->draft, place, "vlan", "%u", vlan);
	said(job, vif, "vlan", vif->vlan);
	if (!trunk.len)
		return;
	draft_text(&job->draft, place, "trunk", buf_str(&trunk));
	said(job, vif, "vlan", vif->vlan);
}

/* The emulated card beside the interface; xl's is a Realtek card where the file says nothing. */
static void write_model(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, const struct way *way)
{
	const char *model = vif->model && *vif->model ? vif->model : "rtl8139";
	bool plain = !vif->rate && !strcmp(way->script, "vif-bridge");

	if (job->becomes != XL_TYPE_HVM)
		return;
	if (vif->type && !strcmp(vif->type, "vif")) {
		draft_plain(&job->draft, place, "model", "none");
	} else if (!plain) {
		job_note(job, REPORT_GUEST, place,
			 "vif: model=%s has no counterpart: beside an interface with `route`, `rate` or `script` there "
			 "is no emulated card",
			 model);
	} else if (strcmp(model, "rtl8139") && strcmp(model, "e1000")) {
		job_note(job, REPORT_GUEST, place, "vif: model=%s has no counterpart: the guest gets an e1000", model);
	} else {
		draft_plain(&job->draft, place, "model", "%s", model);
		said(job, vif, "model", vif->model);
	}
}

/* What has no counterpart. */
static void tell_vif(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, size_t position)
{
	const char *backend = vif->backend ? vif->backend : job->defaults->backend;
	bool emulated = (vif->type && !strcmp(vif->type, "ioemu")) || vif->model;
	char *end;

	if (backend && !job_is_dom0(backend))
		job_error(job, place, "vif: backend=%s: xlite connects interfaces to domain 0 only", backend);
	for (size_t i = 0; i < vif->nr_faults; i++)
		job_note(job, REPORT_UNKNOWN, place, "vif: %s: %s", vif->faults[i].part, vif->faults[i].why);
	if (vif->untrusted)
		job_note(job, REPORT_GUEST, place,
			 "vif: untrusted has no counterpart: the guest is not told to distrust the backend");
	if (vif->colo)
		job_note(job, REPORT_GUEST, place, "vif: COLO has no counterpart: packets are not mirrored");
	if (vif->accel)
		job_note(job, REPORT_NOTHING, place, "vif: accel: xl ignores it");
	if (vif->devid && (strtoul(vif->devid, &end, 10) != position || *end))
		job_note(job, REPORT_GUEST, place,
			 "vif: devid=%s has no counterpart: the interface has the number of its position, %zu", vif->devid,
			 position);
	if (emulated && job->becomes != XL_TYPE_HVM)
		job_note(job, job->type == XL_TYPE_HVM ? REPORT_HOST : REPORT_NOTHING, place,
			 "vif: PVH guests have no emulated interface (type, model)");
}

void job_write_vif(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, size_t position)
{
	const struct way way = way_of(job, vif);

	draft_line(&job->draft, place->line);
	draft_open(&job->draft, place, NULL, '{');
	write_target(job, place, vif, &way);
	write_mac(job, place, vif);
	if (vif->vifname && *vif->vifname) {
		draft_text(&job->draft, place, "ifname", vif->vifname);
		said(job, vif, "vifname", vif->vifname);
	}
	if (vif->ip && *vif->ip)
		write_ips(job, place, vif, &way);
	write_rate(job, place, vif);
	write_mtu(job, place, vif);
	write_vlan(job, place, vif);
	write_model(job, place, vif, &way);
	draft_close(&job->draft, '}');
	tell_vif(job, place, vif, position);
}

static void convert_vif(struct job *job, const struct xl_value *value, size_t position)
{
	struct xl_vif vif = { 0 };

	job->report->failed = job->report->failed || xl_vif_parse(&vif, value->text);
	job_write_vif(job, &value->place, &vif, position);
	xl_vif_clear(&vif);
}

void job_convert_vifs(struct job *job)
{
	const struct xl_value *list = job_list(job, "vif");

	if (!list || !list->nr)
		return;
	draft_open(&job->draft, &list->place, "vifs", '[');
	for (size_t i = 0; i < list->nr; i++)
		convert_vif(job, &list->items[i], i);
	draft_close(&job->draft, ']');
}
