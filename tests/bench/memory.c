/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The memory of a queue pair, and the code that asks for it.
 *
 *   memory [entries=1024] [uri=soft:null] [qpairs=8]
 *
 * This program's malloc, calloc, realloc, aligned_alloc, posix_memalign and mmap stand before those of the C
 * library, so that the library's calls come here. For each that is made during upnvme_qpair_create a line is printed:
 *
 *   BYTES OBJECT OFFSET      the size asked for, and the return address: an offset in an object file, for addr2line
 *
 * Then the sizes that are known of rings and PRP lists, by what the public interface says.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <upnvme.h>

#include "bench.h"

#define RECORDS 65536u

static struct record {
	uint64_t bytes;
	void *caller;
} records[RECORDS];
static uint32_t nrecords;
static bool recording;

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);

static void note(uint64_t bytes, void *caller)
{
	if (!recording)
		return;
	if (nrecords == RECORDS)
		errx(1, "more than %u allocations", RECORDS);
	records[nrecords++] = (struct record){ bytes, caller };
}

void *malloc(size_t bytes)
{
	note(bytes, __builtin_return_address(0));
	return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
	note(n * bytes, __builtin_return_address(0));
	return __libc_calloc(n, bytes);
}

void *realloc(void *old, size_t bytes)
{
	note(bytes, __builtin_return_address(0));
	return __libc_realloc(old, bytes);
}

void *aligned_alloc(size_t align, size_t bytes)
{
	note(bytes, __builtin_return_address(0));
	return __libc_memalign(align, bytes);
}

int posix_memalign(void **place, size_t align, size_t bytes)
{
	note(bytes, __builtin_return_address(0));
	*place = __libc_memalign(align, bytes);
	return *place ? 0 : ENOMEM;
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	note(bytes, __builtin_return_address(0));
	return (void *)syscall(SYS_mmap, at, bytes, protection, flags, fd, offset);
}

static void check(int rc, const char *what)
{
	if (rc < 0)
		errx(1, "%s: %s", what, upnvme_last_error());
}

static void print_records(void)
{
	for (uint32_t i = 0; i < nrecords; i++) {
		Dl_info info;

		if (!dladdr(records[i].caller, &info))
			errx(1, "%p is in no object file", records[i].caller);
		/* One byte back lies inside the call. */
		printf("allocated %llu %s %#lx\n", (unsigned long long)records[i].bytes,
		       info.dli_fname,
		       (unsigned long)((char *)records[i].caller - (char *)info.dli_fbase - 1));
	}
}

int main(int argc, char **argv)
{
	struct upnvme_ctrlr_info info = { .size = UPNVME_CTRLR_INFO_SIZE };
	struct upnvme_qpair_opts opts = UPNVME_QPAIR_OPTS_INIT;
	uint32_t nqpairs = setting_number(argv, "qpairs", 8);
	const char *uri = setting(argv, "uri");
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;

	(void)argc;
	opts.entries = setting_number(argv, "entries", 1024);
	check(upnvme_open(&ctrlr, uri ? uri : "soft:null", NULL), "open");
	check(upnvme_ctrlr_info_get(ctrlr, &info), "controller");
	recording = true;
	for (uint32_t i = 0; i < nqpairs; i++)
		check(upnvme_qpair_create(&qp, ctrlr, &opts), "queue pair");
	recording = false;
	print_records();
	printf("qpairs %u\nrings %u\nmax_transfer_bytes %llu\n", nqpairs,
	       opts.entries * (64u + 16u), (unsigned long long)info.max_transfer_bytes);
	/* The queue pairs are freed with the process. */
	return 0;
}
