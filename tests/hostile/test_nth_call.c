/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every allocation and every system call of a session fails in turn: alone, with all further ones of its kind, and with
 * everything after it. Nothing crashes, hangs or leaks, each failure is told, and the next session works.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <upnvme.h>

#include "session.h"
#include "unit/support/long.h"
#include "unit/support/skip.h"
#include "unit/support/tsan.h"

#define NCALLS_MAX 5000u

/* A session to be run: what is added to "soft:" and the medium. */
struct variant {
	const char *name;
	const char *medium; /* null: a file */
	const char *query;
	uint32_t open_flags;
	bool brief; /* fewer sweeps: the order of calls varies, or another session has them */
};

static char image[256];
static char uri[512];

static const char *uri_of(const struct variant *variant)
{
	snprintf(uri, sizeof(uri), "soft:%s%s", variant->medium ? variant->medium : image,
		 variant->query);
	return uri;
}

static struct session_plan plan_of(const struct variant *variant)
{
	return (struct session_plan){
		.uri = uri_of(variant),
		.open_flags = variant->open_flags,
		.keeps_data = !variant->medium || strcmp(variant->medium, "null") != 0,
	};
}

/*
 * Failures that need not be told, because the library has another way and succeeds. All other
 * failures are told: to the caller, by a command's status, or at least in the log.
 */
static bool has_another_way(enum inject_call call)
{
	switch (call) {
	case CALL_MADVISE:       /* ram: clears by hand */
	case CALL_OPEN_SYSTEM:   /* mappings: the kernel is asked by madvise; holders: not known */
	case CALL_THREAD_CREATE: /* a pool of fewer workers */
	case CALL_URING_INIT:    /* the other engine, if none was asked for */
	case CALL_URING_PROBE:
	case CALL_URING_WAIT:
	case CALL_PREADV2:   /* a thread reads */
	case CALL_FADVISE:   /* advice */
	case CALL_FSTATFS:   /* every call by a thread */
	case CALL_GETRLIMIT: /* no limit that is known */
	case CALL_FCNTL:     /* flock; and closing takes a lock off, too */
	case CALL_FLOCK:
	case CALL_MEMBARRIER: /* a ringer that orders for itself */
	case CALL_NANOSLEEP:
		return true;
	default:
		return false;
	}
}

/*
 * The expected error of the first refused call: the system's reason, or, if the failure was within
 * the controller, that the controller failed or answered with an error. An engine that was asked
 * for and does not work is -ENOSYS.
 */
static bool is_the_reason(const struct session_result *result)
{
	enum inject_call call = inject_first();
	bool ring = call == CALL_URING_INIT || call == CALL_URING_PROBE || call == CALL_URING_WAIT;

	return result->first_err == (ring ? -ENOSYS : -inject_errno()) ||
	       result->first_code == UPNVME_ERR_CTRLR_STATUS ||
	       result->first_code == UPNVME_ERR_CTRLR_FATAL ||
	       result->first_code == UPNVME_ERR_NOT_DURABLE;
}

/* One run; false when the session has fewer calls than `n`. */
static bool fail_nth(const struct variant *variant, enum inject_mode mode, unsigned n)
{
	struct session_plan plan = plan_of(variant);
	struct inject_plan inject = { .mode = mode, .n = n };
	struct session_result result;
	bool fired;

	if (!variant->medium)
		unlink(image);
	session_run(&plan, &inject, &result);
	fired = inject_fired();
	if (fired && !result.nrefused && !result.nerrors && !result.nlogged &&
	    !has_another_way(inject_first()))
		fail_msg("%s: %s: nobody has seen it", plan.uri, inject_describe());
	if (mode == INJECT_ONCE && result.nrefused && !is_the_reason(&result))
		fail_msg("%s: %s, but the call says %d, %s", plan.uri, inject_describe(),
			 result.first_err, upnvme_error_name(result.first_code));
	session_check(&plan);
	return fired;
}

/*
 * Which calls of a sweep fail: in a release each of them, but every third of a brief session, whose calls another
 * session has. A sanitizer's run is slow: ASan, which sees what leaks, has every third call, or every ninth unless all
 * is wanted. Races hardly depend on the call that fails: TSan has every seventeenth.
 */
static unsigned calls_per_step(const struct variant *variant)
{
	const char *build = getenv("UPNVME_TEST_BUILD");

	if (UNDER_TSAN)
		return 17;
	if (!build || strcmp(build, "release") == 0)
		return variant->brief ? 3 : 1;
	return long_or_short(3, 9);
}

/* Sweeps begin at different calls, so that together they fail more of them than one would. */
static void sweep(const struct variant *variant, enum inject_mode mode)
{
	static unsigned nsweeps;
	unsigned step = calls_per_step(variant), n = 1 + 4 * nsweeps++ % step;

	while (n < NCALLS_MAX && fail_nth(variant, mode, n))
		n += step;
	assert_in_range(n, 20, NCALLS_MAX - 1);
	print_message("%s: about %u calls\n", variant->name, n);
}

static void each_call_fails_once(void **state)
{
	sweep(*state, INJECT_ONCE);
}

static void each_call_fails_and_all_calls_of_its_kind_after_it(void **state)
{
	const struct variant *variant = *state;

	if (variant->brief)
		skip_because("its calls come in another order each time");
	sweep(variant, INJECT_SAME);
}

static void each_call_fails_and_all_calls_after_it(void **state)
{
	sweep(*state, INJECT_ALL);
}

/* No call and no command tells of the failure. */
static void interruptions_and_short_transfers_are_continued(void **state)
{
	const struct variant *variant = *state;
	struct session_plan plan = plan_of(variant);
	struct inject_plan inject = { .mode = INJECT_INTERRUPTIONS };
	struct session_result result;

	if (!variant->medium)
		unlink(image);
	session_run(&plan, &inject, &result);
	assert_int_equal(result.nrefused, 0);
	assert_int_equal(result.nerrors, 0);
}

/* Skips an engine that does not work here. */
static bool works(const struct variant *variant)
{
	upnvme_ctrlr *ctrlr;

	unlink(image);
	return upnvme_open(&ctrlr, uri_of(variant), NULL) == 0 && upnvme_close(ctrlr) == 0;
}

/* A ring that gets EAGAIN for ever: its commands end, instead of waiting for ever. */
static void a_ring_that_never_takes_anything_is_given_up(void **state)
{
	const struct variant *variant = *state;
	struct session_plan plan = plan_of(variant);
	struct inject_plan inject = { INJECT_SAME, 1, CALL_URING_SUBMIT, EAGAIN };
	struct session_result result;

	if (!works(variant))
		skip_because("%s does not work here", variant->query);
	session_run(&plan, &inject, &result);
	assert_true(inject_fired() > 1);
	assert_int_equal(result.nrefused, 1); /* the close, for its flush */
	assert_int_equal(result.first_code, UPNVME_ERR_NOT_DURABLE);
	assert_true(result.nerrors > 0);
	session_check(&plan);
}

/* Without the barrier a doorbell may be missed: then the controller's thread does not sleep until it is woken. */
static void a_thread_that_got_no_barrier_wakes_by_itself(void **state)
{
	struct session_plan plan = plan_of(*state);
	struct inject_plan inject = { INJECT_SAME, 2, CALL_MEMBARRIER,
				      0 }; /* the first only registers */
	struct session_result result;

	session_run(&plan, &inject, &result);
	if (!inject_fired())
		skip_because("no barrier was asked for");
	assert_int_equal(result.nrefused, 0);
	assert_int_equal(result.nerrors, 0);
	assert_int_equal(inject_endless_waits(), 0);
}

#define SHAPE "size=16MiB&mdts=4&queues=2"

static struct variant variants[] = {
	{ "ram", "ram", "?" SHAPE, 0, false },
	{ "ram, thread", "ram", "?" SHAPE "&mode=thread", 0, true },
	{ "ram, housekeeping", "ram", "?" SHAPE, UPNVME_OPEN_HOUSEKEEPING, true },
	{ "null", "null", "?" SHAPE "&namespaces=3", 0, false },
	{ "file, worker", NULL, "?" SHAPE "&engine=worker", 0, false },
	{ "file, worker, thread", NULL, "?" SHAPE "&engine=worker&mode=thread",
	  UPNVME_OPEN_HOUSEKEEPING, true },
	{ "file, io_uring", NULL, "?" SHAPE "&engine=io_uring", 0, false },
	{ "file, io_uring, thread", NULL, "?" SHAPE "&engine=io_uring&mode=thread", 0, true },
	{ "file", NULL, "?" SHAPE, UPNVME_OPEN_HOUSEKEEPING, true },
};
#define NVARIANTS (sizeof(variants) / sizeof(variants[0]))
#define NTESTS    4u

int main(void)
{
	static const struct CMUnitTest tests[NTESTS] = {
		cmocka_unit_test(each_call_fails_once),
		cmocka_unit_test(each_call_fails_and_all_calls_of_its_kind_after_it),
		cmocka_unit_test(each_call_fails_and_all_calls_after_it),
		cmocka_unit_test(interruptions_and_short_transfers_are_continued),
	};
	static struct variant ring = { "", NULL, "?" SHAPE "&engine=io_uring", 0, true };
	static struct variant thread = { "", "ram", "?" SHAPE "&mode=thread", 0, true };
	static struct CMUnitTest each[NVARIANTS * NTESTS + 2] = {
		cmocka_unit_test_prestate(a_ring_that_never_takes_anything_is_given_up, &ring),
		cmocka_unit_test_prestate(a_thread_that_got_no_barrier_wakes_by_itself, &thread),
	};
	const char *folder = getenv("TMPDIR");
	size_t n = 2;
	int failed;

	snprintf(image, sizeof(image), "%s/upnvme-nth-call-%d", folder ? folder : "/tmp",
		 (int)getpid());
	for (size_t v = 0; v < NVARIANTS; v++) {
		if (!works(&variants[v])) {
			print_message("%s: %s\n", variants[v].name, upnvme_last_error());
			continue;
		}
		for (size_t t = 0; t < NTESTS; t++) {
			each[n] = tests[t];
			each[n++].initial_state = &variants[v];
		}
	}
	failed = _cmocka_run_group_tests("nth call", each, n, NULL, NULL);
	unlink(image);
	return failed;
}
