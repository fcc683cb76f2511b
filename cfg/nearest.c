/* SPDX-License-Identifier: GPL-2.0-or-later
 * Did you mean: the word that needs the fewest slips of the finger to become another.
 */
#include <ctype.h>
#include <string.h>

#include "cfg/cfg.h"

#define LONGEST 32	/* longer words are nobody's typing error */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters added, left out, mistaken or swapped (optimal string alignment); case does not count. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][LONGEST + 1];

	for (unsigned j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
		int ca = tolower((unsigned char)a[i - 1]);

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			int cb = tolower((unsigned char)b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], second[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *cfg_nearest(const char *word, const char *const *words, size_t nr)
{
	size_t len = strnlen(word, LONGEST + 1);
	const char *best = NULL;
	unsigned best_distance = 0;

	if (len > LONGEST)
		return NULL;
	for (size_t i = 0; i < nr; i++) {
		size_t other = strnlen(words[i], LONGEST + 1);
		unsigned longer = (unsigned)(len > other ? len : other), d;

		/* A third of the letters may differ; of two letters, none. */
		if (other > LONGEST || longer - (unsigned)least((unsigned)len, (unsigned)other) > longer / 3)
			continue;
		d = distance(word, len, words[i], other);
		if (d <= longer / 3 && (!best || d < best_distance)) {
			best = words[i];
			best_distance = d;
		}
	}
	return best;
}
