/* SPDX-License-Identifier: GPL-2.0-or-later
 * A domain's process: started, found, ended. Its standard input is the locked file: the lock (fcntl(2), "Open file description
 * locks") is held by nothing else once we have closed it, so it says more than a number in a file could.
 */
#include "hotplug/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"
#include "common/clock.h"
#include "hotplug/jail.h"
#include "hotplug/spawn.h"

#define ROOT "/run/xlite"
#define PAUSE_NS (5 * NS_PER_MS)
/** How long the kernel may need to end a process that was killed; it may wait for a disk. */
#define KILLED_MS 20000

static const char *const own_files[] = { "pid", "log", "lock" };

const char *process_path(const struct process *of, const char *file, char path[PROCESS_PATH])
{
	snprintf(path, PROCESS_PATH, ROOT "/%s/%u-%.36s%s%s", of->kind, of->domid, of->uuid, *file ? "/" : "", file);
	return path;
}

bool process_known(const struct process *of)
{
	char path[PROCESS_PATH];

	return !access(process_path(of, "", path), F_OK);
}

bool process_runs(const struct process *of)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char path[PROCESS_PATH];
	auto_close int fd = open(process_path(of, "lock", path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

pid_t process_number(const struct process *of)
{
	char path[PROCESS_PATH], proc[48];
	auto_fclose FILE *f = fopen(process_path(of, "pid", path), "re");
	struct stat lock, input;
	int pid = 0;

	if (!f || fscanf(f, "%d", &pid) != 1 || pid <= 1)
		return 0;
	snprintf(proc, sizeof(proc), "/proc/%d/fd/0", pid);
	if (stat(process_path(of, "lock", path), &lock) || stat(proc, &input))
		return 0;
	return lock.st_dev == input.st_dev && lock.st_ino == input.st_ino ? (pid_t)pid : 0;
}

void process_last_words(const struct process *of, char *words, size_t size)
{
	char path[PROCESS_PATH], line[256];
	auto_fclose FILE *f = fopen(process_path(of, "log", path), "re");

	snprintf(words, size, "it did not say why");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		for (char *c = line; *c; c++) {
			if (*c < ' ' || *c > '~')
				*c = '?';
		}
		if (*line)
			snprintf(words, size, "%s", line);
	}
}

static int folder_make(const struct process *of, struct xlite_error *err)
{
	char path[PROCESS_PATH];

	mkdir(ROOT, 0755);
	snprintf(path, sizeof(path), ROOT "/%s", of->kind);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return xlite_error_sys(err, -errno, "create %s", path);
	if (mkdir(process_path(of, "", path), 0700) < 0 && errno != EEXIST)
		return xlite_error_sys(err, -errno, "create %s", path);
	return 0;
}

static void files_remove(const struct process *of, const char *const *files)
{
	char path[PROCESS_PATH];

	for (; *files; files++)
		unlink(process_path(of, *files, path));
}

int process_prepare(const struct process *of, const char *const *files, int *lock, struct xlite_error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PROCESS_PATH];
	auto_close int fd = -1;
	int ret = folder_make(of, err);

	*lock = -1;
	if (ret)
		return ret;
	fd = open(process_path(of, "lock", path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return xlite_error_sys(err, -errno, "create %s", path);
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0)
		return errno == EAGAIN || errno == EACCES ? 0 : xlite_error_sys(err, -errno, "lock %s", path);
	unlink(process_path(of, "pid", path));
	files_remove(of, files);
	*lock = fd;
	fd = -1;
	return 0;
}

int process_start(const struct process *of, const char *const argv[], const char *const envp[], int lock,
		  const struct jail *more, pid_t *pid, struct xlite_error *err)
{
	char folder[PROCESS_PATH], path[PROCESS_PATH];
	struct jail jail = more ? *more : (struct jail){ 0 };
	auto_close int log = open(process_path(of, "log", path),
				  O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int ret;

	if (log < 0)
		return xlite_error_sys(err, -errno, "create %s", path);
	jail.program = argv[0];
	jail.folder = process_path(of, "", folder);
	ret = spawn_confined(pid, &jail, argv[0], argv, envp, lock, log, log);
	return ret ? xlite_error_sys(err, ret, "start %s", argv[0]) : 0;
}

bool process_wait_end(const struct process *of, int64_t deadline_ns)
{
	while (process_runs(of)) {
		if (clock_now_ns() >= deadline_ns)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	return true;
}

/* The process is looked at once more when its pidfd is held: a number that was given away meanwhile is not killed. */
int process_kill(const struct process *of, pid_t pid, struct xlite_error *err)
{
	auto_close int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	if (pidfd >= 0 && process_number(of) == pid)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (!process_wait_end(of, clock_deadline_ms(KILLED_MS)))
		return xlite_error_set(err, -ETIMEDOUT, "the %s of domid %u does not end", of->title, of->domid);
	return 0;
}

void process_forget(const struct process *of, const char *const *files)
{
	char path[PROCESS_PATH];

	files_remove(of, files);
	for (size_t i = 0; i < ARRAY_SIZE(own_files); i++)
		unlink(process_path(of, own_files[i], path));
	rmdir(process_path(of, "", path));
}

int process_each(const char *kind, int (*each)(void *arg, uint32_t domid, const char *uuid), void *arg)
{
	char path[PROCESS_PATH], uuid[37];
	struct dirent *entry;
	unsigned domid;
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), ROOT "/%s", kind);
	dir = opendir(path);
	while (dir && !ret && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "%u-%36s", &domid, uuid) == 2)
			ret = each(arg, domid, uuid);
	}
	if (dir)
		closedir(dir);
	return ret;
}
