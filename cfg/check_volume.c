/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks inside one volume that need more than one key, and what follows from them; see check.h.
 */
#include <string.h>

#include "cfg/check.h"
#include "cfg/keys.h"
#include "common/auto.h"

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len > tail && !strcmp(text + len - tail, end);
}

/* Keys about an image. */
static const char *const of_images[] = { "from_format", "sha256", "sha512" };

void cfg_check_volume(struct cfg_checker *checker, void *base)
{
	struct cfg_volume *volume = base;

	if (volume->from && !cfg_checker_present(checker, "from_format"))
		volume->from_format = ends_in(volume->from, ".qcow2") ? CFG_FORMAT_QCOW2 : CFG_FORMAT_RAW;
	for (size_t i = 0; i < ARRAY_SIZE(of_images); i++) {
		if (volume->clone && cfg_checker_present(checker, of_images[i]))
			cfg_checker_error(checker, of_images[i], "%s: goes with `from` alone", of_images[i]);
	}
	if (volume->preallocate && volume->format != CFG_FORMAT_RAW)
		cfg_checker_error(checker, "preallocate", "preallocate: only a raw volume can have its space taken in advance");
}
