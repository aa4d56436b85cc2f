/* SPDX-License-Identifier: BSD-3-Clause */
/* The environment that a PCIe controller gets, and the kind of memory in it. */
#ifndef UPNVME_TRANSPORT_PCIE_MEMORY_H
#define UPNVME_TRANSPORT_PCIE_MEMORY_H

#include <stdbool.h>

#include "env/dpdk/dpdk.h"
#include "env/pages.h"
#include "transport/pcie/place.h"

struct sysfs;
struct uri;

/* The wish of the URI. */
struct memory_wish {
	enum { ENV_UNSAID, ENV_DPDK, ENV_VFIO } env;
	const struct pages *pages; /* null: not said */
	bool unsafe;
};

/* Reads the wish, and refuses a wish that contradicts itself. 0 or a negative errno with its sentence. */
int memory_wish_read(struct memory_wish *wish, const struct uri *uri);

/* For a controller with VFIO: memory of this process, or DPDK's huge pages if wished for. 0 or a negative errno with
 * its sentence. */
int memory_for_vfio(const struct pages **pages, const struct memory_wish *wish,
		    const struct sysfs *fs, const struct place *place);

/* For a controller with UIO: DPDK's huge pages, the only choice. Refused unless the wish has
 * `unsafe=1`. */
int memory_for_uio(const struct dpdk_plugin **dpdk, const struct memory_wish *wish,
		   const struct sysfs *fs, const struct place *place);

#endif
