/* SPDX-License-Identifier: GPL-2.0-or-later
 * top: what a look at the host found, what went on since the look before, and the lines that show it.
 */
#ifndef CLI_TOP_H
#define CLI_TOP_H

#include "common/buf.h"
#include "xlite/lib/xen.h"

/** Bytes that went through a domain's devices, as its guest sees it. */
struct top_bytes {
	uint64_t received, sent, read, written;
};

struct top_vcpu {
	bool online, blocked, rated;
	uint64_t cpu_ns;
	double percent;			/* of one CPU */
};

struct top_domain {
	struct xlite_domain_info info;
	char *name;			/* NULL: it has none */
	const char *state;		/* state_word */
	bool shown;			/* else it only counts for the host */
	bool has_vifs, has_vbds;	/* of which the kernel counts bytes */
	struct top_bytes bytes;
	struct top_vcpu *vcpus;		/* NULL: not looked at */
	unsigned nr_vcpus;
	bool rated;			/* it was there at the look before, so that these are known */
	double percent;			/* of one CPU */
	double received_s, sent_s, read_s, written_s; /* bytes per second */
};

struct top_sample {
	int64_t at_ns;			/* CLOCK_MONOTONIC */
	struct xlite_host_info host;
	struct top_domain *domains;
	size_t nr;
	double busy;			/* per cent of all CPUs; below 0: not known yet */
};

enum top_order { TOP_CPU, TOP_MEMORY, TOP_TIME, TOP_ID, TOP_NAME };

/** How it is shown. */
struct top_view {
	enum top_order order;
	bool reversed, vcpus;
	const char *filter;		/* only names with this in it; NULL: all */
};

/** The order of that name ("cpu"); false: there is none. */
bool top_order_parse(const char *word, enum top_order *order);
/** Computes what went on between two looks; before may be an empty sample. */
void top_rate(struct top_sample *sample, const struct top_sample *before);
/** Puts the domains into the order of the view. */
void top_sort(struct top_sample *sample, const struct top_view *view);
void top_sample_clear(struct top_sample *sample);

/** Lines of text in aligned columns, the first with the titles. */
struct top_lines {
	char **items;
	uint32_t *domids;		/* whose line it is; of the first UINT32_MAX */
	size_t nr;
};
/** The domains that are shown, after top_sort. -ENOMEM. The caller clears it. */
int top_lines_make(const struct top_sample *sample, const struct top_view *view, struct top_lines *lines);
void top_lines_clear(struct top_lines *lines);
/** The line about the host. */
void top_head(const struct top_sample *sample, struct buf *out);

struct cli;
struct host;
/** Looks at the host: the domains that cli's arguments or its selector mean are shown, all without. */
int top_look(const struct cli *cli, struct host *host, bool vcpus, struct top_sample *sample, struct xlite_error *err);
/** On the terminal, until a key or a signal ends it. delay_s: between two looks; count: looks, 0 for no end. */
int top_screen(const struct cli *cli, struct host *host, struct top_view *view, struct xlite_error *err);

/** From here on signals that would end it, and those of another size, are noted, below. */
void top_catch_signals(void);
/** Signals that came: top ends, or the terminal has another size. */
extern volatile int top_ended, top_resized;
/**
 * Waits for input on fd 0 where keys, or for the reader's end on fd 1, until at_ns. 1: input; 0: the time or a
 * signal; -EPIPE: the other end is gone.
 */
int top_wait(bool keys, int64_t at_ns);
/** When the next look is, after one at last_ns: the first is soon, since before it nothing is known of what goes on. */
int64_t top_next_ns(const struct cli *cli, unsigned nr_looks, int64_t last_ns);

#endif
