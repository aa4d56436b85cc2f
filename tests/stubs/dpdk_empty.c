/* SPDX-License-Identifier: BSD-3-Clause */
/* A library that is no plug-in for DPDK. */
int nothing;
