/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gateway in one process: the IKE core with a clock that tests turn, randomness that repeats, a
 * queue for datagrams, an aaa with a table of keys and a flexd that leases addresses.
 */
#ifndef SUPPORT_GATEWAY_H
#define SUPPORT_GATEWAY_H

#include "crypto/hash.h"
#include "ike/core.h"
#include "support/initiator.h"

enum {
	GATEWAY_QUEUE = 256,
	GATEWAY_SESSIONS = 64,
	GATEWAY_KEYS = 8,
	GATEWAY_TRUSTPOINTS = 4,
	GATEWAY_DATAGRAM_MAX = 4 * 1024,
	GATEWAY_SEALS = 256,
	GATEWAY_SAS = 256,
	GATEWAY_TRACED = 16 * 1024,
};

struct gateway_datagram {
	size_t len;
	struct endpoint local, peer;
	uint8_t bytes[GATEWAY_DATAGRAM_MAX];
};

/* What was sealed for whom under which IV: never two messages under one. */
struct gateway_seal {
	uint32_t key;              /* which of the IKE SA's, 0: those of IKE_AUTH */
	uint64_t spi_i, spi_r, iv; /* of a CBC IV the first half: random, so as good as all of it */
	uint8_t digest[CRYPTO_HASH_MAX];
};

struct gateway_message {
	bool to_aaa;
	uint32_t type;
	size_t len;
	uint8_t *bytes; /* body and tail */
};

/* A pair of ESP SAs as flexd has it. */
struct gateway_sa {
	bool used;
	uint32_t session;
	__be32 spi_in, spi_out; /* spi_out 0: only reserved */
	__be32 flow;            /* the first of those that replaced each other */
	bool outbound;          /* what goes to the client takes it */
	uint64_t until_ms;      /* its inbound side opens packets until then */
	uint64_t life_bytes, life_packets;
	struct msg_esp_key in, out;
	char ts[64]; /* the beginning of its selectors in words */
};

struct gateway_session {
	bool used;
	uint64_t ike;
	uint32_t id;
	uint32_t ended; /* cause, 0: lives */
	__be32 inner4;
	struct fg_ip inner6;
	struct endpoint peer, local;
	bool udp, peer_behind_nat, esn;
	__be32 spi_in, spi_out; /* of the SA that was added last */
	struct msg_esp_key in, out;
	struct msg_session_begin begin;
};

struct gateway {
	struct conf *conf;
	struct ike_core *core;
	uint64_t now_ms, random;
	uint8_t outside; /* of ike_path, where datagrams come in */

	struct gateway_datagram *out; /* sent by the core, oldest first; at most GATEWAY_QUEUE */
	size_t out_count, out_room;
	size_t sent_bytes, sent;
	struct gateway_seal seal[GATEWAY_SEALS]; /* the newest of them */
	size_t sealed;
	struct gateway_message message[GATEWAY_QUEUE]; /* not yet delivered */
	size_t message_count;

	struct {
		char identity[CONF_TEXT_MAX], psk[CONF_TEXT_MAX];
	} key[GATEWAY_KEYS];
	size_t key_count;
	struct pki *pki;
	const struct sign_key *own_key[GATEWAY_TRUSTPOINTS]; /* borrowed */
	int64_t wall_s;
	char ppk_id[CONF_NAME_MAX], ppk[CONF_NAME_MAX]; /* the one that aaa has, "": none */
	bool aaa_down;                                  /* to_aaa fails */
	bool aaa_cannot_sign;
	bool aaa_apart;                /* it gives a verdict only, and signs when asked for that */
	uint32_t verified, signatures; /* questions that aaa answered: of each kind */

	struct gateway_session session[GATEWAY_SESSIONS];
	uint32_t next_session;
	struct gateway_sa sa[GATEWAY_SAS];
	uint32_t next_spi;
	bool no_spi;                      /* SPI_ASK is answered with none */
	uint32_t refuse_begin, refuse_sa; /* cause, 0: no */
	uint32_t subnets;                 /* networks told to every client, at most CONF_NETS_MAX */
	uint32_t begun, ended;
	uint32_t demands;                 /* COOKIE_DEMANDs */
	uint32_t idle_in_ms, idle_out_ms; /* what flexd says of every session */
	uint32_t idle_asked;
	uint32_t strange;            /* messages that make no sense to flexd */
	char traced[GATEWAY_TRACED]; /* lines of traces, each with its slot before it */
};

/* conf_text NULL: one profile for everybody, every suite, pools of both families. */
void gateway_open(struct gateway *gw, const char *conf_text);
/* Everything is given back. */
void gateway_close(struct gateway *gw);

/* What the files of one trustpoint hold; NULL: there is no such file. */
struct gateway_trust {
	const char *ca, *own;       /* PEM */
	const struct sign_key *key; /* of own; borrowed */
	struct crypto_chunk crl, ocsp;
};

/* The trustpoints of the configuration, in its order. Again: as after a reload. */
void gateway_trust(struct gateway *gw, const struct gateway_trust *trust, size_t count);

void gateway_add_key(struct gateway *gw, const char *identity, const char *psk);
/* A datagram from a peer. Not changed. */
void gateway_receive(struct gateway *gw, const void *datagram, size_t len,
		     const struct endpoint *local, const struct endpoint *peer);
/* Deliver the oldest message to aaa or flexd, and its answer to the core. False: there is none. */
bool gateway_step(struct gateway *gw);
/* All of them. */
void gateway_settle(struct gateway *gw);
/* The next deadline not later than ms from now, and so on until that time. */
void gateway_wait(struct gateway *gw, uint64_t ms);
/* Take the oldest datagram out of the queue. False: there is none. */
bool gateway_take(struct gateway *gw, struct gateway_datagram *datagram);
/* Room for one more datagram than `count` in a queue on the heap; dies where GATEWAY_QUEUE is full.
 * Queues begin small: under a memory checker a big one costs more than what a test does with it. */
struct gateway_datagram *gateway_room(struct gateway_datagram *queue, size_t count, size_t *room);
/* Sessions that flexd holds. */
uint32_t gateway_sessions(const struct gateway *gw);
/* SAs that flexd holds for it, without those that only drain. */
unsigned gateway_sas(const struct gateway *gw, uint32_t session);
/* The SA that opens what comes with this SPI now, NULL: none. */
const struct gateway_sa *gateway_opens(const struct gateway *gw, __be32 spi_in);
/* The SA that traffic to the client takes in this flow, 0: the only one. NULL: none. */
const struct gateway_sa *gateway_outbound(const struct gateway *gw, uint32_t session, __be32 flow);
/* flexd says that a volume limit is near or reached. */
void gateway_life(struct gateway *gw, __be32 spi_in, bool hard);
struct gateway_session *gateway_session_of(struct gateway *gw, uint32_t id);

bool gateway_random(void *arg, void *p, size_t len);
/* An initiator's setup against this gateway, identity "fqdn a.example.org" and its key. */
void gateway_client(struct gateway *gw, struct initiator_setup *setup);

/* The whole login: every datagram delivered at once, in order. Returns the state reached. */
enum initiator_state gateway_login(struct gateway *gw, struct initiator *in);
/* Deliver what stands in in->out, then everything that comes of it, answers of `in` too. */
void gateway_talk(struct gateway *gw, struct initiator *in);

#endif
