// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"bytes"
	"context"
	"io"
	"testing"
)

func TestSmoke(t *testing.T) {
	c, err := Open("soft:ram?size=1MiB&block=512")
	if err != nil {
		t.Fatal(err)
	}
	ns, err := c.Namespace(1)
	if err != nil {
		t.Fatal(err)
	}
	p := bytes.Repeat([]byte("abc"), 1000)
	if n, err := ns.WriteAt(p, 777); n != len(p) || err != nil {
		t.Fatal(n, err)
	}
	q := make([]byte, len(p))
	if n, err := ns.ReadAt(q, 777); n != len(p) || err != nil || !bytes.Equal(p, q) {
		t.Fatal(n, err)
	}
	if n, err := ns.ReadAt(q, 1<<20-10); n != 10 || err != io.EOF {
		t.Fatal(n, err)
	}
	buf, err := c.Alloc(4096)
	if err != nil {
		t.Fatal(err)
	}
	if err := ns.Read(context.Background(), buf, 0, 8); err != nil {
		t.Fatal(err)
	}
	if err := ns.Read(context.Background(), buf, 0, 9); err != errTooShort {
		t.Fatal(err)
	}
	err = c.WithQPair(func(qp *QPair) error {
		ran := 0
		if err := qp.Read(ns, buf, 0, 8, func(c Completion) { ran++ }); err != nil {
			return err
		}
		n, err := qp.Poll()
		if n != 1 || ran != 1 {
			t.Fatal(n, err, ran)
		}
		ops := make([]Op, 8)
		done := make([]Completion, 8)
		for i := range ops {
			ops[i] = Op{Opcode: OpRead, NSID: 1, LBA: uint64(i), Blocks: 1, Offset: uint64(i) * 512, Tag: uint64(i)}
		}
		if n, err := qp.Submit(buf, ops); n != 8 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := qp.Reap(done); n != 8 || err != nil {
			t.Fatal(n, err)
		}
		allocs := testing.AllocsPerRun(1000, func() {
			qp.Submit(buf, ops)
			qp.Reap(done)
		})
		t.Log("allocs", allocs)
		return nil
	}, Depth(256))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := c.NewPool(2)
	if err != nil {
		t.Fatal(err)
	}
	done := make([]Completion, 1)
	if err := pool.Do(context.Background(), buf, []Op{{Opcode: OpRead, NSID: 1, Blocks: 8, Tag: 5}}, done); err != nil || done[0].Tag != 5 {
		t.Fatal(err, done)
	}
	t.Log(testing.AllocsPerRun(1000, func() { ns.ReadAt(q[:512], 512) }), c.Stats())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ns.ReadAt(q, 0); err != ErrClosed {
		t.Fatal(err)
	}
}

func BenchmarkReadAt(b *testing.B) {
	c, err := Open("soft:null?block=4096")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ns, _ := c.Namespace(1)
	p := make([]byte, 4096)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		ns.ReadAt(p, int64(i%1000)*4096)
	}
}

func BenchmarkBatch(b *testing.B) {
	c, err := Open("soft:null?block=4096")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	buf, _ := c.Alloc(4096)
	ops := make([]Op, 32)
	done := make([]Completion, 32)
	for i := range ops {
		ops[i] = Op{Opcode: OpRead, NSID: 1, LBA: uint64(i), Blocks: 1, Tag: uint64(i)}
	}
	b.ReportAllocs()
	c.WithQPair(func(qp *QPair) error {
		for i := 0; i < b.N; i += 32 {
			qp.Submit(buf, ops)
			qp.Reap(done)
		}
		return nil
	})
}

func BenchmarkCallback(b *testing.B) {
	c, err := Open("soft:null?block=4096")
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ns, _ := c.Namespace(1)
	buf, _ := c.Alloc(4096)
	b.ReportAllocs()
	c.WithQPair(func(qp *QPair) error {
		n := 0
		for i := 0; i < b.N; i += 32 {
			for j := 0; j < 32; j++ {
				qp.Read(ns, buf, uint64(j), 1, func(Completion) { n++ })
			}
			qp.Poll()
		}
		return nil
	})
}
