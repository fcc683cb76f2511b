/* SPDX-License-Identifier: LGPL-2.1-or-later
 * UTF-8, and the characters of Unicode that a reader of a text cannot see or cannot tell from others.
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_CUT (-1)	/* the text ends inside of a character that may still be well-formed */

/**
 * Decodes the character that text (of len bytes) begins with into *c, which may be NULL. Returns how many bytes it has
 * (1 to 4), 0 where no well-formed character begins (Unicode, table 3-7) and where len is 0, or UTF8_CUT.
 */
int utf8_decode(const char *text, size_t len, uint32_t *c);
/**
 * Like utf8_decode, but steps over what is no character as well: at least one byte, and *c is 0xfffd for it. len is
 * not 0.
 */
size_t utf8_step(const char *text, size_t len, uint32_t *c);
/** Whether all of the text is well-formed. */
bool utf8_valid(const char *text, size_t len);

/** C0, DEL and C1: what can drive a terminal. */
bool utf8_is_control(uint32_t c);
/** The ends of lines that Unicode knows beside LF and CR: U+2028 and U+2029. */
bool utf8_is_line_end(uint32_t c);
/** The marks that change the direction of the text behind them (Bidi_Control). */
bool utf8_is_direction(uint32_t c);
/** White space beside tab, LF, CR and U+0020, and what looks like it. */
bool utf8_is_space(uint32_t c);
/**
 * What takes no room: joiners, fillers, selectors, tags, marks of format (Default_Ignorable_Code_Point and
 * relatives).
 */
bool utf8_is_invisible(uint32_t c);
/** Surrogates, and code points that will never be a character. */
bool utf8_is_noncharacter(uint32_t c);

#endif
