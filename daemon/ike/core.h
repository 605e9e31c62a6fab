/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IKEv2 responder without sockets, clock or neighbours: datagrams and messages go in, the env
 * takes what comes out. Nothing is global; two cores may live in one process.
 */
#ifndef IKE_CORE_H
#define IKE_CORE_H

#include "core/log.h"
#include "ike/env.h"
#include "ike/sa.h"
#include "ike/tally.h"
#include "pki/pki.h"

struct ike_source {
	struct table_link link;
	struct fg_ip ip; /* IPv6: its /64 */
	uint32_t half_open;
};

/* Tokens in thousandths, so that a slow refill loses nothing. */
struct ike_bucket {
	uint64_t tokens, last_ms;
};

/* Who is followed: trace.h. */
struct ike_trace {
	char whom[CONF_TEXT_MAX]; /* "": nobody */
	struct fg_ip ip;          /* zero: whom is an identity */
};

/* cookie.h */
struct ike_cookie {
	struct fg_cookie_secrets secrets;
	bool known;        /* flexd has told them */
	uint64_t until_ms; /* it is demanded */
	uint64_t told_ms;  /* when flexd heard of that last */
};

struct ike_core {
	struct ike_env env;
	const struct conf *conf; /* borrowed; ike_core_set_conf() */
	struct pki *pki; /* its trustpoints, by the same indices; borrowed; NULL: never set */

	struct table by_spi, by_init, by_identity, by_handle, sources;
	struct ike_timers timers;
	uint32_t gauge[IKE_STATES]; /* SAs by state */
	uint32_t half_open;         /* of them on the budget */
	/* What IKE_SA_INIT may choose from: the proposals of every profile, in their order. */
	const struct conf_proposal **proposals;
	size_t proposal_count;
	/* Where clients reach us: ike_core_set_locals(). */
	struct fg_ip local[FG_LOCALS];
	size_t local_count;
	struct ike_bucket rejects;
	size_t fragments_held; /* bytes of messages that are not complete */
	struct ike_cookie cookie;
	bool stopping;

	struct msg_ike_stats stats; /* gauges in it are filled in by ike_stats() */
	struct ike_tally tally;
	struct ike_trace trace[IKE_TRACES];
	unsigned traces; /* of them in use */
	struct ike_backlog *backlog;
	struct log_limit log_strangers, log_offers, log_logins;
};

/* Returns 0 or -errno. conf stays the caller's. */
int ike_core_new(const struct ike_env *env, const struct conf *conf, struct ike_core **out);
/* Every SA is wiped and freed; peers, aaa and flexd hear nothing. */
void ike_core_free(struct ike_core *core);
/* From now on; what is established stays. Returns 0, or -ENOMEM and the old one holds. */
int ike_core_set_conf(struct ike_core *core, const struct conf *conf);

/* The trustpoints of the configuration that is set next to it. What an SA keeps of them across a
 * reload are references to certificates, not indices. */
void ike_core_set_pki(struct ike_core *core, struct pki *pki);
/* Addresses at which clients reach us; those who speak MOBIKE are told of a change. */
void ike_core_set_locals(struct ike_core *core, const struct fg_ip *local, size_t count);

/* A datagram as it came by the socket bound to path->local. Its bytes are decrypted in place. */
void ike_receive(struct ike_core *core, void *datagram, size_t len, const struct ike_path *path);

/* When ike_tick() is wanted next, IKE_NEVER: no timer is set. */
uint64_t ike_next_tick(const struct ike_core *core);
void ike_tick(struct ike_core *core);

/* Messages of msg.h, sizes already checked. Returns 0, or -EPROTO: it makes no sense and the
 * channel it came by must be closed. An answer for an SA that is gone is no error. */
int ike_from_aaa(struct ike_core *core, uint32_t type, const void *body);
int ike_from_broker(struct ike_core *core, uint32_t type, const void *body);
/* Questions to aaa that are open stay unanswered. */
void ike_aaa_lost(struct ike_core *core);

/* Say DELETE to every peer and take no new one. ike_stopped(): nothing is left to wait for. */
void ike_stop(struct ike_core *core);
bool ike_stopped(const struct ike_core *core);

void ike_count_drop(struct ike_core *core, enum ike_drop drop);
void ike_stats(const struct ike_core *core, struct msg_ike_stats *stats);
/* One row per IKE SA, without those of which only a stored answer is left; about `count` of them,
 * going on at *slot, 0 at first. True: that was the last. */
bool ike_rows(const struct ike_core *core, size_t *slot, size_t count,
	      void (*row)(void *arg, const struct msg_ike_sa_row *row), void *arg);

static inline uint64_t ike_now(const struct ike_core *core)
{
	return core->env.now_ms(core->env.arg);
}

/* The profile of an SA, NULL: none matched, or it was removed by a reload. */
static inline const struct conf_profile *ike_profile_of(const struct ike_core *core,
							const struct ikesa *sa)
{
	return conf_find_profile(core->conf, sa->profile);
}

#endif
