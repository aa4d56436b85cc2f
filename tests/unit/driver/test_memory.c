/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for a controller is near the controller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <upnvme/mem.h>

#include "driver/memory.h"
#include "support/fake_device.h"
#include "support/fake_env.h"

static void memory_is_of_the_controllers_node(void **state)
{
	struct fake_env env;
	struct fake_device *dev;
	void *va;

	fake_env_init(&env);
	dev = fake_create(&(struct fake_config){ .env = &env.env });
	for (int node = 1; node < 4; node++) { /* the rings are on node 0 */
		dev->transport.node = node;
		env.last_node = 77;
		assert_int_equal(memory_alloc(&dev->ctrlr, 4096, 8192, &va), 0);
		assert_int_equal(env.last_node, node);
		assert_int_equal((uintptr_t)va % 8192, 0);
		assert_int_equal(domain_free(dev->domain, va), 0);
	}
	fake_destroy(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_of_the_controllers_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
