/* SPDX-License-Identifier: GPL-2.0-or-later
 * Words of the hypervisor's command line, in Xen's forms.
 */
#include "xen-core/lib/cmdline.h"

#include "xen-core/lib/lib.h"

bool cmdline_get(const char *cmdline, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	bool found = false;

	if (!cmdline)
		return false;
	while (*cmdline) {
		const char *end = cmdline;

		while (*end && *end != ' ')
			end++;
		if (!strncmp(cmdline, name, len) && (cmdline[len] == '=' || cmdline + len == end)) {
			const char *from = cmdline + len + (cmdline[len] == '=');
			size_t n = MIN((size_t)(end - from), size - 1);

			memcpy(value, from, n);
			value[n] = '\0';
			found = true;
		}
		for (cmdline = end; *cmdline == ' '; cmdline++)
			;
	}
	return found;
}

const char *cmdline_words(const char *text, const char *loader)
{
	static const char grub[] = "GRUB ", filler[] = "placeholder";
	bool named = strncmp(loader, grub, sizeof(grub) - 1) != 0 || loader[sizeof(grub) - 1] == '0';
	const char *end = text;

	while (*end && *end != ' ')
		end++;
	if (!named && ((size_t)(end - text) != sizeof(filler) - 1 || strncmp(text, filler, sizeof(filler) - 1)))
		return text;
	return end + (*end == ' ');
}

bool cmdline_bounce(char *cmdline, size_t size)
{
	static const char word[] = "swiotlb=force ";
	char value[64];
	size_t len = strlen(cmdline);

	/* "noforce" is somebody's decision. */
	if (!cmdline_get(cmdline, "swiotlb", value, sizeof(value)))
		value[0] = '\0';
	for (const char *at = value; *at; at++)
		if (!strncmp(at, "force", 5))
			return true;
	if (len + sizeof(word) > size)
		return false;
	/* In front: words behind "--" are for init, and the kernel does not look at them. */
	memmove(cmdline + sizeof(word) - 1, cmdline, len + 1);
	memcpy(cmdline, word, sizeof(word) - 1);
	return true;
}

static const char *number(const char *text, uint64_t *out)
{
	unsigned base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
	uint64_t value = 0;
	const char *from;

	text += base == 16 ? 2 : 0;
	for (from = text;; text++) {
		unsigned digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned)(*text - '0');
		else if ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'f')
			digit = (unsigned)((*text | 0x20) - 'a' + 10);
		else
			break;
		if (digit >= base)
			break;
		if (value > (UINT64_MAX - digit) / base)
			return NULL;
		value = value * base + digit;
	}
	*out = value;
	return text > from ? text : NULL;
}

bool cmdline_number(const char *text, uint64_t *out)
{
	return number(text, out) != NULL;
}

bool cmdline_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "BKMGT";
	unsigned shift = 10;
	uint64_t value;
	const char *end = number(text, &value);

	if (!end)
		return false;
	for (unsigned i = 0; units[i]; i++)
		if (*end && (*end & ~0x20) == units[i])
			shift = 10 * i;
	if (value > UINT64_MAX >> shift)
		return false;
	*bytes = value << shift;
	return true;
}
