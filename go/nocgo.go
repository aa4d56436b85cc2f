// SPDX-License-Identifier: BSD-3-Clause

//go:build !cgo

package upnvme

// The compiler's complaint about the next line is the message: this package needs a C library, and does nothing without
// cgo.
var _ = upnvme_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler
