/* SPDX-License-Identifier: BSD-3-Clause */
/* The choice of an environment. Huge pages were set aside for some purpose, so none is taken unless
 * the URI asks for huge pages. */
#include "transport/pcie/memory.h"

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "env/pages.h"
#include "pci/system.h"

int memory_wish_read(struct memory_wish *wish, const struct uri *uri)
{
	static const char *const envs[] = { "dpdk", "vfio" };
	static const char *const kinds[] = { "small", "transparent", "huge" };
	static const struct pages *const pages[] = { &pages_small, &pages_transparent,
						     &pages_huge };
	size_t env = 0, kind = 0;
	int rc = uri_get_choice(uri, "env", envs, ARRAY_SIZE(envs), &env);

	*wish = (struct memory_wish){ .env = ENV_UNSAID };
	if (!rc)
		rc = uri_get_choice(uri, "pages", kinds, ARRAY_SIZE(kinds), &kind);
	if (!rc)
		rc = uri_get_bool(uri, "unsafe", &wish->unsafe);
	if (rc)
		return rc;
	if (uri_has(uri, "env"))
		wish->env = env == 0 ? ENV_DPDK : ENV_VFIO;
	if (uri_has(uri, "pages"))
		wish->pages = pages[kind];
	if (wish->env == ENV_DPDK && wish->pages)
		return error_set(
			-EINVAL, UPNVME_ERR_URI_KEY,
			"URI \"%s\": pages= is for env=vfio only, since DPDK's pages are always "
			"huge: leave one of them out",
			uri_text(uri));
	return 0;
}

#define HUGE_MORE 64u /* pages of 2 MiB to advise beside those that are set aside already */

/* -ENOMEM unless some huge pages are free: pages that are set aside may all be in use. */
static int check_huge_pages(const struct sysfs *fs, const struct place *place)
{
	struct upnvme_system system;
	uint64_t wanted = HUGE_MORE, nfree = 0;
	int rc;

	rc = pci_system_get(fs, &system);
	if (rc)
		return rc;
	for (size_t i = 0; i < ARRAY_SIZE(system.huge); i++) {
		nfree += system.huge[i].nfree;
		if (system.huge[i].page_bytes == PAGES_HUGE_BYTES)
			wanted += system.huge[i].npages;
	}
	if (nfree)
		return 0;
	return error_set(-ENOMEM, UPNVME_ERR_HUGE_PAGES,
			 "%s: DPDK needs huge pages, and none is free: set some aside with "
			 "`upnvme-devices setup --huge-pages %llu:2MiB --apply`%s",
			 place->address, (unsigned long long)wanted,
			 place->holder == HELD_BY_VFIO ? ", or use env=vfio" : "");
}

/* Starts DPDK. The huge pages are checked first, since EAL's own error is less clear, and since EAL
 * cannot always be started twice. */
static int start_dpdk(const struct dpdk_plugin **dpdk, const struct sysfs *fs,
		      const struct place *place)
{
	int rc = dpdk_load(dpdk);

	if (!rc && !(*dpdk)->is_running())
		rc = check_huge_pages(fs, place);
	return rc ? rc : dpdk_start(dpdk);
}

int memory_for_vfio(const struct pages **pages, const struct memory_wish *wish,
		    const struct sysfs *fs, const struct place *place)
{
	const struct dpdk_plugin *dpdk;
	int rc;

	*pages = wish->pages ? wish->pages : &pages_transparent;
	if (wish->env != ENV_DPDK)
		return 0;
	rc = start_dpdk(&dpdk, fs, place);
	if (!rc)
		*pages = &dpdk->pages;
	return rc;
}

int memory_for_uio(const struct dpdk_plugin **dpdk, const struct memory_wish *wish,
		   const struct sysfs *fs, const struct place *place)
{
	if (wish->env == ENV_VFIO || wish->pages)
		return error_set(
			-EINVAL, UPNVME_ERR_URI_KEY,
			"%s is bound to %s, and not to vfio-pci, so that its memory is DPDK's huge "
			"pages: leave env= and pages= out, or give it to VFIO with `upnvme-devices "
			"bind %s`",
			place->address, place->driver, place->address);
	if (!wish->unsafe)
		return error_set(
			-EPERM, UPNVME_ERR_UNSAFE,
			"%s is bound to %s, so that no IOMMU keeps it from reading and writing all "
			"memory of this machine: give it to VFIO with `upnvme-devices bind %s`; "
			"where there is no IOMMU, unsafe=1 in the URI says that you trust the "
			"device and every program that drives it",
			place->address, place->driver, place->address);
	return start_dpdk(dpdk, fs, place);
}
