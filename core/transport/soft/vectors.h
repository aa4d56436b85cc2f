/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the software controller's interrupts go: an eventfd for each vector that has one. */
#ifndef UPNVME_TRANSPORT_SOFT_VECTORS_H
#define UPNVME_TRANSPORT_SOFT_VECTORS_H

#include <stdint.h>

struct vectors;

/* `n` vectors, none of which has an eventfd. */
int vectors_create(struct vectors **vectors, uint32_t n);
/* Null is accepted. */
void vectors_destroy(struct vectors *vectors);
/* From now on the vector signals this eventfd; -1: none, and none is being signalled any more. */
int vectors_set(struct vectors *vectors, uint16_t vector, int fd);
/* A softctrl_interrupt's `send`. */
void vectors_signal(void *context, uint16_t vector);

#endif
