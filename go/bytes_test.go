// SPDX-License-Identifier: BSD-3-Clause

package upnvme

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
)

func TestReaderAndWriterKeepTheirContracts(t *testing.T) {
	for _, block := range []int{512, 4096, 65536} {
		_, ns := open(t, fmt.Sprintf("soft:ram?size=128KiB&block=%d", block))
		content := fill(make([]byte, ns.Size()), 1)
		if n, err := ns.WriteAt(content, 0); n != len(content) || err != nil {
			t.Fatal(n, err)
		}
		if err := iotest.TestReader(io.NewSectionReader(ns, 0, ns.Size()), content); err != nil {
			t.Error(err)
		}
		if err := iotest.TestReader(io.NewSectionReader(ns, 777, 5000), content[777:5777]); err != nil {
			t.Error(err)
		}
	}
}

func TestTheEndOfTheNamespace(t *testing.T) {
	_, ns := open(t, "soft:ram?size=64KiB&block=4096")
	size := ns.Size()
	p := make([]byte, 100)
	cases := []struct {
		off   int64
		len   int
		n     int
		read  error
		write error
	}{
		{size - 100, 100, 100, nil, nil},
		{size - 60, 100, 60, io.EOF, syscall.ENOSPC},
		{size, 100, 0, io.EOF, syscall.ENOSPC},
		{size + 12345, 100, 0, io.EOF, syscall.ENOSPC},
		{1<<63 - 1, 100, 0, io.EOF, syscall.ENOSPC},
		{size, 0, 0, nil, nil},
		{0, 0, 0, nil, nil},
		{-1, 100, 0, syscall.EINVAL, syscall.EINVAL},
	}
	for _, c := range cases {
		if n, err := ns.ReadAt(p[:c.len], c.off); n != c.n || !errors.Is(err, c.read) {
			t.Errorf("ReadAt(%d bytes, %d) = %d, %v", c.len, c.off, n, err)
		}
		if n, err := ns.WriteAt(p[:c.len], c.off); n != c.n || !errors.Is(err, c.write) {
			t.Errorf("WriteAt(%d bytes, %d) = %d, %v", c.len, c.off, n, err)
		}
	}
}

func TestAReadOnlyNamespaceRefusesWrites(t *testing.T) {
	_, ns := open(t, "soft:"+image(t, 1<<16)+"?readonly=1")
	var status *StatusError
	if n, err := ns.WriteAt(make([]byte, 512), 0); n != 0 || !errors.As(err, &status) || status.Name == "" {
		t.Fatal(n, err)
	}
	if n, err := ns.ReadAt(make([]byte, 512), 0); n != 512 || err != nil {
		t.Fatal(n, err)
	}
}

func TestLargeRequestsGoPieceByPiece(t *testing.T) {
	_, ns := open(t, "soft:ram?size=8MiB&block=512&mdts=1")
	content := fill(make([]byte, 5<<20), 2)
	if n, err := ns.WriteAt(content, 12345); n != len(content) || err != nil {
		t.Fatal(n, err)
	}
	got := make([]byte, len(content))
	if n, err := ns.ReadAt(got, 12345); n != len(got) || err != nil {
		t.Fatal(n, err)
	}
	same(t, got, content)
}

// Writers that meet in blocks but not in bytes: each has every 64th piece of 96 bytes.
func TestWritesThatMeetInABlockLoseNothing(t *testing.T) {
	const writers, piece, pieces = 64, 96, 40
	for _, uri := range []string{"soft:ram?size=1MiB&block=4096", "soft:" + image(t, 1<<20) + "?block=512"} {
		_, ns := open(t, uri)
		content := fill(make([]byte, writers*piece*pieces), 3)
		var wait sync.WaitGroup
		for w := 0; w < writers; w++ {
			wait.Add(1)
			go func(w int) {
				defer wait.Done()
				for i := 0; i < pieces; i++ {
					at := (i*writers + w) * piece
					if n, err := ns.WriteAt(content[at:at+piece], int64(at)); n != piece ||
						err != nil {
						t.Error(n, err)
					}
				}
			}(w)
		}
		wait.Wait()
		got := make([]byte, len(content))
		if _, err := ns.ReadAt(got, 0); err != nil {
			t.Fatal(err)
		}
		same(t, got, content)
	}
}

func TestAThousandGoroutines(t *testing.T) {
	_, ns := open(t, "soft:ram?size=16MiB&block=4096")
	var wait sync.WaitGroup
	for g := 0; g < 1000; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			mine, got := fill(make([]byte, 9000), int64(g)), make([]byte, 9000)
			for i := 0; i < 5; i++ {
				if _, err := ns.WriteAt(mine, int64(g)*9000); err != nil {
					t.Error(err)
				}
				if _, err := ns.ReadAt(got, int64(g)*9000); err != nil {
					t.Error(err)
				}
			}
			if string(got) != string(mine) {
				t.Errorf("goroutine %d reads other bytes than it wrote", g)
			}
		}(g)
	}
	wait.Wait()
}

// With one lease, 50 goroutines wait in turn, and each gets its turn.
func TestCallsWaitInTurnForALease(t *testing.T) {
	c, ns := open(t, "soft:"+image(t, 1<<20)+"?block=512", Leases(1))
	var wait sync.WaitGroup
	for g := 0; g < 50; g++ {
		wait.Add(1)
		go func(g int) {
			defer wait.Done()
			for i := 0; i < 10; i++ {
				if _, err := ns.ReadAt(make([]byte, 512), int64(g)*512); err != nil {
					t.Error(err)
				}
			}
		}(g)
	}
	wait.Wait()
	if stats := c.Stats(); stats.QPairs != 1 || stats.Commands != 500 || stats.BouncedBytes != 500*512 {
		t.Errorf("%+v", stats)
	}
}

// A file of the operating system, of the same size, tells the expected content of a namespace.
func oracle(t testing.TB, size int64) *os.File {
	file, err := os.OpenFile(image(t, size), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// compareWithOracle does one request on both, the namespace's with the bytes of p.
func compareWithOracle(t testing.TB, ns *Namespace, file *os.File, write bool, off int64, p []byte, seed int64) {
	size, length := ns.Size(), len(p)
	fill(p, seed)
	fits := length
	if off >= size {
		fits = 0
	} else if int64(fits) > size-off {
		fits = int(size - off)
	}
	if write {
		n, err := ns.WriteAt(p, off)
		if n != fits || (err == nil) != (fits == length) {
			t.Fatalf("WriteAt(%d bytes, %d) = %d, %v", length, off, n, err)
		}
		if _, err := file.WriteAt(p[:fits], off); fits > 0 && err != nil {
			t.Fatal(err)
		}
		return
	}
	q := append([]byte(nil), p...)
	n, err := ns.ReadAt(p, off)
	if n != fits || (err == io.EOF) != (fits < length) {
		t.Fatalf("ReadAt(%d bytes, %d) = %d, %v", length, off, n, err)
	}
	if _, err := file.ReadAt(q[:fits], off); fits > 0 && err != nil {
		t.Fatal(err)
	}
	same(t, p, q) // bytes behind the end are unchanged, too
}

// memoryFor is the memory of a request: in a slice of Go's, or in a buffer, where the device may reach them.
func memoryFor(buf *Buffer, inBuffer bool, at, length int) []byte {
	if inBuffer {
		return buf.Bytes()[at : at+length : at+length]
	}
	return make([]byte, length)
}

func TestRandomRequestsAgainstAFile(t *testing.T) {
	const size = 64 << 10
	for _, block := range []int{512, 4096} {
		c, ns := open(t, fmt.Sprintf("soft:ram?size=%d&block=%d&noiob=3", size, block))
		file, buf := oracle(t, size), alloc(t, c, 16<<10)
		random := rand.New(rand.NewSource(4))
		for i := 0; i < 4000; i++ {
			off, length, at := random.Int63n(size+5000), random.Intn(9000), random.Intn(1000)
			if i%4 == 0 { // whole blocks, at the start of a page or not
				off, length = off&^4095, length&^4095
				at = at & 512
			}
			compareWithOracle(t, ns, file, random.Intn(2) == 0, off,
				memoryFor(buf, random.Intn(2) == 0, at, length), int64(i))
		}
		if stats := c.Stats(); stats.BouncedBytes == 0 || stats.Commands == 0 {
			t.Errorf("%+v", stats)
		}
	}
}

// Large requests have several pieces under way at the same time.
func TestLargeRandomRequestsAgainstAFile(t *testing.T) {
	const size = 8 << 20
	requests := 24
	if testing.Short() {
		requests = 6
	}
	for _, uri := range []string{"soft:ram?size=%d&block=4096", "soft:ram?size=%d&block=512&mdts=2&mode=thread"} {
		_, ns := open(t, fmt.Sprintf(uri, size))
		file := oracle(t, size)
		random := rand.New(rand.NewSource(5))
		for i := 0; i < requests; i++ {
			compareWithOracle(t, ns, file, i%2 == 0, random.Int63n(size), make([]byte, random.Intn(size)),
				int64(i))
		}
	}
}

func FuzzReadAtAndWriteAt(f *testing.F) {
	const size = 32 << 10
	f.Add([]byte{1, 0, 0, 10, 0, 0, 0, 200, 20, 0})
	f.Add([]byte{1, 255, 127, 0, 16, 0, 240, 127, 0, 40, 1, 1, 2, 3, 4})
	f.Add([]byte{3, 0, 4, 0, 8, 2, 0, 4, 0, 8, 7, 0, 6, 0, 4, 6, 1, 6, 0, 4})
	c, err := Open(fmt.Sprintf("soft:ram?size=%d&block=512", size))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { c.Close() })
	ns, err := c.Namespace(1)
	if err != nil {
		f.Fatal(err)
	}
	buf, err := c.Alloc(16 << 10)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		file := oracle(t, size)
		if err := ns.WriteZeroes(context.Background(), 0, size/512); err != nil {
			t.Fatal(err)
		}
		for i := 0; len(script) >= 5 && i < 64; i++ {
			off := int64(script[1]) | int64(script[2])<<8
			length := int(script[3]) | int(script[4]&31)<<8
			p := memoryFor(buf, script[0]&2 != 0, int(script[0]>>2)*4, length)
			compareWithOracle(t, ns, file, script[0]&1 == 1, off, p, int64(i))
			script = script[5:]
		}
	})
}
