/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder share; plane.h is what the rest of flexd sees. */
#ifndef PLANE_INTERNAL_H
#define PLANE_INTERNAL_H

#include "plane/hop_table.h"
#include "plane/link.h"
#include "plane/netlink.h"
#include "plane/plane.h"
#include "plane/row_queue.h"

#include <bpf/libbpf.h>
#include <flexgate/maps.h>
#include <stdbool.h>
#include <stdint.h>
#include <xdp/libxdp.h>

#define PLANE_PAIR_KERNEL "fgp0"
#define PLANE_PAIR_WORKER "fgw0"

enum {
	/*
	 * An AF_XDP frame is 4,096 bytes. 256 are XDP's headroom, 320 the kernel keeps behind a
	 * packet in native mode, 22 are Ethernet with two VLAN tags.
	 */
	PLANE_MTU_MAX = 4096 - 256 - 320 - 22,
	PLANE_ROUTE_PROTOCOL = 246, /* rtm_protocol: how our routes are known again */
	PLANE_ROUTES_MAX = 64,
};

enum plane_map {
#define PLANE_MAP(name, question) PLANE_##name,
	FG_MAPS(PLANE_MAP)
#undef PLANE_MAP
		PLANE_MAPS,
};

struct plane_map_memory {
	void *p;
	size_t len;
};

struct plane_port {
	struct link link;
	uint32_t number, queues;
	bool outside, inside, pair;
	enum xdp_attach_mode mode;          /* XDP_MODE_UNSPEC: not attached */
	struct fg_outside *outside_program; /* one of the two */
	struct fg_inside *inside_program;
	struct xdp_program *program;
};

/* A pool's prefix as it stands in the kernel's table. */
struct plane_route {
	struct conf_net net;
	uint32_t mtu;        /* 0: the device's */
	struct fg_ip source; /* zero: the kernel chooses */
};

/*
 * What leads from one row of fg_sa to another. It stands in the map as well, but flexdp may write
 * that: flexd reads nothing back from it but what is counted there.
 */
struct plane_row {
	__be32 spi;         /* of an inbound row */
	uint32_t next;      /* as fg_sa.next */
	uint32_t selectors; /* as fg_sa.selectors */
};

/* What belongs together, by the inbound row. */
struct plane_pair {
	uint32_t session;  /* 0: none */
	bool added;        /* else only the SPI is reserved */
	uint32_t next;     /* pair of the same session */
	uint32_t out;      /* row, 0: muted, or only the SPI is reserved */
	uint32_t replaces; /* pair whose place it takes */
};

/* By the first row of a list of selectors. */
struct plane_selectors {
	uint32_t refs, next; /* list of the same hash */
};

enum { PLANE_SELECTOR_SLOTS = 1024 };

struct plane {
	const struct conf *conf;
	struct event_base *base;
	struct nl_sock *netlink, *events;
	struct event *on_events, *on_refresh;
	int lock_fd;  /* bpf-directory, held against a second flexd */
	bool mounted; /* we put a bpffs on it */
	char pins[CONF_TEXT_MAX];
	struct fg_maps *maps;
	int fd[PLANE_MAPS];
	struct plane_map_memory memory[PLANE_MAPS];
	uint32_t sessions, sas, workers;
	int cpus;
	struct plane_port port[FG_PORTS];
	uint32_t ports;
	bool pair_made;
	uint32_t pair_ifindex; /* of fgp0 */
	struct plane_route route[PLANE_ROUTES_MAX];
	size_t routes;
	struct fg_ip own[PLANE_ROUTES_MAX]; /* in fg_route4/6 as FG_ROUTE_KERNEL */
	size_t own_count;
	void (*locals_changed)(void *arg); /* NULL: nobody asked */
	void *locals_arg;
	struct hop_table hops;
	/* Noted while events are read; own: addresses of the gateway, the pair. */
	bool routes_changed, own_changed;
	struct row_queue free_sas, free_selectors;
	uint32_t sas_used;
	struct plane_row *row;                        /* [sas] */
	struct plane_pair *pair;                      /* [sas] */
	uint32_t *pair_of;                            /* [sessions]: its first, 0: none */
	uint32_t selectors;                           /* rows of fg_selector */
	struct plane_selectors *selector_list;        /* [selectors] */
	uint32_t selector_slot[PLANE_SELECTOR_SLOTS]; /* first row of a list by hash, 0: none */
	struct ring_buffer *sample_ring;
	struct event *on_samples;
	struct fg_event sample[PLANE_SAMPLES]; /* the newest at samples_kept - 1, wrapping */
	uint64_t samples_kept;                 /* ever */
	uint32_t samples_turn;                 /* read since the loop woke us */
};

/* Sets error->why and returns `code`. */
int plane_fail(struct plane_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline struct fg_conf *plane_fg_conf(const struct plane *p)
{
	return p->memory[PLANE_fg_conf].p;
}

static inline struct fg_gate *plane_fg_gate(const struct plane *p)
{
	return p->memory[PLANE_fg_gate].p;
}

static inline struct fg_session *plane_fg_session(const struct plane *p, uint32_t id)
{
	return (struct fg_session *)p->memory[PLANE_fg_session].p + id;
}

static inline struct fg_sa *plane_fg_sa(const struct plane *p, uint32_t row)
{
	return (struct fg_sa *)p->memory[PLANE_fg_sa].p + row;
}

static inline struct fg_selectors *plane_fg_selectors(const struct plane *p, uint32_t row)
{
	return (struct fg_selectors *)p->memory[PLANE_fg_selector].p + row;
}

/* pins.c: a bpffs, its directory for this ABI, the lock; stale pins go. */
int pins_open(struct plane *plane, struct plane_error *error);
void pins_close(struct plane *plane);

/* load.c: the maps, and one program instance per port on top of them. */
int load_maps(struct plane *plane, struct plane_error *error);
void load_close(struct plane *plane);
int load_program(struct plane *plane, struct plane_port *port, struct plane_error *error);

/* attach.c */
int attach_port(struct plane *plane, struct plane_port *port, struct plane_error *error);
void attach_end(struct plane_port *port);
/* Programs of a dead predecessor, on whichever devices it had. */
void attach_remove_stale(struct plane *plane);

/* ports.c: which devices, and what may not be. */
int ports_find(struct plane *plane, struct plane_error *error);
const struct plane_port *ports_by_ifindex(const struct plane *plane, uint32_t ifindex);

/* pair.c: fgp0 and fgw0; the latter becomes the last port. */
int pair_make(struct plane *plane, struct plane_error *error);
void pair_remove(struct plane *plane);
void pair_remove_stale(struct plane *plane);
/* Ethernet address of fgp0. */
const uint8_t *pair_mac(void);

/* route.c */
int routes_apply(struct plane *plane, const struct conf *conf, struct plane_error *error);
void routes_remove(struct plane *plane);
void routes_remove_stale(struct plane *plane);
/* local.c: fg_conf.local, and the gateway's own addresses inside pools. */
int local_refresh(struct plane *plane);
/* The same while running: nobody can be refused any more, so a failure is only told. */
void local_follow(struct plane *plane);

/* hop.c */
int hops_open(struct plane *plane, struct plane_error *error);
void hops_close(struct plane *plane);
/* What workers know is asked for again. */
void hops_void(struct plane *plane);

/* sa.c */
int sas_open(struct plane *plane, struct plane_error *error);
void sas_close(struct plane *plane);
/* Every pair of a session, reserved SPIs too. */
void sas_end(struct plane *plane, uint32_t session);

/* flow.c: the outbound rows of a session in the order in which they are tried. */
void flow_add(struct plane *plane, uint32_t session, uint32_t row, uint32_t instead_of);
/* False: it was not among them. */
bool flow_remove(struct plane *plane, uint32_t session, uint32_t row);
bool flow_has(const struct plane *plane, uint32_t session, uint32_t row);

/* selector.c: the list for a new SA; *row 0: it carries everything. */
int selectors_open(struct plane *plane, struct plane_error *error);
void selectors_close(struct plane *plane);
int selectors_take(struct plane *plane, const struct plane_sa *sa, uint32_t *row,
		   struct plane_error *error);
/* One more SA row uses it. */
void selectors_share(struct plane *plane, uint32_t row);
void selectors_give(struct plane *plane, uint32_t row);
/* Does list a cover everything that list b covers? */
bool selectors_cover(const struct plane *plane, uint32_t a, uint32_t b);
/* event.c: fg_event is read while the loop runs. */
int samples_open(struct plane *plane, struct plane_error *error);
void samples_close(struct plane *plane);

/* guard.c: what the configuration says of it. */
void guard_write_conf(struct plane *plane);
/* May XDP answer on this port itself? */
bool guard_answers(const struct plane *plane, const struct plane_port *port);

/* count.c */
void count_clear(struct plane *plane, uint32_t id);

#endif
