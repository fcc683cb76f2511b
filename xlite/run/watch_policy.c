/* SPDX-License-Identifier: GPL-2.0-or-later
 * What becomes of a domain that has ended, and when. The pause is counted from build to build, not from the end: the
 * record holds all that it follows from, a loop cannot go faster, and who boots slower than that never waits.
 */
#include "xlite/run/watch_policy.h"

static enum watch_deed deed_of(enum cfg_action action)
{
	switch (action) {
	case CFG_ACTION_RESTART:
	/*
	 * These three are in records of earlier versions only. As with apply no dump is made, and the remains get
	 * no other name.
	 */
	case CFG_ACTION_RENAME_RESTART:
	case CFG_ACTION_COREDUMP_RESTART:
		return WATCH_BUILD;
	case CFG_ACTION_DESTROY:
	case CFG_ACTION_COREDUMP_DESTROY:
		return WATCH_REMOVE;
	case CFG_ACTION_PRESERVE:
		break;
	}
	return WATCH_KEEP;
}

enum watch_deed watch_deed(const struct xlite_domain_info *info, const struct cfg_domain *spec)
{
	const struct state_end *end = state_end(info);

	if (!info->shutdown || info->dying)
		return WATCH_NOTHING;
	if (!end->policy)
		return WATCH_LEAVE;
	return deed_of(*(const enum cfg_action *)(const void *)((const char *)spec + end->policy_at));
}

/* 1, 2, 4... */
static unsigned doubled(unsigned times, unsigned longest_s)
{
	return times >= 31 || 1u << times > longest_s ? longest_s : 1u << times;
}

unsigned watch_pause_s(unsigned nr, unsigned longest_s)
{
	return nr < 2 ? 0 : doubled(nr - 2, longest_s);
}

bool watch_is_healthy(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s)
{
	return now_s > ends->built_s && now_s - ends->built_s >= 2 * (uint64_t)longest_s;
}

unsigned watch_wait_s(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s)
{
	unsigned pause_s = watch_pause_s(ends->nr, longest_s);
	uint64_t since_s = now_s > ends->built_s ? now_s - ends->built_s : 0;

	if (!ends->nr || watch_is_healthy(ends, longest_s, now_s) || since_s >= pause_s)
		return 0;
	return pause_s - (unsigned)since_s;
}

struct xlite_record_ends watch_count(const struct xlite_record_ends *ends, unsigned longest_s, uint64_t now_s)
{
	unsigned nr = watch_is_healthy(ends, longest_s, now_s) ? 0 : ends->nr;

	return (struct xlite_record_ends){ .nr = nr + 1 ? nr + 1 : nr, .built_s = now_s };
}

unsigned watch_retry_s(unsigned fails, unsigned longest_s)
{
	return fails ? doubled(fails - 1, longest_s) : 0;
}
