/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices that are known to do otherwise than the specification says.
 *
 * Some quirks need no row here, since the driver treats all devices alike:
 * - Bus addresses are below 2^48: Amazon's controllers take no others.
 * - PRP lists begin at multiples of 512: O2 Micro 1217:8760.
 * - Dataset Management never has an SGL: Intel 0b60.
 * - A device can read 256 ranges of a deallocation, whatever NR says: some devices do.
 * - Registers are accessed by at most 8 bytes: QEMU.
 * - The driver never looks in OACS for Security Send: Intel 2700 reports that command, and does not have it.
 */
#include "driver/quirks.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/uri.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "driver/identify.h"
#include "transport/transport.h"

#define ANY_DEVICE 0xffffu

/* The URI's words, by bit. */
static const char *const words[NQUIRKS] = {
	"delay-init",        "delay-ready",      "delay-queue",    "stripe",      "no-sgl",
	"no-write-zeroes",   "exclude-metadata", "no-descriptors", "bogus-names", "slow-shutdown",
	"whole-admin-queue", "halves",           "long-queues",
};

/*
 * The rows are those of drivers that have met these devices: "Linux" is nvme_id_table in its drivers/nvme/host/pci.c,
 * "SPDK" nvme_quirks in its lib/nvme/nvme_quirks.c. All rows that match count.
 */
static const struct row {
	uint16_t vendor, device;
	uint32_t quirks;
	const char *firmware; /* null: any */
} rows[] = {
	/* Intel DC P3500 to P3700, P4500, P4600: SPDK, the stripe also Linux */
	{ 0x8086, 0x0953, QUIRK_DELAY_INIT | QUIRK_STRIPE | QUIRK_LONG_QUEUES, NULL },
	{ 0x8086, 0x0a53, QUIRK_DELAY_INIT | QUIRK_STRIPE | QUIRK_LONG_QUEUES, NULL },
	{ 0x8086, 0x0a54, QUIRK_DELAY_INIT | QUIRK_STRIPE | QUIRK_LONG_QUEUES, NULL },
	{ 0x8086, 0x0a55, QUIRK_STRIPE | QUIRK_LONG_QUEUES, NULL },
	{ 0x8086, 0x0b60, QUIRK_STRIPE | QUIRK_LONG_QUEUES, NULL }, /* SPDK */
	{ 0x8086, 0x4140, QUIRK_EXCLUDE_METADATA, NULL },           /* SPDK */
	{ 0x8086, 0xf1a5, QUIRK_NO_WRITE_ZEROES, NULL },            /* Intel 600p: Linux */
	/* QEMU before it had a PCI vendor: Linux. Later versions can have that identity, but other firmware: their own
	 * version. */
	{ 0x8086, 0x5845, QUIRK_NO_WRITE_ZEROES | QUIRK_BOGUS_NAMES, "1.0" },
	{ 0x144d, 0xa821, QUIRK_DELAY_READY, NULL }, /* Samsung PM1725: Linux, SPDK */
	{ 0x144d, 0xa822, QUIRK_DELAY_READY | QUIRK_NO_WRITE_ZEROES,
	  NULL },                                    /* PM1725a: Linux, SPDK */
	{ 0x144d, 0xa826, QUIRK_DELAY_READY, NULL }, /* SPDK */
	{ 0x1c5f, 0x0540, QUIRK_DELAY_READY, NULL }, /* Memblaze PBlaze4: Linux, SPDK */
	{ 0x1c58, 0x0003, QUIRK_DELAY_READY, NULL }, /* HGST: Linux */
	{ 0x1c58, 0x0023, QUIRK_DELAY_READY, NULL }, /* WDC SN200: Linux */
	{ 0x1bb1, 0x0100, QUIRK_DELAY_READY | QUIRK_NO_DESCRIPTORS,
	  NULL },                                    /* Seagate Nytro: Linux */
	{ 0x126f, 0x2262, QUIRK_BOGUS_NAMES, NULL }, /* Silicon Motion: Linux */
	{ 0x126f, 0x2263, QUIRK_NO_DESCRIPTORS | QUIRK_BOGUS_NAMES,
	  NULL },                                          /* Silicon Motion: Linux */
	{ 0x1b4b, 0x1092, QUIRK_NO_DESCRIPTORS, NULL },    /* Lexar: Linux */
	{ 0x1987, 0x5012, QUIRK_BOGUS_NAMES, NULL },       /* Phison E12: Linux */
	{ 0x1e4b, 0x1602, QUIRK_BOGUS_NAMES, NULL },       /* HS-SSD-FUTURE: Linux */
	{ 0x10ec, 0x5763, QUIRK_BOGUS_NAMES, NULL },       /* TEAMGROUP Cardea Zero: Linux */
	{ 0x19e5, ANY_DEVICE, QUIRK_NO_SGL, NULL },        /* Huawei: SPDK */
	{ 0x1414, 0xb111, QUIRK_WHOLE_ADMIN_QUEUE, NULL }, /* Microsoft: SPDK */
	{ 0x15ad, 0x07f0, QUIRK_SLOW_SHUTDOWN, NULL },     /* VMware: SPDK */
	{ 0x80ee, 0x4e56, QUIRK_DELAY_QUEUE, NULL },       /* VirtualBox: SPDK */
};

static bool row_matches(const struct row *row, const struct quirk_device *device)
{
	if (row->vendor != device->vendor ||
	    (row->device != ANY_DEVICE && row->device != device->device))
		return false;
	return !row->firmware || (device->firmware && !strcmp(row->firmware, device->firmware));
}

uint32_t quirks_of(const struct quirk_device *device)
{
	uint32_t quirks = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (row_matches(&rows[i], device))
			quirks |= rows[i].quirks;
	return quirks;
}

/* --- their words ---------------------------------------------------------------------------------- */

void quirks_text(uint32_t quirks, char *text, size_t bytes)
{
	size_t n = 0;

	*text = '\0';
	for (uint32_t i = 0; i < NQUIRKS && n < bytes; i++)
		if (quirks & 1u << i)
			n += (size_t)snprintf(text + n, bytes - n, "%s%s", n ? "," : "", words[i]);
}

static uint32_t quirk_by_word(const char *word, size_t n)
{
	for (uint32_t i = 0; i < NQUIRKS; i++)
		if (strlen(words[i]) == n && !memcmp(words[i], word, n))
			return 1u << i;
	return 0;
}

static int error_word(const struct uri *uri, const char *word, size_t n)
{
	char all[256];

	quirks_text((1u << NQUIRKS) - 1, all, sizeof(all));
	return error_set(
		-EINVAL, UPNVME_ERR_URI_VALUE,
		"URI \"%s\": there is no quirk \"%.*s\": quirks= takes none, or some of %s",
		uri_text(uri), (int)MIN(n, 40), word, all);
}

int quirks_read(const struct uri *uri, struct quirks_choice *choice)
{
	const char *word = NULL;
	int rc;

	*choice = (struct quirks_choice){ .given = uri_has(uri, "quirks") };
	if (!choice->given)
		return 0;
	rc = uri_get_string(uri, "quirks", &word);
	if (rc)
		return rc;
	if (!strcmp(word, "none"))
		return 0;
	for (;;) {
		size_t n = strcspn(word, ",");
		uint32_t quirk = quirk_by_word(word, n);

		if (!quirk)
			return error_word(uri, word, n);
		choice->quirks |= quirk;
		if (!word[n])
			return 0;
		word += n + 1;
	}
}

/* --- of a controller ------------------------------------------------------------------------------ */

static uint32_t of_ctrlr(const struct upnvme_ctrlr *ctrlr, const char *firmware)
{
	return quirks_of(&(struct quirk_device){ .vendor = ctrlr->transport->vendor,
						 .device = ctrlr->transport->device,
						 .firmware = firmware });
}

void quirks_begin(struct upnvme_ctrlr *ctrlr, const struct quirks_choice *choice)
{
	ctrlr->quirks_given = choice->given;
	ctrlr->quirks = choice->given ? choice->quirks : of_ctrlr(ctrlr, NULL);
}

/* The stripe, a power of two of memory pages (Intel's vendor specific field, read as Linux and SPDK do). */
static uint64_t stripe_bytes(const struct upnvme_spec_id_ctrl *id)
{
	return id->vs[3] && id->vs[3] < 32 ? (uint64_t)NVME_PAGE_BYTES << id->vs[3] : 0;
}

static void limit(struct ctrlr_limits *limits, uint32_t quirks,
		  const struct upnvme_spec_id_ctrl *id)
{
	if (quirks & QUIRK_STRIPE)
		limits->stripe_bytes = stripe_bytes(id);
	if (quirks & QUIRK_NO_SGL)
		limits->sgl = false;
	if (quirks & QUIRK_NO_WRITE_ZEROES)
		limits->oncs &= (uint16_t)~UPNVME_SPEC_ONCS_WRITE_ZEROES;
	if (quirks & QUIRK_EXCLUDE_METADATA)
		limits->sizes_exclude_metadata = true;
}

void quirks_settle(struct upnvme_ctrlr *ctrlr)
{
	char firmware[sizeof(ctrlr->id.fr) + 1], text[256];

	identify_trim(firmware, sizeof(firmware), ctrlr->id.fr, sizeof(ctrlr->id.fr));
	if (!ctrlr->quirks_given)
		ctrlr->quirks |= of_ctrlr(ctrlr, firmware);
	limit(&ctrlr->limits, ctrlr->quirks, &ctrlr->id);
	if (ctrlr->quirks & QUIRK_SLOW_SHUTDOWN)
		ctrlr->shutdown_least_ms = QUIRK_SLOW_SHUTDOWN_MS;
	if (!ctrlr->quirks && !ctrlr->quirks_given)
		return;
	quirks_text(ctrlr->quirks, text, sizeof(text));
	log_info("%s: %04x:%04x, firmware \"%s\", is treated with quirks=%s%s", ctrlr->uri,
		 ctrlr->transport->vendor, ctrlr->transport->device, firmware,
		 ctrlr->quirks ? text : "none", ctrlr->quirks_given ? ", as the URI says" : "");
}
