/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Log Page (NVMe Base 2.0c, 5.16), and the pages that the library decodes. */
#ifndef UPNVME_DRIVER_LOG_PAGES_H
#define UPNVME_DRIVER_LOG_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme/ctrlr.h>

struct upnvme_spec_commands_supported_log;

struct log_range {
	uint32_t nsid;
	uint32_t lid;
	uint64_t offset;
	void *data;
	uint64_t bytes; /* a multiple of 4 */
};

/* Reads a page in as many commands as are needed. The event of a page that the driver itself reads when that event
 * comes is retained, and so is the list of changed namespaces; the event of any other page is cleared. */
int log_page_read(struct upnvme_ctrlr *ctrlr, const struct log_range *range);
/* As log_page_read, for the driver itself: keeps the page's event, or clears that event. */
int log_page_peek(struct upnvme_ctrlr *ctrlr, const struct log_range *range);
int log_page_acknowledge(struct upnvme_ctrlr *ctrlr, const struct log_range *range);

int log_smart(struct upnvme_ctrlr *ctrlr, struct upnvme_smart *smart);
int log_firmware(struct upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware);
/* Up to `n` valid entries. Returns how many, or a negative errno. */
int log_errors(struct upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries, uint32_t n);
/* Reads the whole Commands Supported and Effects log page, of a controller that has it (LPA bit 1). */
int log_effects(struct upnvme_ctrlr *ctrlr, struct upnvme_spec_commands_supported_log *log);
/* The UPNVME_EFFECT_... bits of an admin or an I/O command. */
int log_command_effects(struct upnvme_ctrlr *ctrlr, bool admin, uint8_t opcode, uint32_t *effects);

#endif
