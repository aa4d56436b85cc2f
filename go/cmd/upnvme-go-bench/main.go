// SPDX-License-Identifier: BSD-3-Clause

// Upnvme-go-bench measures the Go package, through its public API alone:
//
//	upnvme-go-bench -mode batch|callback|readat|readat64|file64|parked [-uri soft:null] [-ios 2000000] [-file PATH]
//
// It prints, of I/Os of one block, nanoseconds of each ("ns 123.45"), CPU time of each with all threads
// ("cpu_ns 123.45"), how many there are per second ("iops 8100000"), and allocations of each ("allocs 0.000").
//
//	batch     Submit and Reap of 32 reads
//	callback  32 times Read with a function, then Poll
//	readat    ReadAt by one goroutine
//	readat64  ReadAt by 64 goroutines
//	parked    ReadAt by one goroutine, with nothing but the parked poller: SpinBudget(0)
//	file      os.File.ReadAt of -file by one goroutine
//	file64    os.File.ReadAt of -file by 64 goroutines
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	upnvme "github.com/upnvme/upnvme/go"
)

const (
	batch      = 128
	span       = 1024
	goroutines = 64
)

var (
	mode = flag.String("mode", "batch", "batch, callback, readat, readat64, parked, file or file64")
	uri  = flag.String("uri", "soft:null", "the controller")
	ios  = flag.Int("ios", 2000000, "how many I/Os")
	path = flag.String("file", "", "the file of file and file64")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	switch *mode {
	case "file", "file64":
		file, err := os.Open(*path)
		if err != nil {
			return err
		}
		defer file.Close()
		return readAt(file, 4096, *mode == "file64")
	}
	var options []upnvme.Option
	if *mode == "parked" {
		options = append(options, upnvme.SpinBudget(0))
	}
	ctrlr, err := upnvme.Open(*uri, options...)
	if err != nil {
		return err
	}
	defer ctrlr.Close()
	ns, err := ctrlr.Namespace(1)
	if err != nil {
		return err
	}
	switch *mode {
	case "batch":
		return withQPair(ctrlr, ns, batches)
	case "callback":
		return withQPair(ctrlr, ns, callbacks)
	}
	if err := writeSpan(ns); err != nil {
		return err
	}
	return readAt(ns, ns.BlockSize(), *mode == "readat64")
}

// writeSpan writes the blocks that are read later: blocks that were never written may be read by a shorter way.
func writeSpan(ns *upnvme.Namespace) error {
	p := make([]byte, span*ns.BlockSize())
	for i := range p {
		p[i] = byte(i)
	}
	_, err := ns.WriteAt(p, 0)
	return err
}

// measure runs a warm-up, then the I/Os, and prints what they came to.
func measure(do func(n int) error) error {
	if err := do(*ios/10 + batch); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, startCPU := time.Now(), cpuTime()
	err := do(*ios)
	elapsed, cpu := time.Since(start), cpuTime()-startCPU
	runtime.ReadMemStats(&after)
	fmt.Printf("ns %.2f\n", float64(elapsed.Nanoseconds())/float64(*ios))
	fmt.Printf("cpu_ns %.2f\n", float64(cpu.Nanoseconds())/float64(*ios))
	fmt.Printf("iops %.0f\n", float64(*ios)/elapsed.Seconds())
	fmt.Printf("allocs %.3f\n", float64(after.Mallocs-before.Mallocs)/float64(*ios))
	return err
}

// cpuTime is the processor time that this process has used so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func withQPair(ctrlr *upnvme.Controller, ns *upnvme.Namespace,
	work func(*upnvme.QPair, *upnvme.Namespace, *upnvme.Buffer, int) error) error {
	buf, err := ctrlr.Alloc(batch * ns.BlockSize())
	if err != nil {
		return err
	}
	return ctrlr.WithQPair(func(qp *upnvme.QPair) error {
		return measure(func(n int) error { return work(qp, ns, buf, n) })
	})
}

func batches(qp *upnvme.QPair, ns *upnvme.Namespace, buf *upnvme.Buffer, n int) error {
	var ops [batch]upnvme.Op
	var done [batch]upnvme.Completion
	for i := range ops {
		ops[i] = upnvme.Op{Opcode: upnvme.OpRead, NSID: 1, Blocks: 1, Tag: uint64(i),
			Offset: uint64(i * ns.BlockSize())}
	}
	for at := 0; at < n; at += batch {
		for i := range ops {
			ops[i].LBA = uint64(at+i) % span
		}
		if _, err := qp.Submit(buf, ops[:]); err != nil {
			return err
		}
		for k := 0; k < batch; {
			n, err := qp.Reap(done[:batch-k])
			if err != nil {
				return err
			}
			for i := range done[:n] {
				if done[i].Status != 0 {
					return done[i].Err()
				}
			}
			k += n
		}
	}
	return nil
}

func callbacks(qp *upnvme.QPair, ns *upnvme.Namespace, buf *upnvme.Buffer, n int) error {
	var parts [batch]*upnvme.Buffer
	for i := range parts {
		parts[i] = buf.Slice(i*ns.BlockSize(), (i+1)*ns.BlockSize())
	}
	ndone := 0
	var failed error
	fn := func(c upnvme.Completion) {
		ndone++
		if c.Status != 0 {
			failed = c.Err()
		}
	}
	for at := 0; at < n; at += batch {
		for i, part := range parts {
			if err := qp.Read(ns, part, uint64(at+i)%span, 1, fn); err != nil {
				return err
			}
		}
		for end := at + batch; ndone < end; {
			if _, err := qp.Poll(); err != nil {
				return err
			}
		}
	}
	return failed
}

func readAt(from io.ReaderAt, block int, many bool) error {
	if !many {
		p := make([]byte, block)
		return measure(func(n int) error { return reads(from, p, 0, n) })
	}
	return measure(func(n int) error {
		var wait sync.WaitGroup
		errs := make(chan error, goroutines)
		for g := 0; g < goroutines; g++ {
			wait.Add(1)
			go func(g int) {
				defer wait.Done()
				errs <- reads(from, make([]byte, block), g*37, n/goroutines)
			}(g)
		}
		wait.Wait()
		for g := 0; g < goroutines; g++ {
			if err := <-errs; err != nil {
				return err
			}
		}
		return nil
	})
}

func reads(from io.ReaderAt, p []byte, first, n int) error {
	for i := 0; i < n; i++ {
		if _, err := from.ReadAt(p, int64((first+i)%span)*int64(len(p))); err != nil {
			return err
		}
	}
	return nil
}
