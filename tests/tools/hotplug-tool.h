/* SPDX-License-Identifier: GPL-2.0-or-later
 * The commands of hotplug-tool that are in files of their own.
 */
#ifndef TESTS_HOTPLUG_TOOL_H
#define TESTS_HOTPLUG_TOOL_H

#include <stddef.h>

#include "common/error.h"

struct tool_command {
	const char *name;
	int args;	/* at least */
	int (*run)(char **args, struct xlite_error *err);
};

extern const struct tool_command tool_network[], tool_nft[];
extern const size_t tool_network_nr, tool_nft_nr;

extern const struct tool_command tool_volume[];
extern const size_t tool_volume_nr;

#endif
