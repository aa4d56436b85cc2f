// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"fmt"
	"io/fs"
	"syscall"
)

// StatusError is a status other than success (NVMe Base 2.0c, Figure 92; upnvme_status_name, upnvme_status_text).
type StatusError struct {
	Status        uint16 // the whole status, as the controller posted it, without the phase tag
	SCT           uint8  // status code type
	SC            uint8  // status code
	DNR           bool   // do not retry: the same command would fail again
	Aborted       bool   // the library completed the command, not the device, after a close or a failure
	Indeterminate bool   // with Aborted: the write may have happened or not
	Blocks        uint64 // valid before the first error
	Name          string // as the specification has it (upnvme_status_name)
	Text          string // the meaning of the status, in a sentence (upnvme_status_text)
}

// Error gives the name and the sentence.
func (e *StatusError) Error() string {
	return fmt.Sprintf("upnvme: %s (type %d, code %#x): %s", e.Name, e.SCT, e.SC, e.Text)
}

// Is compares the type and the code with those of another StatusError, so that errors.Is finds a status whatever else
// the device said; [ErrWriteProtected] matches each status that means it. Errors of the system match, too: a
// write-protected namespace is [syscall.EROFS] and [fs.ErrPermission], and a command that the host may not send is
// [fs.ErrPermission].
func (e *StatusError) Is(target error) bool {
	switch target {
	case error(ErrWriteProtected), error(syscall.EROFS):
		return e.writeProtected()
	case fs.ErrPermission:
		return e.writeProtected() || e.value() == scOperationDenied || e.value() == scAccessDenied
	}
	other, ok := target.(*StatusError)
	return ok && other.value() == e.value()
}

// value is the type and the code.
func (e *StatusError) value() uint16 { return uint16(e.SCT)<<8 | uint16(e.SC) }

func (e *StatusError) writeProtected() bool {
	switch e.value() {
	case scWriteProtected, scReadOnlyRange, scReadOnlyZone:
		return true
	}
	return false
}

// The statuses that are compared here (NVMe Base 2.0c, 3.3.3.2.1; NVM Command Set 1.0c, 3.1; Zoned Namespace Command
// Set 1.1).
const (
	scOperationDenied = 0x015
	scWriteProtected  = 0x020 // namespace is write protected
	scReadOnlyRange   = 0x182 // attempted write to read only range
	scReadOnlyZone    = 0x1ba // zone is read only
	scAccessDenied    = 0x286
)

// Statuses that programs ask for, to be compared with errors.Is.
var (
	ErrCompareFailure = newStatusError(0x285, 0, 0) // the blocks differ from the buffer
	ErrLBAOutOfRange  = newStatusError(0x080, 0, 0) // the device's own check of the range
	ErrWriteProtected = newStatusError(0x020, 0, 0) // any status for write protection
)

func newStatusError(status, flags uint16, blocks uint64) *StatusError {
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

func statusOf(e *C.struct_upnvme_error) *StatusError {
	if e.status == 0 {
		return nil
	}
	return newStatusError(uint16(e.status), 0, 0)
}
