/* SPDX-License-Identifier: BSD-3-Clause */
/* Exceptions thrown out of callbacks of every call that runs some: they arrive, nothing is lost, and the documented way
 * out works. Prints the calls that were tried. */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <upnvme.h>

static int ndone, nthrown;

static void must(bool good, const char *what)
{
	if (good)
		return;
	std::fprintf(stderr, "%s: %s\n", what, upnvme_last_error());
	std::exit(1);
}

static void throw_first(void *, const upnvme_completion *)
{
	if (ndone++)
		return;
	nthrown++;
	throw std::runtime_error("out of a callback");
}

static void throw_event(void *, const upnvme_event *)
{
	nthrown++;
	throw std::runtime_error("out of an event");
}

struct rig {
	upnvme_ctrlr *ctrlr = nullptr;
	upnvme_qpair *qp = nullptr;
	upnvme_ns *ns = nullptr;
	void *buf = nullptr;

	rig()
	{
		must(!upnvme_open(&ctrlr, "soft:ram?size=1MiB", nullptr), "open");
		must(!upnvme_qpair_create(&qp, ctrlr, nullptr), "qpair");
		must(!upnvme_ns_get(&ns, ctrlr, 1), "ns");
		must(!upnvme_dma_alloc(&buf, ctrlr, 4096, 0), "alloc");
		ndone = nthrown = 0;
	}

	void read_four() const
	{
		for (int i = 0; i < 4; i++)
			must(!upnvme_read(qp, ns, buf, 0, 1, throw_first, nullptr), "read");
	}

	void close()
	{
		must(!upnvme_qpair_close(qp) && !upnvme_close(ctrlr), "close");
	}
};

template <typename Call> static void expect_thrown(const char *what, Call call)
{
	try {
		call();
	} catch (const std::runtime_error &) {
		std::printf("%s\n", what);
		return;
	}
	must(false, what);
}

template <typename Call> static void leave_queue_pair(const char *what, Call call)
{
	rig rig;

	rig.read_four();
	expect_thrown(what, [&] { call(rig.qp); });
	must(upnvme_poll(rig.qp, 0) == -EDEADLK, "poll after it");
	must(upnvme_qpair_close(rig.qp) == -EINPROGRESS, "close after it");
	must(!upnvme_qpair_abandon(rig.qp) && !upnvme_qpair_adopt(rig.qp), "the way out");
	while (upnvme_qpair_inflight(rig.qp))
		must(upnvme_poll(rig.qp, 0) >= 0, "poll");
	must(ndone == 4 && nthrown == 1, "each once");
	rig.close();
}

static void leave_admin_command()
{
	rig rig;
	upnvme_raw raw = {};

	raw.cdw[0] = 0x18; /* Keep Alive */
	for (int i = 0; i < 4; i++)
		must(!upnvme_admin_submit(rig.ctrlr, &raw, throw_first, nullptr), "submit");
	expect_thrown("upnvme_ctrlr_poll", [&] {
		while (upnvme_ctrlr_poll(rig.ctrlr) >= 0)
			;
	});
	must(upnvme_ctrlr_poll(rig.ctrlr) == -EDEADLK, "poll after it");
	must(!upnvme_ctrlr_abandon(rig.ctrlr), "the way out");
	while (ndone < 4)
		must(upnvme_ctrlr_poll(rig.ctrlr) >= 0, "poll");
	rig.close();
}

/* A threshold below the temperature. */
static void leave_event()
{
	rig rig;

	must(!upnvme_ctrlr_on_event(rig.ctrlr, throw_event, nullptr), "on_event");
	must(!upnvme_feature_set(rig.ctrlr, 0, 4, 1, 0, nullptr, 0), "threshold");
	expect_thrown("an event", [&] {
		while (upnvme_ctrlr_poll(rig.ctrlr) >= 0)
			;
	});
	must(upnvme_qpair_close(rig.qp) == 0, "close of a queue pair after it");
	must(upnvme_close(rig.ctrlr) == -EDEADLK, "close after it");
	must(!upnvme_ctrlr_abandon(rig.ctrlr), "the way out");
	must(!upnvme_ctrlr_on_event(rig.ctrlr, nullptr, nullptr), "on_event after it");
	must(!upnvme_close(rig.ctrlr), "close");
}

int main()
{
	upnvme_completion done[1];

	leave_queue_pair("upnvme_poll", [](upnvme_qpair *qp) { upnvme_poll(qp, 0); });
	leave_queue_pair("upnvme_reap", [&](upnvme_qpair *qp) { upnvme_reap(qp, done, 1); });
	leave_queue_pair("upnvme_exec", [&](upnvme_qpair *qp) {
		upnvme_exec(qp, nullptr, 0, done, 1, UINT64_MAX);
	});
	leave_queue_pair("upnvme_qpair_stop", [](upnvme_qpair *qp) { upnvme_qpair_stop(qp); });
	leave_admin_command();
	leave_event();
	return 0;
}
