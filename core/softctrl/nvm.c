/* SPDX-License-Identifier: BSD-3-Clause */
/* The I/O commands of the NVM command set. NVM Command Set 1.0, 3.2; NVMe Base 2.0, 7 */
#include "softctrl/nvm.h"

#include "softctrl/compare.h"
#include "softctrl/deallocate.h"
#include "softctrl/flush.h"
#include "softctrl/read_write.h"
#include "spec/identify.h"
#include "spec/opcode.h"

#define EFFECTS_READ \
	(NVME_EFFECTS_SUPPORTED | NVME_FIELD_SET(NVME_EFFECTS_SCOPE, NVME_EFFECTS_SCOPE_NS))
#define EFFECTS_WRITE (EFFECTS_READ | NVME_EFFECTS_LBCC)

const struct sc_command_set sc_nvm_commands = {
	.csi = NVME_CSI_NVM,
	.rows = {
		[NVME_CMD_FLUSH] = { sc_io_flush, EFFECTS_READ, SC_BROADCASTS },
		[NVME_CMD_WRITE] = { sc_io_write, EFFECTS_WRITE, SC_HAS_SLBA },
		[NVME_CMD_READ] = { sc_io_read, EFFECTS_READ, SC_HAS_SLBA },
		[NVME_CMD_COMPARE] = { sc_io_compare, EFFECTS_READ, SC_HAS_SLBA },
		[NVME_CMD_WRITE_ZEROES] = { sc_io_write_zeroes, EFFECTS_WRITE, SC_HAS_SLBA },
		[NVME_CMD_DATASET_MANAGEMENT] = { sc_io_dataset_management, EFFECTS_WRITE, 0 },
		[NVME_CMD_VERIFY] = { sc_io_verify, EFFECTS_READ, SC_HAS_SLBA },
	},
};
