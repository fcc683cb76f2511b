/* SPDX-License-Identifier: GPL-2.0-or-later
 * The functions of hotplug/ as commands, for the Bats suites on the host and in the lab. Prints what it
 * got on stdout, an error's code, message and hint on stderr; ends with the error's exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/disk.h"
#include "hotplug/link.h"
#include "hotplug/lock.h"
#include "hotplug/qemu.h"
#include "hotplug/script.h"
#include "hotplug/spawn.h"
#include "tests/tools/hotplug-tool.h"

#define DEADLINE_MS 3000

static void print_link(const struct hotplug_link *link)
{
	const uint8_t *m = link->mac;

	printf("name=%s ifindex=%d master=%d mtu=%u up=%d bridge=%d mac=%02x:%02x:%02x:%02x:%02x:%02x\n", link->name,
	       link->ifindex, link->master, link->mtu, link->up, link->bridge, m[0], m[1], m[2], m[3], m[4], m[5]);
}

/* Keeps what is held for as many milliseconds as text says. */
static void hold(const char *text)
{
	long ms = text ? strtol(text, NULL, 10) : 0;

	fflush(stdout);
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static int64_t deadline(const char *ms)
{
	return clock_deadline_ms(ms ? strtol(ms, NULL, 10) : DEADLINE_MS);
}

static int with_net(int (*fn)(struct hotplug_net *net, char **args, struct xlite_error *err), char **args,
		    struct xlite_error *err)
{
	struct hotplug_net *net;
	int ret = hotplug_net_open(&net, err);

	if (ret)
		return ret;
	ret = fn(net, args, err);
	hotplug_net_close(net);
	return ret;
}

static int do_link_get(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_link link;
	int ret = hotplug_link_get(net, args[0], &link, err);

	if (!ret)
		print_link(&link);
	return ret;
}

static int do_bridge_check(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_link link;
	int ret = hotplug_bridge_check(net, args[0], &link, err);

	if (!ret)
		print_link(&link);
	return ret;
}

static int do_link_wait(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_link link;
	int ret = hotplug_link_subscribe(net, err);

	if (!ret)
		ret = hotplug_link_wait(net, args[0], deadline(args[1]), &link, err);
	if (!ret)
		print_link(&link);
	return ret;
}

/* VIF BRIDGE [MTU [VLAN]]: all of an attachment, as apply does it. */
static int do_vif_bridge(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	struct hotplug_vif_options options = { .mtu = args[2] ? (unsigned)strtoul(args[2], NULL, 10) : 0,
					       .vlan = args[2] && args[3] ? (unsigned)strtoul(args[3], NULL, 10) : 0 };
	struct hotplug_link vif, bridge;
	int ret = hotplug_bridge_find(net, args[1], &bridge, err);

	if (!ret)
		ret = hotplug_link_subscribe(net, err);
	if (!ret)
		ret = hotplug_link_wait(net, args[0], deadline(NULL), &vif, err);
	if (!ret)
		ret = hotplug_vif_bridge(net, &vif, &bridge, &options, err);
	return ret;
}

static int do_vif_offline(struct hotplug_net *net, char **args, struct xlite_error *err)
{
	return hotplug_vif_offline(net, args[0], err);
}

static int cmd_link_get(char **args, struct xlite_error *err)
{
	return with_net(do_link_get, args, err);
}

static int cmd_bridge_check(char **args, struct xlite_error *err)
{
	return with_net(do_bridge_check, args, err);
}

static int cmd_link_wait(char **args, struct xlite_error *err)
{
	return with_net(do_link_wait, args, err);
}

static int cmd_vif_bridge(char **args, struct xlite_error *err)
{
	return with_net(do_vif_bridge, args, err);
}

static int cmd_vif_offline(char **args, struct xlite_error *err)
{
	return with_net(do_vif_offline, args, err);
}

/* SOURCE [DEVICE]: where domid 7 has DEVICE. */
static int cmd_disk_resolve(char **args, struct xlite_error *err)
{
	char path[PATH_MAX];
	struct hotplug_disk_claim claim = { .who = "domid 7" };
	const struct hotplug_disk_claims claims = { &claim, 1 };
	struct stat st;
	int ret;

	if (args[1] && stat(args[1], &st))
		return xlite_error_sys(err, -errno, "%s", args[1]);
	claim.dev = args[1] ? st.st_rdev : 0;
	ret = hotplug_disk_resolve(args[0], args[1] ? &claims : NULL, path, sizeof(path), err);

	if (!ret)
		printf("%s\n", path);
	return ret;
}

static void print_disk(const struct hotplug_disk *disk)
{
	printf("path=%s dev=%x:%x loop=%d readonly=%d bytes=%llu file=%llx:%llu\n", disk->path, disk->major, disk->minor,
	       disk->loop, disk->readonly, (unsigned long long)disk->bytes, (unsigned long long)disk->file_dev,
	       (unsigned long long)disk->file_ino);
}

/* The mode is a word of r or w, s for shared, d for direct, b for raw as said, q for qcow2. */
static struct hotplug_disk_source disk_source(char **args)
{
	const char *mode = args[1] ? args[1] : "w";

	return (struct hotplug_disk_source){ .source = args[0], .readonly = strchr(mode, 'r'), .shared = strchr(mode, 's'),
					     .direct = strchr(mode, 'd'), .raw = strchr(mode, 'b'),
					     .qcow2 = strchr(mode, 'q') };
}

static int cmd_disk_check(char **args, struct xlite_error *err)
{
	struct hotplug_disk_source source = disk_source(args);
	struct hotplug_disk disk;
	int ret = hotplug_disk_check(&source, &disk, err);

	if (!ret)
		print_disk(&disk);
	return ret;
}

/* SOURCE MODE [MS]: held open for MS milliseconds. */
static int cmd_disk_open(char **args, struct xlite_error *err)
{
	struct hotplug_disk_source source = disk_source(args);
	struct hotplug_disk disk;
	int ret = hotplug_disk_open(&source, &disk, err);

	if (ret)
		return ret;
	print_disk(&disk);
	hold(args[1] ? args[2] : NULL);
	hotplug_disk_close(&disk);
	return 0;
}

/* DEVICE SOURCE: what the source is by now. */
static int cmd_disk_look(char **args, struct xlite_error *err)
{
	struct hotplug_disk_now now;

	if (!hotplug_disk_look(args[0], args[1], &now))
		return xlite_error_set(err, -ENODATA, "nothing is known of it");
	printf("other=%d offered=%llu bytes=%llu\n", now.other, (unsigned long long)now.offered, (unsigned long long)now.bytes);
	return 0;
}

/* PID SOURCE */
static int cmd_disk_other_in(char **args, struct xlite_error *err)
{
	puts(hotplug_disk_other_in((pid_t)atoi(args[0]), args[1]) ? "other" : "same or unknown");
	return 0;
}

/* DOMID DEVID [MS] */
static int cmd_disk_wait(char **args, struct xlite_error *err)
{
	return hotplug_disk_wait_backend((uint32_t)strtoul(args[0], NULL, 10), (unsigned)strtoul(args[1], NULL, 10),
					 deadline(args[2]), err);
}

/* SCRIPT ACTION MS [NAME=value...] */
static int cmd_script(char **args, struct xlite_error *err)
{
	return hotplug_script_run(args[0], args[1], (const char *const *)args + 3, deadline(args[2]), err);
}

/* SCRIPT DOMID DEVID MS: vif, then vbd, with the environment made for each. */
static int script_device(char **args, const char *action, char **env, struct xlite_error *err)
{
	int ret = env ? hotplug_script_run(args[0], action, (const char *const *)env, deadline(args[3]), err) : -ENOMEM;

	free(env);
	return ret;
}

static int cmd_script_vif(char **args, struct xlite_error *err)
{
	return script_device(args, "online", hotplug_script_env_vif(args[0], (uint32_t)atoi(args[1]), (unsigned)atoi(args[2]),
								    args[4]), err);
}

static int cmd_script_vbd(char **args, struct xlite_error *err)
{
	return script_device(args, "add", hotplug_script_env_vbd(args[0], (uint32_t)atoi(args[1]), (unsigned)atoi(args[2])),
			     err);
}

static int confined(const struct jail *jail, char **args, struct xlite_error *err)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;
	int ret = spawn_confined(&pid, jail, args[0], (const char *const *)args, env, null, 1, 2);

	if (ret)
		return xlite_error_sys(err, ret, "start %s", args[0]);
	ret = spawn_reap(pid);
	return ret ? xlite_error_set(err, -EIO, "it ended with %d", ret) : 0;
}

/* PROGRAM [ARGUMENT...]: without root's powers, and waited for. */
static int cmd_confined(char **args, struct xlite_error *err)
{
	return confined(NULL, args, err);
}

/* FOLDER PROGRAM [ARGUMENT...]: as QEMU is started. */
static int cmd_jailed(char **args, struct xlite_error *err)
{
	const struct jail jail = { .program = args[1], .folder = args[0] };

	return confined(&jail, args + 1, err);
}

/* FOLDER PROGRAM [ARGUMENT...]: as a device model is. */
static int cmd_jailed_model(char **args, struct xlite_error *err)
{
	const struct jail jail = { .program = args[1], .folder = args[0], .control = true };

	return confined(&jail, args + 1, err);
}

/* DOMID UUID */
static int cmd_qemu_end(char **args, struct xlite_error *err)
{
	struct hotplug_qemu of = { .domid = (uint32_t)strtoul(args[0], NULL, 10) };

	snprintf(of.uuid, sizeof(of.uuid), "%s", args[1]);
	return hotplug_qemu_end(&of, clock_deadline_ms(DEADLINE_MS), err);
}

/* PID FOLDER */
static int cmd_jail_show(char **args, struct xlite_error *err)
{
	return jail_show((pid_t)atoi(args[0]), args[1], err);
}

/* OWN XL WAIT-MS HOLD-MS */
static int cmd_lock(char **args, struct xlite_error *err)
{
	struct hotplug_lock lock = HOTPLUG_LOCK_INIT;
	int ret = hotplug_lock_take_at(&lock, args[0], args[1], deadline(args[2]), err);

	if (ret)
		return ret;
	puts("held");
	hold(args[3]);
	hotplug_lock_release(&lock);
	return 0;
}

static const struct tool_command commands[] = {
	{ "link-get", 1, cmd_link_get },
	{ "link-wait", 1, cmd_link_wait },
	{ "bridge-check", 1, cmd_bridge_check },
	{ "vif-bridge", 2, cmd_vif_bridge },
	{ "vif-offline", 1, cmd_vif_offline },
	{ "disk-resolve", 1, cmd_disk_resolve },
	{ "disk-check", 1, cmd_disk_check },
	{ "disk-open", 1, cmd_disk_open },
	{ "disk-look", 2, cmd_disk_look },
	{ "disk-other-in", 2, cmd_disk_other_in },
	{ "disk-wait", 2, cmd_disk_wait },
	{ "script", 3, cmd_script },
	{ "script-vif", 4, cmd_script_vif },
	{ "script-vbd", 4, cmd_script_vbd },
	{ "confined", 1, cmd_confined },
	{ "jailed", 2, cmd_jailed },
	{ "jailed-model", 2, cmd_jailed_model },
	{ "qemu-end", 2, cmd_qemu_end },
	{ "jail-show", 2, cmd_jail_show },
	{ "lock", 4, cmd_lock },
};

static const struct tool_command *find(const struct tool_command *list, size_t nr, int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < nr; i++) {
		if (!strcmp(argv[1], list[i].name) && argc - 2 >= list[i].args)
			return &list[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct tool_command *command = find(commands, ARRAY_SIZE(commands), argc, argv);
	struct xlite_error err = { 0 };
	int ret;

	if (!command)
		command = find(tool_network, tool_network_nr, argc, argv);
	if (!command)
		command = find(tool_nft, tool_nft_nr, argc, argv);
	if (!command)
		command = find(tool_volume, tool_volume_nr, argc, argv);
	if (!command) {
		fprintf(stderr, "usage: hotplug-tool COMMAND ARGUMENTS...\n");
		return XLITE_USAGE;
	}
	ret = command->run(argv + 2, &err);
	if (!ret && err.code)
		fprintf(stderr, "bug: succeeded, but the error says %d: %s\n", err.code, err.message);
	if (!ret)
		return 0;
	fprintf(stderr, "%s: %s\n", strerrorname_np(-ret), err.message);
	if (err.hint[0])
		fprintf(stderr, "hint: %s\n", err.hint);
	if (err.code != ret)
		fprintf(stderr, "bug: returned %d, but the error says %d\n", ret, err.code);
	return (int)xlite_error_exit(&err);
}
