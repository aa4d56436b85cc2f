// SPDX-License-Identifier: BSD-3-Clause

// Package upnvme is user-space, polled NVMe: it drives NVMe controllers from the program's own address space, by the C
// library libupnvme. The library brings a software controller, so that everything runs without root or a spare disk:
//
//	ctrlr, err := upnvme.Open("soft:/tmp/disk.img?block=4096")
//	defer ctrlr.Close()
//	ns, err := ctrlr.Namespace(1)
//	n, err := ns.ReadAt(p, off) // io.ReaderAt and io.WriterAt: any goroutine, any alignment, any slice
//
// # Three ways to run commands
//
// From any goroutine, one request at a time, by [Namespace.ReadAt] and its like (bytes of any slice, copied), or by
// [Namespace.Read] and its like (blocks of DMA memory of [Controller.Alloc], not copied). Each call leases a queue pair
// from a few that the controller keeps, and does the whole request in one call of C.
//
// From any goroutine, batches, by [Pool.Do]: OS threads with a queue pair each do the work.
//
// From a goroutine that keeps its OS thread, as fast as C: [Controller.WithQPair] gives the goroutine a queue pair.
// [QPair.Submit] and [QPair.Reap] take slices of plain records, and allocate nothing; [QPair.Read] and its like
// take a function for each command.
//
// # Threads
//
// A controller, its namespaces, its buffers and pools may be used from any goroutine. A queue pair belongs to an OS
// thread; a call from another is refused with EPERM. WithQPair locks the goroutine to its thread, so a program that
// hands the QPair to no other goroutine never sees this error.
//
// C never calls Go. The library's callbacks are noted in C memory, and their functions are run by the goroutine that
// polls: functions of commands within [QPair.Poll] and [QPair.Reap], those of events and admin commands within
// [Controller.Poll]. The log comes through a pipe, to a goroutine of its own.
//
// # Who owns memory
//
// The slice of ReadAt or WriteAt is not shown to the device: data goes through DMA memory of the lease. Where the slice
// lies within a Buffer, is aligned, and the call cannot be cancelled, the device moves a request of whole blocks there
// itself. Only the caller touches the slice after the call has returned, whatever the result was.
//
// A [Buffer] is the caller's, from Alloc to [Buffer.Free]. While a command is in flight, its part of the buffer belongs
// to the device. Freeing early is safe: a call that uses the buffer keeps it, and the library sets allocated memory
// aside until the commands that may touch it are done. Registered memory stays the program's; [Buffer.Free] of it fails
// with EBUSY while there is such a call or command.
//
// Offsets and lengths are checked against the buffer before a command goes out, each time: a command cannot reach the
// memory behind its buffer. Commands of [QPair.Raw] are not checked.
//
// # Cancelled calls
//
// A call with a context returns at once when the context is done, at the latest after the spin budget (20 µs if not
// said otherwise). NVMe cannot take a command back in time, so the command goes on: its lease, its DMA memory and the
// locks of the blocks that it writes in part stay with the command until the device has answered, and then a goroutine
// gives them back. A write that was cancelled may have happened or not, and may still happen until then.
//
// # Waiting
//
// A call polls on its thread for the spin budget. A command that takes longer is handed to the poller: one goroutine
// for all such commands. Where completions signal an eventfd (PCIe by VFIO, soft: with mode=thread) the poller sleeps
// until one does, on one thread; elsewhere it looks and sleeps by turns, between 20 µs and 1 ms. There is no poller
// while there is nothing to wait for. The threads of a [Pool] with [Interrupt] sleep likewise; those of other pools
// look and sleep by turns. A slow disk holds no thread spinning, and an idle program burns no core. When all leases are
// out, calls wait in the order in which they came.
//
// # Writes at the same time
//
// NVMe writes blocks. WriteAt of a part of a block reads the block, changes it and writes it back, with the block
// locked against other such writes of this process by this controller: calls that do not overlap never lose each
// other's bytes. Nothing is locked against other queue pairs, other controllers on the same medium, or other programs.
//
// # Closing
//
// [Controller.Close] may be called from any goroutine, and again. Close refuses new work with [ErrClosed], and wakes
// calls that wait for a lease. It lets commands that the device has finish, for 10 s if [DrainTimeout] does not say
// otherwise, and then makes the library end them. It waits for the functions of WithQPair to return, whose Submit now
// fails while Poll and Reap go on. At last it ends the threads of pools, and gives all DMA memory back. No goroutine,
// thread or memory is left. Finalizers log objects that were dropped open. They close nothing, but take registrations
// of the caller's own memory back.
//
// # Errors
//
// A call that the library refuses fails with an [*Error]: errno, code and a sentence with the thing, the value and the
// remedy, by Go's names; errors.Is(err, syscall.ERANGE) works. An error of a device is a [*StatusError], of which
// errors.Is(err, fs.ErrPermission) and the like hold where they fit. A batch that was not accepted or done as a whole
// has an error beside its count: [ErrQueueFull], or a [*PartialError]. A nil argument, a nil context too, is an error
// that says so. A panic in a function of a command comes out of the poll that ran it, once the others of that poll have
// run.
//
// # Building
//
// The package needs cgo. In the tree, and by default, it takes the installed library through pkg-config; with -tags
// upnvme_static the static one. The module as it is published contains the library's C sources, so that it needs only a
// C compiler; there -tags upnvme_system goes back to pkg-config. Those sources have the software controller and PCIe by
// VFIO and UIO. Files of the software controller go by threads and not by io_uring, unless -tags upnvme_uring says that
// liburing is there; for DPDK's memory the installed library is needed.
package upnvme
