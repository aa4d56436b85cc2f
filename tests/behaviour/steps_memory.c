/* SPDX-License-Identifier: BSD-3-Clause */
/* Steps on buffers: their making, and their content. */
#include <string.h>
#include <sys/mman.h>

#include "run.h"

static bool step_alloc(struct run *run, const struct json *step)
{
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	uint64_t bytes = quantity(run, json_get(step, "bytes"), PAGE);
	void *buf = NULL;
	int rc = upnvme_dma_alloc(&buf, ctrlr, bytes, (size_t)json_number(step, "align", 0));

	if (rc == 0) {
		struct named *named = named_add(run, NAMED_BUF, json_string(step, "buf", "a"));

		named->handle = buf;
		named->bytes = bytes;
		named->is_dma = true;
	}
	return expect_result(run, step, rc);
}

/* Memory that the device cannot reach until it is registered. */
static bool step_memory(struct run *run, const struct json *step)
{
	uint64_t bytes = quantity(run, json_get(step, "bytes"), PAGE);
	struct named *named = named_add(run, NAMED_BUF, json_string(step, "buf", "m"));

	named->bytes = (bytes + PAGE - 1) / PAGE * PAGE;
	named->handle = mmap(NULL, named->bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return named->handle != MAP_FAILED || run_fail(run, "mmap failed");
}

static char *place(struct run *run, const struct json *step, uint64_t *bytes)
{
	struct named *named = named_find(run, NAMED_BUF, json_string(step, "buf", "a"));
	uint64_t at = quantity(run, json_get(step, "at"), 0);

	if (!named)
		return NULL;
	*bytes = quantity(run, json_get(step, "bytes"), named->bytes - at);
	return (char *)named->handle + at;
}

static bool step_free(struct run *run, const struct json *step)
{
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	struct named *named = named_find(run, NAMED_BUF, json_string(step, "buf", "a"));
	uint64_t bytes = 0;
	int rc = upnvme_dma_free(ctrlr, place(run, step, &bytes));

	if (rc == 0 && named)
		named_remove(named);
	return expect_result(run, step, rc);
}

static bool step_register(struct run *run, const struct json *step)
{
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	uint64_t bytes = 0;
	char *buf = place(run, step, &bytes);

	return expect_result(run, step, upnvme_mem_register(ctrlr, buf, bytes));
}

static bool step_unregister(struct run *run, const struct json *step)
{
	upnvme_ctrlr *ctrlr = step_handle(run, NAMED_CTRLR, "ctrlr", "ctrlr");
	uint64_t bytes = 0;
	char *buf = place(run, step, &bytes);

	return expect_result(run, step, upnvme_mem_unregister(ctrlr, buf, bytes));
}

/* Byte i of block lba with this seed; README.md says the same in words. */
static uint8_t pattern_byte(uint64_t lba, uint32_t i, uint64_t seed)
{
	uint64_t x = lba * 2654435761u + i / 8 * 40503u + seed * 97u;

	return (uint8_t)(x >> (i % 8 * 8) ^ x >> 13 ^ i);
}

static bool step_fill(struct run *run, const struct json *step)
{
	uint32_t block = run->configuration->block;
	uint64_t lba = lba_of(run, step), seed = (uint64_t)json_number(step, "seed", 1), bytes = 0;
	char *buf = place(run, step, &bytes);
	uint64_t blocks = (uint64_t)json_number(step, "blocks", (int64_t)(bytes / block));

	for (uint64_t i = 0; i < blocks * block; i++)
		buf[i] = (char)pattern_byte(lba + i / block, (uint32_t)(i % block), seed);
	return true;
}

static bool step_set(struct run *run, const struct json *step)
{
	uint64_t bytes = 0;
	char *buf = place(run, step, &bytes);

	memset(buf, (int)json_number(step, "byte", 0), bytes);
	return true;
}

static bool step_check(struct run *run, const struct json *step)
{
	uint32_t block = run->configuration->block;
	bool byte = json_get(step, "byte") != NULL;
	uint64_t lba = lba_of(run, step), seed = (uint64_t)json_number(step, "seed", 1), bytes = 0;
	char *buf = place(run, step, &bytes);
	uint64_t blocks = (uint64_t)json_number(step, "blocks", (int64_t)(bytes / block));

	for (uint64_t i = 0; i < (byte ? bytes : blocks * block); i++) {
		uint8_t expected =
			byte ? (uint8_t)json_number(step, "byte", 0) :
			       pattern_byte(lba + i / block, (uint32_t)(i % block), seed);

		if ((uint8_t)buf[i] != expected)
			return run_fail(run, "byte %llu is %02x, not %02x", (unsigned long long)i,
					(uint8_t)buf[i], expected);
	}
	return true;
}

const struct step_kind steps_memory[] = {
	{ "alloc", step_alloc },       { "memory", step_memory },         { "free", step_free },
	{ "register", step_register }, { "unregister", step_unregister }, { "fill", step_fill },
	{ "set", step_set },           { "check", step_check },           { NULL, NULL },
};
