/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Devices by kind and number, and where their nodes lie in XenStore. The one place that knows the kinds' names there.
 */
#ifndef XLITE_LIB_DEVICE_H
#define XLITE_LIB_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/** The domain that this program runs in. It serves each device that nobody has given to another domain. */
#define XLITE_DOM0 0u

/**
 * ROW(id, backend's name, frontend's name) for each kind. The first are served by the kernel of the backend's domain,
 * the others by programs there. A guest cannot tell, and need not know, whether QEMU serves its vbd.
 */
#define XLITE_DEVICES_OF_KERNELS(ROW)		\
	ROW(XLITE_DEVICE_VIF, "vif", "vif")	\
	ROW(XLITE_DEVICE_VBD, "vbd", "vbd")
#define XLITE_DEVICES(ROW)			\
	XLITE_DEVICES_OF_KERNELS(ROW)		\
	ROW(XLITE_DEVICE_QDISK, "qdisk", "vbd")	\
	ROW(XLITE_DEVICE_CONSOLE, "console", "console")

#define XLITE_DEVICE_ID(id, back, front) id,
enum xlite_device_kind { XLITE_DEVICES(XLITE_DEVICE_ID) XLITE_DEVICE_KINDS };

/** One device: the domain that has it, the one that serves it, and its number in the first. */
struct xlite_device {
	uint32_t domid, backend_domid;
	enum xlite_device_kind kind;
	unsigned devid;
};

/** Where a device has nodes. */
enum xlite_device_place {
	XLITE_DEVICE_BACK,		/* the backend's, which the guest may read */
	XLITE_DEVICE_FRONT,		/* the frontend's, which are the guest's */
	XLITE_DEVICE_MIRROR,		/* what no guest can reach: the only one to be believed (XSA-175, XSA-178) */
	XLITE_DEVICE_BACK_ERROR,	/* where the backend says why it gave up */
	XLITE_DEVICE_FRONT_ERROR,	/* where the frontend does */
};

/** Enough for every path of a device. */
#define XLITE_DEVICE_PATH 96

/** Writes the path of the device's directory, and returns it. */
const char *xlite_device_path(const struct xlite_device *device, enum xlite_device_place place,
			      char path[XLITE_DEVICE_PATH]);
/** The same of all devices of that kind that its domain has from that backend; devid is not looked at. */
const char *xlite_devices_path(const struct xlite_device *devices, enum xlite_device_place place,
			       char path[XLITE_DEVICE_PATH]);
/** "vif", "vbd", "qdisk": the kind as its backend's directory is called. */
const char *xlite_device_back(enum xlite_device_kind kind);
/** "vif", "vbd": as its frontend's is. */
const char *xlite_device_front(enum xlite_device_kind kind);
/** Whether a kernel serves the kind, not a program. */
bool xlite_device_of_kernel(enum xlite_device_kind kind);
/**
 * Reads the next of a list like "vif/1 vbd/51728" from *at on, which moves behind it; false at the end. Words that name
 * no kind are passed over. Fills kind and devid alone.
 */
bool xlite_device_next(const char **at, struct xlite_device *device);

#endif
