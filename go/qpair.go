// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"errors"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// QPair is an I/O queue pair (upnvme_qpair). A QPair belongs to the OS thread that created or adopted it; calls from
// another thread are refused with EPERM, and change nothing. [Controller.WithQPair] keeps a goroutine on its thread.
//
// Commands come in two forms. A command of Read, Write and their like has a function, which runs within Poll or Reap. A
// command of Submit has a tag, and Reap returns its completion.
type QPair struct {
	ctrlr     *Controller
	c         *C.struct_upnvme_cgo_qpair // nil: closed
	qp        *C.upnvme_qpair
	slots     []slot
	free      uint32 // the first free slot
	inFlight  int    // commands that have a slot
	delivered uint32 // number of completions of the last poll whose functions were called
	polling   bool   // functions are running
	closing   bool   // a function closed the queue pair
	loose     bool   // made by NewQPair
	id        uint32 // queue identifier, also after the close
}

// slot is a command with a function.
type slot struct {
	fn   func(Completion)
	next uint32 // of a free slot: the next one
}

type qpairConfig struct {
	entries, outstanding int
	flags                uint32
}

// QPairOption is an option of a queue pair (struct upnvme_qpair_opts).
type QPairOption func(*qpairConfig)

// Depth sets the number of commands that can be in flight, 1 to 4,096 (upnvme_qpair_opts.outstanding); 255 if not said.
func Depth(n int) QPairOption { return func(c *qpairConfig) { c.outstanding = n } }

// Entries sets the entries of each ring, 2 to 65,536 (upnvme_qpair_opts.entries); one more than Depth if not said.
func Entries(n int) QPairOption { return func(c *qpairConfig) { c.entries = n } }

// RingEach rings the doorbell at each command, not once a batch (UPNVME_QPAIR_RING_EACH).
func RingEach() QPairOption {
	return func(c *qpairConfig) { c.flags |= C.UPNVME_QPAIR_RING_EACH }
}

// Histogram measures latencies, for [QPair.Histogram] (UPNVME_QPAIR_HISTOGRAM); it reads the clock twice per request.
func Histogram() QPairOption {
	return func(c *qpairConfig) { c.flags |= C.UPNVME_QPAIR_HISTOGRAM }
}

// Interrupt makes completions signal an eventfd, for [QPair.Wait] and [QPair.FD] (UPNVME_QPAIR_INTERRUPT). Where there
// are no interrupts (UIO, soft: without mode=thread) the queue pair is refused with ENOTSUP.
func Interrupt() QPairOption {
	return func(c *qpairConfig) { c.flags |= C.UPNVME_QPAIR_INTERRUPT }
}

// ControllerMemory puts the submission queue into the controller's memory buffer (UPNVME_QPAIR_CMB). Where the
// controller has none the queue pair is refused with ENOTSUP.
func ControllerMemory() QPairOption {
	return func(c *qpairConfig) { c.flags |= C.UPNVME_QPAIR_CMB }
}

// WithQPair creates a queue pair, calls fn with it, and closes it (upnvme_qpair_create, upnvme_qpair_close). The
// goroutine is locked to its OS thread meanwhile. Commands that are in flight when fn returns are completed, by the
// library if need be, and their functions run. The error is fn's, or that of creating or closing the queue pair.
func (c *Controller) WithQPair(fn func(*QPair) error, options ...QPairOption) (err error) {
	if fn == nil {
		return nullError("function")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := c.enter(); err != nil {
		return err
	}
	defer c.gate.leave()
	qp, err := c.newQPair(options)
	if err != nil {
		return err
	}
	c.noteThread(1)
	defer c.noteThread(-1)
	defer func() {
		if closeErr := qp.Close(); err == nil {
			err = closeErr
		}
	}()
	return fn(qp)
}

func (c *Controller) noteThread(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tid := syscall.Gettid()
	if c.threads[tid] += n; c.threads[tid] == 0 {
		delete(c.threads, tid)
	}
}

// NewQPair creates a queue pair that belongs to the calling OS thread (upnvme_qpair_create), for programs that manage
// threads themselves: call [runtime.LockOSThread] first. While the queue pair is open, the controller cannot be closed.
func (c *Controller) NewQPair(options ...QPairOption) (*QPair, error) {
	if err := c.enter(); err != nil {
		return nil, err
	}
	defer c.gate.leave()
	q, err := c.newQPair(options)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Load() {
		C.upnvme_qpair_close(q.qp)
		C.upnvme_cgo_qpair_free(q.c)
		return nil, ErrClosed
	}
	q.loose = true
	c.loose[q] = struct{}{}
	return q, nil
}

func (c *Controller) newQPair(options []QPairOption) (*QPair, error) {
	var config qpairConfig
	for _, option := range options {
		if option == nil {
			return nil, nullError("option")
		}
		option(&config)
	}
	if err := check(count("Depth", config.outstanding), count("Entries", config.entries)); err != nil {
		return nil, err
	}
	if config.outstanding > 0 && config.entries == 0 {
		config.entries = config.outstanding + 1
	}
	opts := C.struct_upnvme_qpair_opts{size: C.sizeof_struct_upnvme_qpair_opts, flags: C.uint32_t(config.flags),
		entries: C.uint32_t(config.entries), outstanding: C.uint32_t(config.outstanding)}
	q := &QPair{ctrlr: c}
	for {
		_, err := call(func() C.int { return C.upnvme_cgo_qpair_new(&q.c, c.ptr, &opts) })
		var e *Error
		if errors.As(err, &e) && e.Code == CodeQPairLimit && c.leases.reclaim() {
			continue
		}
		if err != nil {
			return nil, err
		}
		break
	}
	q.qp = q.c.qp
	q.id = uint32(C.upnvme_qpair_id(q.qp))
	q.slots = make([]slot, q.c.nslots)
	for i := range q.slots {
		q.slots[i].next = uint32(i + 1)
	}
	return q, nil
}

// usable is the error for a queue pair that is closed or nil.
func (q *QPair) usable() error {
	if q == nil {
		return nullError("queue pair")
	}
	if q.c == nil {
		return ErrClosed
	}
	return nil
}

// outsideCallback refuses calls that must not come within a function of a command.
func (q *QPair) outsideCallback() error {
	if err := q.usable(); err != nil {
		return err
	}
	if q.polling {
		return errInCallback
	}
	return nil
}

var errInCallback = &Error{Errno: syscall.EDEADLK, Code: CodeInCallback,
	Text: "the queue pair is being polled by the caller of this function: return from the function, and poll there"}

// result is the error of a call that ran on the owner's thread.
func result(rc C.int) error {
	if rc < 0 {
		return lastError(rc)
	}
	return nil
}

func (q *QPair) simple(f func(*C.upnvme_qpair) C.int) error {
	if err := q.usable(); err != nil {
		return err
	}
	_, err := call(func() C.int { return f(q.qp) })
	return err
}

// Ring rings the doorbell for submitted commands (upnvme_qpair_ring). Poll and Reap ring it, too.
func (q *QPair) Ring() error {
	return q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_ring(qp) })
}

// Wait rings the doorbell, and sleeps until there is a completion for Poll or Reap (true), or the time is over (false;
// upnvme_qpair_wait). The queue pair needs [Interrupt]. The OS thread sleeps in C.
func (q *QPair) Wait(timeout time.Duration) (bool, error) {
	if timeout < 0 {
		timeout = 0
	}
	var n C.int
	err := q.simple(func(qp *C.upnvme_qpair) C.int {
		n = C.upnvme_qpair_wait(qp, C.uint64_t(timeout))
		return n
	})
	return n > 0, err
}

// FD is the eventfd of a queue pair with [Interrupt] (upnvme_qpair_fd), for event loops: read its 8 bytes, Poll until
// nothing comes, and before sleeping Wait with 0. The library closes the eventfd.
func (q *QPair) FD() (int, error) {
	var fd C.int
	err := q.simple(func(qp *C.upnvme_qpair) C.int {
		fd = C.upnvme_qpair_fd(qp)
		return fd
	})
	return int(fd), err
}

// Release gives the queue pair up, commands in flight included (upnvme_qpair_release).
func (q *QPair) Release() error {
	if err := q.outsideCallback(); err != nil {
		return err
	}
	return q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_release(qp) })
}

// Adopt makes this OS thread the owner of a released queue pair (upnvme_qpair_adopt).
func (q *QPair) Adopt() error {
	return q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_adopt(qp) })
}

// Abandon releases a queue pair whose owner thread has ended (upnvme_qpair_abandon), which the caller must be sure of.
func (q *QPair) Abandon() error {
	return q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_abandon(qp) })
}

// stopped tells whether a queue pair is stopped after a call with this error: after EIO and ETIMEDOUT it is, though
// storage or the controller did not let go of its commands in time.
func stopped(err error) bool {
	return err == nil || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ETIMEDOUT)
}

// Stop refuses new commands and completes all outstanding ones (upnvme_qpair_stop): functions run here, tagged
// completions can still be reaped, then only Close is left to call. After [syscall.EIO] and [syscall.ETIMEDOUT] the
// queue pair is stopped all the same; the error says what that has cost.
func (q *QPair) Stop() error {
	if err := q.outsideCallback(); err != nil {
		return err
	}
	err := q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_stop(qp) })
	if stopped(err) {
		q.deliver()
	}
	return err
}

// Close stops the queue pair if that was not done, and frees it (upnvme_qpair_close). Within a function of a command
// the close is carried out when the poll returns. Closing again does nothing. After [syscall.EIO] and
// [syscall.ETIMEDOUT] the queue pair is closed all the same, but storage, or the controller, did not let go of its
// memory in time: the error says what that has cost.
func (q *QPair) Close() (err error) {
	if q == nil || q.c == nil {
		return nil
	}
	if q.polling {
		q.closing = true
		return nil
	}
	err = q.simple(func(qp *C.upnvme_qpair) C.int {
		rc := C.upnvme_qpair_stop(qp)
		if rc == -C.EPERM && C.upnvme_qpair_adopt(qp) == 0 {
			rc = C.upnvme_qpair_stop(qp)
		} else if rc == -C.EPERM {
			rc = C.upnvme_qpair_stop(qp) // for its sentence
		}
		return rc
	})
	if !stopped(err) {
		return err
	}
	defer func() {
		if again := q.unmake(); err == nil {
			err = again
		}
	}()
	q.deliver()
	return err
}

// unmake frees the queue pair, even if a function has panicked.
func (q *QPair) unmake() error {
	_, err := call(func() C.int { return C.upnvme_qpair_close(q.qp) })
	C.upnvme_cgo_qpair_free(q.c)
	q.c, q.qp = nil, nil
	q.ctrlr.leases.grow()
	if q.loose {
		q.ctrlr.mu.Lock()
		delete(q.ctrlr.loose, q)
		q.ctrlr.mu.Unlock()
	}
	return err
}

func (q *QPair) number(f func(*C.upnvme_qpair) C.uint32_t) uint32 {
	if q.usable() != nil {
		return 0
	}
	return uint32(f(q.qp))
}

// ID is the queue identifier (upnvme_qpair_id); 0 after the close.
func (q *QPair) ID() uint32 {
	return q.number(func(qp *C.upnvme_qpair) C.uint32_t { return C.upnvme_qpair_id(qp) })
}

// Entries is the number of entries of each ring (upnvme_qpair_entries).
func (q *QPair) Entries() uint32 {
	return q.number(func(qp *C.upnvme_qpair) C.uint32_t { return C.upnvme_qpair_entries(qp) })
}

// Depth is the number of commands that can be in flight (upnvme_qpair_outstanding_max).
func (q *QPair) Depth() uint32 {
	return q.number(func(qp *C.upnvme_qpair) C.uint32_t { return C.upnvme_qpair_outstanding_max(qp) })
}

// InFlight counts the commands that were accepted and are not yet completed (upnvme_qpair_inflight).
func (q *QPair) InFlight() uint32 {
	return q.number(func(qp *C.upnvme_qpair) C.uint32_t { return C.upnvme_qpair_inflight(qp) })
}

// QPairStats counts since the queue pair was created (upnvme_qpair_stats_get).
type QPairStats struct {
	Submitted           uint64 // commands put into the ring; each part of a split request counts
	Completed           uint64 // completion entries taken from the ring
	Errors              uint64 // of these, with an error status
	Aborted             uint64 // commands completed by the library instead
	Split               uint64 // requests that went as several commands
	Full                uint64 // ErrQueueFull answers
	SubmissionDoorbells uint64
	CompletionDoorbells uint64
	Spurious            uint64 // completion entries of no command in flight
	General             uint64 // commands that took the general path, not the straight one
	Odd                 uint64 // entries of commands in flight that named another queue or no place in the ring
}

// String tells it field by field.
func (s QPairStats) String() string { return fieldsOf(s) }

// Stats reads the counters (upnvme_qpair_stats_get).
func (q *QPair) Stats() (QPairStats, error) {
	s := C.struct_upnvme_qpair_stats{size: C.sizeof_struct_upnvme_qpair_stats}
	err := q.simple(func(qp *C.upnvme_qpair) C.int { return C.upnvme_qpair_stats_get(qp, &s) })
	return QPairStats{uint64(s.submitted), uint64(s.completed), uint64(s.errors), uint64(s.aborted),
		uint64(s.split),
		uint64(s.full), uint64(s.submission_doorbells), uint64(s.completion_doorbells), uint64(s.spurious),
		uint64(s.general), uint64(s.odd)}, err
}

// Histogram reads the latency histogram (upnvme_qpair_histogram). Bucket i counts the latencies that are not above
// HistogramLimit(i), and above the limit of the bucket before.
func (q *QPair) Histogram() ([]uint64, error) {
	if err := q.usable(); err != nil {
		return nil, err
	}
	n, err := call(func() C.int { return C.upnvme_qpair_histogram(q.qp, nil, 0) })
	if err != nil || n == 0 {
		return nil, err
	}
	buckets := make([]uint64, n)
	_, err = call(func() C.int {
		return C.upnvme_qpair_histogram(q.qp, (*C.uint64_t)(unsafe.Pointer(&buckets[0])), C.uint32_t(n))
	})
	return buckets, err
}

// HistogramLimit is the largest latency that a bucket counts, in nanoseconds (upnvme_histogram_limit_ns).
func HistogramLimit(bucket int) uint64 {
	return uint64(C.upnvme_histogram_limit_ns(C.uint32_t(bucket)))
}
