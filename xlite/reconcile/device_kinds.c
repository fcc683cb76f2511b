/* SPDX-License-Identifier: GPL-2.0-or-later
 * The table of device kinds. The rows do not know it: who walks it is above them.
 */
#include <string.h>

#include "common/auto.h"
#include "xlite/reconcile/device_kind.h"

const struct device_kind *const device_kinds[] = { &device_kind_vif, &device_kind_vbd };
const size_t nr_device_kinds = ARRAY_SIZE(device_kinds);

const struct device_kind *device_kind_of(enum xlite_device_kind id)
{
	for (size_t i = 0; i < nr_device_kinds; i++) {
		if (!strcmp(xlite_device_front(device_kinds[i]->id), xlite_device_front(id)))
			return device_kinds[i];
	}
	return NULL;
}

const struct device_kind *device_kind_of_path(const char *path)
{
	for (size_t i = 0; i < nr_device_kinds; i++) {
		size_t len = strlen(device_kinds[i]->list);

		if (!strncmp(path, device_kinds[i]->list, len) && path[len] == '[')
			return device_kinds[i];
	}
	return NULL;
}
