/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The handles that callers hold: which of them live, and in which process.
 *
 * A handle is an address, and the calls of the hot path use it as it is. All other calls ask here
 * first, so that a closed handle is refused before its memory is looked at.
 */
#ifndef UPNVME_BASE_HANDLE_H
#define UPNVME_BASE_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

enum handle_kind { HANDLE_CTRLR, HANDLE_NS, HANDLE_QPAIR };

/* Zeroed pages at an address that the last millions of such handles did not have: a stale handle
 * names no later one. Null, with its sentence, when there is no memory. */
void *handle_map(uint64_t bytes);
void handle_unmap(void *handle, uint64_t bytes);

/* Notes that the handle lives from now on. 0, or -ENOMEM with its sentence. */
int handle_add(const void *handle, enum handle_kind kind);
/* Notes that the handle is closed. A handle that was never added may be removed, too. */
void handle_remove(const void *handle);

/* 0 for a handle that lives, -EOWNERDEAD for a handle of the process that this one was forked from,
 * else -EBADF; with a sentence that begins with `call`. */
int handle_check(const void *handle, enum handle_kind kind, const char *call);

#endif
