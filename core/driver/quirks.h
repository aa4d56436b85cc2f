/* SPDX-License-Identifier: BSD-3-Clause */
/* Deviations of single devices from the specification, and what is done about each. */
#ifndef UPNVME_DRIVER_QUIRKS_H
#define UPNVME_DRIVER_QUIRKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct upnvme_ctrlr;
struct uri;

enum quirk {
	QUIRK_DELAY_INIT = 1u << 0,      /* wait before the first look at registers */
	QUIRK_DELAY_READY = 1u << 1,     /* once disabled, wait before CSTS.RDY is looked at */
	QUIRK_DELAY_QUEUE = 1u << 2,     /* wait once a queue was created */
	QUIRK_STRIPE = 1u << 3,          /* byte 3 of the vendor's part of Identify is the stripe */
	QUIRK_NO_SGL = 1u << 4,          /* SGLs do not work, whatever SGLS says */
	QUIRK_NO_WRITE_ZEROES = 1u << 5, /* Write Zeroes does not work, whatever ONCS says */
	QUIRK_EXCLUDE_METADATA = 1u << 6, /* size limits exclude metadata, without CTRATT.MEM */
	QUIRK_NO_DESCRIPTORS = 1u << 7,   /* the list of descriptors (CNS 03h) is not to be read */
	QUIRK_BOGUS_NAMES = 1u << 8,      /* EUI64, NGUID and UUID are not unique */
	QUIRK_SLOW_SHUTDOWN = 1u << 9,    /* a shutdown takes longer than RTD3E says */
	QUIRK_WHOLE_ADMIN_QUEUE = 1u << 10, /* the admin queue is a multiple of 4 KiB */
	QUIRK_HALVES = 1u << 11,            /* 64-bit registers are accessed as two halves */
	QUIRK_LONG_QUEUES = 1u << 12,       /* slow unless queues are longer than the default */
};
#define NQUIRKS 13u

#define QUIRK_DELAY_INIT_MS    2000u
#define QUIRK_DELAY_READY_MS   2300u
#define QUIRK_DELAY_QUEUE_MS   1u
#define QUIRK_SLOW_SHUTDOWN_MS 30000u
#define QUIRK_LONG_QUEUE       1024u /* entries, as Linux and SPDK have */

/* A device's identity, as the device itself reports it. */
struct quirk_device {
	uint16_t vendor, device; /* by PCI; 0: not a PCI device */
	const char *firmware;    /* FR, trimmed; null: not known yet */
};

/* The quirks of a device. Rows that depend on the firmware match once the firmware is known. */
uint32_t quirks_of(const struct quirk_device *device);

/* Writes the words of the quirks, with commas between, as the URI's key takes them. */
void quirks_text(uint32_t quirks, char *text, size_t bytes);
/* The quirks that a caller names, in place of those of the table. */
struct quirks_choice {
	bool given;
	uint32_t quirks;
};
/* Reads the key `quirks` of a URI: `none`, or words of quirks, with commas between. 0, or -EINVAL with its sentence. */
int quirks_read(const struct uri *uri, struct quirks_choice *choice);

/* Sets the quirks before the controller is touched: by the caller's choice, or by the device on the bus. */
void quirks_begin(struct upnvme_ctrlr *ctrlr, const struct quirks_choice *choice);
/* Adds the quirks that depend on the firmware, after Identify, and applies all quirks to the limits. */
void quirks_settle(struct upnvme_ctrlr *ctrlr);

#endif
