/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Cleanup attributes for memory, file descriptors and streams. Changes to the
 * machine are never undone this way: they are steps with an undo.
 */
#ifndef COMMON_AUTO_H
#define COMMON_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_free_cleanup(void *p)
{
	free(*(void **)p);
}

static inline void auto_close_cleanup(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void auto_fclose_cleanup(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define auto_free __attribute__((cleanup(auto_free_cleanup)))
#define auto_close __attribute__((cleanup(auto_close_cleanup)))
#define auto_fclose __attribute__((cleanup(auto_fclose_cleanup)))

/** Takes the value out of a pointer variable, leaving NULL: ownership moves to the caller. */
#define auto_take(p) __extension__ ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
