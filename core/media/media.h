/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A medium keeps the blocks of a namespace of the software controller. All media have this interface.
 *
 * A medium is shared by any number of threads; a channel belongs to one thread at a time: another thread may take the
 * channel over, but two never use it at once. Requests carry bytes, not blocks, so that a medium knows nothing of LBA
 * formats; a medium checks the range of each request all the same. A block is read and written whole, whatever others
 * do with the block meanwhile.
 */
#ifndef UPNVME_MEDIA_MEDIA_H
#define UPNVME_MEDIA_MEDIA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct media_maker;
struct uri;

#define MEDIA_BLOCK_BYTES_MIN 512u
#define MEDIA_BLOCK_BYTES_MAX 65536u

struct media_config {
	const struct media_maker *maker;         /* the kind of medium: see maker.h */
	const struct uri *uri;                   /* NULL: the configuration is from no URI */
	const struct media_maker *const *makers; /* the table that the URI chose from, or NULL */
	const char *path;                        /* file only */
	uint64_t size_bytes;  /* file: 0 takes its own size; else it must agree, or creates one */
	uint32_t block_bytes; /* a power of two, 512 to 64 KiB; the size must be a multiple of it */
	bool readonly;
	bool zero_reads;    /* null only: reads fill the buffer with zeroes */
	const char *engine; /* file only: NULL takes the best, else "io_uring" or "worker" */
};

struct media_ops;

/* The medium has one identity, however often it is opened; see identity.h. */
struct media_identity {
	uint64_t half[2];
};

struct media {
	struct media_identity identity;
	uint64_t size_bytes;
	uint32_t block_bytes;
	bool readonly;
	bool volatile_cache; /* a completed write needs a flush to be durable */
	bool reads_zeroes;   /* what was deallocated reads as zeroes */
	bool is_shared;      /* others may have the medium open at the same time */
	/*
	 * A sync, or a durable write, has failed: written data may be lost. From then on every request but a read
	 * ends with an error, until the medium is opened anew. Plain writes fail too: no such write could ever be
	 * durable, and the host is to learn of the loss before it has written much.
	 */
	_Atomic bool failed;
	const char *engine; /* "inline" (completes within media_submit), "io_uring", "worker" */

	const struct media_ops *ops; /* private */
};

struct media_channel;

enum media_op {
	MEDIA_READ,
	MEDIA_WRITE,
	MEDIA_FLUSH, /* all writes that were completed before, by any channel, become durable */
	MEDIA_DEALLOCATE, /* gives the space back; reads give zeroes there afterwards (reads_zeroes) */
	MEDIA_WRITE_ZEROES,
};

/* A request and its array of segments belong to the medium from media_submit until `done` is called. */
struct media_request {
	enum media_op op;
	bool fua; /* a write, a deallocation or zeroes are durable before `done` is called */
	uint64_t offset_bytes;
	uint64_t length_bytes;   /* for reads and writes the sum of the iovec; ignored by flush */
	const struct iovec *iov; /* reads and writes only */
	int niov;
	/*
	 * The submitter sets this time when nobody waits for the request any more: later on, other requests do not
	 * wait for its bytes either, since storage may never answer. 0: there is no such time.
	 */
	_Atomic uint64_t given_up_ns;

	/*
	 * `done` is called exactly once, on the channel's thread, from within media_submit, media_poll, media_wait or
	 * media_channel_close. The result is 0 or a negative errno: -ENOSPC when there is no room (a full disk, a
	 * quota, a file size limit), -EROFS for a change to a read-only medium, -EINVAL for a range or an iovec that
	 * does not fit; any other is an I/O error. `done` may free the request and may submit others, but must not
	 * poll, wait or close.
	 */
	void (*done)(struct media_request *request, int result);

	/* Private to the medium; needs no initialisation. */
	struct {
		struct media_request *next;
		struct media_channel *channel;
		uint64_t moved_bytes;
		uint64_t again_since_ns; /* 0: the last step was done */
		size_t segment_moved_bytes;
		int segment;
		int result;
		uint8_t stage;
		uint8_t attempt;
		struct {
			struct media_request *next;
			struct media_request **at; /* what points to the request */
			uint64_t claim;
			uint64_t asked_ns;
			uint8_t state;
		} range;
	} link;
};

/* Opens a medium. 0, or a negative errno with its sentence. */
int media_open(struct media **media, const struct media_config *config);

/* The channels must all have been closed. NULL is allowed. */
void media_close(struct media *media);

int media_channel_open(struct media_channel **channel, struct media *media);

/* Waits until all requests are done, and calls `done` for each. NULL is allowed. */
void media_channel_close(struct media_channel *channel);

/*
 * Submitting never waits for the disk. A request to memory, or one that is refused, is done at once; others are
 * collected until the next media_poll or media_wait.
 */
void media_submit(struct media_channel *channel, struct media_request *request);

/*
 * Starts all submitted requests as one batch, completes the finished ones, and returns the number completed (requests
 * that were done within media_submit are not counted). A poll with nothing new to start makes no system call.
 */
int media_poll(struct media_channel *channel);

/*
 * Like media_poll, but sleeps until a request is finished if none is yet, at most timeout_ns (UINT64_MAX: for ever).
 * Returns at once when nothing is outstanding; a signal may end the sleep early.
 */
int media_wait(struct media_channel *channel, uint64_t timeout_ns);

#endif /* UPNVME_MEDIA_MEDIA_H */
