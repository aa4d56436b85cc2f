// SPDX-License-Identifier: BSD-3-Clause

package upnvme_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"syscall"
	"time"

	upnvme "github.com/upnvme/upnvme/go"
)

// Bytes are read and written at any offset, from any goroutine.
func Example() {
	ctrlr, err := upnvme.Open("soft:ram?size=64MiB&block=4096")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ns.WriteAt([]byte("Hello, NVMe!"), 12345); err != nil {
		log.Fatal(err)
	}
	text := make([]byte, 12)
	if _, err := ns.ReadAt(text, 12345); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s of %d bytes\n", text, ns.Size())
	// Output: Hello, NVMe! of 67108864 bytes
}

// A namespace is an io.ReaderAt, so whatever takes one can read it.
func ExampleNamespace_ReadAt() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		log.Fatal(err)
	}
	n, err := io.Copy(io.Discard, io.NewSectionReader(ns, 0, ns.Size()))
	fmt.Println(n, err)
	_, err = ns.ReadAt(make([]byte, 1), ns.Size())
	fmt.Println(err == io.EOF)
	// Output:
	// 1048576 <nil>
	// true
}

// Blocks go to and from DMA memory without being copied; the context limits how long the call waits.
func ExampleNamespace_Read() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB&block=4096")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		log.Fatal(err)
	}
	buf, err := ctrlr.Alloc(2 * ns.BlockSize())
	if err != nil {
		log.Fatal(err)
	}
	defer buf.Free()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	copy(buf.Bytes(), "two blocks")
	if err := ns.Write(ctx, buf, 10, 2); err != nil {
		log.Fatal(err)
	}
	if err := ns.Flush(ctx); err != nil {
		log.Fatal(err)
	}
	if err := ns.Read(ctx, buf.Slice(0, ns.BlockSize()), 10, 1); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", buf.Bytes()[:10])
	// Output: two blocks
}

// A queue pair of one's own, and commands with functions, which run within Poll.
func ExampleController_WithQPair() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB&block=4096")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		log.Fatal(err)
	}
	buf, err := ctrlr.Alloc(8 * ns.BlockSize())
	if err != nil {
		log.Fatal(err)
	}
	err = ctrlr.WithQPair(func(qp *upnvme.QPair) error {
		done := 0
		for lba := uint64(0); lba < 8; lba++ {
			part := buf.Slice(int(lba)*4096, int(lba+1)*4096)
			err := qp.Read(ns, part, lba, 1, func(c upnvme.Completion) {
				if c.Err() == nil {
					done++
				}
			})
			if err != nil {
				return err
			}
		}
		for done < 8 {
			if _, err := qp.Poll(); err != nil {
				return err
			}
		}
		fmt.Println(done, "reads")
		return nil
	}, upnvme.Depth(256))
	if err != nil {
		log.Fatal(err)
	}
	// Output: 8 reads
}

// Batches: plain records in, plain records out, and no allocation.
func ExampleQPair_Submit() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB&block=512")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	buf, err := ctrlr.Alloc(32 * 512)
	if err != nil {
		log.Fatal(err)
	}
	ops, done := make([]upnvme.Op, 32), make([]upnvme.Completion, 32)
	for i := range ops {
		ops[i] = upnvme.Op{Opcode: upnvme.OpRead, NSID: 1, LBA: uint64(i), Blocks: 1,
			Offset: uint64(i) * 512, Tag: uint64(i)}
	}
	err = ctrlr.WithQPair(func(qp *upnvme.QPair) error {
		taken, err := qp.Submit(buf, ops)
		if err != nil {
			return err
		}
		for reaped := 0; reaped < taken; {
			n, err := qp.Reap(done)
			if err != nil {
				return err
			}
			for _, c := range done[:n] {
				if err := c.Err(); err != nil {
					return fmt.Errorf("op %d: %w", c.Tag, err)
				}
			}
			reaped += n
		}
		fmt.Println(taken, "done")
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: 32 done
}

// A pool does batches for any goroutine.
func ExamplePool_Do() {
	ctrlr, err := upnvme.Open("soft:ram?size=1MiB&block=512")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	pool, err := ctrlr.NewPool(2)
	if err != nil {
		log.Fatal(err)
	}
	buf, err := ctrlr.Alloc(512)
	if err != nil {
		log.Fatal(err)
	}
	buf.Bytes()[0] = 1
	ops := []upnvme.Op{
		{Opcode: upnvme.OpFlush, NSID: 1},
		{Opcode: upnvme.OpCompare, NSID: 1, Blocks: 1}, // of zeroes
	}
	done := make([]upnvme.Completion, len(ops))
	if err := pool.Do(context.Background(), buf, ops, done); err != nil {
		log.Fatal(err)
	}
	fmt.Println(done[0].Err(), errors.Is(done[1].Err(), upnvme.ErrCompareFailure))
	// Output: <nil> true
}

// What the library refuses is an Error with an errno, what a device answers is a StatusError, and what was closed is
// os.ErrClosed.
func ExampleError() {
	_, err := upnvme.Open("soft:ram?size=1000")
	var e *upnvme.Error
	fmt.Println(errors.As(err, &e), e.Code, errors.Is(err, syscall.EINVAL))
	ctrlr, err := upnvme.Open("soft:null")
	if err != nil {
		log.Fatal(err)
	}
	ctrlr.Close()
	_, err = ctrlr.Namespace(1)
	fmt.Println(errors.Is(err, os.ErrClosed))
	// Output:
	// true UPNVME_ERR_MEDIA_SIZE true
	// true
}

func ExampleSetLog() {
	err := upnvme.SetLog(func(level upnvme.LogLevel, message string) {
		log.Printf("%s: %s", level, message)
	}, upnvme.LogInfo)
	fmt.Println(err)
	upnvme.SetLog(nil, 0)
	// Output: <nil>
}

func ExampleController_SMART() {
	ctrlr, err := upnvme.Open("soft:null")
	if err != nil {
		log.Fatal(err)
	}
	defer ctrlr.Close()
	smart, err := ctrlr.SMART()
	fmt.Println(smart.CriticalWarning, err)
	// Output: 0 <nil>
}
