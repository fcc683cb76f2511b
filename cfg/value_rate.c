/* SPDX-License-Identifier: GPL-2.0-or-later
 * Rates of data: bits or bytes per second, counted in intervals.
 */
#include <errno.h>
#include <string.h>

#include "cfg/keys.h"
#include "cfg/spec.h"
#include "common/auto.h"

#define INTERVAL_US 50000	/* what a device counts in where no interval is given */
#define SHORTEST_US 1000
#define LONGEST_US 1000000

static const struct cfg_unit units[] = {
	{ "b/s", 1 }, { "kb/s", 1000 }, { "Mb/s", 1000000 }, { "Gb/s", 1000000000 },
	{ "B/s", 8 }, { "kB/s", 8000 }, { "MB/s", 8000000 }, { "GB/s", UINT64_C(8000000000) },
};
#define NR_BITS 4	/* of them count bits, which is the canonical form */

static const struct cfg_unit interval_units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };

static int interval_parse(const char *whole, const char *text, uint64_t *interval, struct buf *why)
{
	int rc = cfg_quantity(text, interval_units, ARRAY_SIZE(interval_units), NULL, interval);

	if (rc == -EINVAL)
		return cfg_refuse(why, whole, "needs an interval behind the @: a number and us, ms or s, such as @20ms");
	if (rc || *interval < SHORTEST_US || *interval > LONGEST_US)
		return cfg_refuse(why, whole, "has an interval that is out of range: 1ms to 1s");
	return 0;
}

static int range_check(const struct cfg_key *key, const char *text, const struct cfg_rate *rate, struct buf *why)
{
	auto_buf struct buf min = BUF_INIT, max = BUF_INIT;
	uint64_t interval = rate->interval_us ? rate->interval_us : INTERVAL_US;

	if (rate->bps < key->min || rate->bps > key->max) {
		cfg_quantity_format(key->min, units, NR_BITS, &min);
		cfg_quantity_format(key->max, units, NR_BITS, &max);
		return cfg_refuse(why, text, "is out of range: %s to %s", buf_str(&min), buf_str(&max));
	}
	/* The bytes of an interval are counted in 32 bits. */
	if (rate->bps / 8 * interval / 1000000 > UINT32_MAX)
		return cfg_refuse(why, text, "is more than can be counted in one interval: take a shorter one");
	return 0;
}

static int rate_parse(const struct cfg_key *key, const char *text, void *field, struct buf *why)
{
	struct cfg_rate rate = { 0 };
	size_t len = strcspn(text, "@");
	char head[32] = "";
	int rc;

	if (len < sizeof(head))
		memcpy(head, text, len);
	rc = cfg_quantity(head, units, ARRAY_SIZE(units), NULL, &rate.bps);
	if (rc == -EINVAL)
		return cfg_refuse(why, text, "is not a rate: a number and b/s, kb/s, Mb/s or Gb/s (bits), or B/s to GB/s "
				  "(bytes), such as 10Mb/s");
	if (rc == -ERANGE)
		rate.bps = UINT64_MAX;
	rc = text[len] ? interval_parse(text, text + len + 1, &rate.interval_us, why) : 0;
	if (!rc)
		rc = range_check(key, text, &rate, why);
	if (!rc)
		memcpy(field, &rate, sizeof(rate));
	return rc;
}

static void rate_format(const struct cfg_key *key, const void *field, struct buf *out)
{
	struct cfg_rate rate;

	memcpy(&rate, field, sizeof(rate));
	if (!rate.bps)
		return;
	cfg_quantity_format(rate.bps, units, NR_BITS, out);
	if (!rate.interval_us)
		return;
	buf_puts(out, "@");
	cfg_quantity_format(rate.interval_us, interval_units, ARRAY_SIZE(interval_units), out);
}

const struct cfg_value cfg_value_rate = {
	.name = "RATE", .takes = "a rate such as 10Mb/s", .json = CFG_JSON_STRING,
	.detail = "A number and b/s, kb/s, Mb/s or Gb/s for bits, B/s, kB/s, MB/s or GB/s for bytes, in powers of ten. "
		  "Behind an @ may stand the interval in which it is counted, 1ms to 1s, as in 10Mb/s@20ms.",
	.size = sizeof(struct cfg_rate), .pattern = "^(0|[1-9][0-9]*)[kMG]?[bB]/s(@(0|[1-9][0-9]*)[mu]?s)?$",
	.parse = rate_parse, .format = rate_format,
};
