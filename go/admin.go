// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"context"
	"math"
	"time"
	"unsafe"
)

// Direction is the direction of a command's data (UPNVME_DATA_...).
type Direction uint32

// The directions of a command's data; bits 1:0 of most opcodes say the same.
const (
	DataNone       Direction = C.UPNVME_DATA_NONE
	DataToDevice   Direction = C.UPNVME_DATA_TO_DEVICE
	DataFromDevice Direction = C.UPNVME_DATA_FROM_DEVICE
)

var directionWords = []word{
	{uint32(DataNone), "none"},
	{uint32(DataToDevice), "to device"},
	{uint32(DataFromDevice), "from device"},
}

// String names the direction.
func (d Direction) String() string { return wordOf("Direction", uint32(d), directionWords) }

// RawCommand is a command given dword by dword (struct upnvme_raw).
type RawCommand struct {
	CDW       [16]uint32 // the submission queue entry; the library sets command identifier and data pointer
	Direction Direction
	Timeout   time.Duration // admin commands; 0: the controller's default
}

// String tells it field by field.
func (raw RawCommand) String() string { return fieldsOf(raw) }

// adminStart is an admin command that was started. The record and the data are in C memory, so that they can outlast
// the caller.
type adminStart struct {
	c    *C.struct_upnvme_cgo_admin
	data []byte
	fn   func(Completion, []byte)
}

// check refuses values that C would read as other values.
func (raw *RawCommand) check(bytes uint64) error {
	if raw == nil {
		return nullError("command")
	}
	if raw.Timeout < 0 {
		return invalid("RawCommand.Timeout %v: it must not be negative", raw.Timeout)
	}
	if bytes > math.MaxUint32 {
		return invalid("a command with %d bytes of data: it has at most %d", bytes, uint32(math.MaxUint32))
	}
	return nil
}

func (raw *RawCommand) fill(to *C.struct_upnvme_raw, data unsafe.Pointer, bytes int) {
	for i, dword := range raw.CDW {
		to.cdw[i] = C.uint32_t(dword)
	}
	to.data, to.data_bytes = data, C.uint32_t(bytes)
	to.direction = C.uint32_t(raw.Direction)
	to.timeout_ns = C.uint64_t(raw.Timeout.Nanoseconds())
}

func newAdmin(raw *RawCommand, data []byte) (*adminStart, error) {
	if err := raw.check(uint64(len(data))); err != nil {
		return nil, err
	}
	a := &adminStart{c: (*C.struct_upnvme_cgo_admin)(C.calloc(1,
		C.size_t(C.sizeof_struct_upnvme_cgo_admin+len(data))))}
	if a.c == nil {
		return nil, ErrNoMemory
	}
	var at unsafe.Pointer
	if len(data) > 0 {
		at = unsafe.Add(unsafe.Pointer(a.c), C.sizeof_struct_upnvme_cgo_admin)
		a.data = unsafe.Slice((*byte)(at), len(data))
		copy(a.data, data)
	}
	raw.fill(&a.c.raw, at, len(data))
	return a, nil
}

func (a *adminStart) free() { C.free(unsafe.Pointer(a.c)) }

func (a *adminStart) completion() Completion { return *(*Completion)(unsafe.Pointer(&a.c.done)) }

// Admin runs one admin command and waits for it (upnvme_admin); data is any memory, which the controller reads or fills
// by way of a copy. When the context is done Admin returns at once, and data is not touched any more; the command goes
// on. A status other than success is in the completion, and no error.
func (c *Controller) Admin(ctx context.Context, raw *RawCommand, data []byte) (Completion, error) {
	if err := goesOn(ctx); err != nil {
		return Completion{}, err
	}
	if err := c.enter(); err != nil {
		return Completion{}, err
	}
	a, err := newAdmin(raw, data)
	if err != nil {
		c.gate.leave()
		return Completion{}, err
	}
	run := func() error {
		_, err := call(func() C.int { return C.upnvme_admin(c.ptr, &a.c.raw, &a.c.done) })
		c.refreshNamespaces()
		return err
	}
	if ctx.Done() == nil {
		defer c.gate.leave()
		defer a.free()
		return a.finish(run(), data)
	}
	ended := make(chan error)
	go func() {
		defer c.gate.leave()
		err := run()
		select {
		case ended <- err:
		case <-ctx.Done():
			a.free()
		}
	}()
	select {
	case err := <-ended:
		defer a.free()
		return a.finish(err, data)
	case <-ctx.Done():
		return Completion{}, ctx.Err()
	}
}

func (a *adminStart) finish(err error, data []byte) (Completion, error) {
	if err != nil {
		return Completion{}, err
	}
	if a.c.raw.direction&C.UPNVME_DATA_FROM_DEVICE != 0 {
		copy(data, a.data)
	}
	return a.completion(), nil
}

// AdminStart starts one admin command (upnvme_admin_submit). When the command is done, fn runs within
// [Controller.Poll], or within [Controller.Close], with the data as the device left it; the data is valid until fn
// returns.
func (c *Controller) AdminStart(raw *RawCommand, data []byte, fn func(done Completion, data []byte)) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.gate.leave()
	a, err := newAdmin(raw, data)
	if err != nil {
		return err
	}
	a.fn = fn
	c.mu.Lock()
	c.admin[a] = true
	c.mu.Unlock()
	if _, err = call(func() C.int { return C.upnvme_cgo_admin_start(c.ptr, a.c) }); err != nil {
		c.mu.Lock()
		delete(c.admin, a)
		c.mu.Unlock()
		a.free()
	}
	return err
}

// adminDeliver runs the functions of the commands that have ended.
func (c *Controller) adminDeliver() {
	var ended []*adminStart
	c.mu.Lock()
	for a := range c.admin {
		if C.upnvme_cgo_admin_ended(a.c) != 0 {
			ended = append(ended, a)
			delete(c.admin, a)
		}
	}
	c.mu.Unlock()
	if len(ended) > 0 && c.enter() == nil { // Close delivers them itself
		c.refreshNamespaces()
		c.gate.leave()
	}
	deliverEach(ended)
}

// deliverEach runs the functions of all ended commands, even if one of them panics.
func deliverEach(ended []*adminStart) {
	if len(ended) > 0 {
		defer deliverEach(ended[1:])
		ended[0].deliver()
	}
}

func (a *adminStart) deliver() {
	defer a.free()
	if a.fn != nil {
		a.fn(a.completion(), a.data)
	}
}

// Identify runs Identify and returns the structure's 4,096 bytes (upnvme_identify; NVMe Base 2.0c, 5.17).
func (c *Controller) Identify(cns CNS, nsid uint32) ([]byte, error) {
	data := make([]byte, 4096)
	_, err := c.use(func() C.int {
		return C.upnvme_identify(c.ptr, C.uint32_t(cns), C.uint32_t(nsid), unsafe.Pointer(&data[0]))
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// LogPage reads a part of a log page into p (upnvme_log_page; NVMe Base 2.0c, 5.16): offset and length are multiples of
// 4; nsid is [AllNamespaces] for a log of the controller.
func (c *Controller) LogPage(nsid uint32, lid LogID, offset uint64, p []byte) error {
	_, err := c.use(func() C.int {
		return C.upnvme_log_page(c.ptr, C.uint32_t(nsid), C.uint32_t(lid), C.uint64_t(offset), first(p),
			C.size_t(len(p)))
	})
	return err
}

func first(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return nil
	}
	return unsafe.Pointer(&p[0])
}

// Select says which value of a feature is meant (UPNVME_FEATURE_... of upnvme_feature_get).
type Select uint32

// The values of a feature (NVMe Base 2.0c, 5.15).
const (
	FeatureCurrent      Select = C.UPNVME_FEATURE_CURRENT      // the value in use
	FeatureDefault      Select = C.UPNVME_FEATURE_DEFAULT      // the controller's default
	FeatureSaved        Select = C.UPNVME_FEATURE_SAVED        // the value that a power cycle brings back
	FeatureCapabilities Select = C.UPNVME_FEATURE_CAPABILITIES // whether it can be changed, saved, ...
)

var selectWords = []word{
	{uint32(FeatureCurrent), "current"},
	{uint32(FeatureDefault), "default"},
	{uint32(FeatureSaved), "saved"},
	{uint32(FeatureCapabilities), "capabilities"},
}

// String names the choice.
func (s Select) String() string { return wordOf("Select", uint32(s), selectWords) }

// Feature reads one feature (upnvme_feature_get): it returns dword 0 of the answer, and fills data, which is nil for a
// feature without data.
func (c *Controller) Feature(nsid uint32, fid FeatureID, which Select, data []byte) (uint32, error) {
	var value C.uint32_t
	_, err := c.use(func() C.int {
		return C.upnvme_feature_get(c.ptr, C.uint32_t(nsid), C.uint32_t(fid), C.uint32_t(which), &value,
			first(data),
			C.size_t(len(data)))
	})
	return uint32(value), err
}

// SetFeature sets one feature (upnvme_feature_set); with save the controller keeps the value over power cycles. data is
// nil for a feature without data.
func (c *Controller) SetFeature(nsid uint32, fid FeatureID, value uint32, save bool, data []byte) error {
	var saved C.int
	if save {
		saved = 1
	}
	_, err := c.use(func() C.int {
		return C.upnvme_feature_set(c.ptr, C.uint32_t(nsid), C.uint32_t(fid), C.uint32_t(value), saved,
			first(data),
			C.size_t(len(data)))
	})
	return err
}
