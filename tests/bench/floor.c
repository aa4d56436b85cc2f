/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floor: the cost of an I/O without checks and without memory of commands. A bare ring over
 * plain memory: write 64 bytes, read 16, move the indices, ring two doorbells a batch.
 *
 *   floor count|time [depth=32] [ios=64000] [seconds=1]
 *
 * Counted are the calls that submit() and complete() make, as with io.c: here to ring_write and ring_read, in this
 * program. device() stands for the controller; it and the random numbers are outside.
 */
#include <stdio.h>

#include "bench.h"

#define ENTRIES 1024u

struct entry {
	uint64_t word[8];
};

struct completion {
	uint64_t word[2];
};

/* In word[1]: identifier, phase, status. */
#define CID_SHIFT 32
#define PHASE     (1ull << 48)

/* Pointers that run to an end: cheaper than indices. */
struct ring {
	struct entry *sq, *tail, *sq_end;
	struct completion *cq, *head, *cq_end;
	uint64_t phase;
	volatile uint32_t *sq_doorbell, *cq_doorbell;
};

struct device {
	volatile uint32_t doorbell[2];
	uint32_t head, tail;
	uint64_t phase;
};

static __attribute__((noinline)) void ring_write(struct ring *ring, uint64_t head, uint64_t iova,
						 uint64_t lba)
{
	struct entry *tail = ring->tail;

	*tail = (struct entry){ { head, 0, 0, iova, 0, lba, 0, 0 } };
	ring->tail = ++tail == ring->sq_end ? ring->sq : tail;
}

static __attribute__((noinline)) void ring_submission_doorbell(struct ring *ring)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*ring->sq_doorbell = (uint32_t)(ring->tail - ring->sq);
}

/* Takes `n` completions, which must have come. The result depends on all their words, so that all
 * 16 bytes are read. */
static __attribute__((noinline)) uint64_t ring_read(struct ring *ring, uint32_t n)
{
	struct completion *head = ring->head;
	uint64_t mixed = 0;

	for (; n > 0; n--) {
		uint64_t word = __atomic_load_n(&head->word[1], __ATOMIC_ACQUIRE) ^ ring->phase;

		if (word & PHASE)
			break;
		mixed |= word >> 49 | head->word[0];
		if (++head == ring->cq_end) {
			head = ring->cq;
			ring->phase ^= PHASE;
		}
	}
	ring->head = head;
	*ring->cq_doorbell = (uint32_t)(head - ring->cq);
	return mixed + n;
}

/* --- the bench ------------------------------------------------------------------------------------------ */

static struct ring *ring;
static struct device device_state;
static uint64_t random_state = 88172645463325252ull, ndone, wrong;

static __attribute__((noinline)) void device(void)
{
	struct device *d = &device_state;

	while (d->head != d->doorbell[0]) {
		ring->cq[d->tail].word[1] = (uint64_t)d->head << CID_SHIFT | d->phase;
		if (++d->head == ENTRIES)
			d->head = 0;
		if (++d->tail == ENTRIES) {
			d->tail = 0;
			d->phase ^= PHASE;
		}
	}
}

static __attribute__((noinline)) void submit(const uint64_t *lbas, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ring_write(ring, 2 | (uint64_t)i << 16 | 1ull << 32, (uint64_t)i << 12, lbas[i]);
	ring_submission_doorbell(ring);
}

static __attribute__((noinline)) void complete(uint32_t n)
{
	wrong |= ring_read(ring, n);
	ndone += n;
}

static void batch(uint32_t depth)
{
	uint64_t lbas[ENTRIES];

	for (uint32_t i = 0; i < depth; i++)
		lbas[i] = random_next(&random_state) >> 36;
	submit(lbas, depth);
	device();
	complete(depth);
}

static __attribute__((noinline)) void measured(uint32_t depth, uint32_t ios)
{
	for (uint32_t i = 0; i < ios; i += depth)
		batch(depth);
}

static struct ring *ring_create(void)
{
	struct ring *created = calloc(1, sizeof(*created));
	void *sq = aligned_alloc(4096, ENTRIES * sizeof(struct entry));
	void *cq = aligned_alloc(4096, ENTRIES * sizeof(struct completion));

	if (!created || !sq || !cq)
		err(1, "no memory");
	*created = (struct ring){ .sq = memset(sq, 0, ENTRIES * sizeof(struct entry)),
				  .cq = memset(cq, 0, ENTRIES * sizeof(struct completion)),
				  .phase = PHASE,
				  .sq_doorbell = &device_state.doorbell[0],
				  .cq_doorbell = &device_state.doorbell[1] };
	created->tail = created->sq;
	created->sq_end = created->sq + ENTRIES;
	created->head = created->cq;
	created->cq_end = created->cq + ENTRIES;
	device_state.phase = PHASE;
	return created;
}

int main(int argc, char **argv)
{
	uint32_t depth = setting_number(argv, "depth", 32);
	uint32_t ios = setting_number(argv, "ios", 64000);
	uint64_t seconds = setting_number(argv, "seconds", 1);
	uint64_t start, before;

	if (argc < 2 || !depth || depth >= ENTRIES || ios % depth)
		errx(2, "usage: floor count|time [depth=32] [ios=64000] [seconds=1]");
	ring = ring_create();
	for (uint32_t i = 0; i < 2 * ENTRIES; i += depth)
		batch(depth);
	before = ndone;
	start = now_ns();
	if (!strcmp(argv[1], "time"))
		while (now_ns() - start < seconds * 1000000000u)
			for (int i = 0; i < 64; i++)
				batch(depth);
	else
		measured(depth, ios);
	printf("n %llu\niops %.0f\n", (unsigned long long)(ndone - before),
	       (double)(ndone - before) * 1e9 / (double)(now_ns() - start));
	return wrong != 0;
}
