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

struct plane_sa {
	uint32_t session;
	uint16_t suite; /* enum fg_esp_suite */
	bool udp;
	bool moves; /* the peer is behind a NAT */
	__be32 spi_out;
	const struct msg_esp_key *in, *out; /* borrowed */
};

/* Both directions; replaces the session's SAs in use. *spi_in is the SPI the peer must send. */
int plane_sa_add(struct plane *plane, const struct plane_sa *sa, __be32 *spi_in,
		 struct plane_error *error);
/* The client's outer address changed (proven): template and session row follow. */
int plane_peer_moved(struct plane *plane, uint32_t session, const struct endpoint *peer);
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
/* When did authenticated traffic last pass? Not kept: read counts twice. */
/* Of row `id` as it is now, 0: nobody holds it. What a worker reports with another one is about an
 * earlier holder. */
uint32_t plane_generation(const struct plane *plane, uint32_t id);

/* For `flexctl show plane`. */
struct plane_port_info {
	char name[16];
	const char *role; /* "outside", "inside", "outside+inside", "pair" */
	const char *mode; /* "native", "generic" */
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
