# SPDX-License-Identifier: BSD-2-Clause
#
#   make             build into build/
#   make demo        a client logs in and its traffic passes (root; installs what is missing)
#   make check       every test (root; installs what is missing)
#   make install     DESTDIR= PREFIX=/usr
#   make bench       speed, as ratios to raw limits      make fuzz    long fuzzing, FUZZ_SECONDS=3600
#   make style       format and habits                   make SAN=1   with ASan and UBSan
#   make help        every target

VERSION := 0.1.0
PREFIX  ?= /usr
DESTDIR ?=
SAN     ?= 0
# What one command builds at once.
JOBS    ?= $(shell nproc)
# Stories of the lab at once, in namespaces of their own; they wait more than they work. 0: none
# beside another, with what they print (PYTEST=-s).
LAB_JOBS ?= 2
# V=1 shows the commands.
V       ?= 0
ifeq ($(V),0)
say      = @printf '  %-5s %s\n' $(1) $@;
endif

ifeq ($(SAN),1)
BUILD    ?= build/san
SANFLAGS ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
BUILD    ?= build
HARDEN   := -D_FORTIFY_SOURCE=3 -fstack-clash-protection
endif

CC     ?= gcc
CLANG  ?= clang
BPFTOOL ?= /usr/sbin/bpftool
PKGS   := libbpf libxdp openssl libnl-3.0 libnl-route-3.0 libevent jansson libseccomp libcap-ng

CPPFLAGS += -D_GNU_SOURCE -DFG_VERSION='"$(VERSION)"' -Iinclude -Idaemon -I$(BUILD)/gen -Itests
CPPFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   ?= -O2 -g
CFLAGS   += -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror \
	    -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections $(HARDEN) $(SANFLAGS)
LDFLAGS  += -pie -Wl,-z,relro,-z,now -Wl,--gc-sections $(SANFLAGS)
LDLIBS   = $(shell pkg-config --libs $(PKGS)) -linih -lIPSec_MB -lpthread
BPFFLAGS := -O2 -g -std=gnu11 -target bpf -mcpu=v3 -Wall -Wextra -Wconversion -Werror -Iinclude -Ibpf \
	    -I/usr/include/$(shell $(CC) -print-multiarch)

# --- libraries: one per folder of daemon/, and which others each may use -------------------------
LIBS         := core crypto conf pki ike aaa session plane worker
uses_core    := core
uses_crypto  := crypto core
uses_conf    := conf crypto core
uses_pki     := pki crypto conf core
uses_ike     := ike pki crypto conf core
uses_aaa     := aaa pki crypto conf core
uses_plane   := plane conf crypto core
uses_session := session plane pki crypto conf core
uses_worker  := worker crypto core
lib           = $(BUILD)/lib/lib$(1).a
libs          = $(foreach l,$(1),$(call lib,$(l)))
src_of        = $(filter-out %/main.c,$(shell find daemon/$(1) -name '*.c' 2>/dev/null | sort))
obj_of        = $(patsubst %.c,$(BUILD)/obj/%.o,$(call src_of,$(1)))

BPF_OBJS := $(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))
SKELS    := $(BPF_OBJS:%=$(BUILD)/gen/%.skel.h)
PROGRAMS := $(BUILD)/flexd $(BUILD)/flexdp $(BUILD)/flexctl $(BUILD)/ikeload $(BUILD)/ikespoof

.PHONY: all
all: $(PROGRAMS) docs

define library
$(call lib,$(1)): $(call obj_of,$(1))
	@mkdir -p $$(@D); rm -f $$@
	$$(call say,AR)$(AR) rcs $$@ $$^
endef
$(foreach l,$(LIBS),$(eval $(call library,$(l))))

# Bytes of strangers: every narrowing is written out.
$(BUILD)/obj/daemon/ike/wire/%.o $(BUILD)/obj/daemon/worker/%.o: CFLAGS += -Wconversion -Wsign-compare
# The skeletons of the BPF programs take an int for a size.
$(BUILD)/obj/daemon/plane/%.o: CFLAGS += -Wconversion -Wno-sign-conversion

$(BUILD)/obj/%.o: %.c | $(SKELS)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h) $(wildcard include/flexgate/*)
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPFFLAGS) -c -o $@ $<

$(BUILD)/gen/%.skel.h: $(BUILD)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name fg_$* > $@.tmp && mv $@.tmp $@

$(BUILD)/flexd: $(BUILD)/obj/daemon/main.o $(call libs,session plane ike aaa pki crypto conf core)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

$(BUILD)/flexdp: $(BUILD)/obj/daemon/worker/main.o $(call libs,$(uses_worker))
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

CTL_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ctl/*.c))
$(BUILD)/flexctl: $(CTL_OBJS)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs jansson)

# The test initiator: our own IKE code in the other role.
SUPPORT_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))
IKELOAD_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tools/ikeload*.c))
$(BUILD)/ikeload: $(IKELOAD_OBJS) $(SUPPORT_OBJS) $(call libs,$(uses_ike))
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

# A flood of strangers, for the lab and the benchmark of the guard.
$(BUILD)/ikespoof: $(BUILD)/obj/tools/ikespoof.o $(SUPPORT_OBJS) $(call libs,$(uses_ike))
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)

# Man page and completion come out of the command table of flexctl itself.
.PHONY: docs
docs: $(BUILD)/flexctl.8 $(BUILD)/flexctl.bash
$(BUILD)/flexctl.8: $(BUILD)/flexctl
	$(call say,DOC)$< --generate-man > $@
$(BUILD)/flexctl.bash: $(BUILD)/flexctl
	$(call say,DOC)$< --generate-completion > $@

# --- tests ----------------------------------------------------------------------------------------
UNIT     := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))
BPFTESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))
EXCHANGE := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/exchange/test_*.c))
.PRECIOUS: $(BUILD)/obj/%.o $(BUILD)/gen/%.skel.h $(BUILD)/bpf/%.bpf.o

define unit_rule
$(BUILD)/tests/unit/$(1)/test_%: $(BUILD)/obj/tests/unit/$(1)/test_%.o $(call libs,$(uses_$(1)))
	@mkdir -p $$(@D)
	$$(call say,LINK)$$(CC) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(LDLIBS) -lcmocka
endef
$(foreach l,$(LIBS),$(eval $(call unit_rule,$(l))))
# They make certificates.
$(filter $(foreach l,crypto pki aaa session,$(BUILD)/tests/unit/$(l)/%),$(UNIT)): $(BUILD)/obj/tests/support/ca.o

# flexctl without its main().
$(BUILD)/obj/tests/unit/ctl/%.o: CPPFLAGS += -I.
$(BUILD)/tests/unit/ctl/test_%: $(BUILD)/obj/tests/unit/ctl/test_%.o $(filter-out %/main.o,$(CTL_OBJS))
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs jansson) -lcmocka

$(BUILD)/tests/bpf/test_%: $(BUILD)/obj/tests/bpf/test_%.o $(call libs,plane worker crypto conf core)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS) -lcmocka

$(BUILD)/tests/exchange/test_%: $(BUILD)/obj/tests/exchange/test_%.o $(SUPPORT_OBJS) $(call libs,$(uses_ike) $(uses_aaa))
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS) -lcmocka

.PHONY: deps check check-unit check-bpf check-exchange check-lab check-fuzz check-san check-pq
deps:
	tools/install-deps

# One sub-make after the packages are there: the parser of this file asks pkg-config.
check: deps
	$(MAKE) -j$(JOBS) all benches
	$(MAKE) -j$(JOBS) style check-unit check-bpf check-exchange
	$(MAKE) check-lab
	$(MAKE) check-san
	$(MAKE) check-fuzz

check-unit: $(UNIT)
	@tests/run $^
check-bpf: $(BPFTESTS)
	@tests/run $^
check-exchange: $(EXCHANGE)
	@tests/run $^
check-lab: all
	/usr/bin/python3 -m pytest -q -n $(LAB_JOBS) tests/lab --build $(BUILD) $(PYTEST)
# ML-KEM with strongSwan 6.1 in a Debian testing root; its first run makes that root.
check-pq: deps
	tools/check-pq
# The memory checkers over the layers that parse, and over every story of the lab.
check-san:
	$(MAKE) -j$(JOBS) SAN=1 check-unit check-exchange
	$(MAKE) -j$(JOBS) SAN=1 check-lab

# --- fuzzing --------------------------------------------------------------------------------------
FUZZ_SECONDS ?= 3600
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzz fuzzers
fuzzers:
	$(MAKE) -j$(JOBS) BUILD=build/fuzz CC=clang HARDEN= \
		SANFLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined" \
		fuzzer-programs
.PHONY: fuzzer-programs
fuzzer-programs: $(FUZZERS:%=$(BUILD)/tests/fuzz/%)
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(SUPPORT_OBJS) $(call libs,$(uses_ike) $(uses_aaa) session plane worker)
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)
fuzz: fuzzers
	tests/fuzz/run build/fuzz $(FUZZ_SECONDS) $(FUZZERS)
check-fuzz: fuzzers
	tests/fuzz/run build/fuzz 60 $(FUZZERS)

# --- bench, demo, style, install --------------------------------------------------------------------
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
BENCH_SHARED := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out tests/bench/bench_%.c %.bpf.c,$(wildcard tests/bench/*.c)))
$(BUILD)/bpf/%.bpf.o: tests/bench/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF)$(CLANG) $(BPFFLAGS) -c -o $@ $<
$(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/bench/*.c)): | $(patsubst tests/bench/%.bpf.c,$(BUILD)/gen/%.skel.h,$(wildcard tests/bench/*.bpf.c))
$(BUILD)/tests/bench/bench_%: $(BUILD)/obj/tests/bench/bench_%.o $(BENCH_SHARED) $(call libs,$(uses_worker))
	@mkdir -p $(@D)
	$(call say,LINK)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)
.PHONY: bench benches demo demo-down style install clean help
benches: $(BENCHES)
bench: deps
	$(MAKE) -j$(JOBS) all benches
	tests/bench/run $(BUILD)

demo: deps
	$(MAKE) -j$(JOBS) all
	tools/demo up $(if $(KEEP),keep)
demo-down:
	tools/demo down

style:
	tools/style

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/lib/flexgate \
		$(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)/etc/flexgate $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	install -m 0755 $(BUILD)/flexd $(BUILD)/flexctl $(DESTDIR)$(PREFIX)/sbin/
	install -m 0755 $(BUILD)/flexdp $(DESTDIR)$(PREFIX)/lib/flexgate/
	install -m 0644 $(BUILD)/flexctl.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 0644 $(BUILD)/flexctl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/flexctl
	sed 's|/usr/sbin/|$(PREFIX)/sbin/|' config/flexd.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/flexd.service
	install -m 0644 config/flexgate.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/flexgate.conf
	test -e $(DESTDIR)/etc/flexgate/flexgate.conf || \
		install -m 0644 config/flexgate.conf $(DESTDIR)/etc/flexgate/flexgate.conf
	test -e $(DESTDIR)/etc/flexgate/secrets.conf || \
		install -m 0600 config/secrets.conf $(DESTDIR)/etc/flexgate/secrets.conf

clean:
	rm -rf build

help:
	@sed -n 's/^#   make/make/p' Makefile; echo 'make check-unit check-bpf check-exchange check-lab check-san check-fuzz check-pq demo-down clean'

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
