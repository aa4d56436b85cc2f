/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/field.h
 * Bit fields of registers and dwords, by name.
 *
 * A field NAME is described by NAME_SHIFT (its lowest bit) and NAME_MASK (its width, not shifted).
 * The mask's type is the type of the result: UINT64_C for 64-bit registers, unsigned int otherwise.
 */
#ifndef UPNVME_SPEC_FIELD_H
#define UPNVME_SPEC_FIELD_H

#include <stdint.h>

/* The field's value, taken out of the register or dword v. */
#define UPNVME_SPEC_FIELD_GET(name, v) (((v) >> name##_SHIFT) & name##_MASK)

/* v placed at the field's bits, all others zero: values of several fields are combined by |. */
#define UPNVME_SPEC_FIELD_SET(name, v) (((v)&name##_MASK) << name##_SHIFT)

#endif
