// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The two ends of the benchmark of the whole path: a source, a sink, and the barest forwarder.
 *
 * The source runs with live frames for a whole measurement in one system call, because setting one
 * up costs milliseconds. It sends `burst` packets whenever at most `limit` are under way, so that
 * batches stay large however fast the gateway is; while it may not send it drops the frame and
 * counts that: idle time.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include <flexgate/plane.h>

enum { PACKET_MAX = 1536, PACKETS = 16384, DEVICES = 64, STALL_NS = 50000000 };

struct packet {
	unsigned char bytes[PACKET_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PACKETS);
	__type(key, __u32);
	__type(value, struct packet);
} bench_packets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, DEVICES);
	__type(key, __u32);
	__type(value, __u64);
} bench_received SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, DEVICES);
	__type(key, __u32);
	__type(value, __u32);
} bench_xsk SEC(".maps");

/* The gateway's. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fg_sa);
} fg_sa SEC(".maps");

/* Set by the benchmark. */
volatile __u32 packet_length, limit, burst, sink, sa;

/* Told to it. */
volatile __u64 sent, skipped, lost;
volatile __u32 next_packet;

static __u64 seen, moved_ns;
static __u32 burst_left;

static void start_again(void)
{
	__u32 at = sa;
	struct fg_sa *row = bpf_map_lookup_elem(&fg_sa, &at);

	if (row) {
		row->seq = 0;
		__builtin_memset(row->window, 0, sizeof(row->window));
	}
	next_packet = 0;
}

/* What does not arrive any more is lost, or the source would wait for ever. */
static int skip(__u64 received)
{
	__u64 now = bpf_ktime_get_ns();

	if (received != seen || !moved_ns) {
		seen = received;
		moved_ns = now;
	} else if (now - moved_ns > STALL_NS) {
		lost += sent - received;
		sent = received;
		moved_ns = now;
	}
	skipped++;
	return XDP_DROP;
}

/* Run with live frames: each is one more of the prepared packets, sent out of the device. When all
 * are used and have arrived, the window is wiped and the same packets come again. */
SEC("xdp")
int bench_source(struct xdp_md *ctx)
{
	__u32 at = sink & (DEVICES - 1), length = packet_length;
	__u64 *received = bpf_map_lookup_elem(&bench_received, &at);
	struct packet *p;

	if (!received)
		return XDP_ABORTED;
	at = next_packet;
	if (at >= PACKETS) {
		if ((__s64)(sent - *received) > 0)
			return skip(*received);
		start_again();
		at = 0;
	} else if (!burst_left) {
		if ((__s64)(sent - *received) > (__s64)limit || !burst)
			return skip(*received);
		burst_left = burst;
	}
	if (burst_left)
		burst_left--;
	p = bpf_map_lookup_elem(&bench_packets, &at);
	if (!p || length < 64 || length > PACKET_MAX ||
	    bpf_xdp_store_bytes(ctx, 0, p->bytes, length))
		return XDP_ABORTED;
	next_packet = at + 1;
	sent++;
	return XDP_TX;
}

/* Counts by the device's index. */
SEC("xdp")
int bench_sink(struct xdp_md *ctx)
{
	__u32 at = ctx->ingress_ifindex & (DEVICES - 1);
	__u64 *received = bpf_map_lookup_elem(&bench_received, &at);

	if (received)
		__sync_fetch_and_add(received, 1);
	return XDP_DROP;
}

SEC("xdp")
int bench_bare(struct xdp_md *ctx)
{
	return (int)bpf_redirect_map(&bench_xsk, ctx->ingress_ifindex & (DEVICES - 1), XDP_DROP);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
