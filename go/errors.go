// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// Error is the failure of a call, as upnvme_error_get tells it. An Error unwraps to its [syscall.Errno], so that
// errors.Is(err, syscall.ERANGE) and errors.Is(err, fs.ErrNotExist) work. Where a controller has answered an admin
// command with an error status, errors.As finds the status as a [*StatusError].
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

// Is compares the status that the controller answered, as [StatusError.Is] does; and a read-only file system is
// [fs.ErrPermission], which the errno alone is not.
func (e *Error) Is(target error) bool {
	if e.Errno == syscall.EROFS && target == fs.ErrPermission {
		return true
	}
	return e.Status != nil && e.Status.Is(target)
}

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

// ErrClosed is the error of calls with a closed object, also of calls that wait while the object is closed.
// errors.Is(ErrClosed, os.ErrClosed) is true.
var ErrClosed error = closedError{}

var (
	// ErrQueueFull says that the queue pair has no room: poll, and try again. It unwraps to syscall.EAGAIN.
	ErrQueueFull = &Error{Errno: syscall.EAGAIN, Code: CodeNone,
		Text: "the queue pair is full: poll it, and try again"}

	// ErrTagged says that the next completion is that of a tagged command, which [QPair.Reap] takes. It unwraps to
	// syscall.ENOMSG.
	ErrTagged = &Error{Errno: syscall.ENOMSG, Code: CodeNone,
		Text: "the next completion is a tagged command's: take it by Reap"}

	// ErrFreed is the error of a call with a freed buffer. It unwraps to syscall.EFAULT.
	ErrFreed = &Error{Errno: syscall.EFAULT, Code: CodeBufferUnreachable, Text: "the buffer was freed"}
)

// lastError is the error of this thread's last call, which has answered rc. The goroutine must not have left the
// thread since then.
func lastError(rc C.int) error {
	switch rc {
	case -C.EAGAIN, -C.ENOMSG:
		// The library has a sentence for a full admin queue, and none for these errors of a queue pair.
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

func errorOf(e *C.struct_upnvme_error, rc C.int) error {
	if e.err != C.int32_t(rc) {
		return &Error{Errno: syscall.Errno(-rc)}
	}
	return &Error{Errno: syscall.Errno(-rc), Code: Code(e.code), Text: inGo(C.GoString(&e.text[0])),
		Status: statusOf(e)}
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

// goesOn returns the error for a call whose context is nil or done; nil: the call may go on.
func goesOn(ctx context.Context) error {
	if ctx == nil {
		return &Error{Errno: syscall.EINVAL, Code: CodeNull,
			Text: "the context is nil: give context.Background()"}
	}
	return ctx.Err()
}

func invalid(format string, args ...interface{}) error {
	return &Error{Errno: syscall.EINVAL, Code: CodeArgument, Text: fmt.Sprintf(format, args...)}
}

// ErrNoMemory says that C has no memory left. It unwraps to syscall.ENOMEM.
var ErrNoMemory = &Error{Errno: syscall.ENOMEM, Code: CodeNoMemory, Text: "there is no memory left"}
