/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The software NVMe controller as its host sees it: a set of controller registers, a page of doorbells, and a way to
 * let the controller work. The controller is written from NVM Express Base 2.0, NVM Command Set 1.0 and the memory-
 * based (PCIe) transport's rules, and shares nothing with the host side but the specification's constants.
 *
 * Inline mode: the owner of a queue pair lends the controller its thread by softctrl_process(). Threaded mode: the
 * controller has a thread that polls the doorbells as hardware does.
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
 * The controller's way to interrupt its host: `send` delivers the message of an interrupt vector (0: the Admin
 * Queue's), after the completion entries that the message stands for were written. Called by whichever thread does the
 * controller's work, until softctrl_destroy; `send` may not call the controller. NULL: no message is ever sent, as if
 * the host had masked all vectors.
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
	const struct media_config *namespaces; /* one medium per namespace, NSID 1 first; copied */
	uint32_t nnamespaces;                  /* 1 or more */
	bool threaded;                         /* give the controller a thread; default false */
	struct softctrl_dma dma;               /* required */
	/* Interrupts have a vector for each completion queue, and are never coalesced inline; default none */
	struct softctrl_interrupt interrupt;
	uint8_t mdts;  /* transfers are at most 2^mdts 4 KiB pages, 1 or more; default 8 (1 MiB) */
	uint16_t mqes; /* CAP.MQES: entries of the largest queue minus one; default 65535 */
	uint16_t nqueues;   /* I/O submission and completion queues, 1 or more each; default 64 */
	uint8_t dstrd;      /* CAP.DSTRD: doorbells are 4 << dstrd bytes apart; default 0 */
	bool sgl;           /* I/O commands may use SGLs; default true */
	uint16_t noiob;     /* Namespace Optimal I/O Boundary in logical blocks; default 0 (none) */
	uint64_t cmb_bytes; /* controller memory buffer: whole pages of 4 KiB; default 0 */
	/*
	 * At most 20 printable ASCII characters, copied. All identifiers are made of it. Default NULL: it is made of
	 * the first medium's identity, so that a file has the same at each opening, and memory another.
	 */
	const char *serial;
};

/* Sets every field's default; the caller adds namespaces and dma. */
void softctrl_config_init(struct softctrl_config *config);

/* Makes a controller that is not yet enabled. 0, or a negative errno with its sentence recorded. */
int softctrl_create(struct softctrl **out, const struct softctrl_config *config);

/*
 * Ends the controller as if the power failed: no completion is posted any more. Waits for commands that are at the
 * media; softctrl_waits tells beforehand whether there are any. No other call may be under way.
 */
void softctrl_destroy(struct softctrl *sc);

/*
 * Access to the controller registers (offsets of upnvme/spec/regs.h, below UPNVME_SPEC_REG_DOORBELLS), from any thread.
 * No access waits for the media: a reset is over when CSTS.RDY is 0, a shutdown when CSTS.SHST says so, and reading
 * CSTS makes both advance. A flush that fails at shutdown sets CSTS.CFS.
 */
uint32_t softctrl_read32(struct softctrl *sc, uint32_t offset);
uint64_t softctrl_read64(struct softctrl *sc, uint32_t offset);
void softctrl_write32(struct softctrl *sc, uint32_t offset, uint32_t value);
void softctrl_write64(struct softctrl *sc, uint32_t offset, uint64_t value);

/*
 * A doorbell: submission queue y's tail at index (2y) << DSTRD, completion queue y's head at
 * (2y + 1) << DSTRD. The page at index 0 is page aligned. Ring by a store with release order. NULL
 * when there is no such index.
 */
_Atomic uint32_t *softctrl_doorbell(struct softctrl *sc, uint32_t index);

/* The bytes of the doorbell array, for those who map or bound it. */
uint64_t softctrl_doorbells_bytes(const struct softctrl *sc);

/*
 * Whether commands of an I/O submission queue, or with 0 of any, or flushes of a shutdown, are at media that have not
 * answered yet. Then host memory that the commands use may be touched, whatever the registers were told.
 */
bool softctrl_waits(struct softctrl *sc, uint16_t qid);

/* Why a shutdown has set CSTS.CFS, or NULL. Valid until the next write to a register. */
const char *softctrl_trouble(const struct softctrl *sc);

/* The controller memory buffer, which BAR 2 would show, page aligned. NULL when the controller has none. */
void *softctrl_cmb(const struct softctrl *sc, uint64_t *bytes);

/*
 * Does, on the calling thread, the controller's work for submission queue qid and the completion queue that it uses:
 * fetches the commands that the doorbell shows, executes them, posts those that have ended. Never waits for the media.
 * For queue 0 (the Admin Queue) also asynchronous events, Aborts and queue deletions that wait, and the Keep Alive
 * Timer. A no-op for a queue that does not exist. Calls for the same queue exclude each other.
 */
void softctrl_process(struct softctrl *sc, uint16_t qid);

/* Unparks the controller's thread; to be called after doorbells were rung. A no-op in inline mode. */
void softctrl_wake(struct softctrl *sc);

/*
 * Makes the namespace nblocks long, at least 1 and at most as many as the medium holds, as the command of another host
 * would. Commands see the new size at once, and the host is told by a Namespace Attribute Changed event and the Changed
 * Namespace List log page. From any thread. 0, or a negative errno with its sentence recorded.
 */
int softctrl_namespace_resize(struct softctrl *sc, uint32_t nsid, uint64_t nblocks);

/* Sets the temperatures that SMART reports, in kelvin; crossing a threshold makes an event. From any thread. */
void softctrl_temperature_set(struct softctrl *sc, uint16_t kelvin);

#endif
