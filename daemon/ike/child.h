/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHILD SAs: what we remember of one, and what flexd is told. Who makes and rekeys them:
 * child_ask.h (we) and child_answer.h (the peer); who deletes them: child_delete.h.
 */
#ifndef IKE_CHILD_H
#define IKE_CHILD_H

#include "ike/keys.h"

struct ike_core;
struct ike_ts;
struct ikesa;

enum ike_child_state {
	IKE_CHILD_INSTALLING, /* made by a request of ours; flexd has it in hand */
	IKE_CHILD_INSTALLED,
	IKE_CHILD_REKEYING, /* our request for another one in its place is out */
	IKE_CHILD_REPLACED, /* the peer made another one in its place, and deletes this one */
	IKE_CHILD_DELETING, /* we want it deleted */
};

enum ike_child_due {
	IKE_CHILD_SOFT, /* rekey it */
	IKE_CHILD_HARD, /* delete it */
	IKE_CHILD_LEFT, /* the peer should have deleted what it replaced */
	IKE_CHILD_DUES,
};

struct ike_child {
	struct ike_child *next;
	enum ike_child_state state;
	uint32_t wanted;        /* IKE_WANT() bits of requests about it: task.h */
	__be32 spi_in, spi_out; /* the peer sends with spi_in, which also names it */
	__be32 heir;            /* spi_in of the one in its place, 0: none */
	__be32 spare;           /* SPI that flexd reserved for the one in its place, 0: none */
	uint16_t suite;         /* enum fg_esp_suite */
	uint16_t group;         /* of its own key exchange, and of the next one; 0: none */
	uint16_t additional[CONF_ADDITIONAL_MAX]; /* those behind it, RFC 9370 */
	bool asked;                               /* SPI_ASK is on its way */
	bool stopped;                             /* flexd does not have it (any more) */
	bool redundant;   /* lost a collision: to be deleted when it is installed */
	bool lost;        /* the peer does not know it: CHILD_SA_NOT_FOUND */
	uint16_t refused; /* the notify that ended our tries to rekey it, 0: none did */
	uint8_t failures; /* tries to rekey it in a row that came to nothing */
	uint64_t made_ms;
	uint64_t due_ms[IKE_CHILD_DUES]; /* IKE_NEVER: not due */
	uint16_t client_count, net_count;
	struct ike_selector selector[]; /* of the client, then of the networks behind us */
};

struct ike_child *ike_child_in(const struct ikesa *sa, __be32 spi_in);
struct ike_child *ike_child_out(const struct ikesa *sa, __be32 spi_out);
/* How many count against the limit: not those that are on their way out. */
size_t ike_child_count(const struct ikesa *sa);
/* INSTALLED, with the selectors of the client and of the networks behind us. NULL: no memory. */
struct ike_child *ike_child_new(struct ike_core *core, struct ikesa *sa,
				const struct ike_esp_choice *choice, __be32 spi_in,
				const struct ike_ts *client, const struct ike_ts *net);
/* Out of the list; who had it for an heir has none, an SPI kept for it is given back. flexd is told
 * nothing about the SA itself: ike_child_stop(). */
void ike_child_free(struct ike_core *core, struct ikesa *sa, struct ike_child *child);
/* At the end of the session: flexd frees everything by itself. */
void ike_child_free_all(struct ikesa *sa);
void ike_child_selectors(const struct ike_child *child, struct ike_ts *client, struct ike_ts *net);
/* Sets a deadline of it, and that of the IKE SA. */
void ike_child_due_at(struct ike_core *core, struct ikesa *sa, struct ike_child *child,
		      enum ike_child_due due, uint64_t at_ms);
/* The earliest deadline of all of them becomes that of the IKE SA. */
void ike_child_rearm(struct ike_core *core, struct ikesa *sa);

/* What flexd needs to know of a new CHILD SA. */
struct ike_install {
	const struct ike_esp_choice *esp;
	bool ours;               /* we began the exchange */
	bool use_now;            /* what goes to the client takes it at once */
	__be32 spi_in, replaces; /* as in struct msg_sa_add */
	struct ike_ingredients from;
	const struct ike_ts *client, *net;
};

/* SA_ADD. Returns 0 or -errno. */
int ike_child_install(struct ike_core *core, const struct ikesa *sa, const struct ike_install *i);
/* SA_USE */
void ike_child_use(struct ike_core *core, const struct ikesa *sa, const struct ike_child *child);
/* SA_DEL, also of an SPI that is only reserved. */
void ike_child_stop(struct ike_core *core, const struct ikesa *sa, __be32 spi_in,
		    uint32_t drain_ms);

#endif
