// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"errors"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Buffer is memory that the device can reach, or a part of it (upnvme_dma_alloc, upnvme_mem_register). Any goroutine
// may use a Buffer; the caller guards the content, as with a slice.
type Buffer struct {
	region *region
	at     uint64 // in the region
	bytes  uint64
	leak   *leak
}

// region is a piece of memory with all its buffers. The memory is given back when it was freed and no call uses it any
// more.
type region struct {
	ctrlr *Controller
	ptr   unsafe.Pointer
	bytes uint64
	state atomic.Int64 // the number of calls that use the memory, and the two bits below
	lent  bool         // registered memory of the caller's
	mem   []byte       // the caller's memory, if it is lent: the garbage collector must keep it
	pin   pin
	over  *atomic.Bool // the memory was given back; shared with the leak
}

const (
	regionFreed = 1 << 32 // Free was called
	regionGone  = 1 << 33 // the memory was given back, or is being given back
)

// Alloc allocates zeroed DMA memory that begins at a page (upnvme_dma_alloc).
func (c *Controller) Alloc(bytes int) (*Buffer, error) { return c.AllocAligned(bytes, 0) }

// AllocAligned allocates DMA memory with an alignment, a power of two up to 2 MiB (upnvme_dma_alloc).
func (c *Controller) AllocAligned(bytes, align int) (*Buffer, error) {
	if bytes < 0 || align < 0 {
		return nil, invalid("%d bytes aligned to %d cannot be allocated: neither may be negative", bytes, align)
	}
	r := &region{ctrlr: c, bytes: uint64(bytes)}
	_, err := c.use(func() C.int { return C.upnvme_dma_alloc(&r.ptr, c.ptr, C.size_t(bytes), C.size_t(align)) })
	if err != nil {
		return nil, err
	}
	return c.keep(r, "buffer"), nil
}

// Register makes the caller's own memory reachable for the device (upnvme_mem_register): memory of mmap, of C, or of
// Go. Go's memory is pinned until [Buffer.Free]; before Go 1.21, which has no pins, the buffer refers to it, and the
// heap does not move. Memory of mmap or C must stay mapped until Free, too: a device goes on reaching registered pages,
// whatever is mapped there later. A finalizer ends the registration when nothing refers to the buffer, or to a Slice of
// it, any more. The device reaches whole pages, also the bytes of a page around the memory.
func (c *Controller) Register(memory []byte) (*Buffer, error) {
	r := &region{ctrlr: c, bytes: uint64(len(memory)), lent: true, mem: memory}
	if len(memory) > 0 {
		r.ptr = unsafe.Pointer(&memory[0])
		r.pin.pin(&memory[0])
	}
	_, err := c.use(func() C.int { return C.upnvme_mem_register(c.ptr, r.ptr, C.size_t(r.bytes)) })
	if err != nil {
		r.pin.unpin()
		return nil, err
	}
	return c.keep(r, "registered memory"), nil
}

// last returns the finalizer's work for a dropped buffer. The caller's memory must not stay registered, since its owner
// may free it. The library's own memory stays until the controller is closed, since slices of Bytes may show it.
func (r *region) last() func() error {
	if r.lent {
		return r.free
	}
	return nil
}

func (c *Controller) keep(r *region, what string) *Buffer {
	r.over = new(atomic.Bool)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buffers == nil { // the controller was closed just now, and the memory freed
		r.lose()
		return &Buffer{region: r}
	}
	c.buffers[r] = struct{}{}
	c.regions.add(r)
	return &Buffer{r, 0, r.bytes, newLeak(what+" of "+c.uri, r.over, r.last())}
}

// Len is the number of bytes of the buffer.
func (b *Buffer) Len() int {
	if b == nil {
		return 0
	}
	return int(b.bytes)
}

// Bytes is the memory itself; nil after the buffer was freed or the controller closed. A slice that Bytes gave earlier
// must not be used after that either.
func (b *Buffer) Bytes() []byte {
	if b == nil || b.bytes == 0 || b.region.state.Load()&regionFreed != 0 {
		return nil
	}
	return unsafe.Slice((*byte)(b.ptr()), b.bytes)
}

// Slice is a part of the buffer, with the same memory; freeing either frees all of it. As a slice expression does,
// Slice panics if the part is not within the buffer.
func (b *Buffer) Slice(from, to int) *Buffer {
	if b == nil {
		panic(nullError("buffer"))
	}
	if from < 0 || to < from || uint64(to) > b.bytes {
		panic(invalid("part %d to %d of a buffer of %d bytes", from, to, b.bytes))
	}
	return &Buffer{b.region, b.at + uint64(from), uint64(to - from), b.leak}
}

// Free gives the memory back (upnvme_dma_free), or takes back its registration (upnvme_mem_unregister). Freeing again,
// or after the controller was closed, does nothing.
//
// Free may be called while commands are in flight, also those of cancelled calls: allocated memory is set aside until
// the commands are done. The library cannot set registered memory aside: while a call uses it, or a command may touch
// it, Free fails with EBUSY, and the memory must stay. Call Free again later.
func (b *Buffer) Free() error {
	if b == nil {
		return nil
	}
	return b.region.free()
}

func (r *region) free() error {
	for {
		state := r.state.Load()
		if state&regionFreed != 0 {
			return nil
		}
		if state != 0 && r.lent {
			return errLent
		}
		if state == 0 && r.state.CompareAndSwap(0, regionFreed|regionGone) {
			return r.giveBack()
		}
		if state != 0 && r.state.CompareAndSwap(state, state|regionFreed) {
			return nil // the last call that uses the memory gives it back
		}
	}
}

var errLent = &Error{Errno: syscall.EBUSY, Code: CodeMemBusy,
	Text: "registered memory is used by a call, or by the command of one that was cancelled: free it after that"}

func (b *Buffer) ptr() unsafe.Pointer { return unsafe.Add(b.region.ptr, b.at) }

// hold keeps the memory for as long as a call uses it.
func (b *Buffer) hold() error {
	if b == nil {
		return nil
	}
	return b.region.hold()
}

func (b *Buffer) drop() {
	if b != nil {
		b.region.drop()
	}
}

func (r *region) hold() error {
	if r.state.Add(1)&regionFreed == 0 {
		return nil
	}
	r.drop()
	if r.ctrlr.closing.Load() {
		return ErrClosed
	}
	return ErrFreed
}

func (r *region) drop() {
	if r.state.Add(-1) == regionFreed && r.state.CompareAndSwap(regionFreed, regionFreed|regionGone) {
		if err := r.giveBack(); err != nil {
			logWarn("upnvme: a buffer was not freed: " + err.Error())
		}
	}
}

// giveBack gives the memory back to the library. It runs for the caller that has marked the region as gone: once, or
// again after it failed with EBUSY, which takes the marks back.
func (r *region) giveBack() error {
	c := r.ctrlr
	_, err := c.use(func() C.int {
		if r.lent {
			return C.upnvme_mem_unregister(c.ptr, r.ptr, C.size_t(r.bytes))
		}
		return C.upnvme_dma_free(c.ptr, r.ptr)
	})
	if errors.Is(err, ErrClosed) {
		return nil // Close gives everything back
	}
	if errors.Is(err, syscall.EBUSY) {
		r.state.Add(-(regionFreed | regionGone))
		return err
	}
	c.regions.remove(r)
	c.mu.Lock()
	delete(c.buffers, r)
	c.mu.Unlock()
	r.end()
	return err
}

// lose notes that closing the controller has freed the memory.
func (r *region) lose() {
	for state := r.state.Load(); !r.state.CompareAndSwap(state, state|regionFreed|regionGone); {
		state = r.state.Load()
	}
	r.end()
}

// end lets go of the caller's memory, once: giveBack and Close may both come here.
func (r *region) end() {
	if r.over.CompareAndSwap(false, true) {
		r.pin.unpin()
		r.mem = nil
	}
}
