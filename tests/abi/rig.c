/* SPDX-License-Identifier: BSD-3-Clause */
/* A controller and arguments for calls. */
#include "rig.h"

#include "record.h"

#define IDENTIFY       0x06u
#define IDENTIFY_CTRLR 1u

static void on_callback(void *user, const uint64_t *arguments)
{
	struct rig *rig = user;

	rig->ncallbacks++;
	rig->last_arg = arguments[0];
}

static void on_completion(void *user, const uint64_t *arguments)
{
	struct rig *rig = user;

	on_callback(user, arguments);
	memcpy(rig->done, (const void *)(uintptr_t)arguments[1], record_bytes("upnvme_completion"));
}

static void on_event(void *user, const uint64_t *arguments)
{
	struct rig *rig = user;

	on_callback(user, arguments);
	rig->last_event = record_get((const void *)(uintptr_t)arguments[1], "upnvme_event.kind");
}

static void *pages(void)
{
	void *memory = aligned_alloc(4096, 8192);

	assert_non_null(memory);
	return memset(memory, 0, 8192);
}

/* A queue pair that measures latencies, and room for everything that a call may store. */
static void create_qpair(struct rig *rig)
{
	void *opts = record_new("upnvme_qpair_opts", 1);

	record_set(opts, "upnvme_qpair_opts.flags",
		   (uint64_t)(constant("UPNVME_QPAIR_HISTOGRAM") |
			      constant("UPNVME_QPAIR_INTERRUPT")));
	OK("upnvme_qpair_create", P(&rig->qp), rig->ctrlr, P(opts));
	free(opts);
}

void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->done = record_new("upnvme_completion", 1);
	rig->data = pages();
	rig->memory = pages();
	closure_make(&rig->cb, "upnvme_cb", on_completion, rig);
	closure_make(&rig->event_cb, "upnvme_event_cb", on_event, rig);
	closure_make(&rig->log_fn, "upnvme_log_fn", on_callback, rig);
	OK("upnvme_open", P(&rig->ctrlr), P("soft:ram?size=1MiB&block=4096&mode=thread"), 0);
	OK("upnvme_ns_get", P(&rig->ns), rig->ctrlr, 1);
	OK("upnvme_dma_alloc", P(&rig->buf), rig->ctrlr, 16 * RIG_BLOCK, 0);
	create_qpair(rig);
}

void rig_close(struct rig *rig)
{
	OK("upnvme_log_set", 0, 0, 0);
	OK("upnvme_qpair_close", rig->qp);
	OK("upnvme_close", rig->ctrlr);
	for (unsigned i = 0; i < rig->nrecords; i++)
		free(rig->records[i]);
	closure_free(&rig->log_fn);
	closure_free(&rig->event_cb);
	closure_free(&rig->cb);
	free(rig->memory);
	free(rig->data);
	free(rig->done);
}

/* --- records -------------------------------------------------------------------------------------- */

static void prepare_op(struct rig *rig, void *op)
{
	record_set(op, "upnvme_op.opcode", (uint64_t)constant("UPNVME_OP_READ"));
	record_set(op, "upnvme_op.nsid", 1);
	record_set(op, "upnvme_op.blocks", 1);
	record_set(op, "upnvme_op.buf", rig->buf);
}

/* As an op, but with an offset of 0 in the place of the address. */
static void prepare_op_at(struct rig *rig, void *op)
{
	prepare_op(rig, op);
	record_set(op, "upnvme_op.buf", P(NULL));
}

static void prepare_area(struct rig *rig, void *area)
{
	record_set(area, "upnvme_area.data", rig->buf);
	record_set(area, "upnvme_area.data_bytes", RIG_BLOCK);
}

static void prepare_raw(struct rig *rig, void *raw)
{
	uint32_t *cdw = record_at(raw, "upnvme_raw.cdw");

	cdw[0] = IDENTIFY;
	cdw[10] = IDENTIFY_CTRLR;
	record_set(raw, "upnvme_raw.data", P(rig->data));
	record_set(raw, "upnvme_raw.data_bytes", 4096);
	record_set(raw, "upnvme_raw.direction", (uint64_t)constant("UPNVME_DATA_FROM_DEVICE"));
}

static void prepare_iovec(struct rig *rig, void *iov)
{
	record_set(iov, "iovec.iov_base", rig->buf);
	record_set(iov, "iovec.iov_len", RIG_BLOCK);
}

void *rig_record(struct rig *rig, const char *name)
{
	static const struct {
		const char *name, *type;
		void (*prepare)(struct rig *rig, void *record);
	} prepared[] = {
		{ "upnvme_op", "upnvme_op", prepare_op },
		{ "upnvme_op_at", "upnvme_op", prepare_op_at },
		{ "upnvme_area", "upnvme_area", prepare_area },
		{ "upnvme_raw", "upnvme_raw", prepare_raw },
		{ "iovec", "iovec", prepare_iovec },
	};
	size_t i = 0;
	void *record;

	while (i < NELEMS(prepared) && strcmp(prepared[i].name, name) != 0)
		i++;
	record = record_new(i < NELEMS(prepared) ? prepared[i].type : name, 1);
	assert_true(rig->nrecords < RIG_RECORDS);
	rig->records[rig->nrecords++] = record;
	if (i < NELEMS(prepared))
		prepared[i].prepare(rig, record);
	return record;
}

/* --- names ---------------------------------------------------------------------------------------- */

static uint64_t *slot(struct rig *rig, const char *name)
{
	const struct {
		const char *name;
		uint64_t *slot;
	} slots[] = {
		{ "ctrlr", &rig->ctrlr }, { "ns", &rig->ns },   { "qp", &rig->qp },
		{ "buf", &rig->buf },     { "got", &rig->got },
	};

	for (size_t i = 0; i < NELEMS(slots); i++)
		if (strcmp(slots[i].name, name) == 0)
			return slots[i].slot;
	return NULL;
}

static uint64_t memory_of(const struct rig *rig, const char *name)
{
	const struct {
		const char *name;
		const void *memory;
	} memories[] = {
		{ "data", rig->data },
		{ "memory", rig->memory },
		{ "upnvme_cb", rig->cb.code },
		{ "upnvme_event_cb", rig->event_cb.code },
		{ "upnvme_log_fn", rig->log_fn.code },
	};

	for (size_t i = 0; i < NELEMS(memories); i++)
		if (strcmp(memories[i].name, name) == 0)
			return P(memories[i].memory);
	return 0;
}

uint64_t rig_value(struct rig *rig, const char *word)
{
	uint64_t *place = slot(rig, word + (*word == '&'));

	if (place)
		return *word == '&' ? P(place) : *place;
	if (strcmp(word, "null") == 0)
		return 0;
	if (*word == '\'')
		return P(word + 1);
	if (strncmp(word, "UPNVME_", 7) == 0)
		return (uint64_t)constant(word);
	return memory_of(rig, word) ? memory_of(rig, word) : P(rig_record(rig, word));
}

void rig_forget(struct rig *rig, const char *name)
{
	uint64_t *place = slot(rig, name);

	if (place)
		*place = 0;
}
