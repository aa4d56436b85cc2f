/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends a guest: QEMU's isa-debug-exit device makes of the byte that is written to its port the exit
 * code 2 * byte + 1. Success, which is 0x10, becomes 33, and failure 35: QEMU ends with 0 when a
 * guest merely stops, and with 1 when a guest cannot be started. */
#include <stdlib.h>
#include <sys/io.h>

#define PORT    0x501
#define SUCCESS 0x10
#define FAILURE 0x11

int main(int argc, char **argv)
{
	if (argc < 2 || ioperm(PORT, 1, 1))
		return 1;
	outb(atoi(argv[1]) ? FAILURE : SUCCESS, PORT);
	return 1;
}
