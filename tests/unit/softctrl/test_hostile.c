/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that sends garbage: the controller may refuse or fail, but never crash, hang, or forget how to go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static uint64_t seed;

static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int group_setup(void **state)
{
	const char *given = getenv("UPNVME_TEST_SEED");

	(void)state;
	seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	printf("UPNVME_TEST_SEED=%llu\n", (unsigned long long)seed);
	return 0;
}

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->media[1] = (struct media_config){ .maker = &media_null,
						.size_bytes = 1ull << 40,
						.block_bytes = 4096,
						.zero_reads = true };
	host->config.nnamespaces = 2;
	host->config.mdts = 6;
	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 64, 64);
	*state = host;
	return 0;
}

/* Commands are often almost right, so that more than the first check is reached. */
static uint64_t address(void)
{
	uint64_t pool = HOST_IOVA + (8 << 20);

	switch (random64() % 8) {
	case 0:
		return random64();
	case 1:
		return HOST_IOVA + HOST_BYTES - random64() % 8192;
	case 2:
		return pool + random64() % (1 << 20);
	default:
		return pool + random64() % 256 * 4096 +
		       (random64() % 3 ? 0 : random64() % 4096 & ~3ull);
	}
}

/* The pool's pages are PRP lists and SGL segments at once. */
static void fill_pool(struct host *host)
{
	uint64_t *words = host_ptr(host, HOST_IOVA + (8 << 20));

	for (unsigned i = 0; i < 256 * 512; i += 2) {
		words[i] = address();
		words[i + 1] =
			random64() % 2 ? address() : (random64() % 4 << 60 | random64() % 0x3000);
	}
}

static struct upnvme_spec_sqe garbage(bool admin)
{
	static const uint8_t opcodes[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 24, 25 };
	struct upnvme_spec_sqe sqe;
	uint64_t words[8];

	for (unsigned i = 0; i < 8; i++)
		words[i] = random64();
	memcpy(&sqe, words, sizeof(sqe));
	if (random64() % 16)
		sqe.opcode = opcodes[random64() % sizeof(opcodes)];
	if (random64() % 8)
		sqe.flags = admin || random64() % 2 ? 0 : 0x40;
	if (random64() % 8)
		sqe.nsid = admin ? (uint32_t)(random64() % 2) : (uint32_t)(1 + random64() % 2);
	sqe.prp1 = address();
	if (sqe.flags == 0) {
		sqe.prp2 = address();
	} else {
		sqe.sgl1.length = (uint32_t)(random64() % 0x2000);
		sqe.sgl1.id = (uint8_t)(random64() % 4 << 4);
	}
	if (random64() % 8) {
		sqe.cdw10 &= admin ? 0x00ff0fff : 0x0000ffff;
		sqe.cdw11 &= admin ? 0x00ff00ff : 0;
		sqe.cdw12 &= 0xff0000ff;
		sqe.cdw13 = 0;
	}
	if (random64() % 8)
		sqe.cdw14 = 0;
	return sqe;
}

static void random_io_commands_are_survived(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	for (int i = 0; i < 40000; i++) {
		if (i % 500 == 0)
			fill_pool(host);
		host_submit(host, 1, garbage(false));
		host_process(host, 1);
		assert_true(host_reap(host, 1, &cqe));
	}
	memset(host_ptr(host, HOST_IOVA + (8 << 20)), 0, 4096);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA + (8 << 20), 0)), 0);
}

/* Garbage that would delete the queues, or end the controller's work, is put right. */
static void random_admin_commands_are_survived(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;

	for (int i = 0; i < 40000; i++) {
		struct upnvme_spec_sqe sqe = garbage(true);

		if (i % 500 == 0)
			fill_pool(host);
		if (sqe.opcode == 0x09 && (sqe.cdw10 & 0xff) == 0x0f)
			sqe.cdw11 = 0; /* a Keep Alive Timer would expire */
		host_submit(host, 0, sqe);
		for (uint16_t qid = 0; qid < HOST_NQUEUES; qid++)
			softctrl_process(host->sc, qid);
		while (host_reap(host, 0, &cqe))
			;
	}
	host_disable(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA + (8 << 20), 0)), 0);
}

static void random_doorbells_are_survived(void **state)
{
	struct host *host = *state;

	for (uint16_t qid = 2; qid < 5; qid++)
		host_queue_pair(host, qid, 64, 16);
	for (int i = 0; i < 100000; i++) {
		uint16_t qid = (uint16_t)(1 + random64() % (HOST_NQUEUES - 1));
		uint32_t value = (uint32_t)(random64() % 4 ? random64() % 80 : random64());

		if (random64() % 2)
			host_ring_sq(host, qid, value);
		else
			host_ring_cq(host, qid, value);
		softctrl_process(host->sc, qid);
	}
	host_disable(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA + (8 << 20), 0)), 0);
}

static void random_register_writes_are_survived(void **state)
{
	struct host *host = *state;

	for (int i = 0; i < 20000; i++) {
		uint32_t offset =
			(uint32_t)(random64() % 8 ? random64() % 0x70 & ~3ull : random64());

		softctrl_write32(host->sc, offset, (uint32_t)random64());
		softctrl_read32(host->sc, (uint32_t)random64() & 0x1fffc);
		softctrl_read64(host->sc, offset);
		softctrl_process(host->sc, 0);
	}
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CC, 0);
	softctrl_write32(host->sc, UPNVME_SPEC_REG_CSTS, 0xffffffff);
	host->used = 0;
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 0, 8, HOST_IOVA + (8 << 20), 0)), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(random_io_commands_are_survived),
		test(random_admin_commands_are_survived),
		test(random_doorbells_are_survived),
		test(random_register_writes_are_survived),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
