// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

var stepKinds map[string]func(*run, step) error

func init() {
	stepKinds = map[string]func(*run, step) error{
		"open": stepOpen, "close": stepClose, "ns": stepNamespace, "qpair": stepQPair,
		"qpair_close": stepQPairClose,
		"stop":        onQPair((*QPair).Stop),
		"release":     onQPair((*QPair).Release),
		"adopt":       onQPair((*QPair).Adopt),
		"abandon":     onQPair((*QPair).Abandon),
		"ring":        onQPair((*QPair).Ring),
		"file":        stepFile, "property": stepProperty,
		"alloc": stepAlloc, "memory": stepMemory, "free": stepFree, "register": stepRegister,
		"unregister": stepUnregister, "fill": stepFill, "set": stepSet, "check": stepCheck,
		"read": stepCommand, "write": stepCommand, "compare": stepCommand, "flush": stepCommand,
		"write_zeroes": stepCommand, "deallocate": stepCommand, "verify": stepCommand, "op": stepCommand,
		"raw": stepRaw, "wait": stepWait, "poll": stepPoll, "submit": stepSubmit, "reap": stepReap,
		"exec":      stepExec,
		"in_thread": stepInThread,
		"in_child": func(*run, step) error {
			return errSkip("a Go program cannot fork")
		},
	}
}

func noFuture(s step) error {
	if s["future"] != nil || s["size"] != nil {
		return errSkip("the package fills in the options struct itself")
	}
	return nil
}

func stepOpen(r *run, s step) error {
	if err := noFuture(s); err != nil {
		return err
	}
	medium := r.medium
	if medium == "file" {
		medium = r.path
	}
	uri := fmt.Sprintf("soft:%s?size=%d&block=%d&mode=%s", medium, r.nblocks()*r.block, r.block, r.mode)
	if r.URI != "" {
		uri += "&" + r.URI
	}
	uri = strings.NewReplacer("{uri}", uri, "{path}", r.path).Replace(s.text("uri", "{uri}"))
	options := []Option{MaxTransfer(uint64(s.number("max_transfer", 0))), QPairs(int(s.number("nqpairs", 0)))}
	switch s.number("flags", 0) {
	case 0:
	case 1:
		options = append(options, LibraryHousekeeping())
	default:
		return errSkip("the package has no flags that are unknown")
	}
	c, err := Open(uri, options...)
	if err == nil {
		r.ctrlrs[s.text("as", "ctrlr")] = c
	}
	return r.expect(s, 0, err)
}

func stepClose(r *run, s step) error {
	name := s.text("ctrlr", "ctrlr")
	err := r.ctrlrs[name].Close()
	if err == nil {
		delete(r.ctrlrs, name)
	}
	return r.expect(s, 0, err)
}

func stepNamespace(r *run, s step) error {
	ns, err := r.ctrlrs[s.text("ctrlr", "ctrlr")].Namespace(uint32(s.number("nsid", 1)))
	if err == nil {
		r.spaces[s.text("as", "ns")] = ns
	}
	return r.expect(s, 0, err)
}

func stepQPair(r *run, s step) error {
	if err := noFuture(s); err != nil {
		return err
	}
	qp, err := r.ctrlrs[s.text("ctrlr", "ctrlr")].NewQPair(func(c *qpairConfig) {
		c.entries = int(s.number("entries", int64(r.Entries)))
		c.outstanding = int(s.number("outstanding", 0))
		c.flags = uint32(s.number("flags", 0))
	})
	if err == nil {
		r.qpairs[s.text("as", "qpair")] = qp
	}
	return r.expect(s, 0, err)
}

func (r *run) qpair(s step) *QPair { return r.qpairs[s.text("qpair", "qpair")] }

func stepQPairClose(r *run, s step) error {
	err := r.qpair(s).Close()
	if err == nil {
		delete(r.qpairs, s.text("qpair", "qpair"))
	}
	return r.expect(s, 0, err)
}

func onQPair(f func(*QPair) error) func(*run, step) error {
	return func(r *run, s step) error { return r.expect(s, 0, f(r.qpair(s))) }
}

func stepFile(r *run, s step) error { return os.Truncate(r.path, s.number("bytes", 0)) }

func stepProperty(r *run, s step) error {
	c, qp, ns := r.ctrlrs[s.text("ctrlr", "ctrlr")], r.qpair(s), r.spaces[s.text("ns", "ns")]
	var info ControllerInfo
	if c != nil {
		var err error
		if info, err = c.Info(); err != nil {
			return err
		}
	}
	sgl := uint64(0)
	if info.SGL {
		sgl = 1
	}
	values := map[string]uint64{
		"ns.block_size": uint64(ns.BlockSize()), "ns.block_count": ns.Blocks(), "ns.id": uint64(ns.ID()),
		"ns.next": uint64(c.NextNamespace(ns.ID())), "ns.metadata_size": uint64(ns.MetadataSize()),
		"ns.max_transfer_bytes": uint64(ns.MaxTransferBlocks()) * uint64(ns.BlockSize()),
		"qpair.entries":         uint64(qp.Entries()), "qpair.outstanding_max": uint64(qp.Depth()),
		"qpair.inflight": uint64(qp.InFlight()), "ctrlr.max_transfer_bytes": info.MaxTransferBytes,
		"ctrlr.sgl": sgl, "ctrlr.ns_count": uint64(info.Namespaces),
	}
	value, ok := values[s.text("name", "")]
	if !ok {
		return errors.New("no such property")
	}
	if value != r.quantity(s["is"], 0) {
		return fmt.Errorf("it is %d", value)
	}
	return nil
}

func stepAlloc(r *run, s step) error {
	buf, err := r.ctrlrs[s.text("ctrlr", "ctrlr")].AllocAligned(int(r.quantity(s["bytes"], 4096)),
		int(s.number("align", 0)))
	if err == nil {
		r.bufs[s.text("buf", "a")] = buf
	}
	return r.expect(s, 0, err)
}

// stepMemory makes memory that the device cannot reach until it is registered.
func stepMemory(r *run, s step) error {
	bytes := (r.quantity(s["bytes"], 4096) + 4095) / 4096 * 4096
	mapped, err := syscall.Mmap(-1, 0, int(bytes), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return err
	}
	r.mapped = append(r.mapped, mapped)
	r.bufs[s.text("buf", "m")] = &Buffer{region: &region{ptr: unsafe.Pointer(&mapped[0]), bytes: bytes},
		bytes: bytes}
	return nil
}

func stepFree(r *run, s step) error {
	name := s.text("buf", "a")
	buf := r.bufs[name]
	if buf != nil && (s["at"] != nil || buf.region.ctrlr == nil) {
		// A free of memory that was not allocated cannot be said in Go.
		wrong := &region{ctrlr: r.ctrlrs[s.text("ctrlr", "ctrlr")], ptr: r.place(s).ptr(),
			over: new(atomic.Bool)}
		wrong.state.Store(regionFreed)
		return r.expect(s, 0, wrong.giveBack())
	}
	err := buf.Free()
	if err == nil {
		delete(r.bufs, name)
	}
	return r.expect(s, 0, err)
}

func stepRegister(r *run, s step) error {
	buf := r.place(s)
	var mem []byte
	if buf != nil {
		mem = memory(buf, buf.bytes)
	}
	registered, err := r.ctrlrs[s.text("ctrlr", "ctrlr")].Register(mem)
	r.registered = append(r.registered, registered)
	return r.expect(s, 0, err)
}

// stepUnregister takes an address, where Go frees the Buffer of Register.
func stepUnregister(r *run, s step) error {
	buf := r.place(s)
	reg := &region{ctrlr: r.ctrlrs[s.text("ctrlr", "ctrlr")], lent: true, over: new(atomic.Bool)}
	if buf != nil {
		reg.ptr, reg.bytes = buf.ptr(), buf.bytes
	}
	reg.state.Store(regionFreed)
	return r.expect(s, 0, reg.giveBack())
}

func (r *run) patternPlace(s step) (*Buffer, uint64, uint64, uint64) {
	s2 := step{"buf": s.text("buf", "a"), "at": s["at"], "bytes": s["bytes"]}
	buf := r.place(s2)
	return buf, r.lba(s), uint64(s.number("blocks", int64(buf.bytes/r.block))), uint64(s.number("seed", 1))
}

func stepFill(r *run, s step) error {
	buf, lba, blocks, seed := r.patternPlace(s)
	mem := memory(buf, blocks*r.block)
	for i := range mem {
		mem[i] = pattern(lba+uint64(i)/r.block, uint64(i)%r.block, seed)
	}
	return nil
}

func stepSet(r *run, s step) error {
	buf, _, _, _ := r.patternPlace(s)
	mem := memory(buf, buf.bytes)
	for i := range mem {
		mem[i] = byte(s.number("byte", 0))
	}
	return nil
}

func stepCheck(r *run, s step) error {
	buf, lba, blocks, seed := r.patternPlace(s)
	bytes := blocks * r.block
	if s["byte"] != nil {
		bytes = buf.bytes
	}
	for i, got := range memory(buf, bytes) {
		wanted := byte(s.number("byte", 0))
		if s["byte"] == nil {
			wanted = pattern(lba+uint64(i)/r.block, uint64(i)%r.block, seed)
		}
		if got != wanted {
			return fmt.Errorf("byte %d is %02x, not %02x", i, got, wanted)
		}
	}
	return nil
}

var opcodes = map[string]Opcode{"read": OpRead, "write": OpWrite, "compare": OpCompare, "flush": OpFlush,
	"write_zeroes": OpWriteZeroes, "deallocate": OpDatasetManagement, "verify": OpVerify}

var opFlags = map[string]OpFlags{"fua": FUA, "limited_retry": LimitedRetry, "deallocate_zeroes": DeallocateZeroes,
	"fused_first": FusedFirst, "no_split": NoSplit}

func (r *run) op(s step) Op {
	op := Op{
		Opcode: Opcode(s.number("opcode", int64(opcodes[s.text("do", "")]))), Form: Form(s.number("form", 0)),
		NSID: uint32(s.number("nsid", int64(r.spaces[s.text("ns", "ns")].ID()))), LBA: r.lba(s),
		Blocks: uint32(s.number("blocks", 1)), DType: uint8(s.number("dtype", 0)),
		Tag: uint64(s.number("tag", 0)),
	}
	for _, name := range s.words("flags") {
		op.Flags |= opFlags[name]
	}
	return op
}

func (r *run) pieces(s step) []*Buffer {
	items, ok := s["iov"].([]interface{})
	if !ok {
		return nil
	}
	bufs := []*Buffer{}
	for _, item := range items {
		piece := item.([]interface{})
		bufs = append(bufs, r.place(step{"buf": piece[0], "at": piece[1], "bytes": piece[2]}))
	}
	return bufs
}

// start submits by the short forms where they can say it, so that both ways are seen.
func (r *run) start(s step, fn func(Completion)) error {
	qp, ns, op, bufs, buf := r.qpair(s), r.spaces[s.text("ns", "ns")], r.op(s), r.pieces(s), r.place(s)
	for _, key := range []string{"opcode", "form", "flags", "nsid", "dtype"} {
		if s[key] != nil && bufs != nil {
			return qp.IOVec(bufs, &op, fn)
		} else if s[key] != nil {
			return qp.IO(buf, &op, fn)
		}
	}
	switch {
	case bufs != nil && op.Opcode == OpRead:
		return qp.Readv(ns, bufs, op.LBA, op.Blocks, fn)
	case bufs != nil && op.Opcode == OpWrite:
		return qp.Writev(ns, bufs, op.LBA, op.Blocks, fn)
	case bufs != nil:
		return qp.IOVec(bufs, &op, fn)
	case op.Opcode == OpRead:
		return qp.Read(ns, buf, op.LBA, op.Blocks, fn)
	case op.Opcode == OpWrite:
		return qp.Write(ns, buf, op.LBA, op.Blocks, fn)
	case op.Opcode == OpCompare:
		return qp.Compare(ns, buf, op.LBA, op.Blocks, fn)
	case op.Opcode == OpFlush:
		return qp.Flush(ns, fn)
	case op.Opcode == OpWriteZeroes:
		return qp.WriteZeroes(ns, op.LBA, op.Blocks, fn)
	case op.Opcode == OpDatasetManagement:
		return qp.Deallocate(ns, op.LBA, op.Blocks, fn)
	}
	return qp.Verify(ns, op.LBA, op.Blocks, fn)
}

func (r *run) onDone(io *tableIO) func(Completion) {
	return func(c Completion) {
		io.ndone++
		io.done = c
		if err := r.steps(io.step.list("in_callback")); err != nil && r.failure == nil {
			r.failure = err
		}
	}
}

func stepCommand(r *run, s step) error {
	io := &tableIO{step: s}
	return r.finish(s, io, r.start(s, r.onDone(io)))
}

// finish waits for a command, unless the step names it for later.
func (r *run) finish(s step, io *tableIO, err error) error {
	if err != nil || s["error"] != nil {
		return r.expect(s, 0, err)
	}
	if name := s.text("start", ""); name != "" {
		r.ios[name] = io
		return nil
	}
	return r.wait(r.qpair(s), io)
}

func (r *run) wait(qp *QPair, io *tableIO) error {
	for start := time.Now(); io.ndone == 0; {
		n, err := qp.Poll()
		if err != nil {
			return err
		}
		if n == 0 && time.Since(start) > deadline {
			return errors.New("it is not done in time")
		}
	}
	return status(io.step, io.done)
}

func stepRaw(r *run, s step) error {
	raw := &RawCommand{Direction: Direction(s.number("direction", 0))}
	items, _ := s["cdw"].([]interface{})
	for i, item := range items {
		raw.CDW[i] = uint32(item.(float64))
	}
	var buf *Buffer
	if s["buf"] != nil {
		if buf = r.place(s); buf == nil {
			buf = &Buffer{region: &region{}, bytes: r.quantity(s["bytes"], 0)}
		} else {
			buf.bytes = r.quantity(s["bytes"], 0)
		}
	}
	io := &tableIO{step: s}
	return r.finish(s, io, r.qpair(s).Raw(raw, buf, r.onDone(io)))
}

func stepWait(r *run, s step) error {
	for _, name := range s.words("for") {
		io := r.ios[name]
		if io == nil {
			return fmt.Errorf("no command %q", name)
		}
		if err := r.wait(r.qpair(s), io); err != nil {
			return err
		}
	}
	return nil
}

func stepPoll(r *run, s step) error {
	for start := time.Now(); ; {
		n, err := r.qpair(s).PollMax(int(s.number("max", 0)))
		if n == 0 && err == nil && s["until"] != nil && time.Since(start) < deadline {
			continue
		}
		if s["returns"] == nil && s["error"] == nil && n != 0 {
			return fmt.Errorf("returned %d, not 0", n)
		}
		return r.expect(s, n, err)
	}
}

// ops are the ops of a batch, with offsets into the memory that spans all their buffers.
func (r *run) ops(s step) (*Buffer, []Op, error) {
	var ops []Op
	var places []*Buffer
	for _, one := range s.list("ops") {
		if one["iov"] != nil {
			return nil, nil, errSkip("a batch has one buffer")
		}
		for i := int64(0); i < one.number("times", 1); i++ {
			op := r.op(one)
			op.Tag += uint64(i)
			ops = append(ops, op)
			places = append(places, r.place(one))
		}
	}
	span := spanOf(places)
	for i, place := range places {
		if place != nil {
			ops[i].Offset = uint64(uintptr(place.ptr()) - uintptr(span.ptr()))
		}
	}
	return span, ops, nil
}

func spanOf(places []*Buffer) *Buffer {
	var span *Buffer
	for _, place := range places {
		if place != nil && (span == nil || uintptr(place.ptr()) < uintptr(span.ptr())) {
			span = &Buffer{region: &region{ptr: place.ptr()}}
		}
	}
	for _, place := range places {
		if place != nil {
			if end := uint64(uintptr(place.ptr())-uintptr(span.ptr())) + place.bytes; end > span.bytes {
				span.bytes = end
			}
		}
	}
	return span
}

func stepSubmit(r *run, s step) error {
	span, ops, err := r.ops(s)
	if err != nil {
		return err
	}
	n, err := r.qpair(s).Submit(span, ops)
	if err = tolerated(n, len(ops), err); err != nil && s["error"] == nil {
		return err
	}
	if s["returns"] == nil && s["error"] == nil && n != 0 {
		return fmt.Errorf("returned %d, not 0", n)
	}
	return r.expect(s, n, err)
}

// tolerated is the error of a batch where C would have one: a short count is none there, but always one in Go.
func tolerated(n, of int, err error) error {
	if n > 0 && n < of && err == nil {
		return fmt.Errorf("%d of %d, and no error", n, of)
	}
	if n > 0 {
		return nil
	}
	return err
}

// match finds every expected completion once, in any order.
func match(expected []step, done []Completion) error {
	byTag := map[uint64][]Completion{}
	for _, c := range done {
		byTag[c.Tag] = append(byTag[c.Tag], c)
	}
	wanted := 0
	for _, one := range expected {
		for i := int64(0); i < one.number("times", 1); i++ {
			wanted++
			tag := uint64(one.number("tag", 0) + i)
			if len(byTag[tag]) == 0 {
				return fmt.Errorf("no completion with tag %d", tag)
			}
			if err := status(one, byTag[tag][0]); err != nil {
				return err
			}
			byTag[tag] = byTag[tag][1:]
		}
	}
	if wanted != len(done) {
		return fmt.Errorf("%d completions instead of %d", len(done), wanted)
	}
	return nil
}

func stepReap(r *run, s step) error {
	expected := s.list("expect")
	wanted := 0
	for _, one := range expected {
		wanted += int(one.number("times", 1))
	}
	done := make([]Completion, s.number("room", 64))
	n := 0
	for start := time.Now(); ; {
		got, err := r.qpair(s).Reap(done[n:])
		if err != nil || s["error"] != nil {
			return r.expect(s, got, err)
		}
		if n += got; n >= wanted || time.Since(start) > deadline {
			return match(expected, done[:n])
		}
	}
}

func stepExec(r *run, s step) error {
	span, ops, err := r.ops(s)
	if err != nil {
		return err
	}
	done := make([]Completion, s.number("room", 64))
	n, err := r.qpair(s).Exec(span, ops, done, deadline)
	err = tolerated(n, len(ops), err)
	if err != nil || s["error"] != nil {
		return r.expect(s, n, err)
	}
	return match(s.list("expect"), done[:n])
}

// stepInThread runs steps on a thread that ends with them.
func stepInThread(r *run, s step) error {
	ended := make(chan error)
	go func() {
		runtime.LockOSThread()
		ended <- r.steps(s.list("steps"))
	}()
	return <-ended
}
