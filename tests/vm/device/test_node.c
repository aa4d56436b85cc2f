/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA memory comes from the NUMA node that the controller is near, on any node of the caller. The
 * command line names the controller and the node. */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "support.h"

#define PAGE    4096u
#define FAR_CPU 0u /* of the other node */

static const char *uri;
static int node;

/* move_pages(2) without a target node moves nothing, and tells the node of a page. */
static int node_of(void *page)
{
	int status = -1;

	assert_int_equal(syscall(SYS_move_pages, 0, 1ul, &page, NULL, &status, 0), 0);
	return status;
}

static void memory_is_near_the_controller(void **state)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct rig rig;
	cpu_set_t far;
	char *buf;

	CPU_ZERO(&far);
	CPU_SET(FAR_CPU, &far);
	assert_int_equal(sched_setaffinity(0, sizeof(far), &far), 0);
	rig_open(&rig, 0, 0, "%s", uri);
	OK(upnvme_ctrlr_info_get(rig.ctrlr, &info));
	assert_int_equal(info.numa_node, node);
	buf = dma(rig.ctrlr, 6u << 20);
	for (size_t at = 0; at < 6u << 20; at += PAGE) {
		buf[at] = 1;
		assert_int_equal(node_of(buf + at), node);
	}
	OK(upnvme_dma_free(rig.ctrlr, buf));
	rig_close(&rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_near_the_controller),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: test_node URI NODE\n");
		return 2;
	}
	uri = argv[1];
	node = atoi(argv[2]);
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}
