// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
)

var ctx = context.Background()

func TestRegisteredMemoryIsUsedWhereItIs(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	content := fill(make([]byte, 20*512), 7)
	if _, err := ns.WriteAt(content, 0); err != nil {
		t.Fatal(err)
	}
	mine := make([]byte, 20*512)
	buf, err := c.Register(mine)
	must(t, err)
	for i := 0; i < 20; i++ {
		must(t, ns.Read(ctx, buf.Slice(i*512, (i+1)*512), uint64(i), 1))
		runtime.GC()
	}
	same(t, mine, content)
	must(t, buf.Free())
	if err := ns.Read(ctx, buf, 0, 1); !errors.Is(err, ErrFreed) {
		t.Error(err)
	}
}

// Memory that only the buffer refers to keeps its address, by the means of this version of Go.
func TestRegisteredMemoryNeedsNoOtherReference(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	var bufs []*Buffer
	for i := 0; i < 8; i++ {
		buf, err := c.Register(fill(make([]byte, 64<<10), int64(i)))
		must(t, err)
		bufs = append(bufs, buf)
	}
	var others [][]byte
	for i := 0; i < 64; i++ {
		runtime.GC()
		others = append(others, fill(make([]byte, 64<<10), 99))
	}
	got := make([]byte, 64<<10)
	for i, buf := range bufs {
		must(t, ns.Write(ctx, buf, 128, 128))
		_, err := ns.ReadAt(got, 64<<10)
		must(t, err)
		same(t, got, fill(make([]byte, 64<<10), int64(i)))
		must(t, buf.Free())
	}
	runtime.KeepAlive(others)
}

// The owner of registered memory may free it when no part of the buffer is left.
func TestRegisteredMemoryThatIsDroppedIsUnregistered(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	mine, err := syscall.Mmap(-1, 0, 1<<16, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	must(t, err)
	part := func() *Buffer {
		buf, err := c.Register(mine)
		must(t, err)
		return buf.Slice(512, 1024)
	}()
	r := part.region
	for i := 0; i < 5; i++ {
		runtime.GC()
		must(t, ns.Read(ctx, part, 0, 1))
	}
	part = nil
	eventually(t, "it is unregistered", func() bool {
		runtime.GC()
		return r.over.Load()
	})
	again := &region{ctrlr: c, lent: true, over: new(atomic.Bool), ptr: r.ptr, bytes: r.bytes}
	if err := again.giveBack(); !errors.Is(err, syscall.EINVAL) {
		t.Error("it is registered still: ", err)
	}
	must(t, syscall.Munmap(mine))
}

func TestRegisteredMemoryStaysWhileACommandMayTouchIt(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&block=512")
	buf, err := c.Register(make([]byte, 4096))
	must(t, err)
	withQPair(t, c, func(qp *QPair) {
		must(t, qp.Read(ns, buf, 0, 8, nil))
		if err := buf.Free(); !errors.Is(err, syscall.EBUSY) {
			t.Error(err)
		}
		if buf.Bytes() == nil {
			t.Error("it is freed all the same")
		}
		drain(t, qp)
		must(t, buf.Free())
		must(t, buf.Free())
	})
}

// A cancelled call is over, but its command is not.
func TestRegisteredMemoryStaysWhileACancelledCallHasIt(t *testing.T) {
	s := openSlow(t)
	buf, err := s.Register(make([]byte, 4096+4))
	must(t, err)
	part := buf.Slice(4, 4096+4)
	cancelOne(t, s.Controller, func(ctx context.Context) error { return s.ns.Read(ctx, part, 0, 1) })
	var e *Error
	if err := buf.Free(); !errors.As(err, &e) || e.Errno != syscall.EBUSY || e.Code != CodeMemBusy {
		t.Error("the device has it still: ", err)
	}
	if buf.Bytes() == nil {
		t.Error("it is freed all the same")
	}
	s.let()
	eventually(t, "it is free", func() bool { return buf.Free() == nil })
	if buf.Bytes() != nil {
		t.Error("it is not freed")
	}
}

func TestAllocatedMemoryMayBeFreedInFlight(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB&mode=thread")
	withQPair(t, c, func(qp *QPair) {
		for i := 0; i < 200; i++ {
			buf := alloc(t, c, 4096)
			must(t, qp.Write(ns, buf, uint64(i), 1, nil))
			must(t, buf.Free())
			if i%20 == 19 {
				drain(t, qp)
			}
		}
	}, Depth(100))
}

func TestBuffersGoFromControllerToController(t *testing.T) {
	_, a := open(t, "soft:ram?size=1MiB")
	c, b := open(t, "soft:ram?size=1MiB")
	buf := alloc(t, c, 8192)
	fill(buf.Bytes(), 8)
	must(t, a.Write(ctx, buf, 3, 2))
	copied := alloc(t, c, 8192)
	must(t, a.Read(ctx, copied, 3, 2))
	must(t, b.Write(ctx, copied, 0, 2))
	must(t, b.Compare(ctx, buf, 0, 2))
}

func TestPartsOfBuffers(t *testing.T) {
	c, _ := open(t, "soft:null")
	buf := alloc(t, c, 8192)
	part := buf.Slice(4096, 8192).Slice(100, 200)
	if buf.Len() != 8192 || part.Len() != 100 || len(part.Bytes()) != 100 {
		t.Error(buf.Len(), part.Len())
	}
	part.Bytes()[0] = 9
	if buf.Bytes()[4196] != 9 {
		t.Error("a part is elsewhere")
	}
	for _, bad := range [][2]int{{-1, 5}, {5, 4}, {0, 101}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("part %v is taken", bad)
				}
			}()
			part.Slice(bad[0], bad[1])
		}()
	}
	must(t, part.Free())
	if buf.Bytes() != nil {
		t.Error("freeing a part does not free all")
	}
	var none *Buffer
	if none.Len() != 0 || none.Bytes() != nil || none.Free() != nil {
		t.Error("nil is not empty")
	}
	if _, err := c.Alloc(-1); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}
