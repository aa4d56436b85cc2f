/* SPDX-License-Identifier: BSD-3-Clause */
/* The NVM command set. */
#ifndef UPNVME_SOFTCTRL_NVM_H
#define UPNVME_SOFTCTRL_NVM_H

#include "softctrl/execute.h"

extern const struct sc_command_set sc_nvm_commands;

#endif
