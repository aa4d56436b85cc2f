# SPDX-License-Identifier: BSD-3-Clause
"""Random commands against a model that is an array of bytes."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import upnvme

BLOCKS, BLOCK = 48, 512
extents = st.integers(0, BLOCKS - 1).flatmap(lambda lba: st.tuples(st.just(lba), st.integers(1, BLOCKS - lba)))


class Model(RuleBasedStateMachine):
    """One namespace, by all faces at a time; `bytes` is what it should hold."""

    @initialize(mode=st.sampled_from(["inline", "thread"]), more=st.sampled_from(["", "&mdts=1", "&noiob=3", "&sgl=0"]))
    def begin(self, mode, more):
        self.ctrlr = upnvme.open(f"soft:ram?size={BLOCKS * BLOCK}&block={BLOCK}&mode={mode}{more}")
        self.ns, self.qp = self.ctrlr.namespaces[1], self.ctrlr.qpair(8)
        self.buf = self.ctrlr.alloc(BLOCKS * BLOCK)
        self.model = bytearray(BLOCKS * BLOCK)

    def teardown(self):
        if hasattr(self, "ctrlr"):
            self.ctrlr.close()

    @staticmethod
    def place(extent):
        return slice(extent[0] * BLOCK, (extent[0] + extent[1]) * BLOCK)

    def fill(self, extent, seed):
        data = bytes((seed + i * 7) & 0xFF for i in range(extent[1] * BLOCK))
        self.model[self.place(extent)] = data
        return data

    @rule(extent=extents, seed=st.integers(0, 255))
    def write(self, extent, seed):
        self.ns.write(extent[0], self.fill(extent, seed))

    @rule(extent=extents, seed=st.integers(0, 255))
    def write_by_callback(self, extent, seed):
        self.buf[:extent[1] * BLOCK] = self.fill(extent, seed)
        done = []
        self.qp.write(self.ns, self.buf, *extent, callback=done.append)
        while not done:
            self.qp.poll(timeout=1)
        assert done[0].check().blocks == extent[1]

    @rule(extents=st.lists(extents, min_size=1, max_size=20), seed=st.integers(0, 255))
    def write_by_batch(self, extents, seed):
        """A batch is in no order: where its commands overlap, only those that don't are taken."""
        free, chosen, at = set(range(BLOCKS)), [], 0
        for extent in extents:
            blocks = set(range(extent[0], sum(extent)))
            if blocks <= free:
                free -= blocks
                chosen.append(extent)
        ops = upnvme.Batch(len(chosen))
        ops["opcode"], ops["nsid"] = upnvme.Op.WRITE, 1
        for i, extent in enumerate(chosen):
            data = self.fill(extent, seed + i)
            self.buf[at:at + len(data)] = data
            for name, value in ("lba", extent[0]), ("blocks", extent[1]), ("offset", at), ("tag", i):
                ops.column(name)[i] = value
            at += len(data)
        assert sorted(self.qp.run(ops, self.buf).check()["tag"].tolist()) == list(range(len(chosen)))

    @rule(extent=extents)
    def write_zeroes(self, extent):
        self.ns.write_zeroes(*extent)
        self.model[self.place(extent)] = bytes(extent[1] * BLOCK)

    @rule(extent=extents)
    def deallocate(self, extent):
        self.ns.deallocate(*extent)
        self.model[self.place(extent)] = bytes(extent[1] * BLOCK)

    @rule(extent=extents)
    def read(self, extent):
        assert bytes(self.ns.read(*extent)) == bytes(self.model[self.place(extent)])

    @rule(extent=extents, cut=st.integers(0, 1 << 16))
    def read_into_pieces(self, extent, cut):
        size = extent[1] * BLOCK
        cut = cut % size // 4 * 4
        pieces = [piece for piece in (self.buf[:cut], self.buf[cut:size]) if len(piece)]
        done = []
        try:
            self.qp.readv(self.ns, pieces, *extent, callback=done.append)
        except upnvme.ArgumentError as error:
            assert error.code_name == "UPNVME_ERR_IOVEC"
            return
        while not done:
            self.qp.poll(timeout=1)
        done[0].check()
        assert self.buf[:size] == self.model[self.place(extent)]

    @rule(extent=extents)
    def compare(self, extent):
        self.ns.compare(extent[0], bytes(self.model[self.place(extent)]))

    @rule(lba=st.integers(0, 2**64 - 1), blocks=st.integers(1, 2**32 - 1))
    def read_past_the_end(self, lba, blocks):
        if lba + blocks <= BLOCKS:
            return
        try:
            self.ns.read(lba, blocks)
        except upnvme.RangeError:
            return
        raise AssertionError("was read")

    @invariant()
    def nothing_is_in_flight(self):
        assert not hasattr(self, "qp") or self.qp.inflight == 0


Model.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, database=None,
                                   suppress_health_check=list(HealthCheck))
TestModel = Model.TestCase
