/* SPDX-License-Identifier: GPL-2.0-or-later
 * Checks that need more than one key. The table (keys.c) names them per section; they run when the section
 * has been filled in, and say what is wrong at the key it concerns.
 */
#ifndef CFG_CHECK_H
#define CFG_CHECK_H

#include "cfg/cfg.h"

/** One section being filled in; see fill.c. */
struct cfg_checker;

/** Whether the section has a well-formed key of that name (false: its field is at its default). */
bool cfg_checker_given(const struct cfg_checker *checker, const char *key);
/** Whether it has such a key at all, well-formed or not. */
bool cfg_checker_present(const struct cfg_checker *checker, const char *key);
/**
 * Whether the document was cut short by a syntax error or holds defaults, so that nothing may be said to be missing.
 */
bool cfg_checker_partial(const struct cfg_checker *checker);
/** An error at the value of key; at the section itself where key is NULL or was not given. */
void cfg_checker_error(struct cfg_checker *checker, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** An error elsewhere in the same file. */
void cfg_checker_error_at(struct cfg_checker *checker, const struct cfg_place *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Says that memory has run out. */
void cfg_checker_failed(struct cfg_checker *checker);

void cfg_check_vcpus(struct cfg_checker *checker, void *domain);
void cfg_check_memory(struct cfg_checker *checker, void *domain);
void cfg_check_vif(struct cfg_checker *checker, void *vif);
void cfg_check_vbd(struct cfg_checker *checker, void *vbd);
void cfg_check_cloud_init(struct cfg_checker *checker, void *domain);
/** What of cloud_init concerns other keys of the domain. */
void cfg_check_cloud_disk(struct cfg_checker *checker, const struct cfg_domain *domain);
/** That the guest is told of the routers of its vifs. */
void cfg_check_told(struct cfg_checker *checker, const struct cfg_domain *domain);
void cfg_check_network(struct cfg_checker *checker, void *network);
void cfg_check_volume(struct cfg_checker *checker, void *volume);
void cfg_check_domain(struct cfg_checker *checker, void *domain);

#endif
