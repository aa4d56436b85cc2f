// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && upnvme_static

package upnvme

// The archive comes first, so that nothing is left for the shared library of the same name, which --as-needed drops.

// #cgo pkg-config: --static upnvme
// #cgo LDFLAGS: -l:libupnvme.a -Wl,--as-needed
import "C"
