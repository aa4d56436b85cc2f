/* SPDX-License-Identifier: BSD-3-Clause */
/* The behaviour table, run against QEMU's controller: every case that it can be opened for. */
#include "behaviour/stranger.h"
#include "support/qemu.h"
#include "support/table.h"

int main(int argc, char **argv)
{
	static const uint32_t blocks[] = { 512, 4096 };
	int failed;

	qemu_require();
	failed = stranger_run(argc > 1 ? argv[1] : "tests/behaviour/table.json", "qemu", blocks, 2,
			      STRANGER_ALL);
	table_end();
	return failed;
}
