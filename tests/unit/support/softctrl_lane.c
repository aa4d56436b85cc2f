/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/softctrl_lane.h"

#include <stdlib.h>
#include <unistd.h>

static struct lane *lane_new(void)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	lane->fd = -1;
	host_init(&lane->host);
	return lane;
}

static int lane_start(struct lane *lane, void **state)
{
	struct host *host = &lane->host;
	uint64_t *list;

	host->media[1] = (struct media_config){
		.maker = &media_ram, .size_bytes = 1 << 20, .block_bytes = 512, .readonly = true
	};
	host->media[2] = (struct media_config){ .maker = &media_ram,
						.size_bytes = 64 << 20,
						.block_bytes = 4096 };
	host->config.nnamespaces = 3;
	host_create(host);
	host_enable(host);
	host_queue_pair(host, 1, 16, 16);
	lane->data = host_alloc(host, LANE_PAGES * 4096, 4096, &lane->data_iova);
	list = host_page(host, &lane->list_iova);
	for (uint64_t i = 1; i < LANE_PAGES; i++)
		list[i - 1] = lane->data_iova + i * 4096;
	*state = lane;
	return 0;
}

int lane_setup_ram(void **state)
{
	return lane_start(lane_new(), state);
}

int lane_setup_file(void **state)
{
	struct lane *lane = lane_new();

	lane->fd = host_temp_file(lane->path, 16 << 20);
	lane->host.media[0] = (struct media_config){ .maker = &media_file,
						     .path = lane->path,
						     .block_bytes = 512 };
	return lane_start(lane, state);
}

int lane_teardown(void **state)
{
	struct lane *lane = *state;

	host_destroy(&lane->host);
	if (lane->fd >= 0) {
		close(lane->fd);
		unlink(lane->path);
	}
	free(lane);
	return 0;
}

struct upnvme_spec_sqe lane_rw(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba,
			       uint32_t n)
{
	uint32_t pages = n * (nsid == 3 ? 8 : 1) / 8;

	return host_rw(opcode, nsid, slba, n, lane->data_iova,
		       pages > 2 ? lane->list_iova : lane->data_iova + 4096);
}

uint16_t lane_run(struct lane *lane, uint8_t opcode, uint32_t nsid, uint64_t slba, uint32_t n)
{
	return host_status(&lane->host, 1, lane_rw(lane, opcode, nsid, slba, n));
}

struct upnvme_spec_sqe lane_dsm(struct lane *lane, uint32_t nranges, uint32_t attributes)
{
	return (struct upnvme_spec_sqe){ .opcode = 0x09,
					 .nsid = 1,
					 .prp1 = lane->data_iova,
					 .prp2 = lane->data_iova + 4096,
					 .cdw10 = nranges - 1,
					 .cdw11 = attributes };
}

void lane_fill(struct lane *lane, unsigned seed)
{
	srand(seed);
	for (uint32_t i = 0; i < LANE_PAGES * 4096; i++)
		lane->data[i] = (uint8_t)rand();
}
