/* SPDX-License-Identifier: BSD-3-Clause */
/* ThreadSanitizer looks for races, which need two threads: what one thread does alone may be less there. */
#ifndef UPNVME_TESTS_TSAN_H
#define UPNVME_TESTS_TSAN_H

#ifdef __SANITIZE_THREAD__
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif

#endif
