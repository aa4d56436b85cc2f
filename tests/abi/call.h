/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls into the library through libffi, and back through closures. */
#ifndef UPNVME_TESTS_ABI_CALL_H
#define UPNVME_TESTS_ABI_CALL_H

#include "description.h"

/* A pointer as an argument. */
#define P(pointer) ((uint64_t)(uintptr_t)(pointer))

/* Opens the library and looks up each function that the description names, by its version. */
void library_open(void);
void library_close(void);

/*
 * Calls a function. Each argument is given in 64 bits, of which the type in the description takes
 * its part. The result is extended from its type.
 */
int64_t call_with(const char *name, unsigned n, const uint64_t *arguments);
#define CALL(name, ...)                                                               \
	call_with(name, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t), \
		  (const uint64_t[]){ __VA_ARGS__ })
#define CALL0(name) call_with(name, 0, NULL)
/* A call that must not fail: the test does, with the library's sentence. */
#define OK(name, ...) ok(CALL(name, __VA_ARGS__), name)
int64_t ok(int64_t result, const char *name);

/* Counts all functions, and those of which call_done was called; prints the names of the others. */
unsigned calls_known(void);
unsigned calls_done(void);
/* Notes that the function was called with good arguments. */
void call_done(const char *name);

/* A callback of that type, by the description. `fn` gets the arguments in 64 bits each. */
struct closure {
	ffi_closure *ffi;
	void *code; /* the address that the library calls */
	struct prototype prototype;
	void (*fn)(void *user, const uint64_t *arguments);
	void *user;
};
void closure_make(struct closure *closure, const char *type,
		  void (*fn)(void *user, const uint64_t *arguments), void *user);
void closure_free(struct closure *closure);

#endif
