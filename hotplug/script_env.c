/* SPDX-License-Identifier: GPL-2.0-or-later
 * The environment that Xen's hotplug scripts expect. XenStore paths are relative, as libxl gives them.
 */
#include "hotplug/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/buf.h"

/** The most variables. */
#define ENV_MAX 8

/* Turns NUL-separated text into an array of strings followed by the text, in one block. Takes the text. */
static char **env_pack(struct buf *text)
{
	size_t head = (ENV_MAX + 1) * sizeof(char *), at = 0, n = 0;
	char **env = text->failed ? NULL : malloc(head + text->len);

	if (env) {
		char *copy = (char *)env + head;

		memcpy(copy, text->data, text->len);
		for (at = 0; at < text->len && n < ENV_MAX; at += strlen(copy + at) + 1)
			env[n++] = copy + at;
		env[n] = NULL;
	}
	buf_clear(text);
	return env;
}

static void env_common(struct buf *text, const char *type, const char *script, uint32_t domid, unsigned devid)
{
	buf_printf(text, "script=%s%c", script, 0);
	buf_printf(text, "XENBUS_TYPE=%s%c", type, 0);
	buf_printf(text, "XENBUS_PATH=backend/%s/%u/%u%c", type, domid, devid, 0);
	buf_printf(text, "XENBUS_BASE_PATH=backend%c", 0);
}

char **hotplug_script_env_vif(const char *script, uint32_t domid, unsigned devid, const char *gatewaydev)
{
	struct buf text = BUF_INIT;

	env_common(&text, "vif", script, domid, devid);
	buf_printf(&text, "netdev=%s%c", gatewaydev ? gatewaydev : "", 0);
	buf_printf(&text, "vif=vif%u.%u%c", domid, devid, 0);
	return env_pack(&text);
}

char **hotplug_script_env_vbd(const char *script, uint32_t domid, unsigned devid)
{
	struct buf text = BUF_INIT;

	env_common(&text, "vbd", script, domid, devid);
	return env_pack(&text);
}
