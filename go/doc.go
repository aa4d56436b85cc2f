// SPDX-License-Identifier: BSD-3-Clause

// Package upnvme is user-space, polled NVMe.
package upnvme
