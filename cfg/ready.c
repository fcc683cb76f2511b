/* SPDX-License-Identifier: GPL-2.0-or-later
 * When a domain is ready, in one word: by the keys and the types of depends_on.
 */
#include <errno.h>
#include <string.h>

#include "cfg/keys.h"

int cfg_parse_ready(const char *text, struct cfg_dependency *ready, struct buf *why)
{
	size_t len = strcspn(text, "=");
	const struct cfg_key *key = cfg_section_key(&cfg_dependencies_section, text, len);

	if (!strcmp(text, "running")) {
		ready->ready = CFG_READY_RUNNING;
		return 0;
	}
	if (!key || !key->choice_at)
		return cfg_refuse(why, text, "is none of running, tcp=PORT, xenstore=NODE, console=TEXT, ended and gone");
	if (!text[len])
		return cfg_refuse(why, text, "needs a value: %s=%s", key->name, key->value->name);
	ready->ready = (enum cfg_ready)key->choice;
	return key->value->parse(key, text + len + 1, cfg_field(key, ready), why);
}
