/* SPDX-License-Identifier: GPL-2.0-or-later
 * The console: what is typed, and the rest of what is to be printed.
 */
#include "xen-core/domain/console.h"

#include "xen-core/cpu/apic.h"
#include "xen-core/cpu/log.h"
#include "xen-core/cpu/serial.h"
#include "xen-core/domain/domain.h"
#include "xen-core/domain/event.h"
#include "xen-core/domain/sched.h"
#include "xen-core/domain/timer.h"

#define LOOK_NS		(NS_PER_SEC / 100)
/* A UART keeps 16 characters, which at 115200 baud come in 1.4 ms: what is pasted must not be lost. */
#define LOOK_BUSY_NS	(NS_PER_SEC / 1000)
#define BUSY_LOOKS	100
/* What nobody reads is told less and less often. */
#define UNREAD_MAX_NS	NS_PER_SEC

static uint64_t next_ns, unread_ns;
static unsigned busy;			/* how often to look at once yet */

static uint64_t typed_look(uint64_t now)
{
	if (now < next_ns)
		return next_ns;
	if (serial_waits()) {
		event_virq_domain(dom0, VIRQ_CONSOLE);
		unread_ns = MIN(MAX(2 * unread_ns, LOOK_BUSY_NS), UNREAD_MAX_NS);
		next_ns = now + unread_ns;
	} else {
		unread_ns = 0;
		next_ns = now + (busy ? LOOK_BUSY_NS : LOOK_NS);
		busy -= busy > 0;
	}
	return next_ns;
}

/* A UART that was full has room again within the time in which 16 characters go. */
uint64_t console_look(uint64_t now)
{
	bool more;

	if (!serial_there())
		return 0;
	more = log_send();
	return timer_first(typed_look(now), more ? now + LOOK_BUSY_NS : 0);
}

int console_typed(void)
{
	int c = serial_read();

	if (c < 0)
		return c;
	busy = BUSY_LOOKS;
	unread_ns = 0;
	if (next_ns) {
		next_ns = 0;
		sched_look(0);
	}
	return c;
}
