/* SPDX-License-Identifier: GPL-2.0-or-later
 * Confinement to a few files, for a program that reads what a stranger has made (linux/landlock.h).
 */
#include "hotplug/files_only.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/spawn.h"

/* Later headers have these. */
#define ACCESS_REFER (UINT64_C(1) << 13)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
/* All that Linux 5.13 knows. */
#define ACCESS_FIRST ((UINT64_C(1) << 13) - 1)
#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_OF_FILES (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

static const char *const programs[] = { "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache" };
static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/urandom" };

/* What is not there needs no rule. */
static int allow(int ruleset, const char *path, uint64_t access)
{
	auto_close int fd = path ? open(path, O_PATH | O_CLOEXEC) : -1;
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return path && errno != ENOENT ? -errno : 0;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_OF_FILES;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

static int fill(int ruleset, const struct files_only *files, uint64_t known)
{
	uint64_t written = (ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE) & known;
	int rc = allow(ruleset, files->read, ACCESS_READ);

	if (!rc)
		rc = allow(ruleset, files->write, written);
	for (size_t i = 0; i < ARRAY_SIZE(programs) && !rc; i++)
		rc = allow(ruleset, programs[i], ACCESS_READ | LANDLOCK_ACCESS_FS_EXECUTE);
	for (size_t i = 0; i < ARRAY_SIZE(devices) && !rc; i++)
		rc = allow(ruleset, devices[i], written);
	return rc ? rc : allow(ruleset, "/sys/devices/system", ACCESS_READ);
}

static int restrict_files(const struct files_only *files)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = ACCESS_FIRST | (abi >= 2 ? ACCESS_REFER : 0) | (abi >= 3 ? ACCESS_TRUNCATE : 0);
	auto_close int ruleset = -1;
	int rc;

	if (abi < 1)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	/* The attributes begin with the accesses to files; all kernels know these alone. */
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &known, sizeof(known), 0);
	if (ruleset < 0)
		return -errno;
	rc = fill(ruleset, files, known);
	return rc ? rc : syscall(SYS_landlock_restrict_self, ruleset, 0) ? -errno : 0;
}

int files_only_enter(const struct files_only *files)
{
	int rc = spawn_drop_powers();

	return rc ? rc : restrict_files(files);
}
