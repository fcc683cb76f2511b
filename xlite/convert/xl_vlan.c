/* SPDX-License-Identifier: GPL-2.0-or-later
 * VLANs of an interface, as vif-bridge of Xen 4.20 reads them: parts between slashes, one of them without a tag.
 */
#include "xlite/convert/xl_vif.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>

#define LAST_VLAN 4094

/* 1 to 4094; 0 if there is none. Steps over it. */
static unsigned take_id(const char **at)
{
	char *end;
	unsigned long id = isdigit((unsigned char)**at) ? strtoul(*at, &end, 10) : 0;

	if (!id || id > LAST_VLAN)
		return 0;
	*at = end;
	return (unsigned)id;
}

/* "10", "10-19" or "10+5x3"; false for anything else. */
static bool take_range(const char **at, unsigned *first, unsigned *step, unsigned *last)
{
	unsigned count;

	*step = 1;
	*first = *last = take_id(at);
	if (**at == '-') {
		++*at;
		*last = take_id(at);
	} else if (**at == '+') {
		++*at;
		*step = take_id(at);
		if (!*step || *(*at)++ != 'x')
			return false;
		count = take_id(at);
		*last = count && *first + *step * count <= LAST_VLAN ? *first + *step * count : 0;
	}
	return *first && *last >= *first;
}

static void add(struct buf *trunk, unsigned first, unsigned step, unsigned last)
{
	if (step == 1 && last > first) {
		buf_printf(trunk, "%s%u-%u", trunk->len ? "," : "", first, last);
		return;
	}
	for (; first <= last; first += step)
		buf_printf(trunk, "%s%u", trunk->len ? "," : "", first);
}

const char *xl_vif_vlans(const char *text, unsigned *vlan, struct buf *trunk)
{
	unsigned first, step, last;

	*vlan = 0;
	for (bool alone = true; ; alone = false, text++) {
		bool untagged;

		if (!take_range(&text, &first, &step, &last))
			return "is not a VLAN such as 10, nor a list such as 10p/20/30-39";
		untagged = *text == 'p' || (alone && !*text && first == last);
		if (*text == 'u')
			return "has no counterpart: an interface has one VLAN without a tag";
		if (untagged && (*vlan || first != last))
			return "says more than one VLAN without a tag";
		if (untagged)
			*vlan = first;
		else
			add(trunk, first, step, last);
		text += *text == 'p';
		if (!*text)
			break;
		if (*text != '/')
			return "is not a VLAN such as 10, nor a list such as 10p/20/30-39";
	}
	return *vlan ? NULL : "does not say which VLAN has no tag";
}
