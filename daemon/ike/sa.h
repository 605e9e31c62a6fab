/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IKE SA and the tables that find it. An IKE SA is made and destroyed here only; its end wipes
 * every key it held.
 */
#ifndef IKE_SA_H
#define IKE_SA_H

#include "core/table.h"
#include "ike/child.h"
#include "ike/due.h"
#include "ike/fsm.h"
#include "ike/intauth.h"
#include "ike/keys.h"
#include "ike/limits.h"
#include "ike/packet.h"
#include "msg.h"

struct dh;
struct ike_mobike;
struct ike_create;
struct ike_grant;
struct ike_client;
struct ike_fragments;
struct ike_login;

/* Where a datagram came in and from whom. */
struct ike_path {
	struct endpoint local, peer;
	uint8_t outside; /* by [gateway] outside device outside - 1; 0: unknown */
};

/* The name of that device, NULL: unknown. */
const char *ike_path_outside(const struct ike_core *core, const struct ike_path *path);

/* RFC 8784, ppk.h. */
struct ike_ppk {
	bool agreed; /* USE_PPK went both ways */
	bool used;   /* one is mixed into the keys; what they were before: */
	uint8_t d[IKE_KEY_MAX], p_i[IKE_KEY_MAX], p_r[IKE_KEY_MAX];
};

/* What AUTH will cover; ends with the setup. */
struct ike_opening {
	struct dh *dh; /* until the keys are derived, which waits for the first IKE_AUTH */
	struct ike_suite suite;
	uint8_t ke[1024]; /* of the peer, CRYPTO's DH_PUBLIC_MAX */
	size_t ke_len;
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_LEN];
	size_t ni_len;
	bool proven;                         /* the request brought a cookie */
	struct ike_packet *request, *answer; /* IKE_SA_INIT, both ways */
	struct ike_intermediate intermediate;
	struct ike_ppk ppk;
	uint32_t hashes; /* bit IKE_HASH_* that the client announced, RFC 7427; 0: it did not */
	bool childless;  /* we announced that we know RFC 6023 */
};

struct ikesa {
	struct table_link by_spi, by_init, by_identity, by_handle;
	struct ike_timer timer;    /* the earliest of due_ms */
	uint64_t due_ms[IKE_DUES]; /* IKE_NEVER: not due */
	uint64_t made_ms;
	uint64_t login_ms; /* when its client came; the successor of a rekeyed SA has it, too */
	uint32_t rekeys;   /* how many came before it since then */

	enum ike_state state;
	uint64_t spi_i, spi_r; /* as in the header */
	bool initiator;        /* we began it, which only a rekey does: spi_i is our SPI */
	/* The client's login between the processes: the SPI of its first IKE SA, which the
	 * successor of a rekeyed one takes over. 0: this SA stands for no login. */
	uint64_t handle;
	struct ike_path path; /* as proven last */
	struct fg_ip source;  /* whose half-open budget it is on */
	bool peer_nat, local_nat;
	uint8_t redirect;          /* enum ike_redirect */
	struct ike_mobike *mobike; /* NULL: not agreed */
	uint64_t heard_ms;         /* when a message of the peer was proven last */

	unsigned
		forged; /* messages that failed the integrity check before the peer proved itself */
	bool keyed;     /* nothing sent in clear text has an effect any more */
	struct ike_keys keys;
	struct crypto_sk *sk_in, *sk_out;
	/* Of the request that was answered last, where its exchange changed the keys: RFC 9370. */
	struct crypto_sk *sk_in_before, *sk_out_before;
	uint16_t fragment_mtu; /* our IP datagrams are not longer; 0: no fragments, RFC 7383 */
	struct ike_fragments *arriving[2]; /* incomplete: a request, a response of the peer */

	/* The peer's requests, window 1: RFC 7296 2.1 to 2.3. */
	uint32_t request_next;       /* message ID that we wait for or are answering */
	uint32_t first_behind_login; /* message ID of the request behind IKE_AUTH */
	uint8_t request_exchange;
	uint8_t request_digest[IKE_DIGEST_LEN]; /* of the one being answered or answered last */
	bool busy;                              /* the answer to request_next is being made */
	struct ike_path reply;                  /* where that answer goes */
	struct ike_packet *answer;              /* to request_next - 1 */
	unsigned resends;

	/* Ours: task.h. */
	uint32_t wanted;   /* IKE_WANT() bits */
	unsigned own_task; /* enum ike_task of the request that is out */
	__be32 own_child;  /* spi_in of the CHILD SA that it is about, 0: none */
	uint32_t own_next;
	struct ike_packet *own; /* waits for its answer, NULL: none */
	unsigned own_tries;
	uint64_t own_until_ms; /* then the peer is given up */

	/* client.h: what the setup showed of the client's software. */
	const struct ike_client *client;
	uint32_t vendors, signs;
	bool flexvpn; /* we sent FLEXVPN-SUPPORTED */

	struct msg_identity remote; /* proven only in an authenticated state */
	/* Methods of AUTH, RFC 7296 3.8, in the last round of the client and in ours; 0: none yet.
	 */
	uint8_t peer_method, own_method;
	conf_name profile;
	uint32_t session;        /* of flexd, 0: none */
	struct ike_child *child; /* NULL: none */
	struct ike_grant *grant; /* what its CHILD SAs may carry, NULL: no session */

	/* CREATE_CHILD_SA under way: ours, and the peer's while flexd installs. */
	struct ike_create *create, *asked;
	uint64_t replaces;    /* own SPI of the IKE SA that this one was made from, 0: none */
	uint64_t heir;        /* own SPI of the IKE SA that has the login now, 0: this one */
	uint16_t rekey_group; /* of the KE payload that we send next, 0: that of now */
	uint8_t rekey_failures;
	uint16_t rekey_refused; /* the notify that ended our tries, 0: none did */
	uint32_t child_cause;   /* why the last CHILD SA ended, if it was its lifetime; else 0 */
	uint64_t reauth_ms;     /* the client is to be told that it ends then; 0: it is not */

	struct ike_opening *opening; /* until the setup is over */
	struct ike_login *login;     /* from IKE_AUTH's request to its answer */
};

/*
 * A new SA in state NEW, in the SPI table. Our SPI is spi_i when we are its initiator, otherwise
 * spi_r; where it is 0 one is chosen. NULL: no memory, no randomness, or the SPI is in use.
 */
struct ikesa *ikesa_new(struct ike_core *core, bool initiator, uint64_t spi_i, uint64_t spi_r,
			const struct ike_path *path);
/* Never 0, RFC 7296 3.1, and never one that is in use, as a name either. 0: no randomness. */
uint64_t ikesa_new_spi(const struct ike_core *core);
/* Takes it out of every table, wipes it, frees it. Says nothing to anybody: see close.h. */
void ikesa_free(struct ike_core *core, struct ikesa *sa);
/* The keys from before the last exchange, where it changed them. */
void ikesa_forget_before(struct ikesa *sa);
/* Keys and all that is needed only with them; what stays can resend the last answer. */
void ikesa_forget_keys(struct ikesa *sa);
/* The opening is over, whatever came of it. */
void ikesa_forget_setup(struct ikesa *sa);

static inline uint64_t ikesa_own_spi(const struct ikesa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

/* By the SPI that we chose. */
struct ikesa *ikesa_find(const struct ike_core *core, uint64_t own_spi);
/* By the name that aaa and flexd know. */
struct ikesa *ikesa_find_handle(const struct ike_core *core, uint64_t handle);
/* From now on the handle names this SA, and no other. */
void ikesa_take_handle(struct ike_core *core, struct ikesa *sa, uint64_t handle);
/* The SA that an IKE_SA_INIT from there made. */
struct ikesa *ikesa_find_init(const struct ike_core *core, uint64_t spi_i,
			      const struct endpoint *peer);
void ikesa_add_init(struct ike_core *core, struct ikesa *sa);
void ikesa_add_identity(struct ike_core *core, struct ikesa *sa);
/* Another SA whose peer has proved this identity in this profile: the next one after a twin, the
 * first one after NULL. NULL: no more. */
struct ikesa *ikesa_twin(const struct ike_core *core, const struct ikesa *sa,
			 const struct ikesa *after);

/* Gauges and the half-open budget; only ike_move() and the two ends of an SA call it. */
void ikesa_count(struct ike_core *core, const struct ikesa *sa, int by);
/* Is there room for one more half-open SA from there? */
bool ikesa_budget(const struct ike_core *core, const struct fg_ip *peer);
/* Has this source half of what it may have? */
bool ikesa_crowded(const struct ike_core *core, const struct fg_ip *peer);

/* "fqdn a.example.org 192.0.2.1:4500", for logs. Returns buf. */
enum { IKESA_TEXT_MAX = 400 };
const char *ikesa_text(const struct ikesa *sa, char buf[IKESA_TEXT_MAX]);

#endif
