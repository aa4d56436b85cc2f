/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's view of a command's data pointer, written from the specification alone: the byte
 * ranges in the order of the data (NVMe Base 2.0, 4.1.1 and 4.1.2). It shares nothing with the
 * driver or with the software controller.
 */
#ifndef UPNVME_TESTS_PRP_WALK_H
#define UPNVME_TESTS_PRP_WALK_H

#include <stdint.h>

#include <upnvme/spec/sqe.h>
#include "support/fake_device.h"

struct walk_range {
	uint64_t iova;
	uint64_t bytes;
};

struct walk {
	struct walk_range ranges[4096]; /* neighbours are joined */
	uint32_t n;
	uint32_t entries; /* PRP entries or SGL descriptors that were looked at */
};

/* Fails the test where the pointer breaks a rule of the specification. */
void walk_data(struct fake_device *dev, const struct upnvme_spec_sqe *sqe, uint64_t bytes,
	       struct walk *walk);

#endif
