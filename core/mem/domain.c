/* SPDX-License-Identifier: BSD-3-Clause */
/* The domains of the process, their users, and the registration of the caller's own memory. */
#include "mem/domain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/process.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/internal.h"

/* The domains, one for each environment: the list is short, and used only when a controller is
 * opened. */
static struct guard domains_guard;
static struct domain *domains[8];

static int domain_create(struct domain **domain, struct env *env)
{
	struct domain *created = calloc(1, sizeof(*created));

	if (!created)
		return error_no_memory("a memory domain", sizeof(*created));
	if (region_table_init(&created->table)) {
		free(created);
		return -ENOMEM;
	}
	created->env = env;
	created->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	pthread_mutex_init(&created->lock, NULL);
	*domain = created;
	return 0;
}

static void domain_destroy(struct domain *domain)
{
	regions_clear(domain);
	arenas_destroy(domain);
	region_table_destroy(&domain->table);
	pthread_mutex_destroy(&domain->lock);
	free(domain);
}

static int domain_find_or_create(struct domain **domain, struct env *env)
{
	struct domain **free_place = NULL;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(domains); i++) {
		if (!domains[i]) {
			free_place = &domains[i];
		} else if (domains[i]->env == env) {
			*domain = domains[i];
			return 0;
		}
	}
	if (!free_place)
		return error_set(-ENOSPC, UPNVME_ERR_NO_MEMORY,
				 "all %zu memory domains are in use: close a controller",
				 ARRAY_SIZE(domains));
	rc = domain_create(domain, env);
	if (!rc)
		*free_place = *domain;
	return rc;
}

/* A forked child does not have its parent's DMA memory, and so none of its domains. */
static void domains_enter(void)
{
	if (guard_enter(&domains_guard))
		memset(domains, 0, sizeof(domains));
}

int domain_acquire(struct domain **domain, struct env *env)
{
	int rc;

	domains_enter();
	rc = domain_find_or_create(domain, env);
	if (!rc)
		(*domain)->references++;
	guard_leave(&domains_guard);
	return rc;
}

void domain_release(struct domain *domain)
{
	domains_enter();
	if (--domain->references == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(domains); i++)
			if (domains[i] == domain)
				domains[i] = NULL;
		domain_destroy(domain);
	}
	guard_leave(&domains_guard);
}

const struct env *domain_env(const struct domain *domain)
{
	return domain->env;
}

void domain_user_add(struct domain *domain, struct domain_user *user)
{
	pthread_mutex_lock(&domain->lock);
	user->prev = NULL;
	user->next = domain->users;
	if (user->next)
		user->next->prev = user;
	domain->users = user;
	pthread_mutex_unlock(&domain->lock);
}

void domain_user_remove(struct domain *domain, struct domain_user *user)
{
	pthread_mutex_lock(&domain->lock);
	if (user->prev)
		user->prev->next = user->next;
	else
		domain->users = user->next;
	if (user->next)
		user->next->prev = user->prev;
	pthread_mutex_unlock(&domain->lock);
}

static bool users_touch_iova(struct domain *domain, uint64_t iova, uint64_t bytes)
{
	for (struct domain_user *user = domain->users; user; user = user->next)
		if (user->may_touch(user, iova, bytes))
			return true;
	return false;
}

bool users_may_touch(struct domain *domain, uint64_t base, uint64_t bytes)
{
	struct region region;

	for (uint64_t va = base, part; va < base + bytes; va += part) {
		if (!domain_find(domain, va, &region))
			return false; /* does not happen: callers ask for reachable memory */
		part = MIN(base + bytes - va, region.base + region.bytes - va);
		if (users_touch_iova(domain, va + region.delta, part))
			return true;
	}
	return false;
}

void users_forget(struct domain *domain)
{
	for (struct domain_user *user = domain->users; user; user = user->next)
		user->forget(user);
}

/* The whole pages that [va, va + bytes) touches. */
static int pages_around(struct domain *domain, void *va, uint64_t bytes, uint64_t *base,
			uint64_t *end)
{
	uint64_t start = (uint64_t)(uintptr_t)va;

	if (!va || !bytes || start + bytes < start ||
	    align_up(start + bytes, domain->page_bytes) < start)
		return error_set(
			-EINVAL, UPNVME_ERR_ARGUMENT,
			"memory at %p (%llu bytes) is null, empty, or passes the end of the "
			"address space: give the start and the length of mapped memory",
			va, (unsigned long long)bytes);
	*base = align_down(start, domain->page_bytes);
	*end = align_up(start + bytes, domain->page_bytes);
	return 0;
}

int domain_register(struct domain *domain, void *va, uint64_t bytes)
{
	uint64_t base = 0, end = 0;
	int rc = pages_around(domain, va, bytes, &base, &end);

	if (!rc && domain->env->ops->check)
		rc = domain->env->ops->check(domain->env, (void *)(uintptr_t)base, end - base);
	if (rc)
		return rc;
	pthread_mutex_lock(&domain->lock);
	rc = regions_add(domain, base, end);
	pthread_mutex_unlock(&domain->lock);
	return rc;
}

static int unregister_locked(struct domain *domain, uint64_t base, uint64_t end)
{
	bool last = false;
	int rc;

	if (!regions_cover(domain, base, end, &last) ||
	    (last && arenas_would_lose(domain, base, end)))
		return error_set(
			-EINVAL, UPNVME_ERR_MEM_NOT_REGISTERED,
			"memory from %#llx to %#llx is not (wholly) registered: unregister the "
			"memory that upnvme_mem_register was given",
			(unsigned long long)base, (unsigned long long)end);
	if (last && users_may_touch(domain, base, end - base))
		return error_set(
			-EBUSY, UPNVME_ERR_MEM_BUSY,
			"memory from %#llx to %#llx is in use by a command in flight: poll the "
			"command's queue pair until the command is done, then unregister",
			(unsigned long long)base, (unsigned long long)end);
	rc = regions_remove(domain, base, end);
	users_forget(domain); /* last, so that no user looks the old state up again */
	return rc;
}

int domain_unregister(struct domain *domain, void *va, uint64_t bytes)
{
	uint64_t base = 0, end = 0;
	int rc = pages_around(domain, va, bytes, &base, &end);

	if (rc)
		return rc;
	pthread_mutex_lock(&domain->lock);
	rc = unregister_locked(domain, base, end);
	pthread_mutex_unlock(&domain->lock);
	return rc;
}
