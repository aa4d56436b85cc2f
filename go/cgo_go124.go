// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo && go1.24

package upnvme

// The functions below are called once for each I/O or batch. None of them keeps a pointer to Go's memory, and none
// calls Go: cgo can leave out what it does for functions that may.

// #cgo noescape upnvme_cgo_at_once
// #cgo nocallback upnvme_cgo_at_once
// #cgo noescape upnvme_cgo_do
// #cgo nocallback upnvme_cgo_do
// #cgo noescape upnvme_cgo_lease_run
// #cgo nocallback upnvme_cgo_lease_run
// #cgo noescape upnvme_cgo_move
// #cgo nocallback upnvme_cgo_move
// #cgo noescape upnvme_cgo_io
// #cgo nocallback upnvme_cgo_io
// #cgo noescape upnvme_cgo_submit
// #cgo nocallback upnvme_cgo_submit
// #cgo noescape upnvme_cgo_exec
// #cgo nocallback upnvme_cgo_exec
// #cgo noescape upnvme_cgo_poll
// #cgo nocallback upnvme_cgo_poll
// #cgo noescape upnvme_cgo_reap
// #cgo nocallback upnvme_cgo_reap
// #include <upnvme/cgo.h>
import "C"
