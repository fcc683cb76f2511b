/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Devices by kind and number, and where their nodes lie in XenStore.
 */
#include "xlite/lib/device.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *back, *front;
} names[] = {
#define ROW(id, back, front) [id] = { back, front },
	XLITE_DEVICES(ROW)
#undef ROW
};

const char *xlite_device_back(enum xlite_device_kind kind)
{
	return names[kind].back;
}

const char *xlite_device_front(enum xlite_device_kind kind)
{
	return names[kind].front;
}

bool xlite_device_of_kernel(enum xlite_device_kind kind)
{
	static const bool of_kernel[XLITE_DEVICE_KINDS] = {
#define ROW(id, back, front) [id] = true,
		XLITE_DEVICES_OF_KERNELS(ROW)
#undef ROW
	};

	return of_kernel[kind];
}

const char *xlite_devices_path(const struct xlite_device *devices, enum xlite_device_place place, char path[XLITE_DEVICE_PATH])
{
	const char *back = names[devices->kind].back, *front = names[devices->kind].front;

	switch (place) {
	case XLITE_DEVICE_BACK:
		snprintf(path, XLITE_DEVICE_PATH, "/local/domain/%u/backend/%s/%u", devices->backend_domid, back,
			 devices->domid);
		break;
	case XLITE_DEVICE_FRONT:
		snprintf(path, XLITE_DEVICE_PATH, "/local/domain/%u/device/%s", devices->domid, front);
		break;
	case XLITE_DEVICE_MIRROR:
		snprintf(path, XLITE_DEVICE_PATH, "/libxl/%u/device/%s", devices->domid, front);
		break;
	case XLITE_DEVICE_BACK_ERROR:
		snprintf(path, XLITE_DEVICE_PATH, "/local/domain/%u/error/backend/%s/%u", devices->backend_domid, back,
			 devices->domid);
		break;
	case XLITE_DEVICE_FRONT_ERROR:
		snprintf(path, XLITE_DEVICE_PATH, "/local/domain/%u/error/device/%s", devices->domid, front);
		break;
	}
	return path;
}

const char *xlite_device_path(const struct xlite_device *device, enum xlite_device_place place, char path[XLITE_DEVICE_PATH])
{
	size_t len = strlen(xlite_devices_path(device, place, path));

	snprintf(path + len, XLITE_DEVICE_PATH - len, "/%u", device->devid);
	return path;
}

static bool parse(const char *word, struct xlite_device *device)
{
	for (int kind = 0; kind < XLITE_DEVICE_KINDS; kind++) {
		size_t len = strlen(names[kind].back);

		if (strncmp(word, names[kind].back, len) || word[len] != '/' || !isdigit((unsigned char)word[len + 1]))
			continue;
		device->kind = (enum xlite_device_kind)kind;
		device->devid = (unsigned)strtoul(word + len + 1, NULL, 10);
		return true;
	}
	return false;
}

bool xlite_device_next(const char **at, struct xlite_device *device)
{
	bool found = false;

	while (*at && **at && !found) {
		found = parse(*at, device);
		*at += strcspn(*at, " ");
		*at += strspn(*at, " ");
	}
	return found;
}
