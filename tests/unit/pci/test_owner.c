/* SPDX-License-Identifier: BSD-3-Clause */
/* Owners of VFIO's nodes: all nodes are given, or all keep the owner that they had. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/util.h"
#include "pci/bind.h"
#include "support/fake_machine.h"

#define SECOND    "0000:02:00.0"
#define BOTH      FAKE_NVME "," SECOND
#define SOMEBODY  4711u
#define NODE      "dev/vfio/7"
#define NODE_TOO  "dev/vfio/devices/vfio0"
#define NODE_LAST "dev/vfio/8"

/* --- the system call, which is noted instead, since a test is nobody who may give files away --------- */

static struct {
	const char *node; /* the end of the path */
	uid_t owner;
} given[16];
static uint32_t ngiven;
static const char *kept; /* the end of a path whose owner cannot be changed */

static bool ends_so(const char *path, const char *end)
{
	size_t length = strlen(path), n = strlen(end);

	return length >= n && !strcmp(path + length - n, end);
}

int lchown(const char *path, uid_t owner, gid_t group)
{
	static const char *const nodes[] = { NODE, NODE_TOO, NODE_LAST };

	assert_int_equal(group, (gid_t)-1);
	if (kept && ends_so(path, kept)) {
		errno = EPERM;
		return -1;
	}
	assert_true(ngiven < ARRAY_SIZE(given));
	given[ngiven].node = path;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		if (ends_so(path, nodes[i]))
			given[ngiven].node = nodes[i];
	given[ngiven++].owner = owner;
	return 0;
}

static void given_is(uint32_t i, const char *node, uid_t owner)
{
	assert_true(i < ngiven);
	assert_string_equal(given[i].node, node);
	assert_int_equal(given[i].owner, owner);
}

/* --- the machine: the first device has two nodes, the second one has one ------------------------------ */

static int setup(void **state)
{
	struct fake_machine *fake = fake_machine_usual();

	fake_device(fake, SECOND, 0x010802, "nvme", 8);
	fake_file(fake, "243:0\n", "sys/class/vfio/7/dev");
	fake_file(fake, "244:0\n", "sys/bus/pci/devices/" FAKE_NVME "/vfio-dev/vfio0/dev");
	fake_file(fake, "243:1\n", "sys/class/vfio/8/dev");
	fake_file(fake, "", NODE);
	fake_file(fake, "", NODE_TOO);
	fake_file(fake, "", NODE_LAST);
	ngiven = 0;
	kept = NULL;
	*state = fake;
	return 0;
}

static void all_nodes_are_given(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", UPNVME_BIND_OWNER, SOMEBODY), 0);
	assert_int_equal(ngiven, 3);
	given_is(0, NODE, SOMEBODY);
	given_is(1, NODE_TOO, SOMEBODY);
	given_is(2, NODE_LAST, SOMEBODY);
}

/* Whichever node cannot be given; also of devices that were with the driver before, and stay there. */
static void a_node_that_cannot_be_given_has_the_others_taken_back(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), 0);
	kept = NODE_TOO;
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", UPNVME_BIND_OWNER, SOMEBODY),
			 -EPERM);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, NODE_TOO " cannot be given to user 4711");
	assert_int_equal(ngiven, 2);
	given_is(0, NODE, SOMEBODY);
	given_is(1, NODE, geteuid());
	ngiven = 0;
	kept = NODE_LAST;
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", UPNVME_BIND_OWNER, SOMEBODY),
			 -EPERM);
	fake_error(UPNVME_ERR_DEVICE_ACCESS, NODE_LAST " cannot be given to user 4711");
	assert_int_equal(ngiven, 4);
	given_is(2, NODE_TOO, geteuid());
	given_is(3, NODE, geteuid());
	assert_string_equal(fake_bound(fake, FAKE_NVME), "vfio-pci");
}

static void a_device_without_nodes_has_the_others_taken_back(void **state)
{
	struct fake_machine *fake = *state;

	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", 0, 0), 0);
	fake_remove(fake, "sys/class/vfio/8/dev");
	assert_int_equal(pci_bind(&fake->fs, BOTH, "vfio-pci", UPNVME_BIND_OWNER, SOMEBODY),
			 -ENOENT);
	fake_error(UPNVME_ERR_SYSTEM, SECOND ": VFIO has made no node");
	assert_int_equal(ngiven, 4);
	given_is(2, NODE_TOO, geteuid());
	given_is(3, NODE, geteuid());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fake_machine_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_nodes_are_given),
		TEST(a_node_that_cannot_be_given_has_the_others_taken_back),
		TEST(a_device_without_nodes_has_the_others_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
