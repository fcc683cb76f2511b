/* SPDX-License-Identifier: GPL-2.0-or-later
 * Running nft(8): found in fixed places, its input in memory, its output bounded, killed at the deadline.
 */
#include "hotplug/nft_text.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/auto.h"
#include "hotplug/program.h"

/** The most that nft may print: 10000 rules take about 8 MiB as JSON. */
#define OUTPUT_MAX (16u << 20)

/* The input as a file in memory, which nft reads at its own pace. -1: none. */
static int input_open(const struct buf *input, int *fd)
{
	size_t done = 0;
	ssize_t n;

	*fd = -1;
	if (!input)
		return 0;
	*fd = memfd_create("nft", MFD_CLOEXEC);
	if (*fd < 0)
		return -errno;
	while (done < input->len) {
		n = write(*fd, input->data + done, input->len - done);
		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return lseek(*fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* Without where in the script it was. */
static const char *said(struct buf *errors)
{
	const char *text, *c;

	program_first_line(errors);
	text = buf_str(errors);
	c = !strncmp(text, "/dev/stdin:", 11) ? strstr(text, ": ") : NULL;
	return c ? c + 2 : *text ? text : "it failed and did not say why";
}

static int run_result(int ret, int status, struct buf *errors, struct xlite_error *err)
{
	if (ret == -ETIMEDOUT)
		return xlite_error_set(err, ret, "nft: not done in time, killed");
	if (ret == -E2BIG)
		return xlite_error_set(err, ret, "nft: it printed more than %u MiB", OUTPUT_MAX >> 20);
	if (ret)
		return xlite_error_sys(err, ret, "nft: run it");
	if (WIFSIGNALED(status))
		return xlite_error_set(err, -EIO, "nft: killed by signal %d", WTERMSIG(status));
	if (status)
		return xlite_error_set(err, -EIO, "nft: %s", said(errors));
	return 0;
}

int nft_run(const char *const args[], const struct buf *input, struct buf *out, int64_t deadline_ns, struct xlite_error *err)
{
	struct program nft = { "nft", "nftables", .in = -1, .out_max = OUTPUT_MAX, .out = out, .errors = BUF_INIT };
	auto_close int in = -1;
	int status, ret;

	if (!program_find(&nft))
		return program_missing(&nft, err);
	ret = input_open(input, &in);
	if (ret)
		return xlite_error_sys(err, ret, "nft: write its script");
	nft.in = in;
	ret = program_run(&nft, args, deadline_ns, &status);
	ret = run_result(ret, status, &nft.errors, err);
	buf_clear(&nft.errors);
	return ret;
}
