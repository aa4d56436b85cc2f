// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"
)

// regions are the places of a controller's buffers, so that ReadAt and WriteAt find out whether the device reaches a
// slice itself.
type regions struct {
	from, to atomic.Uintptr // bounds of all buffers ever: an address outside needs no lock
	mu       sync.RWMutex
	list     []*region // by address
}

// first is the place of the first region that ends behind an address. If regions overlap, the search may miss one: then
// the data is copied.
func (m *regions) first(at uintptr) int {
	return sort.Search(len(m.list), func(i int) bool { return m.list[i].limit() > at })
}

func (r *region) begin() uintptr { return uintptr(r.ptr) }
func (r *region) limit() uintptr { return uintptr(r.ptr) + uintptr(r.bytes) }

func (m *regions) add(r *region) {
	if r.bytes == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if from := m.from.Load(); from == 0 || r.begin() < from {
		m.from.Store(r.begin())
	}
	if r.limit() > m.to.Load() {
		m.to.Store(r.limit())
	}
	at := m.first(r.begin())
	m.list = append(m.list, nil)
	copy(m.list[at+1:], m.list[at:])
	m.list[at] = r
}

func (m *regions) remove(r *region) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for at := range m.list {
		if m.list[at] == r {
			m.list = append(m.list[:at], m.list[at+1:]...)
			return
		}
	}
}

// hold finds the region that a slice lies in, and holds it; nil: there is no such region, or its memory was freed.
func (m *regions) hold(p []byte) *region {
	if len(p) == 0 {
		return nil
	}
	at := uintptr(unsafe.Pointer(&p[0]))
	if at < m.from.Load() || at >= m.to.Load() {
		return nil
	}
	if r := m.find(at, uintptr(len(p))); r != nil && r.hold() == nil {
		return r
	}
	return nil
}

func (m *regions) find(at, bytes uintptr) *region {
	m.mu.RLock()
	defer m.mu.RUnlock()
	i := m.first(at)
	if i == len(m.list) {
		return nil
	}
	if r := m.list[i]; r.begin() <= at && bytes <= r.limit()-at {
		return r
	}
	return nil
}
