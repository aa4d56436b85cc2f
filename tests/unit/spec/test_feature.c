/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of features, each at its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/spec/feature.h>
#include "support/field_is.h"

static void fields_of_features_lie_where_the_specification_has_them(void **state)
{
	(void)state;
	FIELD_IS(UPNVME_SPEC_ARBITRATION_AB, 0, 3);
	FIELD_IS(UPNVME_SPEC_ARBITRATION_LPW, 8, 8);
	FIELD_IS(UPNVME_SPEC_ARBITRATION_MPW, 16, 8);
	FIELD_IS(UPNVME_SPEC_ARBITRATION_HPW, 24, 8);
	FIELD_IS(UPNVME_SPEC_POWER_MANAGEMENT_PS, 0, 5);
	FIELD_IS(UPNVME_SPEC_POWER_MANAGEMENT_WH, 5, 3);
	FIELD_IS(UPNVME_SPEC_TEMPERATURE_TMPTH, 0, 16);
	FIELD_IS(UPNVME_SPEC_TEMPERATURE_TMPSEL, 16, 4);
	FIELD_IS(UPNVME_SPEC_TEMPERATURE_THSEL, 20, 2);
	FIELD_IS(UPNVME_SPEC_VOLATILE_WRITE_CACHE_WCE, 0, 1);
	FIELD_IS(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQR, 0, 16);
	FIELD_IS(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQR, 16, 16);
	FIELD_IS(UPNVME_SPEC_NUMBER_OF_QUEUES_NSQA, 0, 16);
	FIELD_IS(UPNVME_SPEC_NUMBER_OF_QUEUES_NCQA, 16, 16);
	FIELD_IS(UPNVME_SPEC_INTERRUPT_COALESCING_THR, 0, 8);
	FIELD_IS(UPNVME_SPEC_INTERRUPT_COALESCING_TIME, 8, 8);
	FIELD_IS(UPNVME_SPEC_INTERRUPT_VECTOR_IV, 0, 16);
	FIELD_IS(UPNVME_SPEC_INTERRUPT_VECTOR_CD, 16, 1);
	FIELD_IS(UPNVME_SPEC_ERROR_RECOVERY_TLER, 0, 16);
	FIELD_IS(UPNVME_SPEC_ERROR_RECOVERY_DULBE, 16, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_of_features_lie_where_the_specification_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
