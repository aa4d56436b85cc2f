/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/reservation.h
 * What reservation commands put into their dwords and data buffers: they are of every I/O command
 * set.
 *
 * A field's name is UPNVME_SPEC_<command>_<field>; the comment above a group tells the dword. The
 * masks are not shifted, use UPNVME_SPEC_FIELD_GET and UPNVME_SPEC_FIELD_SET.
 */
#ifndef UPNVME_SPEC_RESERVATION_H
#define UPNVME_SPEC_RESERVATION_H

#include <stdint.h>

#include "field.h"

/* Reservation Acquire, Register, Release. NVMe Base 2.0c, 7.2 to 7.4. Dword 10 */
#define UPNVME_SPEC_RESERVATION_ACTION_SHIFT 0 /* RACQA, RREGA, RRELA */
#define UPNVME_SPEC_RESERVATION_ACTION_MASK  0x7u
#define UPNVME_SPEC_RESERVATION_IEKEY_SHIFT  3 /* ignore existing key */
#define UPNVME_SPEC_RESERVATION_IEKEY_MASK   0x1u
#define UPNVME_SPEC_RESERVATION_RTYPE_SHIFT  8 /* Acquire, Release */
#define UPNVME_SPEC_RESERVATION_RTYPE_MASK   0xffu
#define UPNVME_SPEC_RESERVATION_CPTPL_SHIFT  30 /* Register: change persist through power loss */
#define UPNVME_SPEC_RESERVATION_CPTPL_MASK   0x3u

#define UPNVME_SPEC_RESERVATION_ACQUIRE           0u
#define UPNVME_SPEC_RESERVATION_PREEMPT           1u
#define UPNVME_SPEC_RESERVATION_PREEMPT_AND_ABORT 2u
#define UPNVME_SPEC_RESERVATION_REGISTER          0u
#define UPNVME_SPEC_RESERVATION_UNREGISTER        1u
#define UPNVME_SPEC_RESERVATION_REPLACE           2u
#define UPNVME_SPEC_RESERVATION_RELEASE           0u
#define UPNVME_SPEC_RESERVATION_CLEAR             1u

/**
 * Data of Reservation Acquire and Register. NVMe Base 2.0c, 7.2 and 7.3. Release sends the first
 * key only
 */
struct upnvme_spec_reservation_keys {
	uint64_t crkey; /**< 0: Current Reservation Key */
	uint64_t key;   /**< 8: PRKEY: key to preempt; NRKEY: new key */
};

/* Reservation Report. NVMe Base 2.0c, 7.5. Dword 10 is NUMD (0's based), dword 11: */
#define UPNVME_SPEC_RESERVATION_REPORT_EDS (1u << 0) /* extended data structure */

#endif
