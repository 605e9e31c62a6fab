/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key derivation of RFC 7296: 2.14 (IKE SA), 2.17 (CHILD SA), 2.15 (what AUTH covers).
 * The owner of a struct ike_keys wipes it.
 */
#ifndef IKE_KEYS_H
#define IKE_KEYS_H

#include "ike/proposal.h"
#include "ike/wire/seal.h"
#include "msg.h"

enum {
	IKE_KEY_MAX = 64,        /* longest SK_d, SK_a, SK_p: HMAC-SHA2-512 */
	IKE_CIPHER_KEY_MAX = 36, /* SK_e: 256 bits and 4 bytes of salt */
};

struct ike_keys {
	struct ike_suite suite;
	uint8_t prf_len, integ_len, encr_len; /* bytes used of d and p, a, e */
	uint8_t d[IKE_KEY_MAX];
	uint8_t a_i[IKE_KEY_MAX], a_r[IKE_KEY_MAX];
	uint8_t e_i[IKE_CIPHER_KEY_MAX], e_r[IKE_CIPHER_KEY_MAX]; /* key, then salt */
	uint8_t p_i[IKE_KEY_MAX], p_r[IKE_KEY_MAX];
};

/* All keys of a new IKE SA: SKEYSEED = prf(Ni | Nr, g^ir). On false keys is wiped. */
bool ike_keys_derive(const struct ike_suite *suite, struct ike_bytes ni, struct ike_bytes nr,
		     struct ike_bytes shared, uint64_t spi_i, uint64_t spi_r,
		     struct ike_keys *keys);
/* The seven keys from a SKEYSEED that is there. */
bool ike_keys_expand(const struct ike_suite *suite, struct ike_bytes skeyseed, struct ike_bytes ni,
		     struct ike_bytes nr, uint64_t spi_i, uint64_t spi_r, struct ike_keys *keys);
/*
 * What a CREATE_CHILD_SA leaves to make keys from. Secrets of additional key exchanges come behind
 * the nonces, RFC 9370 2.2.4.
 */
struct ike_ingredients {
	struct ike_bytes ni, nr;
	struct ike_bytes shared; /* SK(0) or g^ir; empty: no KE payloads, of a CHILD SA */
	struct ike_bytes more;   /* SK(1) | SK(2) ...; empty: no additional ones */
};
/* All keys of the IKE SA that comes after `old`, RFC 7296 2.18: SKEYSEED = prf(SK_d of the old,
 * SK(0) | Ni | Nr | SK(1) ...), with the prf of the old SA. On false keys is wiped. */
bool ike_keys_rekey(const struct ike_keys *old, const struct ike_suite *suite,
		    const struct ike_ingredients *from, uint64_t spi_i, uint64_t spi_r,
		    struct ike_keys *keys);
/* KEYMAT = prf+(SK_d, SK(0) | Ni | Nr | SK(1) ...), cut: initiator to responder first, cipher key,
 * salt, HMAC key. */
bool ike_child_keys(const struct ike_keys *keys, const struct ike_ingredients *from,
		    uint16_t esp_suite, struct msg_esp_key *from_initiator,
		    struct msg_esp_key *from_responder);

/*
 * The octets that AUTH covers: the sender's IKE_SA_INIT message as it was on the wire, the nonce
 * of the other side, prf(SK_p of the sender, its ID payload's body). Appended to wr; false when
 * there is no room.
 */
bool ike_auth_octets(struct wr *wr, const struct ike_keys *keys, bool from_initiator,
		     struct ike_bytes init_message, struct ike_bytes other_nonce,
		     struct ike_bytes id_body);

enum { IKE_NAT_HASH_LEN = 20 };
/* SHA-1(SPIi | SPIr | address | port), RFC 7296 2.23. */
bool ike_nat_hash(uint64_t spi_i, uint64_t spi_r, const struct endpoint *ep,
		  uint8_t hash[IKE_NAT_HASH_LEN]);

/* The protection of the messages that one side sends, keyed with its SK_e and SK_a. Free it with
 * crypto_sk_free(). NULL: unknown suite or no memory. */
struct crypto_sk *ike_keys_sk(const struct ike_keys *keys, bool from_initiator);

#endif
