/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The data plane's structs, shared by BPF programs, workers and flexd. The maps that hold them are
 * pinned under <bpf-directory>/v<FG_ABI>/ and are an interface: a change here raises FG_ABI.
 * Fixed-width types, explicit padding, sizes asserted at the end.
 */
#ifndef FLEXGATE_PLANE_H
#define FLEXGATE_PLANE_H

#include <linux/types.h>

#define FG_ABI 2

enum {
	FG_PORTS = 8,          /* network devices the plane is attached to */
	FG_QUEUES = 64,        /* receive queues per port */
	FG_LOCALS = 16,        /* addresses on which the gateway is reached */
	FG_REPLAY_BITS = 1024, /* RFC 4303 3.4.3 */
	FG_OUTER_MAX = 48,     /* IPv6 + UDP, without the ESP header */
	FG_NATT_PORT = 4500,
	FG_IKE_PORT = 500,
	FG_FLOWS_MAX = 16,     /* outbound SAs of a session that are tried for a packet */
	FG_SELECTORS_MAX = 64, /* of one SA */
	FG_SELECTORS_ROW = 5,
};

/* An IP address of either family; IPv4 as ::ffff:a.b.c.d. Network byte order. */
struct fg_ip {
	__be32 w[4];
};

/* fg_conf[0]: what holds for all. */
struct fg_conf {
	__u32 abi;
	__u32 local_count;
	struct fg_ip local[FG_LOCALS]; /* where clients reach us */
	__u32 hop_generation;          /* fg_hop rows of another generation are void */
	__u32 flags;                   /* FG_CONF_* */
};

enum { FG_CONF_FAST_DOOR = 1 }; /* workers may transmit on the NIC; else the stack door only */

enum fg_session_state {
	FG_SESSION_FREE = 0,
	FG_SESSION_UP = 1,
	FG_SESSION_ENDING = 2,
};

/* fg_session[i]: what holds for session i; i is the number in va<i>, row 0 is unused. */
struct fg_session {
	__u32 state;      /* enum fg_session_state */
	__u32 generation; /* another one whenever the row changes its owner */
	__be32 inner4;    /* leased IPv4 address, 0: none */
	__u16 mtu;        /* largest inner packet, bytes from its IP header on */
	__u16 mss4;       /* TCP MSS is lowered to this, 0: left alone */
	__u16 mss6;
	__u16 pad;
	__u32 sa_out; /* row of fg_sa to try first for what goes to the client, 0: none */
	__u32 pad2[2];
	struct fg_ip inner6; /* leased IPv6 address, all zero: none */
	struct fg_ip peer;   /* outer addresses, as proven last */
	struct fg_ip local;
	__be16 peer_port; /* of ESP in UDP, 0: plain ESP */
	__be16 local_port;
	__u32 pad3;
	__u64 begun_ns; /* CLOCK_BOOTTIME */
	__u8 pad4[32];
};

enum fg_sa_state {
	FG_SA_FREE = 0,
	FG_SA_IN = 1,
	FG_SA_OUT = 2,
};

/* ESP suites the workers know. Key and salt lengths: fg_esp_key_len(), fg_esp_salt_len(). */
enum fg_esp_suite {
	FG_ESP_AES_GCM_128 = 1, /* RFC 4106, ICV 16 */
	FG_ESP_AES_GCM_256 = 2,
	FG_ESP_CHACHA20_POLY1305 = 3,  /* RFC 7634 */
	FG_ESP_AES_CBC_128_SHA256 = 4, /* RFC 3602 with RFC 4868 HMAC-SHA2-256-128 */
	FG_ESP_AES_CBC_256_SHA256 = 5,
	FG_ESP_AES_CBC_128_SHA1 = 6, /* RFC 3602 with RFC 2404 HMAC-SHA1-96: for old clients */
	FG_ESP_AES_CBC_256_SHA1 = 7,
	FG_ESP_SUITE_MAX,
};

enum {
	FG_SA_UDP = 1,   /* ESP in UDP, RFC 3948: what goes out; inbound both forms are taken */
	FG_SA_MOVES = 2, /* the peer is behind a NAT: its address follows authenticated packets */
	FG_SA_ESN = 4,   /* 64-bit sequence numbers, RFC 4303 2.2.1 */
};

/*
 * fg_sa[j]: one direction of an SA. The low bits of an inbound SPI are j. A session has any number
 * of inbound rows; its outbound ones hang on fg_session.sa_out in the order of being tried. Written
 * by flexd while state is FG_SA_FREE; afterwards seq, bytes, packets, used_ms and window belong to
 * the workers, outer, flags and next to flexd. Holds keys: the pin is for root only.
 */
struct fg_sa {
	__u32 state;      /* enum fg_sa_state, stored last */
	__u32 generation; /* another one whenever the row gets another key */
	__u32 session;
	__be32 spi;
	__u16 suite;     /* enum fg_esp_suite */
	__u16 flags;     /* FG_SA_* */
	__u16 outer_len; /* OUT: bytes used of outer */
	__u16 pad;
	__u64 seq;       /* OUT: last number taken, raised before use; IN: highest accepted */
	__u64 bytes;     /* of inner packets that it carried */
	__u64 packets;   /* IN: accepted; OUT: seq tells */
	__u64 used_ms;   /* CLOCK_MONOTONIC when it last carried one, coarse; 0: never */
	__u32 next;      /* OUT: row to try when selectors do not cover a packet, 0: none */
	__u32 selectors; /* row of fg_selector, 0: carries whatever the session may carry */
	__u8 outer[FG_OUTER_MAX]; /* OUT: IP [+ UDP] header, lengths and checksum zero */
	__u32 outer_version;      /* OUT: odd while flexd rewrites outer */
	__u8 salt[4];
	__u8 pad2[8];
	__u8 key[32];      /* encryption key */
	__u8 auth_key[32]; /* HMAC-SHA2-256 key, CBC suites only */
	/* IN: bit s % FG_REPLAY_BITS is set when s was received, RFC 6479 */
	__u64 window[FG_REPLAY_BITS / 64];
};

/*
 * What an SA may carry, RFC 4301 4.4.1: between the client's own address of the family and `first`
 * to `last` behind the gateway. Ports in the machine's order; 0-65535 is any, 65535-0 OPAQUE (only
 * packets in which no port can be seen); of ICMP both are type * 256 + code.
 */
struct fg_selector {
	struct fg_ip first, last;
	__u16 client_first, client_last; /* ports */
	__u16 net_first, net_last;
	__u8 version;  /* 4, 6 */
	__u8 protocol; /* 0: any */
	__u8 pad[6];
};

/* fg_selector[k]: selectors of an SA, of which one must cover the packet; more in row `next`. Rows
 * with the same content are shared by SAs. Written by flexd before an SA points to them. */
struct fg_selectors {
	__u32 count; /* in this row */
	__u32 next;  /* 0: no more */
	__u8 pad[8];
	struct fg_selector at[FG_SELECTORS_ROW];
};

enum fg_hop_state {
	FG_HOP_FREE = 0,
	FG_HOP_READY = 1,
	FG_HOP_STACK = 2, /* known to need the kernel: use the stack door, do not ask again */
};

/*
 * fg_hop: an open-addressed table from a destination to the frame header that takes a packet
 * there. Row fg_hop_slot(dst) and the FG_HOP_PROBES - 1 after it, wrapping. flexd writes, workers
 * read under `version` (odd: being written) and set `used`.
 */
struct fg_hop {
	__u32 version;
	__u16 state; /* enum fg_hop_state */
	__u16 port;  /* leaves by this port */
	struct fg_ip dst;
	__u32 generation; /* of fg_conf when resolved */
	__u32 used;       /* CLOCK_MONOTONIC seconds of the last use */
	__u16 mtu;
	__u8 eth[14]; /* destination, source, ethertype */
	__u8 pad[16];
};

enum { FG_HOP_ROWS = 4096, FG_HOP_PROBES = 8 };

/* fg_count[i] per CPU, fg_count_worker[worker * sessions + i]: clear text of session i. */
struct fg_count {
	__u64 rx_packets; /* from the client */
	__u64 rx_bytes;
	__u64 tx_packets; /* to the client */
	__u64 tx_bytes;
};

enum fg_drop_reason {
	FG_DROP_NONE = 0,
#define FG_DROP(number, name, text) FG_DROP_##name = number,
#include <flexgate/drop.def>
	FG_DROP_ROWS = 32,
};

/* fg_drop[i] per CPU, fg_drop_worker[worker * sessions + i]; row 0: all, known session or not. */
struct fg_drop {
	__u64 none;
#define FG_DROP(number, name, text) __u64 name;
#include <flexgate/drop.def>
	__u64 spare[3];
};

/* fg_event: a sampled drop. */
struct fg_event {
	__u64 at_ns;   /* CLOCK_BOOTTIME */
	__u32 session; /* 0: none */
	__u16 reason;  /* enum fg_drop_reason */
	__u16 port;
	__u16 length;   /* of the frame */
	__u16 captured; /* bytes in head */
	__u32 pad;
	__u8 head[64]; /* outer headers only, never clear text of a client */
};

/* What the BPF programs put before a packet for the worker (XDP metadata). */
struct fg_meta {
	__u32 session;
	__u32 sa;            /* outside: row of fg_sa; inside: 0 */
	__u16 l3;            /* bytes from the frame to its IP header */
	__u16 esp;           /* outside: bytes from the frame to the ESP header; inside: 0 */
	__u32 sa_generation; /* of the row when XDP looked */
};

/* SipHash keys of the cookies of RFC 7296 2.6: the newest one and the one before it. */
struct fg_cookie_secrets {
	__u32 slot; /* number of the newest; written after its key */
	__u32 pad;
	__u64 key[2][2]; /* of slot n at n & 1 */
};

enum {
	FG_GATE_GUARD = 1,  /* XDP counts, limits and answers; else the daemon does alone */
	FG_GATE_ALWAYS = 2, /* every IKE_SA_INIT must bring a cookie */
	FG_GATE_NEVER = 4,  /* no cookie is asked for: what is beyond a rate is dropped */
};

/*
 * fg_gate[0]: who may open an IKE SA. flexd writes it; demand_until_ns XDP raises as well. Holds
 * secrets: the pin is for root only. A cost is a second divided by a rate, 0: no limit.
 */
struct fg_gate {
	__u32 flags; /* FG_GATE_* */
	__u32 pad;
	struct fg_cookie_secrets secrets;
	__u64 demand_until_ns; /* CLOCK_MONOTONIC: until then an IKE_SA_INIT must bring a cookie */
	__u64 source_cost_ns;  /* of one IKE_SA_INIT for its source */
	__u64 all_cost_ns;     /* for this CPU */
};

/* Key of fg_guard. IPv4: an address and its /24; IPv6: a /64, which is one subscriber, and its /48.
 */
struct fg_guard_key {
	struct fg_ip prefix;
	__u8 len; /* in bits of its family */
	__u8 proven;
	__u8 pad[2];
};

/* fg_guard: how much of its rate a source has used; an LRU hash, so a row may vanish. */
struct fg_guard {
	__u64 paid_until_ns; /* CLOCK_MONOTONIC */
};

enum { FG_GUARD_ROWS = 32768 };

/* fg_guard_count[0] per CPU. */
struct fg_guard_count {
	__u64 strangers_paid_until_ns; /* as fg_guard, of all together */
	__u64 proven_paid_until_ns;
	__u64 requests; /* that would open an IKE SA */
	__u64 cookies_sent;
	__u64 cookies_accepted;
	__u64 cookies_wrong;
};

/* A value of fg_route4 and fg_route6 is a session, 0: a pool that nobody holds, or this: an address
 * of the gateway itself inside a pool's prefix. */
enum { FG_ROUTE_KERNEL = 0x7fffffff };

struct fg_route4_key {
	__u32 prefixlen;
	__be32 addr;
};

struct fg_route6_key {
	__u32 prefixlen;
	struct fg_ip addr;
};

/* Bytes of encryption key, salt and integrity key of a suite; 0 for an unknown suite. */
static inline __u32 fg_esp_key_len(__u32 suite)
{
	switch (suite) {
	case FG_ESP_AES_GCM_128:
	case FG_ESP_AES_CBC_128_SHA256:
	case FG_ESP_AES_CBC_128_SHA1:
		return 16;
	case FG_ESP_AES_GCM_256:
	case FG_ESP_CHACHA20_POLY1305:
	case FG_ESP_AES_CBC_256_SHA256:
	case FG_ESP_AES_CBC_256_SHA1:
		return 32;
	default:
		return 0;
	}
}

static inline __u32 fg_esp_salt_len(__u32 suite)
{
	return suite >= FG_ESP_AES_GCM_128 && suite <= FG_ESP_CHACHA20_POLY1305 ? 4 : 0;
}

static inline __u32 fg_esp_auth_key_len(__u32 suite)
{
	switch (suite) {
	case FG_ESP_AES_CBC_128_SHA256:
	case FG_ESP_AES_CBC_256_SHA256:
		return 32;
	case FG_ESP_AES_CBC_128_SHA1:
	case FG_ESP_AES_CBC_256_SHA1:
		return 20;
	default:
		return 0;
	}
}

/* Bytes of the integrity value at the end of a packet. */
static inline __u32 fg_esp_icv_len(__u32 suite)
{
	switch (suite) {
	case FG_ESP_AES_CBC_128_SHA1:
	case FG_ESP_AES_CBC_256_SHA1:
		return 12;
	default:
		return 16;
	}
}

/* First row of fg_hop to look at for a destination. */
static inline __u32 fg_hop_slot(const struct fg_ip *dst)
{
	__u32 h = dst->w[0] ^ dst->w[1] ^ dst->w[2] * 31 ^ dst->w[3];

	h *= 0x9e3779b1u;
	return (h >> 16) & (FG_HOP_ROWS - 1);
}

#define FG_SIZE(type, size) _Static_assert(sizeof(type) == (size), "ABI: size of " #type)
FG_SIZE(struct fg_session, 128);
FG_SIZE(struct fg_sa, 320);
FG_SIZE(struct fg_selector, 48);
FG_SIZE(struct fg_selectors, 256);
FG_SIZE(struct fg_hop, 64);
FG_SIZE(struct fg_count, 32);
FG_SIZE(struct fg_drop, FG_DROP_ROWS * 8);
FG_SIZE(struct fg_event, 88);
FG_SIZE(struct fg_meta, 16);
FG_SIZE(struct fg_gate, 72);
FG_SIZE(struct fg_guard_key, 20);
FG_SIZE(struct fg_guard_count, 48);
FG_SIZE(struct fg_conf, 16 + FG_LOCALS * 16);

#endif
