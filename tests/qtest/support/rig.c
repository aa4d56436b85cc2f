/* SPDX-License-Identifier: BSD-3-Clause */
/* The group's process, and the controllers that are opened over it. */
#include "support/rig.h"

const struct qemu_config *group_config;
struct qemu *group_qemu;

int group_start(void **state)
{
	(void)state;
	group_qemu = qemu_start(group_config);
	return 0;
}

int group_stop(void **state)
{
	(void)state;
	qemu_stop(group_qemu);
	group_qemu = NULL;
	return 0;
}

upnvme_ctrlr *ctrlr_of_group(void)
{
	upnvme_ctrlr *ctrlr = NULL;

	OK(qtest_open(&ctrlr, group_qemu, NULL));
	return ctrlr;
}

void rig_of_group(struct rig *rig, uint32_t nsid, uint32_t entries, uint32_t outstanding)
{
	rig->ctrlr = ctrlr_of_group();
	OK(upnvme_ns_get(&rig->ns, rig->ctrlr, nsid));
	rig->qp = create_qpair(rig->ctrlr, entries, outstanding, 0);
	rig->block = upnvme_ns_block_size(rig->ns);
}

void expect_bytes(const void *actual, const void *expected, size_t bytes)
{
	const unsigned char *a = actual, *e = expected;

	for (size_t i = 0; i < bytes; i++)
		if (a[i] != e[i])
			fail_msg("byte %zu of %zu is %02x instead of %02x", i, bytes, a[i], e[i]);
}
