/* SPDX-License-Identifier: BSD-3-Clause */
/* Data to a controller and back, in every shape: queue depths, sizes, places in memory, threads.
 * The command line names the controller; its content is overwritten. With "cmb" the submission
 * queues are in the controller's own memory. "few" leaves out what depends on no kind of memory. */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

#define PAGE 4096u

static const char *uri;
static uint32_t flags; /* of every queue pair */

static int open_rig(void **state)
{
	static struct rig rig;

	rig_open(&rig, 0, 0, "%s", uri);
	OK(upnvme_qpair_close(rig.qp));
	rig.qp = create_qpair(rig.ctrlr, 0, 0, flags);
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	rig_close(*state);
	return 0;
}

static uint64_t transfer_bytes(struct rig *rig)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };

	OK(upnvme_ctrlr_info_get(rig->ctrlr, &info));
	return info.max_transfer_bytes;
}

/* --- queue depths ----------------------------------------------------------------------------- */

/* The queue is full with `depth` commands, and takes no further one. */
static void fill_queue(struct rig *rig, char *buf, uint32_t depth)
{
	upnvme_qpair *qp = create_qpair(rig->ctrlr, depth + 1, depth, flags);
	struct io io = { 0 };

	for (uint32_t i = 0; i < depth; i++)
		OK(upnvme_read(qp, rig->ns, buf + i * rig->block, i, 1, on_done, &io));
	assert_int_equal(upnvme_read(qp, rig->ns, buf, 0, 1, on_done, &io), -EAGAIN);
	wait_for(qp, &io, depth);
	assert_int_equal(io.last.status, 0);
	OK(upnvme_qpair_close(qp));
}

static void queues_of_depths_from_1_to_1023_are_filled(void **state)
{
	struct rig *rig = *state;
	char *buf = dma(rig->ctrlr, 1023u * rig->block);

	pattern_fill(buf, 0, 1023, rig->block, 1);
	assert_int_equal(do_write(rig, buf, 0, 1023), 0);
	for (uint32_t depth = 1; depth <= 1023; depth += depth < 16 ? 1 : depth < 64 ? 7 : 137)
		fill_queue(rig, buf, depth);
	memset(buf, 0, 1023u * rig->block);
	fill_queue(rig, buf, 1023);
	assert_true(pattern_is(buf, 0, 1023, rig->block, 1));
	OK(upnvme_dma_free(rig->ctrlr, buf));
}

/* --- sizes and places ------------------------------------------------------------------------- */

static void write_and_read(struct rig *rig, char *out, char *in, uint64_t lba, uint32_t blocks,
			   uint64_t seed)
{
	pattern_fill(out, lba, blocks, rig->block, seed);
	assert_int_equal(do_write(rig, out, lba, blocks), 0);
	memset(in, 0xee, (size_t)blocks * rig->block + 8);
	assert_int_equal(do_read(rig, in, lba, blocks), 0);
	assert_true(pattern_is(in, lba, blocks, rig->block, seed));
	assert_int_equal((unsigned char)in[(size_t)blocks * rig->block], 0xee);
}

/* Every size up to 100 blocks, some of those above, and all those next to one and to two whole
 * transfers of the controller's. */
static void sizes_from_one_block_to_past_mdts_go(void **state)
{
	struct rig *rig = *state;
	uint32_t whole = (uint32_t)(transfer_bytes(rig) / rig->block), max = 2 * whole + 3;
	size_t bytes = (size_t)max * rig->block + PAGE;
	char *out = dma(rig->ctrlr, bytes), *in = dma(rig->ctrlr, bytes);

	for (uint32_t blocks = 1; blocks <= max; blocks += blocks < 100 ? 1 : 37)
		write_and_read(rig, out, in, blocks % 7, blocks, blocks);
	for (uint32_t edge = whole; edge <= 2 * whole; edge += whole)
		for (uint32_t blocks = edge - 1; blocks <= edge + 3; blocks++)
			write_and_read(rig, out, in, 5, blocks, 3);
	OK(upnvme_dma_free(rig->ctrlr, out));
	OK(upnvme_dma_free(rig->ctrlr, in));
}

static void buffers_begin_at_every_dword_of_a_page(void **state)
{
	struct rig *rig = *state;
	uint32_t blocks = 3 * PAGE / rig->block;
	size_t bytes = (size_t)(blocks + 1) * rig->block + 2 * PAGE;
	char *out = dma(rig->ctrlr, bytes), *in = dma(rig->ctrlr, bytes);

	for (uint32_t offset = 0; offset < PAGE; offset += 4)
		write_and_read(rig, out + offset, in + PAGE - 4 - offset, offset % 5,
			       offset % 8 ? 1 : blocks, offset);
	OK(upnvme_dma_free(rig->ctrlr, out));
	OK(upnvme_dma_free(rig->ctrlr, in));
}

/* --- the caller's own memory ------------------------------------------------------------------ */

/* Without an IOMMU only DMA memory is reachable. */
static bool others_memory_is_refused(struct rig *rig)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	static char own[PAGE];

	OK(upnvme_ctrlr_info_get(rig->ctrlr, &info));
	if (strcmp(info.environment, "uio"))
		return false;
	expect_error(upnvme_mem_register(rig->ctrlr, own, sizeof(own)), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "upnvme_dma_alloc", NULL);
	return true;
}

static void memory_of_the_caller_is_reached_while_it_is_registered(void **state)
{
	struct rig *rig = *state;
	size_t bytes = 16 * PAGE;
	char *own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(own, MAP_FAILED);
	if (others_memory_is_refused(rig))
		return;
	OK(upnvme_mem_register(rig->ctrlr, own, 8 * PAGE));
	OK(upnvme_mem_register(rig->ctrlr, own + 4 * PAGE, 12 * PAGE));
	write_and_read(rig, own, own + 8 * PAGE, 0, 4 * PAGE / rig->block, 1);
	/* One mapping of the IOMMU, a part of which is still wanted. */
	OK(upnvme_mem_unregister(rig->ctrlr, own, 8 * PAGE));
	expect_error(upnvme_read(rig->qp, rig->ns, own, 0, 1, on_done, NULL), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "buffer", NULL);
	write_and_read(rig, own + 4 * PAGE, own + 10 * PAGE, 0, 4 * PAGE / rig->block, 2);
	OK(upnvme_mem_unregister(rig->ctrlr, own + 4 * PAGE, 12 * PAGE));
	OK(upnvme_mem_register(rig->ctrlr, own, bytes));
	write_and_read(rig, own, own + 8 * PAGE, 0, 4 * PAGE / rig->block, 3);
	OK(upnvme_mem_unregister(rig->ctrlr, own, bytes));
	munmap(own, bytes);
}

static void memory_that_does_not_exist_is_not_registered(void **state)
{
	struct rig *rig = *state;
	char *own =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(own + PAGE, PAGE);
	if (others_memory_is_refused(rig))
		return;
	expect_error(upnvme_mem_register(rig->ctrlr, own, 2 * PAGE), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "mapped", NULL);
	OK(upnvme_mem_register(rig->ctrlr, own, PAGE));
	OK(upnvme_mem_unregister(rig->ctrlr, own, PAGE));
	OK(mprotect(own, PAGE, PROT_READ));
	expect_error(upnvme_mem_register(rig->ctrlr, own, PAGE), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "writing", NULL);
	munmap(own, PAGE);
}

static void much_dma_memory_comes_and_goes(void **state)
{
	struct rig *rig = *state;
	char *buf[24];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < NELEMS(buf); i++) {
			buf[i] = dma(rig->ctrlr, (i % 8 + 1) * (384 << 10));
			write_and_read(rig, buf[i], buf[i] + (192 << 10), i, 8, i);
		}
		for (size_t i = 0; i < NELEMS(buf); i++)
			OK(upnvme_dma_free(rig->ctrlr, buf[(i * 7) % NELEMS(buf)]));
	}
}

/* --- threads ---------------------------------------------------------------------------------- */

#define WORKER_BLOCKS 2048u
#define WORKER_CHUNK  8u
#define WORKER_DEPTH  16u

struct worker {
	struct rig *rig;
	pthread_t thread;
	uint64_t lba;
	bool good;
};

/* Writes or reads its part, with many commands in flight. */
static bool worker_pass(struct worker *worker, upnvme_qpair *qp, char *buf, bool write)
{
	struct rig *rig = worker->rig;
	struct io io = { 0 };
	uint32_t asked = 0, n = WORKER_BLOCKS / WORKER_CHUNK;

	while (io.ndone < n) {
		uint64_t lba = worker->lba + asked * WORKER_CHUNK;
		char *at = buf + (size_t)asked * WORKER_CHUNK * rig->block;

		if (asked < n && asked - io.ndone < WORKER_DEPTH) {
			if (write ? upnvme_write(qp, rig->ns, at, lba, WORKER_CHUNK, on_done, &io) :
				    upnvme_read(qp, rig->ns, at, lba, WORKER_CHUNK, on_done, &io))
				return false;
			asked++;
		} else if (upnvme_poll(qp, 0) < 0 || io.last.status) {
			return false;
		}
	}
	return true;
}

static void *worker_run(void *arg)
{
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	struct worker *worker = arg;
	struct rig *rig = worker->rig;
	size_t bytes = (size_t)WORKER_BLOCKS * rig->block;
	upnvme_qpair *qp = NULL;
	void *buf = NULL;

	opts.flags = flags;
	worker->good = !upnvme_qpair_create(&qp, rig->ctrlr, &opts) &&
		       !upnvme_dma_alloc(&buf, rig->ctrlr, bytes, 0);
	for (uint64_t seed = 0; seed < 2 && worker->good; seed++) {
		pattern_fill(buf, worker->lba, WORKER_BLOCKS, rig->block, seed);
		worker->good = worker_pass(worker, qp, buf, true);
		memset(buf, 0, bytes);
		worker->good = worker->good && worker_pass(worker, qp, buf, false) &&
			       pattern_is(buf, worker->lba, WORKER_BLOCKS, rig->block, seed);
	}
	worker->good = !upnvme_qpair_close(qp) && worker->good;
	upnvme_dma_free(rig->ctrlr, buf);
	return NULL;
}

static void two_threads_have_a_queue_pair_each(void **state)
{
	struct worker workers[2];

	for (size_t i = 0; i < NELEMS(workers); i++) {
		workers[i] = (struct worker){ .rig = *state, .lba = i * WORKER_BLOCKS };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]),
				 0);
	}
	for (size_t i = 0; i < NELEMS(workers); i++)
		pthread_join(workers[i].thread, NULL);
	assert_true(workers[0].good);
	assert_true(workers[1].good);
}

/* --- namespaces, and opening again ------------------------------------------------------------ */

static void every_namespace_keeps_its_own_data(void **state)
{
	struct rig *rig = *state, other = *rig;
	char *out = dma(rig->ctrlr, 64 << 10), *in = dma(rig->ctrlr, 64 << 10);

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t nsid = 0; (nsid = upnvme_ns_next(rig->ctrlr, nsid)) != 0;) {
			OK(upnvme_ns_get(&other.ns, rig->ctrlr, nsid));
			other.block = upnvme_ns_block_size(other.ns);
			pattern_fill(out, 0, 4, other.block, nsid);
			if (pass == 0)
				assert_int_equal(do_write(&other, out, 0, 4), 0);
			assert_int_equal(do_read(&other, in, 0, 4), 0);
			assert_true(pattern_is(in, 0, 4, other.block, nsid));
		}
	OK(upnvme_dma_free(rig->ctrlr, out));
	OK(upnvme_dma_free(rig->ctrlr, in));
}

static void a_controller_is_opened_again_and_again(void **state)
{
	struct rig *rig;
	char *buf;

	for (int i = 0; i < 2; i++) {
		open_rig(state);
		rig = *state;
		buf = dma(rig->ctrlr, PAGE);
		assert_int_equal(do_read(rig, buf, 0, 1), 0);
		expect_error(upnvme_open(&rig->ctrlr, uri, NULL), -EBUSY, UPNVME_ERR_DEVICE_BUSY,
			     "this process", NULL);
		OK(upnvme_dma_free(rig->ctrlr, buf));
		close_rig(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

static int run_few(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sizes_from_one_block_to_past_mdts_go),
		TEST(memory_of_the_caller_is_reached_while_it_is_registered),
		TEST(much_dma_memory_comes_and_goes),
		TEST(every_namespace_keeps_its_own_data),
	};

	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		TEST(queues_of_depths_from_1_to_1023_are_filled),
		TEST(sizes_from_one_block_to_past_mdts_go),
		TEST(buffers_begin_at_every_dword_of_a_page),
		TEST(memory_of_the_caller_is_reached_while_it_is_registered),
		TEST(memory_that_does_not_exist_is_not_registered),
		TEST(much_dma_memory_comes_and_goes),
		TEST(two_threads_have_a_queue_pair_each),
		TEST(every_namespace_keeps_its_own_data),
		cmocka_unit_test(a_controller_is_opened_again_and_again),
	};

	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[2] : "";
	bool few = !strcmp(how, "few"), cmb = !strcmp(how, "cmb");

	if (argc < 2 || argc > 3 || (*how && !few && !cmb)) {
		fprintf(stderr, "usage: test_io URI [cmb|few]\n");
		return 2;
	}
	uri = argv[1];
	flags = cmb ? UPNVME_QPAIR_CMB : 0;
	return few ? run_few() : run_all();
}
