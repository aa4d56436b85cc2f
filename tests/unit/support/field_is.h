/* SPDX-License-Identifier: BSD-3-Clause */
/* The check that a field of the specification is at its bits. */
#ifndef UPNVME_TESTS_FIELD_IS_H
#define UPNVME_TESTS_FIELD_IS_H

#include "spec/field.h"

#define FIELD_IS(name, low, nbits)                                                        \
	do {                                                                              \
		assert_int_equal(name##_SHIFT, low);                                      \
		assert_int_equal(name##_MASK, (1u << (nbits)) - 1);                       \
		assert_int_equal(NVME_FIELD_GET(name, NVME_FIELD_SET(name, name##_MASK)), \
				 name##_MASK);                                            \
	} while (0)

#endif
