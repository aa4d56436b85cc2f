/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals of a command: the status, and the parameter that is to blame. */
#ifndef UPNVME_SOFTCTRL_RING_REFUSAL_H
#define UPNVME_SOFTCTRL_RING_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>

/*
 * The place of a parameter in its command: the byte, and in bits 10:8 the bit of that byte. NVMe Base 2.0c, 5.16.1.2,
 * Parameter Error Location
 */
#define SC_AT(member, bit) \
	((uint16_t)((offsetof(struct upnvme_spec_sqe, member) + (bit) / 8) | ((bit) % 8) << 8))
#define SC_FIELD(member, name) SC_AT(member, name##_SHIFT)
#define SC_NOWHERE             0xffffu /* no single parameter is to blame */

/* Adds Do Not Retry: the same command would meet the same error again. */
static inline uint16_t sc_dnr(uint16_t status)
{
	return status | UPNVME_SPEC_STATUS_DNR_BIT;
}

#endif
