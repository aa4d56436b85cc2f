/* SPDX-License-Identifier: BSD-3-Clause */
/* The data pointer of a command: PRPs or an SGL, as PSDT says. NVMe Base 2.0c, 3.3.3.1, Figure 87 */
#include "softctrl/ring/data_ptr.h"

#include "softctrl/ring/prp.h"
#include "softctrl/ring/sgl.h"

uint16_t sc_data_ptr_walk(struct sc_data *data, const struct upnvme_spec_sqe *sqe, uint64_t bytes)
{
	data->niov = 0;
	data->bytes = bytes;
	data->error_location = SC_NOWHERE;
	if (likely(UPNVME_SPEC_SQE_PSDT(sqe->flags) == UPNVME_SPEC_SQE_PSDT_PRP))
		return sc_prp_walk(data, sqe);
	return sc_sgl_walk(data, sqe);
}
