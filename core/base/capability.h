/* SPDX-License-Identifier: BSD-3-Clause */
/* Capabilities of this process. */
#ifndef UPNVME_BASE_CAPABILITY_H
#define UPNVME_BASE_CAPABILITY_H

#include <stdbool.h>

/*
 * Whether this process has a capability (capabilities(7)) where the kernel asks for it in the first user namespace, as
 * it does of those that are about the machine as a whole. In another user namespace, such as a container's, root has
 * all capabilities, but the kernel does not count them there. `proc` is where /proc is.
 */
bool capability_counts(const char *proc, unsigned capability);

#endif
