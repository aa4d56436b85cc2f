// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && !go1.21

package upnvme

// pin has nothing to do before Go 1.21: heap memory does not move there, and the region refers to it.
type pin struct{}

func (p *pin) pin(*byte) {}
func (p *pin) unpin()    {}
