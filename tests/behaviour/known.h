/* SPDX-License-Identifier: BSD-3-Clause */
/* A stranger_open over a list of controllers. */
#ifndef UPNVME_TESTS_BEHAVIOUR_KNOWN_H
#define UPNVME_TESTS_BEHAVIOUR_KNOWN_H

#include <stdbool.h>

/* Adds the controller; the text stays the caller's. False: a message says why not. */
bool known_add(const char *uri);

#endif
