/* SPDX-License-Identifier: GPL-2.0-or-later
 * Prints the reference section of xlite.yaml(5), or with an argument that of xlite-convert(1); run by the build only.
 */
#include <stdio.h>

#include "cfg/cfg.h"
#include "xlite/convert/convert.h"

int main(int argc, char **argv)
{
	struct buf out = BUF_INIT;

	if (argc > 1)
		convert_man(&out);
	else
		cfg_man(&out);
	if (out.failed || fputs(buf_str(&out), stdout) == EOF || fflush(stdout))
		return 1;
	buf_clear(&out);
	return 0;
}
