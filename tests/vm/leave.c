/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends a guest: QEMU's isa-debug-exit device makes of the byte that is written to its port the exit
 * code 2 * byte + 1. A 0, for success, becomes 1; a guest that merely stops leaves QEMU with 0. */
#include <stdlib.h>
#include <sys/io.h>

#define PORT 0x501

int main(int argc, char **argv)
{
	if (argc < 2 || ioperm(PORT, 1, 1))
		return 1;
	outb((unsigned char)atoi(argv[1]), PORT);
	return 1;
}
