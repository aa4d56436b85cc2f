// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && go1.21

package upnvme

import "runtime"

// pin keeps memory of Go's at its address while C knows that address.
type pin struct{ pinner runtime.Pinner }

func (p *pin) pin(memory *byte) { p.pinner.Pin(memory) }
func (p *pin) unpin()           { p.pinner.Unpin() }
