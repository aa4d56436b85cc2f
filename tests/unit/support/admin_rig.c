/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/admin_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/util.h"

struct upnvme_spec_sqe admin_rig_sqe;
uint8_t admin_rig_pattern[256 << 10];
struct admin_rig_noted admin_rig_noted;

static enum fake_verdict vendor(struct fake_transport *fake, const struct upnvme_spec_sqe *sqe,
				struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode < 0xc0)
		return FAKE_DEFAULT;
	admin_rig_sqe = *sqe;
	cqe->dw0 = 0x11223344;
	cqe->status = (uint16_t)sqe->cdw15;
	return sqe->opcode == 0xc3 ? FAKE_HOLD : FAKE_ANSWER;
}

int admin_rig_setup(void **state)
{
	static struct admin_rig rig;
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;

	opts.admin_timeout_ns = 20 * NS_PER_MS;
	rig.fake = fake_transport_create();
	rig.fake->script = vendor;
	rig.fake->id.mdts = 6; /* 256 KiB */
	assert_int_equal(fake_transport_open(rig.fake, &rig.ctrlr, &opts), 0);
	rig.fake->nseen = 0;
	for (size_t i = 0; i < sizeof(admin_rig_pattern); i++)
		admin_rig_pattern[i] = (uint8_t)(i * 7 + i / 4096);
	*state = &rig;
	return 0;
}

int admin_rig_teardown(void **state)
{
	struct admin_rig *rig = *state;

	assert_int_equal(upnvme_close(rig->ctrlr), 0);
	return 0;
}

struct upnvme_raw admin_rig_raw(uint8_t opcode)
{
	struct upnvme_raw raw = { .cdw = { opcode } };

	return raw;
}

enum fake_verdict admin_rig_write_page(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe)
{
	if (sqe->opcode != 0xc2)
		return FAKE_DEFAULT;
	memcpy(fake_transport_memory(fake, sqe->prp1, sqe->cdw10), admin_rig_pattern, sqe->cdw10);
	cqe->status = (uint16_t)sqe->cdw15;
	return FAKE_ANSWER;
}

void admin_rig_note(void *arg, const struct upnvme_completion *done)
{
	if (admin_rig_noted.n < ARRAY_SIZE(admin_rig_noted.args)) {
		admin_rig_noted.args[admin_rig_noted.n] = arg;
		admin_rig_noted.done[admin_rig_noted.n] = *done;
	}
	admin_rig_noted.n++;
}
