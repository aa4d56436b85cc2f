/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of a controller's environment, on a made-up machine. DPDK itself is tested in
 * guests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/uri.h"
#include "support/fake_machine.h"
#include "transport/pcie/memory.h"

static const struct place with_vfio = { .address = FAKE_NVME, .driver = "vfio-pci" };
static const struct place with_uio = { .address = FAKE_NVME,
				       .driver = "uio_pci_generic",
				       .holder = HELD_BY_UIO };

static int wish_read(struct memory_wish *wish, const char *text)
{
	struct uri *uri;
	int rc;

	assert_int_equal(uri_parse(&uri, text), 0);
	rc = memory_wish_read(wish, uri);
	uri_free(uri);
	return rc;
}

static int choose(struct fake_machine *fake, const char *text, const struct pages **pages)
{
	struct memory_wish wish;

	assert_int_equal(wish_read(&wish, text), 0);
	return memory_for_vfio(pages, &wish, &fake->fs, &with_vfio);
}

static void memory_of_the_process_comes_in_three_kinds(void **state)
{
	const struct pages *pages;

	assert_int_equal(choose(*state, "pcie:x?env=vfio", &pages), 0);
	assert_ptr_equal(pages, &pages_transparent);
	assert_int_equal(choose(*state, "pcie:x?pages=small", &pages), 0);
	assert_ptr_equal(pages, &pages_small);
	assert_int_equal(choose(*state, "pcie:x?pages=huge&env=vfio", &pages), 0);
	assert_ptr_equal(pages, &pages_huge);
}

/* Free huge pages are not taken: they were set aside for another purpose. */
static void the_default_is_memory_of_the_process(void **state)
{
	struct fake_machine *fake = *state;
	const struct pages *pages;

	fake_file(fake, "512\n", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	fake_file(fake, "512\n", "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
	assert_int_equal(choose(fake, "pcie:x", &pages), 0);
	assert_ptr_equal(pages, &pages_transparent);
	assert_int_equal(error_last()->err, 0); /* no error is left from the search */
}

static void without_huge_pages_dpdk_is_refused_with_the_remedy(void **state)
{
	const struct dpdk_plugin *plugin;
	const struct pages *pages;
	int rc = choose(*state, "pcie:x?env=dpdk", &pages);

	if (dpdk_load(&plugin)) {
		assert_int_equal(rc, -ENOENT);
		fake_error(UPNVME_ERR_PLUGIN, "env=vfio");
		return;
	}
	assert_int_equal(rc, -ENOMEM);
	fake_error(UPNVME_ERR_HUGE_PAGES, "upnvme-devices setup --huge-pages 64:2MiB");
	fake_error(UPNVME_ERR_HUGE_PAGES, "env=vfio");
}

/* The advice is to set aside more pages than there are; VFIO, not UIO, works without huge pages. */
static void where_all_huge_pages_are_in_use_more_are_the_remedy(void **state)
{
	struct fake_machine *fake = *state;
	const struct dpdk_plugin *plugin;
	struct memory_wish wish;
	int rc;

	fake_file(fake, "512\n", "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	fake_file(fake, "0\n", "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
	assert_int_equal(wish_read(&wish, "pcie:x?unsafe=1"), 0);
	rc = memory_for_uio(&plugin, &wish, &fake->fs, &with_uio);
	if (dpdk_load(&plugin)) {
		assert_int_equal(rc, -ENOENT);
		return;
	}
	assert_int_equal(rc, -ENOMEM);
	fake_error(UPNVME_ERR_HUGE_PAGES, "upnvme-devices setup --huge-pages 576:2MiB");
	assert_null(strstr(error_last()->text, "vfio"));
}

static void contradictions_are_refused(void **state)
{
	struct memory_wish wish;

	assert_int_equal(wish_read(&wish, "pcie:x?env=dpdk&pages=huge"), -EINVAL);
	fake_error(UPNVME_ERR_URI_KEY, "pages=");
	assert_int_equal(wish_read(&wish, "pcie:x?env=magic"), -EINVAL);
	fake_error(UPNVME_ERR_URI_VALUE, "magic");
	assert_int_equal(wish_read(&wish, "pcie:x?pages=large"), -EINVAL);
	fake_error(UPNVME_ERR_URI_VALUE, "transparent");
	assert_int_equal(wish_read(&wish, "pcie:x?unsafe=perhaps"), -EINVAL);
	fake_error(UPNVME_ERR_URI_VALUE, "perhaps");
}

static void uio_needs_to_be_called_unsafe(void **state)
{
	struct fake_machine *fake = *state;
	const struct dpdk_plugin *plugin;
	struct memory_wish wish;

	assert_int_equal(wish_read(&wish, "pcie:x"), 0);
	assert_int_equal(memory_for_uio(&plugin, &wish, &fake->fs, &with_uio), -EPERM);
	fake_error(UPNVME_ERR_UNSAFE, "unsafe=1");
	fake_error(UPNVME_ERR_UNSAFE, "upnvme-devices bind " FAKE_NVME);
	assert_int_equal(wish_read(&wish, "pcie:x?unsafe=1&env=vfio"), 0);
	assert_int_equal(memory_for_uio(&plugin, &wish, &fake->fs, &with_uio), -EINVAL);
	fake_error(UPNVME_ERR_URI_KEY, "not to vfio-pci");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_machine_setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_of_the_process_comes_in_three_kinds),
		TEST(the_default_is_memory_of_the_process),
		TEST(without_huge_pages_dpdk_is_refused_with_the_remedy),
		TEST(where_all_huge_pages_are_in_use_more_are_the_remedy),
		TEST(contradictions_are_refused),
		TEST(uio_needs_to_be_called_unsafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
