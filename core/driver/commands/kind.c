/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver/commands/kind.h"

#include "driver/commands/sets.h"

const struct command_kind *const *const command_sets[COMMAND_SETS] = {
	[UPNVME_SPEC_CSI_NVM] = nvm_kinds,
};
