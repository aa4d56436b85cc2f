/* SPDX-License-Identifier: BSD-3-Clause */
/* The process's number, in a page that fork wipes, and guards: locks that no fork leaves held. */
#include "base/process.h"

#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/futex.h"

/* --- the number ----------------------------------------------------------------------------------- */

struct page {
	_Atomic uint32_t number; /* 0: not drawn yet, or forked since */
};

static _Atomic(struct page *) page;
static _Atomic uint32_t last_number; /* a child inherits its parent's */

static int error_wipe(int err)
{
	if (err == EINVAL)
		return error_set(-ENOSYS, UPNVME_ERR_SYSTEM,
				 "madvise(MADV_WIPEONFORK) is not known to this kernel: Linux 4.14 "
				 "or later is needed");
	return error_set(
		-err, UPNVME_ERR_SYSTEM,
		"madvise(MADV_WIPEONFORK) failed: %s; without this call a forked child would be "
		"taken for its parent: have the sandbox (seccomp) allow madvise",
		strerror(err));
}

int process_wipe(void *base, uint64_t bytes)
{
	return madvise(base, bytes, MADV_WIPEONFORK) ? error_wipe(errno) : 0;
}

static int page_create(struct page **created)
{
	int rc;

	*created = mmap(NULL, sizeof(**created), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*created == MAP_FAILED)
		return error_no_memory("a page that fork wipes", sizeof(**created));
	rc = process_wipe(*created, sizeof(**created));
	if (rc)
		munmap(*created, sizeof(**created));
	return rc;
}

int process_begin(void)
{
	struct page *none = NULL, *created;
	int rc;

	if (atomic_load(&page))
		return 0;
	rc = page_create(&created);
	if (!rc && !atomic_compare_exchange_strong(&page, &none, created))
		munmap(created, sizeof(*created));
	return rc;
}

/* The number is drawn before it is stored: if this process is forked in between, the child draws a
 * greater number. */
static uint32_t number_draw(struct page *in)
{
	uint32_t none = 0, drawn = atomic_fetch_add(&last_number, 1) + 1;

	return atomic_compare_exchange_strong(&in->number, &none, drawn) ? drawn : none;
}

/* The number is 1 if there is no page: without it no handle can be made, so processes need not be told apart. */
uint32_t process_number(void)
{
	struct page *in = atomic_load(&page);
	uint32_t number;

	if (!in && process_begin())
		return 1;
	in = atomic_load(&page);
	number = atomic_load(&in->number);
	return number ? number : number_draw(in);
}

/* --- guards --------------------------------------------------------------------------------------- */

#define GUARD_WAITED (1u << 31)

bool guard_enter(struct guard *guard)
{
	uint32_t self = process_number(), holder = atomic_load(&guard->holder), mine = self;
	bool first;

	for (;;) {
		if ((holder & ~GUARD_WAITED) != self) {
			if (atomic_compare_exchange_weak(&guard->holder, &holder, mine))
				break;
		} else if (holder & GUARD_WAITED ||
			   atomic_compare_exchange_weak(&guard->holder, &holder,
							self | GUARD_WAITED)) {
			futex_wait(&guard->holder, self | GUARD_WAITED, UINT64_MAX);
			mine = self | GUARD_WAITED; /* others may wait as well */
			holder = atomic_load(&guard->holder);
		}
	}
	first = guard->user != self;
	guard->user = self;
	return first;
}

void guard_leave(struct guard *guard)
{
	if (atomic_exchange(&guard->holder, 0) & GUARD_WAITED)
		futex_wake_one(&guard->holder);
}
