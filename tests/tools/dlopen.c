/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opens the library that it is given, runs a session, closes it, and does so again, as a program that loads
 * plug-ins. The library itself stays, since its threads and its callers' handles may. Nothing else may: no mapping,
 * thread or file.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <upnvme.h>

#define WARM_UP 3
#define ROUNDS  50u

/* Of the library, the functions that a session needs. */
#define FUNCTIONS(X)           \
	X(upnvme_open)         \
	X(upnvme_close)        \
	X(upnvme_ns_get)       \
	X(upnvme_qpair_create) \
	X(upnvme_qpair_close)  \
	X(upnvme_dma_alloc)    \
	X(upnvme_read)         \
	X(upnvme_poll)         \
	X(upnvme_last_error)

struct library {
	void *handle;
#define POINTER(name) __typeof__(name) *name;
	FUNCTIONS(POINTER)
};

static void load(struct library *library, const char *path)
{
	library->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library->handle)
		errx(1, "%s", dlerror());
	if (dlsym(RTLD_DEFAULT, "upnvme_open"))
		errx(1, "RTLD_LOCAL, and yet it is seen by all");
#define FIND(name)                                                         \
	library->name = (__typeof__(name) *)dlsym(library->handle, #name); \
	if (!library->name)                                                \
		errx(1, "%s", dlerror());
	FUNCTIONS(FIND)
}

static void on_done(void *arg, const struct upnvme_completion *done)
{
	*(bool *)arg = true;
	if (done->status)
		errx(1, "status %u", done->status);
}

/* Objects that a program holds while it closes the library. */
struct held_handles {
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	upnvme_ns *ns;
	void *buf;
};

static void begin(const struct library *library, struct held_handles *handles, const char *uri)
{
	if (library->upnvme_open(&handles->ctrlr, uri, NULL) < 0 ||
	    library->upnvme_ns_get(&handles->ns, handles->ctrlr, 1) < 0 ||
	    library->upnvme_qpair_create(&handles->qp, handles->ctrlr, NULL) < 0 ||
	    library->upnvme_dma_alloc(&handles->buf, handles->ctrlr, 4096, 0) < 0)
		errx(1, "%s", library->upnvme_last_error());
}

static void end(const struct library *library, const struct held_handles *handles)
{
	bool done = false;

	if (library->upnvme_read(handles->qp, handles->ns, handles->buf, 0, 1, on_done, &done) < 0)
		errx(1, "%s", library->upnvme_last_error());
	while (!done)
		if (library->upnvme_poll(handles->qp, 0) < 0)
			errx(1, "%s", library->upnvme_last_error());
	if (library->upnvme_qpair_close(handles->qp) < 0 ||
	    library->upnvme_close(handles->ctrlr) < 0)
		errx(1, "%s", library->upnvme_last_error());
}

static void session(const struct library *library, const char *uri)
{
	struct held_handles handles;

	begin(library, &handles, uri);
	end(library, &handles);
}

struct round {
	const char *path;
	int nuris;
	char **uris;
	pthread_barrier_t used, closed;
};

/* A thread that outlives each use of the library, which keeps memory for each thread. */
static void *use_and_outlive(void *arg)
{
	struct round *round = arg;
	struct library library;

	load(&library, round->path);
	for (int i = 0; i < round->nuris; i++)
		session(&library, round->uris[i]);
	dlclose(library.handle);
	pthread_barrier_wait(&round->used);
	pthread_barrier_wait(&round->closed);
	return NULL;
}

/* The last handles are closed after the library was. */
static void run(struct round *round)
{
	struct held_handles handles;
	struct library library;
	pthread_t thread;

	load(&library, round->path);
	if (pthread_create(&thread, NULL, use_and_outlive, round))
		errx(1, "no thread");
	for (int i = 0; i < round->nuris; i++)
		session(&library, round->uris[i]);
	pthread_barrier_wait(&round->used);
	begin(&library, &handles, round->uris[0]);
	if (dlclose(library.handle))
		errx(1, "the library cannot be closed: %s", dlerror());
	end(&library, &handles);
	pthread_barrier_wait(&round->closed);
	pthread_join(thread, NULL);
}

static unsigned entries_of(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	if (!dir)
		err(1, "%s", path);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static unsigned mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned n = 0;

	if (!file)
		err(1, "/proc/self/maps");
	for (int c = getc(file); c != EOF; c = getc(file))
		n += c == '\n';
	fclose(file);
	return n;
}

struct held {
	unsigned nmappings, nthreads, nfiles;
};

static struct held held_now(void)
{
	return (struct held){ mappings(), entries_of("/proc/self/task"),
			      entries_of("/proc/self/fd") };
}

/* The C library's own arenas and stacks come and go; a leak in each round adds up. */
static bool grew(const char *what, unsigned before, unsigned after)
{
	printf("%s: %u, and %u after %u rounds\n", what, before, after, ROUNDS);
	return after >= before + ROUNDS;
}

int main(int argc, char **argv)
{
	struct round round = { argv[1], argc - 2, argv + 2, { { 0 } }, { { 0 } } };
	struct held before, after;

	pthread_barrier_init(&round.used, NULL, 2);
	pthread_barrier_init(&round.closed, NULL, 2);
	for (int i = 0; i < WARM_UP; i++)
		run(&round);
	before = held_now();
	for (unsigned i = 0; i < ROUNDS; i++)
		run(&round);
	after = held_now();
	return grew("mappings", before.nmappings, after.nmappings) |
	       grew("threads", before.nthreads, after.nthreads) |
	       grew("files", before.nfiles, after.nfiles);
}
