/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/version.h
 * The specifications that the headers in upnvme/spec/ describe, and the edition of the headers.
 *
 * The headers have no function and no state: they are the same for every version of the library,
 * and grow as the specification does. What they promise:
 * - The size of a record, the offset of a field, and the value of a constant never change.
 * - A revision of the specification gives names to bytes that were reserved. The fields rsvd...
 *   shrink then or go, so that a program names none of them, gives no initialiser by position, and
 *   clears the whole record.
 * - A new edition adds names and takes none away.
 *
 * All numbers are little-endian, as the machines are that the library runs on. Every name is
 * upnvme's, so that the headers stand beside those of libnvme and of the kernel.
 */
#ifndef UPNVME_SPEC_VERSION_H
#define UPNVME_SPEC_VERSION_H

#include <stdint.h>

/* The edition of the headers, to be asked for by `#if`: each adds names. 1: the first one. */
#define UPNVME_SPEC_EDITION 1u

/* Versions as the register VS has them, without the letters of corrections. */
#define UPNVME_SPEC_BASE_VERSION 0x00020000u /* NVM Express Base Specification 2.0c */
#define UPNVME_SPEC_NVM_VERSION  0x00010000u /* NVM Command Set Specification 1.0c */
#define UPNVME_SPEC_PCIE_VERSION 0x00010000u /* NVMe over PCIe Transport Specification 1.0c */
#define UPNVME_SPEC_ZONED_VERSION \
	0x00010100u /* Zoned Namespace Command Set Specification 1.1c: opcodes, statuses */

#endif
