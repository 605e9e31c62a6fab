/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CREATE_CHILD_SA, RFC 7296 1.3: who asks for what, and what both directions have in common. The
 * four ways lie in files of their own:
 *
 *                   the peer asks       we ask
 *   a CHILD SA      child_answer.h      child_ask.h
 *   the IKE SA      rekey_answer.h      rekey_ask.h
 */
#ifndef IKE_CREATE_H
#define IKE_CREATE_H

#include "crypto/ke.h"
#include "ike/core.h"
#include "ike/rules.h"

/*
 * Both sides may rekey the same SA at the same time, RFC 7296 2.8.1 and 2.8.2. Each answers the
 * other; then the SA whose exchange had the lowest of the four nonces goes, deleted by who began
 * that exchange. This is the peer's exchange, as the one of ours remembers it.
 */
struct ike_rival {
	__be32 child; /* spi_in of the CHILD SA that it made, 0: none */
	uint64_t ike; /* own SPI of the IKE SA that it made, 0: none */
	uint8_t lowest[IKE_NONCE_MAX];
	size_t lowest_len;
};

/*
 * The additional key exchanges behind a CREATE_CHILD_SA, followup.h. Each side says the next one's
 * link, a blob of the responder, in the exchange before.
 */
struct ike_series {
	uint16_t method[CONF_ADDITIONAL_MAX]; /* what CREATE_CHILD_SA agreed on */
	uint8_t at;                           /* of the next one */
	bool begun;                           /* CREATE_CHILD_SA is answered */
	uint8_t *link;                        /* that goes with the next one, NULL: none */
	size_t link_len;
	struct ke *ke;            /* ours: of the request that is out */
	struct ke_answer *answer; /* the peer's: what goes back to it, NULL: nothing yet */
	uint16_t answer_method;
	uint8_t secret[CONF_ADDITIONAL_MAX * KE_SECRET_MAX]; /* SK(1) | SK(2) ... */
	size_t secret_len;
};

/* What is not finished: of ours, from the request to the last answer; of the peer, while flexd
 * works for it and between the exchanges of a series. */
struct ike_create {
	bool ike;      /* for an IKE SA, not a CHILD SA */
	bool yielded;  /* the peer's: ours has given way to it, and is tried again if it fails */
	__be32 old_in; /* spi_in of the CHILD SA to be replaced, 0: an additional one */
	__be32 spi_in; /* of the new one, reserved by flexd; the peer's: 0 before that */
	uint64_t spi;  /* own SPI of the new IKE SA; the peer's: 0 unless a series goes on */
	uint64_t peer_spi;
	struct ike_suite suite; /* of the new IKE SA */
	uint8_t ni[IKE_NONCE_MAX], nr[IKE_NONCE_MAX];
	size_t ni_len, nr_len;
	struct dh *dh; /* NULL: no KE payload */
	uint8_t shared[DH_SECRET_MAX];
	size_t shared_len;
	struct ike_series series;
	struct ike_pfs pfs; /* ours: what a new CHILD SA may have */
	struct ike_esp_choice esp;
	struct ike_ts client, net; /* as asked, then as agreed */
	struct ike_rival rival;
};

/* Row of the rules: a request of the peer. */
void ike_create_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			const struct ike_arrival *from);
/* A notify alone answers the request; the SA is destroyed when that cannot be. */
void ike_create_refuse(struct ike_core *core, struct ikesa *sa, uint16_t notify);
/* INVALID_KE_PAYLOAD with the group that we want. */
void ike_create_wrong_group(struct ike_core *core, struct ikesa *sa, uint16_t group);

/* NULL: no memory. */
struct ike_create *ike_create_new(void);
/* Wipes. */
void ike_create_free(struct ike_create *create);
/* The nonce and, unless group is 0, a key pair of ours. */
bool ike_create_fresh(const struct ike_core *core, struct ike_create *create, bool ours,
		      uint16_t group);
/* The peer's nonce, and the shared secret when there is a key exchange. IKE_DROP_bad_key: its
 * public value is not valid. */
enum ike_drop ike_create_take(struct ike_create *create, bool ours, const struct ike_message *m);
/* Borrowed. */
struct ike_ingredients ike_create_ingredients(const struct ike_create *create);

/* Remember the peer's exchange as the rival of ours. */
void ike_create_meet(struct ike_core *core, struct ike_create *ours,
		     const struct ike_create *theirs);
/* Did our exchange have the lowest nonce, so that what it made goes? */
bool ike_create_lost(const struct ike_create *ours);
/* Of two under way, ours and the peer's: is it the same SA that they replace? */
bool ike_create_same(const struct ike_create *ours, const struct ike_create *theirs);
/* Give up what the peer asked for, whose request is answered. Ours that gave way to it is tried
 * again. */
void ike_create_abandon(struct ike_core *core, struct ikesa *sa);

/* Of its profile, NULL: that was removed by a reload. */
const struct conf_ipsec_profile *ike_ipsec_profile_of(const struct ike_core *core,
						      const struct ikesa *sa);
/* The profile's proposals for IKE SAs; returns how many, 0 when it was removed. */
size_t ike_proposals_of(const struct ike_core *core, const struct ikesa *sa,
			const struct conf_proposal *ours[CONF_LIST_MAX]);
/* What the profile wants of the key exchanges for CHILD SAs. */
struct ike_pfs ike_pfs_of(const struct ike_core *core, const struct ikesa *sa);
bool ike_pfs_has(const struct ike_pfs *pfs, uint16_t group);

#endif
