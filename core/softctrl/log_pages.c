/* SPDX-License-Identifier: BSD-3-Clause */
/* Get Log Page: makes the whole page, and sends the part that the host asks for. NVMe Base 2.0c, 5.16 */
#include "softctrl/log_pages.h"

#include <string.h>

#include "base/clock.h"
#include "softctrl/controller.h"
#include <upnvme/spec/command.h>
#include <upnvme/spec/opcode.h>

#define NS_PER_HOUR (3600 * NS_PER_S)

/* A page's function: `fill`, or `fill_of_set` for a page that differs by I/O command set. The other is NULL. */
struct log_page {
	void (*fill)(struct softctrl *sc);
	uint32_t bytes;
	void (*fill_of_set)(struct softctrl *sc, const struct sc_command_set *io);
};

static const struct log_page *find_log_page(uint32_t lid);

static void supported_pages(struct softctrl *sc)
{
	struct upnvme_spec_supported_log_pages *log = (void *)sc->scratch;

	for (uint32_t lid = 0; lid < ARRAY_SIZE(log->lid); lid++)
		log->lid[lid] = find_log_page(lid) ? UPNVME_SPEC_SUPPORTED_LOG_LSUPP : 0;
}

/* Error Information, the newest error first. */
static void errors(struct softctrl *sc)
{
	struct upnvme_spec_error_log_entry *entries = (void *)sc->scratch;
	struct sc_errors *log = &sc->errors;

	pthread_mutex_lock(&log->lock);
	for (uint64_t i = 0; i < MIN(log->count, SC_NERRORS); i++) {
		const struct sc_error *error = &log->entries[(log->count - 1 - i) % SC_NERRORS];

		entries[i].error_count = error->count;
		entries[i].sqid = error->sqid;
		entries[i].cid = error->cid;
		entries[i].status = error->status_word;
		entries[i].parameter_location = error->location;
		entries[i].lba = error->lba;
		entries[i].nsid = error->nsid;
	}
	pthread_mutex_unlock(&log->lock);
}

static void counters_add(struct sc_counters *counters, uint64_t sums[5])
{
	_Atomic uint64_t *all[] = { &counters->read_sectors, &counters->written_sectors,
				    &counters->read_commands, &counters->write_commands,
				    &counters->media_errors };

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		sums[i] += atomic_load_explicit(all[i], memory_order_relaxed);
}

static uint64_t data_units(uint64_t sectors)
{
	return (sectors + 999) / 1000;
}

static void smart_counters(struct softctrl *sc, struct upnvme_spec_smart_log *log)
{
	uint64_t sums[5] = { 0 };

	counters_add(&sc->retired, sums);
	for (uint32_t qid = 1; qid <= sc->nqueues; qid++)
		counters_add(&sc->sqs[qid].counters, sums);
	log->data_units_read.lo = data_units(sums[0]);
	log->data_units_written.lo = data_units(sums[1]);
	log->host_read_commands.lo = sums[2];
	log->host_write_commands.lo = sums[3];
	log->media_errors.lo = sums[4];
}

static void smart(struct softctrl *sc)
{
	struct upnvme_spec_smart_log *log = (void *)sc->scratch;
	uint16_t composite = sc_events_temperature(sc, 0);

	log->critical_warning = sc_events_critical_warnings(sc);
	memcpy(log->composite_temperature, &composite, sizeof(composite));
	log->available_spare = 100;
	log->available_spare_threshold = 10;
	smart_counters(sc, log);
	log->power_cycles.lo = 1;
	log->power_on_hours.lo = (clock_now_ns() - sc->created_ns) / NS_PER_HOUR;
	pthread_mutex_lock(&sc->errors.lock);
	log->error_log_entries.lo = sc->errors.count;
	pthread_mutex_unlock(&sc->errors.lock);
	for (unsigned i = 0; i < SC_NSENSORS; i++)
		log->temperature_sensor[i] = sc_events_temperature(sc, i + 1);
}

static void firmware_slots(struct softctrl *sc)
{
	struct upnvme_spec_firmware_slot_log *log = (void *)sc->scratch;

	log->afi = UPNVME_SPEC_FIELD_SET(UPNVME_SPEC_AFI_ACTIVE, 1u);
	memset(log->frs[0], ' ', sizeof(log->frs[0]));
	log->frs[0][0] = '0';
}

static void changed_namespaces(struct softctrl *sc)
{
	struct upnvme_spec_changed_ns_log *log = (void *)sc->scratch;
	uint32_t n = 0;

	pthread_mutex_lock(&sc->events.lock);
	for (uint32_t i = 0; i < sc->nnamespaces; i++) {
		if (sc->events.ns_changed[i] == SC_NS_SAME)
			continue;
		sc->events.ns_changed[i] = SC_NS_LISTED;
		log->nsid[n++] = i + 1;
	}
	pthread_mutex_unlock(&sc->events.lock);
}

static void commands(struct softctrl *sc, const struct sc_command_set *io)
{
	struct upnvme_spec_commands_supported_log *log = (void *)sc->scratch;
	const struct sc_command_set *admin = sc->sqs[0].kind.commands;

	for (unsigned opcode = 0; opcode < ARRAY_SIZE(log->acs); opcode++) {
		log->acs[opcode] = admin->rows[opcode].effects;
		log->iocs[opcode] = io->rows[opcode].effects;
	}
}

static void supported_features(struct softctrl *sc)
{
	struct upnvme_spec_features_supported_log *log = (void *)sc->scratch;

	for (unsigned fid = 0; fid < ARRAY_SIZE(log->fid); fid++)
		log->fid[fid] = sc_feature_effects(sc, (uint8_t)fid);
}

/* The page is all zeroes, since no NVMe-MI command is supported in-band. */
static void mi_commands(struct softctrl *sc)
{
	(void)sc;
}

static const struct log_page pages[] = {
	[UPNVME_SPEC_LOG_SUPPORTED_PAGES] = { .fill = supported_pages,
					      .bytes = sizeof(
						      struct upnvme_spec_supported_log_pages) },
	[UPNVME_SPEC_LOG_ERROR] = { .fill = errors,
				    .bytes = SC_NERRORS *
					     sizeof(struct upnvme_spec_error_log_entry) },
	[UPNVME_SPEC_LOG_SMART] = { .fill = smart, .bytes = sizeof(struct upnvme_spec_smart_log) },
	[UPNVME_SPEC_LOG_FIRMWARE_SLOT] = { .fill = firmware_slots,
					    .bytes = sizeof(struct upnvme_spec_firmware_slot_log) },
	[UPNVME_SPEC_LOG_CHANGED_NS_LIST] = { .fill = changed_namespaces,
					      .bytes = sizeof(struct upnvme_spec_changed_ns_log) },
	[UPNVME_SPEC_LOG_COMMANDS_SUPPORTED] = { .bytes = sizeof(
							 struct upnvme_spec_commands_supported_log),
						 .fill_of_set = commands },
	[UPNVME_SPEC_LOG_FEATURES_SUPPORTED] = { .fill = supported_features,
						 .bytes = sizeof(
							 struct
							 upnvme_spec_features_supported_log) },
	[UPNVME_SPEC_LOG_MI_COMMANDS_SUPPORTED] = { .fill = mi_commands, .bytes = 1024 },
};

static const struct log_page *find_log_page(uint32_t lid)
{
	return lid < ARRAY_SIZE(pages) && pages[lid].bytes ? &pages[lid] : NULL;
}

static const struct sc_command_set *io_set(const struct softctrl *sc, const struct sc_cmd *cmd)
{
	return sc_command_set_find(sc,
				   UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_CSI, cmd->sqe.cdw14));
}

/* Checks the fields. LPA says that no page is of one namespace, and that offsets are bytes. Base 2.0c, 5.16.1 */
static uint16_t check_log_request(const struct softctrl *sc, struct sc_cmd *cmd, uint64_t bytes)
{
	if (cmd->sqe.nsid && cmd->sqe.nsid != UPNVME_SPEC_NSID_BROADCAST)
		return cmd->sqe.nsid > sc->nnamespaces ?
			       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_NAMESPACE_OR_FORMAT,
					 SC_AT(nsid, 0)) :
			       sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(nsid, 0));
	if (UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_OT, cmd->sqe.cdw14))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw14, UPNVME_SPEC_GET_LOG_OT));
	if (!io_set(sc, cmd))
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw14, UPNVME_SPEC_GET_LOG_CSI));
	if (bytes > (uint64_t)SC_PAGE_BYTES << sc->mdts)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD,
				 SC_FIELD(cdw10, UPNVME_SPEC_GET_LOG_NUMDL));
	return UPNVME_SPEC_SC_SUCCESS;
}

/* Sends part of the page in `scratch`; bytes beyond its end are zeroes. */
static uint16_t send_page(struct softctrl *sc, struct sc_cmd *cmd, uint64_t offset, uint64_t bytes)
{
	uint16_t status = sc_cmd_map(cmd, bytes);
	uint64_t at = offset;

	for (uint32_t i = 0; !status && i < cmd->data.niov; i++) {
		char *to = cmd->data.iov[i].iov_base;
		size_t left = cmd->data.iov[i].iov_len;
		size_t n = MIN(left, SC_PAGE_BYTES - MIN(at, SC_PAGE_BYTES));

		memcpy(to, sc->scratch + MIN(at, SC_PAGE_BYTES), n);
		memset(to + n, 0, left - n);
		at += left;
	}
	return status;
}

uint16_t sc_get_log_page(struct sc_cmd *cmd)
{
	struct softctrl *sc = cmd->sq->sc;
	uint32_t lid = UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_LID, cmd->sqe.cdw10);
	uint64_t numd = (uint64_t)UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_NUMDU, cmd->sqe.cdw11)
				<< 16 |
			UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_NUMDL, cmd->sqe.cdw10);
	uint64_t offset = (uint64_t)cmd->sqe.cdw13 << 32 | cmd->sqe.cdw12;
	uint64_t bytes = (numd + 1) * 4;
	const struct log_page *page = find_log_page(lid);
	uint32_t explained;
	uint16_t status;

	if (!page)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_LOG_PAGE,
				 SC_FIELD(cdw10, UPNVME_SPEC_GET_LOG_LID));
	status = check_log_request(sc, cmd, bytes);
	if (status)
		return status;
	if (offset >= page->bytes || offset % 4)
		return sc_refuse(cmd, UPNVME_SPEC_SC_INVALID_FIELD, SC_AT(cdw12, 0));
	memset(sc->scratch, 0, SC_PAGE_BYTES);
	explained = sc_events_log_begin(sc, (uint8_t)lid);
	if (page->fill)
		page->fill(sc);
	else
		page->fill_of_set(sc, io_set(sc, cmd));
	status = send_page(sc, cmd, offset, bytes);
	if (status || UPNVME_SPEC_FIELD_GET(UPNVME_SPEC_GET_LOG_RAE, cmd->sqe.cdw10))
		sc_events_log_retain(sc, explained);
	else
		sc_events_log_read(sc, (uint8_t)lid);
	return status;
}
