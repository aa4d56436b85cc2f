/* SPDX-License-Identifier: BSD-3-Clause */
/* The errors that are in the Error Information log page. */
#ifndef UPNVME_SOFTCTRL_ERROR_LOG_H
#define UPNVME_SOFTCTRL_ERROR_LOG_H

#include <pthread.h>
#include <stdint.h>

#define SC_NERRORS 64u               /* entries of the log page */
#define SC_ELPE    (SC_NERRORS - 1u) /* Error Log Page Entries, 0's based */
#define SC_NO_LBA  UINT64_MAX

struct sc_cmd;

struct sc_error {
	uint64_t count;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status_word;
	uint16_t location;
	uint64_t lba;
	uint32_t nsid;
};

struct sc_errors {
	pthread_mutex_t lock;
	uint64_t count; /* all errors since the controller was made */
	struct sc_error entries[SC_NERRORS];
};

/* Keeps the error in cmd->status, and sets the bit More of the status. */
void sc_error_record(struct sc_cmd *cmd);

/* Keeps an error of no command: a doorbell that was rung wrongly, or a timer that expired. */
void sc_error_record_event(struct sc_errors *errors, uint16_t sqid, uint16_t status);

#endif
