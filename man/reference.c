/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints the reference section of xlite.yaml(5); run by the build only.
 */
#include <stdio.h>

#include "cfg/cfg.h"

int main(void)
{
	struct buf out = BUF_INIT;

	cfg_man(&out);
	if (out.failed || fputs(buf_str(&out), stdout) == EOF || fflush(stdout))
		return 1;
	buf_clear(&out);
	return 0;
}
