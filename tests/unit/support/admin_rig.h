/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller whose vendor admin commands do what the tests of the admin queue want: C0h to FFh, with bits 1:0 for the
 * direction of their data; C3h is never answered. */
#ifndef UPNVME_TESTS_ADMIN_RIG_H
#define UPNVME_TESTS_ADMIN_RIG_H

#include <upnvme.h>

#include "support/fake_transport.h"

#define ADMIN_RIG_ORDINARY \
	59u /* 68 entries, less one, less four for events, less four for callers that wait */

struct admin_rig {
	struct fake_transport *fake;
	struct upnvme_ctrlr *ctrlr;
};

/* The fixture of each test: *state is the rig. The controller's admin commands time out after 20 ms. */
int admin_rig_setup(void **state);
int admin_rig_teardown(void **state);

/* The last vendor command that the controller saw. */
extern struct upnvme_spec_sqe admin_rig_sqe;
/* Data, different in each page. */
extern uint8_t admin_rig_pattern[256 << 10];

struct upnvme_raw admin_rig_raw(uint8_t opcode);
/* A script for the fake controller: C2h has dword 10 bytes of the pattern, and the status of dword 15. */
enum fake_verdict admin_rig_write_page(struct fake_transport *fake,
				       const struct upnvme_spec_sqe *sqe,
				       struct upnvme_spec_cqe *cqe);

/* What was called back, in order. */
struct admin_rig_noted {
	uint32_t n;
	void *args[128];
	struct upnvme_completion done[128];
};
extern struct admin_rig_noted admin_rig_noted;
/* The callback that notes it there. */
void admin_rig_note(void *arg, const struct upnvme_completion *done);

#define ADMIN_RIG_TEST(name) \
	cmocka_unit_test_setup_teardown(name, admin_rig_setup, admin_rig_teardown)

#endif
