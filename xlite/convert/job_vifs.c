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

/* The script by which the interface is connected, without the folder that Xen's are in. */
static const char *script_of(const struct job *job, const struct xl_vif *vif)
{
	const char *script = vif->script ? vif->script : job->defaults->script;

	if (!script || !*script)
		return "vif-bridge";
	return strncmp(script, SCRIPTS, strlen(SCRIPTS)) ? script : script + strlen(SCRIPTS);
}

static void write_ips(struct job *job, const struct cfg_place *place, const char *ip)
{
	auto_free char *copy = strdup(ip);
	char *rest;

	job->report->failed = job->report->failed || !copy;
	draft_open(&job->draft, place, "ip", '[');
	for (char *one = copy ? strtok_r(copy, " \t\n", &rest) : NULL; one; one = strtok_r(NULL, " \t\n", &rest))
		draft_text(&job->draft, place, NULL, one);
	draft_close(&job->draft, ']');
	draft_plain(&job->draft, place, "filter", "false");
	job_note(job, REPORT_HOST, place,
		 "vif: ip=%s: the guest can use other addresses as well, as with xl; remove `filter: false` to prevent it", ip);
}

/* Where the interface leads to. */
static void write_target(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	const char *script = script_of(job, vif), *bridge = vif->bridge ? vif->bridge : job->defaults->bridge;
	const char *device = vif->gatewaydev ? vif->gatewaydev : job->defaults->gatewaydev;

	if (!strcmp(script, "vif-route")) {
		draft_text(&job->draft, place, "route", device && *device ? device : "eth0");
		if (!device || !*device)
			job_note(job, REPORT_UNKNOWN, place,
				 "vif: the script vif-route takes eth0 where no gatewaydev is given");
		return;
	}
	if (!strcmp(script, "vif-nat")) {
		job_error(job, place,
			  "vif: the script vif-nat has no counterpart: describe a network of mode nat, and make the vif one of it");
		return;
	}
	draft_text(&job->draft, place, "bridge", bridge && *bridge ? bridge : "xenbr0");
	if (strcmp(script, "vif-bridge"))
		draft_text(&job->draft, place, "script", script);
}

static void write_mac(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	char mac[18];

	if (!vif->mac)
		job_note(job, REPORT_NOTHING, place,
			 "vif: xl makes up another MAC address each time, xlite derives it from the uuid");
	else if (xl_vif_mac(vif->mac, mac))
		draft_text(&job->draft, place, "mac", mac);
	else
		job_error(job, place, "vif: mac=%s is not a MAC address", vif->mac);
}

static void write_rate(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	auto_buf struct buf rate = BUF_INIT;
	const char *fault = vif->rate ? xl_vif_rate(vif->rate, &rate) : NULL;

	if (fault)
		job_error(job, place, "vif: rate=%s %s", vif->rate, fault);
	else if (rate.len)
		draft_text(&job->draft, place, "rate", buf_str(&rate));
}

/* A number as xl reads it, what stands behind it left out. */
static void write_mtu(struct job *job, const struct cfg_place *place, const struct xl_vif *vif)
{
	char *end;
	unsigned long mtu = vif->mtu ? strtoul(vif->mtu, &end, 10) : 0;

	if (vif->mtu && end == vif->mtu)
		job_error(job, place, "vif: mtu=%s is not a number", vif->mtu);
	else if (vif->mtu)
		draft_plain(&job->draft, place, "mtu", "%lu", mtu);
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
	if (vif->vlan)
		draft_plain(&job->draft, place, "vlan", "%u", vlan);
	if (trunk.len)
		draft_text(&job->draft, place, "trunk", buf_str(&trunk));
}

/* What has no counterpart. */
static void tell_vif(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, size_t position)
{
	const char *backend = vif->backend ? vif->backend : job->defaults->backend;
	bool emulated = (vif->type && !strcmp(vif->type, "ioemu")) || vif->model;
	char *end;

	if (backend && !job_is_dom0(backend))
		job_error(job, place, "vif: backend=%s: xlite connects interfaces to domain 0 only", backend);
	if (vif->unknown)
		job_note(job, REPORT_GUEST, place, "vif: xl does not know `%s`, and ignores it%s", vif->unknown,
			 strchr(vif->unknown, '=') ? "" : "; several addresses of ip have blanks between them");
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
	if (emulated)
		job_note(job, job->type == XL_TYPE_HVM ? REPORT_HOST : REPORT_NOTHING, place,
			 "vif: PVH guests have no emulated interface (type, model)");
}

void job_write_vif(struct job *job, const struct cfg_place *place, const struct xl_vif *vif, size_t position)
{
	draft_line(&job->draft, place->line);
	draft_open(&job->draft, place, NULL, '{');
	write_target(job, place, vif);
	write_mac(job, place, vif);
	if (vif->vifname && *vif->vifname)
		draft_text(&job->draft, place, "ifname", vif->vifname);
	if (vif->ip && *vif->ip)
		write_ips(job, place, vif->ip);
	write_rate(job, place, vif);
	write_mtu(job, place, vif);
	write_vlan(job, place, vif);
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
