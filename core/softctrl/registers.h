/* SPDX-License-Identifier: BSD-3-Clause */
/* The controller registers. */
#ifndef UPNVME_SOFTCTRL_REGISTERS_H
#define UPNVME_SOFTCTRL_REGISTERS_H

#include <upnvme/spec/regs.h>

#define CSTS_RDY   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_RDY, 1u)
#define CSTS_CFS   UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_CFS, 1u)
#define CSTS_SHST  UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_SHST, ~0u)
#define CSTS_NSSRO UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_CSTS_NSSRO, 1u)

struct softctrl;
struct softctrl_config;

/* Sets the registers' first values. The controller memory buffer must exist already, since CAP tells of it. */
void sc_registers_init(struct softctrl *sc, const struct softctrl_config *config);

/* Stops the controller by a fatal error: the host sees CSTS.CFS and has to reset. */
void sc_fatal(struct softctrl *sc, const char *why);

#endif
