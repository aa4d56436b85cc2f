/* SPDX-License-Identifier: BSD-3-Clause */
/* The public headers without their comments, as they were when `make abi-baseline` was last run. */
#define UPNVME_ASSERT(condition,text) _Static_assert(condition, text)
struct iovec;
typedef struct upnvme_ctrlr upnvme_ctrlr;
typedef struct upnvme_ns upnvme_ns;
typedef struct upnvme_qpair upnvme_qpair;
#define UPNVME_OP_FLUSH 0x00u
#define UPNVME_OP_WRITE 0x01u
#define UPNVME_OP_READ 0x02u
#define UPNVME_OP_COMPARE 0x05u
#define UPNVME_OP_WRITE_ZEROES 0x08u
#define UPNVME_OP_DATASET_MANAGEMENT 0x09u
#define UPNVME_OP_VERIFY 0x0cu
#define UPNVME_FORM_BUF 0u
#define UPNVME_FORM_IOV 1u
#define UPNVME_FORM_RAW 2u
#define UPNVME_FUA 0x0001u
#define UPNVME_LIMITED_RETRY 0x0002u
#define UPNVME_DEALLOCATE_ZEROES 0x0004u
#define UPNVME_FUSED_FIRST 0x0008u
#define UPNVME_FUSED_SECOND 0x0010u
#define UPNVME_PRCHK_REF 0x0020u
#define UPNVME_PRCHK_APP 0x0040u
#define UPNVME_PRCHK_GUARD 0x0080u
#define UPNVME_PRACT 0x0100u
#define UPNVME_STORAGE_TAG_CHECK 0x0200u
#define UPNVME_FLAGS_ALL 0x03ffu
struct upnvme_op {
 uint8_t opcode;
 uint8_t form;
 uint16_t flags;
 uint32_t nsid;
 uint64_t lba;
 uint32_t blocks;
 uint16_t directive;
 uint8_t dtype;
 uint8_t dsm;
 uint64_t tag;
 void *buf;
 void *metadata;
 uint64_t ref_tag;
 uint16_t niov;
 uint16_t app_tag;
 uint16_t app_mask;
 uint16_t ref_tag_high;
};
#define UPNVME_DONE_ABORTED 0x0001u
#define UPNVME_DONE_INDETERMINATE 0x0002u
struct upnvme_completion {
 uint64_t tag;
 uint64_t result;
 uint16_t status;
 uint16_t flags;
 uint32_t blocks;
 uint64_t reserved;
};
typedef void (*upnvme_cb)(void *arg, const struct upnvme_completion *done);
#define UPNVME_DATA_NONE 0u
#define UPNVME_DATA_TO_DEVICE 1u
#define UPNVME_DATA_FROM_DEVICE 2u
struct upnvme_raw {
 uint32_t cdw[16];
 void *data;
 uint32_t data_bytes;
 uint32_t direction;
 void *metadata;
 uint64_t timeout_ns;
 uint64_t reserved[4];
};
_Static_assert(sizeof(struct upnvme_op) == 64, "upnvme_op is frozen at 64 bytes");
_Static_assert(offsetof(struct upnvme_op, lba) == 8, "frozen");
_Static_assert(offsetof(struct upnvme_op, tag) == 24, "frozen");
_Static_assert(offsetof(struct upnvme_op, buf) == 32, "frozen");
_Static_assert(offsetof(struct upnvme_op, ref_tag) == 48, "frozen");
_Static_assert(offsetof(struct upnvme_op, ref_tag_high) == 62, "frozen");
_Static_assert(sizeof(struct upnvme_completion) == 32, "upnvme_completion is frozen at 32 bytes");
_Static_assert(offsetof(struct upnvme_completion, status) == 16, "frozen");
_Static_assert(offsetof(struct upnvme_completion, blocks) == 20, "frozen");
_Static_assert(sizeof(struct upnvme_raw) == 128, "upnvme_raw is frozen at 128 bytes");
_Static_assert(offsetof(struct upnvme_raw, data) == 64, "frozen");
_Static_assert(offsetof(struct upnvme_raw, timeout_ns) == 88, "frozen");
#define UPNVME_ERR_NONE 0u
#define UPNVME_ERR_NULL 1u
#define UPNVME_ERR_ARGUMENT 2u
#define UPNVME_ERR_OPTIONS_SIZE 3u
#define UPNVME_ERR_OPTIONS_FUTURE 4u
#define UPNVME_ERR_FLAGS 5u
#define UPNVME_ERR_OPCODE 6u
#define UPNVME_ERR_URI 16u
#define UPNVME_ERR_URI_SCHEME 17u
#define UPNVME_ERR_URI_KEY 18u
#define UPNVME_ERR_URI_VALUE 19u
#define UPNVME_ERR_MEDIA_OPEN 32u
#define UPNVME_ERR_MEDIA_TYPE 33u
#define UPNVME_ERR_MEDIA_SIZE 34u
#define UPNVME_ERR_MEDIA_BLOCK 35u
#define UPNVME_ERR_MEDIA_LOCKED 36u
#define UPNVME_ERR_CTRLR_TIMEOUT 48u
#define UPNVME_ERR_CTRLR_FATAL 49u
#define UPNVME_ERR_CTRLR_UNSUPPORTED 50u
#define UPNVME_ERR_CTRLR_INVALID 51u
#define UPNVME_ERR_CTRLR_FAILED 52u
#define UPNVME_ERR_CTRLR_STATUS 53u
#define UPNVME_ERR_BUSY_CHILDREN 54u
#define UPNVME_ERR_ADMIN_FULL 55u
#define UPNVME_ERR_NS_NOT_FOUND 64u
#define UPNVME_ERR_NS_GONE 65u
#define UPNVME_ERR_NS_FOREIGN 66u
#define UPNVME_ERR_NS_FORMAT 67u
#define UPNVME_ERR_QPAIR_LIMIT 80u
#define UPNVME_ERR_WRONG_THREAD 81u
#define UPNVME_ERR_FORKED 82u
#define UPNVME_ERR_QPAIR_CLOSED 83u
#define UPNVME_ERR_IN_CALLBACK 84u
#define UPNVME_ERR_QPAIR_OWNED 85u
#define UPNVME_ERR_QPAIR_RELEASED 86u
#define UPNVME_ERR_BLOCKS 96u
#define UPNVME_ERR_LBA_RANGE 97u
#define UPNVME_ERR_BUFFER_ALIGN 98u
#define UPNVME_ERR_BUFFER_UNREACHABLE 99u
#define UPNVME_ERR_IOVEC 100u
#define UPNVME_ERR_METADATA 101u
#define UPNVME_ERR_UNSUPPORTED 102u
#define UPNVME_ERR_TRANSFER 103u
#define UPNVME_ERR_TIMEOUT 104u
#define UPNVME_ERR_NO_MEMORY 112u
#define UPNVME_ERR_MEM_NOT_ALLOCATED 113u
#define UPNVME_ERR_MEM_NOT_REGISTERED 115u
#define UPNVME_ERR_MEM_BUSY 116u
#define UPNVME_ERR_SYSTEM 128u
#define UPNVME_ERR_DEVICE_NOT_FOUND 144u
#define UPNVME_ERR_DEVICE_CLASS 145u
#define UPNVME_ERR_DEVICE_DRIVER 146u
#define UPNVME_ERR_DEVICE_IOMMU 147u
#define UPNVME_ERR_DEVICE_GROUP 148u
#define UPNVME_ERR_DEVICE_ACCESS 149u
#define UPNVME_ERR_DEVICE_BUSY 150u
#define UPNVME_ERR_DEVICE_BAR 151u
#define UPNVME_ERR_MEM_LOCK_LIMIT 152u
#define UPNVME_ERR_DEVICE_ADDRESS 153u
#define UPNVME_ERR_DRIVER_MISSING 154u
#define UPNVME_ERR_BIND 155u
#define UPNVME_ERR_BIND_STUCK 156u
#define UPNVME_ERR_HUGE_PAGES 157u
#define UPNVME_ERR_PLUGIN 158u
#define UPNVME_ERR_UNSAFE 159u
struct upnvme_error {
 int32_t err;
 uint32_t code;
 char text[504];
};
_Static_assert(sizeof(struct upnvme_error) == 512, "upnvme_error is frozen at 512 bytes");
extern const char *upnvme_last_error(void);
extern int upnvme_error_get(struct upnvme_error *error);
extern const char *upnvme_error_name(uint32_t code);
#define UPNVME_STATUS_SC(status) ((uint8_t)((status)&0xff))
#define UPNVME_STATUS_SCT(status) ((uint8_t)(((status) >> 8) & 0x7))
#define UPNVME_STATUS_CRD(status) ((uint8_t)(((status) >> 11) & 0x3))
#define UPNVME_STATUS_MORE(status) (((status) >> 13) & 0x1)
#define UPNVME_STATUS_DNR(status) (((status) >> 14) & 0x1)
extern const char *upnvme_status_name(uint16_t status);
extern const char *upnvme_status_text(uint16_t status);
#define UPNVME_LOG_ERROR 1u
#define UPNVME_LOG_WARN 2u
#define UPNVME_LOG_INFO 3u
#define UPNVME_LOG_DEBUG 4u
typedef void (*upnvme_log_fn)(void *arg, uint32_t level, const char *message);
extern int upnvme_log_set(upnvme_log_fn fn, void *arg, uint32_t level);
#define UPNVME_OPEN_HOUSEKEEPING 0x1u
struct upnvme_open_opts {
 uint32_t size;
 uint32_t flags;
 uint32_t nqpairs;
 uint32_t keep_alive_ms;
 uint64_t admin_timeout_ns;
 uint64_t max_transfer_bytes;
};
#define UPNVME_OPEN_OPTS_INIT { (uint32_t)sizeof(struct upnvme_open_opts), 0, 0, 0, 0, 0 }
extern int upnvme_open(upnvme_ctrlr **ctrlr, const char *uri,
      const struct upnvme_open_opts *opts);
extern int upnvme_close(upnvme_ctrlr *ctrlr);
extern int upnvme_ctrlr_poll(upnvme_ctrlr *ctrlr);
#define UPNVME_CMB_SUBMISSION_QUEUES 0x1u
#define UPNVME_CMB_COMPLETION_QUEUES 0x2u
#define UPNVME_CMB_LISTS 0x4u
#define UPNVME_CMB_READ_DATA 0x8u
#define UPNVME_CMB_WRITE_DATA 0x10u
struct upnvme_ctrlr_info {
 uint32_t size;
 uint16_t vendor_id;
 uint16_t ctrlr_id;
 uint32_t version;
 uint32_t ns_count;
 char serial[24];
 char model[44];
 char firmware[12];
 char subnqn[256];
 uint64_t max_transfer_bytes;
 uint32_t max_queue_entries;
 uint32_t max_qpairs;
 uint32_t page_bytes;
 uint32_t buffer_align;
 uint16_t oncs;
 uint8_t volatile_write_cache;
 uint8_t sgl;
 uint32_t ready_timeout_ms;
 uint64_t max_write_zeroes_bytes;
 uint64_t max_verify_bytes;
 uint32_t max_deallocate_ranges;
 int32_t numa_node;
 char environment[16];
 uint64_t cmb_bytes;
 uint32_t cmb_flags;
 uint32_t reserved;
};
#define UPNVME_CTRLR_INFO_SIZE ((uint32_t)sizeof(struct upnvme_ctrlr_info))
extern int upnvme_ctrlr_info_get(upnvme_ctrlr *ctrlr, struct upnvme_ctrlr_info *info);
extern const char *upnvme_ctrlr_uri(const upnvme_ctrlr *ctrlr);
extern int upnvme_admin(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw,
       struct upnvme_completion *done);
extern int upnvme_admin_submit(upnvme_ctrlr *ctrlr, const struct upnvme_raw *raw, upnvme_cb cb,
       void *arg);
extern int upnvme_identify(upnvme_ctrlr *ctrlr, uint32_t cns, uint32_t nsid, void *data);
extern int upnvme_log_page(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t lid, uint64_t offset,
          void *data, size_t bytes);
#define UPNVME_FEATURE_CURRENT 0u
#define UPNVME_FEATURE_DEFAULT 1u
#define UPNVME_FEATURE_SAVED 2u
#define UPNVME_FEATURE_CAPABILITIES 3u
extern int upnvme_feature_get(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t select,
      uint32_t *value, void *data, size_t bytes);
extern int upnvme_feature_set(upnvme_ctrlr *ctrlr, uint32_t nsid, uint32_t fid, uint32_t value,
      int save, const void *data, size_t bytes);
#define UPNVME_FEATURES_ARBITRATION 0x1u
#define UPNVME_FEATURES_POWER 0x2u
#define UPNVME_FEATURES_OVER_TEMPERATURE 0x4u
#define UPNVME_FEATURES_UNDER_TEMPERATURE 0x8u
#define UPNVME_FEATURES_ERROR_RECOVERY 0x10u
#define UPNVME_FEATURES_VOLATILE_WRITE_CACHE 0x20u
#define UPNVME_FEATURES_QUEUES 0x40u
#define UPNVME_FEATURES_COALESCING 0x80u
#define UPNVME_FEATURES_WRITE_ATOMICITY 0x100u
#define UPNVME_FEATURES_EVENTS 0x200u
#define UPNVME_FEATURES_TIMESTAMP 0x400u
#define UPNVME_FEATURES_KEEP_ALIVE 0x800u
struct upnvme_features {
 uint32_t size;
 uint32_t valid;
 uint32_t arbitration_burst;
 uint16_t low_weight;
 uint16_t medium_weight;
 uint16_t high_weight;
 uint8_t power_state;
 uint8_t workload_hint;
 int32_t over_celsius;
 int32_t under_celsius;
 uint32_t error_recovery_ms;
 uint8_t deallocated_reads_fail;
 uint8_t volatile_write_cache;
 uint8_t volatile_write_cache_enabled;
 uint8_t write_atomicity_disabled;
 uint8_t timestamp_from_host;
 uint8_t timestamp_stopped;
 uint8_t reserved[2];
 uint32_t submission_queues;
 uint32_t completion_queues;
 uint32_t coalescing_entries;
 uint32_t coalescing_us;
 uint32_t events;
 uint32_t keep_alive_ms;
 uint64_t timestamp_ms;
};
#define UPNVME_FEATURES_SIZE ((uint32_t)sizeof(struct upnvme_features))
extern int upnvme_features_get(upnvme_ctrlr *ctrlr, struct upnvme_features *features);
struct upnvme_smart {
 uint32_t size;
 uint8_t critical_warning;
 uint8_t available_spare;
 uint8_t spare_threshold;
 uint8_t percentage_used;
 int32_t temperature_celsius;
 uint32_t warning_temperature_minutes;
 uint32_t critical_temperature_minutes;
 uint32_t reserved;
 uint64_t data_units_read;
 uint64_t data_units_written;
 uint64_t host_reads;
 uint64_t host_writes;
 uint64_t busy_minutes;
 uint64_t power_cycles;
 uint64_t power_on_hours;
 uint64_t unsafe_shutdowns;
 uint64_t media_errors;
 uint64_t error_log_entries;
 int32_t sensor_celsius[8];
};
#define UPNVME_SMART_SIZE ((uint32_t)sizeof(struct upnvme_smart))
extern int upnvme_smart_get(upnvme_ctrlr *ctrlr, struct upnvme_smart *smart);
struct upnvme_error_entry {
 uint64_t count;
 uint64_t lba;
 uint32_t nsid;
 uint16_t sqid;
 uint16_t cid;
 uint16_t status;
 uint16_t parameter;
 uint32_t reserved;
};
_Static_assert(sizeof(struct upnvme_error_entry) == 32, "upnvme_error_entry is frozen at 32 bytes");
extern int upnvme_error_log(upnvme_ctrlr *ctrlr, struct upnvme_error_entry *entries,
    uint32_t n);
struct upnvme_firmware {
 uint32_t size;
 uint32_t active_slot;
 uint32_t next_slot;
 char revision[7][12];
};
#define UPNVME_FIRMWARE_SIZE ((uint32_t)sizeof(struct upnvme_firmware))
extern int upnvme_firmware_get(upnvme_ctrlr *ctrlr, struct upnvme_firmware *firmware);
#define UPNVME_EFFECT_SUPPORTED 0x1u
#define UPNVME_EFFECT_CONTENT 0x2u
#define UPNVME_EFFECT_NS_CAPABILITY 0x4u
#define UPNVME_EFFECT_NS_INVENTORY 0x8u
#define UPNVME_EFFECT_CTRLR_CAPABILITY 0x10u
#define UPNVME_EFFECT_EXECUTION_MASK 0x70000u
#define UPNVME_EFFECT_EXECUTION_NS 0x10000u
#define UPNVME_EFFECT_EXECUTION_ALL 0x20000u
#define UPNVME_EFFECT_UUID 0x80000u
#define UPNVME_EFFECT_SCOPE_NS 0x100000u
#define UPNVME_EFFECT_SCOPE_CTRLR 0x200000u
#define UPNVME_EFFECT_SCOPE_NVM_SET 0x400000u
#define UPNVME_EFFECT_SCOPE_ENDURANCE_GROUP 0x800000u
#define UPNVME_EFFECT_SCOPE_DOMAIN 0x1000000u
#define UPNVME_EFFECT_SCOPE_SUBSYSTEM 0x2000000u
extern int upnvme_command_effects(upnvme_ctrlr *ctrlr, uint32_t admin, uint32_t opcode,
          uint32_t *effects);
#define UPNVME_EVENT_NS_CHANGED 1u
#define UPNVME_EVENT_SMART 2u
#define UPNVME_EVENT_ERROR 3u
#define UPNVME_EVENT_FAILED 4u
#define UPNVME_EVENT_OTHER 5u
struct upnvme_event {
 uint32_t kind;
 uint32_t nsid;
 uint8_t type;
 uint8_t info;
 uint8_t log_page;
 uint8_t reserved[5];
};
_Static_assert(sizeof(struct upnvme_event) == 16, "upnvme_event is frozen at 16 bytes");
typedef void (*upnvme_event_cb)(void *arg, const struct upnvme_event *event);
extern int upnvme_ctrlr_on_event(upnvme_ctrlr *ctrlr, upnvme_event_cb cb, void *arg);
extern int upnvme_ns_get(upnvme_ns **ns, upnvme_ctrlr *ctrlr, uint32_t nsid);
extern uint32_t upnvme_ns_next(upnvme_ctrlr *ctrlr, uint32_t nsid);
extern uint32_t upnvme_ns_id(const upnvme_ns *ns);
extern uint32_t upnvme_ns_block_size(const upnvme_ns *ns);
extern uint64_t upnvme_ns_block_count(const upnvme_ns *ns);
extern uint32_t upnvme_ns_metadata_size(const upnvme_ns *ns);
extern uint32_t upnvme_ns_max_transfer_blocks(const upnvme_ns *ns);
struct upnvme_ns_info {
 uint32_t size;
 uint32_t nsid;
 uint64_t block_count;
 uint64_t capacity_blocks;
 uint64_t used_blocks;
 uint32_t block_bytes;
 uint32_t metadata_bytes;
 uint32_t max_transfer_blocks;
 uint32_t boundary_blocks;
 uint8_t metadata_extended;
 uint8_t protection;
 uint8_t deallocated_reads_zero;
 uint8_t readonly;
 uint32_t reserved;
 uint8_t eui64[8];
 uint8_t nguid[16];
 uint8_t uuid[16];
};
#define UPNVME_NS_INFO_SIZE ((uint32_t)sizeof(struct upnvme_ns_info))
extern int upnvme_ns_info_get(upnvme_ns *ns, struct upnvme_ns_info *info);
#define UPNVME_DEVICE_MOUNTED 0x1u
#define UPNVME_DEVICE_SWAP 0x2u
#define UPNVME_DEVICE_HELD 0x4u
#define UPNVME_DEVICE_OPEN 0x8u
#define UPNVME_DEVICE_IN_USE 0xfu
struct upnvme_device {
 char address[24];
 uint16_t vendor_id;
 uint16_t device_id;
 uint16_t subsystem_vendor_id;
 uint16_t subsystem_id;
 uint32_t class_code;
 int32_t iommu_group;
 int32_t numa_node;
 uint32_t flags;
 char model[48];
 char serial[24];
 char firmware[16];
 char driver[32];
 char kernel_name[24];
 char in_use_by[256];
 uint64_t reserved[8];
};
_Static_assert(sizeof(struct upnvme_device) == 512, "upnvme_device is frozen at 512 bytes");
_Static_assert(offsetof(struct upnvme_device, vendor_id) == 24, "frozen");
_Static_assert(offsetof(struct upnvme_device, flags) == 44, "frozen");
_Static_assert(offsetof(struct upnvme_device, driver) == 136, "frozen");
_Static_assert(offsetof(struct upnvme_device, in_use_by) == 192, "frozen");
_Static_assert(offsetof(struct upnvme_device, reserved) == 448, "frozen");
extern int upnvme_devices_list(struct upnvme_device *devices, uint32_t n);
extern int upnvme_device_get(const char *address, struct upnvme_device *device);
extern int upnvme_device_bind(const char *address, const char *driver);
extern int upnvme_device_unbind(const char *address);
#define UPNVME_SYSTEM_IOMMU 0x01u
#define UPNVME_SYSTEM_VFIO_PCI 0x02u
#define UPNVME_SYSTEM_UIO_PCI_GENERIC 0x04u
#define UPNVME_SYSTEM_IGB_UIO 0x08u
#define UPNVME_SYSTEM_NVME 0x10u
#define UPNVME_SYSTEM_VFIO_NOIOMMU 0x20u
#define UPNVME_SYSTEM_IPC_LOCK 0x40u
struct upnvme_huge_pages {
 uint64_t page_bytes;
 uint64_t npages;
 uint64_t nfree;
};
_Static_assert(sizeof(struct upnvme_huge_pages) == 24, "upnvme_huge_pages is frozen at 24 bytes");
struct upnvme_system {
 uint32_t size;
 uint32_t flags;
 uint32_t niommu_groups;
 uint32_t nhuge_sizes;
 uint64_t memlock_bytes;
 uint64_t memlock_max_bytes;
 uint64_t huge_bytes;
 struct upnvme_huge_pages huge[4];
};
#define UPNVME_SYSTEM_SIZE ((uint32_t)sizeof(struct upnvme_system))
extern int upnvme_system_get(struct upnvme_system *system);
#define UPNVME_QPAIR_RING_EACH 0x1u
#define UPNVME_QPAIR_HISTOGRAM 0x2u
#define UPNVME_QPAIR_CMB 0x4u
struct upnvme_qpair_opts {
 uint32_t size;
 uint32_t flags;
 uint32_t entries;
 uint32_t outstanding;
};
#define UPNVME_QPAIR_OPTS_INIT { (uint32_t)sizeof(struct upnvme_qpair_opts), 0, 0, 0 }
extern int upnvme_qpair_create(upnvme_qpair **qp, upnvme_ctrlr *ctrlr,
       const struct upnvme_qpair_opts *opts);
extern int upnvme_qpair_stop(upnvme_qpair *qp);
extern int upnvme_qpair_close(upnvme_qpair *qp);
extern int upnvme_qpair_release(upnvme_qpair *qp);
extern int upnvme_qpair_adopt(upnvme_qpair *qp);
extern int upnvme_qpair_abandon(upnvme_qpair *qp);
extern int upnvme_qpair_ring(upnvme_qpair *qp);
extern uint32_t upnvme_qpair_id(const upnvme_qpair *qp);
extern uint32_t upnvme_qpair_entries(const upnvme_qpair *qp);
extern uint32_t upnvme_qpair_outstanding_max(const upnvme_qpair *qp);
extern uint32_t upnvme_qpair_inflight(const upnvme_qpair *qp);
struct upnvme_qpair_stats {
 uint32_t size;
 uint32_t reserved;
 uint64_t submitted;
 uint64_t completed;
 uint64_t errors;
 uint64_t aborted;
 uint64_t split;
 uint64_t full;
 uint64_t submission_doorbells;
 uint64_t completion_doorbells;
 uint64_t spurious;
 uint64_t general;
};
#define UPNVME_QPAIR_STATS_SIZE ((uint32_t)sizeof(struct upnvme_qpair_stats))
extern int upnvme_qpair_stats_get(const upnvme_qpair *qp, struct upnvme_qpair_stats *stats);
extern int upnvme_qpair_histogram(const upnvme_qpair *qp, uint64_t *buckets, uint32_t n);
extern uint64_t upnvme_histogram_limit_ns(uint32_t bucket);
extern int upnvme_read(upnvme_qpair *qp, upnvme_ns *ns, void *buf, uint64_t lba,
      uint32_t blocks, upnvme_cb cb, void *arg);
extern int upnvme_write(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
       uint32_t blocks, upnvme_cb cb, void *arg);
extern int upnvme_compare(upnvme_qpair *qp, upnvme_ns *ns, const void *buf, uint64_t lba,
         uint32_t blocks, upnvme_cb cb, void *arg);
extern int upnvme_readv(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov, uint32_t niov,
       uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);
extern int upnvme_writev(upnvme_qpair *qp, upnvme_ns *ns, const struct iovec *iov,
        uint32_t niov, uint64_t lba, uint32_t blocks, upnvme_cb cb, void *arg);
extern int upnvme_flush(upnvme_qpair *qp, upnvme_ns *ns, upnvme_cb cb, void *arg);
extern int upnvme_write_zeroes(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
       upnvme_cb cb, void *arg);
extern int upnvme_deallocate(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
     upnvme_cb cb, void *arg);
extern int upnvme_verify(upnvme_qpair *qp, upnvme_ns *ns, uint64_t lba, uint32_t blocks,
        upnvme_cb cb, void *arg);
extern int upnvme_io(upnvme_qpair *qp, const struct upnvme_op *op, upnvme_cb cb, void *arg);
extern int upnvme_submit(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n);
extern int upnvme_poll(upnvme_qpair *qp, uint32_t max);
extern int upnvme_reap(upnvme_qpair *qp, struct upnvme_completion *done, uint32_t n);
extern int upnvme_exec(upnvme_qpair *qp, const struct upnvme_op *ops, uint32_t n,
      struct upnvme_completion *done, uint32_t ndone, uint64_t timeout_ns);
extern int upnvme_dma_alloc(void **buf, upnvme_ctrlr *ctrlr, size_t bytes, size_t align);
extern int upnvme_dma_free(upnvme_ctrlr *ctrlr, void *buf);
extern int upnvme_mem_register(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);
extern int upnvme_mem_unregister(upnvme_ctrlr *ctrlr, void *buf, size_t bytes);
#define UPNVME_VERSION_MAJOR 0
#define UPNVME_VERSION_MINOR 1
#define UPNVME_VERSION_PATCH 0
#define UPNVME_VERSION "0.1.0"
#define UPNVME_ABI_VERSION 0u
extern uint32_t upnvme_abi_version(void);
extern const char *upnvme_version(void);
extern const char *upnvme_build_info(void);
