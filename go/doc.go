// SPDX-License-Identifier: BSD-3-Clause

// Package upnvme is user-space, polled NVMe: it drives NVMe controllers from the program's own address space, by the C
// library libupnvme. The library brings a software controller, so that everything runs without root or a spare disk:
//
//	ctrlr, err := upnvme.Open("soft:/tmp/disk.img?block=4096")
//	defer ctrlr.Close()
//	ns, err := ctrlr.Namespace(1)
//	n, err := ns.ReadAt(p, off) // io.ReaderAt and io.WriterAt: any goroutine, any alignment, any slice
//
// # Three ways
//
// From any goroutine, one request at a time, by [Namespace.ReadAt] and its like (bytes of any slice, copied), or by
// [Namespace.Read] and its like (blocks of DMA memory of [Controller.Alloc], not copied). Each call leases a queue pair
// from a few that the controller keeps, and does all in one call of C.
//
// From any goroutine, batches, by [Pool.Do]: OS threads with a queue pair each do the work.
//
// From a goroutine that keeps its OS thread, as fast as C: [Controller.WithQPair] gives it a queue pair of its own.
// [QPair.Submit] and [QPair.Reap] take slices of plain records, and allocate nothing; [QPair.Read] and its like
// take a function for each command.
//
// # Threads
//
// A controller, its namespaces, its buffers and pools may be used from any goroutine. A queue pair belongs to an OS
// thread; a call from another is refused with EPERM. WithQPair locks the goroutine to its thread, so a program that
// hands the QPair to no other goroutine never sees that.
//
// C never calls Go. What the library calls back with is noted in C memory, and run by the goroutine that polls:
// functions of commands within [QPair.Poll] and [QPair.Reap], those of events and admin commands within
// [Controller.Poll]. The log comes through a pipe, to a goroutine of its own.
//
// # Who owns memory
//
// The slice of ReadAt or WriteAt is not shown to the device: data goes through DMA memory of the lease. Only where the
// slice lies within a Buffer, and the call cannot be cancelled, the device moves whole blocks there itself. Nobody but
// the caller touches the slice after the call has returned, whatever the reason was.
//
// A [Buffer] is the caller's, from Alloc to [Buffer.Free]. While a command is in flight, what it covers is the
// device's. Freeing early is safe: a call that uses the buffer keeps it, and the library sets allocated memory aside
// until the commands that may touch it are done. Registered memory stays the program's; [Buffer.Free] of it fails with
// EBUSY while there is such a call or command.
//
// Offsets and lengths are checked against the buffer before a command goes out, each time: a command cannot reach the
// memory behind its buffer. What [QPair.Raw] sends is not looked into.
//
// # Cancelled calls
//
// A call with a context returns at once when that is done, at the latest after the spin budget (20 µs if not said
// otherwise). NVMe cannot take a command back in time, so it goes on: its lease, its DMA memory and the locks of the
// blocks that it writes in part stay with it until the device has answered. Then a goroutine gives them back. A write
// that was cancelled may have happened or not, and may still happen until then.
//
// # Waiting
//
// A call polls on its thread for the spin budget. A command that takes longer is handed to the poller: one goroutine
// for all such commands. Where completions signal an eventfd (PCIe by VFIO, soft: with mode=thread) it sleeps until one
// does, on one thread; elsewhere it looks and sleeps by turns, between 20 µs and 1 ms. There is none while there is
// nothing to wait for. The threads of a [Pool] with [Interrupt] sleep likewise, those of others by turns. A slow disk
// holds no thread spinning, and an idle program burns no core. When all leases are out, calls wait in the order in
// which they came.
//
// # Writes at the same time
//
// NVMe writes blocks. WriteAt of a part of a block reads the block, changes it and writes it back, with the block
// locked against other such writes of this process by this controller: calls that do not overlap never lose each
// other's bytes. Nothing is locked against other queue pairs, other controllers on the same medium, or other programs.
//
// # Closing
//
// [Controller.Close] may be called from any goroutine, and again. It refuses new work with [ErrClosed]; wakes those
// who wait for a lease; lets commands that the device has finish, for 10 s if [DrainTimeout] does not say otherwise,
// and then has the library end them; waits for the functions of WithQPair to return, whose Submit now fails while Poll
// and Reap go on; ends the threads of pools; and gives all DMA memory back. Nothing is left: no goroutine, thread or
// memory. Finalizers tell the log what was dropped open. They close nothing, but take registrations of the caller's own
// memory back.
//
// # Errors
//
// A call that the library refuses fails with an [*Error]: errno, code and a sentence with the thing, the value and the
// remedy, by Go's names; errors.Is(err, syscall.ERANGE) works. What a device answers is a [*StatusError], of which
// errors.Is(err, fs.ErrPermission) and the like hold where they fit. A batch of which not all was accepted or done has
// an error, whatever its count: [ErrQueueFull], or a [*PartialError]. Nil in the place of what is needed, a context
// too, is an error that says so. A panic in a function of a command comes out of the poll that ran it, once the others
// of that poll have run.
//
// # Building
//
// The package needs cgo. In the tree, and by default, it takes the installed library through pkg-config; with
// -tags upnvme_static the static one. In the module as it is published the library's C sources are a part, so that a C
// compiler is all that it takes; there -tags upnvme_system goes back to pkg-config. Those sources have the software
// controller and PCIe by VFIO and UIO. Files of the software controller go by threads and not by io_uring, unless
// -tags upnvme_uring says that liburing is there; DPDK's memory takes the installed library.
package upnvme
