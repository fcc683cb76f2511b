/* SPDX-License-Identifier: LGPL-2.1-or-later
 * MAC addresses, from text and back. Pure.
 */
#ifndef COMMON_MAC_H
#define COMMON_MAC_H

#include <stdbool.h>
#include <stdint.h>

/** Room for an address as text. */
#define MAC_TEXT 18

/**
 * Reads six pairs of hexadecimal digits between colons, and nothing else. False, with mac unchanged, for any other
 * text.
 */
bool mac_parse(const char *text, uint8_t mac[6]);
/** In lower case; out of MAC_TEXT bytes, which it returns. */
char *mac_text(const uint8_t mac[6], char *out);

#endif
