/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/field.h
 * Bit fields of registers and dwords, by name.
 *
 * A field NAME is described by NAME_SHIFT (its lowest bit) and NAME_MASK (its width, not shifted).
 * The result's type is the wider one of the mask's and of the value's: the mask has 64 bits for
 * registers of 64 bits, and is an unsigned int otherwise.
 */
#ifndef UPNVME_SPEC_FIELD_H
#define UPNVME_SPEC_FIELD_H

#include <stdint.h>

/* The field's value, taken out of the register or dword v, which is made as wide as the mask first. */
#define UPNVME_SPEC_FIELD_GET(name, v) ((((v) | (name##_MASK & 0u)) >> name##_SHIFT) & name##_MASK)

/* v placed at the field's bits, all others zero: values of several fields are combined by |. */
#define UPNVME_SPEC_FIELD_SET(name, v) (((v)&name##_MASK) << name##_SHIFT)

#endif
