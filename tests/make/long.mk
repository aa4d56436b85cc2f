# SPDX-License-Identifier: BSD-3-Clause
# What the programs of a build leave to `make check LONG=yes`. A sanitizer's lane runs a program only where it can find
# something there: the program's own assertions have been seen to hold in the lane of the release.

leave = $(eval LEFT_$(strip $(1)) += $(addprefix tests/,$(2)))

# The programs $(1) without those, and those, in this CONFIG.
left_out = $(if $(filter yes,$(LONG)),,$(LEFT_$(CONFIG)) $(LEFT_$(CONFIG):%=$(B)/%))
kept     = $(filter-out $(left_out),$(1))
left     = $(filter $(left_out),$(1))

#             build    programs

# ASan's run of this program sees every failure that the release's would, and leaks beside.
$(call leave, release, hostile/test_nth_call)

# Whole packages, and builds in two folders: make check-deb has them as well, and of more machines.
$(call leave, release, tools/test_deb_built.py tools/test_reproducible.py)

# Scripts that look at texts, packages and installed files, and at no running program of the build.
TEXTS := $(patsubst %,tools/test_%.py,deb deb_built guests install man packaging reproducible site)
$(call leave, asan,    $(TEXTS))
$(call leave, tsan,    $(TEXTS))

# TSan looks for races, and one thread has none: only the sources of these programs name something that starts threads,
# as a mode, a housekeeper or an engine of a file do.
ifeq ($(CONFIG),tsan)
STARTS_THREADS := thread|HOUSEKEEPING|engine|ENGINES|worker|image_create
THREADED := $(shell grep -lE '$(STARTS_THREADS)' /dev/null $(TESTS))
$(call leave, tsan,    $(patsubst tests/%.c,%,$(filter-out $(THREADED),$(TESTS))))
endif
# The threads of these two are those of programs that TSan runs: ASan needs each failing call, TSan does not, and libffi
# calls what tests/public calls.
$(call leave, tsan,    hostile/test_nth_call abi/test_ffi)

.PHONY: sanitizer-programs
sanitizer-programs: all $(call kept,$(TEST_BINS))
