/* SPDX-License-Identifier: GPL-2.0-or-later
 * version and doctor: what is here, and whether it is fit to run domains.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auto.h"
#include "cfg/json.h"
#include "config.h"
#include "xlite/cli/cli.h"
#include "xlite/cli/doctor_network.h"
#include "xlite/lib/guest_type.h"
#include "xlite/reconcile/firmware.h"
#include "xlite/reconcile/observe.h"

int verb_version(struct cli *cli)
{
	struct xlite_error err = { 0 };
	struct xlite_xen *xen;
	const struct xlite_xen_version *version;

	printf("xlite %s\n", PACKAGE_VERSION);
	if (xlite_xen_open(&xen, &err)) {
		printf("hypervisor: none that can be asked (%s)\n", err.message);
		return 0;
	}
	version = xlite_xen_version(xen);
	printf("Xen %u.%u%s (domctl 0x%x, sysctl 0x%x)\n", version->major, version->minor, version->extra, version->domctl,
	       version->sysctl);
	xlite_xen_close(xen);
	return 0;
}

/* One finding: whether it is well, a sentence, and what to do where it is not. */
struct finding {
	bool good;
	char text[768], hint[384];
};

struct findings {
	struct finding *list;
	size_t nr;
	struct finding lost;	/* what there was no memory for; nr_lost counts them */
	size_t nr_lost;
};

static struct finding *find(struct findings *all, bool good, const char *text)
{
	struct finding *list = reallocarray(all->list, all->nr + 1, sizeof(*list)), *finding = &all->lost;

	if (list) {
		all->list = list;
		finding = &list[all->nr++];
	} else {
		all->nr_lost++;
	}
	memset(finding, 0, sizeof(*finding));
	finding->good = good;
	snprintf(finding->text, sizeof(finding->text), "%s", text);
	return finding;
}

static void find_error(struct findings *all, const struct xlite_error *err)
{
	struct finding *finding = find(all, false, err->message);

	snprintf(finding->hint, sizeof(finding->hint), "%s", err->hint);
}

/* A host without such domains needs none of it. */
static void check_pc(struct findings *all, const struct xlite_xen_version *version)
{
	struct firmware firmware;

	if (firmware_on(version, NULL) || firmware_find(version, CFG_FIRMWARE_BIOS, &firmware, NULL) ||
	    hotplug_qemu_check(NULL))
		return;
	find(all, true, "HVM guests can run (SeaBIOS, Xen's hvmloader and QEMU are there)");
}

static struct xlite_xen *check_xen(struct findings *all)
{
	struct xlite_error err = { 0 };
	struct xlite_host_info info;
	const struct xlite_xen_version *version;
	struct xlite_xen *xen;
	char text[256];

	if (xlite_xen_open(&xen, &err)) {
		find_error(all, &err);
		return NULL;
	}
	version = xlite_xen_version(xen);
	snprintf(text, sizeof(text), "Xen %u.%u%s, interfaces domctl 0x%x and sysctl 0x%x", version->major,
		 version->minor, version->extra, version->domctl, version->sysctl);
	find(all, true, text);
	if (xlite_host_info(xen, &info, &err)) {
		find_error(all, &err);
		return xen;
	}
	snprintf(text, sizeof(text), "%u CPUs, %llu MiB free of %llu MiB", info.nr_cpus,
		 (unsigned long long)info.free_kib / 1024, (unsigned long long)info.total_kib / 1024);
	find(all, true, text);
	if (info.hvm && info.hap)
		find(all, true, "PVH guests can run (hardware virtualisation with nested paging)");
	else
		snprintf(find(all, false, "PVH guests cannot run: no hardware virtualisation with nested paging")->hint, 384,
			 "look for SVM or VT-x in the firmware's setup, and at `xl dmesg'");
	if (!xlite_guest_supported(xen, &xlite_guest_pv, NULL))
		find(all, true, "PV guests can run");
	if (info.hvm && info.hap)
		check_pc(all, version);
	return xen;
}

static struct xlite_store *check_store(struct findings *all)
{
	struct xlite_error err = { 0 };
	struct xlite_store *store;

	if (xlite_store_open(&store, &err)) {
		find_error(all, &err);
		return NULL;
	}
	find(all, true, "XenStore answers");
	return store;
}

static void check_path(struct findings *all, const char *path, const char *good, const char *bad, const char *hint)
{
	if (!access(path, F_OK))
		find(all, true, good);
	else
		snprintf(find(all, false, bad)->hint, 384, "%s", hint);
}

static void check_devices(struct findings *all)
{
	check_path(all, "/sys/bus/xen-backend/drivers/vif", "netback is there (vifs)", "no netback: vifs cannot work",
		   "modprobe xen-netback");
	check_path(all, "/sys/bus/xen-backend/drivers/vbd", "blkback is there (vbds)", "no blkback: vbds cannot work",
		   "modprobe xen-blkback");
	check_path(all, "/dev/loop-control", "loop devices are there (disks from files)",
		   "no loop devices: disks from files cannot work", "modprobe loop");
	/* Few hosts need it. */
	if (!hotplug_qemu_check(NULL))
		find(all, true, "QEMU is there (disks of qcow2 and NBD)");
}

/* A host whose domains have kernels of its own needs none. */
static void check_grub(struct findings *all, const struct hotplug_grub_places *places)
{
	struct hotplug_grub grub;
	char text[256];

	if (hotplug_grub_look(&grub, places, NULL))
		return;
	snprintf(text, sizeof(text), "GRUB is there (%s domains without a kernel: %s)", places->guests, grub.about);
	find(all, true, text);
}

/* Who made it names it before it runs. */
static bool is_unknown(const struct state_domain *domain)
{
	return domain->info.domid && !domain->name && !state_owned(domain) && domain->info.cpu_time_ns;
}

static void check_domains(struct findings *all, struct xlite_xen *xen, struct xlite_store *store)
{
	struct xlite_error err = { 0 };
	struct host host = { .xen = xen, .store = store };
	struct state state = { 0 };
	char text[256];

	if (observe(&host, true, &state, &err)) {
		find_error(all, &err);
		return;
	}
	for (size_t i = 0; i < state.nr; i++) {
		const struct state_domain *domain = &state.domains[i];

		if (domain->info.dying) {
			snprintf(text, sizeof(text), "domid %u is dying, %llu KiB of its memory are held", domain->info.domid,
				 (unsigned long long)domain->info.mem_kib);
			snprintf(find(all, false, text)->hint, 384,
				 "it goes with the last program or backend that has it mapped");
			continue;
		}
		if (is_unknown(domain)) {
			snprintf(text, sizeof(text), "domid %u is there, and XenStore does not know it", domain->info.domid);
			snprintf(find(all, false, text)->hint, 384,
				 "if xenstored was started again, it began empty, and all guests lost it: "
				 "shut them down from inside, and reboot the host; one alone: xlite destroy %u",
				 domain->info.domid);
			continue;
		}
		if (!domain->info.domid || !state_unfinished(domain))
			continue;
		snprintf(text, sizeof(text), "domid %u (%s) was never finished", domain->info.domid,
			 domain->name ? domain->name : "no name");
		snprintf(find(all, false, text)->hint, 384, "apply its spec again, or: xlite destroy %u", domain->info.domid);
	}
	for (size_t i = 0; i < state.nr_stale; i++) {
		if (state_stale_kept(&state, i) && !state.stale[i].record.again)
			continue;
		if (state_stale_kept(&state, i)) {
			snprintf(text, sizeof(text),
				 "a domain (uuid %s) was being built anew after its end, and is not finished",
				 state.stale[i].record.uuid);
			snprintf(find(all, false, text)->hint, 384,
				 "`xlite watch' goes on with it; apply of its spec builds it, delete gives it up");
			continue;
		}
		snprintf(text, sizeof(text), "domid %u is gone, but its nodes in XenStore are not", state.stale[i].domid);
		snprintf(find(all, false, text)->hint, 384, "any `xlite apply' that changes something removes them");
	}
	for (size_t i = 0; i < state.nr_qemus; i++) {
		if (!state_qemu_orphaned(&state, i))
			continue;
		snprintf(text, sizeof(text), "domid %u is gone, but the QEMU of its disks is not", state.qemus[i].domid);
		snprintf(find(all, false, text)->hint, 384, "any `xlite apply' or `delete' ends it");
	}
	state_clear(&state);
}

static void find_network(void *ctx, bool good, const char *text, const char *hint)
{
	struct finding *finding = find(ctx, good, text);

	snprintf(finding->hint, sizeof(finding->hint), "%s", hint);
}

static void print_findings_json(const struct findings *all)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < all->nr; i++)
		json_array_append_new(list, json_pack("{s:b, s:o, s:o}", "ok", all->list[i].good, "finding",
						      cfg_json_text(all->list[i].text), "hint",
						      cfg_json_text(all->list[i].hint)));
	text = json_dumps(list, JSON_INDENT(2));
	if (text)
		puts(text);
	free(text);
	json_decref(list);
}

static int print_findings(const struct cli *cli, const struct findings *all)
{
	int status = 0;

	for (size_t i = 0; i < all->nr; i++) {
		const struct finding *finding = &all->list[i];

		if (!finding->good)
			status = XLITE_FAILED;
		if (cli->options.output == CLI_JSON)
			continue;
		printf("%s  %s\n", finding->good ? "ok  " : "FAIL", finding->text);
		if (finding->hint[0])
			printf("      hint: %s\n", finding->hint);
	}
	if (cli->options.output == CLI_JSON)
		print_findings_json(all);
	if (all->nr_lost) {
		fprintf(stderr, "xlite: out of memory: %zu findings are not shown\n", all->nr_lost);
		status = XLITE_FAILED;
	}
	return status;
}

int verb_doctor(struct cli *cli)
{
	struct findings all = { .nr = 0 };
	int status;
	struct xlite_xen *xen = check_xen(&all);
	struct xlite_store *store = check_store(&all);

	check_devices(&all);
	check_grub(&all, &hotplug_grub_places);
	check_grub(&all, &hotplug_grub_places_pv);
	if (xen && store)
		check_domains(&all, xen, store);
	if (xen && store)
		doctor_networks(xen, store, find_network, &all);
	xlite_store_close(store);
	xlite_xen_close(xen);
	status = print_findings(cli, &all);
	free(all.list);
	return status;
}
