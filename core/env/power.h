/* SPDX-License-Identifier: BSD-3-Clause */
/* Power states of a PCI device. */
#ifndef UPNVME_ENV_POWER_H
#define UPNVME_ENV_POWER_H

#include <stdbool.h>

#include "env/device.h"

/* Puts the device into D0, the state in which its registers answer. 0, or a negative errno with its
 * sentence: -EIO if the device does not wake. */
int power_wake(struct device *device);

/* Whether the kernel says that the device at `address` sleeps, or cannot be woken. `sys` is where /sys is. */
bool power_is_off(const char *sys, const char *address);

/* Sets the sentence, with `state` in it, and returns -EIO. */
int power_error(const char *address, const char *state);

#endif
