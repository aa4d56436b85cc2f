/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A controller of three namespaces for the tests of I/O commands: 1 has 16 MiB of 512-byte blocks, in memory or in a
 * file; 2 is read-only; 3 has blocks of 4 KiB. I/O queue pair 1 is there, and a buffer that commands transfer.
 */
#ifndef UPNVME_TESTS_SOFTCTRL_LANE_H
#define UPNVME_TESTS_SOFTCTRL_LANE_H

#include "support/softctrl_host.h"

#define LANE_PAGES 64u /* a buffer of 256 KiB, reached by a list */

struct lane {
	struct host host;
	char path[HOST_PATH_BYTES];
	int fd;
	uint8_t *data;
	uint64_t data_iova;
	uint64_t list_iova;
};

/* For cmocka, with namespace 1 in memory or in a file. */
int lane_setup_ram(void **state);
int lane_setup_file(void **state);
int lane_teardown(void **state);

/* A command for `n` blocks that transfers the buffer, and its status. */
struct upnvme_spec_sqe lane_rw(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba,
			       uint32_t n);
uint16_t lane_run(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba, uint32_t n);

/* Dataset Management of namespace 1, with ranges in the buffer. */
struct upnvme_spec_sqe lane_dsm(struct lane *lane, uint32_t nranges, uint32_t attributes);

/* Random bytes in the buffer. */
void lane_fill(struct lane *lane, unsigned seed);

#define lane_both(name)                                                       \
	cmocka_unit_test_setup_teardown(name, lane_setup_ram, lane_teardown), \
		cmocka_unit_test_setup_teardown(name, lane_setup_file, lane_teardown)

#endif
