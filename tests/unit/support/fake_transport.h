/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A transport to a controller that is nothing but registers and an admin queue, both scripted by
 * the test: it can be slow, mute, gone, or tell anything about itself.
 *
 * Without a script it is a decent controller with one namespace of 1,000 blocks of 512 bytes.
 */
#ifndef UPNVME_TESTS_FAKE_TRANSPORT_H
#define UPNVME_TESTS_FAKE_TRANSPORT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "driver/ctrlr.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/cqe.h>
#include <upnvme/spec/feature.h>
#include <upnvme/spec/identify.h>
#include <upnvme/spec/log_page.h>
#include <upnvme/spec/opcode.h>
#include <upnvme/spec/regs.h>
#include <upnvme/spec/sqe.h>
#include <upnvme/spec/status.h>
#include "transport/transport.h"

#define FAKE_SEEN_MAX   512u
#define FAKE_AERS_MAX   16u
#define FAKE_ACTIVE_MAX 4096u
#define FAKE_QUEUES     8u

/* The bus address of the controller's own memory. */
#define FAKE_MEMORY_IOVA 0x7654321000ull

struct fake_transport;

/* The treatment of an admin command. */
enum fake_verdict {
	FAKE_DEFAULT, /* what a decent controller does */
	FAKE_ANSWER,  /* the status and result that the script put into *cqe */
	FAKE_HOLD,    /* no answer: the test may post one later */
};
typedef enum fake_verdict (*fake_script)(struct fake_transport *fake,
					 const struct upnvme_spec_sqe *sqe,
					 struct upnvme_spec_cqe *cqe);

struct fake_transport {
	struct transport transport;
	pthread_mutex_t lock; /* held by the driver's calls, scripts included; not by the test's */

	/* registers, and how they behave */
	uint64_t cap;
	uint32_t vs, cc, csts, aqa, crto;
	uint64_t asq, acq;
	bool never_ready;        /* CSTS.RDY stays what it is when CC.EN becomes 1 */
	bool never_disabled;     /* ... when it becomes 0 */
	bool never_shut_down;    /* CSTS.SHST stays at "occurring" */
	uint32_t shutdown_reads; /* CSTS reads that a shutdown takes */
	bool loses_upper_half;   /* of 64-bit accesses */
	bool fatal_on_enable;    /* CSTS.CFS instead of RDY */
	bool sticky;             /* CSTS.NSSRO is not cleared by writing it */
	_Atomic bool gone;       /* all registers read as ones */
	uint32_t slowness;       /* CSTS reads that a change of RDY takes */
	uint32_t pending_reads;
	int fail_reads;   /* negative errno of every register read */
	int fail_connect; /* of the permission to reach memory */

	/* memory of its own: `memory_bytes` of a BAR from the place on that the driver asks for */
	uint32_t cmbloc, cmbsz, cmbsts;
	uint64_t cmbmsc;
	uint32_t pmrmscl, pmrmscu;
	char *memory;
	uint64_t memory_bytes;
	int fail_memory; /* negative errno of mapping it */

	/* what the driver did */
	uint64_t cmbmsc_written[8]; /* each with CC.EN in bit 63 */
	uint32_t ncmbmsc_written;
	uint32_t ncmb_read; /* looks at CMBLOC or CMBSZ */
	unsigned memory_bar;
	uint64_t memory_offset;
	uint32_t cc_written[32];
	uint32_t ncc_written;
	struct upnvme_spec_sqe seen[FAKE_SEEN_MAX];
	uint32_t nseen;
	uint32_t *nclosed; /* counts closes, if not null */
	uint32_t nconnected, nisolated;
	bool fail_isolate;
	bool disobeys; /* isolation has no effect */
	/* After fake_transport_with_storage: whether the storage answers, and the commands that it
	 * had at shutdown, which is fatal then. */
	_Atomic bool waiting;
	const char *trouble;
	_Atomic bool leaving; /* what the transport says about being taken away */

	/* interrupts */
	bool no_vectors;          /* all are refused */
	int vectors[FAKE_QUEUES]; /* the eventfd that each signals, or -1 */

	/* I/O queues: made and deleted, and never served */
	_Atomic uint32_t io_doorbells[FAKE_QUEUES][2];

	/* the admin queue */
	_Atomic uint32_t sq_tail, cq_head;
	uint32_t sq_head, cq_tail;
	uint16_t phase;
	fake_script script;
	uint16_t aers[FAKE_AERS_MAX];
	uint32_t naers;
	uint32_t aer_limit;

	/* what it says about itself */
	struct upnvme_spec_id_ctrl id;
	struct upnvme_spec_id_ctrl_nvm nvm;
	bool has_nvm; /* answers CNS 06h */
	struct upnvme_spec_id_ns_nvm ns_nvm;
	bool has_ns_nvm;              /* answers CNS 05h with that */
	struct upnvme_spec_id_ns ns;  /* of every active namespace, but: */
	struct upnvme_spec_id_ns odd; /* of namespace odd_nsid */
	uint32_t odd_nsid;
	uint32_t active[FAKE_ACTIVE_MAX];
	uint32_t nactive;
	uint8_t descriptors[UPNVME_SPEC_IDENTIFY_BYTES]; /* CNS 03h */
	uint32_t nsqa, ncqa;                             /* queues granted, 0's based */
	uint8_t log[65536];                              /* every log page */
	uint32_t feature_value;
};

struct fake_transport *fake_transport_create(void);
/* Makes it a transport with storage behind it, which cannot be isolated. */
void fake_transport_with_storage(struct fake_transport *fake);

/* Opens a controller over the transport, which the controller then owns. */
int fake_transport_open(struct fake_transport *fake, struct upnvme_ctrlr **ctrlr,
			const struct upnvme_open_opts *opts);

/* The same, and it must succeed. */
struct upnvme_ctrlr *fake_transport_opened(struct fake_transport *fake);
/* The open must fail, with this error and a sentence that has the word and names the controller; the transport is
 * closed, once. */
void fake_transport_open_fails(struct fake_transport *fake, int err, uint32_t code,
			       const char *word);
/* Changes a field of CAP. */
#define FAKE_SET_CAP(fake, field, value)                                                       \
	((fake)->cap = ((fake)->cap & ~UPNVME_SPEC_FIELD_SET(field, (uint64_t)field##_MASK)) | \
		       UPNVME_SPEC_FIELD_SET(field, (uint64_t)(value)))

/* These namespaces are active, and no others. */
void fake_transport_set_active(struct fake_transport *fake, uint32_t n, const uint32_t *nsids);
#define FAKE_SET_ACTIVE(fake, ...)                                               \
	fake_transport_set_active(fake, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, \
				  (uint32_t[]){ __VA_ARGS__ })

/* The handle of a namespace that upnvme_ns_get gives; and that it gives none, but this error. */
struct upnvme_ns *fake_transport_ns(struct upnvme_ctrlr *ctrlr, uint32_t nsid);
void fake_transport_no_ns(struct upnvme_ctrlr *ctrlr, uint32_t nsid, int err, uint32_t code);

/* Posts a completion; the entry's head, queue and phase are filled in. */
void fake_transport_post(struct fake_transport *fake, uint16_t cid, uint16_t status,
			 uint32_t result);
/* Completes an Asynchronous Event Request. */
void fake_transport_event(struct fake_transport *fake, uint32_t type, uint32_t info, uint32_t lid);

/* The n-th (from 0) command with this opcode that the driver sent; fails the test when there is none. */
const struct upnvme_spec_sqe *fake_transport_seen(const struct fake_transport *fake, uint8_t opcode,
						  uint32_t n);
uint32_t fake_transport_count(const struct fake_transport *fake, uint8_t opcode);

/* What an Identify asks for; UINT32_MAX of other commands. */
uint32_t fake_transport_cns(const struct upnvme_spec_sqe *sqe);
/* How many times the driver sent that. */
uint32_t fake_transport_identified(const struct fake_transport *fake, uint32_t cns);

/* Every field but the identifier; of PRP1 only whether there is one, as `data` says. */
void fake_transport_expect(const struct upnvme_spec_sqe *actual,
			   const struct upnvme_spec_sqe *expected, bool data);

/* Memory behind a bus address. */
void *fake_transport_memory(struct fake_transport *fake, uint64_t iova, uint64_t bytes);

#endif
