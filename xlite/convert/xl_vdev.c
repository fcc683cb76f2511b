/* SPDX-License-Identifier: GPL-2.0-or-later
 * Names of disks that are not the language's: xl's d0p1, Xen's numbers (docs/man/xen-vbd-interface.7), xm's /dev/xvda.
 */
#include "xlite/convert/xl_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "xvd" and the number of the disk, which is a letter, or two; the partition behind it. NULL beyond xvdzz. */
static char *make(const char *bus, unsigned long disk, unsigned long partition)
{
	char *name = NULL, letters[3] = "";

	if (disk >= 26 + 26 * 26)
		return NULL;
	if (disk < 26) {
		letters[0] = (char)('a' + disk);
	} else {
		letters[0] = (char)('a' + disk / 26 - 1);
		letters[1] = (char)('a' + disk % 26);
	}
	if (partition ? asprintf(&name, "%s%s%lu", bus, letters, partition) < 0 : asprintf(&name, "%s%s", bus, letters) < 0)
		return NULL;
	return name;
}

static char *of_number(unsigned long number)
{
	unsigned long major = number >> 8;

	if (number >> 28 == 1)
		return make("xvd", (number & 0xfffffff) >> 8, number & 0xff);
	switch (major) {
	case 202:
		return make("xvd", number >> 4 & 15, number & 15);
	case 8:
		return make("sd", number >> 4 & 15, number & 15);
	case 3:
	case 22:
		return make("hd", (major == 22) * 2u + (number >> 6 & 1), number & 63);
	default:
		return NULL;
	}
}

/* "d0p1" */
static char *of_pair(const char *name)
{
	unsigned long disk, partition;
	char *end;

	disk = strtoul(name + 1, &end, 0);
	if (end == name + 1 || *end != 'p')
		return NULL;
	name = end + 1;
	partition = strtoul(name, &end, 0);
	return end == name || *end || partition > 255 ? NULL : make("xvd", disk, partition);
}

char *xl_disk_vdev(const char *name)
{
	unsigned long number;
	char *end;

	if (!strncmp(name, "/dev/", 5))
		name += 5;
	if (*name == 'd')
		return of_pair(name);
	errno = 0;
	number = strtoul(name, &end, 0);
	if (end != name && !*end)
		return errno ? NULL : of_number(number);
	/* The language says what is wrong with other names. */
	return strdup(name);
}
