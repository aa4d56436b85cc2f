/* SPDX-License-Identifier: BSD-3-Clause */
/* An application that runs DPDK itself, linked with DPDK's shared libraries: the library uses that
 * EAL, and memory from it can be registered and used. The command line names the controller. */
#include <dirent.h>
#include <errno.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#include "support.h"

#define BYTES (256u << 10)

static const char *uri;

/* Threads of this process that an EAL has made to serve its interrupts. */
static int count_eal_threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	char path[300], name[32];
	FILE *file;
	int n = 0;

	while ((task = readdir(tasks))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		n += fgets(name, sizeof(name), file) && strstr(name, "intr");
		fclose(file);
	}
	closedir(tasks);
	return n;
}

static void memory_comes_from_the_applications_eal(void **state)
{
	struct rig rig;
	char *buf;

	rig_open(&rig, 0, 0, "%s", uri);
	buf = dma(rig.ctrlr, BYTES);
	assert_non_null(rte_mem_virt2memseg_list(buf));
	assert_int_equal(count_eal_threads(), 1);
	OK(upnvme_dma_free(rig.ctrlr, buf));
	rig_close(&rig);
}

static void memory_of_the_application_is_used_uncopied(void **state)
{
	char *out = rte_malloc("out", BYTES, 4096), *in = rte_malloc("in", BYTES, 4096);
	uint32_t blocks;
	struct rig rig;

	assert_non_null(out);
	assert_non_null(in);
	rig_open(&rig, 0, 0, "%s", uri);
	blocks = BYTES / rig.block;
	OK(upnvme_mem_register(rig.ctrlr, out, BYTES));
	OK(upnvme_mem_register(rig.ctrlr, in, BYTES));
	pattern_fill(out, 0, blocks, rig.block, 1);
	memset(in, 0, BYTES);
	assert_int_equal(do_write(&rig, out, 0, blocks), 0);
	assert_int_equal(do_read(&rig, in, 0, blocks), 0);
	assert_true(pattern_is(in, 0, blocks, rig.block, 1));
	OK(upnvme_mem_unregister(rig.ctrlr, in, BYTES));
	OK(upnvme_mem_unregister(rig.ctrlr, out, BYTES));
	rig_close(&rig);
	rte_free(out);
	rte_free(in);
}

static int child_opens(void *arg)
{
	upnvme_ctrlr *ctrlr;

	return -upnvme_open(&ctrlr, uri, NULL);
}

/* A child's EAL would give out huge pages that its parent uses. */
static void a_child_does_not_use_its_parents_eal(void **state)
{
	assert_int_equal(in_child(child_opens, NULL), EOWNERDEAD);
}

static void memory_without_huge_pages_is_for_an_iommu_only(void **state)
{
	upnvme_ctrlr *ctrlr = NULL;

	expect_error(upnvme_open(&ctrlr, uri, NULL), -ENOMEM, UPNVME_ERR_HUGE_PAGES, "--no-huge",
		     "DPDK", NULL);
}

static int run(bool huge)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_does_not_use_its_parents_eal),
		cmocka_unit_test(memory_comes_from_the_applications_eal),
		cmocka_unit_test(memory_of_the_application_is_used_uncopied),
	};
	const struct CMUnitTest refusal[] = {
		cmocka_unit_test(memory_without_huge_pages_is_for_an_iommu_only),
	};

	if (!huge && strstr(uri, "unsafe=1"))
		return cmocka_run_group_tests_name(uri, refusal, NULL, NULL);
	return cmocka_run_group_tests_name(uri, tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	char *with[] = { argv[0], "--in-memory", "--no-pci", "--no-telemetry", NULL };
	char *without[] = { argv[0],          "--no-huge", "--no-shconf", "--no-pci",
			    "--no-telemetry", "-m",        "128",         NULL };
	bool huge = argc == 2;

	if (argc != 2 && (argc != 3 || strcmp(argv[2], "no-huge") != 0)) {
		fprintf(stderr, "usage: test_own_eal URI [no-huge]\n");
		return 2;
	}
	uri = argv[1];
	if ((huge ? rte_eal_init(4, with) : rte_eal_init(7, without)) < 0)
		return 2;
	return run(huge);
}
