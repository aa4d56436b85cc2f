// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"fmt"
	"sync"
	"time"
)

// EventKind is the kind of an [Event] (UPNVME_EVENT_...).
type EventKind uint32

// The kinds.
const (
	EventNamespaceChanged EventKind = C.UPNVME_EVENT_NS_CHANGED // a namespace appeared, changed or went
	EventSMART            EventKind = C.UPNVME_EVENT_SMART      // a health warning
	EventError            EventKind = C.UPNVME_EVENT_ERROR      // the controller reports an error
	EventFailed           EventKind = C.UPNVME_EVENT_FAILED     // the controller failed: all is aborted
	EventOther            EventKind = C.UPNVME_EVENT_OTHER      // look at Type, Info and LogPage
)

var eventWords = []word{
	{uint32(EventNamespaceChanged), "namespace changed"},
	{uint32(EventSMART), "smart"},
	{uint32(EventError), "error"},
	{uint32(EventFailed), "failed"},
	{uint32(EventOther), "other"},
}

// String names the kind.
func (k EventKind) String() string { return wordOf("EventKind", uint32(k), eventWords) }

// Event is something that the controller reported (NVMe Base 2.0c, 5.2; struct upnvme_event).
type Event struct {
	Kind    EventKind
	NSID    uint32 // of the namespace that changed; 0: none, or many
	Type    uint8  // asynchronous event type
	Info    uint8  // asynchronous event information
	LogPage uint8  // the log page with more about the event; some log pages the library has read already
}

// String tells it field by field.
func (e Event) String() string { return fieldsOf(e) }

// events are the noted events that were not taken yet.
type events struct {
	noted *C.struct_upnvme_cgo_events

	mu sync.Mutex
	fn func(Event)
}

func (e *events) setUp(c *Controller) error {
	e.noted = C.upnvme_cgo_events_new()
	if e.noted == nil {
		return ErrNoMemory
	}
	_, err := c.use(func() C.int { return C.upnvme_cgo_events_listen(c.ptr, e.noted) })
	if err != nil {
		e.free()
	}
	return err
}

func (e *events) stop(c *Controller) {
	C.upnvme_cgo_events_listen(c.ptr, nil)
}

func (e *events) free() {
	C.upnvme_cgo_events_free(e.noted)
	e.noted = nil
}

// OnEvent sends the controller's events to a function (upnvme_ctrlr_on_event), which runs within [Controller.Poll]; nil
// drops them.
func (c *Controller) OnEvent(fn func(Event)) {
	if c == nil {
		return
	}
	c.events.mu.Lock()
	defer c.events.mu.Unlock()
	c.events.fn = fn
}

// take gives the noted events, and the function for them.
func (e *events) take() ([]Event, func(Event)) {
	var raw [C.UPNVME_CGO_EVENTS]C.struct_upnvme_event
	var lost C.uint32_t
	n := C.upnvme_cgo_events_take(e.noted, &raw[0], &lost)
	if lost > 0 {
		logWarn(fmt.Sprintf("upnvme: %d events were lost: nobody called Poll", uint32(lost)))
	}
	e.mu.Lock()
	fn := e.fn
	e.mu.Unlock()
	taken := make([]Event, 0, n)
	for _, r := range raw[:n] {
		taken = append(taken, Event{EventKind(r.kind), uint32(r.nsid), uint8(r._type), uint8(r.info),
			uint8(r.log_page)})
	}
	return taken, fn
}

// Poll serves the admin side (upnvme_ctrlr_poll): events, keep-alive, commands of [Controller.AdminStart], detection of
// failures. The functions of events and of these commands run within Poll. Call Poll every now and then, or open the
// controller with [Housekeeping].
func (c *Controller) Poll() error {
	if err := c.enter(); err != nil {
		return err
	}
	_, err := call(func() C.int { return C.upnvme_ctrlr_poll(c.ptr) })
	taken, fn := c.events.take()
	c.noteChanges(taken)
	c.gate.leave()
	// The functions may close the controller, which waits for all calls inside.
	c.adminDeliver()
	for _, event := range taken {
		if fn != nil {
			fn(event)
		}
	}
	return err
}

// noteChanges asks for the namespaces anew if an event says that one has changed. The caller keeps the controller open.
func (c *Controller) noteChanges(taken []Event) {
	for _, event := range taken {
		if event.Kind == EventNamespaceChanged {
			c.refreshNamespaces()
			return
		}
	}
}

// keepHouse calls Poll until the controller is closed. It drops Poll's errors: a failure of the controller is an event,
// too, and the error of every later call.
func (c *Controller) keepHouse(period time.Duration) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := c.Poll(); err == ErrClosed {
				return
			}
		case <-c.closed:
			return
		}
	}
}
