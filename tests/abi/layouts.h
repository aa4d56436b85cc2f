/* SPDX-License-Identifier: BSD-3-Clause */
/* Where libffi puts the fields of the described records. */
#ifndef UPNVME_TESTS_ABI_LAYOUTS_H
#define UPNVME_TESTS_ABI_LAYOUTS_H

void layouts_are_those_of_libffi(void **state);

#endif
