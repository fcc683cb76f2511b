/* SPDX-License-Identifier: GPL-2.0-or-later
 * Values that are numbers: whole numbers, booleans, words of an enumeration, and quantities with a unit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cfg/keys.h"
#include "common/auto.h"

static const struct cfg_unit memory_units[] = {
	{ "KiB", 1 }, { "MiB", 1024 }, { "GiB", 1024 * 1024 }, { "TiB", UINT64_C(1024) * 1024 * 1024 },
};
/* Other spellings, and what they were probably meant to be. */
static const struct { const char *name, *meant; } memory_slips[] = {
	{ "K", "KiB" }, { "KB", "KiB" }, { "kB", "KiB" }, { "k", "KiB" }, { "kb", "KiB" }, { "kib", "KiB" }, { "kiB", "KiB" },
	{ "Ki", "KiB" }, { "M", "MiB" }, { "MB", "MiB" }, { "m", "MiB" }, { "mb", "MiB" }, { "mib", "MiB" }, { "Mi", "MiB" },
	{ "Mib", "MiB" }, { "G", "GiB" }, { "GB", "GiB" }, { "g", "GiB" }, { "gb", "GiB" }, { "gib", "GiB" }, { "Gi", "GiB" },
	{ "Gib", "GiB" }, { "T", "TiB" }, { "TB", "TiB" }, { "t", "TiB" }, { "tb", "TiB" }, { "tib", "TiB" }, { "Ti", "TiB" },
};
static const struct cfg_unit second_units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 } };

/* Splits digits from what follows. */
static int split(const char *text, uint64_t *value, const char **unit)
{
	char digits[24] = "";
	size_t n = strspn(text, "0123456789");

	if (!n)
		return -EINVAL;
	if (n >= sizeof(digits))
		return -ERANGE;
	memcpy(digits, text, n);
	*unit = text + n;
	return cfg_decimal(digits, value);
}

int cfg_quantity(const char *text, const struct cfg_unit *units, size_t nr, const char *bare, uint64_t *value)
{
	const char *name;
	int rc = split(text, value, &name);

	if (rc)
		return rc;
	if (!*name && bare)
		name = bare;
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(units[i].name, name))
			return __builtin_mul_overflow(*value, units[i].factor, value) ? -ERANGE : 0;
	}
	return -EINVAL;
}

void cfg_quantity_format(uint64_t value, const struct cfg_unit *units, size_t nr, struct buf *out)
{
	while (nr > 1 && (!value || value % units[nr - 1].factor))
		nr--;
	buf_printf(out, "%llu%s", (unsigned long long)(value / units[nr - 1].factor), units[nr - 1].name);
}

static int out_of_range(const struct cfg_key *key, const char *text, const struct cfg_unit *units, size_t nr, struct buf *why)
{
	auto_buf struct buf min = BUF_INIT, max = BUF_INIT;

	cfg_quantity_format(key->min, units, nr, &min);
	cfg_quantity_format(key->max, units, nr, &max);
	return cfg_refuse(why, text, "is out of range: %s to %s", buf_str(&min), buf_str(&max));
}

int cfg_parse_memory(const char *text, uint64_t *kib)
{
	return cfg_quantity(text, memory_units, ARRAY_SIZE(memory_units), "MiB", kib);
}

int cfg_parse_seconds(const char *text, unsigned *seconds)
{
	uint64_t value;
	int rc = cfg_quantity(text, second_units, ARRAY_SIZE(second_units), "s", &value);

	if (!rc && (!value || value > 86400))
		rc = -ERANGE;
	if (!rc)
		*seconds = (unsigned)value;
	return rc;
}

static int memory_refuse(const char *text, struct buf *why)
{
	size_t digits = strspn(text, "0123456789."), n = strcspn(text, ".");
	const char *unit = text + digits + strspn(text + digits, " ");

	if (digits && n < digits)
		return cfg_refuse(why, text, "is not a whole number: take a smaller unit");
	for (size_t i = 0; digits && i < ARRAY_SIZE(memory_slips); i++) {
		if (!strcmp(unit, memory_slips[i].name))
			return cfg_refuse(why, text, "is not a size; did you mean `%.*s%s`?", (int)digits, text,
					  memory_slips[i].meant);
	}
	for (size_t i = 0; digits && i < ARRAY_SIZE(memory_units); i++) {
		if (!strcmp(unit, memory_units[i].name) && *text != '0')
			return cfg_refuse(why, text, "is not a size; did you mean `%.*s%s`?", (int)digits, text, unit);
	}
	return cfg_refuse(why, text, "is not a size: a number and KiB, MiB, GiB or TiB, such as 512MiB");
}

static int memory_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint64_t kib;
	int rc = cfg_parse_memory(text, &kib);

	if (rc == -EINVAL)
		return memory_refuse(text, why);
	if (rc == -ERANGE || kib < key->min || kib > key->max)
		return out_of_range(key, text, memory_units, ARRAY_SIZE(memory_units), why);
	if (kib % 4)
		return cfg_refuse(why, text, "is not a multiple of 4KiB, the size of a page");
	memcpy(field, &kib, sizeof(kib));
	return 0;
}

static void memory_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	uint64_t kib;

	memcpy(&kib, field, sizeof(kib));
	if (kib)
		cfg_quantity_format(kib, memory_units, ARRAY_SIZE(memory_units), out);
}

static int seconds_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint64_t seconds;
	int rc = cfg_quantity(text, second_units, ARRAY_SIZE(second_units), "s", &seconds);

	if (rc == -EINVAL)
		return cfg_refuse(why, text, "is not a time: a number and s, m or h, such as 90s");
	if (rc || seconds < key->min || seconds > key->max)
		return out_of_range(key, text, second_units, ARRAY_SIZE(second_units), why);
	*(unsigned *)field = (unsigned)seconds;
	return 0;
}

static void seconds_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	cfg_quantity_format(*(const unsigned *)field, second_units, ARRAY_SIZE(second_units), out);
}

static int uint_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	uint64_t value;
	int rc = cfg_decimal(text, &value);

	if (rc == -EINVAL && *text == '0' && text[1])
		return cfg_refuse(why, text, "must be a decimal number without leading zeros");
	if (rc == -EINVAL)
		return cfg_refuse(why, text, "is not a whole number from %llu to %llu", (unsigned long long)key->min,
				  (unsigned long long)key->max);
	if (rc || value < key->min || value > key->max)
		return cfg_refuse(why, text, "is out of range: %llu to %llu%s%s", (unsigned long long)key->min,
				  (unsigned long long)key->max, key->max_why ? ", " : "", key->max_why ? key->max_why : "");
	*(unsigned *)field = (unsigned)value;
	return 0;
}

static void uint_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	buf_printf(out, "%u", *(const unsigned *)field);
}

static int bool_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	static const struct { const char *name; bool value; } slips[] = {
		{ "yes", true }, { "on", true }, { "1", true }, { "y", true }, { "no", false }, { "off", false },
		{ "0", false }, { "n", false }, { "true", true }, { "false", false },
	};
	bool value = !strcmp(text, "true");

	if (value || !strcmp(text, "false")) {
		*(bool *)field = value;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++) {
		if (!strcasecmp(text, slips[i].name))
			return cfg_refuse(why, text, "is neither true nor false; did you mean `%s`?",
					  slips[i].value ? "true" : "false");
	}
	return cfg_refuse(why, text, "is neither true nor false");
}

static void bool_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	buf_puts(out, *(const bool *)field ? "true" : "false");
}

/* A flag has one value; what it means is its key's choice. */
static int flag_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	if (!strcmp(text, "1") || !strcmp(text, "true"))
		return 0;
	return cfg_refuse(why, text, "is not possible here: `%s` is only ever 1 (or true)", key->name);
}

static int enum_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	const char *names[16] = {NULL}, *near;
	size_t nr = 0;

	for (size_t i = 0; i < key->nr_words; i++) {
		if (!strcmp(key->words[i].name, text)) {
			*(int *)field = (int)i;
			return 0;
		}
		if (nr < ARRAY_SIZE(names) && !key->words[i].later)
			names[nr++] = key->words[i].name;
	}
	near = cfg_nearest(text, names, nr);
	for (size_t i = 0; i < key->nr_words; i++) {
		if (cfg_listed(key->words[i].aka, text, strlen(text)))
			near = key->words[i].name;
	}
	if (near)
		return cfg_refuse(why, text, "is not known; did you mean `%s`?", near);
	cfg_refuse(why, text, "is not ");
	cfg_value_takes(key, why);
	return -EINVAL;
}

static void enum_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	unsigned value = *(const unsigned *)field;

	if (value < key->nr_words)
		buf_puts(out, key->words[value].name);
}

#define BARE_OR(unit) "^(0|[1-9][0-9]*)(" unit ")?$"

const struct cfg_value cfg_value_uint = {
	.name = "NUMBER", .json = CFG_JSON_INTEGER, .size = sizeof(unsigned), .parse = uint_parse, .format = uint_format,
};
const struct cfg_value cfg_value_bool = {
	.name = "BOOLEAN", .takes = "`true` or `false`", .json = CFG_JSON_BOOLEAN, .size = sizeof(bool),
	.parse = bool_parse, .format = bool_format,
};
const struct cfg_value cfg_value_flag = {
	.name = "1", .takes = "1 (or `true`)", .json = CFG_JSON_BOOLEAN, .number_too = true, .parse = flag_parse,
};
const struct cfg_value cfg_value_enum = {
	.name = "WORD", .json = CFG_JSON_STRING, .size = sizeof(int), .parse = enum_parse, .format = enum_format,
};
const struct cfg_value cfg_value_memory = {
	.name = "SIZE", .takes = "a size such as 512MiB or 2GiB (a bare number is MiB)", .json = CFG_JSON_STRING,
	.detail = "A number and KiB, MiB, GiB or TiB; without a unit it counts MiB. A multiple of 4KiB.",
	.size = sizeof(uint64_t), .number_too = true, .pattern = BARE_OR("[KMGT]iB"),
	.parse = memory_parse, .format = memory_format,
};
const struct cfg_value cfg_value_seconds = {
	.name = "TIME", .takes = "a time such as 90s or 5m (a bare number is seconds)", .json = CFG_JSON_STRING,
	.detail = "A number and s, m or h; without a unit it counts seconds.",
	.size = sizeof(unsigned), .number_too = true, .pattern = BARE_OR("[smh]"),
	.parse = seconds_parse, .format = seconds_format,
};
