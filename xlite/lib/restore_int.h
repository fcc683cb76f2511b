/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Private to the builder: the parts of restoring a domain.
 */
#ifndef XLITE_LIB_RESTORE_INT_H
#define XLITE_LIB_RESTORE_INT_H

#include "xlite/lib/build_int.h"
#include "xlite/lib/save_int.h"

/** What records have said of the domain until it is whole. */
struct restore_state {
	uint8_t leaves[24 * SAVE_LEAVES_MAX], msrs[16 * SAVE_MSRS_MAX];
	size_t leaves_bytes, msrs_bytes;
	void *context;		/* HVM_CONTEXT, in locked memory; or NULL */
	size_t context_bytes;
	uint64_t params[64];	/* by index */
	uint64_t params_set;	/* which of them, as bits */
};

/** Frames that have memory already. */
struct restore_memory {
	uint64_t nr_frames;	/* that the domain can have, from 0 on */
	uint8_t *populated;	/* a bit for each */
	uint64_t done;		/* pages given */
};

int restore_memory_begin(struct xlite_build *build, struct restore_memory *memory, struct xlite_error *err);
/** Gives the domain the pages of a PAGE_DATA record, and fills them. */
int restore_pages(struct xlite_build *build, struct restore_memory *memory, const struct stream_record *record,
		  struct xlite_error *err);
void restore_memory_end(struct restore_memory *memory);

/** Sets what came before STATIC_DATA_END. */
int restore_policy(struct xlite_build *build, struct xlite_error *err);
/**
 * Whether the domain has all features of its CPUs that the stream says: -EOPNOTSUPP names the first that it has
 * not.
 */
int restore_check_features(struct xlite_build *build, struct xlite_error *err);
int restore_tsc(struct xlite_build *build, const struct stream_record *record, struct xlite_error *err);
int restore_take_params(struct restore_state *state, const struct stream_record *record, struct xlite_error *err);
int restore_take_context(struct restore_state *state, const struct stream_record *record, struct xlite_error *err);
void restore_state_free(struct restore_state *state);

#endif
