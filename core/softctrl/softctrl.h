/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The software NVMe controller as its host sees it: a set of controller registers, a page of doorbells, and a way to
 * let the controller work. The controller is written from NVMe Base 2.0c, NVM Command Set 1.0c and the rules of the
 * memory-based (PCIe) transport. The controller shares nothing with the host side but the specification's constants.
 *
 * In inline mode the owner of a queue pair lends its thread to the controller, by softctrl_process(). In threaded mode
 * the controller has a thread of its own, which polls the doorbells as hardware does.
 */
#ifndef UPNVME_SOFTCTRL_SOFTCTRL_H
#define UPNVME_SOFTCTRL_SOFTCTRL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/media.h"
#include "softctrl/ring/dma.h"

struct softctrl;

/*
 * The controller's way to interrupt its host. `send` delivers the message of an interrupt vector (0: the Admin
 * Queue's), after the completion entries that the message tells of were written. Any thread that does the controller's
 * work calls `send`, until softctrl_destroy returns; `send` may not call the controller. If `send` is NULL, no message
 * is ever sent, as if the host had masked all vectors.
 */
struct softctrl_interrupt {
	void (*send)(void *context, uint16_t vector);
	void *context;
};

/* The largest values of a configuration's fields; the smallest stand beside the fields. */
#define SOFTCTRL_NNAMESPACES_MAX 1024u
#define SOFTCTRL_NQUEUES_MAX     1024u
#define SOFTCTRL_MDTS_MAX        12u
#define SOFTCTRL_DSTRD_MAX       10u
#define SOFTCTRL_CMB_BYTES_MAX   (1ull << 30)

struct softctrl_config {
	const struct media_config *namespaces; /* a medium for each, NSID 1 first; copied */
	uint32_t nnamespaces;                  /* 1 or more */
	bool threaded;                         /* the controller has a thread; default false */
	struct softctrl_dma dma;               /* required */
	/* Each I/O queue can have a vector of its own. Inline, nothing is coalesced. Default none */
	struct softctrl_interrupt interrupt;
	uint8_t mdts;  /* transfers are at most 2^mdts 4 KiB pages, 1 or more; default 8 (1 MiB) */
	uint16_t mqes; /* CAP.MQES: entries of the largest queue minus one; default 65535 */
	uint16_t nqueues;   /* I/O submission and completion queues, 1 or more each; default 64 */
	uint8_t dstrd;      /* CAP.DSTRD: doorbells are 4 << dstrd bytes apart; default 0 */
	bool sgl;           /* I/O commands may use SGLs; default true */
	uint16_t noiob;     /* Namespace Optimal I/O Boundary in logical blocks; default 0 (none) */
	uint64_t cmb_bytes; /* controller memory buffer: whole pages of 4 KiB; default 0 */
	/*
	 * The serial number: at most 20 printable ASCII characters, copied. The NQN and the namespaces' identifiers
	 * are made of the serial number, the controller identifier (CNTLID) is not. Default NULL: the serial number is
	 * made of the first medium's identity. So a file has the same one at each opening, and memory a new one.
	 */
	const char *serial;
};

/* Sets every field's default; the caller adds namespaces and dma. */
void softctrl_config_init(struct softctrl_config *config);

/* Makes a controller that is not yet enabled. 0, or a negative errno with its sentence recorded. */
int softctrl_create(struct softctrl **out, const struct softctrl_config *config);

/*
 * Ends the controller as if the power failed: no completion is posted any more. Waits for commands that are at the
 * media; softctrl_waits tells beforehand whether any is. No other call may be under way. NULL is accepted.
 */
void softctrl_destroy(struct softctrl *sc);

/*
 * Access to the controller registers (offsets of upnvme/spec/regs.h, below UPNVME_SPEC_REG_DOORBELLS), from any thread.
 * No access waits for the media: a reset is over when CSTS.RDY is 0, and a shutdown when CSTS.SHST says so. Each read
 * of CSTS takes the reset or the shutdown further. A flush that fails at shutdown sets CSTS.CFS.
 */
uint32_t softctrl_read32(struct softctrl *sc, uint32_t offset);
uint64_t softctrl_read64(struct softctrl *sc, uint32_t offset);
void softctrl_write32(struct softctrl *sc, uint32_t offset, uint32_t value);
void softctrl_write64(struct softctrl *sc, uint32_t offset, uint64_t value);

/*
 * A doorbell: the tail of submission queue y has index (2y) << DSTRD, the head of completion queue y has index
 * (2y + 1) << DSTRD. Index 0 begins a page. The host rings a doorbell by a store with release order. NULL when no
 * doorbell has this index.
 */
_Atomic uint32_t *softctrl_doorbell(struct softctrl *sc, uint32_t index);

/* The size of the array of doorbells, in bytes. */
uint64_t softctrl_doorbells_bytes(const struct softctrl *sc);

/*
 * Whether commands of an I/O submission queue are at media that have not answered yet. With `qid` 0: whether commands
 * of any I/O queue are, or a reset or a shutdown is not over. As long as this holds, the controller may touch host
 * memory that the commands use, whatever the host has written to the registers.
 */
bool softctrl_waits(struct softctrl *sc, uint16_t qid);

/*
 * What failed at the last shutdown, so that CSTS.CFS was set; NULL if nothing did. The text is final when the shutdown
 * is complete, and valid until the next shutdown begins.
 */
const char *softctrl_trouble(const struct softctrl *sc);

/* The controller memory buffer, page aligned: what a PCIe controller has in BAR 2. NULL when there is no buffer. */
void *softctrl_cmb(const struct softctrl *sc, uint64_t *bytes);

/*
 * Does, on the calling thread, the controller's work for submission queue `qid` and for its completion queue: fetches
 * the commands that the doorbell shows, executes them, and posts those that have ended. Never waits for the media. With
 * queue 0 (the Admin Queue) go asynchronous events, Aborts and queue deletions that wait, and the Keep Alive Timer.
 * Nothing happens for a queue identifier above the controller's. Calls for the same queue exclude each other.
 */
void softctrl_process(struct softctrl *sc, uint16_t qid);

/* Wakes the controller's thread; to be called after doorbells were rung. Does nothing in inline mode. */
void softctrl_wake(struct softctrl *sc);

/*
 * Gives the namespace another size, as a command of another host would: 1 block or more, and no more than the medium
 * holds. Commands see the new size at once. The host is told by a Namespace Attribute Changed event and the Changed
 * Namespace List log page. From any thread. 0, or a negative errno with its sentence recorded.
 */
int softctrl_namespace_resize(struct softctrl *sc, uint32_t nsid, uint64_t nblocks);

/* Sets all temperatures that SMART reports, in kelvin; one that passes a threshold is an event. From any thread. */
void softctrl_temperature_set(struct softctrl *sc, uint16_t kelvin);

#endif
