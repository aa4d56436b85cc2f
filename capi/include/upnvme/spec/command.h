/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/spec/command.h
 * Particular commands, a header for each set of them: fields in dwords, and the data that they
 * carry.
 */
#ifndef UPNVME_SPEC_COMMAND_H
#define UPNVME_SPEC_COMMAND_H

#include "admin_command.h"
#include "nvm_command.h"
#include "reservation.h"

#endif
