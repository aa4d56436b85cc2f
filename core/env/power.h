/* SPDX-License-Identifier: BSD-3-Clause */
/* Power states of a PCI device. */
#ifndef UPNVME_ENV_POWER_H
#define UPNVME_ENV_POWER_H

#include <stdbool.h>

#include "env/device.h"

/* Has the device in D0, where it has registers. 0, or a negative errno with its sentence: -EIO if it does not wake. */
int power_wake(struct device *device);

/* Whether the kernel says that the device at `address` sleeps, or cannot be woken. `sys` is where /sys is. */
bool power_is_off(const char *sys, const char *address);

/* -EIO with its sentence, in which `state` is what is known. */
int power_error(const char *address, const char *state);

#endif
