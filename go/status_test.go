// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

// errors.Is finds each status of a kind, and the system's error for it.
func TestStatusesByWhatTheyMean(t *testing.T) {
	words := map[string]error{"ErrWriteProtected": ErrWriteProtected, "EROFS": syscall.EROFS,
		"fs.ErrPermission": fs.ErrPermission, "EACCES": syscall.EACCES, "ErrCompareFailure": ErrCompareFailure,
		"ErrLBAOutOfRange": ErrLBAOutOfRange}
	const protected = "ErrWriteProtected EROFS fs.ErrPermission "
	for _, c := range []struct {
		status uint16
		are    string
	}{{0x020, protected}, {0x182, protected}, {0x1ba, protected}, {0x4020, protected}, {0x015, "fs.ErrPermission "},
		{0x286, "fs.ErrPermission "}, {0x285, "ErrCompareFailure "}, {0x080, "ErrLBAOutOfRange "}, {0x281, ""},
		{0x120, ""}, {0x082, ""}} {
		status := newStatusError(c.status, 0, 0)
		for _, err := range []error{status, fmt.Errorf("so: %w", status),
			&Error{Errno: syscall.EIO, Code: CodeControllerStatus, Status: status}} {
			for name, word := range words {
				wanted := strings.Contains(c.are, name+" ")
				if errors.Is(err, word) != wanted {
					t.Errorf("%#x is %s: %v", c.status, name, !wanted)
				}
			}
		}
	}
	for errno, wanted := range map[syscall.Errno]bool{syscall.EROFS: true, syscall.EACCES: true,
		syscall.EPERM: true, syscall.EIO: false} {
		if err := (&Error{Errno: errno}); errors.Is(err, os.ErrPermission) != wanted {
			t.Errorf("%v is os.ErrPermission: %v", err, !wanted)
		}
	}
}

// Each command that changes data, on a controller that is read-only.
func TestAReadOnlyController(t *testing.T) {
	path := image(t, 1<<20)
	c, ns := open(t, "soft:"+path+"?readonly=1")
	buf := alloc(t, c, 4096)
	_, writeErr := ns.WriteAt([]byte{1}, 5)
	done := make([]Completion, 1)
	pool := newPool(t, c, 1)
	must(t, pool.Do(ctx, buf, []Op{{Opcode: OpWrite, NSID: 1, Blocks: 1}}, done))
	for name, err := range map[string]error{"WriteAt": writeErr, "Write": ns.Write(ctx, buf, 0, 1),
		"WriteZeroes": ns.WriteZeroes(ctx, 0, 1), "Deallocate": ns.Deallocate(ctx, 0, 1),
		"Pool": done[0].Err()} {
		if !errors.Is(err, ErrWriteProtected) || !errors.Is(err, syscall.EROFS) ||
			!errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ns.ReadAt(make([]byte, 5), 3); err != nil {
		t.Error(err)
	}
}
