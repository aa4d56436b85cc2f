/* SPDX-License-Identifier: BSD-3-Clause */
/* Identify data of the software controller and of its namespaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/softctrl_host.h"

static int setup(void **state)
{
	struct host *host = calloc(1, sizeof(*host));

	host_init(host);
	host->media[1] = (struct media_config){
		.maker = &media_ram, .size_bytes = 1 << 20, .block_bytes = 4096, .readonly = true
	};
	host->media[2] = (struct media_config){ .maker = &media_null,
						.size_bytes = 1ull << 40,
						.block_bytes = 65536 };
	host->config.nnamespaces = 3;
	host->config.noiob = 256;
	host_create(host);
	host_enable(host);
	*state = host;
	return 0;
}

static struct upnvme_spec_sqe identify(uint32_t cns, uint32_t nsid, uint32_t csi, uint64_t iova)
{
	return (struct upnvme_spec_sqe){
		.opcode = 0x06, .nsid = nsid, .prp1 = iova, .cdw10 = cns, .cdw11 = csi << 24
	};
}

static const void *structure(struct host *host, uint32_t cns, uint32_t nsid)
{
	uint64_t iova;
	void *data = host_page(host, &iova);

	memset(data, 0xff, 4096);
	assert_int_equal(host_status(host, 0, identify(cns, nsid, 0, iova)), 0);
	return data;
}

static void every_field_of_the_controller_structure_is_as_specified(void **state)
{
	const struct upnvme_spec_id_ctrl *id = structure(*state, 0x01, 0);

	assert_int_equal(id->vid, 0);
	assert_int_equal(id->ssvid, 0);
	assert_memory_equal(id->sn, "TEST                ", 20);
	assert_memory_equal(id->mn, "upnvme software controller              ", 40);
	assert_memory_equal(id->fr, "0       ", 8);
	assert_int_equal(id->cmic, 0);
	assert_int_equal(id->mdts, 8);
	assert_true(id->cntlid <= 0xffef); /* the rest is reserved */
	assert_int_equal(id->ver, 0x20000);
	assert_int_equal(id->oaes, 1 << 8);
	assert_int_equal(id->ctratt, 0);
	assert_int_equal(id->cntrltype, 1);
	assert_int_equal(id->nvmsr, 1);
	assert_int_equal(id->oacs, 0);
	assert_int_equal(id->acl, 3);
	assert_int_equal(id->aerl, 7);
	assert_int_equal(id->frmw, 0x03);
	assert_int_equal(id->lpa, 0x26);
	assert_int_equal(id->elpe, 63);
	assert_int_equal(id->npss, 0);
	assert_int_equal(id->apsta, 0);
	assert_int_equal(id->wctemp, 343);
	assert_int_equal(id->cctemp, 353);
	assert_int_equal(id->kas, 10);
	assert_int_equal(id->sqes, 0x66);
	assert_int_equal(id->cqes, 0x44);
	assert_int_equal(id->nn, 3);
	assert_int_equal(id->oncs, 0xdd);
	assert_int_equal(id->fuses, 0);
	assert_int_equal(id->vwc, 6); /* memory and null need no flush */
	assert_int_equal(id->awun, 0);
	assert_int_equal(id->sgls, 1);
	assert_memory_equal(id->subnqn, "nqn.2014-08.org.nvmexpress:uuid:", 32);
	assert_int_equal(strlen(id->subnqn), 68);
}

static void namespace_structures_tell_size_format_and_state(void **state)
{
	const struct upnvme_spec_id_ns *one = structure(*state, 0x00, 1);
	const struct upnvme_spec_id_ns *two = structure(*state, 0x00, 2);
	const struct upnvme_spec_id_ns *three = structure(*state, 0x00, 3);

	assert_int_equal(one->nsze, 32768);
	assert_int_equal(one->ncap, 32768);
	assert_int_equal(one->nuse, 32768);
	assert_int_equal(one->nsfeat, 0);
	assert_int_equal(one->nlbaf, 0);
	assert_int_equal(one->flbas, 0);
	assert_int_equal(one->mc, 0);
	assert_int_equal(one->dpc, 0);
	assert_int_equal(one->dps, 0);
	assert_int_equal(one->nmic, 0);
	assert_int_equal(one->dlfeat, 0x9);
	assert_int_equal(one->noiob, 256);
	assert_int_equal(one->nvmcap.lo, 16 << 20);
	assert_int_equal(one->nsattr, 0);
	assert_int_equal(one->lbaf[0].lbads, 9);
	assert_int_equal(one->lbaf[0].ms, 0);
	assert_int_equal(one->lbaf[1].lbads, 0);
	assert_int_equal(two->nsze, 256);
	assert_int_equal(two->nsattr, 1);
	assert_int_equal(two->lbaf[0].lbads, 12);
	assert_int_equal(three->nsze, 1ull << 24);
	assert_int_equal(three->dlfeat, 0); /* null reads whatever the buffer held */
	assert_int_equal(three->lbaf[0].lbads, 16);
	assert_memory_not_equal(one->nguid, two->nguid, 16);
	assert_memory_not_equal(one->eui64, two->eui64, 8);
}

static void active_namespaces_are_listed_from_nsid_on(void **state)
{
	const struct upnvme_spec_ns_list *list = structure(*state, 0x02, 0);

	assert_int_equal(list->nsid[0], 1);
	assert_int_equal(list->nsid[1], 2);
	assert_int_equal(list->nsid[2], 3);
	assert_int_equal(list->nsid[3], 0);
	assert_int_equal(list->nsid[1023], 0);
	list = structure(*state, 0x02, 2);
	assert_int_equal(list->nsid[0], 3);
	assert_int_equal(list->nsid[1], 0);
	list = structure(*state, 0x02, 0xfffffffd);
	assert_int_equal(list->nsid[0], 0);
	list = structure(*state, 0x07, 0);
	assert_int_equal(list->nsid[2], 3);
	assert_int_equal(list->nsid[3], 0);
}

static void descriptors_are_the_same_for_the_same_serial(void **state)
{
	const uint8_t *list = structure(*state, 0x03, 1);
	const struct upnvme_spec_id_ns *ns = structure(*state, 0x00, 1);
	struct host other;

	assert_int_equal(list[0], 1);
	assert_int_equal(list[1], 8);
	assert_memory_equal(list + 4, ns->eui64, 8);
	assert_int_equal(list[12], 2);
	assert_int_equal(list[13], 16);
	assert_memory_equal(list + 16, ns->nguid, 16);
	assert_int_equal(list[32], 3);
	assert_int_equal(list[33], 16);
	assert_int_equal(list[36 + 6] >> 4, 8); /* UUID version and variant */
	assert_int_equal(list[36 + 8] >> 6, 2);
	assert_int_equal(list[52], 4);
	assert_int_equal(list[53], 1);
	assert_int_equal(list[56], 0); /* NVM */
	assert_int_equal(list[57], 0);
	assert_int_equal(list[58], 0);
	host_open(&other);
	assert_memory_equal(structure(&other, 0x03, 1), list, 4096);
	host_destroy(&other);
}

/* The names by which hosts tell one controller, and one namespace, from another. */
struct names {
	char sn[20];
	char subnqn[256];
	uint16_t cntlid;
	uint8_t cmic;
	uint8_t nmic;
	uint8_t eui64[8];
	uint8_t nguid[16];
	uint8_t uuid[16];
};

static void take_names(struct host *host, struct names *names)
{
	const struct upnvme_spec_id_ctrl *ctrlr = structure(host, 0x01, 0);
	const struct upnvme_spec_id_ns *ns = structure(host, 0x00, 1);
	const uint8_t *list = structure(host, 0x03, 1);

	memset(names, 0, sizeof(*names));
	memcpy(names->sn, ctrlr->sn, sizeof(names->sn));
	memcpy(names->subnqn, ctrlr->subnqn, sizeof(names->subnqn));
	names->cntlid = ctrlr->cntlid;
	names->cmic = ctrlr->cmic;
	names->nmic = ns->nmic;
	memcpy(names->eui64, ns->eui64, sizeof(names->eui64));
	memcpy(names->nguid, ns->nguid, sizeof(names->nguid));
	memcpy(names->uuid, list + 36, sizeof(names->uuid));
}

static void open_without_serial(struct host *host, const char *path, bool readonly)
{
	host_init(host);
	host->config.serial = NULL;
	if (path)
		host->media[0] = (struct media_config){
			.maker = &media_file, .path = path, .block_bytes = 512, .readonly = readonly
		};
	host_create(host);
	host_enable(host);
}

static void names_of(const char *path, struct names *names)
{
	struct host host;

	open_without_serial(&host, path, false);
	take_names(&host, names);
	host_destroy(&host);
}

static void assert_all_differ(const struct names *a, const struct names *b)
{
	assert_memory_not_equal(a->sn, b->sn, sizeof(a->sn));
	assert_memory_not_equal(a->subnqn, b->subnqn, sizeof(a->subnqn));
	assert_memory_not_equal(a->eui64, b->eui64, sizeof(a->eui64));
	assert_memory_not_equal(a->nguid, b->nguid, sizeof(a->nguid));
	assert_memory_not_equal(a->uuid, b->uuid, sizeof(a->uuid));
}

static void controllers_over_memory_have_nothing_in_common(void **state)
{
	struct names names[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		names_of(NULL, &names[i]);
	assert_all_differ(&names[0], &names[1]);
	assert_all_differ(&names[1], &names[2]);
	/* Three random identifiers do not meet. */
	assert_false(names[0].cntlid == names[1].cntlid && names[1].cntlid == names[2].cntlid);
}

static void a_file_has_the_same_names_whenever_it_is_opened(void **state)
{
	char path[HOST_PATH_BYTES], other[HOST_PATH_BYTES];
	struct names first, again, others;

	(void)state;
	close(host_temp_file(path, 1 << 20));
	close(host_temp_file(other, 1 << 20));
	names_of(path, &first);
	names_of(other, &others);
	names_of(path, &again);
	unlink(path);
	unlink(other);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_all_differ(&first, &others);
	assert_int_equal(first.cmic, 0);
	assert_int_equal(first.nmic, 0);
}

/* CNTLID is unique within the subsystem, and CMIC says that there may be several controllers: Base 2.0, 5.17.2.1. */
static void controllers_that_share_a_file_are_of_one_subsystem(void **state)
{
	char path[HOST_PATH_BYTES];
	struct host hosts[3];
	struct names names[3];

	(void)state;
	close(host_temp_file(path, 1 << 20));
	for (unsigned i = 0; i < 3; i++) {
		open_without_serial(&hosts[i], path, true);
		take_names(&hosts[i], &names[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		host_destroy(&hosts[i]);
	unlink(path);
	assert_memory_equal(names[0].subnqn, names[1].subnqn, sizeof(names[0].subnqn));
	assert_memory_equal(names[0].nguid, names[1].nguid, sizeof(names[0].nguid));
	assert_false(names[0].cntlid == names[1].cntlid && names[1].cntlid == names[2].cntlid);
	assert_int_equal(names[0].cmic, 0x2);
	assert_int_equal(names[0].nmic, 0x1);
}

/*
 * The OUI is the first three bytes of EUI64, and bytes 8 to 10 of NGUID: Base 2.0, Figure 280 and 4.5.5. An OUI that no
 * company was given has bit 1 of its first byte set (local) and bit 0 cleared (no group): IEEE 802.
 */
static void company_identifiers_are_of_no_company(void **state)
{
	for (uint32_t nsid = 1; nsid <= 3; nsid++) {
		const struct upnvme_spec_id_ns *ns = structure(*state, 0x00, nsid);

		assert_int_equal(ns->eui64[0] & 3, 2);
		assert_int_equal(ns->nguid[8] & 3, 2);
	}
}

static void command_set_structures_are_given(void **state)
{
	const struct upnvme_spec_id_ns_indep *indep = structure(*state, 0x08, 2);
	const struct upnvme_spec_iocs_list *sets = structure(*state, 0xffffu << 16 | 0x1c, 0);
	const struct upnvme_spec_id_ctrl_nvm *ctrl = structure(*state, 0x06, 0);
	const uint8_t *nvm = structure(*state, 0x05, 1), zeroes[4096] = { 0 };

	assert_int_equal(indep->nsattr, 1);
	assert_int_equal(indep->nstat, 1);
	assert_int_equal(sets->vector[0], 1);
	assert_int_equal(sets->vector[1], 0);
	assert_memory_equal(ctrl, zeroes, 4096);
	assert_memory_equal(nvm, zeroes, 4096);
}

static void unknown_structures_are_invalid_fields(void **state)
{
	static const uint8_t claimed[] = { 0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x1c };
	struct host *host = *state;
	uint32_t cntlid;
	uint64_t iova;

	host_page(host, &iova);
	for (unsigned cns = 0; cns < 256; cns++) {
		if (!memchr(claimed, (int)cns, sizeof(claimed)))
			assert_int_equal(host_status(host, 0, identify(cns, 0, 0, iova)), 0x002);
	}
	assert_int_equal(host_status(host, 0, identify(0x05, 1, 2, iova)), 0x002);
	assert_int_equal(host_status(host, 0, identify(0x06, 0, 1, iova)), 0x002);
	assert_int_equal(host_status(host, 0, identify(0x07, 0, 2, iova)), 0x002);
	assert_int_equal(host_status(host, 0, identify(0x01, 1, 0, iova)), 0x002);
	cntlid = ((const struct upnvme_spec_id_ctrl *)structure(host, 0x01, 0))->cntlid;
	assert_int_equal(host_status(host, 0, identify(cntlid << 16 | 0x1c, 0, 0, iova)), 0);
	cntlid ^= 1;
	assert_int_equal(host_status(host, 0, identify(cntlid << 16 | 0x1c, 0, 0, iova)), 0x002);
	assert_int_equal(host_status(host, 0, identify(0xffffu << 16 | 0x1c, 0, 0, iova)), 0);
}

static void namespaces_that_do_not_exist_are_refused(void **state)
{
	static const uint8_t cns[] = { 0x00, 0x03, 0x05, 0x08 };
	struct host *host = *state;
	uint64_t iova;

	host_page(host, &iova);
	for (unsigned i = 0; i < sizeof(cns); i++) {
		assert_int_equal(host_status(host, 0, identify(cns[i], 0, 0, iova)), 0x00b);
		assert_int_equal(host_status(host, 0, identify(cns[i], 4, 0, iova)), 0x00b);
		assert_int_equal(host_status(host, 0, identify(cns[i], 0xffffffff, 0, iova)),
				 0x00b);
	}
	assert_int_equal(host_status(host, 0, identify(0x02, 0xfffffffe, 0, iova)), 0x00b);
	assert_int_equal(host_status(host, 0, identify(0x02, 0xffffffff, 0, iova)), 0x00b);
}

static void data_may_straddle_pages(void **state)
{
	struct host *host = *state;
	const uint8_t *whole = structure(host, 0x01, 0);
	struct upnvme_spec_sqe sqe;
	uint64_t iova;
	uint8_t *data = host_alloc(host, 3 * 4096, 4096, &iova);

	sqe = identify(0x01, 0, 0, iova + 1000);
	sqe.prp2 = iova + 8192;
	assert_int_equal(host_status(host, 0, sqe), 0);
	assert_memory_equal(data + 1000, whole, 3096);
	assert_memory_equal(data + 8192, whole + 3096, 1000);
	sqe.prp2 = 0;
	assert_int_equal(host_status(host, 0, sqe), 0x004);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_field_of_the_controller_structure_is_as_specified),
		test(namespace_structures_tell_size_format_and_state),
		test(active_namespaces_are_listed_from_nsid_on),
		test(descriptors_are_the_same_for_the_same_serial),
		cmocka_unit_test(controllers_over_memory_have_nothing_in_common),
		cmocka_unit_test(a_file_has_the_same_names_whenever_it_is_opened),
		cmocka_unit_test(controllers_that_share_a_file_are_of_one_subsystem),
		test(company_identifiers_are_of_no_company),
		test(command_set_structures_are_given),
		test(unknown_structures_are_invalid_fields),
		test(namespaces_that_do_not_exist_are_refused),
		test(data_may_straddle_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
