// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

// Version is the version of the library that the program runs with (upnvme_version).
func Version() string { return C.GoString(C.upnvme_version()) }

// BuildInfo tells how the library was built (upnvme_build_info).
func BuildInfo() string { return C.GoString(C.upnvme_build_info()) }

// LastSentence is the sentence of the last call that failed on this OS thread (upnvme_last_error), which an [Error] has
// already; for programs that mix this package with C of their own.
func LastSentence() string { return C.GoString(C.upnvme_last_error()) }
