// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// Error is how a call failed: what the library's upnvme_error_get tells. It unwraps to its [syscall.Errno], so that
// errors.Is(err, syscall.ERANGE) works, and errors.Is(err, fs.ErrNotExist) with it. Where a controller has answered an
// admin command with a status, errors.As finds that as a [*StatusError].
type Error struct {
	Errno  syscall.Errno // what kind of failure
	Code   Code          // which failure, finer
	Text   string        // the sentence: the thing, the value and the remedy
	Status *StatusError  // with CodeControllerStatus: what the controller answered
}

// Error gives the sentence.
func (e *Error) Error() string {
	if e.Text == "" {
		return "upnvme: " + e.Errno.Error()
	}
	return "upnvme: " + e.Text
}

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// Is compares the status that the controller answered, as [StatusError.Is] does.
func (e *Error) Is(target error) bool { return e.Status != nil && e.Status.Is(target) }

// As gives the status that the controller answered.
func (e *Error) As(target interface{}) bool {
	status, ok := target.(**StatusError)
	if !ok || e.Status == nil {
		return false
	}
	*status = e.Status
	return true
}

type closedError struct{}

func (closedError) Error() string        { return "upnvme: the controller, queue pair or pool was closed" }
func (closedError) Is(target error) bool { return target == os.ErrClosed }

// ErrClosed is what calls with something that was closed fail with, also calls that wait while it is closed.
// errors.Is(err, os.ErrClosed) holds for it.
var ErrClosed error = closedError{}

var (
	// ErrQueueFull says that the queue pair has no room: poll, and try again. It unwraps to syscall.EAGAIN.
	ErrQueueFull = &Error{Errno: syscall.EAGAIN, Code: CodeNone,
		Text: "the queue pair is full: poll it, and try again"}

	// ErrTagged says that the next completion is that of a tagged command, which [QPair.Reap] takes. It unwraps to
	// syscall.ENOMSG.
	ErrTagged = &Error{Errno: syscall.ENOMSG, Code: CodeNone,
		Text: "the next completion is a tagged command's: take it by Reap"}

	// ErrFreed is what a call with a buffer that was freed fails with. It unwraps to syscall.EFAULT.
	ErrFreed = &Error{Errno: syscall.EFAULT, Code: CodeBufferUnreachable, Text: "the buffer was freed"}
)

// StatusError is what a device answered, other than success (NVMe Base 2.0, Figure 92; upnvme_status_name,
// upnvme_status_text).
type StatusError struct {
	Status        uint16 // all of it, as the controller posted it, without the phase tag
	SCT           uint8  // status code type
	SC            uint8  // status code
	DNR           bool   // do not retry: the same command would fail again
	Aborted       bool   // the library completed it, not the device: close, or failure
	Indeterminate bool   // with Aborted: the write may have happened or not
	Blocks        uint32 // valid before the first error
	Name          string // as the specification has it (upnvme_status_name)
	Text          string // what it means, in a sentence (upnvme_status_text)
}

// Error gives the name and the sentence.
func (e *StatusError) Error() string {
	return fmt.Sprintf("upnvme: %s (type %d, code %#x): %s", e.Name, e.SCT, e.SC, e.Text)
}

// Is compares the type and the code with those of another StatusError, so that errors.Is finds a status whatever
// else the device said.
func (e *StatusError) Is(target error) bool {
	other, ok := target.(*StatusError)
	return ok && other.SCT == e.SCT && other.SC == e.SC
}

// Statuses that programs ask for, to be compared with errors.Is.
var (
	ErrCompareFailure = newStatusError(0x285, 0, 0) // the blocks differ from the buffer
	ErrLBAOutOfRange  = newStatusError(0x080, 0, 0) // the device's own check of the range
	ErrWriteProtected = newStatusError(0x182, 0, 0) // attempted write to read only range
)

func newStatusError(status, flags uint16, blocks uint32) *StatusError {
	return &StatusError{
		Status:        status,
		SC:            uint8(status),
		SCT:           uint8(status >> 8 & 7),
		DNR:           status>>14&1 != 0,
		Aborted:       flags&C.UPNVME_DONE_ABORTED != 0,
		Indeterminate: flags&C.UPNVME_DONE_INDETERMINATE != 0,
		Blocks:        blocks,
		Name:          C.GoString(C.upnvme_status_name(C.uint16_t(status))),
		Text:          C.GoString(C.upnvme_status_text(C.uint16_t(status))),
	}
}

// lastError is this thread's error, which a call has just answered rc for. The goroutine must not have left the
// thread since then.
func lastError(rc C.int) error {
	switch rc {
	case -C.EAGAIN, -C.ENOMSG:
		// Of a queue pair these have no sentence; of the admin queue they do.
		var e C.struct_upnvme_error
		C.upnvme_error_get(&e)
		if e.err == C.int32_t(rc) && e.code == C.UPNVME_ERR_ADMIN_FULL {
			return errorOf(&e, rc)
		}
		if rc == -C.EAGAIN {
			return ErrQueueFull
		}
		return ErrTagged
	}
	var e C.struct_upnvme_error
	C.upnvme_error_get(&e)
	return errorOf(&e, rc)
}

func statusOf(e *C.struct_upnvme_error) *StatusError {
	if e.status == 0 {
		return nil
	}
	return newStatusError(uint16(e.status), 0, 0)
}

func errorOf(e *C.struct_upnvme_error, rc C.int) error {
	if e.err != C.int32_t(rc) {
		return &Error{Errno: syscall.Errno(-rc)}
	}
	return &Error{Errno: syscall.Errno(-rc), Code: Code(e.code), Text: C.GoString(&e.text[0]), Status: statusOf(e)}
}

// call runs one call of the library and fetches its error on the thread that it ran on.
func call(f func() C.int) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rc := f()
	if rc < 0 {
		return 0, lastError(rc)
	}
	return int(rc), nil
}

func nullError(what string) error {
	return &Error{Errno: syscall.EINVAL, Code: CodeNull, Text: "the " + what + " is nil"}
}

func invalid(format string, args ...interface{}) error {
	return &Error{Errno: syscall.EINVAL, Code: CodeArgument, Text: fmt.Sprintf(format, args...)}
}

// ErrNoMemory says that C has no memory left. It unwraps to syscall.ENOMEM.
var ErrNoMemory = &Error{Errno: syscall.ENOMEM, Code: CodeNoMemory, Text: "there is no memory left"}
