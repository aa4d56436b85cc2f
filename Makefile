# SPDX-License-Identifier: BSD-3-Clause
# The build of upnvme. Sources are found by wildcard; everything that is built goes under build/.
#
#   make CONFIG=asan|tsan|coverage|strict-gcc|strict-clang|aarch64|musl   another build beside the release, in build/CONFIG/
#   make V=1          show the commands            make LIBURING=no DPDK=no   build without these
#   make PREFIX=/usr DESTDIR=/tmp/stage install    make check JOBS=4
#   make B=/tmp/b FOLDERS='core/base core/spec' /tmp/b/tests/unit/spec/test_status     one test with a part of the library

CONFIG  ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
LIBDIR  ?= $(PREFIX)/lib
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
DPDK     ?= $(if $(wildcard $(DPDK_LIBDIR)/librte_eal.a),yes,no)
CMOCKA  ?= -lcmocka
LIBURING ?= $(shell pkg-config --exists liburing 2>/dev/null && echo yes || echo no)

# --- the version, from the public header ----------------------------------------------------------
ABI          := 0
version_part  = $(shell sed -n 's/^\#define UPNVME_VERSION_$(1)[ \t]*\([0-9]*\).*/\1/p' \
                  capi/include/upnvme/version.h capi/include/upnvme.h 2>/dev/null | head -n 1)
VERSION      := $(or $(call version_part,MAJOR),0).$(or $(call version_part,MINOR),1).$(or $(call version_part,PATCH),0)
SONAME       := libupnvme.so.$(ABI)

# --- flags ----------------------------------------------------------------------------------------
B := $(if $(filter release,$(CONFIG)),build,build/$(CONFIG))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
# Calls inside the library go straight to the function, never through the PLT: nothing may be interposed.
# An exception of a caller's callback finds its way through the library, as on x86-64 it does anyway.
CODEGEN  := -fPIC -fvisibility=hidden -fno-semantic-interposition -fasynchronous-unwind-tables -pthread
# Hardening that costs nothing per I/O: checks of libc calls whose size is not constant, probes of frames
# larger than a page, and canaries, which the hot path is built without (see HOT).
HARDEN   := -D_FORTIFY_SOURCE=2 -fstack-clash-protection -fstack-protector-strong
# Relocations are resolved at load and then read-only; a PLT stub stays a single jump either way.
LINK     := -Wl,-z,relro,-z,now -Wl,--as-needed

ifeq ($(CONFIG),release)
  OPT := -O2 -g -DNDEBUG $(HARDEN)
else ifeq ($(CONFIG),asan)
  OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(CONFIG),tsan)
  OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
else ifeq ($(CONFIG),coverage)
  OPT := -O0 -g --coverage -fprofile-update=atomic
else ifeq ($(CONFIG),strict-gcc)
  OPT := -O2 -g -DNDEBUG $(HARDEN) -Werror
else ifeq ($(CONFIG),strict-clang)
# Clang warns of the same whether it optimises or not.
  CC  := clang
  OPT := -DNDEBUG -Werror
else ifeq ($(CONFIG),aarch64)
  CC       := aarch64-linux-gnu-gcc
  LIBURING := no
  DPDK     := no
  OPT      := -O2 -g -DNDEBUG $(HARDEN) -Werror
else ifeq ($(CONFIG),musl)
# Debian's wrapper of gcc knows no kernel headers; beside them lie those of glibc.
  CC       := musl-gcc
  LIBURING := no
  DPDK     := no
  CMOCKA   :=
  OPT      := -O2 -g -DNDEBUG $(HARDEN) -Werror -idirafter $(B)/kernel
else
  $(error CONFIG=$(CONFIG) is not known)
endif

ifeq ($(LIBURING),yes)
  URING_CFLAGS := -DHAVE_LIBURING $(shell pkg-config --cflags liburing)
  URING_LIBS   := $(shell pkg-config --libs liburing)
endif

# DPDK stands in a plug-in of its own, whole and hidden: --exclude-libs keeps its symbols in, -Bsymbolic its calls. What
# it would do to the process's system log is wrapped (guest.c). Its headers ask for no more than the machine's floor.
DPDK_LIBDIR  := $(shell pkg-config --variable=libdir libdpdk 2>/dev/null)
DPDK_CFLAGS  := $(patsubst -I%,-isystem %,$(filter -I%,$(shell pkg-config --cflags libdpdk 2>/dev/null))) -include rte_config.h
DPDK_PARTS   := eal kvargs telemetry log argparse pmu
DPDK_LIBS     = -Wl,--whole-archive $(wildcard $(DPDK_PARTS:%=$(DPDK_LIBDIR)/librte_%.a)) -Wl,--no-whole-archive \
  -Wl,--exclude-libs,ALL -Wl,-Bsymbolic $(DPDK_WRAPPED:%=-Wl,--wrap=%) \
  -lnuma $(if $(wildcard $(DPDK_LIBDIR)/libbsd.so),-lbsd) -lm -ldl
DPDK_WRAPPED := openlog closelog mkdir

STD         := -std=gnu11 -D_GNU_SOURCE
LIB_LIBS    := $(URING_LIBS) -pthread -ldl
# Library and plug-in are of one build when they agree on what is between them.
BUILD_ID    := $(VERSION)-$(firstword $(shell cat core/env/dpdk/plugin.h core/env/pages.h 2>/dev/null | cksum))
ALL_CFLAGS   = $(STD) $(OPT) $(CODEGEN) $(WARNINGS) $(CFLAGS)
LIB_CFLAGS   = $(ALL_CFLAGS) -Icore -Icapi/include -DUPNVME_BUILD_ID='"$(BUILD_ID)"' $(URING_CFLAGS)
PUBLIC_CFLAGS = $(STD) $(OPT) -pthread $(WARNINGS) $(CFLAGS) -Icapi/include
# A cmocka test takes its state whether it needs it or not.
TEST_CFLAGS  = $(LIB_CFLAGS) -Wno-unused-parameter -Itests

# --- what there is --------------------------------------------------------------------------------
find = $(sort $(shell find $(wildcard $(1)) -name '$(2)' 2>/dev/null))
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
dirs = $(notdir $(patsubst %/,%,$(wildcard $(1)/*/)))

FOLDERS  ?= core capi/src
PLUGIN_SOURCES := $(wildcard core/env/dpdk/plugin/*.c)
PLUGIN_OBJS := $(if $(filter yes,$(DPDK)),$(call objs,$(PLUGIN_SOURCES)))
LIB_OBJS := $(call objs,$(filter-out $(PLUGIN_SOURCES),$(if $(wildcard $(FOLDERS)),$(call find,$(FOLDERS),*.c))))
HEADERS_TOP := $(wildcard capi/include/*.h)
HEADERS_SUB := $(wildcard capi/include/upnvme/*.h)
HEADERS  := $(HEADERS_TOP) $(HEADERS_SUB)
# Not a part of the ABI, but installed with it: what the Go package includes.
GLUE     := $(wildcard bindings/cgo/upnvme/*.h)
MAP      := $(wildcard capi/upnvme.map)

# A program is a .c file, or a folder of them named after the program.
TOOLS    := $(sort $(patsubst capi/tools/%.c,%,$(wildcard capi/tools/*.c)) $(call dirs,capi/tools))
EXAMPLES := $(sort $(patsubst capi/examples/%.c,%,$(wildcard capi/examples/*.c)) $(call dirs,capi/examples))

# In these lanes each test_*.c is a program and any other .c file is support for the programs of its lane.
# tests/public and tests/abi are linked with the shared library alone; the others with an archive of everything. The
# tests of tests/tools are scripts that run this build's programs.
INNER_LANES := $(notdir $(wildcard tests/unit tests/behaviour tests/qtest tests/hostile))
LANES       := $(INNER_LANES) $(notdir $(wildcard tests/public tests/abi))
SCRIPTS     := $(wildcard tests/tools/test_*.py)
lane_tests   = $(call find,tests/$(1),test_*.c)
lane_support = $(filter-out $(call lane_tests,$(1)),$(call find,tests/$(1),*.c))
lane_programs = $(patsubst %.c,$(B)/%,$(call lane_tests,$(1)))

SHARED  := $(B)/lib/libupnvme.so
ARCHIVE := $(B)/lib/libupnvme.a
INSIDES := $(B)/lib/libupnvme_all.a
PLUGIN  := $(if $(PLUGIN_OBJS),$(B)/lib/libupnvme-dpdk.so)
LIBS    := $(if $(LIB_OBJS),$(SHARED) $(ARCHIVE)) $(PLUGIN)
TOOL_BINS    := $(TOOLS:%=$(B)/bin/%)
EXAMPLE_BINS := $(EXAMPLES:%=$(B)/examples/%)
TEST_BINS    := $(foreach lane,$(LANES),$(call lane_programs,$(lane)))
TEST_OBJS    := $(foreach lane,$(LANES),$(call objs,$(call find,tests/$(lane),*.c)))
PUBLIC_OBJS  := $(call objs,$(if $(wildcard capi/tools capi/examples),$(call find,capi/tools capi/examples,*.c)))

ifeq ($(V),1)
  say = @:
else
  Q   := @
  say = @printf '  %-8s%s\n' $(1) $(2)
endif
SUBMAKE = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

# --- build ----------------------------------------------------------------------------------------
.PHONY: all libs tools examples tests test-programs
.DEFAULT_GOAL := all
all: libs tools examples ## build the libraries, the tools and the examples (the default)
libs: $(LIBS)
tools: $(TOOL_BINS)
examples: $(EXAMPLE_BINS)
tests: all test-programs ## build the test programs
test-programs: libs $(TEST_BINS)

# The hot path has no buffers on the stack for a canary to guard.
HOT := $(filter $(B)/obj/capi/src/io.o $(B)/obj/core/driver/queue/% $(B)/obj/core/driver/commands/%,$(LIB_OBJS))
$(HOT): private OPT += -fno-stack-protector

$(LIB_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CFLAGS) -MMD -MP -c $< -o $@

$(PUBLIC_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(PUBLIC_CFLAGS) -MMD -MP -c $< -o $@

# The library is never unloaded: its threads run in it, and callers hold handles that only the library can close.
$(SHARED): $(LIB_OBJS) $(MAP) $(B)/objects
	$(call say,LD,$@.$(VERSION))
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(OPT) -Wl,-soname,$(SONAME) $(MAP:%=-Wl,--version-script=%) $(LINK) -Wl,-z,defs -Wl,-z,nodelete \
	  $(LDFLAGS) $(LIB_OBJS) $(LIB_LIBS) -o $@.$(VERSION)
	@ln -sf libupnvme.so.$(VERSION) $(B)/lib/$(SONAME)
	@ln -sf $(SONAME) $@
	@touch $@.$(VERSION)

$(PLUGIN_OBJS): private URING_CFLAGS += $(DPDK_CFLAGS)
$(PLUGIN_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIB_CFLAGS) -MMD -MP -c $< -o $@

$(B)/lib/libupnvme-dpdk.so: $(PLUGIN_OBJS) $(B)/plugin
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -shared $(OPT) -Wl,-soname,$(@F) $(LINK) -Wl,-z,defs $(LDFLAGS) $(PLUGIN_OBJS) $(DPDK_LIBS) -pthread -o $@

# One object whose hidden symbols have become local: the core's names cannot collide with an application's.
$(ARCHIVE): $(LIB_OBJS) $(B)/objects
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib $(LIB_OBJS) -o $(B)/lib/upnvme.o
	$(Q)$(or $(OBJCOPY),$(shell $(CC) -print-prog-name=objcopy),objcopy) --localize-hidden $(B)/lib/upnvme.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/lib/upnvme.o && rm -f $(B)/lib/upnvme.o

# All objects as they are: unit tests look inside.
$(INSIDES): $(LIB_OBJS) $(B)/objects
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJS)

program_objs = $(call objs,$(wildcard $(1).c) $(if $(wildcard $(1)/),$(call find,$(1),*.c)))
# $(1) program, $(2) its source without .c, $(3) where it goes
define public_program
$(B)/$(3)/$(1): $$(call program_objs,$(2)) $$(SHARED)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(OPT) $$(LDFLAGS) $$(filter %.o,$$^) -L$$(B)/lib -lupnvme -lm -pthread \
	  -Wl,-rpath,'$$$$ORIGIN/../lib' -o $$@
endef
$(foreach t,$(TOOLS),$(eval $(call public_program,$(t),capi/tools/$(t),bin)))
$(foreach e,$(EXAMPLES),$(eval $(call public_program,$(e),capi/examples/$(e),examples)))

# $(1) lane, $(2) compiler flags, $(3) libraries to depend on, $(4) how to link with them
define lane_rules
$$(call objs,$$(call find,tests/$(1),*.c)): $$(B)/obj/%.o: %.c $$(B)/flags
	$$(call say,CC,$$<)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $(2) -Itests/$(1) -MMD -MP -c $$< -o $$@

# Of the support, a program gets what it uses.
$$(B)/lib/$(1)_support.a: $$(call objs,$$(call lane_support,$(1))) $$(B)/objects
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$(filter %.o,$$^)

$$(call lane_programs,$(1)): $$(B)/%: $$(B)/obj/%.o $$(B)/lib/$(1)_support.a $(3)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(OPT) $$(LDFLAGS) $$(filter %.o,$$^) $$(B)/lib/$(1)_support.a $(4) $$(CMOCKA) -lm -pthread -o $$@
endef
$(foreach lane,$(INNER_LANES),$(eval $(call lane_rules,$(lane),$$(TEST_CFLAGS),$$(INSIDES),$$(INSIDES) $$(LIB_LIBS))))
FROM_OUTSIDE = -L$(B)/lib -lupnvme -Wl,-rpath,'$(abspath $(B)/lib)'
# A completion comes just before the wait empties its eventfd, or sleeps.
$(B)/tests/unit/driver/queue/test_wait: private LDFLAGS += -Wl,--wrap=read -Wl,--wrap=ppoll
$(B)/tests/unit/driver/queue/test_submit: private LDFLAGS += -Wl,--wrap=owner_enter_to_submit
# What tests/qtest expects it says in the words of tests/public, and it runs the table of tests/behaviour with an
# upnvme_open of its own.
$(B)/lib/qtest_support.a: $(B)/obj/tests/public/support.o $(call objs,$(call lane_support,behaviour))
$(B)/tests/qtest/test_behaviour: private LDFLAGS += -Wl,--wrap=upnvme_open
$(eval $(call lane_rules,public,$$(PUBLIC_CFLAGS) -Wno-unused-parameter,$$(SHARED),$$(FROM_OUTSIDE)))

# A stamp is rewritten only when what it holds has changed, and what depends on it is then made again.
stamp = @mkdir -p $(@D); printf '%s\n' '$(strip $(1))' | cmp -s - $@ || printf '%s\n' '$(strip $(1))' > $@
.PHONY: FORCE
FORCE:
$(B)/flags: FORCE
	$(call stamp,$(shell $(CC) --version 2>/dev/null | head -n 1) $(CC) $(TEST_CFLAGS) $(LDFLAGS))
$(B)/objects: FORCE
	$(call stamp,$(VERSION) $(LINK) $(LDFLAGS) $(LIB_LIBS) $(LIB_OBJS))
$(B)/plugin: FORCE
	$(call stamp,$(LINK) $(LDFLAGS) $(DPDK_LIBS) $(PLUGIN_OBJS))

-include $(patsubst %.o,%.d,$(LIB_OBJS) $(PLUGIN_OBJS) $(PUBLIC_OBJS) $(TEST_OBJS))
.SECONDARY:
.DELETE_ON_ERROR:

# --- install --------------------------------------------------------------------------------------
# An installed tool finds the library as every program does; only a place that the loader does not search is
# written into it.
INSTALL    ?= install
SEARCHED   := /usr/lib /lib /usr/local/lib /usr/lib/% /lib/% /usr/local/lib/%
TOOL_RPATH  = $(if $(filter-out $(SEARCHED),$(LIBDIR)),-Wl$(,)-rpath$(,)$(LIBDIR))
,          := ,
space      := $(subst $(,),,$(,) $(,))
CMAKEDIR   := $(LIBDIR)/cmake/upnvme

# $(1) a file whose template is in capi/, $(2) the folder that it is installed in
fill_in = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
  -e 's|@MAJOR@|$(firstword $(subst ., ,$(VERSION)))|' -e 's|@SONAME@|$(SONAME)|' \
  -e "s|@INCLUDE_FROM_LIBDIR@|$$(realpath -m --relative-to='$(LIBDIR)' '$(PREFIX)/include')|" \
  -e 's|@LIBS_PRIVATE@|$(strip $(LIB_LIBS))|' -e 's|@LIBS_PRIVATE_LIST@|$(subst $(space),;,$(strip $(LIB_LIBS)))|' \
  capi/$(1).in > $(DESTDIR)$(2)/$(1) && chmod 644 $(DESTDIR)$(2)/$(1)

.PHONY: install uninstall clean help
install: libs tools ## install library, headers, pkg-config file and tools (PREFIX, LIBDIR, DESTDIR)
	$(call say,INSTALL,'$(DESTDIR)$(PREFIX) (libupnvme $(VERSION))')
	$(Q)$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig $(CMAKEDIR) \
	  $(PREFIX)/include/upnvme $(PREFIX)/bin)
	$(Q)$(INSTALL) -m 644 $(HEADERS_TOP) $(DESTDIR)$(PREFIX)/include/
	$(Q)$(INSTALL) -m 644 $(HEADERS_SUB) $(GLUE) $(DESTDIR)$(PREFIX)/include/upnvme/
	$(Q)$(INSTALL) -m 755 $(SHARED).$(VERSION) $(DESTDIR)$(LIBDIR)/
	$(Q)ln -sf libupnvme.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libupnvme.so
	$(Q)$(if $(PLUGIN),$(INSTALL) -m 755 $(PLUGIN) $(DESTDIR)$(LIBDIR)/)
	$(Q)$(INSTALL) -m 644 $(ARCHIVE) $(DESTDIR)$(LIBDIR)/
	$(Q)$(call fill_in,upnvme.pc,$(LIBDIR)/pkgconfig)
	$(Q)$(call fill_in,upnvme-config.cmake,$(CMAKEDIR))
	$(Q)$(call fill_in,upnvme-config-version.cmake,$(CMAKEDIR))
	$(Q)set -e; $(foreach t,$(TOOLS),$(CC) $(OPT) $(LDFLAGS) $(call program_objs,capi/tools/$(t)) -L$(B)/lib \
	  -lupnvme -lm -pthread $(TOOL_RPATH) -o $(DESTDIR)$(PREFIX)/bin/$(t);) :
	$(Q)if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig 2>/dev/null || :; fi

uninstall: ## remove what install put there
	$(Q)rm -f $(TOOLS:%=$(DESTDIR)$(PREFIX)/bin/%) $(HEADERS:capi/include/%=$(DESTDIR)$(PREFIX)/include/%)
	$(Q)rm -f $(GLUE:bindings/cgo/%=$(DESTDIR)$(PREFIX)/include/%)
	$(Q)rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,libupnvme.so* libupnvme-dpdk.so libupnvme.a pkgconfig/upnvme.pc)
	$(Q)rm -f $(DESTDIR)$(CMAKEDIR)/upnvme-config.cmake $(DESTDIR)$(CMAKEDIR)/upnvme-config-version.cmake
	$(Q)rmdir $(DESTDIR)$(PREFIX)/include/upnvme $(DESTDIR)$(CMAKEDIR) 2>/dev/null || :

clean: ## remove build/
	$(Q)rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

include $(wildcard tests/make/*.mk bindings/*/*.mk)
