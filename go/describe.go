// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

import (
	"fmt"
	"strconv"
)

// The text of a handle tells which one it is, from fields that do not change or are atomic: a program may print a
// handle that another goroutine uses. Without these methods package fmt would read all fields.

// literal is the text for the verb %#v of package fmt.
func literal(kind, text string) string { return "(*upnvme." + kind + ")(" + strconv.Quote(text) + ")" }

// String says which controller it is.
func (c *Controller) String() string {
	switch {
	case c == nil:
		return "no controller"
	case c.closing.Load():
		return "controller " + c.uri + ", closed"
	}
	return "controller " + c.uri
}

// GoString does likewise.
func (c *Controller) GoString() string { return literal("Controller", c.String()) }

// String tells which namespace it is, and its size at the last use.
func (ns *Namespace) String() string {
	if ns == nil {
		return "no namespace"
	}
	return fmt.Sprintf("namespace %d of %s: %d blocks of %d bytes", ns.id, ns.ctrlr.uri, ns.blocks.Load(),
		ns.block.Load())
}

// GoString does likewise.
func (ns *Namespace) GoString() string { return literal("Namespace", ns.String()) }

// String says which queue pair it is, or was.
func (q *QPair) String() string {
	if q == nil {
		return "no queue pair"
	}
	return fmt.Sprintf("queue pair %d of %s, depth %d", q.id, q.ctrlr.uri, len(q.slots))
}

// GoString does likewise.
func (q *QPair) GoString() string { return literal("QPair", q.String()) }

// String tells the size of the buffer, and its region.
func (b *Buffer) String() string {
	if b == nil {
		return "no buffer"
	}
	text := fmt.Sprintf("buffer of %d bytes for %s", b.bytes, b.region.ctrlr.uri)
	if b.bytes != b.region.bytes {
		text += fmt.Sprintf(", from byte %d of %d", b.at, b.region.bytes)
	}
	if b.region.state.Load()&regionFreed != 0 {
		text += ", freed"
	}
	return text
}

// GoString does likewise.
func (b *Buffer) GoString() string { return literal("Buffer", b.String()) }

// String tells the pool's controller, and its number of threads.
func (p *Pool) String() string {
	if p == nil {
		return "no pool"
	}
	return fmt.Sprintf("pool of %d threads for %s", p.threads, p.ctrlr.uri)
}

// GoString does likewise.
func (p *Pool) GoString() string { return literal("Pool", p.String()) }
