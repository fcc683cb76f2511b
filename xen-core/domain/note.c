/* SPDX-License-Identifier: GPL-2.0-or-later
 * Lines for the log that a guest causes, as often as it likes.
 */
#include "xen-core/domain/domain.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/log.h"

#define WINDOW_NS	NS_PER_SEC
#define WINDOW_LINES	50u

/* Whether one more fits; a new window begins with how many did not. */
static bool may_say(struct domain *d)
{
	uint64_t now = time_now_ns();

	if (now - d->notes.since_ns >= WINDOW_NS) {
		domain_note_rest(d);
		d->notes.since_ns = now;
		d->notes.said = 0;
	}
	if (d->notes.said == WINDOW_LINES) {
		d->notes.left_out++;
		return false;
	}
	d->notes.said++;
	return true;
}

void domain_note_rest(struct domain *d)
{
	if (d->notes.left_out)
		log_debug("d%u: %u lines are left out\n", d->id, d->notes.left_out);
	d->notes.left_out = 0;
}

void domain_note(struct domain *d, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	if (!log_is_verbose() || !may_say(d))
		return;
	va_start(ap, fmt);
	format_va(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_debug("d%u: %s", d->id, text);
}
