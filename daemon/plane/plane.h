/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel side of a gateway: BPF programs and maps, the fgp0/fgw0 pair, routes of the pools,
 * next hops. flexd calls it from its one loop; nothing here waits for the network.
 * Every act returns 0 or -errno; `why` is a sentence for the operator, set with each error.
 */
#ifndef PLANE_PLANE_H
#define PLANE_PLANE_H

#include "conf/conf.h"
#include "msg.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct plane;

struct plane_error {
	char why[512];
};

/*
 * Remove what a dead predecessor left (pins, attached programs, the pair, routes), load and pin,
 * make the pair, attach to the outside and inside devices, follow routes and neighbours.
 * conf stays the caller's and must live until plane_close() or plane_set_conf().
 */
int plane_open(struct event_base *base, const struct conf *conf, struct plane **out,
	       struct plane_error *error);
/* Detach, unpin, remove pair and routes. */
void plane_close(struct plane *plane);
/* After a reload: pool routes and forwarding may have changed. */
int plane_set_conf(struct plane *plane, const struct conf *conf, struct plane_error *error);

/* What a (re)started flexdp must know. */
void plane_worker_start(const struct plane *plane, struct msg_worker_start *start);

struct plane_session {
	__be32 inner4;            /* 0: none */
	struct fg_ip inner6;      /* zero: none */
	uint16_t mtu, mss4, mss6; /* mss 0: left alone */
	struct endpoint peer, local;
};

/* Row `id` of fg_session (1 to max_sessions - 1) and the host entries of its inner addresses. The
 * session passes traffic once it has an SA. */
int plane_session_add(struct plane *plane, uint32_t id, const struct plane_session *session,
		      struct plane_error *error);
/* Harmless when there is none: SAs, host entries, counters, the row, in this order. */
void plane_session_del(struct plane *plane, uint32_t id);

/* A pair of SAs is called by the SPI of its inbound row, unique in the plane. */

/* An SPI for a pair that is to come. -ENOSPC: all rows are in use. plane_sa_del() gives it back. */
int plane_spi_reserve(struct plane *plane, uint32_t session, __be32 *spi_in);

struct plane_sa {
	uint32_t session;
	uint16_t suite; /* enum fg_esp_suite */
	bool udp;
	bool moves; /* the peer is behind a NAT */
	bool esn;
	bool use_now;  /* as by plane_sa_use() */
	__be32 spi_in; /* reserved by this session; 0: the plane chooses */
	__be32 spi_out;
	__be32 replaces; /* whose place it takes when it is used; 0: an additional one */
	const struct msg_esp_key *in, *out; /* borrowed */
	/* From any of `client` to any of `net` and back; borrowed. */
	const struct msg_selector *client, *net;
	size_t client_count, net_count;
};

/*
 * Both directions: the inbound one opens packets at once, the outbound one waits for its use. A
 * reserved SPI stays reserved when this fails. -ENOSPC: rows are used up; of the last quarter an
 * additional pair gets none. -E2BIG: too many combinations of selectors.
 */
int plane_sa_add(struct plane *plane, const struct plane_sa *sa, __be32 *spi_in,
		 struct plane_error *error);
/* What its selectors cover goes to the client by it from now on: in the place of the pair that it
 * replaces, else before every pair with wider selectors. */
void plane_sa_use(struct plane *plane, __be32 spi_in);
/* Nothing goes out by it any more; the outbound row is wiped. */
void plane_sa_mute(struct plane *plane, __be32 spi_in);
/* Whatever is left of it. Harmless when there is nothing. */
void plane_sa_del(struct plane *plane, __be32 spi_in);

struct plane_sa_state {
	bool in_use;                           /* for what goes out */
	uint64_t in_bytes, in_packets, in_seq; /* inner bytes; seq: highest accepted */
	uint64_t out_bytes, out_seq;           /* one for each packet */
	uint64_t in_used_ms, out_used_ms;      /* CLOCK_MONOTONIC, 0: never */
};
/* False: there is no such pair. */
bool plane_sa_state(const struct plane *plane, __be32 spi_in, struct plane_sa_state *state);

/* Where the client is reached, proven: the templates of all its SAs and the session row follow. */
struct plane_path {
	struct endpoint peer, local;
	bool udp;
	bool moves; /* the peer is behind a NAT */
};
/* Returns 0, -ENOENT, or -EAFNOSUPPORT with nothing changed: addresses of different families. */
int plane_session_move(struct plane *plane, uint32_t session, const struct plane_path *path);
/* A worker misses the way to this address: resolve it from the kernel's tables. Never fails loudly;
 * what has no answer goes by the stack door. */
void plane_hop_want(struct plane *plane, const struct fg_ip *dst);

/* Sums over CPUs and workers. id 0 of drops: the whole plane. */
void plane_count(const struct plane *plane, uint32_t id, struct fg_count *count);
void plane_drops(const struct plane *plane, uint32_t id, struct fg_drop *drops);
/* A sample of what XDP dropped, the newest first; returns how many. Drops of the workers are only
 * counted. head is what strangers sent. */
enum { PLANE_SAMPLES = 64 }; /* remembered */
size_t plane_samples(const struct plane *plane, struct fg_event *out, size_t cap);
/* Of row `id` as it is now, 0: nobody holds it. What a worker reports with another one is about an
 * earlier holder. */
uint32_t plane_generation(const struct plane *plane, uint32_t id);

/* The guard against floods of IKE_SA_INIT, bpf/guard.h. From now on cookies of these secrets. */
void plane_guard_secrets(struct plane *plane, const struct fg_cookie_secrets *secrets);
/* Every IKE_SA_INIT must bring a cookie for so long; never shortens what holds. */
void plane_guard_demand(struct plane *plane, uint32_t ms);
/* Sums over CPUs. */
struct plane_guard {
	uint64_t requests, cookies_sent, cookies_accepted, cookies_wrong;
	bool demanded; /* just now */
};
void plane_guard(const struct plane *plane, struct plane_guard *guard);
/* Addresses at which clients reach us; returns how many. */
size_t plane_locals(const struct plane *plane, struct fg_ip *out, size_t cap);
/* Calls back whenever those have changed, by the kernel's doing or by plane_set_conf(). */
void plane_on_locals(struct plane *plane, void (*changed)(void *arg), void *arg);

/* For `flexctl show plane`. */
struct plane_port_info {
	char name[16];
	const char *role;  /* "outside", "inside", "outside+inside", "pair" */
	const char *mode;  /* "native", "generic" */
	const char *guard; /* outside: who answers a flood, "xdp" or "daemon"; else NULL */
	uint32_t port, ifindex, queues, mtu;
};
size_t plane_ports(const struct plane *plane, struct plane_port_info *out, size_t cap);
struct plane_info {
	uint32_t abi, sessions_max, sas_max;
	uint32_t sas_used, hops_used, routes;
	bool fast_door;
	char pin_directory[CONF_TEXT_MAX];
	char reason[256]; /* why this plane and mode */
};
void plane_info(const struct plane *plane, struct plane_info *out);

#endif
