// SPDX-License-Identifier: BSD-3-Clause

//go:build !cgo

package upnvme

// The compiler's complaint about the next line is the message: this package stands on a C library, and without cgo
// there is nothing that it could do.
var _ = upnvme_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler
