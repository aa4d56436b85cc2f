// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// A nil handle is an error that says so. Every method is called on a nil handle, and with nil arguments, where there
// are handles.
func TestNilIsNoCrash(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	pool, buf := newPool(t, c, 1), alloc(t, c, 4096)
	withQPair(t, c, func(qp *QPair) {
		for _, handle := range []interface{}{(*Controller)(nil), (*Namespace)(nil), (*QPair)(nil),
			(*Buffer)(nil), (*Pool)(nil), c, ns, qp, buf, pool} {
			callAll(t, reflect.ValueOf(handle))
		}
	})
}

// callAll calls all methods with zeros, but those that end the handle, or that would wait for ever.
func callAll(t *testing.T, handle reflect.Value) {
	for i := 0; i < handle.NumMethod(); i++ {
		method, name := handle.Method(i), handle.Type().Method(i).Name
		if !handle.IsNil() && (name == "Close" || name == "Free" || name == "Stop" || name == "Release" ||
			name == "Abandon") {
			continue
		}
		t.Run(handle.Type().Elem().Name()+"."+name, func(t *testing.T) {
			defer func() {
				if r := recover(); r != nil && !isOurs(r) {
					t.Errorf("it panics: %v", r)
				}
			}()
			in := make([]reflect.Value, 0, method.Type().NumIn())
			for a := 0; a < method.Type().NumIn(); a++ {
				in = append(in, reflect.Zero(method.Type().In(a)))
			}
			call := method.Call
			if method.Type().IsVariadic() {
				call = method.CallSlice
			}
			for _, out := range call(in) {
				if qp, ok := out.Interface().(*QPair); ok && qp != nil {
					must(t, qp.Close())
				}
			}
		})
	}
}

// isOurs tells whether a panic has a sentence of the package, as that of Buffer.Slice does.
func isOurs(r interface{}) bool {
	_, ours := r.(*Error)
	return ours
}

// The handles that are needed are there, and a nil in the place of each other argument is refused by its name.
func TestNilArgumentsAreNamed(t *testing.T) {
	c, ns := open(t, "soft:ram?size=1MiB")
	pool := newPool(t, c, 1)
	buf := alloc(t, c, 4096)
	var none context.Context
	_, readErr := ns.ReadAtContext(none, make([]byte, 1), 0)
	_, writeErr := ns.WriteAtContext(none, make([]byte, 1), 0)
	_, adminErr := c.Admin(none, &RawCommand{}, nil)
	_, openErr := Open("soft:null", nil)
	_, rawErr := c.Admin(ctx, nil, nil)
	errs := map[string][]error{
		"context is nil": {readErr, writeErr, adminErr, ns.Read(none, buf, 0, 1), ns.Verify(none, 0, 1),
			pool.Do(none, buf, make([]Op, 1), make([]Completion, 1)), pool.Do(none, nil, nil, nil)},
		"op is nil":         {ns.Do(ctx, buf, nil)},
		"option is nil":     {openErr, c.WithQPair(func(*QPair) error { return nil }, nil)},
		"command is nil":    {rawErr, c.AdminStart(nil, nil, nil)},
		"function is nil":   {c.WithQPair(nil)},
		"namespace is nil":  {(*Namespace)(nil).Flush(ctx)},
		"controller is nil": {(*Controller)(nil).Poll()},
		"pool is nil":       {(*Pool)(nil).Do(ctx, nil, nil, nil)},
	}
	withQPair(t, c, func(qp *QPair) {
		errs["op is nil"] = append(errs["op is nil"], qp.IO(buf, nil, nil), qp.IOVec(nil, nil, nil))
		errs["command is nil"] = append(errs["command is nil"], qp.Raw(nil, buf, nil))
	})
	for text, all := range errs {
		for i, err := range all {
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeNull || !strings.Contains(e.Text, text) {
				t.Errorf("%s (%d): %v", text, i, err)
			}
		}
	}
}
