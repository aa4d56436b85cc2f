/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads the library that it is given, late, as plug-ins and interpreters do, and reads in two threads. */
#include <dlfcn.h>
#include <err.h>
#include <pthread.h>
#include <stdio.h>

#include <upnvme.h>

#define FUNCTIONS(X)           \
	X(upnvme_open)         \
	X(upnvme_close)        \
	X(upnvme_ns_get)       \
	X(upnvme_qpair_create) \
	X(upnvme_qpair_close)  \
	X(upnvme_dma_alloc)    \
	X(upnvme_read)         \
	X(upnvme_reap)         \
	X(upnvme_last_error)

#define POINTER(name) static __typeof__(name) *name##_fn;
FUNCTIONS(POINTER)

#define OK(call)                                                          \
	do {                                                              \
		if ((call) < 0)                                           \
			errx(1, "%s: %s", #call, upnvme_last_error_fn()); \
	} while (0)

static void *session(void *arg)
{
	struct upnvme_completion done;
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *buf;
	int n = 0;

	(void)arg;
	OK(upnvme_open_fn(&ctrlr, "soft:ram?size=1MiB", NULL));
	OK(upnvme_ns_get_fn(&ns, ctrlr, 1));
	OK(upnvme_qpair_create_fn(&qp, ctrlr, NULL));
	OK(upnvme_dma_alloc_fn(&buf, ctrlr, 4096, 0));
	OK(upnvme_read_fn(qp, ns, buf, 0, 1, NULL, NULL));
	while (n == 0)
		OK(n = upnvme_reap_fn(qp, &done, 1));
	if (done.status)
		errx(1, "status %#x", done.status);
	OK(upnvme_qpair_close_fn(qp));
	OK(upnvme_close_fn(ctrlr));
	return NULL;
}

int main(int argc, char **argv)
{
	void *library = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW | RTLD_LOCAL);
	pthread_t thread;

	if (!library)
		errx(1, "%s", dlerror());
#define FIND(name)                                             \
	name##_fn = (__typeof__(name) *)dlsym(library, #name); \
	if (!name##_fn)                                        \
		errx(1, "%s", dlerror());
	FUNCTIONS(FIND)
	session(NULL);
	if (pthread_create(&thread, NULL, session, NULL) || pthread_join(thread, NULL))
		errx(1, "no thread");
	return 0;
}
