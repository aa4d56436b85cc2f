// SPDX-License-Identifier: BSD-3-Clause

//go:build cgo

package upnvme

// #include <upnvme/cgo.h>
import "C"

import (
	"fmt"
	"unsafe"
)

// Opcode is the opcode of an I/O command (NVM Command Set 1.0c, Figure 15; UPNVME_OP_...).
type Opcode uint8

// The opcodes of an [Op]. [QPair.Raw] sends commands with any other opcode.
const (
	OpFlush             Opcode = C.UPNVME_OP_FLUSH
	OpWrite             Opcode = C.UPNVME_OP_WRITE
	OpRead              Opcode = C.UPNVME_OP_READ
	OpCompare           Opcode = C.UPNVME_OP_COMPARE
	OpWriteZeroes       Opcode = C.UPNVME_OP_WRITE_ZEROES
	OpDatasetManagement Opcode = C.UPNVME_OP_DATASET_MANAGEMENT
	OpVerify            Opcode = C.UPNVME_OP_VERIFY
)

var opcodeWords = []word{
	{uint32(OpFlush), "flush"},
	{uint32(OpWrite), "write"},
	{uint32(OpRead), "read"},
	{uint32(OpCompare), "compare"},
	{uint32(OpWriteZeroes), "write zeroes"},
	{uint32(OpDatasetManagement), "dataset management"},
	{uint32(OpVerify), "verify"},
}

// String names the command.
func (o Opcode) String() string { return wordOf("Opcode", uint32(o), opcodeWords) }

// OpFlags are bits of a command's dword 12 (NVM Command Set 1.0c, 3.2.6; UPNVME_FUA and its like).
type OpFlags uint16

// The flags of an [Op].
const (
	FUA              OpFlags = C.UPNVME_FUA               // durable once completed
	LimitedRetry     OpFlags = C.UPNVME_LIMITED_RETRY     // the device retries less
	DeallocateZeroes OpFlags = C.UPNVME_DEALLOCATE_ZEROES // write zeroes: may deallocate
	FusedFirst       OpFlags = C.UPNVME_FUSED_FIRST       // refused with ENOTSUP
	FusedSecond      OpFlags = C.UPNVME_FUSED_SECOND      // likewise
	CheckRef         OpFlags = C.UPNVME_PRCHK_REF         // check the reference tag
	CheckApp         OpFlags = C.UPNVME_PRCHK_APP         // check the application tag
	CheckGuard       OpFlags = C.UPNVME_PRCHK_GUARD       // check the guard
	ProtectionAction OpFlags = C.UPNVME_PRACT             // protection information action
	CheckStorageTag  OpFlags = C.UPNVME_STORAGE_TAG_CHECK // check the storage tag
	NoSplit          OpFlags = C.UPNVME_NO_SPLIT          // a request that would be split is refused
)

var opFlagWords = []word{
	{uint32(FUA), "FUA"},
	{uint32(LimitedRetry), "LimitedRetry"},
	{uint32(DeallocateZeroes), "DeallocateZeroes"},
	{uint32(FusedFirst), "FusedFirst"},
	{uint32(FusedSecond), "FusedSecond"},
	{uint32(CheckRef), "CheckRef"},
	{uint32(CheckApp), "CheckApp"},
	{uint32(CheckGuard), "CheckGuard"},
	{uint32(ProtectionAction), "ProtectionAction"},
	{uint32(CheckStorageTag), "CheckStorageTag"},
	{uint32(NoSplit), "NoSplit"},
}

// String names the flags.
func (f OpFlags) String() string { return bitsOf(uint32(f), opFlagWords) }

// Form is the kind of data at the Offset of an [Op] (UPNVME_FORM_...).
type Form uint8

const (
	// FormBuffer is the usual form: data begins at Offset, if the command has any.
	FormBuffer Form = C.UPNVME_FORM_BUF
	// FormRanges is for dataset management: at Offset are Blocks range definitions of 16 bytes (NVM Command Set
	// 1.0c, Figure 41), and DSM has the attributes.
	FormRanges Form = C.UPNVME_FORM_RANGES
)

// String names the form.
func (f Form) String() string {
	return wordOf("Form", uint32(f), []word{{uint32(FormBuffer), "buffer"}, {uint32(FormRanges), "ranges"}})
}

// Op is one I/O command, as plain data (struct upnvme_op). Zero what you do not use.
//
// Read, write, compare, verify, write zeroes: NSID, LBA, Blocks, Flags; Offset (not for the last two). Flush: NSID.
// Dataset management: NSID, and LBA and Blocks of the one range that is deallocated, or [FormRanges].
type Op struct {
	Opcode     Opcode
	Form       Form
	Flags      OpFlags
	NSID       uint32 // namespace identifier
	LBA        uint64 // first logical block
	Blocks     uint32 // how many
	DSM        uint8  // dataset management hints, or the attributes of dataset management
	DType      uint8  // directive type
	Directive  uint16 // directive specific value
	Tag        uint64 // comes back in the completion
	Offset     uint64 // where the data begins in the buffer that the op is submitted with
	MetaOffset uint64 // where separate metadata begins in that buffer; 0: there is none
	RefTag     uint64 // expected storage and reference tag, bits 63:0
	_          uint16
	AppTag     uint16 // expected application tag
	AppMask    uint16 // mask of the application tag
	RefTagHigh uint16 // bits 79:64 of the storage and reference tag
}

// String tells the fields of the command that are not zero.
func (op Op) String() string { return setFieldsOf(op) }

// Completion has the result of a command (struct upnvme_completion).
type Completion struct {
	Tag    uint64 // the op's tag; without meaning for a command with a function
	Result uint64 // dwords 0 and 1 of the completion entry
	Status uint16 // 0 for success
	Flags  uint16 // see [StatusError]: Aborted, Indeterminate; and [Completion.NotAtomic]
	Blocks uint32 // valid before the first error: all of them on success
	_      uint64
}

// Err is nil if the command succeeded, else a [*StatusError].
func (c Completion) Err() error {
	if c.Status == 0 {
		return nil
	}
	return newStatusError(c.Status, c.Flags, uint64(c.Blocks))
}

// NotAtomic says that a write, or write zeroes, went as several commands: such a request is not atomic as a whole,
// however short it is. With [NoSplit] a request that needs several commands is refused.
func (c Completion) NotAtomic() bool { return c.Flags&C.UPNVME_DONE_NOT_ATOMIC != 0 }

// String tells how the command ended.
func (c Completion) String() string {
	if err := c.Err(); err != nil {
		return fmt.Sprintf("tag %d: %v; %d blocks before that", c.Tag, err, c.Blocks)
	}
	return fmt.Sprintf("tag %d: done, %d blocks, result %#x", c.Tag, c.Blocks, c.Result)
}

// Op and Completion have the layout of C's records; a difference in a size or place below does not compile.
type (
	cOp         = C.struct_upnvme_op
	cCompletion = C.struct_upnvme_completion
)

var (
	_ [unsafe.Sizeof(Op{})]byte                  = [unsafe.Sizeof(cOp{})]byte{}
	_ [unsafe.Offsetof(Op{}.Tag)]byte            = [unsafe.Offsetof(cOp{}.tag)]byte{}
	_ [unsafe.Offsetof(Op{}.Offset)]byte         = [unsafe.Offsetof(cOp{}.buf)]byte{}
	_ [unsafe.Offsetof(Op{}.RefTag)]byte         = [unsafe.Offsetof(cOp{}.ref_tag)]byte{}
	_ [unsafe.Offsetof(Op{}.RefTagHigh)]byte     = [unsafe.Offsetof(cOp{}.ref_tag_high)]byte{}
	_ [unsafe.Sizeof(Completion{})]byte          = [unsafe.Sizeof(cCompletion{})]byte{}
	_ [unsafe.Offsetof(Completion{}.Status)]byte = [unsafe.Offsetof(cCompletion{}.status)]byte{}
	_ [C.UPNVME_CGO_VERSION]byte                 = [4]byte{}
)

// cOps is the address of a slice of ops for C, in a type in which cgo does not look for pointers.
func cOps(ops []Op) unsafe.Pointer {
	if len(ops) == 0 {
		return nil
	}
	return unsafe.Pointer(&ops[0])
}

func cCompletions(done []Completion) *C.struct_upnvme_completion {
	if len(done) == 0 {
		return nil
	}
	return (*C.struct_upnvme_completion)(unsafe.Pointer(&done[0]))
}
