/* SPDX-License-Identifier: LGPL-2.1-or-later
 * A guest's console: the pseudo terminal that xenconsoled made for it, copied from and to two descriptors.
 * What the guest prints is a byte stream for a terminal and passes as it is, unless `safe` is asked for.
 */
#ifndef XLITE_LIB_CONSOLE_H
#define XLITE_LIB_CONSOLE_H

#include "xlite/lib/store.h"

/** Ctrl-], as in xl and telnet. */
#define XLITE_CONSOLE_ESCAPE 0x1d

struct xlite_console_options {
	int in_fd;	/* copied to the guest; -1: nothing is. A terminal is put into raw mode meanwhile */
	int out_fd;	/* receives what the guest prints */
	int escape;	/* byte of a terminal's input that ends it; -1: none. Other input is not searched for it */
	bool stay;	/* at the end of the input go on until the console ends */
	/* bytes that could control a terminal become "\x1b" and the like; newline, tab, UTF-8 text pass */
	bool safe;
};

enum xlite_console_end {
	/* by the escape byte, the end of the input, or since nobody reads the output any more */
	XLITE_CONSOLE_LEFT,
	XLITE_CONSOLE_ENDED,	/* the guest's terminal is gone */
};

/**
 * Finds the terminal of domain domid (/local/domain/N/console/tty), waiting until deadline_ns for xenconsoled to make
 * one, and copies until the user leaves or the console ends; *end says which. On return the user's terminal is as
 * before, also after SIGINT, SIGTERM, SIGQUIT or SIGHUP: these are blocked meanwhile, and one that comes makes this
 * return -EINTR. Errors: -ENOENT no such domain, -ETIMEDOUT no terminal, -EPERM what XenStore names is none (XSA-57).
 */
int xlite_console_attach(struct xlite_store *store, uint32_t domid, const struct xlite_console_options *options,
			 int64_t deadline_ns, enum xlite_console_end *end, struct xlite_error *err);

/** Opens a pseudo terminal by its name, if it is one, and puts it into raw mode. *fd is the caller's, non-blocking. */
int xlite_console_open(const char *tty, int *fd, struct xlite_error *err);

/**
 * Copies between an open terminal and options' descriptors. gone(ctx) is asked whenever gone_fd (-1: none) is readable,
 * and ends the copying where it returns true.
 */
int xlite_console_copy(int tty_fd, const struct xlite_console_options *options, int gone_fd, bool (*gone)(void *ctx),
		       void *ctx, enum xlite_console_end *end, struct xlite_error *err);

/** State of the escaping of one stream; zero to begin with. */
struct xlite_console_safe {
	unsigned char held[4];	/* begin of a character whose end has not come yet */
	size_t nr_held;
	bool held_cr;		/* a carriage return, not yet known to be part of a line's end */
};

/** Escapes len bytes to out, which holds at least 4 * len + 20. Returns the bytes written. */
size_t xlite_console_escape(struct xlite_console_safe *safe, const void *bytes, size_t len, char *out);
/** What is still held, at the end of the stream; out of at least 20 bytes. */
size_t xlite_console_escape_end(struct xlite_console_safe *safe, char *out);

#endif
