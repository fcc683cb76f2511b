/* SPDX-License-Identifier: GPL-2.0-or-later
 * Reading an interface: parts between commas, `key=value`.
 */
#include "xlite/convert/xl_vif.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/auto.h"
#include "common/mac.h"

static int add_fault(struct xl_vif *vif, const char *part, const char *why)
{
	struct xl_vif_fault *more = reallocarray(vif->faults, vif->nr_faults + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	vif->faults = more;
	vif->faults[vif->nr_faults++] = (struct xl_vif_fault){ part, why };
	return 0;
}

/* Why xl ignores a part; known: it would be a parameter if there were no blanks before the `=`. */
static const char *why_unknown(const char *part, bool known)
{
	if (known)
		return "xl does not know it, and ignores it: no blanks around `='";
	if (!strchr(part, '=') && isxdigit((unsigned char)*part) && strpbrk(part, ".:"))
		return "xl does not know it, and ignores it; several addresses of ip have blanks between them";
	return "xl does not know it, and ignores it";
}

/* Where a parameter's value goes, by the name in front of the `=`; NULL: it is none. */
static const char **find_field(struct xl_vif *vif, const char *part, size_t len)
{
	const struct { const char *key; const char **field; } texts[] = {
		{ "type", &vif->type }, { "mac", &vif->mac }, { "bridge", &vif->bridge }, { "netdev", &vif->gatewaydev },
		{ "gatewaydev", &vif->gatewaydev }, { "ip", &vif->ip }, { "script", &vif->script },
		{ "backend", &vif->backend },
		{ "vifname", &vif->vifname }, { "model", &vif->model }, { "rate", &vif->rate }, { "devid", &vif->devid },
		{ "mtu", &vif->mtu }, { "vlan", &vif->vlan },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strlen(texts[i].key) == len && !strncmp(part, texts[i].key, len))
			return texts[i].field;
	}
	return NULL;
}

static int take_value(struct xl_vif *vif, const char **field, const char *part, const char *value)
{
	bool again = *field;

	if (field == &vif->type && strcmp(value, "vif") && strcmp(value, "ioemu"))
		return add_fault(vif, part, "xl knows the types vif and ioemu, and ignores others");
	*field = value;
	return again ? add_fault(vif, part, "xl takes this one, not that before it") : 0;
}

static int take(struct xl_vif *vif, const char *part)
{
	size_t len = strcspn(part, "="), bare = len;
	const char **field = part[len] ? find_field(vif, part, len) : NULL;

	if (field)
		return take_value(vif, field, part, part + len + 1);
	if (!strcmp(part, "trusted") || !strcmp(part, "untrusted")) {
		vif->untrusted = *part == 'u';
		return 0;
	}
	if (part[len] && (!strncmp(part, "colo_", 5) || !strncmp(part, "forwarddev=", 11))) {
		vif->colo = true;
		return 0;
	}
	if (!strncmp(part, "accel=", 6)) {
		vif->accel = true;
		return 0;
	}
	while (bare && isspace((unsigned char)part[bare - 1]))
		bare--;
	return add_fault(vif, part, why_unknown(part, part[len] && bare < len && find_field(vif, part, bare)));
}

int xl_vif_parse(struct xl_vif *vif, const char *text)
{
	char *rest;
	int rc = 0;

	vif->text = strdup(text);
	if (!vif->text)
		return -ENOMEM;
	for (char *part = strtok_r(vif->text, ",", &rest); part && !rc; part = strtok_r(NULL, ",", &rest)) {
		size_t len;

		part += strspn(part, " \t\n");
		for (len = strlen(part); len && isspace((unsigned char)part[len - 1]); len--)
			part[len - 1] = '\0';
		if (*part)
			rc = take(vif, part);
	}
	return rc;
}

void xl_vif_clear(struct xl_vif *vif)
{
	free(vif->faults);
	free(vif->text);
	*vif = (struct xl_vif){ 0 };
}

bool xl_vif_mac(const char *text, char mac[18])
{
	uint8_t bytes[6];

	for (size_t i = 0; i < 6; i++) {
		char *end;
		unsigned long byte = strtoul(text, &end, 16);

		if (end == text || byte > 255)
			return false;
		bytes[i] = (uint8_t)byte;
		/* Any one character stands between them, and what comes behind the last one is not looked at. */
		if (i < 5 && !*end)
			return false;
		text = end + 1;
	}
	mac_text(bytes, mac);
	return true;
}

/* Digits, which are octal behind a 0; NULL, or what is wrong. */
static const char *read_number(const char *text, uint64_t *value, char **end)
{
	errno = 0;
	*value = strtoull(text, end, 0);
	if (!isdigit((unsigned char)*text) || *end != text + strspn(text, "0123456789"))
		return "needs a number before each unit";
	return errno || !*value || *value > UINT32_MAX ? "has a number that xl cannot count" : NULL;
}

/* "10Mb/s": in bits per second; NULL, or what is wrong. */
static const char *read_rate(const char *text, size_t len, uint64_t *bps)
{
	static const struct { char name; uint64_t factor; } units[] = {
		{ 'K', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 },
	};
	uint64_t value;
	char *end;
	const char *fault = read_number(text, &value, &end);

	if (fault)
		return fault;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (*end == units[i].name) {
			value *= units[i].factor;
			end++;
			break;
		}
	}
	if (len - (size_t)(end - text) != 3 || (*end != 'b' && *end != 'B') || strncmp(end + 1, "/s", 2))
		return "is not a rate such as 10Mb/s or 250KB/s";
	*bps = *end == 'b' ? value : value * 8;
	return NULL;
}

/* "20ms", "50000us", "1s", "1"; the latter are seconds. */
static const char *read_interval(const char *text, uint64_t *us)
{
	uint64_t value;
	char *end;
	const char *fault = read_number(text, &value, &end);

	if (fault)
		return fault;
	*us = *end == 'u' ? value : *end == 'm' ? value * 1000 : value * 1000000;
	end += *end == 'u' || *end == 'm';
	end += *end == 's';
	return *end ? "has no interval behind the @ such as 20ms" : NULL;
}

const char *xl_vif_rate(const char *text, struct buf *rate)
{
	size_t len = strcspn(text, "@");
	uint64_t bps, us = 0;
	const char *fault = read_rate(text, len, &bps);

	if (!fault && text[len])
		fault = read_interval(text + len + 1, &us);
	if (fault)
		return fault;
	buf_printf(rate, "%" PRIu64 "b/s", bps);
	if (us)
		buf_printf(rate, "@%" PRIu64 "us", us);
	return NULL;
}
