/* SPDX-License-Identifier: BSD-3-Clause */
/* The log: silent until a sink is set, and again once it is taken away. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <upnvme.h>

#include "base/log.h"
#include "base/pause.h"

struct heard {
	uint32_t n;
	uint32_t level;
	char text[512];
};

static void listen(void *arg, uint32_t level, const char *message)
{
	struct heard *heard = arg;

	heard->n++;
	heard->level = level;
	strncpy(heard->text, message, sizeof(heard->text) - 1);
}

static void messages_up_to_the_level_are_heard(void **state)
{
	struct heard heard = { 0 };

	log_error("nobody listens");
	assert_int_equal(upnvme_log_set(listen, &heard, UPNVME_LOG_WARN), 0);
	log_error("value %d", 5);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.level, UPNVME_LOG_ERROR);
	assert_string_equal(heard.text, "value 5");
	log_warn("a warning");
	assert_int_equal(heard.n, 2);
	log_info("not heard");
	log_debug("not heard");
	assert_int_equal(heard.n, 2);
	assert_int_equal(upnvme_log_set(NULL, NULL, 0), 0);
	log_error("nobody listens");
	assert_int_equal(heard.n, 2);
}

static void an_unknown_level_is_refused(void **state)
{
	assert_int_equal(upnvme_log_set(listen, NULL, 0), -EINVAL);
	assert_int_equal(upnvme_log_set(listen, NULL, 5), -EINVAL);
	assert_non_null(strstr(upnvme_last_error(), "level is 5"));
}

static _Atomic int stop;

static void *talk(void *arg)
{
	while (!atomic_load(&stop))
		log_info("from %d", 1);
	return NULL;
}

/* The sanitizers see a sink that is called after it was taken away: it writes to a stack that is
 * gone. */
static void listen_for_a_while(void)
{
	struct heard heard = { 0 };
	struct pause pause = { 0 };

	upnvme_log_set(listen, &heard, UPNVME_LOG_DEBUG);
	pause_next(&pause);
	upnvme_log_set(NULL, NULL, 0);
}

static void a_sink_is_not_called_after_it_was_replaced(void **state)
{
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, talk, NULL), 0);
	for (int i = 0; i < 200; i++)
		listen_for_a_while();
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_up_to_the_level_are_heard),
		cmocka_unit_test(an_unknown_level_is_refused),
		cmocka_unit_test(a_sink_is_not_called_after_it_was_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
