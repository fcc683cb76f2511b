/* SPDX-License-Identifier: GPL-2.0-or-later
 * Where the lab's program is.
 */
#ifndef CLI_LAB_H
#define CLI_LAB_H

#include <stddef.h>

/** The path of lab/xlite-lab ($XLITE_LAB_PROGRAM, the build tree, libexec); -ENOENT with the last path tried. */
int cli_lab_program(char *path, size_t size);

#endif
