/* SPDX-License-Identifier: GPL-2.0-or-later
 * The console's UART, a 16550A, polled (its data sheet's names).
 */
#include "xen-core/cpu/serial.h"

#include "xen-core/cpu/asm.h"
#include "xen-core/lib/cmdline.h"
#include "xen-core/lib/lib.h"

enum { RBR = 0, THR = 0, DLL = 0, DLM = 1, IER = 1, FCR = 2, IIR = 2, LCR = 3, MCR = 4, LSR = 5 };

#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define LSR_DATA	0x01
#define LSR_EMPTY	0x20
#define IIR_FIFO	0xc0
#define FIFO_BYTES	16
#define CLOCK		115200

static uint16_t port = 0x3f8;
static bool there;
static unsigned fifo = 1;		/* bytes that it takes once it is empty */
static bool returned;			/* the first of a newline's two characters is out */

void serial_init(const char *cmdline)
{
	char value[32];
	uint64_t speed = 115200;
	const char *name = "com1";

	if (cmdline_get(cmdline, "console", value, sizeof(value)) && !strncmp(value, "com2", 4)) {
		port = 0x2f8;
		name = "com2";
	}
	if (cmdline_get(cmdline, name, value, sizeof(value)))
		cmdline_number(value, &speed);
	if (!speed || speed > CLOCK)
		speed = CLOCK;
	out8(port + IER, 0);
	out8(port + LCR, LCR_DLAB);
	out8(port + DLL, (uint8_t)(CLOCK / speed));
	out8(port + DLM, (uint8_t)(CLOCK / speed >> 8));
	out8(port + LCR, LCR_8N1);
	out8(port + FCR, 0x07);
	out8(port + MCR, 0x03);
	/* Where nothing answers, all bits are one. */
	there = in8(port + LSR) != 0xff;
	fifo = (in8(port + IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_BYTES : 1;
}

/* A character goes out; false: it is a newline, whose second half is due yet. */
static bool char_put(char c)
{
	bool half = c == '\n' && !returned;

	out8(port + THR, half ? '\r' : (uint8_t)c);
	returned = half;
	return !half;
}

size_t serial_offer(const char *text, size_t len)
{
	size_t done = 0;

	if (!there)
		return len;
	while (done < len && (in8(port + LSR) & LSR_EMPTY))
		for (unsigned room = fifo; room && done < len; room--)
			done += char_put(text[done]);
	return done;
}

void serial_write(const char *text, size_t len)
{
	/* A UART that never says it is empty must not stop the host. */
	for (size_t done = 0, waits = 0; done < len && waits < 100000;) {
		size_t n = serial_offer(text + done, len - done);

		done += n;
		waits = n ? 0 : waits + 1;
		cpu_relax();
	}
}

bool serial_there(void)
{
	return there;
}

bool serial_waits(void)
{
	return there && (in8(port + LSR) & LSR_DATA);
}

int serial_read(void)
{
	return serial_waits() ? in8(port + RBR) : -1;
}

bool serial_owns(uint16_t at)
{
	return at >= port && at < port + 8;
}
