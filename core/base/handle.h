/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handles that callers hold: which of them live, and in which process.
 *
 * A handle is an address, and the calls of the hot path use it as it is. All others ask here first, so that one that
 * was closed is refused and nothing behind it is looked at.
 */
#ifndef UPNVME_BASE_HANDLE_H
#define UPNVME_BASE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

enum handle_kind { HANDLE_CTRLR, HANDLE_NS, HANDLE_QPAIR };

/* Zeroed pages at an address that the last millions of such handles did not have: a stale one names nothing that came
 * after it. Null, with its sentence, when there is no memory. */
void *handle_map(uint64_t bytes);
void handle_unmap(void *handle, uint64_t bytes);

/* From here on, the handle lives. 0, or -ENOMEM with its sentence. */
int handle_add(const void *handle, enum handle_kind kind);
/* One that was never added is none. */
void handle_remove(const void *handle);

/* 0 for one that lives, -EOWNERDEAD for one of a process that this one was forked from, else -EBADF; with a sentence
 * that begins with `call`. */
int handle_check(const void *handle, enum handle_kind kind, const char *call);

#endif
