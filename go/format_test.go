// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
)

// Interleaved metadata is refused: bytes would be written over it.
func TestBytesOfANamespaceWithMetadata(t *testing.T) {
	_, ns := open(t, "soft:ram?size=1MiB")
	ns.metadata.Store(8)
	p := make([]byte, 4096)
	_, readErr := ns.ReadAt(p, 0)
	_, writeErr := ns.WriteAt(p[:10], 5)
	for _, err := range []error{readErr, writeErr} {
		var e *Error
		if !errors.As(err, &e) || e.Errno != syscall.ENOTSUP || e.Code != CodeMetadata ||
			!strings.Contains(e.Text, "8 bytes of metadata") {
			t.Error(err)
		}
	}
}

// A namespace that was formatted since its last use is not read or written at the former places. The test sets the
// package's notes wrong, which is the same.
func TestBytesOfANamespaceThatWasFormatted(t *testing.T) {
	c, ns := open(t, "soft:ram?size=8MiB&block=512")
	content := fill(make([]byte, 8<<20), 3)
	_, err := ns.WriteAt(content, 0)
	must(t, err)
	calls := map[string]func(p []byte, off int64) (int, error){"ReadAt": ns.ReadAt, "WriteAt": ns.WriteAt}
	buf := alloc(t, c, 4096)
	for name, call := range calls {
		for _, p := range [][]byte{make([]byte, 4096), make([]byte, 10), make([]byte, 3<<20), buf.Bytes()} {
			for _, block := range []uint32{4096, 256} {
				ns.block.Store(block)
				ns.blocks.Store(8 << 20 / uint64(block))
				n, err := call(p, 4096)
				var e *Error
				if n != 0 || !errors.As(err, &e) || e.Code != CodeNamespaceFormat {
					t.Errorf("%s of %d bytes by blocks of %d: %d, %v", name, len(p), block, n, err)
				}
			}
		}
	}
	got := make([]byte, 8<<20)
	_, err = ns.ReadAt(got, 0) // the package knows by now
	must(t, err)
	same(t, got, content)
	if !c.leases.idle() {
		t.Error("a lease is out")
	}
}

// After an admin command that may have formatted a namespace, or an event that says so, the package looks at it anew.
func TestBytesAfterAChange(t *testing.T) {
	c, ns := open(t, "soft:ram?size=8MiB&block=512")
	raw := &RawCommand{CDW: [16]uint32{0: 0x80, 1: 1}, Direction: DataNone}
	p := make([]byte, 4096)
	for name, run := range map[string]func() error{
		"Admin": func() error {
			_, err := c.Admin(context.Background(), raw, nil)
			return err
		},
		"AdminStart": func() error {
			ended := false
			err := c.AdminStart(raw, nil, func(Completion, []byte) {
				_, readErr := ns.ReadAt(p, 4096)
				must(t, readErr)
				ended = true
			})
			for err == nil && !ended {
				err = c.Poll()
			}
			return err
		},
		"event": func() error {
			c.noteChanges([]Event{{Kind: EventSMART}})
			if ns.block.Load() != 4096 {
				t.Error("an event of another kind is enough")
			}
			c.noteChanges([]Event{{Kind: EventSMART}, {Kind: EventNamespaceChanged, NSID: 1}})
			return nil
		},
	} {
		ns.block.Store(4096)
		ns.blocks.Store(2048)
		if err := run(); err != nil {
			t.Error(name, err)
		}
		_, err := ns.ReadAt(p, 4096)
		must(t, err)
	}
}
