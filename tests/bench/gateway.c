// SPDX-License-Identifier: BSD-2-Clause
#include "gateway.h"

#include "core/ip.h"
#include "core/ipc.h"
#include "core/proc.h"
#include "inside.skel.h"
#include "maps.skel.h"
#include "msg.h"
#include "outside.skel.h"
#include "stat.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 10000, OUTSIDE = 0, INSIDE = 1, PAIR = 2 };

static void *map_memory(struct bpf_map *map)
{
	size_t len = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	void *p;

	p = mmap(NULL, (len + 4095) & ~(size_t)4095, PROT_READ | PROT_WRITE, MAP_SHARED,
		 bpf_map__fd(map), 0);
	if (p == MAP_FAILED)
		lab_die("map %s cannot be mapped: %s", bpf_map__name(map), strerror(errno));
	return p;
}

static void make_maps(struct gateway *g, const char *pins)
{
	struct bpf_map *map;

	g->maps = fg_maps__open();
	if (!g->maps)
		lab_die("maps cannot be opened");
	bpf_object__for_each_map(map, g->maps->obj)
	{
		/* Sizes of 1 are ours to set. */
		if (bpf_map__max_entries(map) == 1 && strcmp(bpf_map__name(map), "fg_conf") != 0)
			bpf_map__set_max_entries(map, GATEWAY_ROWS);
	}
	if (fg_maps__load(g->maps) || mkdir(pins, 0700) || bpf_object__pin_maps(g->maps->obj, pins))
		lab_die("maps cannot be made: %s", strerror(errno));
	g->conf = map_memory(g->maps->maps.fg_conf);
	g->session = map_memory(g->maps->maps.fg_session);
	g->sa = map_memory(g->maps->maps.fg_sa);
	g->hop = map_memory(g->maps->maps.fg_hop);
}

static void share_maps(const struct gateway *g, struct bpf_object *obj)
{
	struct bpf_map *map, *shared;

	bpf_object__for_each_map(map, obj)
	{
		shared = bpf_object__find_map_by_name(g->maps->obj, bpf_map__name(map));
		if (shared && bpf_map__reuse_fd(map, bpf_map__fd(shared)))
			lab_die("map %s cannot be shared", bpf_map__name(map));
	}
}

#define OPEN_PROGRAM(kind, skeleton, number, device, is_pair)                                      \
	do {                                                                                       \
		skeleton = kind##__open();                                                         \
		if (!skeleton)                                                                     \
			lab_die("program %s cannot be opened", #kind);                             \
		skeleton->rodata->fg_port = number;                                                \
		set_program(g, skeleton->obj, (uint8_t *)(uintptr_t)skeleton->rodata->fg_mac,      \
			    device);                                                               \
		is_pair;                                                                           \
		if (kind##__load(skeleton))                                                        \
			lab_die("program %s cannot be loaded", #kind);                             \
		lab_attach(device, bpf_program__fd(skeleton->progs.kind));                         \
	} while (0)

static void set_program(const struct gateway *g, struct bpf_object *obj, uint8_t *mac,
			const char *device)
{
	share_maps(g, obj);
	lab_mac(device, mac);
}

static void make_programs(struct gateway *g)
{
	OPEN_PROGRAM(fg_outside, g->outside, OUTSIDE, "bench-o",
		     g->outside->rodata->fg_sa_mask = GATEWAY_ROWS - 1);
	OPEN_PROGRAM(fg_inside, g->inside, INSIDE, "bench-i", (void)0);
	OPEN_PROGRAM(fg_inside, g->pair, PAIR, "bench-w", g->pair->rodata->fg_pair = true);
}

static struct fg_ip ip(const char *text)
{
	struct fg_ip result;

	if (!ip_parse(text, &result))
		lab_die("%s is no address", text);
	return result;
}

static void make_hop(struct gateway *g, const char *dst, uint16_t port, const char *from,
		     const char *to)
{
	struct fg_hop hop = { .state = FG_HOP_READY, .port = port, .generation = 1, .mtu = 1500 };

	hop.dst = ip(dst);
	lab_mac(to, hop.eth);
	lab_mac(from, hop.eth + 6);
	hop.eth[12] = 0x08;
	g->hop[fg_hop_slot(&hop.dst)] = hop;
}

static void make_sa(struct gateway *g, uint32_t at, enum fg_sa_state state)
{
	static const uint8_t outer[28] = { 0x45, 0,    0,    0,    0, 0, 0x40, 0,  64,  17,
					   0,    0,    192,  0,    2, 1, 198,  51, 100, 2,
					   0x11, 0x94, 0x11, 0x94, 0, 0, 0,    0 };
	struct fg_sa row = { .generation = 1,
			     .session = GATEWAY_SESSION,
			     .spi = htonl(0x5e000000u | at),
			     .suite = FG_ESP_AES_GCM_256,
			     .flags = FG_SA_UDP };

	memset(row.key, 0x11 * (int)at, sizeof(row.key));
	memset(row.salt, 0x22, sizeof(row.salt));
	if (state == FG_SA_OUT) {
		memcpy(row.outer, outer, sizeof(outer));
		row.outer_len = sizeof(outer);
	}
	g->sa[at] = row;
	g->sa[at].state = state;
}

static void make_session(struct gateway *g)
{
	struct fg_session session = { .state = FG_SESSION_UP,
				      .generation = 1,
				      .inner4 = inet_addr("10.0.0.5"),
				      .mtu = 1500,
				      .sa_out = GATEWAY_SA_OUT,
				      .peer_port = htons(FG_NATT_PORT),
				      .local_port = htons(FG_NATT_PORT) };
	uint32_t id = GATEWAY_SESSION;

	session.peer = ip("198.51.100.2");
	session.local = ip("192.0.2.1");
	g->session[id] = session;
	if (bpf_map_update_elem(bpf_map__fd(g->maps->maps.fg_host4), &session.inner4, &id, BPF_ANY))
		lab_die("fg_host4: %s", strerror(errno));
	make_sa(g, GATEWAY_SA_IN, FG_SA_IN);
	make_sa(g, GATEWAY_SA_OUT, FG_SA_OUT);
	make_hop(g, "203.0.113.9", INSIDE, "bench-i", "bench-is");
	make_hop(g, "198.51.100.2", OUTSIDE, "bench-o", "bench-os");
	g->conf->abi = FG_ABI;
	g->conf->local_count = 1;
	g->conf->local[0] = session.local;
	g->conf->hop_generation = 1;
	g->conf->flags = FG_CONF_FAST_DOOR;
}

void gateway_client_row(const struct gateway *g, struct fg_sa *row)
{
	const struct fg_sa *out = &g->sa[GATEWAY_SA_OUT];

	*row = g->sa[GATEWAY_SA_IN];
	row->state = FG_SA_OUT;
	row->seq = 0;
	row->outer_len = out->outer_len;
	memcpy(row->outer, out->outer, sizeof(row->outer));
	memcpy(row->outer + 12, out->outer + 16, 4);
	memcpy(row->outer + 16, out->outer + 12, 4);
}

static int on_nothing(void *arg, const struct ipc_message *message)
{
	(void)arg, (void)message;
	return 0;
}

static int on_info(void *arg, const struct ipc_message *message)
{
	const struct msg_worker_info *info = message->body;
	struct gateway *g = arg;

	snprintf(g->crypto, sizeof(g->crypto), "%.63s", info->crypto);
	return 0;
}

static const struct ipc_rule rules[] = {
	{ MSG_HELLO, "HELLO", 0, 0, on_nothing, false },
	{ MSG_READY, "READY", 0, 0, on_nothing, false },
	{ MSG_WORKER_INFO, "WORKER_INFO", sizeof(struct msg_worker_info),
	  sizeof(struct msg_worker_info), on_info, false },
	{ MSG_HOP_WANT, "HOP_WANT", sizeof(struct msg_hop_want), sizeof(struct msg_hop_want),
	  on_nothing, false },
	{ MSG_MOVED, "MOVED", sizeof(struct msg_moved), sizeof(struct msg_moved), on_nothing,
	  false },
};

static void on_broken(void *arg, const char *why)
{
	(void)arg;
	lab_die("flexdp is gone: %s", why);
}

static void add_port(struct msg_worker_start *start, uint32_t port, const char *device)
{
	start->ports[port].port = port;
	start->ports[port].ifindex = lab_index(device);
	snprintf(start->ports[port].name, sizeof(start->ports[port].name), "%s", device);
	start->ports[port].queues = 1;
	start->ports[port].native = 1;
	start->port_count++;
}

static void start_worker(struct gateway *g, const struct lab *lab, const char *pins,
			 const char *flexdp)
{
	const struct ipc_events events = { rules, sizeof(rules) / sizeof(rules[0]), g, on_broken };
	const char *const argv[] = { "flexdp", NULL };
	struct proc proc = { .name = "flexdp", .path = flexdp, .argv = argv };
	static struct msg_worker_start start;
	int channel;

	start.workers = 1;
	start.sessions = start.sas = start.selectors = GATEWAY_ROWS;
	snprintf(start.bpf_directory, sizeof(start.bpf_directory), "%s", pins);
	snprintf(start.run_directory, sizeof(start.run_directory), "%s", lab->directory);
	snprintf(start.user, sizeof(start.user), "nobody");
	add_port(&start, OUTSIDE, "bench-o");
	add_port(&start, INSIDE, "bench-i");
	add_port(&start, PAIR, "bench-w");
	start.ports[PAIR].pair = 1;
	lab_mac("bench-p", start.ports[PAIR].pair_mac);

	g->base = event_base_new();
	if (!g->base || proc_start(&proc, &channel))
		lab_die("%s cannot be started", flexdp);
	g->worker = proc.pid;
	bench_pin(proc.pid, LAB_GATEWAY_CPU);
	if (ipc_new(g->base, channel, &events, &g->channel) ||
	    ipc_wait(g->channel, MSG_HELLO, START_MS) ||
	    ipc_send(g->channel, MSG_WORKER_START, &start, sizeof(start), NULL, 0, -1) ||
	    ipc_wait(g->channel, MSG_WORKER_INFO, START_MS) ||
	    ipc_wait(g->channel, MSG_READY, START_MS))
		lab_die("flexdp did not become ready");
}

void gateway_open(struct gateway *g, const struct lab *lab, const char *flexdp)
{
	char pins[128];

	snprintf(pins, sizeof(pins), "%s/bpf/v%d", lab->directory, FG_ABI);
	make_maps(g, pins);
	make_programs(g);
	make_session(g);
	g->napi[0] = lab_thread_napi("bench-o", LAB_GATEWAY_CPU);
	g->napi[1] = lab_thread_napi("bench-i", LAB_GATEWAY_CPU);
	g->napi[2] = lab_thread_napi("bench-w", LAB_GATEWAY_CPU);
	start_worker(g, lab, pins, flexdp);
}

int gateway_sa_fd(const struct gateway *g)
{
	return bpf_map__fd(g->maps->maps.fg_sa);
}

void gateway_close(struct gateway *g)
{
	/* The end of the channel is what tells flexdp to go. */
	ipc_free(g->channel);
	waitpid(g->worker, NULL, 0);
	event_base_free(g->base);
	bpf_object__unpin_maps(g->maps->obj, NULL);
	fg_outside__destroy(g->outside);
	fg_inside__destroy(g->inside);
	fg_inside__destroy(g->pair);
	fg_maps__destroy(g->maps);
}

uint64_t gateway_cpu_ns(const struct gateway *g)
{
	uint64_t ns = bench_cpu_ns(g->worker);

	for (size_t i = 0; i < sizeof(g->napi) / sizeof(g->napi[0]); i++)
		ns += bench_cpu_ns(g->napi[i]);
	return ns;
}

void gateway_print_drops(const struct gateway *g)
{
	static const char *const name[FG_DROP_ROWS] = {
#define FG_DROP(number, id, text) [number] = #id,
#include <flexgate/drop.def>
	};
	struct fg_drop worker, cpu[64];
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(g->maps->maps.fg_drop_worker), &zero, &worker) ||
	    bpf_map_lookup_elem(bpf_map__fd(g->maps->maps.fg_drop), &zero, cpu))
		return;
	for (size_t i = 1; i < FG_DROP_ROWS; i++) {
		uint64_t bpf = 0, mine = ((uint64_t *)&worker)[i];

		for (int c = 0; c < libbpf_num_possible_cpus() && c < 64; c++)
			bpf += ((uint64_t *)&cpu[c])[i];
		if (mine || bpf)
			fprintf(stderr, "  dropped as %s: %llu by BPF, %llu by the worker\n",
				name[i] ? name[i] : "?", (unsigned long long)bpf,
				(unsigned long long)mine);
	}
}
