/* SPDX-License-Identifier: GPL-2.0-or-later
 * console_io: dom0's console is ours. What others write is shown, and marked, with loglvl=all.
 */
#include "xen-core/hypercall/hypercall.h"

#include "xen-core/cpu/log.h"
#include "xen-core/domain/console.h"
#include "xen-core/domain/domain.h"

#define WRITE_MAX 4096

/* A guest must not steer the terminal of who reads the log. */
static void make_plain(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((text[i] < ' ' && text[i] != '\n' && text[i] != '\t') || text[i] > '~')
			text[i] = '?';
}

/* What is dom0's waits for a console that is slow. */
static int64_t console_write(struct vcpu *v, struct hypercall *call)
{
	uint64_t *count = &call->arg[1], *va = &call->arg[2];
	char part[256];

	if (*count > WRITE_MAX)
		return -XEN_E2BIG;
	while (*count) {
		size_t n = MIN(*count, sizeof(part) - 1);

		if (v->domain->privileged && call->may_stop && !log_has_room(n)) {
			log_send();
			return CALL_AGAIN;
		}
		if (!guest_read(v, part, *va, n))
			return -XEN_EFAULT;
		part[n] = '\0';
		if (v->domain->privileged) {
			log_raw(part, n);
		} else {
			make_plain(part, n);
			domain_note(v->domain, "%s", part);
		}
		*count -= n;
		*va += n;
	}
	return 0;
}

static int64_t console_read(struct vcpu *v, uint64_t count, uint64_t va)
{
	char part[128];
	size_t n = 0;
	int c;

	if (!v->domain->privileged)
		return -XEN_EPERM;
	while (n < MIN(count, sizeof(part)) && (c = console_typed()) >= 0)
		part[n++] = (char)c;
	return guest_write(v, va, part, n) ? (int64_t)n : -XEN_EFAULT;
}

int64_t call_console(struct vcpu *v, struct hypercall *call)
{
	const uint64_t *arg = call->arg;
	switch (arg[0]) {
	case CONSOLEIO_write:
		return console_write(v, call);
	case CONSOLEIO_read:
		return console_read(v, arg[1], arg[2]);
	}
	return -XEN_ENOSYS;
}
