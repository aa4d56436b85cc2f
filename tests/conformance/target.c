/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A controller that obeys lines on the standard input, and answers each with a line:
 *
 *   read OFFSET BYTES            ok VALUE                 a register
 *   write OFFSET BYTES VALUE     ok 0
 *   page                         ok ADDRESS               4096 zeroed bytes that the controller can reach
 *   enable                       ok 0
 *   admin DIRECTION BYTES CDW0 ... CDW15 [DATA]           ok STATUS RESULT [DATA]
 *   io    DIRECTION BYTES CDW0 ... CDW15 [DATA]           the same on a queue pair
 *   begin CDW0 ... CDW15         ok IDENTIFIER            an admin command without data, which is not waited for
 *   end IDENTIFIER               ok STATUS RESULT         waits for it
 *   ended IDENTIFIER             ok STATUS RESULT, or outstanding
 *
 * Numbers and data are hexadecimal. An answer that begins with "refused" is the library's sentence.
 *
 *   target [--bare] soft:...
 *   target [--bare] qemu:PROPERTIES NSID,BYTES,BLOCK[,PROPERTIES]...
 *
 * With --bare no driver is on the controller: it is as after power on. There, "enable" sets up an admin queue for
 * "admin", "begin", "end" and "ended", and there is no "io".
 */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <upnvme.h>

#include "bare.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/uri.h"
#include "base/util.h"
#include "driver/ctrlr.h"
#include "media/maker.h"
#include "mem/domain.h"
#include "support/qtest_transport.h"
#include "transport/transport.h"

#define DATA_BYTES  (64u << 10)
#define LINE_BYTES  (2 * DATA_BYTES + 4096)
#define DEADLINE_NS (60 * NS_PER_S)
#define QEMU_SCHEME "qemu:"

struct target {
	struct qemu *qemu;           /* null: a software controller */
	struct transport *transport; /* the controller's, or opened for its registers alone */
	struct bare bare;            /* without a driver */
	upnvme_ctrlr *ctrlr;
	upnvme_qpair *qp;
	unsigned char *data; /* DMA memory, where there is a driver */
};

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, upnvme_last_error());
	exit(1);
}

/* --- the controller ------------------------------------------------------------------------------- */

static struct qemu_ns namespace_of(char *text)
{
	struct qemu_ns ns = { 0 };

	ns.nsid = (uint32_t)strtoul(strsep(&text, ","), NULL, 10);
	ns.bytes = strtoull(text ? strsep(&text, ",") : "", NULL, 10);
	ns.block_bytes = (uint32_t)strtoul(text ? strsep(&text, ",") : "", NULL, 10);
	ns.properties = text;
	return ns;
}

static void start_qemu(struct target *target, const char *properties, char **words, int nwords)
{
	struct qemu_ns namespaces[QEMU_NAMESPACES_MAX];
	struct qemu_config config = { .properties = *properties ? properties : NULL,
				      .namespaces = namespaces };

	qemu_require();
	for (int i = 0; i < nwords && i < (int)QEMU_NAMESPACES_MAX; i++)
		namespaces[config.nnamespaces++] = namespace_of(words[i]);
	target->qemu = qemu_start(&config);
}

static void open_bare(struct target *target, const char *text)
{
	static const struct media_maker *const makers[] = { &media_ram, &media_null, &media_file,
							    NULL };
	static unsigned char data[DATA_BYTES];
	struct uri *uri;

	target->data = data;
	if (target->qemu) {
		must(qtest_transport_open(&target->transport, target->qemu), text);
		return;
	}
	must(uri_parse(&uri, text), text);
	must(transport_open(&target->transport, uri, makers), text);
	uri_free(uri);
}

static void open_driven(struct target *target, const char *text)
{
	must(target->qemu ? qtest_open(&target->ctrlr, target->qemu, NULL) :
			    upnvme_open(&target->ctrlr, text, NULL),
	     text);
	target->transport = target->ctrlr->transport;
	must(upnvme_qpair_create(&target->qp, target->ctrlr, NULL), "a queue pair");
	must(upnvme_dma_alloc((void **)&target->data, target->ctrlr, DATA_BYTES, 4096), "memory");
}

static void target_close(struct target *target)
{
	if (target->ctrlr) {
		must(upnvme_qpair_close(target->qp), "closing the queue pair");
		must(upnvme_dma_free(target->ctrlr, target->data), "freeing memory");
		must(upnvme_close(target->ctrlr), "closing the controller");
	} else {
		bare_disable(&target->bare);
		transport_close(target->transport);
	}
	qemu_stop(target->qemu);
}

/* --- commands ------------------------------------------------------------------------------------- */

struct done {
	bool ended;
	struct upnvme_completion last;
};

static void on_done(void *arg, const struct upnvme_completion *completion)
{
	struct done *done = arg;

	done->last = *completion;
	done->ended = true;
}

static int io(struct target *target, struct upnvme_raw *raw, struct upnvme_completion *completion)
{
	struct upnvme_op op = { .form = UPNVME_FORM_RAW, .buf = raw };
	uint64_t deadline_ns = clock_now_ns() + DEADLINE_NS;
	struct done done = { 0 };
	int rc = upnvme_io(target->qp, &op, on_done, &done);

	while (rc >= 0 && !done.ended) {
		rc = upnvme_poll(target->qp, 0);
		if (clock_now_ns() > deadline_ns)
			must(error_set(-ETIMEDOUT, UPNVME_ERR_TIMEOUT, "not completed after 60 s"),
			     "a command");
	}
	*completion = done.last;
	return rc < 0 ? rc : 0;
}

static void put_hex(const unsigned char *data, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		printf("%02x", data[i]);
}

static uint32_t take_hex(unsigned char *data, const char *text)
{
	uint32_t n = 0;
	unsigned byte;

	while (n < DATA_BYTES && sscanf(text + 2 * n, "%2x", &byte) == 1)
		data[n++] = (unsigned char)byte;
	return n;
}

static const char *word(char **line)
{
	const char *found = *line ? strsep(line, " \n") : NULL;

	return found ? found : "";
}

static uint64_t number(char **line)
{
	return strtoull(word(line), NULL, 16);
}

static void command(struct target *target, bool admin, char *line)
{
	struct upnvme_raw raw = { .direction = (uint32_t)number(&line) };
	struct upnvme_completion done = { 0 };
	int rc;

	raw.data_bytes = (uint32_t)number(&line);
	for (unsigned i = 0; i < 16; i++)
		raw.cdw[i] = (uint32_t)number(&line);
	memset(target->data, 0, DATA_BYTES);
	take_hex(target->data, word(&line));
	raw.data = raw.data_bytes ? target->data : NULL;
	if (!admin)
		rc = io(target, &raw, &done);
	else if (target->ctrlr)
		rc = upnvme_admin(target->ctrlr, &raw, &done);
	else
		rc = bare_admin(&target->bare, &raw, &done);
	if (rc) {
		printf("refused %s", upnvme_last_error());
		return;
	}
	printf("ok %x %" PRIx64 " ", done.status, (uint64_t)done.result);
	if (raw.direction == UPNVME_DATA_FROM_DEVICE)
		put_hex(target->data, raw.data_bytes);
}

static void begin(struct target *target, char *line)
{
	struct upnvme_raw raw = { .direction = UPNVME_DATA_NONE };
	int cid;

	for (unsigned i = 0; i < 16; i++)
		raw.cdw[i] = (uint32_t)number(&line);
	cid = bare_begin(&target->bare, &raw);
	must(cid, "an admin command");
	printf("ok %x", (unsigned)cid);
}

static void end(struct target *target, bool wait, char *line)
{
	uint16_t cid = (uint16_t)number(&line);
	struct upnvme_completion done = { 0 };
	int ended =
		wait ? bare_end(&target->bare, cid, &done) : bare_ended(&target->bare, cid, &done);

	if (ended < 0)
		printf("refused %s", upnvme_last_error());
	else if (!wait && !ended)
		printf("outstanding");
	else
		printf("ok %x %" PRIx64 " ", done.status, (uint64_t)done.result);
}

/* --- registers ------------------------------------------------------------------------------------ */

static void read_register(struct target *target, char *line)
{
	uint32_t offset = (uint32_t)number(&line), low = 0;
	uint64_t value = 0;

	if (number(&line) == 8) {
		must(target->transport->ops->read64(target->transport, offset, &value),
		     "a register");
	} else {
		must(target->transport->ops->read32(target->transport, offset, &low), "a register");
		value = low;
	}
	printf("ok %" PRIx64, value);
}

static void write_register(struct target *target, char *line)
{
	uint32_t offset = (uint32_t)number(&line);
	uint64_t bytes = number(&line);
	uint64_t value = number(&line);

	must(bytes == 8 ?
		     target->transport->ops->write64(target->transport, offset, value) :
		     target->transport->ops->write32(target->transport, offset, (uint32_t)value),
	     "a register");
	printf("ok 0");
}

/* The page lives as long as the controller. */
static void page(struct target *target)
{
	void *memory;

	must(domain_alloc(target->transport->domain, 4096, 4096, target->transport->node, &memory),
	     "a page");
	memset(memory, 0, 4096);
	printf("ok %" PRIx64, domain_iova(target->transport->domain, memory));
}

static void enable(struct target *target)
{
	must(bare_enable(&target->bare, target->transport), "enabling the controller");
	printf("ok 0");
}

static void serve(struct target *target, char *line)
{
	const char *verb = word(&line);

	if (!strcmp(verb, "read"))
		read_register(target, line);
	else if (!strcmp(verb, "write"))
		write_register(target, line);
	else if (!strcmp(verb, "page"))
		page(target);
	else if (!strcmp(verb, "enable") && !target->ctrlr)
		enable(target);
	else if (!strcmp(verb, "begin") && target->bare.sq)
		begin(target, line);
	else if ((!strcmp(verb, "end") || !strcmp(verb, "ended")) && target->bare.sq)
		end(target, !verb[3], line);
	else if (target->ctrlr ? !strcmp(verb, "admin") || !strcmp(verb, "io") :
				 target->bare.sq && !strcmp(verb, "admin"))
		command(target, *verb == 'a', line);
	else
		printf("refused '%s': no such line here", verb);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static char line[LINE_BYTES];
	struct target target = { 0 };
	bool bare = argc > 1 && !strcmp(argv[1], "--bare");
	int at = bare ? 2 : 1;

	if (argc <= at) {
		fprintf(stderr, "target [--bare] URI [NAMESPACE...]\n");
		return 2;
	}
	if (!strncmp(argv[at], QEMU_SCHEME, strlen(QEMU_SCHEME)))
		start_qemu(&target, argv[at] + strlen(QEMU_SCHEME), argv + at + 1, argc - at - 1);
	if (bare)
		open_bare(&target, argv[at]);
	else
		open_driven(&target, argv[at]);
	while (fgets(line, sizeof(line), stdin))
		serve(&target, line);
	target_close(&target);
	return 0;
}
