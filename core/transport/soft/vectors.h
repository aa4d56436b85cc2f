/* SPDX-License-Identifier: BSD-3-Clause */
/* The software controller's interrupt vectors, each of which signals its eventfd, if it has one. */
#ifndef UPNVME_TRANSPORT_SOFT_VECTORS_H
#define UPNVME_TRANSPORT_SOFT_VECTORS_H

#include <stdint.h>

struct vectors;

/* Makes `n` vectors without eventfds. */
int vectors_create(struct vectors **vectors, uint32_t n);
/* Null is accepted. */
void vectors_destroy(struct vectors *vectors);
/* From now on the vector signals this eventfd; -1: none. The former eventfd is not touched after the return. */
int vectors_set(struct vectors *vectors, uint16_t vector, int fd);
/* A softctrl_interrupt's `send`. */
void vectors_signal(void *context, uint16_t vector);

#endif
