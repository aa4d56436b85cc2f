/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file upnvme/error.h
 * Errors of calls, statuses of devices, and the log.
 *
 * A call returns 0 or a count on success and a negative errno on failure. The sentence that explains
 * the failure belongs to the calling thread (upnvme_last_error). -EAGAIN of a full I/O queue and
 * -ENOMSG (see upnvme_poll) are part of the normal traffic and set no sentence.
 *
 * A *device's* answer is never folded into errno: the answer is a status (see
 * upnvme_completion.status), which has a name and a text from the NVMe specification.
 */
#ifndef UPNVME_ERROR_H
#define UPNVME_ERROR_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @name Error codes
 * Stable codes, finer than errno. A code is never renumbered; new codes are added at the end of their
 * group.
 * @{ */
#define UPNVME_ERR_NONE 0u /**< nothing has failed */
/* arguments */
#define UPNVME_ERR_NULL           1u /**< a pointer argument is null */
#define UPNVME_ERR_ARGUMENT       2u /**< a value is out of its range */
#define UPNVME_ERR_OPTIONS_SIZE   3u /**< options struct smaller than its first version */
#define UPNVME_ERR_OPTIONS_FUTURE 4u /**< -E2BIG: unknown bytes of an options struct are set */
#define UPNVME_ERR_FLAGS          5u /**< unknown or contradictory flags */
#define UPNVME_ERR_OPCODE         6u /**< an opcode that this form of call does not take */
/* URIs */
#define UPNVME_ERR_URI        16u /**< not of the form scheme:path?key=value */
#define UPNVME_ERR_URI_SCHEME 17u /**< unknown scheme */
#define UPNVME_ERR_URI_KEY    18u /**< unknown, doubled or unfitting key */
#define UPNVME_ERR_URI_VALUE  19u /**< a malformed or impossible value */
/* media of the software controller */
#define UPNVME_ERR_MEDIA_OPEN   32u /**< the file is missing or may not be opened */
#define UPNVME_ERR_MEDIA_TYPE   33u /**< the file is a directory, a socket, ... */
#define UPNVME_ERR_MEDIA_SIZE   34u /**< the size is 0, or no multiple of the block size */
#define UPNVME_ERR_MEDIA_BLOCK  35u /**< the block size is no power of two, 512 to 65536 */
#define UPNVME_ERR_MEDIA_LOCKED 36u /**< a writer (for a writer: any other user) has it */
/* controllers */
#define UPNVME_ERR_CTRLR_TIMEOUT     48u /**< the controller did not answer in time */
#define UPNVME_ERR_CTRLR_FATAL       49u /**< CSTS.CFS, or registers that read all ones */
#define UPNVME_ERR_CTRLR_UNSUPPORTED 50u /**< the controller lacks what this driver needs */
#define UPNVME_ERR_CTRLR_INVALID     51u /**< the controller reports a forbidden value */
#define UPNVME_ERR_CTRLR_FAILED      52u /**< the controller was given up after a failure */
#define UPNVME_ERR_CTRLR_STATUS      53u /**< an admin command was answered with an error status */
#define UPNVME_ERR_BUSY_CHILDREN     54u /**< closing a parent whose queue pairs live */
#define UPNVME_ERR_ADMIN_FULL        55u /**< too many admin commands outstanding */
#define UPNVME_ERR_NOT_DURABLE       56u /**< closed, but unflushed data may be lost */
/* namespaces */
#define UPNVME_ERR_NS_NOT_FOUND 64u /**< no active namespace with that identifier */
#define UPNVME_ERR_NS_GONE      65u /**< the namespace was there and is not any more */
#define UPNVME_ERR_NS_FOREIGN   66u /**< a namespace of another controller than the queue pair's */
#define UPNVME_ERR_NS_FORMAT    67u /**< a format that the driver does not take */
#define UPNVME_ERR_NS_CHANGING \
	68u /**< -EBUSY: I/O and a command that changes namespaces exclude each other */
/* queue pairs */
#define UPNVME_ERR_QPAIR_LIMIT    80u /**< no more queue pairs, or interrupts, can be had */
#define UPNVME_ERR_WRONG_THREAD   81u /**< the calling thread does not own this queue pair */
#define UPNVME_ERR_FORKED         82u /**< a handle of the parent process, used after fork */
#define UPNVME_ERR_QPAIR_CLOSED   83u /**< the queue pair was stopped or is closing */
#define UPNVME_ERR_IN_CALLBACK    84u /**< -EDEADLK: a poll, reap or exec within a callback */
#define UPNVME_ERR_QPAIR_OWNED    85u /**< adopting a queue pair that has an owner */
#define UPNVME_ERR_QPAIR_RELEASED 86u /**< the queue pair was released, and has no owner */
/* I/O */
#define UPNVME_ERR_BLOCKS       96u /**< zero blocks, or more than one request may have */
#define UPNVME_ERR_LBA_RANGE    97u /**< LBA and blocks pass the namespace's end, or wrap */
#define UPNVME_ERR_BUFFER_ALIGN 98u /**< a buffer is not aligned as the controller needs */
#define UPNVME_ERR_BUFFER_UNREACHABLE \
	99u                      /**< a buffer is not wholly in memory that the device reaches */
#define UPNVME_ERR_IOVEC    100u /**< a segment that no PRP or SGL can express; a wrong total */
#define UPNVME_ERR_METADATA 101u /**< metadata missing, unreachable, or not taken */
#define UPNVME_ERR_UNSUPPORTED \
	102u /**< the controller, or the way to it, lacks what is asked for */
#define UPNVME_ERR_TRANSFER \
	103u /**< too much data for one command, or not what the command moves */
#define UPNVME_ERR_TIMEOUT      104u /**< upnvme_exec: not all was done in time */
#define UPNVME_ERR_BUFFER_SHORT 105u /**< blocks that pass the end of an upnvme_area */
/* memory */
#define UPNVME_ERR_NO_MEMORY          112u /**< no memory, or no room for another domain of it */
#define UPNVME_ERR_MEM_NOT_ALLOCATED  113u /**< freeing memory that upnvme_dma_alloc did not give */
#define UPNVME_ERR_MEM_NOT_REGISTERED 115u /**< unregistering memory that is not registered */
#define UPNVME_ERR_MEM_BUSY           116u /**< unregistering memory that a command may still touch */
/* the system */
#define UPNVME_ERR_SYSTEM 128u /**< the operating system refused; the sentence says why */
/* devices on a bus */
#define UPNVME_ERR_DEVICE_NOT_FOUND 144u /**< no device at that address */
#define UPNVME_ERR_DEVICE_CLASS     145u /**< the device is not an NVMe controller */
#define UPNVME_ERR_DEVICE_DRIVER \
	146u /**< the device is bound to another driver than the one needed */
#define UPNVME_ERR_DEVICE_IOMMU   147u /**< there is no IOMMU, or it cannot do what is needed */
#define UPNVME_ERR_DEVICE_GROUP   148u /**< other drivers hold devices of the device's IOMMU group */
#define UPNVME_ERR_DEVICE_ACCESS  149u /**< this user may not open the device */
#define UPNVME_ERR_DEVICE_BUSY    150u /**< another process, or a mount, uses the device */
#define UPNVME_ERR_DEVICE_BAR     151u /**< the registers cannot be mapped, or are too few */
#define UPNVME_ERR_MEM_LOCK_LIMIT 152u /**< RLIMIT_MEMLOCK does not allow that much */
#define UPNVME_ERR_DEVICE_ADDRESS 153u /**< an address not of the form domain:bus:device.function */
#define UPNVME_ERR_DRIVER_MISSING 154u /**< the driver to bind the device to is not loaded */
#define UPNVME_ERR_BIND           155u /**< the driver did not take the device; the former driver has it */
#define UPNVME_ERR_BIND_STUCK \
	156u /**< the same, but the former driver did not take the device back */
#define UPNVME_ERR_HUGE_PAGES    157u /**< too few huge pages are free, or there are none */
#define UPNVME_ERR_PLUGIN        158u /**< a part of the library is missing, or of another build */
#define UPNVME_ERR_UNSAFE        159u /**< a device that could reach all memory needs unsafe=1 */
#define UPNVME_ERR_DEVICE_UNSEEN 160u /**< the users of the device cannot be seen from here */
#define UPNVME_ERR_DEVICE_POWER  161u /**< the device sleeps (D3) and does not wake */
/** @} */

/** The first code that is never the library's. Implementers (upnvme/sys/error.h) number their own
 * errors from here to FFFFFFFFh. upnvme_error_name does not know these numbers. */
#define UPNVME_ERROR_CODE_OWN 0x80000000u

/** The last error of a thread; a frozen record of 512 bytes. */
struct upnvme_error {
	int32_t err;       /**< negative errno, 0 if nothing has failed yet */
	uint32_t code;     /**< UPNVME_ERR_... */
	uint16_t status;   /**< UPNVME_ERR_CTRLR_STATUS: what the controller answered; else 0 */
	uint16_t reserved; /**< zero */
	char text[500];    /**< the sentence, terminated */
};
UPNVME_ASSERT(sizeof(struct upnvme_error) == 512, "upnvme_error is frozen at 512 bytes");

/**
 * Gives the sentence of the last call that failed on this thread: what failed, with which value, and
 * the remedy.
 *
 * @return the sentence, empty if nothing has failed yet, never null; the text is the calling thread's,
 *   and the thread's next failing call overwrites it
 * @thread Any thread; each has its own.
 * @since 0.1
 */
UPNVME_API const char *upnvme_last_error(void);

/**
 * Copies errno, code and sentence of the last failing call of this thread, in one call (for
 * bindings).
 *
 * @param[out] error  filled in; all zeroes if nothing failed yet
 * @return 0, or -EINVAL (null)
 * @thread Any thread; each has its own.
 * @since 0.1
 */
UPNVME_API int upnvme_error_get(struct upnvme_error *error);

/**
 * Gives the name of an error code.
 *
 * @param code  UPNVME_ERR_...
 * @return the name, for example "UPNVME_ERR_LBA_RANGE"; "UPNVME_ERR_UNKNOWN" for any other
 *   number
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_error_name(uint32_t code);

/** @name The parts of a status
 * A status as the controller posted it, without the phase tag (NVMe Base 2.0c, Figure 92).
 * @{ */
#define UPNVME_STATUS_SC(status) UPNVME_CAST(uint8_t, (status)&0xff) /**< status code, bits 7:0 */
#define UPNVME_STATUS_SCT(status) \
	UPNVME_CAST(uint8_t, ((status) >> 8) & 0x7) /**< status code type, bits 10:8 */
#define UPNVME_STATUS_CRD(status) \
	UPNVME_CAST(uint8_t, ((status) >> 11) & 0x3)        /**< command retry delay, 12:11 */
#define UPNVME_STATUS_MORE(status) (((status) >> 13) & 0x1) /**< the error log has more, bit 13 */
#define UPNVME_STATUS_DNR(status)  (((status) >> 14) & 0x1) /**< do not retry, bit 14 */
/** @} */

/**
 * Gives the name that the specification has for a status.
 *
 * @param status  upnvme_completion.status
 * @return the name, for example "LBA Out of Range"; never null
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_status_name(uint16_t status);

/**
 * Says in one sentence what a status means.
 *
 * @param status  upnvme_completion.status
 * @return the sentence; never null
 * @thread Any thread.
 * @since 0.1
 */
UPNVME_API const char *upnvme_status_text(uint16_t status);

/** @name Levels of the log
 * @{ */
#define UPNVME_LOG_ERROR 1u /**< data, a command or a controller is lost or given up */
#define UPNVME_LOG_WARN  2u /**< an oddity that was dealt with */
#define UPNVME_LOG_INFO  3u /**< an event that is rare */
#define UPNVME_LOG_DEBUG 4u /**< everything */
/** @} */

/**
 * Receives one message, on the thread that logs it. The function must not call the library.
 *
 * @param arg  the argument that upnvme_log_set was given
 * @param level  UPNVME_LOG_...
 * @param message  the text, without a newline; valid until the function returns
 */
typedef void (*upnvme_log_fn)(void *arg, uint32_t level, const char *message);

/**
 * Sends the library's log to a function of the caller's. When this call returns, the former function
 * is not called any more.
 *
 * @param fn  receives each message; null stops the log, which is the default
 * @param arg  handed to `fn`
 * @param level  the highest level that is sent, UPNVME_LOG_...; not looked at if `fn` is null
 * @return 0, or -EINVAL (unknown level)
 * @thread Any thread, but not within a function that receives the log.
 * @since 0.1
 */
UPNVME_API int upnvme_log_set(upnvme_log_fn fn, void *arg, uint32_t level);

#ifdef __cplusplus
}
#endif

#endif
