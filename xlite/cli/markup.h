/* SPDX-License-Identifier: GPL-2.0-or-later
 * Text in XML and HTML: what comes from files, guests and other tools must stay text there.
 */
#ifndef CLI_MARKUP_H
#define CLI_MARKUP_H

#include "common/buf.h"

/**
 * Adds text as the content of an element or of an attribute in quotes. What is markup is escaped; what XML does not
 * allow, what is not UTF-8, and what changes the direction of the text behind it becomes U+FFFD. NULL adds nothing.
 */
void markup_text(struct buf *out, const char *text);
/** The same, cut to that many characters, of which the last is an ellipsis where it was. */
void markup_short(struct buf *out, const char *text, size_t most);

#endif
