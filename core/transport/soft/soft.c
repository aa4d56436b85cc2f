/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to the software controller, which lives in this process: `soft:ram`, `soft:null` or `soft:/path/of/a.file`.
 *
 * What the URI may say:
 *   size=        bytes of each namespace. ram: 1GiB and null: 1TiB if not given; file: its own
 *                size, and a file that is missing or empty is made when a size is given
 *   block=       bytes of a logical block, a power of two from 512 to 64KiB. ram and null: 4096.
 *                file: 512, because every disk image is a multiple of that
 *   readonly=    1: writes are refused; a file may then have many users
 *   mode=        inline (the default): each queue's owner does the controller's work for it; thread: a thread does
 *   engine=      file: io_uring or worker; the best that works if not given
 *   zero=        null: 1: reads give zeroes; otherwise they leave the buffer as it is
 *   namespaces=  ram, null: how many, 1 to 1024, each of `size`
 * and the controller's shape, to try a program against other controllers:
 *   mdts=        a command's data is at most 2^mdts pages of 4 KiB, 1 to 12
 *   entries=     of the largest queue (CAP.MQES + 1), 2 to 65536
 *   queues=      I/O queue pairs, 1 to 1024
 *   dstrd=       doorbell stride (CAP.DSTRD), 0 to 10
 *   sgl=         0: PRP only
 *   cmb=         bytes of the controller memory buffer, pages of 4 KiB, at most 1GiB; 0: none
 *   noiob=       Namespace Optimal I/O Boundary in blocks, 0 to 65535
 *   serial=      serial number, at most 20 printable ASCII characters, of which all identifiers are made; if not given,
 *                a file's own, the same at each opening, and a random one for memory. SMART counts from the opening: a
 *                count that lasts would have to be written into somebody's file, or beside it
 */
#include "transport/soft/soft.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "env/env.h"
#include "mem/domain.h"
#include "softctrl/softctrl.h"
#include "spec/regs.h"
#include "transport/soft/vectors.h"
#include "transport/transport.h"

#define RAM_BYTES      (1ull << 30)
#define NULL_BYTES     (1ull << 40)
#define NAMESPACES_MAX 1024u
#define QUEUES_MAX     1024u
#define CMB_BYTES_MAX  (1ull << 30)
#define CMB_PAGE       4096u
#define CMB_BAR        2u

#define SHAPE_KEYS \
	"mode", "mdts", "entries", "queues", "dstrd", "sgl", "noiob", "cmb", "serial", "quirks"
#define MEDIA_KEYS "size", "block", "readonly"

/* The argument of an inline queue's hook. */
struct soft_queue {
	struct softctrl *sc;
	uint16_t qid;
	uint32_t turns; /* of the hook; the owner's */
};

struct soft {
	struct transport transport;
	struct softctrl *sc;
	struct vectors *vectors; /* null: inline */
	uint32_t nqueues;        /* the admin queue included */
	struct soft_queue queues[];
};

static struct soft *soft_of(struct transport *transport)
{
	return container_of(transport, struct soft, transport);
}

struct softctrl *soft_controller(struct transport *transport)
{
	return soft_of(transport)->sc;
}

/* --- what the URI says ---------------------------------------------------------------------------- */

static int media_kind(const struct uri *uri, enum media_kind *kind)
{
	const char *path = uri_path(uri);

	if (!strcmp(path, "ram"))
		*kind = MEDIA_RAM;
	else if (!strcmp(path, "null"))
		*kind = MEDIA_NULL;
	else if (strchr(path, '/'))
		*kind = MEDIA_FILE;
	else
		return error_set(
			-EINVAL, UPNVME_ERR_URI,
			"URI \"%s\": \"%s\" is neither \"ram\", \"null\" nor a path: write "
			"soft:./%s for a file in the current directory",
			uri_text(uri), path, path);
	return 0;
}

static int check_keys(const struct uri *uri, enum media_kind kind)
{
	static const char *const ram[] = { MEDIA_KEYS, "namespaces", SHAPE_KEYS };
	static const char *const null[] = { MEDIA_KEYS, "zero", "namespaces", SHAPE_KEYS };
	static const char *const file[] = { MEDIA_KEYS, "engine", SHAPE_KEYS };

	switch (kind) {
	case MEDIA_RAM:
		return uri_expect(uri, ram, ARRAY_SIZE(ram));
	case MEDIA_NULL:
		return uri_expect(uri, null, ARRAY_SIZE(null));
	default:
		return uri_expect(uri, file, ARRAY_SIZE(file));
	}
}

static int media_block(const struct uri *uri, struct media_config *media)
{
	uint64_t block = media->kind == MEDIA_FILE ? 512 : 4096;
	int rc = uri_get_size(uri, "block", &block);

	if (rc)
		return rc;
	if (!is_pow2(block) || block < 512 || block > 65536)
		return error_set(-EINVAL, UPNVME_ERR_MEDIA_BLOCK,
				 "block=%llu in the URI: a block is a power of two from 512 bytes "
				 "to 64KiB",
				 (unsigned long long)block);
	media->block_bytes = (uint32_t)block;
	return 0;
}

static int media_size(const struct uri *uri, struct media_config *media)
{
	uint64_t size = media->kind == MEDIA_RAM ? RAM_BYTES : NULL_BYTES;
	int rc;

	if (media->kind == MEDIA_FILE)
		size = 0;
	rc = uri_get_size(uri, "size", &size);
	if (rc)
		return rc;
	if ((!size && uri_has(uri, "size")) || size % media->block_bytes)
		return error_set(
			-EINVAL, UPNVME_ERR_MEDIA_SIZE,
			"size=%llu in the URI is not one or more blocks of %u bytes: make it "
			"a multiple of that",
			(unsigned long long)size, media->block_bytes);
	media->size_bytes = size;
	return 0;
}

static int media_of(const struct uri *uri, struct media_config *media)
{
	static const char *const engines[] = { "io_uring", "worker" };
	size_t engine = ARRAY_SIZE(engines);
	int rc = media_kind(uri, &media->kind);

	if (!rc)
		rc = check_keys(uri, media->kind);
	if (!rc)
		rc = media_block(uri, media);
	if (!rc)
		rc = media_size(uri, media);
	if (!rc)
		rc = uri_get_bool(uri, "readonly", &media->readonly);
	if (!rc)
		rc = uri_get_bool(uri, "zero", &media->zero_reads);
	if (!rc)
		rc = uri_get_choice(uri, "engine", engines, ARRAY_SIZE(engines), &engine);
	if (!rc && engine < ARRAY_SIZE(engines))
		media->engine = engines[engine];
	media->path = media->kind == MEDIA_FILE ? uri_path(uri) : NULL;
	return rc;
}

static int shape_serial(const struct uri *uri, struct softctrl_config *config)
{
	const char *serial = config->serial;

	uri_get_string(uri, "serial", &serial);
	if (!serial)
		return 0;
	for (size_t i = 0; serial[i]; i++)
		if (i == 20 || serial[i] < 0x20 || serial[i] > 0x7e)
			return error_set(-EINVAL, UPNVME_ERR_URI_VALUE,
					 "serial=%s in the URI is not at most 20 printable ASCII "
					 "characters",
					 serial);
	config->serial = serial;
	return 0;
}

static int shape_cmb(const struct uri *uri, struct softctrl_config *config)
{
	int rc = uri_get_size(uri, "cmb", &config->cmb_bytes);

	if (!rc && (config->cmb_bytes > CMB_BYTES_MAX || config->cmb_bytes % CMB_PAGE))
		rc = error_set(-EINVAL, UPNVME_ERR_URI_VALUE,
			       "cmb=%llu in the URI is not a multiple of %u up to 1GiB",
			       (unsigned long long)config->cmb_bytes, CMB_PAGE);
	return rc;
}

/* One number of the controller's shape, in whatever width the configuration has it. */
#define SHAPE_NUMBER(uri, key, min, max, field)                         \
	({                                                              \
		uint64_t number_ = (field);                             \
		int rc_ = uri_get_number(uri, key, min, max, &number_); \
		(field) = (__typeof__(field))number_;                   \
		rc_;                                                    \
	})

static int shape_of(const struct uri *uri, struct softctrl_config *config)
{
	static const char *const modes[] = { "inline", "thread" };
	uint32_t entries = config->mqes + 1u;
	size_t mode = 0;
	int rc = uri_get_choice(uri, "mode", modes, ARRAY_SIZE(modes), &mode);

	config->threaded = mode == 1;
	if (!rc)
		rc = SHAPE_NUMBER(uri, "mdts", 1, 12, config->mdts);
	if (!rc)
		rc = SHAPE_NUMBER(uri, "entries", 2, 65536, entries);
	config->mqes = (uint16_t)(entries - 1);
	if (!rc)
		rc = SHAPE_NUMBER(uri, "queues", 1, QUEUES_MAX, config->nqueues);
	if (!rc)
		rc = SHAPE_NUMBER(uri, "dstrd", 0, 10, config->dstrd);
	if (!rc)
		rc = SHAPE_NUMBER(uri, "noiob", 0, 65535, config->noiob);
	if (!rc)
		rc = SHAPE_NUMBER(uri, "namespaces", 1, NAMESPACES_MAX, config->nnamespaces);
	if (!rc)
		rc = uri_get_bool(uri, "sgl", &config->sgl);
	if (!rc)
		rc = shape_cmb(uri, config);
	return rc ? rc : shape_serial(uri, config);
}

/* --- opening and closing -------------------------------------------------------------------------- */

static void *soft_map(void *context, uint64_t iova, uint64_t bytes)
{
	return domain_resolve(context, iova, bytes);
}

static int soft_start(struct soft *soft, struct softctrl_config *config)
{
	int rc = domain_acquire(&soft->transport.domain, env_host());

	soft->transport.node = ENV_ANY_NODE;

	if (rc)
		return rc;
	config->dma = (struct softctrl_dma){ soft_map, soft->transport.domain };
	if (config->threaded)
		rc = vectors_create(&soft->vectors, soft->nqueues);
	if (soft->vectors)
		config->interrupt = (struct softctrl_interrupt){ vectors_signal, soft->vectors };
	if (!rc)
		rc = softctrl_create(&soft->sc, config);
	if (rc) {
		vectors_destroy(soft->vectors);
		domain_release(soft->transport.domain);
		return rc;
	}
	for (uint32_t i = 0; i < soft->nqueues; i++)
		soft->queues[i] = (struct soft_queue){ soft->sc, (uint16_t)i, 0 };
	return 0;
}

static int soft_create(struct transport **transport, const struct media_config *media,
		       struct softctrl_config *config)
{
	uint32_t nqueues = config->nqueues + 1u;
	struct media_config *namespaces = calloc(config->nnamespaces, sizeof(*namespaces));
	struct soft *soft = calloc(1, sizeof(*soft) + nqueues * sizeof(soft->queues[0]));
	int rc = -ENOMEM;

	if (namespaces && soft) {
		for (uint32_t i = 0; i < config->nnamespaces; i++)
			namespaces[i] = *media;
		config->namespaces = namespaces;
		soft->transport.ops = &transport_soft;
		soft->nqueues = nqueues;
		rc = soft_start(soft, config);
	} else {
		error_no_memory("a software controller", sizeof(*soft));
	}
	free(namespaces);
	if (rc)
		free(soft);
	else
		*transport = &soft->transport;
	return rc;
}

static int soft_open(struct transport **transport, const struct uri *uri)
{
	struct media_config media = { 0 };
	struct softctrl_config config;
	int rc = media_of(uri, &media);

	softctrl_config_init(&config);
	config.nnamespaces = 1;
	if (!rc)
		rc = shape_of(uri, &config);
	return rc ? rc : soft_create(transport, &media, &config);
}

static void soft_close(struct transport *transport)
{
	struct soft *soft = soft_of(transport);

	softctrl_destroy(soft->sc);
	vectors_destroy(soft->vectors);
	domain_release(transport->domain);
	free(soft);
}

/* --- registers and queues ------------------------------------------------------------------------- */

static int soft_read32(struct transport *transport, uint32_t offset, uint32_t *value)
{
	*value = softctrl_read32(soft_of(transport)->sc, offset);
	return 0;
}

static int soft_read64(struct transport *transport, uint32_t offset, uint64_t *value)
{
	*value = softctrl_read64(soft_of(transport)->sc, offset);
	return 0;
}

static int soft_write32(struct transport *transport, uint32_t offset, uint32_t value)
{
	softctrl_write32(soft_of(transport)->sc, offset, value);
	return 0;
}

static int soft_write64(struct transport *transport, uint32_t offset, uint64_t value)
{
	softctrl_write64(soft_of(transport)->sc, offset, value);
	return 0;
}

static void soft_hook_inline(void *arg)
{
	struct soft_queue *queue = arg;

	softctrl_process(queue->sc, queue->qid);
}

/* A thread that only polls can keep the controller's off the processor, where there are fewer
 * processors than threads: it would wait for its own time slice to end. */
#define TURNS_BETWEEN_YIELDS 64u

static void soft_hook_wake(void *arg)
{
	struct soft_queue *queue = arg;

	softctrl_wake(queue->sc);
	if (++queue->turns % TURNS_BETWEEN_YIELDS == 0)
		sched_yield();
}

static int soft_queue(struct transport *transport, uint16_t qid, uint32_t dstrd,
		      struct transport_queue *queue)
{
	struct soft *soft = soft_of(transport);

	if (qid >= soft->nqueues)
		return error_set(
			-ENOSPC, UPNVME_ERR_QPAIR_LIMIT,
			"the software controller has %u I/O queue pairs, none with identifier "
			"%u: say queues=%u in its URI",
			soft->nqueues - 1, qid, qid);
	queue->sq_tail = softctrl_doorbell(soft->sc, (2u * qid) << dstrd);
	queue->cq_head = softctrl_doorbell(soft->sc, (2u * qid + 1) << dstrd);
	queue->hook = soft->vectors ? soft_hook_wake : soft_hook_inline;
	queue->hook_arg = &soft->queues[qid];
	return 0;
}

/* On the bus it is where all memory of this process is: at a distance. */
static int soft_memory(struct transport *transport, unsigned bar, uint64_t offset,
		       struct transport_memory *memory)
{
	uint64_t bytes;
	char *base = softctrl_cmb(soft_of(transport)->sc, &bytes);

	if (bar != CMB_BAR || offset >= bytes)
		return error_set(-ENOTSUP, UPNVME_ERR_DEVICE_BAR,
				 "the software controller has no memory at %#llx of BAR%u",
				 (unsigned long long)offset, bar);
	memory->base = base + offset;
	memory->bytes = MIN(memory->bytes, bytes - offset);
	memory->iova = (uintptr_t)memory->base + domain_env(transport->domain)->distance;
	return 0;
}

static int soft_interrupt(struct transport *transport, uint16_t vector, int fd)
{
	struct soft *soft = soft_of(transport);

	if (soft->vectors)
		return vectors_set(soft->vectors, vector, fd);
	return error_set(
		-ENOTSUP, UPNVME_ERR_UNSUPPORTED,
		"the software controller does its work inside the polls of its queue pairs, so "
		"there is nobody to interrupt one that does not poll: say mode=thread in its URI, "
		"or create the queue pair without UPNVME_QPAIR_INTERRUPT and poll it");
}

static bool soft_waits(struct transport *transport, uint16_t qid)
{
	return softctrl_waits(soft_of(transport)->sc, qid);
}

static const char *soft_trouble(struct transport *transport)
{
	return softctrl_trouble(soft_of(transport)->sc);
}

const struct transport_ops transport_soft = {
	.scheme = "soft",
	.open = soft_open,
	.close = soft_close,
	.read32 = soft_read32,
	.read64 = soft_read64,
	.write32 = soft_write32,
	.write64 = soft_write64,
	.queue = soft_queue,
	.memory = soft_memory,
	.interrupt = soft_interrupt,
	.waits = soft_waits,
	.trouble = soft_trouble,
};
