/* SPDX-License-Identifier: BSD-3-Clause */
/* One case in one configuration: its handles by name, and its failure. */
#ifndef UPNVME_TESTS_BEHAVIOUR_RUN_H
#define UPNVME_TESTS_BEHAVIOUR_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <upnvme.h>

#include "json.h"

#define NAMED_MAX 32u
#define PAGE      4096u

enum named_kind { NAMED_CTRLR = 1, NAMED_NS, NAMED_QPAIR, NAMED_BUF, NAMED_IO };

struct named {
	enum named_kind kind;
	char name[24];
	void *handle;   /* or a buffer's address */
	uint64_t bytes; /* of a buffer */
	bool is_dma;    /* from upnvme_dma_alloc; else mapped by the runner */
	uint32_t ndone; /* of a command */
	bool taken;     /* the command was reaped or waited for */
	struct upnvme_completion done;
	const struct json *step; /* of a command: its expectations */
	struct run *run;
};

struct configuration {
	const struct json *table;
	const struct json *one; /* the case */
	const char *medium;     /* ram, file, null */
	const char *mode;       /* inline, thread */
	uint32_t block;
	char name[160];
};

struct run {
	const struct configuration *configuration;
	char path[128]; /* of the temporary file */
	struct named named[NAMED_MAX];
	const struct json *step;
	char failure[800];
};

/* Runs the case. False: `failure` says why. */
bool run_case(struct run *run, const struct configuration *configuration);
/* Runs steps one after the other, until one goes wrong. */
bool run_steps(struct run *run, const struct json *steps);

/* Notes the first failure, with the step's line; returns false. */
__attribute__((format(printf, 2, 3))) bool run_fail(struct run *run, const char *format, ...);

struct named *named_find(struct run *run, enum named_kind kind, const char *name);
struct named *named_add(struct run *run, enum named_kind kind, const char *name);
void named_remove(struct named *named);
/* The handle that member `key` of the step names; `otherwise` is its usual name. A name that there is not is null. */
void *step_handle(struct run *run, enum named_kind kind, const char *key, const char *otherwise);

/* A quantity: a number of bytes, or a string "3b" for blocks, "2p" for pages, with "+8" or "-8" behind it. */
uint64_t quantity(struct run *run, const struct json *value, uint64_t otherwise);
/* A logical block: a number, negative from the end of the namespace, or a string with all 64 bits. */
uint64_t lba_of(struct run *run, const struct json *object);

/* Blocks of the case's namespace. */
uint64_t case_blocks(const struct run *run);

/* Compares what a call returned with what the step says: "error", "code" and "names"; else "returns", or 0. */
bool expect_result(struct run *run, const struct json *step, int rc);

/* steps_io.c: what begins, completes and waits for commands. */
struct step_kind {
	const char *name;
	bool (*run)(struct run *run, const struct json *step);
};
extern const struct step_kind steps_io[];
extern const struct step_kind steps_handle[];
extern const struct step_kind steps_memory[];
extern const struct step_kind steps_context[];

bool fill_op(struct run *run, const struct json *step, uint8_t opcode, struct upnvme_op *op);
bool expect_completion(struct run *run, const struct json *expected,
		       const struct upnvme_completion *done);
bool deadline_is_over(uint64_t start_ns);
uint64_t clock_ns(void);

#endif
