# SPDX-License-Identifier: BSD-3-Clause
# The build of upnvme. Sources are found by wildcard; everything that is built goes under build/.
# `make help` prints the lines that begin with two of these signs.
#
## What a packager sets, on make's command line or in the environment:
##   CC AR OBJCOPY PKG_CONFIG   the programs that build
##   CPPFLAGS CFLAGS LDFLAGS    are added to the build's own flags and win over them, hardening included
##   PREFIX (/usr/local) BINDIR LIBDIR INCLUDEDIR MANDIR DATADIR     where it is going to live
##   DESTDIR                    the folder that stands for / while it is installed
##   LIBURING DPDK              yes or no; by default yes where it is installed
##   SOURCE_DATE_EPOCH          the day that the manual pages bear; by default the last commit's
## What a developer sets:
##   CONFIG                     another build, in build/CONFIG/: asan, tsan, coverage, strict-clang, aarch64
##                              or musl
##   JOBS V                     how many at a time; V=1 shows the commands
##   DEPS                       no: make check installs nothing, and says what is missing
##   LONG                       yes: make check also repeats what one run of it has shown, in other builds and guests
##   B FOLDERS                  another folder than build/; a part of the library only:
##                              make B=/tmp/b FOLDERS='core/base core/spec' /tmp/b/tests/unit/spec/test_status

CONFIG     ?= release
PREFIX     ?= /usr/local
DESTDIR    ?=
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
PKG_CONFIG ?= pkg-config
JOBS       ?= $(shell nproc 2>/dev/null || echo 2)
DPDK       ?= $(if $(wildcard $(DPDK_LIBDIR)/librte_eal.a),yes,no)
LIBURING   ?= $(shell $(PKG_CONFIG) --exists liburing 2>/dev/null && echo yes || echo no)
CMOCKA     ?= -lcmocka
export DEPS ?= yes

# --- the version, from the public header ----------------------------------------------------------
ABI          := 0
version_part  = $(shell sed -n 's/^\#define UPNVME_VERSION_$(1)[ \t]*\([0-9]*\).*/\1/p' \
                  capi/include/upnvme/version.h capi/include/upnvme.h 2>/dev/null | head -n 1)
VERSION      := $(or $(call version_part,MAJOR),0).$(or $(call version_part,MINOR),1).$(or $(call version_part,PATCH),0)
SONAME       := libupnvme.so.$(ABI)

# --- flags ----------------------------------------------------------------------------------------
B := $(if $(filter release,$(CONFIG)),build,build/$(CONFIG))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
# What the library cannot do without comes after CFLAGS. Calls inside the library go straight to the function, never
# through the PLT: nothing may be interposed. An exception of a caller's callback finds its way through the library, as
# on x86-64 it does anyway.
CODEGEN  := -fPIC -fvisibility=hidden -fno-semantic-interposition -fasynchronous-unwind-tables -pthread
# Hardening that costs nothing per I/O: checks of libc calls whose size is not constant, probes of frames
# larger than a page, and canaries, which the hot path is built without (see HOT).
HARDEN    = $(FORTIFY) -fstack-clash-protection -fstack-protector-strong
# _FORTIFY_SOURCE is left alone where a packager's flags have it, or the compiler itself, as some distributions ship it:
# a second definition would be warned of, as is one without optimisation.
FORTIFY   = $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS) $(PREDEFINED))$(filter -O0,$(CFLAGS)),,\
              -D_FORTIFY_SOURCE=2)
PREDEFINED = $(shell $(CC) -O2 -dM -E -x c /dev/null 2>/dev/null | grep -o _FORTIFY_SOURCE)
# Relocations are resolved at load and then read-only; a PLT stub stays a single jump either way.
LINK     := -Wl,-z,relro,-z,now -Wl,--as-needed

ifeq ($(CONFIG),release)
# The path of the build's folder is left out of debug information, so that builds in two folders are the same.
  OPT := -O2 -g -DNDEBUG $(HARDEN) -ffile-prefix-map=$(CURDIR)=.
else ifeq ($(CONFIG),asan)
# A sanitizer's report needs lines only; a debugger has the variables as well with CFLAGS=-g.
  OPT := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(CONFIG),tsan)
  OPT := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread
else ifeq ($(CONFIG),coverage)
  OPT := -O0 -g --coverage -fprofile-update=atomic
else ifeq ($(CONFIG),strict-clang)
# Clang warns of the same whether it optimises or not.
  CC  := clang
  OPT := -DNDEBUG -Werror
else ifeq ($(CONFIG),aarch64)
  CC       := aarch64-linux-gnu-gcc
  LIBURING := no
  DPDK     := no
  CMOCKA   :=
  OPT      := -O2 -g1 -DNDEBUG $(HARDEN) -Werror
else ifeq ($(CONFIG),musl)
# Debian's wrapper of gcc knows no kernel headers; beside them lie those of glibc.
  CC       := musl-gcc
  LIBURING := no
  DPDK     := no
  CMOCKA   :=
  OPT      := -O2 -g1 -DNDEBUG $(HARDEN) -Werror -idirafter $(B)/kernel
else
  $(error CONFIG=$(CONFIG) is not known)
endif

ifeq ($(LIBURING),yes)
  URING_CFLAGS := -DHAVE_LIBURING $(shell $(PKG_CONFIG) --cflags liburing)
  URING_LIBS   := $(shell $(PKG_CONFIG) --libs liburing)
endif

# DPDK stands in a plug-in of its own, whole and hidden: --exclude-libs keeps its symbols in, -Bsymbolic its calls. What
# it would do to the process's system log is wrapped (guest.c). Its headers ask for no more than the machine's floor.
DPDK_LIBDIR  := $(shell $(PKG_CONFIG) --variable=libdir libdpdk 2>/dev/null)
DPDK_CFLAGS  := $(patsubst -I%,-isystem %,$(filter -I%,$(shell $(PKG_CONFIG) --cflags libdpdk 2>/dev/null))) -include rte_config.h
DPDK_PARTS   := eal kvargs telemetry log argparse pmu
DPDK_LIBS     = -Wl,--whole-archive $(wildcard $(DPDK_PARTS:%=$(DPDK_LIBDIR)/librte_%.a)) -Wl,--no-whole-archive \
  -Wl,--exclude-libs,ALL -Wl,-Bsymbolic $(DPDK_WRAPPED:%=-Wl,--wrap=%) \
  -lnuma $(if $(wildcard $(DPDK_LIBDIR)/libbsd.so),-lbsd) -lm -ldl
DPDK_WRAPPED := openlog closelog mkdir

STD         := -std=gnu11 -D_GNU_SOURCE
LIB_LIBS    := $(URING_LIBS) -pthread -ldl
# Library and plug-in are of one build when they agree on what is between them.
BUILD_ID    := $(VERSION)-$(firstword $(shell cat core/env/dpdk/plugin.h core/env/pages.h 2>/dev/null | cksum))
LIB_CFLAGS   = $(STD) $(OPT) $(WARNINGS) -Icore -Icapi/include -DUPNVME_BUILD_ID='"$(BUILD_ID)"' $(URING_CFLAGS) \
  $(CPPFLAGS) $(CFLAGS) $(CODEGEN)
PUBLIC_CFLAGS = $(STD) $(OPT) -pthread $(WARNINGS) -Icapi/include $(CPPFLAGS) $(CFLAGS)
# To link: this build's library is found before another that LDFLAGS may lead to.
LINKER       = $(CC) $(OPT) $(CFLAGS) $(LINK) -L$(B)/lib $(LDFLAGS)

# --- what there is --------------------------------------------------------------------------------
SOURCES := $(sort $(shell find $(wildcard core capi tests) -name '*.c'))
# The sources in the folders $(1), and below them.
sources = $(filter $(1:%=%/%),$(SOURCES))
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
dirs = $(notdir $(patsubst %/,%,$(wildcard $(1)/*/)))

FOLDERS  ?= core capi/src
PLUGIN_SOURCES := $(wildcard core/env/dpdk/plugin/*.c)
PLUGIN_OBJS := $(if $(filter yes,$(DPDK)),$(call objs,$(PLUGIN_SOURCES)))
LIB_OBJS := $(call objs,$(filter-out $(PLUGIN_SOURCES),$(call sources,$(FOLDERS))))
HEADERS  := $(sort $(shell find capi/include -name "*.h"))
# Not a part of the ABI, but installed with it: what the Go package includes.
GLUE     := $(wildcard bindings/cgo/upnvme/*.h)
MAP      := $(wildcard capi/upnvme.map)

# A program is a .c file, or a folder of them named after the program.
TOOLS    := $(sort $(patsubst capi/tools/%.c,%,$(wildcard capi/tools/*.c)) $(call dirs,capi/tools))
EXAMPLES := $(sort $(patsubst capi/examples/%.c,%,$(wildcard capi/examples/*.c)) $(call dirs,capi/examples))

# A lane is a folder of tests/: each test_*.c in it is a program, and any other .c file is support, of which a program
# gets what it uses. A lane that sees the library from inside has all its objects and headers; one that sees it from
# outside has the shared library and the public headers, as any program.
TESTS        := $(foreach source,$(call sources,tests),$(if $(filter test_%,$(notdir $(source))),$(source)))
lane_tests    = $(filter tests/$(1)/%,$(TESTS))
lane_support  = $(filter-out $(TESTS),$(call sources,tests/$(1)))
lane_programs = $(patsubst %.c,$(B)/%,$(call lane_tests,$(1)))
ALL_LANES    :=
row = $(if $(wildcard tests/$(strip $(1))),$(call add_row,$(strip $(1)),$(strip $(2)),$(3)))
add_row = $(eval ALL_LANES += $(1))$(eval sees_$(1) := $(2))$(eval support_$(1) := $(call lane_support,$(1)) $(3))

#            tests/      sees      support beside its own
$(call row,  unit,       inside)
$(call row,  behaviour,  inside)
$(call row,  qtest,      inside,   tests/public/support.c $(call lane_support,behaviour))
$(call row,  hostile,    inside,   tests/public/support.c)
$(call row,  public,     outside)
$(call row,  abi,        outside,  tests/behaviour/json.c)
$(call row,  vm/device,  outside,  $(call lane_support,public))
$(call row,  vm/inside,  inside,   $(call lane_support,behaviour))
$(call row,  vm/dpdk,    outside,  $(call lane_support,public))

# Guests run those of vm; the tests of tests/tools are scripts that run this build's programs.
LANES   := $(filter-out vm/%,$(ALL_LANES))
SCRIPTS := $(wildcard tests/tools/test_*.py)

SHARED  := $(B)/lib/libupnvme.so
ARCHIVE := $(B)/lib/libupnvme.a
INSIDES := $(B)/lib/libupnvme_all.a
PLUGIN  := $(if $(PLUGIN_OBJS),$(B)/lib/libupnvme-dpdk.so)
LIBS    := $(if $(LIB_OBJS),$(SHARED) $(ARCHIVE)) $(PLUGIN)
TOOL_BINS    := $(TOOLS:%=$(B)/bin/%)
EXAMPLE_BINS := $(EXAMPLES:%=$(B)/examples/%)
TEST_BINS    := $(foreach lane,$(LANES),$(call lane_programs,$(lane)))
lane_objs     = $(call objs,$(call sources,$(1:%=tests/%)))
TEST_OBJS    := $(call lane_objs,$(ALL_LANES))
PUBLIC_OBJS  := $(call objs,$(call sources,capi/tools capi/examples))

ifeq ($(V),1)
  say = @:
else
  Q   := @
  say = @printf '  %-8s%s\n' $(1) $(2)
endif
SUBMAKE = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

# Compiles $< with the flags $(1). The compiler's warnings stay beside the object, where `make warnings` finds them.
define compile
$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(1) $(COMPILE) $< -o $@ 2>$(@:.o=.said); code=$$?; cat $(@:.o=.said) >&2; exit $$code
endef
COMPILE := -MMD -MP -c

# --- build ----------------------------------------------------------------------------------------
.PHONY: all libs tools examples tests test-programs test-objects
.DEFAULT_GOAL := all
all: libs tools examples ## build the libraries, the tools and the examples (the default)
libs: $(LIBS)
tools: $(TOOL_BINS)
examples: $(EXAMPLE_BINS)
tests: all test-programs ## build the test programs
test-programs: libs $(TEST_BINS)
test-objects: $(call lane_objs,$(LANES))

# The hot path has no buffers on the stack for a canary to guard.
HOT := $(filter $(B)/obj/capi/src/io.o $(B)/obj/core/driver/queue/% $(B)/obj/core/driver/commands/%,$(LIB_OBJS))
$(HOT): private OPT += -fno-stack-protector

$(LIB_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(LIB_CFLAGS))

$(PUBLIC_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(PUBLIC_CFLAGS))

# The library is never unloaded: its threads run in it, and callers hold handles that only the library can close.
$(SHARED): $(LIB_OBJS) $(MAP) $(B)/objects
	$(call say,LD,$@.$(VERSION))
	@mkdir -p $(@D)
	$(Q)$(LINKER) -shared -Wl,-soname,$(SONAME) $(MAP:%=-Wl,--version-script=%) -Wl,-z,defs -Wl,-z,nodelete \
	  $(LIB_OBJS) $(LIB_LIBS) -o $@.$(VERSION)
	@ln -sf libupnvme.so.$(VERSION) $(B)/lib/$(SONAME)
	@ln -sf $(SONAME) $@
	@touch $@.$(VERSION)

$(PLUGIN_OBJS): private URING_CFLAGS += $(DPDK_CFLAGS)
$(PLUGIN_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(LIB_CFLAGS))

$(B)/lib/libupnvme-dpdk.so: $(PLUGIN_OBJS) $(B)/plugin
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) -shared -Wl,-soname,$(@F) -Wl,-z,defs $(PLUGIN_OBJS) $(DPDK_LIBS) -pthread -o $@

# One object whose hidden symbols have become local: the core's names cannot collide with an application's. Link-time
# optimisation of a packager's ends here, in machine code: its intermediate form has no local symbols.
WITHOUT_LTO = $(if $(findstring -flto,$(CC) $(CFLAGS)),-flinker-output=nolto-rel)
$(ARCHIVE): $(LIB_OBJS) $(B)/objects
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPT) $(CFLAGS) -r -nostdlib $(WITHOUT_LTO) $(LIB_OBJS) -o $(B)/lib/upnvme.o
	$(Q)$(or $(OBJCOPY),$(shell $(CC) -print-prog-name=objcopy),objcopy) --localize-hidden $(B)/lib/upnvme.o
	$(Q)rm -f $@ && $(AR) rcsD $@ $(B)/lib/upnvme.o && rm -f $(B)/lib/upnvme.o

# All objects as they are: unit tests look inside.
$(INSIDES): $(LIB_OBJS) $(B)/objects
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJS)

# --- the tools and examples -----------------------------------------------------------------------
$(TOOL_BINS) $(EXAMPLE_BINS): $(SHARED)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $(filter %.o,$^) -lupnvme -lm -pthread -Wl,-rpath,'$$ORIGIN/../lib' -o $@

program_objs = $(call objs,$(wildcard $(1).c) $(call sources,$(1)))
$(foreach t,$(TOOLS),$(eval $(B)/bin/$(t): $(call program_objs,capi/tools/$(t))))
$(foreach e,$(EXAMPLES),$(eval $(B)/examples/$(e): $(call program_objs,capi/examples/$(e))))

# --- the lanes' programs --------------------------------------------------------------------------
# A cmocka test takes its state whether it needs it or not.
TEST_FLAGS    = -Wno-unused-parameter $(if $(CMOCKA),,-Itests/cmocka)
TEST_CFLAGS   = $(LIB_CFLAGS) $(TEST_FLAGS) -Itests
FROM_OUTSIDE  = -L$(B)/lib -lupnvme -Wl,-rpath,'$(abspath $(B)/lib)'

# What a lane's programs are compiled with, made after and linked with, by what the lane sees. A lane may have flags_LANE
# and libs_LANE beside, a program LANE_LDFLAGS.
flags_inside  = $(TEST_CFLAGS)
needs_inside  = $(INSIDES)
libs_inside   = $(INSIDES) $(LIB_LIBS)
flags_outside = $(PUBLIC_CFLAGS) $(TEST_FLAGS)
needs_outside = $(SHARED)
libs_outside  = $(FROM_OUTSIDE)

# The lane of the file that a recipe makes.
LANE_OF = $(firstword $(foreach l,$(ALL_LANES),$(if $(filter $(B)/tests/$(l)/% $(B)/obj/tests/$(l)/%,$@),$(l))))

# Tests are compiled once and run for a moment: little is optimised, and lines are enough of debug information.
TEST_OPT := $(if $(filter release aarch64 musl,$(CONFIG)),-O1 -g1,$(if $(filter asan,$(CONFIG)),-O0))
$(TEST_OBJS): private OPT += $(TEST_OPT)

$(TEST_OBJS): $(B)/obj/%.o: %.c $(B)/flags
	$(call compile,$(flags_$(sees_$(LANE_OF))) $(flags_$(LANE_OF)) -Itests/$(LANE_OF))

ALL_PROGRAMS := $(foreach lane,$(ALL_LANES),$(call lane_programs,$(lane)))
# Binutils' gold links a test in half the time, and there are hundreds; what is installed is linked by the usual linker,
# and where flags choose a linker so is a test.
TEST_LINKER := $(if $(findstring -fuse-ld,$(LDFLAGS) $(CFLAGS))$(findstring -flto,$(CFLAGS)),,\
  $(if $(shell command -v $$($(CC) -print-prog-name=ld.gold)),-fuse-ld=gold))
$(ALL_PROGRAMS): $(B)/%: $(B)/obj/%.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(LINKER) $(TEST_LINKER) $(LANE_LDFLAGS) $(filter %.o %_support.a,$^) $(libs_$(sees_$(LANE_OF))) $(libs_$(LANE_OF)) $(CMOCKA) \
	  -lm -pthread -o $@

lane_archive = $(B)/lib/$(1)_support.a
$(foreach l,$(ALL_LANES),$(eval $(call lane_programs,$(l)): $(call lane_archive,$(l)) $(needs_$(sees_$(l)))))
$(foreach l,$(ALL_LANES),$(eval $(call lane_archive,$(l)): $(call objs,$(support_$(l)))))
$(foreach l,$(ALL_LANES),$(call lane_archive,$(l))): $(B)/objects
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(filter %.o,$^)

# The test of waits makes a completion come just before a wait empties its eventfd, or sleeps: it wraps these calls.
$(B)/tests/unit/driver/queue/test_wait: private LANE_LDFLAGS += -Wl,--wrap=read -Wl,--wrap=ppoll
$(B)/tests/unit/driver/queue/test_submit: private LANE_LDFLAGS += -Wl,--wrap=owner_enter_to_submit
# The qtest lane runs the table of tests/behaviour with an upnvme_open of its own.
$(B)/tests/qtest/test_behaviour: private LANE_LDFLAGS += -Wl,--wrap=upnvme_open

# A stamp is rewritten only when what it holds has changed, and what depends on it is then made again.
stamp = @mkdir -p $(@D); printf '%s\n' '$(strip $(1))' | cmp -s - $@ || printf '%s\n' '$(strip $(1))' > $@
.PHONY: FORCE
FORCE:
$(B)/flags: FORCE
	$(call stamp,$(shell $(CC) --version 2>/dev/null | head -n 1) $(CC) $(COMPILE) $(TEST_CFLAGS) $(TEST_OPT) $(LDFLAGS))
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

# Where headers, and folders of them, are installed: as they lie below the folder that programs include them from.
included = $(patsubst capi/include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(1:bindings/cgo/%=capi/include/%))

# $(1) a file whose template is in capi/, $(2) the folder that it is installed in
fill_in = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
  -e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@VERSION@|$(VERSION)|' \
  -e 's|@MAJOR@|$(firstword $(subst ., ,$(VERSION)))|' -e 's|@SONAME@|$(SONAME)|' \
  -e "s|@INCLUDE_FROM_LIBDIR@|$$(realpath -m --relative-to='$(LIBDIR)' '$(INCLUDEDIR)')|" \
  -e 's|@LIBS_PRIVATE@|$(strip $(LIB_LIBS))|' -e 's|@LIBS_PRIVATE_LIST@|$(subst $(space),;,$(strip $(LIB_LIBS)))|' \
  capi/$(1).in > $(DESTDIR)$(2)/$(1) && chmod 644 $(DESTDIR)$(2)/$(1)

.PHONY: install install-headers uninstall clean help
install: libs tools install-headers ## install library, headers, pkg-config file and tools (see below)
	$(call say,INSTALL,'$(DESTDIR)$(PREFIX) (libupnvme $(VERSION))')
	$(Q)$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR)/pkgconfig $(CMAKEDIR) $(BINDIR))
	$(Q)$(INSTALL) -m 755 $(SHARED).$(VERSION) $(DESTDIR)$(LIBDIR)/
	$(Q)ln -sf libupnvme.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libupnvme.so
	$(Q)$(if $(PLUGIN),$(INSTALL) -m 755 $(PLUGIN) $(DESTDIR)$(LIBDIR)/)
	$(Q)$(INSTALL) -m 644 $(ARCHIVE) $(DESTDIR)$(LIBDIR)/
	$(Q)$(call fill_in,upnvme.pc,$(LIBDIR)/pkgconfig)
	$(Q)$(call fill_in,upnvme-config.cmake,$(CMAKEDIR))
	$(Q)$(call fill_in,upnvme-config-version.cmake,$(CMAKEDIR))
	$(Q)set -e; $(foreach t,$(TOOLS),$(LINKER) $(call program_objs,capi/tools/$(t)) -lupnvme -lm -pthread \
	  $(TOOL_RPATH) -o $(DESTDIR)$(BINDIR)/$(t);) :
	$(Q)if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then ldconfig 2>/dev/null || :; fi

install-headers:
	$(Q)$(INSTALL) -d $(call included,$(sort $(dir $(HEADERS) $(GLUE))))
	$(Q)set -e; $(foreach h,$(HEADERS) $(GLUE),$(INSTALL) -m 644 $(h) $(call included,$(h));) :

uninstall: ## remove what install put there
	$(Q)rm -f $(TOOLS:%=$(DESTDIR)$(BINDIR)/%) $(call included,$(HEADERS) $(GLUE))
	$(Q)rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,libupnvme.so* libupnvme-dpdk.so libupnvme.a pkgconfig/upnvme.pc)
	$(Q)rm -f $(DESTDIR)$(CMAKEDIR)/upnvme-config.cmake $(DESTDIR)$(CMAKEDIR)/upnvme-config-version.cmake
	$(Q)find $(DESTDIR)$(INCLUDEDIR)/upnvme $(DESTDIR)$(CMAKEDIR) -depth -type d -empty -delete 2>/dev/null || :

clean: ## remove build/
	$(Q)rm -rf build

help: ## list the targets and the variables
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@sed -n 's/^## \{0,1\}//p' Makefile

include $(wildcard tests/make/*.mk bindings/*/*.mk)
