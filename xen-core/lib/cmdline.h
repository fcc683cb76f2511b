/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XEN_CORE_LIB_CMDLINE_H
#define XEN_CORE_LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * Finds NAME=VALUE (the last one given), or NAME alone with an empty value; copies at most size - 1 bytes of the
 * value.
 */
bool cmdline_get(const char *cmdline, const char *name, char *value, size_t size);
/**
 * The words of a boot module without its name. Loaders put that in front, GRUB 2 does not; its menus have the word
 * "placeholder" in the name's place by custom. loader: what it calls itself.
 */
const char *cmdline_words(const char *text, const char *loader);
/**
 * A Linux that is domain 0 copies what devices read and write: unless swiotlb= says whether it does, the word for it
 * goes in front of its command line. False: it does not fit into size bytes.
 */
bool cmdline_bounce(char *cmdline, size_t size);
/** A decimal or 0x number at the begin of text; false without one, or when it does not fit. */
bool cmdline_number(const char *text, uint64_t *number);
/** As Xen reads a size: a number with B, K, M, G or T, KiB without; what follows a comma is left alone. In bytes. */
bool cmdline_size(const char *text, uint64_t *bytes);

#endif
