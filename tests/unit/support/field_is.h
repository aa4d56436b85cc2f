/* SPDX-License-Identifier: BSD-3-Clause */
/* The check that a field of the specification is at its bits. */
#ifndef UPNVME_TESTS_FIELD_IS_H
#define UPNVME_TESTS_FIELD_IS_H

#include <upnvme/spec/field.h>

#define FIELD_IS(name, low, nbits)                                                                \
	do {                                                                                      \
		assert_int_equal(name##_SHIFT, low);                                              \
		assert_int_equal(name##_MASK, (1u << (nbits)) - 1);                               \
		assert_int_equal(UPNVME_SPEC_FIELD_GET(name,                                      \
						       UPNVME_SPEC_FIELD_SET(name, name##_MASK)), \
				 name##_MASK);                                                    \
	} while (0)

#endif
