/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words of enumerations that more than one file needs, and their names alone; see words.h.
 */
#include "cfg/words.h"

#include <string.h>

#include "cfg/cfg.h"
#include "common/auto.h"

const struct cfg_word cfg_kind_words[CFG_NR_KINDS] = {
	[CFG_KIND_DOMAIN] = { "domain", "a domain" },
	[CFG_KIND_NETWORK] = { "network", "a network that vifs name" },
	[CFG_KIND_VOLUME] = { "volume", "a disk that is kept, for domains to use" },
	[CFG_KIND_POOL] = { "pool", "where volumes are kept" },
	[CFG_KIND_DEFAULTS] = { "defaults", "values for the domains behind it in the same file" },
};

const struct cfg_word cfg_type_words[CFG_NR_TYPES] = {
	[CFG_TYPE_PVH] = { "pvh", "hardware virtualisation without emulated devices" },
	[CFG_TYPE_PV] = { "pv",
			  "without hardware virtualisation, for kernels of 64 bits that are built for it (Linux: CONFIG_XEN_PV)" },
	[CFG_TYPE_HVM] = { "hvm", "hardware virtualisation with an emulated PC" },
};

const struct cfg_word cfg_state_words[CFG_NR_STATES] = {
	[CFG_STATE_RUNNING] = { "running", "exists and runs" },
	[CFG_STATE_PAUSED] = { "paused", "exists and is paused" },
	[CFG_STATE_STOPPED] = { "stopped", "does not exist: one that runs is shut down" },
};

const struct cfg_word cfg_action_words[CFG_NR_ACTIONS] = {
	[CFG_ACTION_DESTROY] = { "destroy", "remove it", .aka = "delete poweroff shutdown" },
	[CFG_ACTION_RESTART] = { "restart", "remove it and create it anew", .aka = "reboot" },
	[CFG_ACTION_PRESERVE] = { "preserve", "leave it as it is, for inspection", .aka = "keep" },
	[CFG_ACTION_RENAME_RESTART] = { "rename-restart", "keep it under another name and create it anew", .later = true },
	[CFG_ACTION_COREDUMP_DESTROY] = { "coredump-destroy", "dump its memory, then remove it", .later = true },
	[CFG_ACTION_COREDUMP_RESTART] = { "coredump-restart", "dump its memory, then create it anew", .later = true },
};

const struct cfg_word cfg_format_words[CFG_NR_FORMATS] = {
	[CFG_FORMAT_RAW] = { "raw", "the bytes of the disk" },
	[CFG_FORMAT_QCOW2] = { "qcow2", "an image of QEMU" },
};

const char *cfg_state_name(enum cfg_state state)
{
	return state < ARRAY_SIZE(cfg_state_words) ? cfg_state_words[state].name : "?";
}

const char *cfg_action_name(enum cfg_action action)
{
	return action < ARRAY_SIZE(cfg_action_words) ? cfg_action_words[action].name : "?";
}

const char *cfg_type_name(enum cfg_type type)
{
	return type < ARRAY_SIZE(cfg_type_words) ? cfg_type_words[type].name : "?";
}

const char *cfg_format_name(enum cfg_vbd_format format)
{
	return format < ARRAY_SIZE(cfg_format_words) ? cfg_format_words[format].name : "?";
}

const char *cfg_change_name(enum cfg_change change)
{
	static const char *const names[] = {
		[CFG_LIVE] = "live", [CFG_HOTPLUG] = "hot-plug", [CFG_ON_REBOOT] = "on reboot",
		[CFG_REPLACES] = "replaces", [CFG_NOTHING] = "nothing",
	};

	return change < ARRAY_SIZE(names) ? names[change] : "?";
}

bool cfg_listed(const char *list, const char *word, size_t len)
{
	while (list && *list) {
		size_t n = strcspn(list, " ");

		if (n == len && !strncasecmp(list, word, len))
			return true;
		list += n + strspn(list + n, " ");
	}
	return false;
}
