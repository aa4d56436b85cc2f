/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program does with the library, through libffi. */
#ifndef UPNVME_TESTS_ABI_SESSION_H
#define UPNVME_TESTS_ABI_SESSION_H

#include "description.h"

extern const struct CMUnitTest session_tests[];
extern const size_t session_ntests;

#endif
