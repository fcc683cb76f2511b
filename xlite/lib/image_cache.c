/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A folder of kernels as they unpack, each in a file whose name says what it was made of: device, inode, size, times
 * and the caller's stamp. A file has its name when it is whole, by link(2). It has no checksum: within one boot, which
 * is what the stamp is for, the kernel hands out what was written; what a power cut left is of another boot. What comes
 * out is an ELF file that is judged anew each time.
 */
#include "xlite/lib/image_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/auto.h"

#define MAGIC "xlite unpacked 1"
#define HEAD_SIZE 4096
#define SUFFIX ".unpacked"
#define BUFFER ((size_t)1 << 20)
/* No kernel unpacks to more than so many times its size in the file: that much must be free. */
#define RATIO 16

/** At the begin of a file; what follows up to HEAD_SIZE is zero. */
struct head {
	char magic[16];
	uint64_t bytes;		/* behind the head */
};

/** One cache in use. */
struct cache {
	struct xlite_image *image;
	int folder;
	struct stat st;		/* of the kernel's file */
	char name[256];
};

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Whoever else could write there could give guests another kernel. */
static int cache_open(struct cache *cache, struct xlite_image *image)
{
	const struct xlite_image_cache *of = image->cache;
	const struct stat *st = &cache->st;
	struct stat folder;
	int n;

	cache->image = image;
	cache->folder = open(of->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (cache->folder < 0 || fstat(cache->folder, &folder) || !is_ours(&folder) || fstat(image->fd, &cache->st))
		return -1;
	n = snprintf(cache->name, sizeof(cache->name), "%llx-%llx-%llx-%llx.%lx-%llx.%lx-%s" SUFFIX,
		     (unsigned long long)st->st_dev, (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
		     (unsigned long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		     (unsigned long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec, of->stamp);
	return n < 0 || n >= (int)sizeof(cache->name) || strchr(cache->name, '/') ? -1 : 0;
}

/* The file is whole, and what it says: *bytes. */
static bool is_whole(int fd, uint64_t *bytes)
{
	struct head head;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !is_ours(&st) ||
	    pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return false;
	*bytes = head.bytes;
	return !memcmp(head.magic, MAGIC, sizeof(head.magic)) && head.bytes <= INT64_MAX - HEAD_SIZE &&
	       (uint64_t)st.st_size == head.bytes + HEAD_SIZE;
}

/* Takes the stream to the file, if that is sound. */
static bool take(struct cache *cache, int fd)
{
	struct xlite_image *image = cache->image;
	struct image_stream *stream = &image->stream;
	struct unpack plain;
	auto_free void *head = malloc(stream->head_len + 1);
	uint64_t bytes;

	/* What was read of the image before, its headers, must be what the file begins with. */
	if (!head || !is_whole(fd, &bytes) || bytes > image->limit || bytes < stream->head_len ||
	    pread(fd, head, stream->head_len, HEAD_SIZE) != (ssize_t)stream->head_len ||
	    memcmp(head, stream->head, stream->head_len) ||
	    unpack_open(&plain, fd, HEAD_SIZE, HEAD_SIZE + bytes, NULL, image->limit, NULL))
		return false;
	unpack_close(&stream->unpack);
	stream->unpack = plain;
	image->cache_fd = fd;
	/* The oldest go first when there are too many. */
	futimens(fd, NULL);
	return true;
}

static int put(int fd, const char *buffer, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, buffer, len, (off_t)at);

		if (n <= 0)
			return -1;
		buffer += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Unpacks all of it; checksums at the end are seen as well. */
static int fill(struct unpack *unpack, int fd)
{
	auto_free char *buffer = malloc(BUFFER);
	struct head head = { .magic = MAGIC };
	uint64_t at = HEAD_SIZE;
	size_t got = 0;

	if (!buffer || unpack_restart(unpack, NULL))
		return -1;
	do {
		if (unpack_read(unpack, buffer, BUFFER, &got, NULL) || put(fd, buffer, got, at))
			return -1;
		at += got;
	} while (got);
	head.bytes = at - HEAD_SIZE;
	return put(fd, (const char *)&head, sizeof(head), 0);
}

static bool same(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_settled(const struct cache *cache)
{
	time_t now = time(NULL), age = (time_t)cache->image->cache->settled_s;

	return now - cache->st.st_mtim.tv_sec >= age && now - cache->st.st_ctim.tv_sec >= age;
}

static bool is_unchanged(const struct cache *cache)
{
	struct stat now;

	return !fstat(cache->image->fd, &now) && now.st_size == cache->st.st_size && same(&now.st_mtim, &cache->st.st_mtim) &&
	       same(&now.st_ctim, &cache->st.st_ctim);
}

static bool has_room(const struct cache *cache)
{
	struct statvfs room;

	return !fstatvfs(cache->folder, &room) && room.f_bavail * room.f_frsize / RATIO >= (uint64_t)cache->st.st_size;
}

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len > tail && !strcmp(name + len - tail, end);
}

/* Removes what earlier boots left, and finds the size of the others and the oldest of them. False: there is none. */
static bool sweep(const struct cache *cache, uint64_t *bytes, char *oldest)
{
	int fd = openat(cache->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct timespec first = { 0 };
	struct dirent *entry;
	char tail[128];
	bool found = false;

	if (!dir && fd >= 0)
		close(fd);
	snprintf(tail, sizeof(tail), "-%s" SUFFIX, cache->image->cache->stamp);
	*bytes = 0;
	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (!ends_in(entry->d_name, SUFFIX) || fstatat(cache->folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!ends_in(entry->d_name, tail)) {
			unlinkat(cache->folder, entry->d_name, 0);
			continue;
		}
		*bytes += (uint64_t)st.st_size;
		if (found && (st.st_mtim.tv_sec > first.tv_sec ||
			      (st.st_mtim.tv_sec == first.tv_sec && st.st_mtim.tv_nsec >= first.tv_nsec)))
			continue;
		found = true;
		first = st.st_mtim;
		snprintf(oldest, 256, "%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Who still reads what goes has it open. */
static void make_room(const struct cache *cache, uint64_t need)
{
	char oldest[256];
	uint64_t bytes;

	while (sweep(cache, &bytes, oldest) && bytes + need > cache->image->cache->bytes) {
		if (unlinkat(cache->folder, oldest, 0))
			return;
	}
}

/* A file that has no name until it is whole, so that nothing is left of a run that is killed. */
static int make(struct cache *cache)
{
	auto_close int fd = -1;
	char self[32];
	struct stat st;

	if (!is_settled(cache) || !has_room(cache))
		return -1;
	fd = openat(cache->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || fill(&cache->image->stream.unpack, fd) || !is_unchanged(cache) || fstat(fd, &st))
		return -1;
	if ((uint64_t)st.st_size > cache->image->cache->bytes)
		return -1;
	make_room(cache, (uint64_t)st.st_size);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	/* Another run may have made it meanwhile. */
	if (linkat(AT_FDCWD, self, cache->folder, cache->name, AT_SYMLINK_FOLLOW) && errno != EEXIST)
		return -1;
	return openat(cache->folder, cache->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static bool use(struct cache *cache)
{
	int fd = openat(cache->folder, cache->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && take(cache, fd))
		return true;
	if (fd >= 0) {
		close(fd);
		unlinkat(cache->folder, cache->name, 0);
	}
	fd = make(cache);
	if (fd >= 0 && take(cache, fd))
		return true;
	if (fd >= 0)
		close(fd);
	return false;
}

int image_cache_use(struct xlite_image *image, struct xlite_error *err)
{
	struct cache cache = { .folder = -1 };
	bool taken;

	if (!image->cache || !image->stream.unpack.codec || image->cache_fd >= 0)
		return 0;
	taken = !cache_open(&cache, image) && use(&cache);
	if (cache.folder >= 0)
		close(cache.folder);
	if (taken)
		return 0;
	/* It is not tried again; some of it may have been unpacked in vain. */
	image->cache = NULL;
	return unpack_restart(&image->stream.unpack, err);
}
