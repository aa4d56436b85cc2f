/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of the module _upnvme that SWIG does not make: the types from which the classes of the
 * package upnvme derive, and their functions.
 *
 * The interpreter's lock guards all objects; in an interpreter without that lock, the one of lock.h
 * does. A call that gives up the lock is between session_enter and session_leave, so that closing
 * waits for the call, which looks every SLICE_NS whether a signal came or the controller closes.
 * An object has a reference to each object that it needs (a queue pair to its controller, a command
 * to its buffer). In the child of a fork calls raise, and deallocations leave the library alone.
 */
#ifndef UPNVME_BINDINGS_SWIG_GLUE_H
#define UPNVME_BINDINGS_SWIG_GLUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <upnvme.h>

/* The longest time, in nanoseconds, that a wait goes without a look at signals and at the controller. */
#define SLICE_NS 10000000ull

enum life { LIFE_NONE, LIFE_OPEN, LIFE_CLOSING, LIFE_CLOSED };

/* Cached memory for reads; pieces of one class have 4 KiB << class. */
#define CACHE_CLASSES 9u
#define CACHE_DEPTH   16u
struct cache {
	void *free[CACHE_CLASSES][CACHE_DEPTH];
	unsigned n[CACHE_CLASSES];
};

/* A queue pair without an owner, lent for one command at a time. */
struct lease {
	upnvme_qpair *qp;
	struct lease *next;
	PyObject *keep; /* the holder of the memory of an interrupted call; else null */
};

/* A caller that waits for a lease; the lease comes into its record. */
struct waiter {
	struct lease *lease;
	struct waiter *next;
};

struct pool {
	struct lease *idle;
	struct lease *draining; /* leases whose calls were interrupted */
	struct waiter *first, *last;
	unsigned n, max;
	uint32_t entries;
	/* The number of next calls that give up the lock from the start, since an earlier call found
	 * its command slow. */
	unsigned patience;
};

/* The noted events: a ring with places `first` to `n`, modulo EVENTS_MAX. */
#define EVENTS_MAX 64u
struct events {
	pthread_mutex_t lock;
	struct upnvme_event ring[EVENTS_MAX];
	unsigned first, n;
};

/* A controller. */
struct session {
	PyObject_HEAD upnvme_ctrlr *ctrlr;
	unsigned born; /* glue_generation at the open: another one means that a fork came between */
	enum life life;
	unsigned calls;      /* calls inside, which may have given up the lock */
	atomic_uint errands; /* errands on threads of their own; errand.h */
	bool close_wanted;   /* asked for within a call: closed when the last call ends */
	struct channel *channels;
	struct memory *memories;
	struct orphan *orphans;
	struct admin *admins;
	struct pool pool;
	struct cache cache;
	struct events events;
	uint64_t bounced_bytes;
	struct session *next, **link;
};

/* A namespace. */
struct space {
	PyObject_HEAD struct session *session;
	upnvme_ns *ns;
	uint32_t nsid;
	uint32_t extended; /* bytes of metadata behind each block's data in the buffer */
};

/* A Buffer: memory from upnvme_dma_alloc, or the caller's own memory, registered. */
struct memory {
	PyObject_HEAD struct session *session;
	char *data; /* null: freed */
	size_t size;
	Py_ssize_t exports;
	bool registered, readonly, cached; /* cached: its memory goes back to the cache */
	bool went;                         /* freed with its controller */
	Py_buffer view;                    /* of registered memory: the owner's buffer */
	struct memory *next, **link;
};

/* A Batch or Completions: an array of struct upnvme_op, with offsets in place of its pointers, or of
 * struct upnvme_completion. */
struct records {
	PyObject_HEAD char *data;
	Py_ssize_t n, itemsize;
	const char *format;
	const struct field *fields;
};

/* One completion. */
struct done {
	PyObject_HEAD struct upnvme_completion c;
};

/* The receiver of a completion: a callback, reap, a future (whose result is None or the buffer), or
 * a group. */
enum slot_kind { SLOT_CALL, SLOT_TAGGED, SLOT_FUTURE, SLOT_FUTURE_BUFFER, SLOT_GROUP };

/* The record of an accepted command that needs more than its tag. Fields that each command uses
 * stand apart from the others, in fewer cache lines. */
struct slot {
	PyObject *callback; /* or future, or group; None: tagged; null: the slot is free */
	PyObject *keep;     /* the holder of memory that must stay until completion; may be null */
	union {
		uint64_t tag;
		struct slot *next; /* of a free slot */
	};
	struct channel *channel;
};
struct slot_more {
	struct upnvme_completion done;
	/* The command of a future, for the exception. */
	uint64_t lba;
	uint32_t blocks;
	uint8_t opcode, kind; /* kind: enum slot_kind */
};

/* A queue pair. */
struct channel {
	PyObject_HEAD struct session *session;
	upnvme_qpair *qp; /* null: closed */
	bool closing, delivering, close_wanted;
	unsigned long deliverer;
	uint32_t nslots, nrecorded, narrived;
	struct slot *slots, *free;
	struct slot_more *more;
	struct slot *
		*recorded; /* slots of commands that are done, to be delivered; the owner's thread
		 * writes them without the lock */
	struct slot **arrived; /* slots of tagged commands that are done, for reap */
	struct channel *next, **link;
	PyObject *weak; /* a weak reference to the queue pair; lock.h */
};

/* raise.c. Functions that return int set an exception and return -1. */
int glue_raise(int rc); /* with the error that the library has noted for this thread */
int glue_raise_error(int rc, const struct upnvme_error *error);
int glue_raise_own(int err, uint32_t code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int glue_raise_forked(void);
/* A text of the library as a str; bytes that are no UTF-8 are shown as escapes. */
PyObject *glue_text(const char *text);
/* Raises the exception for a status other than success. */
int glue_raise_status(const struct upnvme_completion *done, const struct upnvme_op *op);
/* Raises an exception that says which command of a batch was refused; the one that is set is its
 * cause. */
int glue_raise_partial(uint32_t index);
/* Raises the exception for a command that the device has not answered within the time-out. */
int glue_raise_timeout(const struct upnvme_op *op, uint64_t timeout_ns);
/* Raises the exceptions of a list, which it frees: a single one as it is, several as a group. */
int glue_raise_all(PyObject *list);
/* Clears the exception that is set, and returns it: a new reference. */
PyObject *glue_take(void);
/* Clears the exception that is set, and appends it to the list, which is made if it is null. */
int glue_collect(PyObject **list);
/* The package's functions that make exceptions, its classes, and the log's receiver. */
struct hooks {
	PyObject *error, *status, *group, *partial, *timeout, *buffer, *completion, *completions,
		*log;
};
extern struct hooks hooks;
void hooks_set(PyObject *error, PyObject *status, PyObject *group, PyObject *partial,
	       PyObject *timeout, PyObject *buffer, PyObject *completion, PyObject *completions,
	       PyObject *log);

/* arguments.c: conversions; -1 or null with an exception. */
int arg_number(PyObject *object, const char *name, uint64_t max, uint64_t *value);
int arg_timeout(PyObject *object, uint64_t *timeout_ns);
/* Returns the text's bytes, which are valid as long as `held` is. */
const char *arg_text(PyObject *object, const char *name, PyObject **held);
/* Checks that the namespace was opened, and enters its controller's session. */
int arg_space(struct space *space);

/* turn.c: waiting for another thread's change, and for time. */
extern unsigned glue_generation; /* the number of forks between this process and the first one */
int turn_init(void);
void turn_wait(void); /* for the next turn_wake, or one slice */
void turn_wake(void);
/* Waits for a turn_wake while the word has the value, for one slice at most. */
void turn_wait_while(const atomic_uint *word, unsigned value);
uint64_t clock_ns(void);
/* The time limit of a call; `end_ns` is set by the first wait_slice. */
struct wait {
	uint64_t timeout_ns, end_ns;
};
/* Returns the time at which the next slice ends; 0: the time limit has passed. */
uint64_t wait_slice(struct wait *wait);
/* Returns -1 with an exception if a waiting call must end: a signal's handler raised, or the
 * controller closes. The session may be null. */
int wait_look(struct session *session);

/* types.c */
extern PyTypeObject *session_type, *space_type, *channel_type, *memory_type, *records_type,
	*done_type, *column_type, *group_type;
int types_init(PyObject *module);
void *type_cast(PyObject *object, PyTypeObject *type, const char *name);
PyObject *type_new(PyTypeObject *type);
void type_free(PyObject *self);

/* session.c, close.c */
extern PyType_Spec session_spec;
extern struct session *sessions; /* all sessions that were opened and not freed */
PyObject *session_open(struct session *self, const char *uri, uint32_t flags, uint32_t nqpairs,
		       uint32_t keep_alive_ms, uint64_t admin_timeout_ns,
		       uint64_t max_transfer_bytes, uint32_t leases, uint32_t lease_entries);
PyObject *session_close(struct session *self);
/* Closes the controller; `interruptible`: a signal may end the wait before the close begins. */
PyObject *session_end(struct session *self, bool interruptible);
bool session_is_open(struct session *self);
/* Whether the device is still held: the controller is open, or buffers with views delay its close, in
 * the process that opened it. */
bool session_holds(struct session *self);
int session_check(struct session *self);
/* Raises the exception of a closed controller. */
int session_refuse(void);
int session_enter(struct session *self);
/* Counts a call as inside without a check: also of a controller that is closing. */
void session_join(struct session *self);
void session_leave(struct session *self);
void session_last_view(struct session *self);
/* Whether a call of this thread is inside, or closes the controller. */
bool is_inside(const struct session *self);
void inside_push(struct session *self);
void inside_pop(void);
PyObject *session_stats(struct session *self);

/* events.c */
int events_init(struct session *self);
PyObject *session_events(struct session *self);

/* admin.c */
PyObject *session_admin(struct session *self, const char *cdw, size_t cdw_bytes, PyObject *data,
			uint32_t direction, uint64_t timeout_ns);
PyObject *session_admin_start(struct session *self, const char *cdw, size_t cdw_bytes,
			      PyObject *data, uint32_t direction, uint64_t timeout_ns,
			      PyObject *future);
PyObject *session_admin_take(struct session *self);
void admin_sweep(struct session *session, bool all);

/* ask.c */
PyObject *ask_identify(struct session *session, uint32_t cns, uint32_t nsid);
PyObject *ask_log_page(struct session *session, uint32_t nsid, uint32_t lid, uint64_t offset,
		       size_t size);
PyObject *ask_feature_get(struct session *session, uint32_t nsid, uint32_t fid, uint32_t select,
			  PyObject *data);
PyObject *ask_feature_set(struct session *session, uint32_t nsid, uint32_t fid, uint32_t value,
			  uint32_t save, PyObject *data);
PyObject *ask_smart(struct session *session);
PyObject *ask_firmware(struct session *session);
PyObject *ask_features(struct session *session);
PyObject *ask_ns_info(struct space *space);
PyObject *ask_errors(struct session *session, uint32_t n);
PyObject *ask_effects(struct session *session, uint32_t admin, uint32_t opcode);
/* Waits until the controller answers, or has failed; -1 with an exception. */
int ask_alive(struct session *session);

/* space.c */
extern PyType_Spec space_spec;
PyObject *space_open(struct space *self, struct session *session, uint32_t nsid);
int space_check(struct space *self);
/* Whether the library refused the memory because the device does not reach it, or for its alignment. */
bool space_unreachable(int rc);
size_t space_bytes(const struct space *self, uint32_t blocks);
/* The bytes of metadata that follow each block's data in the buffer. */
uint32_t space_extended(upnvme_ns *ns);
PyObject *space_read(struct space *self, uint64_t lba, uint32_t blocks, uint32_t flags,
		     uint64_t timeout_ns);
PyObject *space_move(struct space *self, uint32_t opcode, PyObject *data, uint64_t lba,
		     uint32_t flags, uint64_t timeout_ns);
PyObject *space_tell(struct space *self, uint32_t opcode, uint64_t lba, uint32_t blocks,
		     uint32_t flags, uint64_t timeout_ns);

/* lease.c */
int lease_run(struct session *session, const struct upnvme_op *op, size_t bytes, PyObject *keep,
	      uint64_t timeout_ns, struct upnvme_completion *done);
void lease_close_all(struct session *session, PyObject **errors);

/* memory.c, cache.c */
extern PyType_Spec memory_spec;
PyObject *memory_alloc(struct memory *self, struct session *session, size_t bytes, size_t align);
PyObject *memory_register(struct memory *self, struct session *session, PyObject *owner);
PyObject *memory_free(struct memory *self);
/* Checks that the memory was not freed. */
int memory_check(const struct memory *self);
PyObject *memory_address(struct memory *self);
struct memory *memory_take(struct session *session, size_t bytes);
void memory_drop_all(struct session *session);
void *cache_get(struct session *session, size_t bytes);
bool cache_put(struct session *session, void *data, size_t bytes);
void cache_empty(struct session *session);

/* dlpack.c */
PyObject *memory_dlpack(PyObject *memory, bool versioned, bool copy);

/* records.c, column.c, done.c */
extern PyType_Spec records_spec, done_spec, column_spec;
struct field {
	const char *name;
	const char *format; /* in the notation of Python's module struct */
	Py_ssize_t at;
};
PyObject *records_init(struct records *self, uint32_t kind, size_t n);
PyObject *records_column(struct records *self, const char *name);
PyObject *records_done(struct records *self, size_t index);
struct records *records_completions(uint32_t n);
PyObject *column_new(PyObject *owner, char *data, Py_ssize_t n, Py_ssize_t stride,
		     const char *format);
PyObject *done_new(const struct upnvme_completion *c);

/* create.c: creates a queue pair without an owner. Returns 0; or a negative number with an
 * exception: the library's errno, or -1. */
int qpair_make(struct session *session, const struct upnvme_qpair_opts *opts, upnvme_qpair **qp);

/* channel.c */
extern PyType_Spec channel_spec;
PyObject *channel_open(struct channel *self, struct session *session, uint32_t flags,
		       uint32_t entries, uint32_t outstanding);
PyObject *channel_close(struct channel *self);
PyObject *channel_force(struct channel *self);
PyObject *channel_stop(struct channel *self);
PyObject *channel_release(struct channel *self);
PyObject *channel_adopt(struct channel *self);
PyObject *channel_abandon(struct channel *self);
PyObject *channel_ring(struct channel *self);
bool channel_is_open(struct channel *self);
uint32_t channel_inflight(struct channel *self);
int channel_check(struct channel *self);
/* Enters the session; refuses a call that comes within a callback of the queue pair. */
int channel_enter(struct channel *self, const char *call);
/* Does as wait_look, and checks that the queue pair is open still. */
int channel_look(struct channel *self);
void channel_leave(struct channel *self);
PyObject *channel_may_wait(struct channel *self);
int channel_shut(struct channel *self, PyObject **errors);

/* slot.c */
int slots_init(struct channel *channel);
void slots_fini(struct channel *channel);
void slot_done(void *arg, const struct upnvme_completion *done);

/* submit.c, batch.c */
PyObject *channel_io(struct channel *self, struct space *space, uint32_t opcode, PyObject *data,
		     uint64_t lba, PyObject *blocks, uint32_t flags, PyObject *callback,
		     uint64_t tag);
PyObject *channel_op(struct channel *self, const char *op, size_t op_bytes, PyObject *data,
		     PyObject *metadata, PyObject *callback);
PyObject *channel_iov(struct channel *self, const char *op, size_t op_bytes, PyObject *pieces,
		      PyObject *metadata, PyObject *callback);
PyObject *channel_raw(struct channel *self, const char *cdw, size_t cdw_bytes, PyObject *data,
		      PyObject *metadata, uint32_t direction, PyObject *callback, uint64_t tag);
PyObject *channel_submit(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata);
/* Fills in the op from the arguments; `keep` gets a reference to the holder of the data. */
int io_prepare(struct channel *self, struct space *space, struct upnvme_op *op, PyObject *data,
	       PyObject *blocks, PyObject **keep);

/* future.c */
PyObject *channel_future(struct channel *self, struct space *space, uint32_t opcode, PyObject *data,
			 uint64_t lba, PyObject *blocks, uint32_t flags, PyObject *future);
PyObject *channel_turn(struct channel *self);
int slot_settle(const struct slot_more *more, PyObject *future, PyObject *keep);
int future_set(PyObject *future, PyObject *value);
int future_fail(PyObject *future);
/* group.c */
struct group;
extern PyType_Spec group_spec;
PyObject *group_make(uint32_t n, PyObject *future);
PyObject *group_end(PyObject *group, uint32_t n, PyObject *refusal);
int group_take(struct group *self, const struct upnvme_completion *done);
/* The number of commands that may still be sent for the group. */
uint32_t group_room(PyObject *group);
/* Notes that n more commands were sent. */
void group_sent(PyObject *group, uint32_t n);
PyObject *channel_group(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata,
			PyObject *group);

/* take.c */
PyObject *channel_poll(struct channel *self, uint32_t max, uint64_t timeout_ns);
PyObject *channel_reap(struct channel *self, uint32_t min, uint32_t max, uint64_t timeout_ns);
PyObject *channel_wait(struct channel *self, uint64_t timeout_ns);
int deliver(struct channel *self, PyObject **errors);

/* plain.c: gets an object's buffer; refuses memory that is not contiguous bytes or numbers. */
int buffer_get(PyObject *object, bool writable, Py_buffer *view);

/* data.c: the memory of a caller's object. */
struct data {
	char *at;
	size_t bytes;
	PyObject *keep; /* the holder of the memory: a new reference */
	bool readonly;
};
int data_of(PyObject *object, bool writable, struct data *data);
/* Counts the blocks of the data; -1 with an exception if these are no whole number, or more than one
 * command can have. */
int data_blocks(const struct data *data, size_t block, uint32_t *blocks);
/* Checks that the memory was not freed. */
int data_check(const struct data *data);
/* Readies memory for a tagged command of a batch, which has no reference to it. */
void data_settle(const struct data *data);

/* log.c */
PyObject *log_start(uint32_t level);
void log_in_child(void);
PyObject *log_drain(void);

#endif
