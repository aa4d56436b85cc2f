/* SPDX-License-Identifier: BSD-3-Clause */
/* upnvme-devices: the NVMe devices of this machine, and which driver each one is bound to. */
#include <stdio.h>

#include <upnvme.h>

#include "options.h"

int main(int argc, char **argv)
{
	struct options options;
	int code = options_parse(&options, argc, argv);

	if (code < 0)
		code = options.command->run(&options);
	if (fflush(stdout) && code == EXIT_GOOD) {
		perror(PROGRAM ": standard output");
		code = EXIT_BAD;
	}
	return code;
}
