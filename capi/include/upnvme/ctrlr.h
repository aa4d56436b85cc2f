/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/ctrlr.h
 * Controllers and namespaces: opening, closing, properties, and the admin side.
 *
 * Thread rule of this header: any thread, unless a function says otherwise; the admin path takes a
 * lock. After fork, every call with a parent's handle fails with -EOWNERDEAD in the child.
 */
#ifndef UPNVME_CTRLR_H
#define UPNVME_CTRLR_H

#include "error.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name upnvme_open_opts.flags
 * @{ */
#define UPNVME_OPEN_HOUSEKEEPING 0x1u /**< a thread of the library calls upnvme_ctrlr_poll */
/** @} */

/** Options of upnvme_open; begin with UPNVME_OPEN_OPTS_INIT. Fields grow at the end. */
struct upnvme_open_opts {
	uint32_t size;          /**< sizeof(struct upnvme_open_opts) */
	uint32_t flags;         /**< UPNVME_OPEN_... */
	uint32_t nqpairs;       /**< I/O queue pairs to ask for, up to 65,535; 0: 64 */
	uint32_t keep_alive_ms; /**< keep-alive period, in milliseconds, 1 at least; 0: none */
	/** Deadline of an admin command, in nanoseconds, 1 at least; 0: 10 s. No command is late while the
	 * controller activates firmware (CSTS.PP), for as long as it says that the activation takes (MTFA). An
	 * open as a whole ends after at most eleven such deadlines and three times
	 * upnvme_ctrlr_info.ready_timeout_ms. The look at all namespaces after an event ends after at most
	 * five deadlines. Format NVM, Sanitize and firmware commands have a further time on top: the
	 * controller's estimate (Sanitize; MTFA), or, where the controller gives none, an hour for the medium
	 * and two minutes for firmware. upnvme_raw.timeout_ns replaces all of this. */
	uint64_t admin_timeout_ns;
	/** Upper limit of one command's data, in bytes, 4,096 at least; 0: the controller's own limit. */
	uint64_t max_transfer_bytes;
};
/** Options that ask for the defaults. */
#define UPNVME_OPEN_OPTS_INIT                                                         \
	{                                                                             \
		UPNVME_CAST(uint32_t, sizeof(struct upnvme_open_opts)), 0, 0, 0, 0, 0 \
	}

/**
 * Opens the controller that a URI names and brings it up: reset, enable, Identify, queues
 * negotiated (NVMe Base 2.0c, 3.5.1).
 *
 * - `soft:ram?size=1GiB&block=4096`: a software controller in this process, over memory
 * - `soft:/path/disk.img?block=512`: the same over a file, which keeps its bytes
 * - `soft:null?size=1TiB`: the same over nothing: for measuring
 * - `pcie:0000:01:00.0`: a controller on the PCIe bus, with VFIO or UIO
 *
 * With `quirks=` a device is treated with these quirks, instead of those that the library knows of the device: `none`,
 * or words with commas between, as upnvme_ctrlr_info.quirks has them.
 *
 * @param[out] ctrlr  the handle, to be closed with upnvme_close
 * @param uri  names the controller; the text may go when this call returns
 * @param opts  options; null: the defaults
 * @return 0, or a negative errno: -EINVAL (null, URI, options, medium), -E2BIG (options from the
 *   future), -ENOENT (no such file), -EISDIR (the file is a directory), -EFBIG (the limit of file
 *   sizes), -ENOSYS (io_uring was asked for and does not work), -EACCES, -EPERM (permission, or no
 *   `unsafe=1`), -ELIBACC (DPDK's plug-in), -EBUSY (the medium, or the device, is in use), -ENODEV (no such
 *   device, or not with VFIO or UIO), -ETIMEDOUT, -EIO (the controller), -ENOTSUP (controller or
 *   machine lack what is needed), -ENOSPC (pcie: no bus addresses), -EADDRINUSE (pcie: DMA memory
 *   is mapped where the controller has memory of its own), -ENOMEM (memory, or huge pages),
 *   -EOWNERDEAD (DPDK was started before a fork); others as the operating system gave them, with
 *   UPNVME_ERR_SYSTEM
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri,
			   const struct upnvme_open_opts *opts);

/**
 * Shuts the controller down and frees it, its namespaces, and all its DMA memory. Callbacks of
 * admin commands that are outstanding run here.
 *
 * After -EBUSY, -EDEADLK and -EOWNERDEAD nothing has happened. After -EIO and -ETIMEDOUT the
 * controller *is* closed, and the handle is gone, but:
 *
 * - with UPNVME_ERR_NOT_DURABLE, data written and not flushed before may be lost. The shutdown failed,
 *   or did not end in time, or the controller had failed and was given up before; the sentence says
 *   which. A controller without a volatile write cache has nothing to lose.
 * - if the sentence says so, the controller did not come to rest: storage behind a software
 *   controller does not answer, or a device obeys no command. Memory that the controller may still
 *   touch is set aside, and a file stays locked, until the controller comes to rest; later calls of
 *   upnvme_open and upnvme_close look whether it has.
 *
 * Every wait has a deadline. A shutdown takes at most what the controller says (RTD3E, 5 to
 * 60 s; 30 s with the quirk `slow-shutdown`), then disabling takes at most CAP.TO, 0.5 to 127.5 s. For
 * `soft:` both together take at most upnvme_open_opts.admin_timeout_ns.
 *
 * @param ctrlr  the controller; null is accepted
 * @return 0, or a negative errno: -EBUSY (queue pairs live), -EDEADLK (within a callback of
 *   upnvme_ctrlr_poll), -EOWNERDEAD (after fork); closed all the same: -EIO, -ETIMEDOUT
 * @thread Any thread, while no other one uses the controller; not within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_close(upnvme_ctrlr *ctrlr);

/**
 * Serves the admin side: completes asynchronous admin commands and delivers events (their callbacks run here), sends
 * keep-alives, and detects failure. Call this every now and then, or open with UPNVME_OPEN_HOUSEKEEPING. Of several
 * threads that poll at the same time one runs the callbacks. The library's own part needs less than 8 KiB of stack. A
 * callback should return; after a callback that was left by an exception or longjmp, call upnvme_ctrlr_abandon.
 *
 * A controller has failed when it leaves a Keep Alive unanswered for the keep-alive period, but a second at least
 * (admin_timeout_ns, if that is less). Event requests that end in error are repeated, at first after a tenth of a
 * second, later after up to a minute.
 *
 * @param ctrlr  the controller
 * @return how many callbacks ran, or a negative errno: -EINVAL (null), -EIO (the controller has
 *   failed; callbacks have run all the same), -EDEADLK (within such a callback), -EOWNERDEAD (after fork)
 * @thread Any thread; not within a callback of its own.
 * @since 0.1
 */
UPNVME_API int upnvme_ctrlr_poll(upnvme_ctrlr *ctrlr);

/**
 * Ends a poll of the controller that does not come back from a callback: the callback was left by an exception or
 * longjmp, or its thread is dead. The caller vouches for this. Nothing is lost: the next poll delivers what the ended
 * one had not delivered. Without this call every later poll and upnvme_close of that thread would still count as
 * within the callback (-EDEADLK), and the polls of other threads would run no callbacks.
 *
 * @param ctrlr  the controller
 * @return 0, or a negative errno: -EINVAL (null), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_ctrlr_abandon(upnvme_ctrlr *ctrlr);

/** @name upnvme_ctrlr_info.cmb_flags
 * The uses that the controller memory buffer allows (NVMe Base 2.0c, 3.1.3.12). This library puts submission queues
 * there, for queue pairs with UPNVME_QPAIR_CMB.
 * @{ */
#define UPNVME_CMB_SUBMISSION_QUEUES 0x1u  /**< submission queues (SQS) */
#define UPNVME_CMB_COMPLETION_QUEUES 0x2u  /**< completion queues (CQS) */
#define UPNVME_CMB_LISTS             0x4u  /**< PRP and SGL lists (LISTS) */
#define UPNVME_CMB_READ_DATA         0x8u  /**< data that the controller gives (RDS) */
#define UPNVME_CMB_WRITE_DATA        0x10u /**< data that the controller takes (WDS) */
/** @} */

/** A controller's properties and limits (NVMe Base 2.0c, 5.17.2.1); fields grow at the end. */
struct upnvme_ctrlr_info {
	uint32_t size;                /**< in: sizeof(struct upnvme_ctrlr_info) */
	uint16_t vendor_id;           /**< PCI vendor (VID) */
	uint16_t ctrlr_id;            /**< CNTLID */
	uint32_t version;             /**< VS: major << 16 | minor << 8 | tertiary */
	uint32_t ns_count;            /**< active namespaces */
	char serial[24];              /**< SN, trimmed and terminated */
	char model[44];               /**< MN, trimmed and terminated */
	char firmware[12];            /**< FR, trimmed and terminated */
	char subnqn[256];             /**< NVM subsystem NQN */
	uint64_t max_transfer_bytes;  /**< data of one command; larger requests are split */
	uint32_t max_queue_entries;   /**< entries of a queue at most (CAP.MQES + 1) */
	uint32_t max_qpairs;          /**< I/O queue pairs granted; 0: admin side only */
	uint32_t page_bytes;          /**< memory page size in use (CC.MPS) */
	uint32_t buffer_align;        /**< alignment of a buffer's start, bytes */
	uint16_t oncs;                /**< optional NVM commands supported (ONCS) */
	uint8_t volatile_write_cache; /**< 1: present, Flush is needed for durability */
	uint8_t sgl;                  /**< 1: SGLs are used for buffers that PRPs cannot express */
	uint32_t ready_timeout_ms;    /**< how long the controller may take to become ready */
	uint64_t max_write_zeroes_bytes; /**< of one command; larger requests are split */
	uint64_t max_verify_bytes;       /**< of one command; larger requests are split */
	uint32_t max_deallocate_ranges;  /**< ranges of one command */
	int32_t numa_node;               /**< the node nearest to the controller; -1: any */
	/** The environment, which gives memory and access: "host" (soft:); "vfio" and "dpdk" (an IOMMU's
	 * mappings of this process's memory, of DPDK's huge pages); "uio" (no IOMMU, DPDK's huge pages). */
	char environment[16];
	uint64_t cmb_bytes; /**< usable size of the controller memory buffer (CMB); 0: none */
	uint32_t cmb_flags; /**< what the buffer may hold: UPNVME_CMB_... */
	uint32_t reserved;  /**< zero */
	/** The quirks that the device is treated with, because it departs from the specification: words, with
	 * commas between, as `quirks=` in a URI takes them; empty: none. */
	char quirks[256];
};
/** The value for upnvme_ctrlr_info.size. */
#define UPNVME_CTRLR_INFO_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_ctrlr_info))

/**
 * Tells the controller's properties, as they were read when the controller was opened.
 *
 * @param ctrlr  the controller
 * @param[in,out] info  filled in up to info->size
 * @return 0, or a negative errno: -EINVAL (null, size), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_ctrlr_info_get(upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info);

/**
 * Gives the URI that the controller was opened with.
 *
 * @param ctrlr  the controller, or null
 * @return the text, valid as long as the controller; null for a null handle, and after fork
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_ctrlr_uri(const upnvme_ctrlr *ctrlr);

/**
 * Runs one admin command and waits for its end.
 *
 * After a command that may change namespaces, the library reads the namespaces again before this call returns, or
 * before the callback of upnvme_admin_submit: handles, block sizes and block counts are up to date. Such commands are
 * Format NVM, Namespace Management and Attachment, Sanitize, Capacity Management, and those of which the controller's
 * log of effects says so (upnvme_command_effects: UPNVME_EFFECT_NS_CAPABILITY, UPNVME_EFFECT_NS_INVENTORY). As long as
 * such a command runs, no queue pair of the controller takes commands (-EBUSY), and before it begins no queue pair may
 * have commands in flight. Completions of the calling thread's queue pairs, and of those without an owner, must be
 * taken already. Other threads have up to a second (or admin_timeout_ns, if that is less) to poll their queue pairs.
 * Set Features alone never stops I/O.
 *
 * @param ctrlr  the controller
 * @param raw  the command; its data may be in any memory, and is copied through DMA memory
 * @param[out] done  how the command ended
 * @return 0: the controller has answered, whatever the status (done->status); or a negative errno:
 *   -EINVAL (null, a command of the driver's own, FUSE or PSDT bits, a metadata buffer, reserved
 *   words, data that does not fit, a feature that the driver manages), -EAGAIN (admin queue full
 *   for as long as a command may take), -ETIMEDOUT (not answered in time), -EIO (controller
 *   failed), -ENOMEM, -EOWNERDEAD (after fork), -EBUSY (the command may change namespaces, and a queue pair
 *   has commands in flight, or an owner that makes no call with it). If *done is filled in after an
 *   error, the command has ended, but namespaces could not be read again; the sentence says so
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_admin(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw,
			    struct upnvme_completion *done);

/**
 * Starts one admin command. A command that is not answered in time completes as UPNVME_DONE_ABORTED.
 * For a command that may change namespaces (upnvme_admin), this call waits until other threads' queue
 * pairs are at rest.
 *
 * @param ctrlr  the controller
 * @param raw  the command; the record may go when this call returns, but raw->data must stay until
 *   the callback
 * @param cb  runs within upnvme_ctrlr_poll
 * @param arg  handed to `cb`
 * @return 0: started, or a negative errno: -EINVAL (as upnvme_admin), -EAGAIN (admin queue full:
 *   call upnvme_ctrlr_poll, and try again), -EIO (controller failed), -ENOMEM, -EOWNERDEAD (after
 *   fork), -EBUSY (as upnvme_admin)
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_admin_submit(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb,
				   void *arg);

/**
 * Runs Identify (NVMe Base 2.0c, 5.17) and waits for its end. The records of upnvme/spec/identify.h
 * decode the answer: the constants UPNVME_SPEC_CNS_... there name the record of each structure.
 *
 * @param ctrlr  the controller
 * @param cns  which structure (CNS), 0 to FFh
 * @param nsid  namespace identifier, where the structure is about one
 * @param[out] data  4,096 bytes of any memory
 * @return 0, or a negative errno: -EINVAL (null, cns), -EIO (controller failed, or answered with an
 *   error status, which the sentence names), -EAGAIN, -ETIMEDOUT, -ENOMEM, -EOWNERDEAD (as
 *   upnvme_admin)
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_identify(upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data);

/**
 * Reads a log page (NVMe Base 2.0c, 5.16), in parts if it is large, and waits for the end. Events that are the
 * library's to acknowledge stay as they are. The records are in upnvme/spec/log_page.h.
 *
 * @param ctrlr  the controller
 * @param nsid  namespace identifier; FFFFFFFFh for a log of the controller
 * @param lid  which log (LID), 0 to FFh
 * @param offset  where to begin in the page, in bytes, a multiple of 4
 * @param[out] data  the bytes read, into any memory
 * @param bytes  number of bytes to read, a multiple of 4, at least 4
 * @return 0, or a negative errno: -EINVAL (null, lid, offset, bytes), -ENOTSUP (the controller has
 *   no offsets in log pages, and this call needs one), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_log_page(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t lid, uint64_t offset,
			       void *data, size_t bytes);

/** @name Which value of a feature
 * The values that upnvme_feature_get can select (NVMe Base 2.0c, 5.15).
 * @{ */
#define UPNVME_FEATURE_CURRENT      0u /**< the value in use */
#define UPNVME_FEATURE_DEFAULT      1u /**< the controller's default */
#define UPNVME_FEATURE_SAVED        2u /**< the value that a power cycle brings back */
#define UPNVME_FEATURE_CAPABILITIES 3u /**< whether the feature can be changed, saved, ... */
/** @} */

/**
 * Reads one feature (NVMe Base 2.0c, 5.15) and waits for the answer.
 *
 * @param ctrlr  the controller
 * @param nsid  namespace identifier, where the feature is of one; else 0
 * @param fid  which feature (FID), 0 to FFh
 * @param select  UPNVME_FEATURE_...
 * @param[out] value  dword 0 of the answer; may be null
 * @param[out] data  the feature's data, into any memory; null if it has none
 * @param bytes  of data, up to 2 MiB; 0 if it has none
 * @return 0, or a negative errno: -EINVAL (null, fid, select, bytes, data without bytes or bytes
 *   without data), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_feature_get(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t select,
				  uint32_t *value, void *data, size_t bytes);

/**
 * Sets one feature (NVMe Base 2.0c, 5.27) and waits for the answer.
 *
 * @param ctrlr  the controller
 * @param nsid  namespace identifier, where the feature is of one; else 0
 * @param fid  which feature (FID), 0 to FFh
 * @param value  dword 11 of the command
 * @param save  other than 0: the value is kept over power cycles
 * @param data  the feature's data, in any memory; null if it has none
 * @param bytes  of data, up to 2 MiB; 0 if it has none
 * @return 0, or a negative errno: -EINVAL (null, fid, bytes, data without bytes or bytes without
 *   data, a
 *   feature that the driver manages: number of queues, keep alive, host memory buffer), and as
 *   upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_feature_set(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t value,
				  int save, const void *data, size_t bytes);

/** @name upnvme_features.valid
 * The features whose values the controller gave; the fields of the others are 0.
 * @{ */
#define UPNVME_FEATURES_ARBITRATION          0x1u  /**< arbitration_burst, ..._weight */
#define UPNVME_FEATURES_POWER                0x2u  /**< power_state, workload_hint */
#define UPNVME_FEATURES_OVER_TEMPERATURE     0x4u  /**< over_celsius */
#define UPNVME_FEATURES_UNDER_TEMPERATURE    0x8u  /**< under_celsius */
#define UPNVME_FEATURES_ERROR_RECOVERY       0x10u /**< error_recovery_ms, deallocated_reads_fail */
#define UPNVME_FEATURES_VOLATILE_WRITE_CACHE 0x20u /**< volatile_write_cache_enabled */
#define UPNVME_FEATURES_QUEUES               0x40u /**< submission_queues, completion_queues */
#define UPNVME_FEATURES_COALESCING           0x80u /**< coalescing_entries, coalescing_us */
#define UPNVME_FEATURES_WRITE_ATOMICITY      0x100u /**< write_atomicity_disabled */
#define UPNVME_FEATURES_EVENTS               0x200u /**< events */
#define UPNVME_FEATURES_TIMESTAMP            0x400u /**< timestamp_... */
#define UPNVME_FEATURES_KEEP_ALIVE           0x800u /**< keep_alive_ms */
/** @} */

/** Current values of features (NVMe Base 2.0c, 5.27.1), decoded; fields grow at the end. */
struct upnvme_features {
	uint32_t size;              /**< in: sizeof(struct upnvme_features) */
	uint32_t valid;             /**< UPNVME_FEATURES_... */
	uint32_t arbitration_burst; /**< commands taken from one queue at a time; 0: no limit */
	uint16_t low_weight;        /**< weight of queues of low priority, 1 to 256 */
	uint16_t medium_weight;     /**< weight of queues of medium priority, 1 to 256 */
	uint16_t high_weight;       /**< weight of queues of high priority, 1 to 256 */
	uint8_t power_state;        /**< 0 to 31 */
	uint8_t workload_hint;      /**< 0: none */
	int32_t over_celsius;       /**< composite temperature above which the controller warns */
	int32_t under_celsius;      /**< composite temperature below which the controller warns */
	/** Of the lowest active namespace: the time for which a read or write is retried; 0: no limit. */
	uint32_t error_recovery_ms;
	uint8_t deallocated_reads_fail; /**< 1: reads of that namespace's deallocated blocks fail */
	uint8_t volatile_write_cache;   /**< 1: present, whatever `valid` says */
	uint8_t volatile_write_cache_enabled; /**< 1: the cache is in use */
	uint8_t write_atomicity_disabled;     /**< 1: only the power fail limits (AWUPF) hold */
	uint8_t timestamp_from_host;          /**< 1: since 1970; 0: since the controller's reset */
	uint8_t timestamp_stopped;            /**< 1: counting may have stopped for a while */
	uint8_t reserved[2];                  /**< zero */
	uint32_t submission_queues;           /**< I/O submission queues granted */
	uint32_t completion_queues;           /**< I/O completion queues granted */
	uint32_t coalescing_entries; /**< completions that an interrupt may wait for, 1 to 256 */
	uint32_t coalescing_us;      /**< time that an interrupt may wait; 0: no delay */
	uint32_t events;             /**< asynchronous events that are on: bits as in 5.27.1.8 */
	uint32_t keep_alive_ms;      /**< 0: no keep alive */
	uint64_t timestamp_ms;       /**< see timestamp_from_host */
};
/** The value for upnvme_features.size. */
#define UPNVME_FEATURES_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_features))

/**
 * Reads the current values of the features. A feature that the controller does not have is no error:
 * the feature's bit in `valid` is 0.
 *
 * @param ctrlr  the controller
 * @param[in,out] features  filled in up to features->size
 * @return 0, or a negative errno: -EINVAL (null, size), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_features_get(upnvme_ctrlr *ctrlr, struct upnvme_features *features);

/** SMART / health information (NVMe Base 2.0c, 5.16.1.3), decoded. 128-bit counters saturate at 64
 * bits; fields grow at the end. */
struct upnvme_smart {
	uint32_t size;                         /**< in: sizeof(struct upnvme_smart) */
	uint8_t critical_warning;              /**< bits as in Figure 207 */
	uint8_t available_spare;               /**< percent */
	uint8_t spare_threshold;               /**< percent */
	uint8_t percentage_used;               /**< percent; may be above 100 */
	int32_t temperature_celsius;           /**< composite */
	uint32_t warning_temperature_minutes;  /**< time above the warning threshold */
	uint32_t critical_temperature_minutes; /**< time above the critical threshold */
	uint32_t reserved;                     /**< zero */
	uint64_t data_units_read;              /**< units of 512,000 bytes */
	uint64_t data_units_written;           /**< units of 512,000 bytes */
	uint64_t host_reads;                   /**< read commands */
	uint64_t host_writes;                  /**< write commands */
	uint64_t busy_minutes;                 /**< time with commands outstanding */
	uint64_t power_cycles;                 /**< number of power cycles */
	uint64_t power_on_hours;               /**< time with power on */
	uint64_t unsafe_shutdowns;             /**< power losses without a shutdown */
	uint64_t media_errors;                 /**< unrecovered data integrity errors */
	uint64_t error_log_entries;            /**< over the controller's life */
	int32_t sensor_celsius[8];             /**< INT32_MIN where there is no sensor */
};
/** The value for upnvme_smart.size. */
#define UPNVME_SMART_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_smart))

/**
 * Reads the SMART log of the controller.
 *
 * @param ctrlr  the controller
 * @param[in,out] smart  filled in up to smart->size
 * @return 0, or a negative errno: -EINVAL (null, size), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_smart_get(upnvme_ctrlr *ctrlr, struct upnvme_smart *smart);

/** One entry of the error information log (NVMe Base 2.0c, 5.16.1.2), decoded; a frozen record of 32
 * bytes. */
struct upnvme_error_entry {
	uint64_t count;  /**< 0: this error's number; a later error has a larger one */
	uint64_t lba;    /**< 8: first block that the error is about */
	uint32_t nsid;   /**< 16: namespace identifier */
	uint16_t sqid;   /**< 20: submission queue; FFFFh: the error is of no command */
	uint16_t cid;    /**< 22: command identifier; FFFFh: the error is of no command */
	uint16_t status; /**< 24: see UPNVME_STATUS_... */
	/** 26: place in the command: byte in bits 7:0, bit in 10:8; FFFFh: no single place. */
	uint16_t parameter;
	uint32_t reserved; /**< 28: zero */
};
UPNVME_ASSERT(sizeof(struct upnvme_error_entry) == 32, "upnvme_error_entry is frozen at 32 bytes");

/**
 * Reads the valid entries of the error log, newest first.
 *
 * @param ctrlr  the controller
 * @param[out] entries  the entries; may be null if `n` is 0
 * @param n  room in `entries`, in entries
 * @return how many there were, up to `n`, or a negative errno: -EINVAL (null), -ENOTSUP (`n`
 *   entries are more than the controller gives in one command), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_error_log(upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries,
				uint32_t n);

/** The firmware slot log (NVMe Base 2.0c, 5.16.1.4), decoded; fields grow at the end. */
struct upnvme_firmware {
	uint32_t size;        /**< in: sizeof(struct upnvme_firmware) */
	uint32_t active_slot; /**< 1 to 7 */
	uint32_t next_slot;   /**< slot that the next reset activates; 0: none */
	char revision[7][12]; /**< of slots 1 to 7, terminated; empty: no revision */
};
/** The value for upnvme_firmware.size. */
#define UPNVME_FIRMWARE_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_firmware))

/**
 * Reads the firmware slot log.
 *
 * @param ctrlr  the controller
 * @param[in,out] firmware  filled in up to firmware->size
 * @return 0, or a negative errno: -EINVAL (null, size), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_firmware_get(upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware);

/** @name Effects of a command
 * Bits of upnvme_command_effects (NVMe Base 2.0c, 5.16.1.6).
 * @{ */
#define UPNVME_EFFECT_SUPPORTED        0x1u /**< the controller has the command; else all bits are 0 */
#define UPNVME_EFFECT_CONTENT          0x2u  /**< may change the contents of logical blocks */
#define UPNVME_EFFECT_NS_CAPABILITY    0x4u  /**< may change what a namespace can do */
#define UPNVME_EFFECT_NS_INVENTORY     0x8u  /**< may change which namespaces there are */
#define UPNVME_EFFECT_CTRLR_CAPABILITY 0x10u /**< may change what the controller can do */
/** Three bits, one value: the commands beside which this one must not run; 0: no restriction. */
#define UPNVME_EFFECT_EXECUTION_MASK 0x70000u
#define UPNVME_EFFECT_EXECUTION_NS   0x10000u /**< other commands of its namespace */
#define UPNVME_EFFECT_EXECUTION_ALL  0x20000u /**< other commands of any namespace */
#define UPNVME_EFFECT_UUID           0x80000u /**< the command takes a UUID index */
/* The scope of the effects; no bit: not reported. */
#define UPNVME_EFFECT_SCOPE_NS              0x100000u  /**< a namespace */
#define UPNVME_EFFECT_SCOPE_CTRLR           0x200000u  /**< a controller */
#define UPNVME_EFFECT_SCOPE_NVM_SET         0x400000u  /**< an NVM set */
#define UPNVME_EFFECT_SCOPE_ENDURANCE_GROUP 0x800000u  /**< an endurance group */
#define UPNVME_EFFECT_SCOPE_DOMAIN          0x1000000u /**< a domain */
#define UPNVME_EFFECT_SCOPE_SUBSYSTEM       0x2000000u /**< the NVM subsystem */
/** @} */

/**
 * Reads the effects of a command from the Commands Supported and Effects log.
 *
 * @param ctrlr  the controller
 * @param admin  other than 0: an admin command; 0: an I/O command (NVM command set)
 * @param opcode  the command's opcode, 0 to FFh
 * @param[out] effects  UPNVME_EFFECT_...
 * @return 0, or a negative errno: -EINVAL (null, opcode), -ENOTSUP (the controller does not have
 *   that log), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_command_effects(upnvme_ctrlr *ctrlr, uint32_t admin, uint32_t opcode,
				      uint32_t *effects);

/** @name upnvme_event.kind
 * @{ */
#define UPNVME_EVENT_NS_CHANGED 1u /**< a namespace appeared, changed or went */
#define UPNVME_EVENT_SMART      2u /**< a health warning */
#define UPNVME_EVENT_ERROR      3u /**< the controller reports an error */
#define UPNVME_EVENT_FAILED     4u /**< the controller failed: all is completed as aborted */
/** Another event: see `type`, `info` and `log_page`. The event Firmware Activation Starting is delivered
 * when the activation is over. */
#define UPNVME_EVENT_OTHER 5u
/** @} */

/** An event that the controller reported (NVMe Base 2.0c, 5.2); a frozen record of 16 bytes. */
struct upnvme_event {
	uint32_t kind;       /**< 0: UPNVME_EVENT_... */
	uint32_t nsid;       /**< 4: the namespace that changed; 0: none, or several */
	uint8_t type;        /**< 8: asynchronous event type (Figure 146) */
	uint8_t info;        /**< 9: asynchronous event information */
	uint8_t log_page;    /**< 10: log page that tells more; the library may have read it */
	uint8_t reserved[5]; /**< 11: zero */
};
UPNVME_ASSERT(sizeof(struct upnvme_event) == 16, "upnvme_event is frozen at 16 bytes");

/**
 * Receives one event, within upnvme_ctrlr_poll. The library has read the log pages that it
 * understands, and the namespace handles are up to date.
 *
 * @param arg  the argument that upnvme_ctrlr_on_event was given
 * @param event  the event; valid until the function returns
 */
typedef void (*upnvme_event_cb)(void *arg, const struct upnvme_event *event);

/**
 * Sends the controller's events to a function of the caller's. When this call returns, the former
 * function is not called any more (unless the call is made from within that function).
 *
 * @param ctrlr  the controller
 * @param cb  receives each event; null: events are dropped
 * @param arg  handed to `cb`
 * @return 0, or a negative errno: -EINVAL (null controller), -EOWNERDEAD (after fork)
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_ctrlr_on_event(upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg);

/* --- namespaces ------------------------------------------------------------------------------ */

/**
 * Gives the handle of an active namespace. The handle is the same one each time, and is valid until
 * the controller is closed.
 *
 * @param[out] ns  the handle
 * @param ctrlr  the controller
 * @param nsid  namespace identifier, 1 to FFFFFFFEh
 * @return 0, or a negative errno: -EINVAL (null, nsid), -ENODEV (not active, gone, or of a format
 *   that the library does not take), -EOWNERDEAD (after fork)
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API int upnvme_ns_get(upnvme_ns **ns, upnvme_ctrlr *ctrlr, uint32_t nsid);

/**
 * Walks the active namespaces in the order of their identifiers.
 *
 * @param ctrlr  the controller
 * @param nsid  the identifier to go on from; 0: give the first
 * @return the next higher identifier; 0 when there is none, for a null handle, and after fork
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_ns_next(upnvme_ctrlr *ctrlr, uint32_t nsid);

/**
 * Tells the namespace identifier.
 *
 * @param ns  the namespace, or null
 * @return 1 to FFFFFFFEh; 0 for a null handle or a namespace that is gone
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_ns_id(const upnvme_ns *ns);

/**
 * Tells how much data a logical block has.
 *
 * @param ns  the namespace, or null
 * @return bytes, metadata not counted; 0 for a null handle or a namespace that is gone
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_ns_block_size(const upnvme_ns *ns);

/**
 * Tells how large the namespace is (NSZE).
 *
 * @param ns  the namespace, or null
 * @return logical blocks; 0 for a null handle or a namespace that is gone
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint64_t upnvme_ns_block_count(const upnvme_ns *ns);

/**
 * Tells how much metadata a logical block has.
 *
 * @param ns  the namespace, or null
 * @return bytes; 0 if it has none, for a null handle or a namespace that is gone
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_ns_metadata_size(const upnvme_ns *ns);

/**
 * Tells how many blocks one command moves at most. Larger requests are split.
 *
 * @param ns  the namespace, or null
 * @return logical blocks; 0 for a null handle or a namespace that is gone
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API uint32_t upnvme_ns_max_transfer_blocks(const upnvme_ns *ns);

/** A namespace's properties (NVM Command Set 1.0c, 4.1.5.1); fields grow at the end. */
struct upnvme_ns_info {
	uint32_t size;                /**< in: sizeof(struct upnvme_ns_info) */
	uint32_t nsid;                /**< namespace identifier */
	uint64_t block_count;         /**< NSZE */
	uint64_t capacity_blocks;     /**< NCAP */
	uint64_t used_blocks;         /**< NUSE */
	uint32_t block_bytes;         /**< data of a block */
	uint32_t metadata_bytes;      /**< metadata of a block */
	uint32_t max_transfer_blocks; /**< of one command; larger requests are split */
	uint32_t boundary_blocks;  /**< optimal I/O boundary (NOIOB), at which requests are split */
	uint8_t metadata_extended; /**< 1: metadata follows each block's data in the buffer */
	uint8_t protection;        /**< end-to-end protection type, 0: none */
	uint8_t deallocated_reads_zero;   /**< 1: deallocated blocks read as zeroes */
	uint8_t readonly;                 /**< 1: write protected */
	uint32_t reserved;                /**< zero */
	uint8_t eui64[8];                 /**< zeroes where there is none */
	uint8_t nguid[16];                /**< zeroes where there is none */
	uint8_t uuid[16];                 /**< zeroes where there is none */
	uint32_t max_write_zeroes_blocks; /**< of one command; larger requests are split */
	uint32_t max_verify_blocks;       /**< of one command; larger requests are split */
	/** Writes whose size is a multiple of this are best (NPWG); 0: not reported. */
	uint32_t write_granularity_blocks;
	/** Writes that begin at a multiple of this are best (NPWA); 0: not reported. */
	uint32_t write_alignment_blocks;
	uint32_t deallocate_granularity_blocks; /**< the best size of deallocations (NPDG) */
	uint32_t deallocate_alignment_blocks;   /**< the best alignment of these (NPDA) */
	/** The size of writes that is the fastest (NOWS); 0: not reported. */
	uint32_t optimal_write_blocks;
	/** A write command of up to so many blocks is atomic in each namespace of the controller: reads and
	 * other writes see all of the write or nothing (AWUN). */
	uint32_t ctrlr_atomic_blocks;
	uint32_t ctrlr_atomic_power_fail_blocks; /**< the same also if the power fails (AWUPF) */
	/** The same for this namespace (NAWUN); AWUN where the namespace reports none. */
	uint32_t atomic_blocks;
	uint32_t atomic_power_fail_blocks; /**< the same if the power fails (NAWUPF, or AWUPF) */
	/** Blocks between the boundaries that an atomic write must not cross (NABSN); 0: no boundaries. */
	uint32_t atomic_boundary_blocks;
	uint32_t atomic_boundary_power_fail_blocks; /**< the same for power failures (NABSPF) */
	uint32_t atomic_boundary_offset; /**< the block at which the first boundary is (NABO) */
};
/** The value for upnvme_ns_info.size. */
#define UPNVME_NS_INFO_SIZE UPNVME_CAST(uint32_t, sizeof(struct upnvme_ns_info))

/**
 * Tells the namespace's properties, from a new Identify.
 *
 * @param ns  the namespace
 * @param[in,out] info  filled in up to info->size
 * @return 0, or a negative errno: -EINVAL (null, size), -ENODEV (gone, or of a format that the
 *   library does not take), and as upnvme_identify
 * @thread Any thread, also within a callback.
 * @since 0.1
 */
UPNVME_API int upnvme_ns_info_get(upnvme_ns *ns, struct upnvme_ns_info *info);

#ifdef __cplusplus
}
#endif

#endif
