/* SPDX-License-Identifier: GPL-2.0-or-later
 * Making GRUB's image by grub-mkimage(1), from files in memory to one in memory.
 */
#include "hotplug/grub.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/grub_int.h"
#include "hotplug/spawn.h"

#define DEADLINE_MS 120000

/* Debian's and its children's, then those of others. */
static const char *const modules[] = {
	"/usr/lib/grub/i386-xen_pvh", "/usr/share/grub2/i386-xen_pvh", "/usr/lib/grub2/i386-xen_pvh", NULL,
};
static const char *const programs[] = { "/usr/bin/grub-mkimage", "/usr/bin/grub2-mkimage", "/usr/sbin/grub-mkimage", NULL };
static const char *const images[] = { "/usr/lib/grub-xen/grub-i386-xen_pvh.bin", NULL };
const struct hotplug_grub_places hotplug_grub_places = { "PVH", "i386-xen_pvh", modules, programs, images };
static const char *const modules_pv[] = {
	"/usr/lib/grub/x86_64-xen", "/usr/share/grub2/x86_64-xen", "/usr/lib/grub2/x86_64-xen", NULL,
};
static const char *const images_pv[] = { "/usr/lib/grub-xen/grub-x86_64-xen.bin", NULL };
const struct hotplug_grub_places hotplug_grub_places_pv = { "PV", "x86_64-xen", modules_pv, programs, images_pv };

static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };

/*
 * What grub.cfg uses, and what those on disks do. There is no other place for GRUB to load them from: a disk's own are for
 * another platform, or release. Not every release has all. The module linux and what needs it are on the
 * image's disk, since grub.cfg takes it out for a while.
 */
static const char *const wanted[] = {
	/* Of the configuration. */
	"normal", "configfile", "memdisk", "tar", "regexp", "test", "true", "echo", "eval", "sleep", "halt", "reboot",
	"loadenv", "minicmd",
	"search", "search_fs_file", "search_fs_uuid", "search_label", "syslinuxcfg", "blsuki",
	/* Needed by those on the image's disk, linux and legacycfg. */
	"relocator", "video", "mmap", "file", "elf", "crypto", "gcry_md5", "password",
	/* Partitions, volumes, file systems. */
	"part_gpt", "part_msdos", "lvm", "mdraid1x", "mdraid09", "diskfilter", "raid5rec", "raid6rec", "dm_nv",
	"ext2", "xfs", "btrfs", "f2fs", "jfs", "zfs", "fat", "iso9660", "udf", "squash4", "loopback",
	/* Packed files. */
	"gzio", "xzio", "lzopio", "zstd",
	/* What configurations load or call, of use here or not: an error at each would make a menu wait. */
	"all_video", "video_fb", "gfxterm", "gfxterm_background", "gfxmenu", "font", "png", "jpeg", "tga", "gettext",
	"terminal", "cat", "ls",
	"help", "probe", "read", "date", "datetime", "password_pbkdf2", "keystatus", "cpuid", "tr",
};
/* Before the modules on grub-mkimage's command line. */
#define OPTIONS 11

static const char *first_there(const char *const *list, const char *name, int mode)
{
	char path[256];

	for (; *list; list++) {
		snprintf(path, sizeof(path), "%s%s", *list, name);
		if (!access(path, mode))
			return *list;
	}
	return NULL;
}

/* The modules' folder and the program, or the ready image; which of them is there. */
struct found {
	const char *modules, *program, *image;
};

static int look(struct found *found, const struct hotplug_grub_places *places, struct xlite_error *err)
{
	*found = (struct found){ first_there(places->modules, "/kernel.img", R_OK), first_there(places->programs, "", X_OK),
				 first_there(places->images, "", R_OK) };
	if ((found->modules && found->program) || found->image)
		return 0;
	xlite_error_set(err, -ENOENT,
			"there is no GRUB for Xen's %s guests on this host, which boots domains without `kernel' from their disks",
			places->guests);
	xlite_error_hint(err, "apt-get install grub-xen-bin; or name a kernel on the host (kernel:)");
	return -ENOENT;
}

static bool can_make(const struct found *found)
{
	return found->modules && found->program;
}

static void tell_about(struct hotplug_grub *grub, const struct found *found)
{
	if (can_make(found))
		snprintf(grub->about, sizeof(grub->about), "GRUB of %s", found->modules);
	else
		snprintf(grub->about, sizeof(grub->about), "%s", found->image);
}

/* The last line that it printed, without bytes for a terminal. */
static void read_said(int fd, char *text, size_t size)
{
	char *line;
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while (*text && text[strlen(text) - 1] == '\n')
		text[strlen(text) - 1] = '\0';
	line = strrchr(text, '\n');
	if (line)
		memmove(text, line + 1, strlen(line));
	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7f)
			*c = '?';
	}
}

static int run(const char *program, const char *const argv[], int out, struct xlite_error *err)
{
	auto_close int said = grub_file("grub-said", "", 0), pidfd = -1;
	struct pollfd end = { .events = POLLIN };
	int64_t deadline_ns = clock_deadline_ms(DEADLINE_MS);
	pid_t pid = 0;
	char text[256];
	int rc = said < 0 ? said : spawn_program(&pid, &pidfd, program, argv, environment, -1, out, said), status, n;

	end.fd = pidfd;
	do {
		n = rc ? 1 : poll(&end, 1, clock_poll_ms(deadline_ns));
	} while (n < 0 && errno == EINTR);
	if (!rc && n <= 0)
		rc = n ? -errno : -ETIMEDOUT;
	if (rc && pid)
		kill(-pid, SIGKILL);
	status = pid ? spawn_reap(pid) : 0;
	if (rc)
		return xlite_error_sys(err, rc, "run %s", program);
	if (!status)
		return 0;
	read_said(said, text, sizeof(text));
	return xlite_error_set(err, -EIO, "%s failed (status %d): %s", program, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			       *text ? text : "it did not say why");
}

/* What the program reads is open here: by our number it finds it. */
static void name_file(char *path, size_t size, int fd)
{
	snprintf(path, size, "/proc/%d/fd/%d", (int)getpid(), fd);
}

static int make(struct hotplug_grub *grub, const struct hotplug_grub_places *places, const struct found *found,
		struct xlite_error *err)
{
	static const char first[] = "normal (memdisk)/grub.cfg\n";
	auto_close int disk = grub_disk(found->modules, err), config = grub_file("grub-first", first, sizeof(first) - 1);
	const char *argv[OPTIONS + ARRAY_SIZE(wanted) + 1];
	char disk_path[32], config_path[32], module[256];
	size_t n = OPTIONS;

	if (disk < 0)
		return disk;
	grub->fd = config < 0 ? config : grub_file("grub", "", 0);
	if (grub->fd < 0)
		return xlite_error_sys(err, grub->fd, "make GRUB's image");
	name_file(disk_path, sizeof(disk_path), disk);
	name_file(config_path, sizeof(config_path), config);
	memcpy(argv,
	       (const char *const[OPTIONS]){ found->program, "-O", places->platform, "-d", found->modules, "-p",
					     "(memdisk)", "-c", config_path, "-m", disk_path },
	       OPTIONS * sizeof(*argv));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		snprintf(module, sizeof(module), "%s/%s.mod", found->modules, wanted[i]);
		if (!access(module, R_OK))
			argv[n++] = wanted[i];
	}
	argv[n] = NULL;
	return run(found->program, argv, grub->fd, err);
}

int hotplug_grub_open(struct hotplug_grub *grub, const struct hotplug_grub_places *places, struct xlite_error *err)
{
	struct found found;
	int rc = look(&found, places, err);

	*grub = (struct hotplug_grub){ .fd = -1 };
	if (rc)
		return rc;
	tell_about(grub, &found);
	if (can_make(&found)) {
		rc = make(grub, places, &found, err);
	} else {
		grub->fd = open(found.image, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		rc = grub->fd < 0 ? xlite_error_sys(err, -errno, "open %s", found.image) : 0;
	}
	if (rc)
		hotplug_grub_close(grub);
	else
		snprintf(grub->path, sizeof(grub->path), "/proc/self/fd/%d", grub->fd);
	return rc;
}

int hotplug_grub_look(struct hotplug_grub *grub, const struct hotplug_grub_places *places, struct xlite_error *err)
{
	struct found found;
	int rc = look(&found, places, err);

	*grub = (struct hotplug_grub){ .fd = -1 };
	if (!rc)
		tell_about(grub, &found);
	return rc;
}

void hotplug_grub_close(struct hotplug_grub *grub)
{
	if (grub->fd >= 0)
		close(grub->fd);
	grub->fd = -1;
}
