// SPDX-License-Identifier: BSD-3-Clause
// The flat, private module upnvme._upnvme: the public headers' functions whose arguments are plain, and the functions
// of glue.h. The classes of the package upnvme call both.
%module(package="upnvme") _upnvme

%{
#include <errno.h>

#include "glue.h"
#include "lock.h"

/* The result of SWIG's function that contains this code. */
#if SWIG_VERSION >= 0x040400
#define INIT_FAILED -1
#else
#define INIT_FAILED NULL
#endif
%}

%init %{
	if (turn_init() < 0 || types_init(m) < 0 || lock_module(m) < 0)
		return INIT_FAILED;
%}

%include "arguments.i"

// --- glue.h ----------------------------------------------------------------------------------------------------------
void hooks_set(PyObject *error, PyObject *status, PyObject *group, PyObject *partial, PyObject *timeout,
	       PyObject *buffer, PyObject *completion, PyObject *completions, PyObject *log);
PyObject *log_start(uint32_t level);
PyObject *log_drain(void);

PyObject *session_open(struct session *self, const char *uri, uint32_t flags, uint32_t queue_pairs,
		       uint32_t keep_alive, uint64_t admin_timeout, uint64_t max_transfer, uint32_t leases,
		       uint32_t lease_entries);
PyObject *session_close(struct session *self);
bool session_is_open(struct session *self);
bool session_holds(struct session *self);
PyObject *session_stats(struct session *self);
PyObject *session_events(struct session *self);
PyObject *session_admin(struct session *self, const char *bytes, size_t nbytes, PyObject *data, uint32_t direction,
			uint64_t timeout_ns);
PyObject *session_admin_start(struct session *self, const char *bytes, size_t nbytes, PyObject *data,
			      uint32_t direction, uint64_t timeout_ns, PyObject *future);
PyObject *session_admin_take(struct session *self);

PyObject *ask_identify(struct session *session, uint32_t cns, uint32_t nsid);
PyObject *ask_log_page(struct session *session, uint32_t nsid, uint32_t lid, uint64_t offset, size_t size);
PyObject *ask_feature_get(struct session *session, uint32_t nsid, uint32_t fid, uint32_t select, PyObject *data);
PyObject *ask_feature_set(struct session *session, uint32_t nsid, uint32_t fid, uint32_t value, uint32_t save,
			  PyObject *data);
PyObject *ask_smart(struct session *session);
PyObject *ask_firmware(struct session *session);
PyObject *ask_features(struct session *session);
PyObject *ask_ns_info(struct space *space);
PyObject *ask_errors(struct session *session, uint32_t n);
PyObject *ask_effects(struct session *session, uint32_t admin, uint32_t opcode);

PyObject *space_open(struct space *self, struct session *session, uint32_t nsid);
PyObject *space_read(struct space *self, uint64_t lba, uint32_t blocks, uint32_t flags, uint64_t timeout_ns);
PyObject *space_move(struct space *self, uint32_t opcode, PyObject *data, uint64_t lba, uint32_t flags,
		     uint64_t timeout_ns);
PyObject *space_tell(struct space *self, uint32_t opcode, uint64_t lba, uint32_t blocks, uint32_t flags,
		     uint64_t timeout_ns);

PyObject *memory_alloc(struct memory *self, struct session *session, size_t size, size_t align);
PyObject *memory_register(struct memory *self, struct session *session, PyObject *owner);
PyObject *memory_free(struct memory *self);
PyObject *memory_address(struct memory *self);
PyObject *memory_dlpack(PyObject *memory, bool versioned, bool copy);

PyObject *records_init(struct records *self, uint32_t kind, size_t n);
PyObject *records_column(struct records *self, const char *name);
PyObject *records_done(struct records *self, size_t index);

PyObject *channel_open(struct channel *self, struct session *session, uint32_t flags, uint32_t entries,
		       uint32_t outstanding);
PyObject *channel_close(struct channel *self);
PyObject *channel_force(struct channel *self);
PyObject *channel_stop(struct channel *self);
PyObject *channel_release(struct channel *self);
PyObject *channel_adopt(struct channel *self);
PyObject *channel_abandon(struct channel *self);
PyObject *channel_ring(struct channel *self);
PyObject *channel_may_wait(struct channel *self);
bool channel_is_open(struct channel *self);
uint32_t channel_inflight(struct channel *self);
PyObject *channel_io(struct channel *self, struct space *space, uint32_t opcode, PyObject *data, uint64_t lba,
		     PyObject *blocks, uint32_t flags, PyObject *callback, uint64_t tag);
PyObject *channel_op(struct channel *self, const char *bytes, size_t nbytes, PyObject *data, PyObject *metadata,
		     PyObject *callback);
PyObject *channel_iov(struct channel *self, const char *bytes, size_t nbytes, PyObject *pieces, PyObject *metadata,
		      PyObject *callback);
PyObject *channel_raw(struct channel *self, const char *bytes, size_t nbytes, PyObject *data, PyObject *metadata,
		      uint32_t direction, PyObject *callback, uint64_t tag);
PyObject *channel_submit(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata);
PyObject *channel_poll(struct channel *self, uint32_t max, uint64_t timeout_ns);
PyObject *channel_future(struct channel *self, struct space *space, uint32_t opcode, PyObject *data, uint64_t lba,
			 PyObject *blocks, uint32_t flags, PyObject *future);
PyObject *channel_turn(struct channel *self);
PyObject *channel_group(struct channel *self, PyObject *ops, PyObject *data, PyObject *metadata, PyObject *group);
PyObject *group_make(uint32_t n, PyObject *future);
PyObject *group_end(PyObject *group, uint32_t n, PyObject *refusal);
PyObject *channel_wait(struct channel *self, uint64_t timeout_ns);
PyObject *channel_reap(struct channel *self, uint32_t min, uint32_t max, uint64_t timeout_ns);

// --- the public headers ---------------------------------------------------------------------------------------------
%include "headers.i"
