/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/types.h
 * The handles, and the records that cross the boundary.
 *
 * Handles are opaque. All calls refuse a closed handle with -EBADF, except those that are made per
 * I/O, which do not check the handle: the short forms (upnvme_read and its like), upnvme_io,
 * upnvme_submit, upnvme_exec, upnvme_poll, upnvme_reap, upnvme_qpair_ring, upnvme_qpair_inflight,
 * upnvme_qpair_wait, and the properties of a namespace. No call may be made while another thread
 * closes its handle.
 *
 * Records without a size field are frozen for ever: their layout is asserted below, and reserved
 * fields must be zero. Structs that may grow begin with their size in bytes: set the size with the
 * ..._INIT or the ..._SIZE that goes with the struct. Options that are larger than the library knows
 * are accepted as long as the unknown bytes are zero, else refused with -E2BIG. In a record that the
 * library fills in, the unknown bytes become zero.
 */
#ifndef UPNVME_TYPES_H
#define UPNVME_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifndef UPNVME_API
/** Marks an exported function; a build of the library may define it otherwise. */
#define UPNVME_API __attribute__((visibility("default")))
#endif

/** @def UPNVME_CAST
 * Casts `value` to `type` as C does, or C++ does, so that programs compile which refuse old-style
 * casts. */
#if defined(__cplusplus)
#define UPNVME_CAST(type, value) static_cast<type>(value)
#else
#define UPNVME_CAST(type, value) ((type)(value))
#endif

/** @def UPNVME_ASSERT
 * Refuses to compile where `condition` does not hold: for the layouts below. */
#if defined(__cplusplus)
#define UPNVME_ASSERT(condition, text) static_assert(condition, text)
#else
#define UPNVME_ASSERT(condition, text) _Static_assert(condition, text)
#endif

struct iovec; /* <sys/uio.h> */

/** An NVMe controller, from upnvme_open to upnvme_close; for any thread. */
typedef struct upnvme_ctrlr upnvme_ctrlr;
/** A namespace; for any thread. The handle lives as long as its controller. */
typedef struct upnvme_ns upnvme_ns;
/** An I/O queue pair; for the thread that owns it. */
typedef struct upnvme_qpair upnvme_qpair;

/** @name upnvme_op.opcode
 * I/O opcodes (NVM Command Set 1.0c, Figure 15) that an op takes without the raw form.
 * @{ */
#define UPNVME_OP_FLUSH              0x00u /**< flush (NVMe Base 2.0c, 7.1) */
#define UPNVME_OP_WRITE              0x01u /**< write (NVM Command Set 1.0c, 3.2.6) */
#define UPNVME_OP_READ               0x02u /**< read (3.2.4) */
#define UPNVME_OP_COMPARE            0x05u /**< compare (3.2.1) */
#define UPNVME_OP_WRITE_ZEROES       0x08u /**< write zeroes (3.2.8) */
#define UPNVME_OP_DATASET_MANAGEMENT 0x09u /**< dataset management (3.2.3) */
#define UPNVME_OP_VERIFY             0x0cu /**< verify (3.2.5) */
/** @} */

/** @name upnvme_op.form
 * What upnvme_op.buf points to.
 * @{ */
#define UPNVME_FORM_BUF 0u /**< one contiguous buffer, or nothing for a command without data */
/** An array of `niov` struct iovec; the array must stay, unchanged, until the command completes. */
#define UPNVME_FORM_IOV 1u
/** A struct upnvme_raw; the op's other fields but `tag` are not looked at. */
#define UPNVME_FORM_RAW 2u
/** Dataset management with ranges of its own: one contiguous buffer of `blocks` range definitions. */
#define UPNVME_FORM_RANGES 3u
/** @} */

/** @name upnvme_op.flags
 * Bits of dword 12 of the command (NVM Command Set 1.0c, 3.2.6), fused pairs, and what the library does.
 * @{ */
#define UPNVME_FUA               0x0001u /**< force unit access: durable once completed (bit 30) */
#define UPNVME_LIMITED_RETRY     0x0002u /**< limited retry (bit 31) */
#define UPNVME_DEALLOCATE_ZEROES 0x0004u /**< write zeroes: may deallocate (bit 25) */
#define UPNVME_FUSED_FIRST       0x0008u /**< for fused pairs later; refused with -ENOTSUP */
#define UPNVME_FUSED_SECOND      0x0010u /**< for fused pairs later; refused with -ENOTSUP */
#define UPNVME_PRCHK_REF         0x0020u /**< PRINFO: check the reference tag (bit 26) */
#define UPNVME_PRCHK_APP         0x0040u /**< PRINFO: check the application tag (bit 27) */
#define UPNVME_PRCHK_GUARD       0x0080u /**< PRINFO: check the guard (bit 28) */
#define UPNVME_PRACT             0x0100u /**< PRINFO: protection information action (bit 29) */
#define UPNVME_STORAGE_TAG_CHECK 0x0200u /**< check the storage tag, STC (bit 24) */
/** One command or none: a request that would be split is refused (-EINVAL, UPNVME_ERR_TRANSFER).
 * upnvme_ns_info.boundary_blocks, which is a hint, does not split such a request. So a write is as
 * atomic as one command of the controller: see upnvme_ns_info.atomic_blocks and the fields after it. */
#define UPNVME_NO_SPLIT 0x0400u
/** @} */

/**
 * One I/O command; a frozen record of 64 bytes. Fields that a command does not use must be zero.
 *
 * Read, write, compare, verify and write zeroes use nsid, lba, blocks, flags, and buf (not verify and
 * write zeroes). Flush uses nsid. Dataset management uses nsid, and either lba and blocks (one range,
 * deallocated), or, with UPNVME_FORM_RANGES, `buf` with `blocks` range definitions of 16 bytes (NVM
 * Command Set 1.0c, Figure 41) in DMA memory, and the attributes (CDW11) in `dsm`. Some devices read
 * 256 definitions whatever `blocks` says: give `buf` 4,096 bytes at a multiple of 4,096.
 */
struct upnvme_op {
	uint8_t opcode;  /**< 0: UPNVME_OP_... */
	uint8_t form;    /**< 1: UPNVME_FORM_... */
	uint16_t flags;  /**< 2: UPNVME_FUA, ... */
	uint32_t nsid;   /**< 4: namespace identifier */
	uint64_t lba;    /**< 8: first logical block */
	uint32_t blocks; /**< 16: number of logical blocks (1 is one) */
	uint8_t dsm;     /**< 20: hints (CDW13 bits 7:0); UPNVME_FORM_RANGES: attributes (CDW11) */
	uint8_t dtype;   /**< 21: directive type (CDW12 bits 23:20), 0 to 15 */
	uint16_t directive; /**< 22: directive specific value (CDW13 bits 31:16) */
	uint64_t tag;       /**< 24: comes back in the completion; not used with a callback */
	void *buf;          /**< 32: see form */
	void *metadata;     /**< 40: separate metadata buffer (MPTR), or null */
	uint64_t ref_tag;   /**< 48: expected storage and reference tag, bits 63:0 (CDW3, CDW14) */
	uint16_t niov;      /**< 56: number of iovec entries for UPNVME_FORM_IOV */
	uint16_t app_tag;   /**< 58: expected application tag (CDW15 bits 15:0) */
	uint16_t app_mask;  /**< 60: the application tag's mask (CDW15 bits 31:16) */
	uint16_t ref_tag_high; /**< 62: bits 79:64 of the storage and reference tag (CDW2) */
};

/**
 * An area of memory, for ops whose `buf` and `metadata` are offsets in bytes instead of addresses;
 * a frozen record of 32 bytes. Data that passes the area's end is refused, naming offset and
 * length.
 */
struct upnvme_area {
	void *data;          /**< 0: the data; offset 0 of `buf`. Null: the area has none */
	uint64_t data_bytes; /**< 8: size of the data, in bytes */
	/** 16: the metadata; offset 0 of `metadata`. Null: the area has none. Where this is the same
	 * as `data`, an offset of 0 says that an op has no metadata. */
	void *metadata;
	uint64_t metadata_bytes; /**< 24: size of the metadata, in bytes */
};

/** @name upnvme_completion.flags
 * @{ */
#define UPNVME_DONE_ABORTED       0x0001u /**< completed by the library: close, failure */
#define UPNVME_DONE_INDETERMINATE 0x0002u /**< with ABORTED: a write may have happened or not */
/** A write, or write zeroes, went as several commands. Such a request, however short, is not atomic
 * as a whole. */
#define UPNVME_DONE_NOT_ATOMIC 0x0004u
/** @} */

/** The end of a command; a frozen record of 32 bytes, the same for callbacks and for upnvme_reap. */
struct upnvme_completion {
	uint64_t tag;      /**< 0: the op's tag, or the callback's argument */
	uint64_t result;   /**< 8: dwords 0 and 1 of the completion entry */
	uint16_t status;   /**< 16: 0 for success; see UPNVME_STATUS_... */
	uint16_t flags;    /**< 18: UPNVME_DONE_... */
	uint32_t blocks;   /**< 20: blocks done before the first error; on success all of them */
	uint64_t reserved; /**< 24: zero */
};

/**
 * Runs when a command is done, on the thread that polls. The function may submit commands, free the
 * command's buffers, and close its queue pair (carried out when the poll returns). It may not poll
 * that queue pair (-EDEADLK).
 *
 * @param arg  the argument that the call which started the command was given
 * @param done  how the command ended; valid until the function returns
 */
typedef void (*upnvme_cb)(void *arg, const struct upnvme_completion *done);

/** @name upnvme_raw.direction
 * The direction of the data. Bits 1:0 of most opcodes say the same (NVMe Base 2.0c, 3.3.3.1).
 * @{ */
#define UPNVME_DATA_NONE        0u /**< no data */
#define UPNVME_DATA_TO_DEVICE   1u /**< the device reads the buffer */
#define UPNVME_DATA_FROM_DEVICE 2u /**< the device writes the buffer */
/** @} */

/**
 * A command given dword by dword; a frozen record of 128 bytes. The library fills in the command
 * identifier and the data pointer, and sends everything else as it is.
 */
struct upnvme_raw {
	/** 0: the submission queue entry. Dwords 0 (bits 31:16) and 4 to 9 are the library's; bits
	 * 15:8 of dword 0 (FUSE, PSDT) must be zero. */
	uint32_t cdw[16];
	void *data; /**< 64: data: DMA memory for I/O commands, any memory for admin commands */
	/** 72: length of `data` in bytes. For a command that the library knows, the length must be what the dwords
	 * say that the command moves (for an admin command it may be more). */
	uint32_t data_bytes;
	uint32_t direction; /**< 76: UPNVME_DATA_... */
	void *metadata; /**< 80: I/O commands: separate metadata (MPTR) in DMA memory, or null */
	uint64_t timeout_ns;     /**< 88: admin commands: deadline; 0: the controller's default */
	uint32_t metadata_bytes; /**< 96: length of `metadata` in bytes */
	uint32_t reserved32;     /**< 100: must be zero */
	uint64_t reserved[3];    /**< 104: must be zero */
};

UPNVME_ASSERT(sizeof(struct upnvme_op) == 64, "upnvme_op is frozen at 64 bytes");
UPNVME_ASSERT(offsetof(struct upnvme_op, lba) == 8, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_op, tag) == 24, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_op, buf) == 32, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_op, ref_tag) == 48, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_op, ref_tag_high) == 62, "frozen");
UPNVME_ASSERT(sizeof(struct upnvme_area) == 32, "upnvme_area is frozen at 32 bytes");
UPNVME_ASSERT(offsetof(struct upnvme_area, metadata) == 16, "frozen");
UPNVME_ASSERT(sizeof(struct upnvme_completion) == 32, "upnvme_completion is frozen at 32 bytes");
UPNVME_ASSERT(offsetof(struct upnvme_completion, status) == 16, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_completion, blocks) == 20, "frozen");
UPNVME_ASSERT(sizeof(struct upnvme_raw) == 128, "upnvme_raw is frozen at 128 bytes");
UPNVME_ASSERT(offsetof(struct upnvme_raw, data) == 64, "frozen");
UPNVME_ASSERT(offsetof(struct upnvme_raw, timeout_ns) == 88, "frozen");

#endif
