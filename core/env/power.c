/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waking a device (PCI Bus Power Management Interface 1.2, 3.2.4 and 5.4). vfio-pci puts devices that are not open into
 * D3hot, and the kernel puts the port above them into D3cold; some drives do not wake, and read as all ones then.
 */
#include "env/power.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/pause.h"

#define STATUS               0x06u
#define STATUS_CAP_LIST      0x0010u
#define CAPABILITIES         0x34u
#define FIRST_AT             0x40u
#define CAPABILITIES_MAX     48u
#define CAPABILITY_AT(value) ((value)&0xfcu)
#define CAP_POWER            0x01u
#define PMCSR                4u
#define PMCSR_STATE          0x3u
#define GONE                 0xffffu
/* The way from D3hot takes 10 ms at most (5.6.1), but some devices are slower. */
#define WAKING_NS (NS_PER_S / 2)

/* Finds the power management capability; *at is its offset, or 0 if there is none. */
static int power_find(struct device *device, uint32_t *at)
{
	uint16_t status, header;
	int rc = device_config_read16(device, STATUS, &status);

	*at = 0;
	if (rc || !(status & STATUS_CAP_LIST))
		return rc;
	rc = device_config_read16(device, CAPABILITIES, &header);
	for (uint32_t i = 0; !rc && i < CAPABILITIES_MAX && CAPABILITY_AT(header) >= FIRST_AT;
	     i++) {
		uint32_t here = CAPABILITY_AT(header);

		rc = device_config_read16(device, here, &header);
		if (!rc && (header & 0xff) == CAP_POWER) {
			*at = here;
			return 0;
		}
		header >>= 8;
	}
	return rc;
}

/* Waits until the device is in D0; *pmcsr is the last value that was read. */
static int wait_for_d0(struct device *device, uint32_t at, uint16_t *pmcsr)
{
	uint64_t deadline_ns = deadline_after(WAKING_NS);
	struct pause pause = { 0 };

	for (;;) {
		bool late = deadline_passed(deadline_ns);
		int rc = device_config_read16(device, at + PMCSR, pmcsr);

		if (rc || !(*pmcsr & PMCSR_STATE) || late)
			return rc;
		pause_next(&pause);
	}
}

static int wake(struct device *device, uint32_t at, uint16_t pmcsr)
{
	char state[32];
	int rc = 0;

	if (pmcsr != GONE)
		rc = device_config_write16(device, at + PMCSR, (uint16_t)(pmcsr & ~PMCSR_STATE));
	if (!rc)
		rc = wait_for_d0(device, at, &pmcsr);
	if (rc || !(pmcsr & PMCSR_STATE))
		return rc;
	snprintf(state, sizeof(state), pmcsr == GONE ? "not to be read" : "D%u (PMCSR %04xh)",
		 pmcsr & PMCSR_STATE, pmcsr);
	return power_error(device->address, state);
}

/* A device that cannot be read at all (in D3cold, or pulled out) shows no capabilities. */
int power_wake(struct device *device)
{
	uint16_t pmcsr;
	uint32_t at;
	int rc = power_find(device, &at);

	if (!rc && !at && power_is_off("/sys", device->address))
		return power_error(device->address, "D3cold");
	if (rc || !at)
		return rc;
	rc = device_config_read16(device, at + PMCSR, &pmcsr);
	return rc || !(pmcsr & PMCSR_STATE) ? rc : wake(device, at, pmcsr);
}

bool power_is_off(const char *sys, const char *address)
{
	char path[PATH_MAX], state[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/power_state", sys, address);
	file = fd_fopen(path);
	if (!file)
		return false;
	if (!fgets(state, sizeof(state), file))
		state[0] = '\0';
	fclose(file);
	return !strncmp(state, "D3", 2) || !strncmp(state, "error", 5);
}

int power_error(const char *address, const char *state)
{
	return error_set(
		-EIO, UPNVME_ERR_DEVICE_POWER,
		"%s does not wake: its power state is %s. Write 1 into its `remove` in "
		"/sys/bus/pci/devices and 1 into /sys/bus/pci/rescan, or switch the machine off "
		"and on (a reboot may keep the slot's power); to keep it from sleeping again, load "
		"vfio-pci with disable_idle_d3=1 and boot with pcie_port_pm=off",
		address, state);
}
