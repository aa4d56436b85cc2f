/* SPDX-License-Identifier: BSD-3-Clause */
/* A made-up machine: /sys, /proc and /dev in a temporary folder, and the little of the kernel that answers when
 * driver_override, unbind and drivers_probe are written. */
#ifndef UPNVME_TESTS_FAKE_MACHINE_H
#define UPNVME_TESTS_FAKE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "pci/sysfs.h"
#include "pci/usage.h"

#define FAKE_NVME "0000:01:00.0"

struct fake_machine {
	struct sysfs fs;
	char root[256], sys[264], proc[264], dev[264];
	char written[2048];        /* every write as "path=text\n", the path below sys */
	const char *refusing;      /* a driver whose probes fail */
	const char *refusing_also; /* another */
	const char *fail_path;     /* writes to paths that end so fail ... */
	int fail_skip;             /* ... after this many that did not ... */
	int fail_times;            /* ... this often ... */
	int fail;                  /* ... with this negative errno */
	int claim;                 /* 0, or the errno of failing claims */
	const char *claim_path;    /* only paths that end so; null: all */
	const char *device_path;   /* a path that leads to this device; all others lead to files */
	struct device_number device;
	int loop; /* the errno of the question for a loop device's file, or 0: ... */
	struct device_number loop_backing; /* ... this */
	int signal;                        /* to this process when a device is unbound; 0: none */
	uint32_t nclaims;                  /* claims made */
	int unbound_claims; /* how many claims were held at the last unbind; -1: there was none */
};

/* With empty roots and no device; all processes can be seen, of which there are none. */
struct fake_machine *fake_machine_create(void);
void fake_machine_destroy(struct fake_machine *fake);

/* Paths are below the root of all: "sys/...", "proc/...", "dev/...". Folders come of themselves. */
__attribute__((format(printf, 3, 4))) void fake_file(struct fake_machine *fake, const char *text,
						     const char *format, ...);
__attribute__((format(printf, 3, 4))) void fake_link(struct fake_machine *fake, const char *target,
						     const char *format, ...);
__attribute__((format(printf, 2, 3))) void fake_folder(struct fake_machine *fake,
						       const char *format, ...);
__attribute__((format(printf, 2, 3))) void fake_remove(struct fake_machine *fake,
						       const char *format, ...);

/* A driver that is loaded. */
void fake_driver(struct fake_machine *fake, const char *driver);

/* A PCI function. `driver` may be null; `group` below 0 is none. */
void fake_device(struct fake_machine *fake, const char *address, uint32_t class_code,
		 const char *driver, int group);

/* The devices that the kernel's nvme driver makes of FAKE_NVME: nvme0 with nvme0n1 (259:0), two
 * partitions (259:1, 259:2) and a generic device (1:3, which is /dev/null's number, so that a test
 * can have it open). */
void fake_controller(struct fake_machine *fake);

/* The usual machine: the drivers nvme, vfio-pci and uio_pci_generic, FAKE_NVME with nvme in group 7, alone. */
struct fake_machine *fake_machine_usual(void);

/* The set-up and tear-down of a test, whose state is the usual machine, or one with empty roots. */
int fake_machine_setup(void **state);
int fake_machine_setup_empty(void **state);
int fake_machine_teardown(void **state);

/* The users of FAKE_NVME. */
struct usage fake_usage(struct fake_machine *fake);

/* The driver that a device is bound to now; empty for none. Overwritten by the next call. */
const char *fake_bound(struct fake_machine *fake, const char *address);

/* Asserts on the last error: its code, and a word of the sentence. */
void fake_error(uint32_t code, const char *word);
/* A call was refused with that, and has written nothing. */
void fake_refused(struct fake_machine *fake, int rc, int expected, uint32_t code, const char *word);
/* FAKE_NVME is as after a bind to vfio-pci. */
void fake_with_vfio(struct fake_machine *fake);

#endif
