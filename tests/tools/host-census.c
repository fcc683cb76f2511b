/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints what lab/census prints, in one program: a test in dom0 ends with it, and under emulation each program that is started
 * costs some tenths of a second. tests/lab/devices.bats compares the two.
 *   host-census [settled]
 */
/* Without it the headers give Xen 3's numbers. */
#define __XEN_TOOLS__ 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xen/event_channel.h>
#include <xen/sys/privcmd.h>
#include <xen/xen.h>

#include "common/auto.h"
#include "xlite/lib/store.h"
#include "xlite/lib/xen.h"

/* With more domains XenStore is listed by its upper folders only. */
#define MANY 8
#define PROCESSES 1024

static char **lines;
static size_t nr_lines, room;
static bool settled;

static void die(const char *what)
{
	fprintf(stderr, "host-census: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void line(const char *fmt, ...)
{
	va_list ap;

	if (nr_lines == room) {
		room = room ? room * 2 : 256;
		lines = realloc(lines, room * sizeof(*lines));
	}
	va_start(ap, fmt);
	if (!lines || vasprintf(&lines[nr_lines++], fmt, ap) < 0)
		die("memory");
	va_end(ap);
}

static const char *base(const char *path)
{
	return strrchr(path, '/') + 1;
}

static void loops(void)
{
	glob_t found;

	if (glob("/sys/block/loop*/loop/backing_file", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		auto_fclose FILE *f = fopen(found.gl_pathv[i], "re");
		char backing[4096];

		if (!f || !fgets(backing, sizeof(backing), f))
			continue;
		backing[strcspn(backing, "\n")] = '\0';
		line("loop %.*s %s", (int)strcspn(found.gl_pathv[i] + 11, "/"), found.gl_pathv[i] + 11, backing);
	}
	globfree(&found);
}

static void links(void)
{
	glob_t found;

	if (!glob("/sys/class/net/*", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			line("link %s", base(found.gl_pathv[i]));
		globfree(&found);
	}
	if (!glob("/sys/class/net/*/brif/*", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			line("port %.*s %s", (int)strcspn(found.gl_pathv[i] + 15, "/"), found.gl_pathv[i] + 15,
			     base(found.gl_pathv[i]));
		globfree(&found);
	}
}

static void domains(struct xlite_store *store, const struct xlite_domain_info *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		char path[64];
		auto_free char *name = NULL;

		snprintf(path, sizeof(path), "/local/domain/%u/name", list[i].domid);
		xlite_store_read(store, 0, path, &name, NULL, NULL);
		line("domain %u %s%s", list[i].domid, name ? name : "(null)", list[i].dying ? " dying" : "");
	}
}

/* What the first domain of all leaves. */
static bool is_settled(const char *path)
{
	static const char backend[] = "/local/domain/0/backend";

	if (!settled)
		return false;
	if (!strcmp(path, "/libxl") || !strcmp(path, "/vm") || !strcmp(path, backend))
		return true;
	return !strncmp(path, backend, strlen(backend)) && path[strlen(backend)] == '/' &&
	       strspn(path + strlen(backend) + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(path + strlen(backend) + 1);
}

/* A level of the tree at a time, in one flight. */
static void nodes(struct xlite_store *store)
{
	struct xlite_store_batch *batch = xlite_store_batch_new();
	size_t found = 0;
	char **level = calloc(1, sizeof(*level)), **next;
	size_t nr = 1;
	const char *child;

	if (!batch || !level || !(level[0] = strdup("")))
		die("memory");
	while (nr) {
		size_t nr_next = 0, next_room = 0;

		next = NULL;
		xlite_store_batch_clear(batch);
		for (size_t i = 0; i < nr; i++)
			xlite_store_batch_list(batch, "%s", *level[i] ? level[i] : "/");
		if (xlite_store_batch_run(store, batch, NULL))
			die("XenStore");
		for (size_t i = 0; i < nr; i++) {
			for (size_t k = 0; (child = xlite_store_batch_child(batch, i, k)); k++, found++) {
				if (nr_next == next_room) {
					next_room = next_room ? next_room * 2 : 64;
					next = realloc(next, next_room * sizeof(*next));
				}
				if (!next || asprintf(&next[nr_next], "%s/%s", level[i], child) < 0)
					die("memory");
				if (!is_settled(next[nr_next]))
					line("xenstore %s", next[nr_next]);
				nr_next++;
			}
			free(level[i]);
		}
		free(level);
		level = next;
		nr = nr_next;
	}
	free(level);
	xlite_store_batch_free(batch);
	if (found && !settled)
		line("xenstore-nodes %zu", found);
}

static void folders(struct xlite_store *store)
{
	static const char *const upper[] = { "/local/domain", "/libxl", "/vm", "/xlite", "/local/domain/0/backend/vif",
					     "/local/domain/0/backend/vbd", "/tool" };
	struct xlite_store_batch *batch = xlite_store_batch_new();
	const char *child;

	if (!batch)
		die("memory");
	for (size_t i = 0; i < ARRAY_SIZE(upper); i++)
		xlite_store_batch_list(batch, "%s", upper[i]);
	if (xlite_store_batch_run(store, batch, NULL))
		die("XenStore");
	for (size_t i = 0; i < ARRAY_SIZE(upper); i++) {
		for (size_t k = 0; (child = xlite_store_batch_child(batch, i, k)); k++)
			line("xenstore %s/%s", upper[i], child);
	}
	xlite_store_batch_free(batch);
}

/* EVTCHNOP_status of each port of dom0 (xen/event_channel.h), up to the first that cannot be. */
static void event_channels(void)
{
	auto_close int privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC),
		       memory = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	struct evtchn_status *status = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	unsigned nr = 0;

	if (privcmd < 0 || status == MAP_FAILED)
		die("/dev/xen");
	for (unsigned port = 0; port < 131072; port++) {
		struct privcmd_hypercall call = { .op = __HYPERVISOR_event_channel_op,
						  .arg = { EVTCHNOP_status, (uintptr_t)status } };

		*status = (struct evtchn_status){ .dom = DOMID_SELF, .port = port };
		if (ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0) {
			if (!port)
				die("event channels");
			break;
		}
		nr += status->status == EVTCHNSTAT_interdomain;
	}
	munmap(status, 4096);
	line("evtchn-interdomain %u", nr);
}

/* Whether nf_tables has a table; also where that cannot be told. */
static bool has_tables(void)
{
	struct {
		struct nlmsghdr head;
		struct nfgenmsg of;
	} ask = { { sizeof(ask), NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		  { AF_UNSPEC, NFNETLINK_V0, 0 } };
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} answer;

	if (fd < 0 || send(fd, &ask, sizeof(ask), 0) != sizeof(ask) ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer.head))
		return true;
	return answer.head.nlmsg_type != NLMSG_DONE;
}

/* Asking would load the firewall's modules where nobody has used it yet. */
static void firewall(void)
{
	char text[4096];
	FILE *f;

	if (access("/sys/module/nf_tables", F_OK) || !has_tables())
		return;
	f = popen("exec nft -s list ruleset", "re");
	while (f && fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = '\0';
		line("nft %s", text);
	}
	if (!f || pclose(f))
		die("nft");
}

struct process {
	int pid, parent;
	char state, name[32];
};

static bool read_process(const char *pid, struct process *process)
{
	char path[280], text[512], *begin, *end;
	auto_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (!begin || !end)
		return false;
	*end = '\0';
	process->pid = atoi(text);
	snprintf(process->name, sizeof(process->name), "%s", begin + 1);
	return sscanf(end + 1, " %c %d", &process->state, &process->parent) == 2;
}

static const struct process *find_process(const struct process *all, size_t nr, int pid)
{
	for (size_t i = 0; i < nr; i++) {
		if (all[i].pid == pid)
			return &all[i];
	}
	return NULL;
}

/* Whether of is pid, or descends from it. */
static bool is_of(const struct process *all, size_t nr, const struct process *of, int pid)
{
	while (of && of->pid != pid && of->pid > 1)
		of = find_process(all, nr, of->parent);
	return of && of->pid == pid;
}

/* All but the kernel's threads, this one with its children, those that wait for it, and the ssh sessions, which come and go. */
static void processes(void)
{
	static struct process all[PROCESSES];
	const struct process *self;
	const struct dirent *entry;
	DIR *proc = opendir("/proc");
	size_t nr = 0;

	if (!proc)
		die("/proc");
	while ((entry = readdir(proc)) && nr < PROCESSES) {
		if (strchr("123456789", entry->d_name[0]) && read_process(entry->d_name, &all[nr]))
			nr++;
	}
	closedir(proc);
	self = find_process(all, nr, getpid());
	for (size_t i = 0; i < nr; i++) {
		const struct process *p = &all[i];

		if (p->pid == 2 || p->parent == 2 || !strcmp(p->name, "dropbear") || is_of(all, nr, p, getpid()) ||
		    (p->pid > 1 && is_of(all, nr, self, p->pid)))
			continue;
		/* A child of it that has ended, and is about to be waited for. */
		if (!strcmp(p->name, "xenconsoled") && p->state == 'Z')
			continue;
		line("process %s%s", p->name, p->state == 'Z' ? " zombie" : "");
	}
}

static int take_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	static const char *const left[] = { "/run/lock/xl", "/run/xlite/lock", "/run/xlite/objects", "/run/xlite/watch",
					    "/run/xlite/confirm" };

	(void)st;
	(void)where;
	if (kind == FTW_D || kind == FTW_DNR || kind == FTW_NS)
		return 0;
	for (size_t i = 0; settled && i < ARRAY_SIZE(left); i++) {
		if (!strcmp(path, left[i]))
			return 0;
	}
	line("file %s", path);
	return 0;
}

static void files(void)
{
	static const char *const roots[] = { "/run/xlite", "/run/lock", "/run/xen-hotplug", "/var/lib/xen" };

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		nftw(roots[i], take_file, 16, FTW_PHYS);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
	struct xlite_store *store;
	struct xlite_xen *xen;
	struct xlite_domain_info *list;
	struct xlite_error err = { 0 };
	size_t nr;

	settled = argc > 1 && !strcmp(argv[1], "settled");
	if (xlite_xen_open(&xen, &err) || xlite_store_open(&store, &err) || xlite_domain_list(xen, &list, &nr, &err)) {
		fprintf(stderr, "host-census: %s\n", err.message);
		return 1;
	}
	loops();
	links();
	domains(store, list, nr);
	if (nr <= MANY + 1)
		nodes(store);
	else
		folders(store);
	event_channels();
	firewall();
	processes();
	files();
	qsort(lines, nr_lines, sizeof(*lines), compare);
	for (size_t i = 0; i < nr_lines; i++)
		puts(lines[i]);
	return 0;
}
