/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * upnvme/ctrlr.h: controllers and namespaces: opening, closing, what they are, and the admin side.
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

/* upnvme_open_opts.flags */
#define UPNVME_OPEN_HOUSEKEEPING 0x1u /* a thread of the library's calls upnvme_ctrlr_poll */

struct upnvme_open_opts {
	uint32_t size;             /* sizeof(struct upnvme_open_opts) */
	uint32_t flags;            /* UPNVME_OPEN_... */
	uint32_t nqpairs;          /* I/O queue pairs to ask the controller for; 0: 64 */
	uint32_t keep_alive_ms;    /* keep-alive period; 0: none */
	uint64_t admin_timeout_ns; /* deadline of an admin command; 0: 10 s */
	/* An upper limit of one command's data, in bytes, 4,096 at least; 0: the controller's own. */
	uint64_t max_transfer_bytes;
};
#define UPNVME_OPEN_OPTS_INIT                                            \
	{                                                                \
		(uint32_t)sizeof(struct upnvme_open_opts), 0, 0, 0, 0, 0 \
	}

/*
 * Opens the controller that `uri` names and brings it up: reset, enable, Identify, queues
 * negotiated.
 *   soft:ram?size=1GiB&block=4096   a software controller in this process, over memory
 *   soft:/path/disk.img?block=512   the same over a file, which keeps its bytes
 *   soft:null?size=1TiB             the same over nothing: for measuring
 *   pcie:0000:01:00.0               a controller on the PCIe bus that vfio-pci holds
 * `opts` may be null. On success *ctrlr is the handle, to be closed with upnvme_close.
 * Errors: -EINVAL (URI, options), -E2BIG (options from the future), -ENOENT, -EACCES, -EBUSY (the
 * medium, or the device), -ENODEV (no such device, or not with VFIO), -ETIMEDOUT, -EIO, -ENOTSUP
 * (the controller), -ENOMEM.
 */
UPNVME_API int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri,
			   const struct upnvme_open_opts *opts);

/*
 * Shuts the controller down and frees it, its namespaces, and all its DMA memory.
 * -EBUSY while queue pairs live: nothing has happened then. Null is accepted. Not within a
 * callback.
 */
UPNVME_API int upnvme_close(upnvme_ctrlr *ctrlr);

/*
 * Serves the admin side: completes asynchronous admin commands and events (their callbacks run
 * here), keep-alive, failure detection. Returns how many callbacks ran, or a negative errno (-EIO:
 * the controller has failed). Call it every now and then, or open with UPNVME_OPEN_HOUSEKEEPING.
 */
UPNVME_API int upnvme_ctrlr_poll(upnvme_ctrlr *ctrlr);

/* What a controller is and what its limits are; fields grow at the end. */
struct upnvme_ctrlr_info {
	uint32_t size;                /* in: sizeof(struct upnvme_ctrlr_info) */
	uint16_t vendor_id;           /* PCI vendor (VID) */
	uint16_t ctrlr_id;            /* CNTLID */
	uint32_t version;             /* VS: major << 16 | minor << 8 | tertiary */
	uint32_t ns_count;            /* active namespaces */
	char serial[24];              /* SN, trimmed and terminated */
	char model[44];               /* MN */
	char firmware[12];            /* FR */
	char subnqn[256];             /* NVM subsystem NQN */
	uint64_t max_transfer_bytes;  /* data of one command; larger requests are split */
	uint32_t max_queue_entries;   /* of a queue (CAP.MQES + 1) */
	uint32_t max_qpairs;          /* I/O queue pairs that the controller granted */
	uint32_t page_bytes;          /* memory page size in use (CC.MPS) */
	uint32_t buffer_align;        /* alignment of a buffer's start, bytes */
	uint16_t oncs;                /* optional NVM commands supported (ONCS) */
	uint8_t volatile_write_cache; /* 1: present, Flush is needed for durability */
	uint8_t sgl;                  /* 1: scatter gather lists are used for what PRP cannot say */
	uint32_t ready_timeout_ms;    /* how long the controller may take to become ready */
	uint64_t max_write_zeroes_bytes; /* of one command; larger requests are split */
	uint64_t max_verify_bytes;
	uint32_t max_deallocate_ranges; /* of one command */
	uint32_t reserved;
};
#define UPNVME_CTRLR_INFO_SIZE ((uint32_t)sizeof(struct upnvme_ctrlr_info))

/* Fills *info up to info->size. Errors: -EINVAL. */
UPNVME_API int upnvme_ctrlr_info_get(upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info);

/* The URI that the controller was opened with; null for a null handle. */
UPNVME_API const char *upnvme_ctrlr_uri(const upnvme_ctrlr *ctrlr);

/*
 * Runs one admin command and waits for it. `raw->data` may be any memory: it is copied through DMA
 * memory. Returns 0 when the controller has answered, whatever the status: look at done->status.
 * Errors: -EINVAL, -EAGAIN (admin queue full), -ETIMEDOUT, -EIO (controller failed), -ENOMEM.
 */
UPNVME_API int upnvme_admin(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw,
			    struct upnvme_completion *done);

/*
 * Starts one admin command; `cb` runs in upnvme_ctrlr_poll. `raw` may go as soon as this returns,
 * raw->data must stay until the callback. Errors as upnvme_admin.
 */
UPNVME_API int upnvme_admin_submit(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb,
				   void *arg);

/* Identify (NVMe Base 2.0, 5.17): 4,096 bytes into `data`, which may be any memory.
 * Errors: as upnvme_admin; an error status is -EIO with the status in the sentence. */
UPNVME_API int upnvme_identify(upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data);

/* Get Log Page (5.16): `bytes` (a multiple of 4) from `offset` of log `lid`. Errors as
 * upnvme_identify. */
UPNVME_API int upnvme_log_page(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t lid, uint64_t offset,
			       void *data, size_t bytes);

/* upnvme_feature_get: which value (5.15, SEL) */
#define UPNVME_FEATURE_CURRENT      0u
#define UPNVME_FEATURE_DEFAULT      1u
#define UPNVME_FEATURE_SAVED        2u
#define UPNVME_FEATURE_CAPABILITIES 3u

/* Get Features (5.15): dword 0 of the answer into *value (may be null), the feature's data into
 * `data` (null if it has none). Errors as upnvme_identify. */
UPNVME_API int upnvme_feature_get(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t select,
				  uint32_t *value, void *data, size_t bytes);

/* Set Features (5.27): dword 11 from `value`. `save` other than 0 keeps it over power cycles.
 * Features that the driver manages (number of queues, keep alive) are refused with -EINVAL. */
UPNVME_API int upnvme_feature_set(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t value,
				  int save, const void *data, size_t bytes);

/* upnvme_features.valid: which features the controller answered; the fields of others are 0. */
#define UPNVME_FEATURES_ARBITRATION          0x1u
#define UPNVME_FEATURES_POWER                0x2u
#define UPNVME_FEATURES_OVER_TEMPERATURE     0x4u
#define UPNVME_FEATURES_UNDER_TEMPERATURE    0x8u
#define UPNVME_FEATURES_ERROR_RECOVERY       0x10u
#define UPNVME_FEATURES_VOLATILE_WRITE_CACHE 0x20u
#define UPNVME_FEATURES_QUEUES               0x40u
#define UPNVME_FEATURES_COALESCING           0x80u
#define UPNVME_FEATURES_WRITE_ATOMICITY      0x100u
#define UPNVME_FEATURES_EVENTS               0x200u
#define UPNVME_FEATURES_TIMESTAMP            0x400u
#define UPNVME_FEATURES_KEEP_ALIVE           0x800u

/* Current values of features (5.27.1), decoded; fields grow at the end. */
struct upnvme_features {
	uint32_t size;              /* in: sizeof(struct upnvme_features) */
	uint32_t valid;             /* UPNVME_FEATURES_... */
	uint32_t arbitration_burst; /* commands taken from one queue at a time; 0: no limit */
	uint16_t low_weight;        /* of submission queues of low priority, 1 to 256 */
	uint16_t medium_weight;
	uint16_t high_weight;
	uint8_t power_state;   /* 0 to 31 */
	uint8_t workload_hint; /* 0: none */
	/* Thresholds of the composite temperature, which critical warnings are about. */
	int32_t over_celsius;
	int32_t under_celsius;
	/* Of the lowest active namespace: how long a read or write is tried again; 0: no limit. */
	uint32_t error_recovery_ms;
	uint8_t deallocated_reads_fail;       /* 1: likewise: reads of deallocated blocks do */
	uint8_t volatile_write_cache;         /* 1: there is one, whatever `valid` says */
	uint8_t volatile_write_cache_enabled; /* 1: and it is in use */
	uint8_t write_atomicity_disabled;     /* 1: only the power fail limits (AWUPF) hold */
	uint8_t timestamp_from_host;          /* 1: since 1970; 0: since the controller's reset */
	uint8_t timestamp_stopped;            /* 1: it may have stopped counting for a while */
	uint8_t reserved[2];
	uint32_t submission_queues;  /* I/O queues granted */
	uint32_t completion_queues;  /* I/O queues granted */
	uint32_t coalescing_entries; /* completions that an interrupt may wait for, 1 to 256 */
	uint32_t coalescing_us;      /* how long it may wait for them; 0: no delay */
	uint32_t events;             /* asynchronous events that are on: bits as in 5.27.1.8 */
	uint32_t keep_alive_ms;      /* 0: no keep alive */
	uint64_t timestamp_ms;       /* see timestamp_from_host */
};
#define UPNVME_FEATURES_SIZE ((uint32_t)sizeof(struct upnvme_features))

/* Reads the current values into *features, up to features->size. A feature that the controller does
 * not have is no error: its bit in `valid` is 0. Errors as upnvme_identify. */
UPNVME_API int upnvme_features_get(upnvme_ctrlr *ctrlr, struct upnvme_features *features);

/* SMART / health information (5.16.1.3), decoded. 128-bit counters saturate at 64 bits. */
struct upnvme_smart {
	uint32_t size;            /* in: sizeof(struct upnvme_smart) */
	uint8_t critical_warning; /* bits as in Figure 207 */
	uint8_t available_spare;  /* percent */
	uint8_t spare_threshold;  /* percent */
	uint8_t percentage_used;
	int32_t temperature_celsius;
	uint32_t warning_temperature_minutes;
	uint32_t critical_temperature_minutes;
	uint32_t reserved;
	uint64_t data_units_read; /* units of 512,000 bytes */
	uint64_t data_units_written;
	uint64_t host_reads; /* commands */
	uint64_t host_writes;
	uint64_t busy_minutes;
	uint64_t power_cycles;
	uint64_t power_on_hours;
	uint64_t unsafe_shutdowns;
	uint64_t media_errors;
	uint64_t error_log_entries;
	int32_t sensor_celsius[8]; /* INT32_MIN where there is no sensor */
};
#define UPNVME_SMART_SIZE ((uint32_t)sizeof(struct upnvme_smart))

/* Reads the SMART log into *smart, up to smart->size. Errors as upnvme_identify. */
UPNVME_API int upnvme_smart_get(upnvme_ctrlr *ctrlr, struct upnvme_smart *smart);

/* One entry of the error information log (5.16.1.2), decoded; frozen. */
struct upnvme_error_entry {
	uint64_t count; /* a unique number of this error; larger is later */
	uint64_t lba;
	uint32_t nsid;
	uint16_t sqid;
	uint16_t cid;
	uint16_t status;
	/* Where in the command: byte in bits 7:0, bit in 10:8; FFFFh: nowhere in particular. */
	uint16_t parameter;
	uint32_t reserved;
};
UPNVME_ASSERT(sizeof(struct upnvme_error_entry) == 32, "upnvme_error_entry is frozen at 32 bytes");

/* Reads up to `n` valid entries of the error log, newest first. Returns how many. Errors as
 * upnvme_identify. */
UPNVME_API int upnvme_error_log(upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries,
				uint32_t n);

/* The firmware slot log (5.16.1.4), decoded. */
struct upnvme_firmware {
	uint32_t size;        /* in: sizeof(struct upnvme_firmware) */
	uint32_t active_slot; /* 1 to 7 */
	uint32_t next_slot;   /* activated at the next reset; 0: none */
	char revision[7][12]; /* of slots 1 to 7, terminated; empty where there is none */
};
#define UPNVME_FIRMWARE_SIZE ((uint32_t)sizeof(struct upnvme_firmware))

/* Reads the firmware slot log into *firmware, up to firmware->size. Errors as upnvme_identify. */
UPNVME_API int upnvme_firmware_get(upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware);

/* What a command does (5.16.1.6): bits of upnvme_command_effects */
#define UPNVME_EFFECT_SUPPORTED        0x1u  /* the controller has it; else all bits are 0 */
#define UPNVME_EFFECT_CONTENT          0x2u  /* may change the contents of logical blocks */
#define UPNVME_EFFECT_NS_CAPABILITY    0x4u  /* may change what a namespace can do */
#define UPNVME_EFFECT_NS_INVENTORY     0x8u  /* may change which namespaces there are */
#define UPNVME_EFFECT_CTRLR_CAPABILITY 0x10u /* may change what the controller can do */
/* One value in three bits: what the command must not run beside; 0: no restriction. */
#define UPNVME_EFFECT_EXECUTION_MASK 0x70000u
#define UPNVME_EFFECT_EXECUTION_NS   0x10000u /* other commands of its namespace */
#define UPNVME_EFFECT_EXECUTION_ALL  0x20000u /* other commands of any namespace */
#define UPNVME_EFFECT_UUID           0x80000u /* takes a UUID index */
/* How far the effects go; no bit: not reported. */
#define UPNVME_EFFECT_SCOPE_NS              0x100000u
#define UPNVME_EFFECT_SCOPE_CTRLR           0x200000u
#define UPNVME_EFFECT_SCOPE_NVM_SET         0x400000u
#define UPNVME_EFFECT_SCOPE_ENDURANCE_GROUP 0x800000u
#define UPNVME_EFFECT_SCOPE_DOMAIN          0x1000000u
#define UPNVME_EFFECT_SCOPE_SUBSYSTEM       0x2000000u

/* Reads from the commands supported and effects log what `opcode` does, into *effects: of an admin
 * command if `admin` is not 0, else of an I/O command (NVM command set). Errors: -ENOTSUP (the
 * controller does not have that log), and as upnvme_identify. */
UPNVME_API int upnvme_command_effects(upnvme_ctrlr *ctrlr, uint32_t admin, uint32_t opcode,
				      uint32_t *effects);

/* upnvme_event.kind */
#define UPNVME_EVENT_NS_CHANGED 1u /* a namespace appeared, changed or went */
#define UPNVME_EVENT_SMART      2u /* a health warning */
#define UPNVME_EVENT_ERROR      3u /* the controller reports an error */
#define UPNVME_EVENT_FAILED     4u /* it has failed: queue pairs complete all as aborted */
#define UPNVME_EVENT_OTHER      5u /* look at `type`, `info` and `log_page` */

/* Something that the controller reported (5.2); frozen. */
struct upnvme_event {
	uint32_t kind;    /* UPNVME_EVENT_... */
	uint32_t nsid;    /* of the namespace that changed, or 0 */
	uint8_t type;     /* asynchronous event type (Figure 146) */
	uint8_t info;     /* asynchronous event information */
	uint8_t log_page; /* the log page that has more; the library has read those that it
			     understands */
	uint8_t reserved[5];
};
UPNVME_ASSERT(sizeof(struct upnvme_event) == 16, "upnvme_event is frozen at 16 bytes");

typedef void (*upnvme_event_cb)(void *arg, const struct upnvme_event *event);

/* Sends the controller's events to `cb`, which runs inside upnvme_ctrlr_poll; null stops it.
 * When this returns, the former callback is not called any more (unless this is called from within
 * it). */
UPNVME_API int upnvme_ctrlr_on_event(upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg);

/* --- namespaces ------------------------------------------------------------------------------ */

/* The handle of active namespace `nsid`; the same one each time, valid until the controller is
 * closed. Errors: -EINVAL (nsid 0 or FFFFFFFFh), -ENODEV (not active). */
UPNVME_API int upnvme_ns_get(upnvme_ns **ns, upnvme_ctrlr *ctrlr, uint32_t nsid);

/* The next active namespace identifier above `nsid` (0 for the first); 0 when there is none. */
UPNVME_API uint32_t upnvme_ns_next(upnvme_ctrlr *ctrlr, uint32_t nsid);

/* Properties; 0 for a null handle or a namespace that is gone. */
UPNVME_API uint32_t upnvme_ns_id(const upnvme_ns *ns);
/* Bytes of data in a logical block. */
UPNVME_API uint32_t upnvme_ns_block_size(const upnvme_ns *ns);
/* Logical blocks (NSZE). */
UPNVME_API uint64_t upnvme_ns_block_count(const upnvme_ns *ns);
/* Bytes of metadata per block. */
UPNVME_API uint32_t upnvme_ns_metadata_size(const upnvme_ns *ns);
/* Blocks of one command; larger requests are split. */
UPNVME_API uint32_t upnvme_ns_max_transfer_blocks(const upnvme_ns *ns);

/* What a namespace is; fields grow at the end. */
struct upnvme_ns_info {
	uint32_t size; /* in: sizeof(struct upnvme_ns_info) */
	uint32_t nsid;
	uint64_t block_count;     /* NSZE */
	uint64_t capacity_blocks; /* NCAP */
	uint64_t used_blocks;     /* NUSE */
	uint32_t block_bytes;
	uint32_t metadata_bytes;
	uint32_t max_transfer_blocks;
	uint32_t boundary_blocks;       /* optimal I/O boundary (NOIOB): requests are split there */
	uint8_t metadata_extended;      /* 1: metadata follows each block's data in the buffer */
	uint8_t protection;             /* end-to-end protection type, 0: none */
	uint8_t deallocated_reads_zero; /* 1: deallocated blocks read as zeroes */
	uint8_t readonly;               /* 1: write protected */
	uint32_t reserved;
	uint8_t eui64[8]; /* zeroes where there is none */
	uint8_t nguid[16];
	uint8_t uuid[16];
};
#define UPNVME_NS_INFO_SIZE ((uint32_t)sizeof(struct upnvme_ns_info))

/* Fills *info up to info->size, from a fresh Identify. Errors: -EINVAL, -ENODEV, and as
 * upnvme_identify. */
UPNVME_API int upnvme_ns_info_get(upnvme_ns *ns, struct upnvme_ns_info *info);

#ifdef __cplusplus
}
#endif

#endif
