// SPDX-License-Identifier: BSD-2-Clause
/*
 * S4: the whole path by the fast door, in packets per CPU second, against AF_XDP forwarding with
 * nothing but the same rings; and the stack door beside it. The generator runs on the other CPU,
 * keeps a fixed number of packets under way, and says for how long it might not send: that is its
 * idle time.
 *
 *   bench_path FLEXDP [runs [milliseconds]]
 */
#include "gateway.h"
#include "generator.skel.h"
#include "lab.h"
#include "stat.h"
#include "worker/esp.h"
#include "worker/rings.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	INNER = 1400,
	PACKETS = 16384, /* these three as in generator.bpf.c */
	PACKET_MAX = 1536,
	DEVICES = 64,
	BATCH = 64, /* of the generator's frames */
	BURST = 64,
	UNDER_WAY = 128, /* when another burst is sent: both fit a veth ring of 256 */
	ETH = 14,
};

struct bench {
	struct lab lab;
	struct gateway gateway;
	struct fg_generator *generator;
	uint8_t (*packet)[PACKET_MAX];
	volatile uint64_t *received; /* by device index */
	pid_t bare;                  /* the barest forwarder */
	pid_t bare_napi[2];
	double skip_ns;
};

/* One direction: where packets enter, where they come out, what they are. */
struct way {
	const char *name, *source, *sink, *bare_source, *bare_sink;
	const char *to; /* device whose hardware address they carry */
	bool from_client;
};

static const struct way ways[] = {
	{ "from the client", "bench-os", "bench-is", "bench-bos", "bench-bis", "bench-o", true },
	{ "to the client", "bench-is", "bench-os", "bench-bis", "bench-bos", "bench-i", false },
};

struct result {
	double per_cpu_second;
	double per_second;
	double idle; /* share of the time that the generator waited */
	uint64_t lost;
};

/* --- packets --- */

static void put_ethernet(uint8_t *frame, const struct way *way)
{
	lab_mac(way->to, frame);
	lab_mac(way->source, frame + 6);
	frame[12] = 0x08;
	frame[13] = 0;
}

static size_t put_inner(uint8_t *ip, bool from_client)
{
	static const uint8_t header[20] = { 0x45, 0, 0,  0, 0x12, 0x34, 0,   0, 64,  17,
					    0,    0, 10, 0, 0,    5,    203, 0, 113, 9 };
	uint32_t sum = 0;

	memset(ip, 0x5a, INNER);
	memcpy(ip, header, sizeof(header));
	if (!from_client) {
		memcpy(ip + 12, header + 16, 4);
		memcpy(ip + 16, header + 12, 4);
	}
	fg_put16(ip + 2, INNER);
	for (size_t i = 0; i < 20; i += 2)
		sum += fg_get16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	fg_put16(ip + 10, (uint16_t)~sum);
	return INNER;
}

/* Every packet of the client is another one, or the window would refuse it. */
static uint32_t prepare_esp(struct bench *b, const struct way *way)
{
	char why[128];
	struct crypto *crypto = crypto_new(CRYPTO_AUTO, why, sizeof(why));
	struct esp_sa *sa = crypto ? aligned_alloc(64, esp_sa_size(crypto)) : NULL;
	uint8_t *room = malloc(RINGS_FRAME);
	struct crypto_material material;
	uint32_t length = 0;
	struct fg_sa row;

	if (!sa || !room)
		lab_die("no memory or crypto for packets");
	gateway_client_row(&b->gateway, &row);
	memset(sa, 0, esp_sa_size(crypto));
	sa->generation = row.generation;
	material = (struct crypto_material){ .suite = row.suite,
					     .seal = true,
					     .key = row.key,
					     .salt = row.salt,
					     .auth_key = row.auth_key };
	if (!crypto_expand(crypto, &sa->key, &material))
		lab_die("no key for packets");
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct frame f = { room, room + RINGS_FRAME, room + 256, NULL };
		struct fg_packet inner = { .ip = f.data };

		f.end = inner.end = f.data + put_inner(f.data, true);
		if (!fg_packet_parse(&inner) || esp_seal(crypto, sa, &row, &f, &inner))
			lab_die("a packet was not sealed");
		put_ethernet(b->packet[i], way);
		memcpy(b->packet[i] + ETH, f.data, (size_t)(f.end - f.data));
		length = (uint32_t)(f.end - f.data) + ETH;
	}
	crypto_forget(crypto, &sa->key);
	free(sa);
	free(room);
	crypto_free(crypto);
	return length;
}

static void prepare(struct bench *b, const struct way *way)
{
	if (way->from_client) {
		b->generator->bss->packet_length = prepare_esp(b, way);
		return;
	}
	for (uint32_t i = 0; i < PACKETS; i++) {
		put_ethernet(b->packet[i], way);
		put_inner(b->packet[i] + ETH, false);
	}
	b->generator->bss->packet_length = INNER + ETH;
}

/* --- generator --- */

static void on_alarm(int signal_number)
{
	(void)signal_number;
}

/* Run the source for some time; the alarm ends the system call. Returns ns. */
static uint64_t run_source(const struct bench *b, unsigned device, unsigned ms)
{
	const struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	struct xdp_md context = { .data_end = b->generator->bss->packet_length,
				  .ingress_ifindex = device };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = b->packet[0],
		    .data_size_in = b->generator->bss->packet_length, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = INT32_MAX, .batch_size = BATCH,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint64_t began = bench_now_ns();
	int result;

	setitimer(ITIMER_REAL, &timer, NULL);
	result = bpf_prog_test_run_opts(bpf_program__fd(b->generator->progs.bench_source), &opts);
	if (result != -EINTR)
		lab_die("packets cannot be generated: %s", strerror(-result));
	return bench_now_ns() - began;
}

/* ns that one skipped frame costs. */
static double cost_of_skip(const struct bench *b)
{
	uint64_t before = b->generator->bss->skipped, ns;

	b->generator->bss->burst = 0;
	b->generator->bss->next_packet = 0;
	ns = run_source(b, lab_index("bench-bos"), 200);
	return (double)ns / (double)(b->generator->bss->skipped - before + 1);
}

static struct result drive(struct bench *b, const char *source, const char *sink_name,
			   uint64_t (*cpu_ns)(const struct bench *b), unsigned ms)
{
	unsigned device = lab_index(source), sink = lab_index(sink_name) % DEVICES;
	struct fg_generator__bss *g = b->generator->bss;
	uint64_t cpu, ns, first = b->received[sink], count;
	struct result result = { 0 };

	g->sink = sink;
	g->sent = first;
	g->lost = g->skipped = 0;
	g->limit = UNDER_WAY;
	g->burst = BURST;
	g->next_packet = PACKETS; /* begin with a fresh window */
	cpu = cpu_ns(b);
	ns = run_source(b, device, ms);
	count = b->received[sink] - first;
	usleep(20000); /* what is under way, and the worker's last poll */
	cpu = cpu_ns(b) - cpu;
	result.per_second = (double)count * 1e9 / (double)ns;
	result.per_cpu_second = (double)(b->received[sink] - first) * 1e9 / (double)cpu;
	result.idle = (double)g->skipped * b->skip_ns / (double)ns;
	result.lost = g->lost;
	return result;
}

static uint64_t cpu_of_gateway(const struct bench *b)
{
	return gateway_cpu_ns(&b->gateway);
}

static uint64_t cpu_of_bare(const struct bench *b)
{
	return bench_cpu_ns(b->bare) + bench_cpu_ns(b->bare_napi[0]) +
	       bench_cpu_ns(b->bare_napi[1]);
}

/* --- the barest forwarder: the same rings, nothing else --- */

static uint32_t forward_bare(struct port_socket *from, struct port_socket *to)
{
	uint32_t at, n = xsk_ring_cons__peek(&from->rx, RINGS_BATCH, &at);

	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&from->rx, at + i);
		uint64_t base = desc->addr & ~(uint64_t)(RINGS_FRAME - 1);
		uint8_t *data = from->frames->area + desc->addr;
		struct frame f = { .data = data, .end = data + desc->len };

		if (!rings_send(to, from->frames, base, &f))
			rings_free(from->frames, base);
	}
	if (n)
		xsk_ring_cons__release(&from->rx, n);
	return n;
}

static void run_bare(int xsk_fd)
{
	static struct msg_worker_start start = { .workers = 1, .port_count = 2 };
	struct rings rings;
	struct pollfd fds[2];
	char why[256];
	int idle = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint32_t i = 0; i < 2; i++) {
		start.ports[i].port = i;
		start.ports[i].queues = start.ports[i].native = 1;
		start.ports[i].pair = i; /* a worker must have one */
		snprintf(start.ports[i].name, 16, "%s", i ? "bench-bi" : "bench-bo");
	}
	if (rings_open(&rings, &start, 0, why, sizeof(why)))
		lab_die("%s", why);
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t key = lab_index(start.ports[i].name) % DEVICES;

		if (bpf_map_update_elem(xsk_fd, &key, &rings.socket[i]->fd, BPF_ANY))
			lab_die("bench_xsk: %s", strerror(errno));
		fds[i] = (struct pollfd){ rings.socket[i]->fd, POLLIN, 0 };
	}
	for (;;) {
		uint32_t n = forward_bare(rings.socket[0], rings.socket[1]) +
			     forward_bare(rings.socket[1], rings.socket[0]);

		rings_turn(rings.socket[0]);
		rings_turn(rings.socket[1]);
		idle = n ? 0 : idle + 1;
		if (idle > 8)
			poll(fds, 2, 1000);
	}
}

/* --- set-up --- */

static void open_bench(struct bench *b, const char *flexdp)
{
	static const char *const sinks[] = { "bench-os", "bench-is", "bench-bos", "bench-bis" };
	int fd;

	lab_open(&b->lab);
	gateway_open(&b->gateway, &b->lab, flexdp);
	b->generator = fg_generator__open();
	if (!b->generator ||
	    bpf_map__reuse_fd(b->generator->maps.fg_sa, gateway_sa_fd(&b->gateway)) ||
	    fg_generator__load(b->generator))
		lab_die("the generator's programs cannot be loaded");
	b->generator->bss->sa = GATEWAY_SA_IN;
	fd = bpf_map__fd(b->generator->maps.bench_packets);
	b->packet = mmap(NULL, (size_t)PACKETS * PACKET_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 0);
	fd = bpf_map__fd(b->generator->maps.bench_received);
	b->received = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (b->packet == MAP_FAILED || b->received == MAP_FAILED)
		lab_die("the generator's maps cannot be mapped");
	for (size_t i = 0; i < 4; i++)
		lab_attach(sinks[i], bpf_program__fd(b->generator->progs.bench_sink));
	lab_attach("bench-bo", bpf_program__fd(b->generator->progs.bench_bare));
	lab_attach("bench-bi", bpf_program__fd(b->generator->progs.bench_bare));
	b->bare_napi[0] = lab_thread_napi("bench-bo", LAB_GATEWAY_CPU);
	b->bare_napi[1] = lab_thread_napi("bench-bi", LAB_GATEWAY_CPU);
	lab_route();
	b->bare = fork();
	if (b->bare == 0) {
		bench_pin(0, LAB_GATEWAY_CPU);
		run_bare(bpf_map__fd(b->generator->maps.bench_xsk));
	}
	bench_pin(0, LAB_GENERATOR_CPU);
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	usleep(300000);
}

static void close_bench(struct bench *b)
{
	kill(b->bare, SIGKILL);
	waitpid(b->bare, NULL, 0);
	gateway_close(&b->gateway);
	fg_generator__destroy(b->generator);
}

static void check(const struct bench *b, const char *what, const struct result *r)
{
	if (r->per_second > 1000 && r->lost == 0)
		return;
	fprintf(stderr, "bench_path: %s: %.0f packets per second, %llu lost\n", what, r->per_second,
		(unsigned long long)r->lost);
	gateway_print_drops(&b->gateway);
	if (r->per_second <= 1000)
		lab_die("the path does not carry");
}

static void measure(struct bench *b, const struct way *way, size_t runs, unsigned ms)
{
	struct runs ratio = { 0 }, fast = { 0 }, bare = { 0 }, stack = { 0 }, stack_ratio = { 0 };
	uint64_t steal = bench_steal_ms(LAB_GATEWAY_CPU);
	double least_idle = 1;
	char name[96];

	prepare(b, way);
	b->skip_ns = cost_of_skip(b);
	for (size_t run = 0; run <= runs; run++) {
		struct result x, y, z;

		x = drive(b, way->bare_source, way->bare_sink, cpu_of_bare, ms);
		y = drive(b, way->source, way->sink, cpu_of_gateway, ms);
		b->gateway.conf->flags = 0;
		z = drive(b, way->source, way->sink, cpu_of_gateway, ms);
		b->gateway.conf->flags = FG_CONF_FAST_DOOR;
		if (run == 0)
			continue; /* the first packets find cold rings */
		check(b, "bare forwarding", &x);
		check(b, "fast door", &y);
		check(b, "stack door", &z);
		runs_add(&bare, x.per_cpu_second);
		runs_add(&fast, y.per_cpu_second);
		runs_add(&stack, z.per_cpu_second);
		runs_add(&ratio, y.per_cpu_second / x.per_cpu_second);
		runs_add(&stack_ratio, z.per_cpu_second / x.per_cpu_second);
		least_idle = y.idle < least_idle ? y.idle : least_idle;
		least_idle = x.idle < least_idle ? x.idle : least_idle;
	}
	snprintf(name, sizeof(name), "fast door, %s, %d B, %s", way->name, INNER,
		 b->gateway.crypto);
	bench_report("S4", name, "packets per CPU second", &ratio, &fast, &bare, 0.65,
		     (double)(bench_steal_ms(LAB_GATEWAY_CPU) - steal), least_idle < 0.1);
	snprintf(name, sizeof(name), "stack door, %s, %d B", way->name, INNER);
	bench_report("S4 stack", name, "packets per CPU second", &stack_ratio, &stack, &bare, 0,
		     (double)(bench_steal_ms(LAB_GATEWAY_CPU) - steal), least_idle < 0.1);
}

int main(int argc, char **argv)
{
	size_t runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
	unsigned long ms = argc > 3 ? strtoul(argv[3], NULL, 10) : 1500;
	static struct bench b;

	if (argc < 2 || runs < 1 || runs > BENCH_RUNS_MAX || ms < 100 || ms > 60000)
		lab_die("usage: bench_path FLEXDP [runs [milliseconds]], 1 to %d, 100 to 60000",
			BENCH_RUNS_MAX);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		lab_die("two CPUs are needed: one for the gateway, one for the generator");
	open_bench(&b, argv[1]);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		measure(&b, &ways[i], runs, (unsigned)ms);
	close_bench(&b);
	return 0;
}
