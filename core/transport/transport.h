/* SPDX-License-Identifier: BSD-3-Clause */
/* A transport: the way to a controller's registers, doorbells and queues. The driver knows nothing
 * else of a device. */
#ifndef UPNVME_TRANSPORT_TRANSPORT_H
#define UPNVME_TRANSPORT_TRANSPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct domain;
struct media_maker;
struct transport;
struct uri;

/* The doorbells and the hook of a queue pair, decided once, when the queue pair is created. */
struct transport_queue {
	_Atomic uint32_t *sq_tail; /* submission queue tail doorbell */
	_Atomic uint32_t *cq_head; /* completion queue head doorbell */
	/* Null on hardware. The queue's owner calls the hook once a batch: after ringing the submission doorbell, and
	 * before a poll looks for completions, as long as commands are outstanding. May be called within a
	 * completion's callback. */
	void (*hook)(void *arg);
	void *hook_arg;
};

/* The controller's own memory. */
struct transport_memory {
	void *base;
	uint64_t bytes;
	uint64_t iova; /* no other memory has it */
};

/* Each function returns 0 or a negative errno with its sentence; registers are those below the doorbells. */
struct transport_ops {
	const char *scheme;
	int (*open)(struct transport **transport, const struct uri *uri,
		    const struct media_maker *const *makers);
	void (*close)(struct transport *transport);
	int (*read32)(struct transport *transport, uint32_t offset, uint32_t *value);
	int (*read64)(struct transport *transport, uint32_t offset, uint64_t *value);
	int (*write32)(struct transport *transport, uint32_t offset, uint32_t value);
	int (*write64)(struct transport *transport, uint32_t offset, uint64_t value);
	/* Gives the doorbells of queue pair `qid`, which CAP.DSTRD places, and the hook. */
	int (*queue)(struct transport *transport, uint16_t qid, uint32_t dstrd,
		     struct transport_queue *queue);
	/* Null where controllers have no memory. Maps memory->bytes from `offset` on of the controller's base address
	 * register `bar`, or as many bytes as are there in one piece; at most once until the transport is closed. No
	 * other memory gets the bus addresses of these bytes from then on, even if they cannot be mapped; -EADDRINUSE
	 * when other memory has them already. */
	int (*memory)(struct transport *transport, unsigned bar, uint64_t offset,
		      struct transport_memory *memory);
	/* Null where the controller always reaches memory. Lets the controller reach memory. To be called once the
	 * controller was disabled: it has forgotten then the memory of a former user. */
	int (*connect)(struct transport *transport);
	/* Null where this cannot be done. Keeps a controller that does not obey from reaching memory; the controller
	 * cannot be used then until the transport is closed. -EBUSY: the controller does not obey this either. */
	int (*isolate)(struct transport *transport);
	/* Null where there are no interrupts. The interrupt vector, 1 or above, signals the eventfd from now on; -1: no
	 * eventfd, and the former one is not touched after the return. One call at a time. */
	int (*interrupt)(struct transport *transport, uint16_t vector, int fd);
	/* Null where controllers cannot be lost. Says why the controller cannot be used any more; null if it can. Any
	 * thread. */
	const char *(*lost)(struct transport *transport);
	/* Null where the transport cannot tell. True as long as storage behind the controller has not answered
	 * commands of I/O queue `qid` or, with 0, of any: the controller is alive, but until then the memory of those
	 * commands may be touched, whatever the controller is told. */
	bool (*waits)(struct transport *transport, uint16_t qid);
	/* Null where the transport cannot tell. Says why a shutdown ended with a fatal status, or null. */
	const char *(*trouble)(struct transport *transport);
};

/* The head of the struct of each kind of transport. */
struct transport {
	const struct transport_ops *ops;
	struct domain *domain;   /* the memory that the controller can reach */
	int node;                /* the NUMA node that the controller is near, or ENV_ANY_NODE */
	uint16_t vendor, device; /* PCI identifiers; 0: not a PCI device */
	/* How many interrupt vectors the queue pairs can need; 0: all that the controller has. */
	uint16_t nvectors;
};

/*
 * Opens the controller that the URI names, by the URI's scheme; transport_close closes it. `makers` are the kinds of
 * media that a software controller can have (media/maker.h).
 */
int transport_open(struct transport **transport, const struct uri *uri,
		   const struct media_maker *const *makers);
void transport_close(struct transport *transport);

extern const struct transport_ops transport_soft;
extern const struct transport_ops transport_pcie;

#endif
