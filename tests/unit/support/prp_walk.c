/* SPDX-License-Identifier: BSD-3-Clause */
/* The reference walker. */
#include "support/prp_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme/spec/data_ptr.h>

#define PAGE 4096u

static void range_add(struct walk *walk, uint64_t iova, uint64_t bytes)
{
	struct walk_range *last = walk->n ? &walk->ranges[walk->n - 1] : NULL;

	walk->entries++;
	if (last && last->iova + last->bytes == iova) {
		last->bytes += bytes;
		return;
	}
	assert_true(walk->n < sizeof(walk->ranges) / sizeof(walk->ranges[0]));
	walk->ranges[walk->n++] = (struct walk_range){ iova, bytes };
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void walk_list(struct fake_device *dev, uint64_t list, uint64_t left, struct walk *walk)
{
	assert_int_equal(list % 8, 0);
	while (left) {
		uint64_t slots = (PAGE - list % PAGE) / 8, pages = (left + PAGE - 1) / PAGE;
		const uint64_t *entries = fake_resolve(dev, list, at_most(slots, pages) * 8);
		uint64_t n = pages > slots ? slots - 1 : pages;

		for (uint64_t i = 0; i < n; i++) {
			assert_int_equal(entries[i] % PAGE, 0);
			range_add(walk, entries[i], at_most(left, PAGE));
			left -= at_most(left, PAGE);
		}
		if (left) {
			list = entries[n];
			assert_int_equal(list % PAGE, 0);
		}
	}
}

static void walk_prp(struct fake_device *dev, const struct upnvme_spec_sqe *sqe, uint64_t bytes,
		     struct walk *walk)
{
	uint64_t first = at_most(bytes, PAGE - sqe->prp1 % PAGE), left = bytes - first;

	assert_int_equal(sqe->prp1 % 4, 0);
	range_add(walk, sqe->prp1, first);
	if (left == 0) {
		assert_int_equal(sqe->prp2, 0);
	} else if (left <= PAGE) {
		assert_int_equal(sqe->prp2 % PAGE, 0);
		range_add(walk, sqe->prp2, left);
	} else {
		walk_list(dev, sqe->prp2, left, walk);
	}
}

static uint64_t walk_block(const struct upnvme_spec_sgl_desc *desc, struct walk *walk)
{
	static const uint8_t zeroes[3];

	assert_int_equal(desc->id, 0x00); /* data block, address */
	assert_memory_equal(desc->rsvd12, zeroes, 3);
	assert_int_not_equal(desc->length, 0);
	range_add(walk, desc->address, desc->length);
	return desc->length;
}

static void walk_sgl(struct fake_device *dev, const struct upnvme_spec_sqe *sqe, uint64_t bytes,
		     struct walk *walk)
{
	const struct upnvme_spec_sgl_desc *list;
	uint64_t total = 0;

	if (sqe->sgl1.id == 0x00) {
		assert_int_equal(walk_block(&sqe->sgl1, walk), bytes);
		return;
	}
	assert_int_equal(sqe->sgl1.id, 0x30); /* last segment, address */
	assert_int_equal(sqe->sgl1.length % 16, 0);
	assert_true(sqe->sgl1.length >= 32);
	list = fake_resolve(dev, sqe->sgl1.address, sqe->sgl1.length);
	for (uint32_t i = 0; i < sqe->sgl1.length / 16; i++)
		total += walk_block(&list[i], walk);
	assert_int_equal(total, bytes);
}

void walk_data(struct fake_device *dev, const struct upnvme_spec_sqe *sqe, uint64_t bytes,
	       struct walk *walk)
{
	memset(walk, 0, sizeof(*walk));
	if ((sqe->flags & 0xc0) == 0) {
		walk_prp(dev, sqe, bytes, walk);
	} else {
		assert_int_equal(sqe->flags & 0xc0, 0x40);
		walk_sgl(dev, sqe, bytes, walk);
	}
}
