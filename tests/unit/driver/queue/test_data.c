/* SPDX-License-Identifier: BSD-3-Clause */
/* Scattered data: which form is chosen, and what an independent walker finds in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/util.h"
#include "mem/internal.h"
#include "support/fake_device.h"
#include "support/fake_env.h"
#include "support/prp_walk.h"

#define PSDT_SGL 0x40u

/* The walked ranges are the segments, in order, once neighbours are joined and empty ones left out. */
static void expect_ranges(const struct walk *walk, const struct iovec *iov, uint32_t niov)
{
	uint32_t range = 0, segment = 0;
	uint64_t in_range = 0, in_segment = 0;

	while (range < walk->n) {
		uint64_t bytes;

		while (segment < niov && in_segment == iov[segment].iov_len) {
			segment++;
			in_segment = 0;
		}
		assert_true(segment < niov);
		assert_int_equal(walk->ranges[range].iova + in_range,
				 fake_iova((char *)iov[segment].iov_base + in_segment));
		bytes = MIN(walk->ranges[range].bytes - in_range,
			    iov[segment].iov_len - in_segment);
		in_range += bytes;
		in_segment += bytes;
		if (in_range == walk->ranges[range].bytes) {
			range++;
			in_range = 0;
		}
	}
}

/* One command; returns its flags. */
static uint8_t one_vector(struct fake_device *dev, const struct iovec *iov, uint32_t niov,
			  uint32_t blocks, uint32_t *entries)
{
	static struct walk walk;
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_writev(dev->qp, &dev->ns, iov, niov, 3, blocks, fake_note, NULL),
			 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	assert_int_equal(sqe.opcode, 0x01);
	assert_int_equal(sqe.cdw12, blocks - 1);
	walk_data(dev, &sqe, (uint64_t)blocks * dev->geometry.block_bytes, &walk);
	expect_ranges(&walk, iov, niov);
	*entries = walk.entries;
	fake_post(dev, sqe.cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	return sqe.flags;
}

static void prp_is_used_where_it_can_express_the_vector(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .sgl = true });
	char *a = fake_alloc(dev, 1 << 20);
	uint32_t entries;
	const struct iovec pages[] = { { a + 8192, 4096 }, { a, 4096 }, { a + 65536, 8192 } };
	const struct iovec ragged[] = { { a + 4096 - 8, 8 },
					{ a + 16384, 4096 },
					{ a + 8192, 504 } };
	const struct iovec empty[] = { { NULL, 0 }, { a, 4096 }, { a + 1, 0 }, { a + 8192, 512 } };

	assert_int_equal(one_vector(dev, pages, 3, 32, &entries), 0);
	assert_int_equal(entries, 4);
	assert_int_equal(one_vector(dev, ragged, 3, 9, &entries), 0);
	assert_int_equal(entries, 3);
	assert_int_equal(one_vector(dev, empty, 4, 9, &entries), 0);
	assert_int_equal(entries, 2);
	fake_destroy(dev);
}

static void sgl_is_used_where_prp_cannot_express_the_vector(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .sgl = true });
	char *a = fake_alloc(dev, 1 << 20);
	uint32_t entries;
	const struct iovec odd[] = { { a + 10, 7 }, { a + 100, 500 }, { a + 9000, 5 } };
	const struct iovec single[] = { { a + 6, 512 } };

	assert_int_equal(one_vector(dev, odd, 3, 1, &entries), PSDT_SGL);
	assert_int_equal(entries, 3);
	assert_int_equal(one_vector(dev, single, 1, 1, &entries), PSDT_SGL);
	assert_int_equal(entries, 1);
	fake_destroy(dev);
}

static void a_controller_that_wants_dwords_gets_no_odd_sgl(void **state)
{
	struct fake_device *dev =
		fake_create(&(struct fake_config){ .sgl = true, .sgl_dword_align = true });
	char *a = fake_alloc(dev, 1 << 20);
	uint32_t entries;
	const struct iovec odd[] = { { a + 10, 510 }, { a + 1000, 2 } };
	const struct iovec dwords[] = { { a + 12, 508 }, { a + 1000, 4 } };

	fake_expect_error(upnvme_readv(dev->qp, &dev->ns, odd, 2, 0, 1, fake_note, NULL), -EINVAL,
			  UPNVME_ERR_IOVEC, "segment 0", NULL);
	assert_int_equal(one_vector(dev, dwords, 2, 1, &entries), PSDT_SGL);
	fake_destroy(dev);
}

/* Every vector of three pieces whose borders lie around the ends of pages. */
static void every_vector_of_three_pieces_is_described(void **state)
{
	static const uint32_t cuts[] = { 0, 4, 512, 4092, 4096, 4100, 8188, 8192, 12288 };
	struct fake_device *dev = fake_create(&(struct fake_config){ .sgl = true });
	char *a = fake_alloc(dev, 1 << 20);
	uint32_t entries, nsgl = 0, nprp = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++)
		for (size_t j = i; j < ARRAY_SIZE(cuts); j++)
			for (uint32_t place = 0; place < 8192; place += 1024) {
				struct iovec iov[3] = {
					{ a + place, cuts[i] },
					{ a + 65536 + place / 2, cuts[j] - cuts[i] },
					{ a + 131072, 12288 - cuts[j] },
				};

				if (one_vector(dev, iov, 3, 24, &entries))
					nsgl++;
				else
					nprp++;
			}
	assert_true(nsgl > 0 && nprp > 0);
	fake_destroy(dev);
}

/* Without SGL, a vector of blocks goes as several commands, each of which PRP can say. */
static void a_vector_is_split_where_prp_ends(void **state)
{
	struct fake_device *dev = fake_create(NULL);
	char *a = fake_alloc(dev, 1 << 20);
	struct iovec iov[6];
	static struct walk walk;
	struct upnvme_spec_sqe sqe;
	uint32_t blocks = 0, commands = 0;

	for (uint32_t i = 0; i < 6; i++)
		iov[i] = (struct iovec){ a + i * 20480 + i * 4, 1024 };
	assert_int_equal(upnvme_writev(dev->qp, &dev->ns, iov, 6, 100, 12, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	while (fake_fetch(dev, &sqe)) {
		uint32_t n = (sqe.cdw12 & 0xffff) + 1;

		assert_int_equal(sqe.cdw10, 100 + blocks);
		walk_data(dev, &sqe, n * 512, &walk);
		assert_int_equal(walk.n, 1);
		assert_int_equal(walk.ranges[0].iova,
				 fake_iova((char *)iov[blocks / 2].iov_base + blocks % 2 * 512));
		blocks += n;
		commands++;
		fake_post(dev, sqe.cid, 0);
	}
	assert_int_equal(blocks, 12);
	assert_int_equal(commands, 6);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	assert_int_equal(fake_log.done[0].blocks, 12);
	fake_destroy(dev);
}

/* --- without an IOMMU ----------------------------------------------------------------------------- */

#define PIECE_BYTES 16384u

static struct fake_device *scattered_device(struct fake_env *env, bool sgl)
{
	fake_env_init(env);
	env->scattered = true;
	env->piece_bytes = PIECE_BYTES;
	return fake_create(&(struct fake_config){ .env = &env->env, .sgl = sgl });
}

/* What the last command's slot has as its list. */
static void *list_of(struct fake_device *dev, const struct upnvme_spec_sqe *sqe)
{
	return dev->qp->lists + ((sqe->cid & (dev->qp->nslots - 1)) << dev->qp->list_shift);
}

static void scattered_memory_is_described_page_by_page(void **state)
{
	struct fake_env env;
	struct fake_device *dev = scattered_device(&env, false);
	char *buf = fake_alloc(dev, 128 << 10);

	for (uint32_t i = 0; i < 8; i++) {
		char *at = buf + i * 4608;
		const struct upnvme_spec_sqe *sqe = &dev->qp->sq[i];
		const uint64_t *list;

		assert_int_equal(upnvme_read(dev->qp, &dev->ns, at, 0, 100, fake_note, NULL), 0);
		list = list_of(dev, sqe);
		assert_int_equal(sqe->prp1, domain_iova(dev->domain, at));
		for (char *page = (char *)align_up((uintptr_t)at + 1, 4096); page < at + 51200;
		     page += 4096)
			assert_int_equal(*list++, domain_iova(dev->domain, page));
	}
	/* More than a slot can say: nothing is given back meanwhile. */
	assert_true(users_may_touch(dev->domain, (uintptr_t)buf + (100 << 10), 1));
	fake_destroy(dev);
}

static void a_scattered_segment_takes_a_descriptor_for_each_piece(void **state)
{
	struct fake_env env;
	struct fake_device *dev = scattered_device(&env, true);
	char *buf = fake_alloc(dev, 128 << 10);
	const struct iovec iov[] = { { buf + 4, 508 }, { buf + PIECE_BYTES - 1020, 3 * 512 + 4 } };
	const struct upnvme_spec_sqe *sqe = &dev->qp->sq[0];
	const struct upnvme_spec_sgl_desc *list;

	assert_int_equal(upnvme_readv(dev->qp, &dev->ns, iov, 2, 0, 4, fake_note, NULL), 0);
	list = list_of(dev, sqe);
	assert_int_equal(sqe->flags, PSDT_SGL);
	assert_int_equal(sqe->sgl1.length, 3 * sizeof(*list));
	assert_int_equal(list[0].address, domain_iova(dev->domain, buf + 4));
	assert_int_equal(list[0].length, 508);
	assert_int_equal(list[1].address, domain_iova(dev->domain, buf + PIECE_BYTES - 1020));
	assert_int_equal(list[1].length, 1020);
	assert_int_equal(list[2].address, domain_iova(dev->domain, buf + PIECE_BYTES));
	assert_int_equal(list[2].length, 520);
	fake_destroy(dev);
}

static void memory_that_is_reachable_in_part_is_refused(void **state)
{
	struct fake_env env;
	struct fake_device *dev = scattered_device(&env, false);
	char *own = aligned_alloc(PIECE_BYTES, 4 * PIECE_BYTES);

	assert_int_equal(domain_register(dev->domain, own, 2 * PIECE_BYTES), 0);
	assert_int_equal(upnvme_read(dev->qp, &dev->ns, own, 0, 64, fake_note, NULL), 0);
	fake_expect_error(upnvme_read(dev->qp, &dev->ns, own, 0, 65, fake_note, NULL), -EFAULT,
			  UPNVME_ERR_BUFFER_UNREACHABLE, "buffer", NULL);
	fake_destroy(dev);
	free(own);
}

static const uint64_t *sent_list(struct fake_device *dev, const struct upnvme_op *op)
{
	struct upnvme_spec_sqe sqe;

	assert_int_equal(upnvme_io(dev->qp, op, fake_note, NULL), 0);
	assert_int_equal(upnvme_qpair_ring(dev->qp), 0);
	sqe = fake_take(dev);
	fake_post(dev, sqe.cid, 0);
	assert_int_equal(upnvme_poll(dev->qp, 0), 1);
	return fake_resolve(dev, sqe.prp2, 32 * 8);
}

/* There is one slot, whose list the largest request has filled. */
static void a_list_ends_where_the_data_end(void **state)
{
	struct fake_device *dev = fake_create(&(struct fake_config){ .entries = 2 });
	char *buf = fake_alloc(dev, 128 << 10);
	struct iovec iov[] = { { buf, 8192 }, { buf + 16384, 4096 } };
	struct upnvme_op large = {
		.opcode = UPNVME_OP_READ, .nsid = FAKE_NSID, .blocks = 256, .buf = buf
	};
	struct upnvme_op vectored = { .opcode = UPNVME_OP_READ,
				      .form = UPNVME_FORM_IOV,
				      .nsid = FAKE_NSID,
				      .blocks = 24,
				      .buf = iov,
				      .niov = 2 };
	struct upnvme_raw raw = { .cdw = { 0xc2, FAKE_NSID },
				  .data = buf,
				  .data_bytes = 12288,
				  .direction = UPNVME_DATA_FROM_DEVICE };
	struct upnvme_op vendor = { .form = UPNVME_FORM_RAW, .buf = &raw };
	const uint64_t *list = sent_list(dev, &large);

	assert_int_equal(list[30], fake_iova(buf + (31 << 12)));
	assert_ptr_equal(sent_list(dev, &vectored), list);
	assert_int_equal(list[1], fake_iova(buf + 16384));
	assert_int_equal(list[2], 0);
	assert_ptr_equal(sent_list(dev, &vendor), list);
	assert_int_equal(list[1], fake_iova(buf + 8192));
	for (int i = 2; i < 32; i++)
		assert_int_equal(list[i], 0);
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scattered_memory_is_described_page_by_page),
		cmocka_unit_test(a_scattered_segment_takes_a_descriptor_for_each_piece),
		cmocka_unit_test(memory_that_is_reachable_in_part_is_refused),
		cmocka_unit_test(prp_is_used_where_it_can_express_the_vector),
		cmocka_unit_test(sgl_is_used_where_prp_cannot_express_the_vector),
		cmocka_unit_test(a_controller_that_wants_dwords_gets_no_odd_sgl),
		cmocka_unit_test(every_vector_of_three_pieces_is_described),
		cmocka_unit_test(a_vector_is_split_where_prp_ends),
		cmocka_unit_test(a_list_ends_where_the_data_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
