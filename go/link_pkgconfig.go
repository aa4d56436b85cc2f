// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && !upnvme_static

package upnvme

// #cgo pkg-config: upnvme
import "C"
