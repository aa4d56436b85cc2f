/* SPDX-License-Identifier: BSD-3-Clause */
/* The Error Information log page tells of commands that were refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_open(host);
	host_queue_pair(host, 1, 16, 16);
	*state = host;
	return 0;
}

#define DATA (HOST_IOVA + HOST_BYTES - 65536)
#define RW(opcode_, slba, nblocks, first, second)                                  \
	{                                                                          \
		.opcode = (opcode_), .nsid = 1, .prp1 = (first), .prp2 = (second), \
		.cdw10 = (slba), .cdw12 = (nblocks)-1                              \
	}

/*
 * Base 2.0, 5.16.1.2: the place of the parameter that is in error is a byte (bits 7:0) and a bit of that byte (bits
 * 10:8), or FFFFh where no parameter is; and the first LBA that experienced the error, where the command has LBAs. The
 * bytes are those of Figure 87 and of the commands' own figures: DPTR at 24, dword 10 at 40, and so on.
 */
static const struct {
	uint16_t qid;
	struct upnvme_spec_sqe sqe;
	uint16_t status;
	uint16_t location;
	uint64_t lba;
} rows[] = {
	/* I/O: opcode, FUSE, PSDT, NSID */
	{ 1, { .opcode = 0x7f, .nsid = 1, .cdw10 = 5 }, 0x001, 0, 0 },
	{ 1, { .opcode = 0x02, .flags = 1, .nsid = 1, .cdw10 = 5 }, 0x002, 1, 5 },
	{ 1, { .opcode = 0x02, .flags = 3 << 6, .nsid = 1 }, 0x002, 6 << 8 | 1, 0 },
	{ 1, { .opcode = 0x02, .nsid = 9, .cdw10 = 6 }, 0x00b, 4, 6 },
	{ 1, { .opcode = 0x02, .nsid = 0xffffffff }, 0x002, 4, 0 },
	/* SLBA, or the length beyond the namespace's end, which is 32768 */
	{ 1, RW(0x02, 32768, 1, DATA, 0), 0x080, 40, 32768 },
	{ 1, RW(0x01, 40000, 1, DATA, 0), 0x080, 40, 40000 },
	{ 1, RW(0x02, 32766, 4, DATA, 0), 0x080, 48, 32768 },
	{ 1, RW(0x08, 32766, 4, 0, 0), 0x080, 48, 32768 },
	{ 1, RW(0x0c, 32768, 4, 0, 0), 0x080, 40, 32768 },
	/* more than MDTS */
	{ 1, RW(0x02, 7, 2049, DATA, 0), 0x002, 48, 7 },
	/* PRP1, PRP2 as a page, PRP2 as a list */
	{ 1, RW(0x02, 3, 1, DATA + 1, 0), 0x013, 24, 3 },
	{ 1, RW(0x02, 3, 16, DATA, DATA + 4096 + 8), 0x013, 32, 3 },
	{ 1, RW(0x02, 3, 24, DATA, DATA + 4), 0x013, 32, 3 },
	/* an SGL descriptor of the command */
	{ 1,
	  { .opcode = 0x02,
	    .flags = 1 << 6,
	    .nsid = 1,
	    .sgl1 = { .address = DATA, .length = 512, .id = 0x10 } },
	  0x011,
	  24,
	  0 },
	/* memory out of reach is no parameter's error */
	{ 1, RW(0x02, 3, 1, 0, 0), 0x004, 0xffff, 3 },
	/* commands that have no SLBA, whatever dwords 10 and 11 are */
	{ 1, { .opcode = 0x00, .nsid = 9, .cdw10 = 77 }, 0x00b, 4, 0 },
	{ 1, { .opcode = 0x09, .nsid = 9, .cdw10 = 77, .cdw11 = 4 }, 0x00b, 4, 0 },
	/* Admin: opcode, FUSE, PSDT, NSID */
	{ 0, { .opcode = 0x7f, .cdw10 = 5 }, 0x001, 0, 0 },
	{ 0, { .opcode = 0x06, .flags = 2, .cdw10 = 1 }, 0x002, 1, 0 },
	{ 0, { .opcode = 0x06, .flags = 1 << 6, .cdw10 = 1 }, 0x002, 6 << 8 | 1, 0 },
	{ 0, { .opcode = 0x08, .nsid = 1 }, 0x002, 4, 0 },
	/* Identify: CNS, CSI, NSID, CNTID */
	{ 0, { .opcode = 0x06, .cdw10 = 0x77 }, 0x002, 40, 0 },
	{ 0, { .opcode = 0x06, .nsid = 1, .cdw10 = 5, .cdw11 = 3u << 24 }, 0x002, 47, 0 },
	{ 0, { .opcode = 0x06, .nsid = 9, .prp1 = HOST_IOVA }, 0x00b, 4, 0 },
	{ 0, { .opcode = 0x06, .cdw10 = 0xfff5u << 16 | 0x1c }, 0x002, 42, 0 },
	/* Get Log Page: LID, OT, CSI, offset */
	{ 0, { .opcode = 0x02, .cdw10 = 0x77 }, 0x109, 40, 0 },
	{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw14 = 1u << 23 }, 0x002, 7 << 8 | 58, 0 },
	{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw14 = 3u << 24 }, 0x002, 59, 0 },
	{ 0, { .opcode = 0x02, .cdw10 = 2, .cdw12 = 512 }, 0x002, 52 - 4, 0 },
	/* Features: FID, SEL, SV, NSID, fields of dword 11 */
	{ 0, { .opcode = 0x0a, .cdw10 = 0x77 }, 0x002, 40, 0 },
	{ 0, { .opcode = 0x0a, .cdw10 = 5u << 8 | 1 }, 0x002, 41, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 0x77 }, 0x002, 40, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 1u << 31 | 1 }, 0x10d, 7 << 8 | 43, 0 },
	{ 0, { .opcode = 0x09, .nsid = 1, .cdw10 = 1 }, 0x10f, 4, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 2, .cdw11 = 1 }, 0x002, 44, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 4, .cdw11 = 9u << 16 }, 0x002, 46, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 4, .cdw11 = 2u << 20 }, 0x002, 4 << 8 | 46, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 7, .cdw11 = 0xffff0000 }, 0x002, 46, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 0xb, .cdw11 = 1u << 12 }, 0x002, 4 << 8 | 45, 0 },
	{ 0, { .opcode = 0x09, .cdw10 = 0x19, .cdw11 = 1 }, 0x12b, 44, 0 },
	/* queues: identifier, size, contiguity, vector, address, completion queue */
	{ 0, { .opcode = 0x05, .cdw10 = 7u << 16 }, 0x101, 40, 0 },
	{ 0, { .opcode = 0x05, .cdw10 = 2 }, 0x102, 42, 0 },
	{ 0, { .opcode = 0x05, .cdw10 = 7u << 16 | 2, .cdw11 = 99u << 16 }, 0x108, 46, 0 },
	{ 0, { .opcode = 0x05, .prp1 = DATA, .cdw10 = 7u << 16 | 2 }, 0x002, 44, 0 },
	{ 0, { .opcode = 0x05, .prp1 = 4, .cdw10 = 7u << 16 | 2, .cdw11 = 1 }, 0x013, 24, 0 },
	{ 0, { .opcode = 0x01, .cdw10 = 7u << 16 | 2, .cdw11 = 5u << 16 | 1 }, 0x100, 46, 0 },
	{ 0, { .opcode = 0x00, .cdw10 = 5 }, 0x101, 40, 0 },
	{ 0, { .opcode = 0x04, .cdw10 = 1 }, 0x10c, 40, 0 },
	{ 0, { .opcode = 0x08, .cdw10 = 5 }, 0x002, 40, 0 },
};

static const struct upnvme_spec_error_log_entry *newest(struct host *host)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x02, .cdw10 = 15u << 16 | 0x01 };
	const void *entry = host_page(host, &sqe.prp1);

	assert_int_equal(host_status(host, 0, sqe), 0);
	return entry;
}

static void errors_say_which_parameter_and_which_block(void **state)
{
	struct host *host = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t status = host_status(host, rows[i].qid, rows[i].sqe);
		const struct upnvme_spec_error_log_entry *entry = newest(host);

		if (status != rows[i].status || entry->parameter_location != rows[i].location ||
		    entry->lba != rows[i].lba)
			fail_msg("row %zu: status %x, location %x, LBA %llu", i, status,
				 entry->parameter_location, (unsigned long long)entry->lba);
	}
}

/* The range is in the command's data; the log page has the first block beyond the end all the same. */
static void a_range_beyond_the_end_names_its_first_block(void **state)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .nsid = 1, .cdw11 = 4 };
	struct host *host = *state;
	struct upnvme_spec_dsm_range *range = host_page(host, &sqe.prp1);

	*range = (struct upnvme_spec_dsm_range){ .slba = 32760, .length = 100 };
	assert_int_equal(host_status(host, 1, sqe), 0x080);
	assert_int_equal(newest(host)->lba, 32768);
	assert_int_equal(newest(host)->parameter_location, 0xffff);
	*range = (struct upnvme_spec_dsm_range){ .slba = 40000, .length = 1 };
	assert_int_equal(host_status(host, 1, sqe), 0x080);
	assert_int_equal(newest(host)->lba, 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(errors_say_which_parameter_and_which_block, setup,
						host_teardown),
		cmocka_unit_test_setup_teardown(a_range_beyond_the_end_names_its_first_block, setup,
						host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
