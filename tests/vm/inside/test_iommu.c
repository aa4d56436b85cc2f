/* SPDX-License-Identifier: BSD-3-Clause */
/* The IOMMU's protection: a command whose data pointer leads outside of mapped memory fails, and no
 * other does. The library refuses such buffers, so this test takes the mapping away behind the
 * library's back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include <upnvme.h>

#include "driver/ctrlr.h"
#include "driver/queue/qpair.h"
#include "env/env.h"
#include "mem/internal.h"
#include <upnvme/spec/status.h>

#define BYTES (4u << 20) /* an arena, and a mapping, of its own */
/* With lists of 1 KiB, for 512 KiB of data, so many slots' lists have an arena of their own too. */
#define SLOTS 2048u

static const char *uri;

static void on_done(void *arg, const struct upnvme_completion *done)
{
	*(struct upnvme_completion *)arg = *done;
}

struct rig {
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	struct env *env;
};

static int open_rig(void **state)
{
	static struct rig rig;
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;

	opts.entries = SLOTS;
	opts.outstanding = SLOTS - 1;
	assert_int_equal(upnvme_open(&rig.ctrlr, uri, NULL), 0);
	assert_int_equal(upnvme_ns_get(&rig.ns, rig.ctrlr, 1), 0);
	assert_int_equal(upnvme_qpair_create(&rig.qp, rig.ctrlr, &opts), 0);
	rig.env = rig.ctrlr->domain->env;
	*state = &rig;
	return 0;
}

static int close_rig(void **state)
{
	struct rig *rig = *state;

	assert_int_equal(upnvme_qpair_close(rig->qp), 0);
	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	return 0;
}

static uint16_t do_io(struct rig *rig, char *buf, uint32_t blocks, bool write)
{
	struct upnvme_completion done = { .flags = UINT16_MAX };
	int rc = write ? upnvme_write(rig->qp, rig->ns, buf, 0, blocks, on_done, &done) :
			 upnvme_read(rig->qp, rig->ns, buf, 0, blocks, on_done, &done);

	assert_int_equal(rc, 0);
	while (done.flags == UINT16_MAX)
		assert_true(upnvme_poll(rig->qp, 0) >= 0);
	return done.status;
}

/* QEMU's controller reports success for data that it could not store; the test checks that it could
 * not. */
static void a_buffer_that_is_not_mapped_is_not_written(void **state)
{
	struct rig *rig = *state;
	uint64_t iova, again, bytes = BYTES;
	void *buf;

	assert_int_equal(upnvme_dma_alloc(&buf, rig->ctrlr, BYTES, 0), 0);
	assert_int_equal(do_io(rig, buf, 1, true), 0);
	memset(buf, 0x5a, BYTES);
	iova = domain_iova(rig->ctrlr->domain, buf);
	rig->env->ops->unmap(rig->env, buf, BYTES, iova);
	do_io(rig, buf, 1, false);
	assert_int_equal(((char *)buf)[0], 0x5a);

	assert_int_equal(rig->env->ops->map(rig->env, buf, &bytes, &again), 0);
	assert_int_equal(again, iova); /* the library's view */
	assert_int_equal(do_io(rig, buf, 1, false), 0);
	assert_int_equal(((char *)buf)[0], 0);
	assert_int_equal(upnvme_dma_free(rig->ctrlr, buf), 0);
}

static void a_command_whose_list_is_not_mapped_fails(void **state)
{
	struct rig *rig = *state;
	uint64_t bytes = (uint64_t)SLOTS * rig->qp->list_bytes, again;
	void *buf;

	assert_int_equal(bytes, 2u << 20);
	assert_int_equal(upnvme_dma_alloc(&buf, rig->ctrlr, 1 << 20, 0), 0);
	rig->env->ops->unmap(rig->env, rig->qp->lists, bytes, rig->qp->lists_iova);
	assert_int_equal(do_io(rig, buf, 16, false) & 0x7ff, UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
	assert_int_equal(do_io(rig, buf, 16, true) & 0x7ff, UPNVME_SPEC_SC_DATA_TRANSFER_ERROR);
	assert_int_equal(do_io(rig, buf, 2, true), 0); /* without a list */

	assert_int_equal(rig->env->ops->map(rig->env, rig->qp->lists, &bytes, &again), 0);
	assert_int_equal(again, rig->qp->lists_iova);
	assert_int_equal(do_io(rig, buf, 16, true), 0);
	assert_int_equal(upnvme_dma_free(rig->ctrlr, buf), 0);
}

static char *own_pages(void *at)
{
	char *own = mmap(at, 1 << 20, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

	assert_ptr_not_equal(own, MAP_FAILED);
	memset(own, 0x5a, 1 << 20);
	return own;
}

/* The device would go on writing to the former pages, with status 0. */
static void memory_that_was_mapped_anew_is_not_registered_again(void **state)
{
	struct rig *rig = *state;
	char *own = own_pages(NULL);

	assert_int_equal(upnvme_mem_register(rig->ctrlr, own, 1 << 20), 0);
	assert_int_equal(upnvme_mem_register(rig->ctrlr, own + 8192, 8192), 0);
	memset(own, 0x77, 8192);
	assert_int_equal(do_io(rig, own, 2, true), 0);
	munmap(own, 1 << 20);
	assert_ptr_equal(own_pages(own), own);
	assert_int_equal(do_io(rig, own, 2, false), 0);
	assert_int_equal(own[0], 0x5a); /* no data has arrived here */
	assert_int_equal(upnvme_mem_register(rig->ctrlr, own, 4096), -ESTALE);
	assert_non_null(strstr(upnvme_last_error(), "unregister"));

	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, own + 8192, 8192), 0);
	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, own, 1 << 20), 0);
	assert_int_equal(upnvme_mem_register(rig->ctrlr, own, 1 << 20), 0);
	assert_int_equal(do_io(rig, own, 2, false), 0);
	assert_int_equal(own[0], 0x77);
	assert_int_equal(upnvme_mem_unregister(rig->ctrlr, own, 1 << 20), 0);
	munmap(own, 1 << 20);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_buffer_that_is_not_mapped_is_not_written,
						open_rig, close_rig),
		cmocka_unit_test_setup_teardown(memory_that_was_mapped_anew_is_not_registered_again,
						open_rig, close_rig),
		cmocka_unit_test_setup_teardown(a_command_whose_list_is_not_mapped_fails, open_rig,
						close_rig),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_iommu URI\n");
		return 2;
	}
	uri = argv[1];
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}
