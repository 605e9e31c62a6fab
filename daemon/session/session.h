/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Client sessions: one for each IKE SA that got as far as authorisation. A session's number is its
 * place in the table, in va<N> and in the map fg_session. begin.c is the only place that acquires
 * for one, end.c the only one that releases; its SAs come and go in sa.c.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "core/clock.h"
#include "core/table.h"
#include "msg.h"
#include "plane/plane.h"
#include "session/lease.h"
#include "session/virtual_access.h"

#include <event2/event.h>

enum session_state {
	SESSION_NEW,    /* acquiring */
	SESSION_BEGUN,  /* has addresses and a row in the plane, no SA yet */
	SESSION_UP,     /* has an SA */
	SESSION_ENDING, /* ike was asked to tell the client */
	SESSION_ENDED,
	SESSION_STATES,
};

struct sessions;

enum {
	/* Pairs of SAs of a session at once, also reserved and draining ones. */
	SESSION_SAS_MAX = 2 * FG_FLOWS_MAX,
	SESSION_DRAIN_MAX_MS = 60 * 1000, /* an inbound SA may outlive its pair so long */
	SESSION_LIFE_MS = 250,            /* one of SESSION_LIFE_TURNS looks at SAs */
	SESSION_LIFE_TURNS = 4,           /* after so many each SA has been looked at */
};

enum session_sa_state {
	SESSION_SA_RESERVED, /* only the SPI */
	SESSION_SA_UP,
	SESSION_SA_DRAINING, /* inbound only, for a while */
	/* A hard limit ended it; ike deletes it. The plane has its SPI back, which may be another
	 * session's by now. */
	SESSION_SA_EXPIRED,
};

/* A pair of SAs, called by spi_in. */
struct session_sa {
	struct session_sa *next;
	struct session *session;
	enum session_sa_state state;
	__be32 spi_in, spi_out, replaces;
	uint16_t suite;
	bool esn;
	bool soft_told;   /* ike knows that a limit is near */
	uint32_t rekeys;  /* how many SAs it replaces, one after the other */
	uint32_t soft_at; /* thousandths of a limit */
	uint64_t made_ms;
	uint64_t life_bytes, life_packets; /* per direction, 0: no limit */
	char *ts;                          /* selectors in words */
	struct event *drain;
};

struct session {
	struct sessions *sessions; /* the table it is in */
	struct table_link by_ike;
	uint32_t id;
	uint64_t ike; /* how ike calls it */
	enum session_state state;
	enum fg_cause cause; /* the first one, FG_CAUSE_NONE before there is one */

	uint8_t id_type; /* identity as on the wire */
	uint16_t id_len;
	uint8_t *identity;
	char *profile, *ike_suite;
	char *derived; /* of virtual_access_text() */
	struct virtual_access access;

	__be32 inner4; /* 0: none */
	struct fg_ip inner6;
	struct endpoint peer, local;
	bool peer_behind_nat;
	bool in_plane;

	bool udp;
	struct session_sa *sas; /* the newest first */
	uint32_t sa_count;
	uint32_t rekeys, moves; /* how often an SA took the place of another, the client another
				 * outer address */
	uint64_t up_ms;         /* first SA, 0: none yet */
	uint64_t in_ms, out_ms; /* last packet of SAs that are gone, 0: none */

	uint64_t begun_ms;
	struct event *give_up; /* while ENDING: ike takes too long */
};

struct sessions_setup {
	struct event_base *base;
	const struct conf *conf; /* borrowed; sessions_set_conf() */
	struct plane *plane;     /* borrowed */
	/* Messages to ike. Returns 0, or -errno when it is not there. */
	int (*to_ike)(void *arg, uint32_t type, const void *body, size_t len);
	void *arg;
	unsigned clear_timeout_ms; /* how long ike may take to say goodbye */
};

struct sessions {
	struct sessions_setup setup;
	struct leases *leases;
	struct session **rows; /* by id, max of them */
	uint32_t max;          /* ids are 1 .. max - 1 */
	uint32_t *free_ids;    /* ring: the longest free is used first */
	uint32_t free_at, free_count;
	uint32_t count;
	struct table by_ike;
	uint64_t begun, refused; /* in all */
	struct event *life;
	uint32_t life_at; /* sessions up to this id have been looked at */
};

/* Returns 0 or -ENOMEM. */
int sessions_new(const struct sessions_setup *setup, struct sessions **out);
/* Ends what is left with cause `shutdown`. */
void sessions_free(struct sessions *sessions);
/* After a reload; pools as made by lease_pools_new(conf), taken. */
void sessions_set_conf(struct sessions *sessions, const struct conf *conf,
		       struct lease_pools *pools);

struct session *session_by_id(const struct sessions *sessions, uint32_t id);
struct session *session_by_ike(const struct sessions *sessions, uint64_t ike);
/* The next session with an id above `after`; NULL: none. */
struct session *session_next(const struct sessions *sessions, uint32_t after);

/* The only way to another state; false: the table forbids it, and nothing changed. */
bool session_set_state(struct session *session, enum session_state next);
const char *session_state_text(enum session_state state);
const char *session_cause_text(enum fg_cause cause);
/* "alice@example.org" without the kind of identity. Returns buf. */
const char *session_identity(uint8_t type, const uint8_t *id, size_t len, char *buf, size_t cap);

/* --- table of ids, for begin.c and end.c --- */

/* 0: none is free. */
uint32_t session_take_id(struct sessions *sessions);
void session_give_id(struct sessions *sessions, uint32_t id);

/* --- begin.c --- */

/* A checked message of ike; it is answered. */
void session_begin(struct sessions *sessions, const struct msg_session_begin *ask);

/* --- sa.c: acquires and releases for a session that stands --- */

/* Checked messages of ike. */
void session_ask_spi(struct sessions *sessions, const struct msg_spi_ask *ask);
void session_add_sa(struct sessions *sessions, const struct msg_sa_add *ask);
void session_use_sa(struct sessions *sessions, const struct msg_sa_use *order);
void session_del_sa(struct sessions *sessions, const struct msg_sa_del *order);
/* All of them, whatever state they are in. */
void session_end_sas(struct session *session);
/* It carries nothing more, but stays known until ike deletes it. */
void session_expire_sa(struct session_sa *sa);

/* --- life.c: limits in bytes and packets, idle times --- */

/* Returns 0 or -ENOMEM. */
int session_life_start(struct sessions *sessions);
/* One turn: the sessions up to the next quarter of the table. */
void session_life_turn(struct sessions *sessions);
void session_tell_idle(struct sessions *sessions, const struct msg_idle_ask *ask);
/* What the plane knows of it. False, and all is 0: it is not there any more. */
bool session_sa_now(const struct session_sa *sa, struct plane_sa_state *now);
/* Remember when a pair that ends carried its last packets. */
void session_note_use(struct session_sa *sa);

/* --- move.c --- */

/* RFC 4555, a checked message of ike. */
void session_move(struct sessions *sessions, const struct msg_session_move *move);
/* flexdp saw an authenticated packet from another place. Returns 0, or -EPROTO: it makes no sense.
 */
int session_moved(struct sessions *sessions, const struct msg_moved *moved);

/* --- end.c --- */

/* Release everything and free the session. The first cause that was noted wins. */
void session_end(struct sessions *sessions, struct session *session, enum fg_cause cause);
/* Have ike tell the client; ends at once when ike is not there. */
void session_clear(struct sessions *sessions, struct session *session, enum fg_cause cause);
void sessions_end_all(struct sessions *sessions, enum fg_cause cause);

/* --- from_ike.c --- */

/* Messages of ike as they came, of the right size. Returns 0, or -EPROTO: it makes no sense. */
int session_from_ike(struct sessions *sessions, uint32_t type, const void *body);
/* Can something be sent there? */
bool session_endpoint_ok(const struct endpoint *ep);

#endif
