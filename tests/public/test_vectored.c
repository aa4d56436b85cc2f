/* SPDX-License-Identifier: BSD-3-Clause */
/* Scatter and gather: vectors for PRP, for SGL only, and for neither. */
#include <errno.h>

#include "support.h"

#define AREA_BYTES (4u << 20)

struct scene {
	struct rig rig;
	char *area;  /* where segments lie */
	char *plain; /* for reading back */
};

static void scene_open(struct scene *scene, uint32_t block, bool sgl)
{
	rig_open(&scene->rig, 32, 0, "soft:ram?size=2MiB&block=%u&sgl=%d&mdts=6", block, sgl);
	scene->area = dma(scene->rig.ctrlr, AREA_BYTES);
	scene->plain = dma(scene->rig.ctrlr, 2 << 20);
}

static void gather(const struct iovec *iov, uint32_t niov, char *to)
{
	for (uint32_t i = 0; i < niov; i++) {
		if (iov[i].iov_len)
			memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
}

static void scatter(const struct iovec *iov, uint32_t niov, const char *from)
{
	for (uint32_t i = 0; i < niov; i++) {
		if (iov[i].iov_len)
			memcpy(iov[i].iov_base, from, iov[i].iov_len);
		from += iov[i].iov_len;
	}
}

/* Writes by the vector and reads back plainly, then the other way round. */
static void there_and_back(struct scene *scene, const struct iovec *iov, uint32_t niov,
			   uint32_t blocks)
{
	struct rig *rig = &scene->rig;
	size_t bytes = (size_t)blocks * rig->block;
	char *expected = malloc(bytes);
	struct io io = { 0 };

	pattern_fill(expected, 3, blocks, rig->block, niov);
	scatter(iov, niov, expected);
	OK(upnvme_writev(rig->qp, rig->ns, iov, niov, 3, blocks, on_done, &io));
	wait_for(rig->qp, &io, 1);
	assert_int_equal(io.last.status, 0);
	assert_int_equal(io.last.blocks, blocks);
	assert_int_equal(do_read(rig, scene->plain, 3, blocks), 0);
	assert_memory_equal(scene->plain, expected, bytes);

	pattern_fill(scene->plain, 3, blocks, rig->block, niov + 1);
	assert_int_equal(do_write(rig, scene->plain, 3, blocks), 0);
	memset(scene->area, 0, AREA_BYTES);
	OK(upnvme_readv(rig->qp, rig->ns, iov, niov, 3, blocks, on_done, &io));
	wait_for(rig->qp, &io, 2);
	assert_int_equal(io.last.status, 0);
	gather(iov, niov, expected);
	assert_memory_equal(scene->plain, expected, bytes);
	free(expected);
}

static void prp_expresses_pages_with_ragged_ends(void **state)
{
	for (int sgl = 0; sgl <= 1; sgl++) {
		struct scene scene;
		char *a;

		scene_open(&scene, 512, sgl);
		a = scene.area;
		there_and_back(&scene, (struct iovec[]){ { a, 4096 }, { a + 16384, 4096 } }, 2, 16);
		there_and_back(&scene,
			       (struct iovec[]){ { a + 4096 - 512, 512 },
						 { a + 40960, 8192 },
						 { a + 8192, 512 } },
			       3, 18);
		there_and_back(&scene, (struct iovec[]){ { a + 100, 3996 }, { a + 8192, 100 } }, 2,
			       8);
		there_and_back(&scene,
			       (struct iovec[]){ { a, 0 },
						 { a + 4096, 4096 },
						 { NULL, 0 },
						 { a + 12288, 512 },
						 { a, 0 } },
			       5, 9);
		there_and_back(&scene, (struct iovec[]){ { a + 4, 512 * 100 } }, 1, 100);
		rig_close(&scene.rig);
	}
}

static void vectors_that_prp_cannot_express_at_once_are_split(void **state)
{
	struct scene scene;
	struct iovec iov[60];

	scene_open(&scene, 512, false);
	for (uint32_t i = 0; i < 60; i++)
		iov[i] = (struct iovec){ scene.area + i * 5000 / 4 * 4, 512 };
	there_and_back(&scene, iov, 60, 60);
	rig_close(&scene.rig);
}

static void only_sgl_expresses_odd_pieces(void **state)
{
	struct scene scene;
	char *a;

	scene_open(&scene, 4096, true);
	a = scene.area;
	there_and_back(&scene, (struct iovec[]){ { a + 12, 2048 }, { a + 9000, 2048 } }, 2, 1);
	there_and_back(&scene,
		       (struct iovec[]){ { a + 8, 4 }, { a + 100, 4088 }, { a + 70000, 4 } }, 3, 1);
	there_and_back(
		&scene,
		(struct iovec[]){ { a + 1000, 5000 }, { a + 20000, 3192 }, { a + 40000, 4096 } }, 3,
		3);
	rig_close(&scene.rig);
}

static void a_segment_that_neither_prp_nor_sgl_expresses_is_named(void **state)
{
	struct scene scene;
	struct iovec iov[4];
	struct io io = { 0 };
	char *a;

	scene_open(&scene, 4096, false);
	a = scene.area;
	iov[0] = (struct iovec){ a, 4096 };
	iov[1] = (struct iovec){ a + 8192, 2048 };
	iov[2] = (struct iovec){ a + 16384, 2048 };
	expect_error(upnvme_writev(scene.rig.qp, scene.rig.ns, iov, 3, 0, 2, on_done, &io), -EINVAL,
		     UPNVME_ERR_IOVEC, "segment 1", "SGL", NULL);
	expect_error(upnvme_readv(scene.rig.qp, scene.rig.ns, iov, 3, 0, 2, on_done, &io), -EINVAL,
		     UPNVME_ERR_IOVEC, "segment 1", NULL);
	iov[0].iov_base = a + 2;
	expect_error(upnvme_writev(scene.rig.qp, scene.rig.ns, iov, 1, 0, 1, on_done, &io), -EINVAL,
		     UPNVME_ERR_IOVEC, "segment 0", NULL);
	/* No command was begun. */
	assert_int_equal(upnvme_qpair_inflight(scene.rig.qp), 0);
	assert_int_equal(upnvme_poll(scene.rig.qp, 0), 0);
	assert_int_equal(io.ndone, 0);
	rig_close(&scene.rig);
}

static void too_many_pieces_for_one_block_are_refused(void **state)
{
	static struct iovec iov[4096];
	struct scene scene;
	struct io io = { 0 };

	scene_open(&scene, 4096, true);
	for (uint32_t i = 0; i < 4096; i++)
		iov[i] = (struct iovec){ scene.area + i * 16, i ? 1 : 1 };
	expect_error(upnvme_writev(scene.rig.qp, scene.rig.ns, iov, 4096, 0, 1, on_done, &io),
		     -EINVAL, UPNVME_ERR_IOVEC, "segment 0", NULL);
	rig_close(&scene.rig);
}

static void an_unreachable_segment_is_named(void **state)
{
	static char outside[8192] __attribute__((aligned(4096)));
	struct scene scene;
	struct iovec iov[3];
	struct io io = { 0 };

	scene_open(&scene, 4096, true);
	iov[0] = (struct iovec){ scene.area, 4096 };
	iov[1] = (struct iovec){ scene.area + 8192, 4096 };
	iov[2] = (struct iovec){ outside, 4096 };
	expect_error(upnvme_readv(scene.rig.qp, scene.rig.ns, iov, 3, 0, 3, on_done, &io), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "segment 2", NULL);
	iov[2].iov_base = scene.area + AREA_BYTES - 2048;
	expect_error(upnvme_readv(scene.rig.qp, scene.rig.ns, iov, 3, 0, 3, on_done, &io), -EFAULT,
		     UPNVME_ERR_BUFFER_UNREACHABLE, "segment 2", NULL);
	rig_close(&scene.rig);
}

/* Cuts whole blocks into random pieces of 4-byte units, each at a place of its own. */
static uint32_t cut(struct scene *scene, struct iovec *iov, uint32_t max, uint32_t bytes,
		    uint64_t *seed)
{
	uint32_t place = random_below(seed, 1024) * 4, n = 0;

	while (bytes) {
		uint32_t piece = n == max - 1 ? bytes : 4 * (1 + random_below(seed, bytes / 4));

		if (random_below(seed, 3) == 0 && bytes >= 4096 && n < max - 1)
			piece = 4096;
		if (random_below(seed, 4) == 0)
			place = (place + 4095) / 4096 * 4096;
		iov[n++] = (struct iovec){ scene->area + place, piece };
		place += piece + 4 * random_below(seed, 600);
		bytes -= piece;
	}
	return n;
}

static void random_pieces(uint32_t block, uint64_t seed)
{
	uint32_t rounds = is_slow_build() ? 200 : 2000;
	struct scene scene;

	scene_open(&scene, block, true);
	for (uint32_t i = 0; i < rounds; i++) {
		uint32_t blocks = 1 + random_below(&seed, (128u << 10) / block);
		struct iovec iov[24];
		uint32_t n = cut(&scene, iov, 1 + random_below(&seed, 24), blocks * block, &seed);

		there_and_back(&scene, iov, n, blocks);
	}
	rig_close(&scene.rig);
}

static void random_pieces_go_there_and_back(void **state)
{
	uint64_t seed = test_seed();

	random_pieces(512, seed);
	random_pieces(4096, seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prp_expresses_pages_with_ragged_ends),
		cmocka_unit_test(vectors_that_prp_cannot_express_at_once_are_split),
		cmocka_unit_test(only_sgl_expresses_odd_pieces),
		cmocka_unit_test(a_segment_that_neither_prp_nor_sgl_expresses_is_named),
		cmocka_unit_test(too_many_pieces_for_one_block_are_refused),
		cmocka_unit_test(an_unreachable_segment_is_named),
		cmocka_unit_test(random_pieces_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
