/* SPDX-License-Identifier: BSD-3-Clause */
/* Every format that QEMU's controller offers: block sizes, metadata apart and extended,
 * protection information. */
#include "support/rig.h"

#include <upnvme/spec/status.h>

/* A namespace for each; the identifier is the index + 1. */
struct format {
	const char *name;
	uint32_t data_bytes, metadata_bytes;
	bool extended;
	uint8_t protection;
	bool first; /* the protection information is at the metadata's beginning */
	bool wide;  /* with a 64-bit guard */
};

static const struct format formats[] = {
	{ "512", 512, 0, false, 0, false, false },
	{ "4096", 4096, 0, false, 0, false, false },
	{ "512_and_8_apart", 512, 8, false, 0, false, false },
	{ "512_and_8_extended", 512, 8, true, 0, false, false },
	{ "4096_and_16_apart", 4096, 16, false, 0, false, false },
	{ "4096_and_64_extended", 4096, 64, true, 0, false, false },
	{ "512_and_8_apart_type_1", 512, 8, false, 1, false, false },
	{ "512_and_8_extended_type_1", 512, 8, true, 1, false, false },
	{ "4096_and_8_extended_type_1", 4096, 8, true, 1, false, false },
	{ "512_and_16_apart_type_1", 512, 16, false, 1, false, false },
	{ "512_and_16_extended_type_1_first", 512, 16, true, 1, true, false },
	{ "512_and_8_apart_type_2", 512, 8, false, 2, false, false },
	{ "512_and_8_extended_type_3", 512, 8, true, 3, false, false },
	{ "4096_and_16_apart_type_1_wide", 4096, 16, false, 1, false, true },
	{ "512_and_16_extended_type_1_wide", 512, 16, true, 1, false, true },
	{ "512_and_64_extended_type_2_wide_first", 512, 64, true, 2, true, true },
};

#define NFORMATS   NELEMS(formats)
#define LONG_BYTES (1300u * 1024) /* more than MDTS, and no multiple of it */
#define PI_BYTES   16u            /* of the largest protection information */
#define APP_TAG    0xcafeu

/* QEMU 7.2 drops metadata without protection information where a command has more than 512 bytes
 * of it, and no multiple of that (dma_blk_cb discards what it should keep): commands to such
 * namespaces are kept below. */
#define SMALL_BYTES 32768u

/* One format, an open rig, and buffers for `blocks` blocks. */
struct fixture {
	const struct format *format;
	struct rig rig;
	uint32_t nsid;
	uint32_t stride;                    /* bytes of a block in `data` */
	uint8_t *data, *metadata;           /* DMA memory */
	uint8_t *data_copy, *metadata_copy; /* the expected content */
	size_t data_bytes, metadata_bytes;
};

static void rig_open_format(struct rig *rig, const struct format *format, uint32_t nsid)
{
	struct upnvme_open_opts opts = UPNVME_OPEN_OPTS_INIT;

	opts.max_transfer_bytes = format->metadata_bytes && !format->protection ? SMALL_BYTES : 0;
	OK(qtest_open(&rig->ctrlr, group_qemu, &opts));
	OK(upnvme_ns_get(&rig->ns, rig->ctrlr, nsid));
	rig->qp = create_qpair(rig->ctrlr, 0, 0, 0);
	rig->block = format->data_bytes;
}

/* Type 3 knows no reference tag that could be checked. */
static uint16_t checks_of(const struct format *format)
{
	uint16_t checks = UPNVME_PRCHK_GUARD | UPNVME_PRCHK_APP;

	return format->protection == 3 ? checks : checks | UPNVME_PRCHK_REF;
}

/* Guard, application tag, reference tag: big-endian. */
static uint32_t guard_bytes(const struct format *format)
{
	return format->wide ? 8 : 2;
}

static uint32_t pi_bytes(const struct format *format)
{
	return format->wide ? 16 : 8;
}

static bool is_bare_with_pract(const struct format *format)
{
	return format->metadata_bytes == pi_bytes(format);
}

static void fixture_open(struct fixture *fixture, const struct format *format, uint32_t blocks)
{
	*fixture = (struct fixture){ .format = format };
	fixture->nsid = (uint32_t)(format - formats) + 1;
	rig_open_format(&fixture->rig, format, fixture->nsid);
	fixture->stride = format->data_bytes + (format->extended ? format->metadata_bytes : 0);
	fixture->data_bytes = (size_t)blocks * fixture->stride;
	fixture->metadata_bytes = format->extended ? 0 : (size_t)blocks * format->metadata_bytes;
	fixture->data = dma(fixture->rig.ctrlr, fixture->data_bytes);
	fixture->data_copy = malloc(fixture->data_bytes);
	if (fixture->metadata_bytes)
		fixture->metadata = dma(fixture->rig.ctrlr, fixture->metadata_bytes);
	fixture->metadata_copy = malloc(fixture->metadata_bytes + 1);
}

static void fixture_close(struct fixture *fixture)
{
	free(fixture->data_copy);
	free(fixture->metadata_copy);
	rig_close(&fixture->rig);
}

/* Makes new content, which the copies keep. */
static void fixture_fill(struct fixture *fixture, uint64_t seed)
{
	uint64_t random = seed | 1;

	for (size_t i = 0; i < fixture->data_bytes; i++)
		fixture->data[i] = fixture->data_copy[i] = (uint8_t)random_below(&random, 256);
	for (size_t i = 0; i < fixture->metadata_bytes; i++)
		fixture->metadata[i] = fixture->metadata_copy[i] =
			(uint8_t)random_below(&random, 256);
}

static void fixture_wipe(struct fixture *fixture)
{
	memset(fixture->data, 0xee, fixture->data_bytes);
	if (fixture->metadata)
		memset(fixture->metadata, 0xee, fixture->metadata_bytes);
}

static void fixture_expect(struct fixture *fixture)
{
	expect_bytes(fixture->data, fixture->data_copy, fixture->data_bytes);
	if (fixture->metadata)
		expect_bytes(fixture->metadata, fixture->metadata_copy, fixture->metadata_bytes);
}

static struct upnvme_op op_of(struct fixture *fixture, uint8_t opcode, uint64_t lba,
			      uint32_t blocks, uint16_t flags)
{
	bool pract_is_all = (flags & UPNVME_PRACT) && is_bare_with_pract(fixture->format);

	return (struct upnvme_op){ .opcode = opcode,
				   .nsid = fixture->nsid,
				   .lba = lba,
				   .blocks = blocks,
				   .flags = flags,
				   .buf = opcode == UPNVME_OP_VERIFY ? NULL : fixture->data,
				   .metadata = pract_is_all || opcode == UPNVME_OP_VERIFY ?
						       NULL :
						       fixture->metadata,
				   .ref_tag = lba,
				   .app_tag = APP_TAG,
				   .app_mask = 0xffff };
}

static uint16_t run(struct fixture *fixture, uint8_t opcode, uint64_t lba, uint32_t blocks,
		    uint16_t flags)
{
	struct upnvme_op op = op_of(fixture, opcode, lba, blocks, flags);

	return do_op(&fixture->rig, &op).status & 0x7ff;
}

static void round_trip(struct fixture *fixture, uint64_t lba, uint32_t blocks)
{
	fixture_fill(fixture, lba + blocks);
	assert_int_equal(run(fixture, UPNVME_OP_WRITE, lba, blocks, 0), 0);
	fixture_wipe(fixture);
	assert_int_equal(run(fixture, UPNVME_OP_READ, lba, blocks, 0), 0);
	fixture_expect(fixture);
	assert_int_equal(run(fixture, UPNVME_OP_COMPARE, lba, blocks, 0), 0);
	fixture->data[fixture->stride - 1] ^= 1; /* a data or metadata byte */
	assert_int_equal(run(fixture, UPNVME_OP_COMPARE, lba, blocks, 0),
			 UPNVME_SPEC_SC_COMPARE_FAILURE);
}

/* The state of each test is its format. */
static void written_blocks_are_read_back(void **state)
{
	const struct format *format = *state;
	static const uint32_t counts[] = { 1, 2, 8, 65 };
	struct fixture fixture;

	for (size_t i = 0; i < NELEMS(counts); i++) {
		fixture_open(&fixture, format, counts[i]);
		round_trip(&fixture, 3, counts[i]);
		fixture_close(&fixture);
	}
}

static void split_writes_are_read_back(void **state)
{
	const struct format *format = *state;
	uint32_t blocks = LONG_BYTES / format->data_bytes;
	struct fixture fixture;

	fixture_open(&fixture, format, blocks);
	fixture_fill(&fixture, 5);
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 7, blocks, 0), 0);
	fixture_wipe(&fixture);
	assert_int_equal(run(&fixture, UPNVME_OP_READ, 7, blocks, 0), 0);
	fixture_expect(&fixture);
	fixture_close(&fixture);
}

static void the_format_is_described(void **state)
{
	const struct format *format = *state;
	struct upnvme_ns_info info = { .size = UPNVME_NS_INFO_SIZE };
	struct fixture fixture;

	fixture_open(&fixture, format, 1);
	OK(upnvme_ns_info_get(fixture.rig.ns, &info));
	assert_int_equal(info.block_bytes, format->data_bytes);
	assert_int_equal(info.metadata_bytes, format->metadata_bytes);
	assert_int_equal(info.metadata_extended, format->extended);
	assert_int_equal(info.protection, format->protection);
	fixture_close(&fixture);
}

/* --- protection information ----------------------------------------------------------------------- */

/* The guard of a block: CRC-16 of T10, polynomial 8BB7h, of the data and of metadata that comes
 * before it. */
static uint16_t crc16(uint16_t crc, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= (uint16_t)(bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x8bb7 : crc << 1);
	}
	return crc;
}

/* The same with 64 bits: reflected, polynomial AD93D23594C93659h (NVM Command Set 1.0c, 5.2.1.3). */
static uint64_t crc64(uint64_t crc, const uint8_t *bytes, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x9a6c9329ac4bc9b5 : crc >> 1;
	}
	return ~crc;
}

static uint64_t guard(const struct format *format, uint64_t crc, const uint8_t *bytes, size_t n)
{
	return format->wide ? crc64(crc, bytes, n) : crc16((uint16_t)crc, bytes, n);
}

static uint8_t *metadata_at(struct fixture *fixture, uint32_t i)
{
	const struct format *format = fixture->format;

	if (format->extended)
		return fixture->data + (size_t)i * fixture->stride + format->data_bytes;
	return fixture->metadata + (size_t)i * format->metadata_bytes;
}

static uint8_t *pi_at(struct fixture *fixture, uint32_t i)
{
	const struct format *format = fixture->format;

	return metadata_at(fixture, i) +
	       (format->first ? 0 : format->metadata_bytes - pi_bytes(format));
}

static void put_big_endian(uint8_t *to, uint64_t value, uint32_t bytes)
{
	while (bytes--) {
		to[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* The expected protection information of block i. */
static void pi_make(struct fixture *fixture, uint32_t i, uint64_t lba, uint8_t *pi)
{
	const struct format *format = fixture->format;
	uint8_t *data = fixture->data + (size_t)i * fixture->stride;
	uint64_t crc = guard(format, 0, data, format->data_bytes);
	uint32_t at = guard_bytes(format);

	if (!format->first)
		crc = guard(format, crc, metadata_at(fixture, i),
			    format->metadata_bytes - pi_bytes(format));
	put_big_endian(pi, crc, at);
	put_big_endian(pi + at, APP_TAG, 2);
	put_big_endian(pi + at + 2, format->protection == 3 ? lba : lba + i,
		       pi_bytes(format) - at - 2);
}

static void our_own_protection_information_is_checked(void **state)
{
	const struct format *format = *state;
	uint16_t checks = checks_of(format);
	uint32_t blocks = 70, tags = guard_bytes(format);
	struct fixture fixture;
	uint8_t *pi;

	fixture_open(&fixture, format, blocks);
	fixture_fill(&fixture, 21);
	for (uint32_t i = 0; i < blocks; i++)
		pi_make(&fixture, i, 40, pi_at(&fixture, i));
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 40, blocks, checks), 0);
	fixture_wipe(&fixture);
	assert_int_equal(run(&fixture, UPNVME_OP_READ, 40, blocks, checks), 0);
	assert_int_equal(run(&fixture, UPNVME_OP_VERIFY, 40, blocks, checks), 0);
	pi = pi_at(&fixture, 69);
	pi[0] ^= 1;
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 40, blocks, checks),
			 UPNVME_SPEC_SC_GUARD_CHECK_ERROR);
	pi[0] ^= 1;
	pi[tags + 1] ^= 1;
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 40, blocks, checks),
			 UPNVME_SPEC_SC_APPLICATION_TAG_CHECK_ERROR);
	pi[tags + 1] ^= 1;
	pi[pi_bytes(format) - 1] ^= 1;
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 40, blocks, checks),
			 format->protection == 3 ? 0 : UPNVME_SPEC_SC_REFERENCE_TAG_CHECK_ERROR);
	fixture_close(&fixture);
}

/* PRACT: the controller makes it. Where that is all the metadata, none is transferred (NVM Command
 * Set 1.0c, 5.2.2.1), so that even an extended block is only its data in the buffer. */
static void the_controller_makes_protection_information(void **state)
{
	const struct format *format = *state;
	uint32_t blocks = LONG_BYTES / format->data_bytes, stride;
	struct fixture fixture;

	fixture_open(&fixture, format, blocks);
	stride = is_bare_with_pract(format) ? format->data_bytes : fixture.stride;
	fixture_fill(&fixture, 23);
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 90, blocks, UPNVME_PRACT), 0);
	fixture_wipe(&fixture);
	assert_int_equal(run(&fixture, UPNVME_OP_READ, 90, blocks, checks_of(format)), 0);
	for (uint32_t i = 0; i < blocks; i++) {
		uint8_t pi[PI_BYTES];

		expect_bytes(fixture.data + (size_t)i * fixture.stride,
			     fixture.data_copy + (size_t)i * stride, format->data_bytes);
		pi_make(&fixture, i, 90, pi);
		expect_bytes(pi_at(&fixture, i), pi, pi_bytes(format));
	}
	fixture_close(&fixture);
}

static void the_controller_strips_protection_information(void **state)
{
	const struct format *format = *state;
	uint32_t blocks = LONG_BYTES / format->data_bytes;
	struct fixture fixture;

	fixture_open(&fixture, format, blocks);
	fixture_fill(&fixture, 25);
	assert_int_equal(run(&fixture, UPNVME_OP_WRITE, 33, blocks, UPNVME_PRACT), 0);
	fixture_wipe(&fixture);
	assert_int_equal(
		run(&fixture, UPNVME_OP_READ, 33, blocks, UPNVME_PRACT | checks_of(format)), 0);
	expect_bytes(fixture.data, fixture.data_copy, (size_t)blocks * format->data_bytes);
	fixture_close(&fixture);
}

/* Only the memory that the command moves has to be reachable. */
static void a_buffer_of_bare_data_is_enough(void **state)
{
	const struct format *format = *state;
	struct fixture fixture;
	struct upnvme_op op;

	fixture_open(&fixture, format, 8);
	op = op_of(&fixture, UPNVME_OP_WRITE, 0, 4096 / format->data_bytes, UPNVME_PRACT);
	op.form = UPNVME_FORM_IOV;
	op.niov = 1;
	op.buf = &(struct iovec){ fixture.data, 4096 };
	assert_int_equal(do_op(&fixture.rig, &op).status, 0);
	op.opcode = UPNVME_OP_READ;
	assert_int_equal(do_op(&fixture.rig, &op).status, 0);
	fixture_close(&fixture);
}

/* PRACT needs the metadata buffer where metadata is larger than the protection information. */
static void metadata_larger_than_protection_information_needs_a_buffer(void **state)
{
	const struct format *format = *state;
	struct fixture fixture;
	struct upnvme_op op;

	fixture_open(&fixture, format, 1);
	op = op_of(&fixture, UPNVME_OP_WRITE, 0, 1, UPNVME_PRACT);
	op.metadata = NULL;
	expect_error(upnvme_io(fixture.rig.qp, &op, NULL, NULL), -EINVAL, UPNVME_ERR_METADATA,
		     NULL);
	fixture_close(&fixture);
}

/* Data and metadata go where the offsets say, and not a byte beyond. */
static void an_area_has_data_and_metadata(void **state)
{
	const struct format *format = *state;
	struct upnvme_completion done;
	struct upnvme_area area;
	struct fixture fixture;
	struct upnvme_op op;
	upnvme_qpair *qp;

	fixture_open(&fixture, format, 9);
	qp = fixture.rig.qp;
	area = (struct upnvme_area){ fixture.data, 9ull * fixture.stride, fixture.metadata,
				     9ull * format->metadata_bytes };
	fixture_fill(&fixture, 31);
	op = op_of(&fixture, UPNVME_OP_WRITE, 5, 9, 0);
	op.buf = op.metadata = NULL;
	assert_int_equal(upnvme_exec_at(qp, &area, &op, 1, &done, 1, UINT64_MAX), 1);
	assert_int_equal(done.status, 0);
	fixture_wipe(&fixture);
	op.opcode = UPNVME_OP_READ;
	assert_int_equal(upnvme_exec_at(qp, &area, &op, 1, &done, 1, UINT64_MAX), 1);
	fixture_expect(&fixture);
	area.data_bytes--;
	expect_error(upnvme_submit_at(qp, &area, &op, 1), -EFAULT, UPNVME_ERR_BUFFER_SHORT, "data",
		     NULL);
	area.data_bytes++;
	if (!fixture.metadata) {
		fixture_close(&fixture);
		return;
	}
	op.metadata = (void *)4;
	expect_error(upnvme_submit_at(qp, &area, &op, 1), -EFAULT, UPNVME_ERR_BUFFER_SHORT,
		     "metadata", NULL);
	fixture_close(&fixture);
}

/* --- the table ------------------------------------------------------------------------------------ */

static bool is_any(const struct format *format)
{
	return true;
}

static bool is_protected(const struct format *format)
{
	return format->protection;
}

static bool is_bare(const struct format *format)
{
	return format->protection && is_bare_with_pract(format);
}

static bool has_metadata_beside(const struct format *format)
{
	return format->protection && !is_bare_with_pract(format) && !format->extended;
}

static const struct {
	const char *name;
	CMUnitTestFunction run;
	bool (*goes_with)(const struct format *format);
} kinds[] = {
	{ "the_format_is_described", the_format_is_described, is_any },
	{ "written_blocks_are_read_back", written_blocks_are_read_back, is_any },
	{ "split_writes_are_read_back", split_writes_are_read_back, is_any },
	{ "our_own_protection_information_is_checked", our_own_protection_information_is_checked,
	  is_protected },
	{ "the_controller_makes_protection_information",
	  the_controller_makes_protection_information, is_protected },
	{ "the_controller_strips_protection_information",
	  the_controller_strips_protection_information, is_bare },
	{ "a_buffer_of_bare_data_is_enough", a_buffer_of_bare_data_is_enough, is_bare },
	{ "an_area_has_data_and_metadata", an_area_has_data_and_metadata, is_any },
	{ "metadata_larger_than_protection_information_needs_a_buffer",
	  metadata_larger_than_protection_information_needs_a_buffer, has_metadata_beside },
};

static struct qemu_ns namespaces[NFORMATS];
static struct qemu_config config = { .namespaces = namespaces, .nnamespaces = NFORMATS };
static char properties[NFORMATS][64];
static struct CMUnitTest tests[NFORMATS * NELEMS(kinds)];
static char names[NFORMATS * NELEMS(kinds)][96];

static void describe(uint32_t i)
{
	const struct format *format = &formats[i];

	snprintf(properties[i], sizeof(properties[i]), "ms=%u,mset=%u,pi=%u,pil=%u,pif=%u",
		 format->metadata_bytes, format->extended, format->protection, format->first,
		 format->wide ? 2 : 0);
	namespaces[i] = (struct qemu_ns){ .nsid = i + 1,
					  .bytes = 4 * MIB,
					  .block_bytes = format->data_bytes,
					  .properties = properties[i] };
}

int main(void)
{
	size_t n = 0;

	qemu_require();
	for (uint32_t i = 0; i < NFORMATS; i++) {
		describe(i);
		for (size_t k = 0; k < NELEMS(kinds); k++) {
			if (!kinds[k].goes_with(&formats[i]))
				continue;
			snprintf(names[n], sizeof(names[n]), "%s_%s", formats[i].name,
				 kinds[k].name);
			tests[n] = (struct CMUnitTest){ names[n], kinds[k].run, NULL, NULL,
							(void *)&formats[i] };
			n++;
		}
	}
	group_config = &config;
	return _cmocka_run_group_tests("formats", tests, n, group_start, group_stop);
}
