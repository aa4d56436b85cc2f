/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the commands that all I/O command sets have (NVMe Base 2.0c, 7). */
#include "driver/commands/check.h"
#include "driver/commands/sets.h"

static uint32_t no_blocks(const struct upnvme_qpair *qp, const struct request *request)
{
	(void)qp;
	(void)request;
	return 0;
}

/* CRKEY and NRKEY, or CRKEY and PRKEY. */
static uint64_t two_keys(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	(void)cdw;
	(void)geometry;
	return 16;
}

/* CRKEY. */
static uint64_t one_key(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	(void)cdw;
	(void)geometry;
	return 8;
}

/* NUMD counts dwords from 0. */
static uint64_t report_bytes(const uint32_t *cdw, const struct ns_geometry *geometry)
{
	(void)geometry;
	return (cdw[10] + 1ull) * sizeof(uint32_t);
}

const struct command_kind kind_flush = {
	.name = "flush",
	.check = check_no_blocks,
	.limit = no_blocks,
};

const struct command_kind kind_reservation_register = {
	.name = "reservation register",
	.bytes = two_keys,
};

const struct command_kind kind_reservation_report = {
	.name = "reservation report",
	.bytes = report_bytes,
};

const struct command_kind kind_reservation_acquire = {
	.name = "reservation acquire",
	.bytes = two_keys,
};

const struct command_kind kind_reservation_release = {
	.name = "reservation release",
	.bytes = one_key,
};
