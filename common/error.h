/* SPDX-License-Identifier: LGPL-2.1-or-later
 * The error object that every part of xlite fills: code, exit status, message
 * built from the outside in, and a hint. Fixed size, so that setting it cannot fail.
 */
#ifndef XLITE_ERROR_H
#define XLITE_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/** Exit statuses of the command (DESIGN.md section 4), carried by errors. */
enum xlite_status {
	XLITE_OK = 0,
	XLITE_FAILED = 1,
	XLITE_DIFFERS = 2,
	XLITE_USAGE = 64,
	XLITE_BAD_SPEC = 65,
	XLITE_NO_XEN = 69,
	XLITE_HELD = 71,
	XLITE_CONFLICT = 73,
	XLITE_AGAIN = 75,
	XLITE_DENIED = 77,
	XLITE_TIMEOUT = 124,
	XLITE_INTERRUPTED = 130,
};

/** Of a message, with its NUL. */
#define XLITE_ERROR_BYTES 768

/** Owned by the caller; `{0}` is "no error". Functions that fail fill it, functions that succeed leave it alone. */
struct xlite_error {
	int code;		/* negative errno; 0 while unset */
	enum xlite_status status; /* exit status to use; XLITE_OK means "derive it from code" */
	/* outside in: "web1: disk xvda: open /srv/a.img: No such file or directory" */
	char message[XLITE_ERROR_BYTES];
	char hint[384];		/* what to do about it; may be empty */
	char left[640];		/* what was done before it failed and could not be undone; may be empty */
};

/**
 * Sets the message. err may be NULL. code is a negative errno.
 * Returns code, so that callers write `return xlite_error_set(err, -EINVAL, ...)`.
 */
int xlite_error_set(struct xlite_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** As xlite_error_set, with ": " and strerror(-code) appended to the message. */
int xlite_error_sys(struct xlite_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** As xlite_error_set, with the exit status given. */
int xlite_error_status(struct xlite_error *err, int code, enum xlite_status status, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Puts a formatted prefix and ": " before the message. Returns err->code (0 where err is NULL). */
int xlite_error_prefix(struct xlite_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Sets the hint, unless one is set already (the inner one knows more). */
void xlite_error_hint(struct xlite_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Adds to what could not be undone; what has no room is cut, which "..." tells. err may be NULL. */
void xlite_error_left(struct xlite_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** The exit status for err: its own, or derived from its code. */
enum xlite_status xlite_error_exit(const struct xlite_error *err);

#ifdef __cplusplus
}
#endif
#endif
