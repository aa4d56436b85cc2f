/* SPDX-License-Identifier: BSD-3-Clause */
/* The I/O commands of the NVM command set. NVM Command Set 1.0c, 3.2; NVMe Base 2.0c, 7 */
#include "softctrl/nvm.h"

#include "softctrl/compare.h"
#include "softctrl/deallocate.h"
#include "softctrl/flush.h"
#include "softctrl/read_write.h"
#include <upnvme/spec/identify.h>
#include <upnvme/spec/opcode.h>

#define EFFECTS_READ                     \
	(UPNVME_SPEC_EFFECTS_SUPPORTED | \
	 UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_EFFECTS_SCOPE, UPNVME_SPEC_EFFECTS_SCOPE_NS))
#define EFFECTS_WRITE (EFFECTS_READ | UPNVME_SPEC_EFFECTS_LBCC)

const struct sc_command_set sc_nvm_commands = {
	.csi = UPNVME_SPEC_CSI_NVM,
	.rows = {
		[UPNVME_SPEC_CMD_FLUSH] = { sc_io_flush, EFFECTS_READ, SC_BROADCASTS },
		[UPNVME_SPEC_CMD_WRITE] = { sc_io_write, EFFECTS_WRITE, SC_HAS_SLBA },
		[UPNVME_SPEC_CMD_READ] = { sc_io_read, EFFECTS_READ, SC_HAS_SLBA },
		[UPNVME_SPEC_CMD_COMPARE] = { sc_io_compare, EFFECTS_READ, SC_HAS_SLBA },
		[UPNVME_SPEC_CMD_WRITE_ZEROES] = { sc_io_write_zeroes, EFFECTS_WRITE, SC_HAS_SLBA },
		[UPNVME_SPEC_CMD_DATASET_MANAGEMENT] = { sc_io_dataset_management, EFFECTS_WRITE, 0 },
		[UPNVME_SPEC_CMD_VERIFY] = { sc_io_verify, EFFECTS_READ, SC_HAS_SLBA },
	},
};
