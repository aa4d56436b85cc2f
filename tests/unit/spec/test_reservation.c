/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of reservation commands, each at its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/spec/reservation.h>
#include "support/field_is.h"

static void fields_of_reservations_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(UPNVME_SPEC_RESERVATION_ACTION, 0, 3);
	FIELD_IS(UPNVME_SPEC_RESERVATION_IEKEY, 3, 1);
	FIELD_IS(UPNVME_SPEC_RESERVATION_RTYPE, 8, 8);
	FIELD_IS(UPNVME_SPEC_RESERVATION_CPTPL, 30, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_reservations_lie_where_the_specification_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
