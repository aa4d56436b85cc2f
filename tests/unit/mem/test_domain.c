/* SPDX-License-Identifier: BSD-3-Clause */
/* Domains: one for each environment, counted; their users; and domains after a fork. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mem/internal.h"
#include "support/fake_env.h"

static void an_environment_has_one_domain(void **state)
{
	struct fake_env first, second;
	struct domain *a, *b, *c;

	fake_env_init(&first);
	fake_env_init(&second);
	assert_int_equal(domain_acquire(&a, &first.env), 0);
	assert_int_equal(domain_acquire(&b, &first.env), 0);
	assert_int_equal(domain_acquire(&c, &second.env), 0);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	domain_release(b);
	domain_release(c);
	assert_int_equal(domain_acquire(&b, &first.env), 0);
	assert_ptr_equal(a, b);
	domain_release(a);
	domain_release(b);
}

static void the_number_of_domains_is_limited(void **state)
{
	static struct fake_env fakes[9];
	struct domain *domains[9];

	for (int i = 0; i < 9; i++)
		fake_env_init(&fakes[i]);
	for (int i = 0; i < 8; i++)
		assert_int_equal(domain_acquire(&domains[i], &fakes[i].env), 0);
	assert_int_equal(domain_acquire(&domains[8], &fakes[8].env), -ENOSPC);
	domain_release(domains[3]);
	assert_int_equal(domain_acquire(&domains[8], &fakes[8].env), 0);
	for (int i = 0; i < 9; i++)
		if (i != 3)
			domain_release(domains[i]);
}

static bool touches;
static uint32_t nforgets;

static bool user_may_touch(struct domain_user *user, uint64_t iova, uint64_t bytes)
{
	return touches;
}

static void user_forget(struct domain_user *user)
{
	nforgets++;
}

static void users_are_asked_until_they_leave(void **state)
{
	struct domain_user users[3] = { { .may_touch = user_may_touch, .forget = user_forget },
					{ .may_touch = user_may_touch, .forget = user_forget },
					{ .may_touch = user_may_touch, .forget = user_forget } };
	struct fake_env fake;
	struct domain *domain;
	void *page = (void *)0x100000;

	fake_env_init(&fake);
	assert_int_equal(domain_acquire(&domain, &fake.env), 0);
	for (int i = 0; i < 3; i++)
		domain_user_add(domain, &users[i]);
	assert_int_equal(domain_register(domain, page, 4096), 0);
	assert_int_equal(domain_register(domain, page, 4096), 0);
	touches = true;
	/* The memory stays registered once, so nothing is taken from the command. */
	assert_int_equal(domain_unregister(domain, page, 4096), 0);
	assert_int_equal(domain_unregister(domain, page, 4096), -EBUSY);
	domain_user_remove(domain, &users[1]);
	assert_int_equal(domain_unregister(domain, page, 4096), -EBUSY);
	domain_user_remove(domain, &users[0]);
	domain_user_remove(domain, &users[2]);
	assert_int_equal(domain_unregister(domain, page, 4096), 0);
	domain_release(domain);
	assert_int_equal(fake.mapped_bytes, 0);
}

static void memory_that_is_still_registered_at_the_end_is_unmapped(void **state)
{
	struct fake_env fake;
	struct domain *domain;
	void *va;

	fake_env_init(&fake);
	assert_int_equal(domain_acquire(&domain, &fake.env), 0);
	assert_int_equal(domain_register(domain, (void *)0x100000, 40960), 0);
	assert_int_equal(domain_register(domain, (void *)0x104000, 4096), 0);
	assert_int_equal(domain_alloc(domain, 4096, 0, ENV_ANY_NODE, &va), 0);
	domain_release(domain);
	assert_int_equal(fake.mapped_bytes, 0);
	assert_int_equal(fake.pages_bytes, 0);
	assert_int_equal(fake.failed_unmaps, 0);
}

static void a_child_gets_a_domain_of_its_own(void **state)
{
	struct fake_env fake;
	struct domain *domain, *own;
	int status;
	pid_t pid;

	fake_env_init(&fake);
	assert_int_equal(domain_acquire(&domain, &fake.env), 0);
	pid = fork();
	if (pid == 0) {
		bool well = domain_acquire(&own, &fake.env) == 0 && own != domain;

		if (well)
			domain_release(own);
		_exit(well ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	domain_release(domain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_environment_has_one_domain),
		cmocka_unit_test(the_number_of_domains_is_limited),
		cmocka_unit_test(users_are_asked_until_they_leave),
		cmocka_unit_test(memory_that_is_still_registered_at_the_end_is_unmapped),
		cmocka_unit_test(a_child_gets_a_domain_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
