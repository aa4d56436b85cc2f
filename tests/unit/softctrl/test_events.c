/* SPDX-License-Identifier: BSD-3-Clause */
/* Asynchronous events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

#define NS_CHANGED  (0x04u << 16 | 0x00u << 8 | 2)
#define TEMPERATURE (0x02u << 16 | 0x01u << 8 | 1)

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->media[1] = host->media[0];
	host->config.nnamespaces = 2;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static uint16_t request(struct host *host)
{
	uint16_t cid = host_submit(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0c });

	host_process(host, 0);
	return cid;
}

static void configure(struct host *host, uint32_t config)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .cdw10 = 0x0b, .cdw11 = config };

	assert_int_equal(host_status(host, 0, sqe), 0);
}

static void threshold(struct host *host, uint32_t cdw11)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x09, .cdw10 = 0x04, .cdw11 = cdw11 };

	assert_int_equal(host_status(host, 0, sqe), 0);
}

static void *read_log(struct host *host, uint32_t lid, bool retain)
{
	struct upnvme_spec_sqe sqe = { .opcode = 0x02,
				       .cdw10 = 127u << 16 | (uint32_t)retain << 15 | lid };
	void *log = host_page(host, &sqe.prp1);

	assert_int_equal(host_status(host, 0, sqe), 0);
	return log;
}

static void assert_event(struct host *host, uint16_t cid, uint32_t dw0)
{
	struct upnvme_spec_cqe cqe = host_wait(host, 0);

	assert_int_equal(host_code(cqe), 0);
	assert_int_equal(cqe.cid, cid);
	assert_int_equal(cqe.dw0, dw0);
}

static void assert_no_event(struct host *host)
{
	struct upnvme_spec_cqe cqe;

	host_process(host, 0);
	assert_false(host_reap(host, 0, &cqe));
}

static void a_request_stays_until_there_is_an_event(void **state)
{
	struct host *host = *state;
	uint16_t cid;

	configure(host, 1 << 8);
	cid = request(host);
	assert_no_event(host);
	assert_int_equal(softctrl_namespace_resize(host->sc, 2, 1000), 0);
	assert_event(host, cid, NS_CHANGED);
}

static void an_event_stays_until_there_is_a_request(void **state)
{
	struct host *host = *state;

	configure(host, 1 << 8);
	assert_int_equal(softctrl_namespace_resize(host->sc, 2, 1000), 0);
	assert_no_event(host);
	assert_event(host, (uint16_t)(request(host)), NS_CHANGED);
}

static void an_event_that_is_not_wanted_is_not_told(void **state)
{
	struct host *host = *state;
	uint32_t *changed;

	request(host);
	assert_int_equal(softctrl_namespace_resize(host->sc, 2, 1000), 0);
	assert_no_event(host);
	changed = read_log(host, 0x04, false);
	assert_int_equal(changed[0], 2);
}

static void changed_namespaces_are_listed_and_reading_clears(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_sqe identify = { .opcode = 0x06, .nsid = 1 };
	uint64_t *id = host_page(host, &identify.prp1), iova;
	uint32_t *changed;

	host_page(host, &iova);
	host_queue_pair(host, 1, 16, 16);
	configure(host, 1 << 8);
	assert_int_equal(softctrl_namespace_resize(host->sc, 2, 1000), 0);
	assert_int_equal(softctrl_namespace_resize(host->sc, 1, 500), 0);
	changed = read_log(host, 0x04, true);
	assert_int_equal(changed[0], 1);
	assert_int_equal(changed[1], 2);
	assert_int_equal(changed[2], 0);
	changed = read_log(host, 0x04, false);
	assert_int_equal(changed[1], 2);
	changed = read_log(host, 0x04, false);
	assert_int_equal(changed[0], 0);
	request(host); /* the event was cleared with the list */
	assert_no_event(host);
	assert_int_equal(host_status(host, 0, identify), 0);
	assert_int_equal(id[0], 500);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 499, 1, iova, 0)), 0);
	assert_int_equal(host_status(host, 1, host_rw(0x02, 1, 500, 1, iova, 0)), 0x080);
}

static struct {
	void *(*map)(void *context, uint64_t iova, uint64_t bytes);
	void (*meanwhile)(struct host *host);
} between;

/* The controller asks for the data's place when a log page is made, and before any of its bytes is sent. */
static void *map_late(void *context, uint64_t iova, uint64_t bytes)
{
	void (*meanwhile)(struct host * host) = between.meanwhile;

	between.meanwhile = NULL;
	if (meanwhile)
		meanwhile(context);
	return between.map(context, iova, bytes);
}

static int setup_between(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->media[1] = host->media[0];
	host->config.nnamespaces = 2;
	between.map = host->config.dma.map;
	between.meanwhile = NULL;
	host->config.dma.map = map_late;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static void resize(struct host *host)
{
	softctrl_namespace_resize(host->sc, 2, 77);
}

static void resize_again(struct host *host)
{
	softctrl_namespace_resize(host->sc, 1, 78);
}

static void ring_wrongly(struct host *host)
{
	host_ring_sq(host, 7, 1); /* a queue that does not exist */
	host_process(host, 7);
}

/* A change after a page is made, and before its reading is over, is in the next event and the next reading. */
static void a_change_while_the_list_is_read_is_not_lost(void **state)
{
	static void (*const meanwhile[])(struct host *) = { resize, resize_again };
	struct host *host = *state;
	const uint32_t *list;
	uint16_t cid;

	configure(host, 1 << 8);
	for (uint32_t i = 0; i < 2; i++) {
		cid = request(host);
		softctrl_namespace_resize(host->sc, 1, 10);
		assert_event(host, cid, NS_CHANGED);
		cid = request(host);
		between.meanwhile = meanwhile[i];
		list = read_log(host, 0x04, false);
		assert_int_equal(list[0], 1);
		assert_int_equal(list[1], 0);
		assert_event(host, cid, NS_CHANGED);
		list = read_log(host, 0x04, false);
		assert_int_equal(list[0], 2 - i);
		assert_int_equal(list[1], 0);
		list = read_log(host, 0x04, false);
		assert_int_equal(list[0], 0);
	}
}

static void an_error_while_the_log_is_read_is_not_lost(void **state)
{
	struct host *host = *state;
	struct upnvme_spec_cqe cqe;
	uint16_t cid;

	ring_wrongly(host);
	cid = request(host);
	cqe = host_wait(host, 0);
	assert_int_equal(cqe.cid, cid);
	host_ring_sq(host, 7, 0);
	host_process(host, 7);
	cid = request(host);
	between.meanwhile = ring_wrongly;
	read_log(host, 0x01, false);
	cqe = host_wait(host, 0);
	assert_int_equal(cqe.cid, cid);
	assert_int_equal(cqe.dw0 & 7, 0); /* error */
	assert_int_equal(
		((struct upnvme_spec_error_log_entry *)read_log(host, 0x01, false))->error_count,
		3);
}

static void a_type_is_masked_until_its_log_is_read(void **state)
{
	struct host *host = *state;
	uint16_t cid;

	configure(host, 1 << 8 | 1 << 1);
	cid = request(host);
	softctrl_namespace_resize(host->sc, 1, 10);
	assert_event(host, cid, NS_CHANGED);
	cid = request(host);
	softctrl_namespace_resize(host->sc, 1, 20);
	assert_no_event(host);
	softctrl_temperature_set(host->sc, 343); /* another type is not masked */
	assert_event(host, cid, TEMPERATURE);
	cid = request(host);
	read_log(host, 0x04, true); /* retained: still masked */
	softctrl_namespace_resize(host->sc, 1, 30);
	assert_no_event(host);
	read_log(host, 0x04, false);
	softctrl_namespace_resize(host->sc, 1, 40);
	assert_event(host, cid, NS_CHANGED);
}

static void crossing_a_temperature_threshold_is_an_event_and_a_warning(void **state)
{
	struct host *host = *state;
	uint16_t cid;

	configure(host, 1 << 1);
	cid = request(host);
	threshold(host, 314);
	assert_no_event(host);
	threshold(host, 313); /* over, at the threshold */
	assert_event(host, cid, TEMPERATURE);
	assert_int_equal(
		((struct upnvme_spec_smart_log *)read_log(host, 0x02, false))->critical_warning, 2);
	cid = request(host);
	assert_no_event(host); /* the warning still holds, which is no news */
	threshold(host, 343);
	assert_int_equal(
		((struct upnvme_spec_smart_log *)read_log(host, 0x02, false))->critical_warning, 0);
	threshold(host, 1 << 20 | 313); /* under */
	assert_event(host, cid, TEMPERATURE);
	read_log(host, 0x02, false);
	threshold(host, 1 << 20 | 0);
	cid = request(host);
	threshold(host, 2 << 16 | 300); /* the second sensor */
	assert_event(host, cid, TEMPERATURE);
}

static void a_standing_warning_is_told_when_its_event_is_enabled(void **state)
{
	struct host *host = *state;
	uint16_t cid = request(host);

	threshold(host, 300);
	assert_no_event(host);
	configure(host, 1 << 1);
	assert_event(host, cid, TEMPERATURE);
}

/* Warnings are a state of the controller that a reset does not change: Base 2.0, 5.16.1.3. */
static void a_standing_warning_outlives_a_reset(void **state)
{
	struct host *host = *state;
	uint16_t cid;

	softctrl_temperature_set(host->sc, 350);
	host_disable(host);
	host_enable(host);
	assert_int_equal(
		((struct upnvme_spec_smart_log *)read_log(host, 0x02, true))->critical_warning, 2);
	cid = request(host);
	assert_no_event(host); /* the reset has taken back the configuration */
	configure(host, 1 << 1);
	assert_event(host, cid, TEMPERATURE);
	/* A warning may end in the meantime. */
	threshold(host, 300);
	softctrl_temperature_set(host->sc, 320);
	host_disable(host);
	host_enable(host);
	assert_int_equal(
		((struct upnvme_spec_smart_log *)read_log(host, 0x02, true))->critical_warning, 0);
}

static void requests_beyond_the_limit_are_refused(void **state)
{
	struct host *host = *state;
	uint16_t cids[8];
	struct upnvme_spec_cqe cqe;

	for (int i = 0; i < 8; i++)
		cids[i] = request(host);
	cqe = host_run(host, 0, (struct upnvme_spec_sqe){ .opcode = 0x0c });
	assert_int_equal(host_code(cqe), 0x105);
	assert_no_event(host);
	configure(host, 1 << 8);
	softctrl_namespace_resize(host->sc, 1, 10);
	cqe = host_wait(host, 0);
	assert_in_range(cqe.cid, cids[0], cids[7]);
	request(host); /* there is room for one request again */
	assert_no_event(host);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_request_stays_until_there_is_an_event),
		test(an_event_stays_until_there_is_a_request),
		test(an_event_that_is_not_wanted_is_not_told),
		test(changed_namespaces_are_listed_and_reading_clears),
		cmocka_unit_test_setup_teardown(a_change_while_the_list_is_read_is_not_lost,
						setup_between, host_teardown),
		cmocka_unit_test_setup_teardown(an_error_while_the_log_is_read_is_not_lost,
						setup_between, host_teardown),
		test(a_type_is_masked_until_its_log_is_read),
		test(crossing_a_temperature_threshold_is_an_event_and_a_warning),
		test(a_standing_warning_is_told_when_its_event_is_enabled),
		test(a_standing_warning_outlives_a_reset),
		test(requests_beyond_the_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
