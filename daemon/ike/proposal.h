/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Choosing from what the peer offers, RFC 7296 2.7 and 3.3. Inside each transform type our order of
 * preference decides; our proposals are tried in their order, the peer's in theirs.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include "ike/additional.h"

/* The algorithms of an IKE SA. Transform ids as on the wire. */
struct ike_suite {
	uint16_t encr, key_bits;
	uint16_t prf;
	uint16_t integ; /* IKE_INTEG_NONE with an AEAD */
	uint16_t group;
	uint16_t additional[CONF_ADDITIONAL_MAX]; /* methods of RFC 9370, 0: none */
};

struct ike_choice {
	struct ike_suite suite;
	uint8_t say_no_additional; /* bit per ADDKE type whose offer had NONE: so has the answer */
	uint8_t number;            /* of the peer's proposal, to be echoed */
	bool wrong_group;          /* answer INVALID_KE_PAYLOAD with suite.group */
	bool say_none;             /* the offer had INTEG NONE, so has the answer */
};

/*
 * Choose an IKE proposal, without additional key exchanges. ke_group is that of the KE payload:
 * when both sides have it in the proposals that match it is taken, which saves a round trip, unless
 * it is a weak one (conf_legacy()) beside a better one; otherwise wrong_group is set. False:
 * NO_PROPOSAL_CHOSEN.
 */
bool ike_choose(const struct ike_sa *offer, const struct conf_proposal *const *ours, size_t count,
		uint16_t ke_group, struct ike_choice *choice);
/* The same for a peer that can do additional key exchanges, RFC 9370 2.2.1. Of each type the first
 * of ours that is offered and is no method of an earlier exchange of the same choice. */
bool ike_choose_additional(const struct ike_sa *offer, const struct conf_proposal *const *ours,
			   size_t count, uint16_t ke_group, struct ike_choice *choice);
/* The choice as an SA payload for the answer. spi NULL in IKE_SA_INIT, 8 bytes in a rekey. */
void ike_choice_sa(const struct ike_choice *choice, const uint8_t *spi, struct ike_sa *sa);
/* Our offer as an initiator: one proposal per kind of cipher (AEAD or not). spi as above. */
void ike_offer_sa(const struct conf_proposal *const *ours, size_t count, const uint8_t *spi,
		  struct ike_sa *sa);
/* What a responder answered to our offer: one proposal with one transform of each type.
 * False: it is not a choice. */
bool ike_chosen(const struct ike_sa *answer, struct ike_suite *suite);
/* The same, and it is one that these proposals allow, with a first key exchange of this group. */
bool ike_chosen_of(const struct ike_sa *answer, const struct conf_proposal *const *ours,
		   size_t count, uint16_t group, struct ike_suite *suite);
/* What an offered proposal contains. */
bool ike_proposal_offers(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type,
			 uint16_t id, uint16_t key_bits);
bool ike_proposal_has(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type);

struct ike_esp_choice {
	uint16_t suite;                   /* enum fg_esp_suite */
	uint8_t number;                   /* of the peer's proposal, to be echoed */
	bool esn;                         /* extended sequence numbers */
	bool say_none, say_esn;           /* the offer had INTEG NONE, ESN: so has the answer */
	__be32 spi;                       /* the peer's, for what we send to it; never below 256 */
	uint16_t group;                   /* of the new key exchange, 0: there is none */
	bool say_no_group;                /* the offer had group NONE: so has the answer */
	struct ike_additional additional; /* behind that group */
	bool wrong_group;                 /* answer INVALID_KE_PAYLOAD with group */
};

/* What we want of a key exchange in CREATE_CHILD_SA, RFC 7296 1.3.1 ("perfect forward secrecy"). */
struct ike_pfs {
	uint16_t group[CONF_LIST_MAX]; /* acceptable ones, the preferred first */
	size_t group_count;
	struct conf_additional additional; /* behind any of them */
	bool required;                     /* without one no CHILD SA */
	uint16_t ke;                       /* group of the KE payload, 0: there is none */
};

/* Choose an ESP proposal for the CHILD SA of IKE_AUTH: transforms of key exchanges are ignored.
 * suites: as of a conf_ipsec_profile, with or without CONF_ESP_ESN. False: NO_PROPOSAL_CHOSEN. */
bool ike_esp_choose(const struct ike_sa *offer, const uint16_t *suites, size_t count,
		    struct ike_esp_choice *choice);
/*
 * The same for CREATE_CHILD_SA, where groups count. Clients offer proposals with and without a
 * group side by side: one whose group is that of the KE payload is taken first, then one without a
 * group unless it is required, then wrong_group asks for another KE.
 */
bool ike_esp_choose_pfs(const struct ike_sa *offer, const uint16_t *suites, size_t count,
			const struct ike_pfs *pfs, struct ike_esp_choice *choice);
/* What a responder answered to our offer of these suites, with the KE payload that we sent. One
 * proposal with one transform of each type; false: it is not a choice. */
bool ike_esp_chosen(const struct ike_sa *answer, const uint16_t *suites, size_t count,
		    const struct ike_pfs *pfs, struct ike_esp_choice *choice);
/* The choice as an SA payload with our SPI. */
void ike_esp_choice_sa(const struct ike_esp_choice *choice, __be32 spi_in, struct ike_sa *sa);
/* Our offer as an initiator: one proposal per suite, with every key exchange (pfs NULL: none), and
 * for both numbers when both follow each other. */
void ike_esp_offer_sa(const uint16_t *suites, size_t count, const struct ike_pfs *pfs,
		      __be32 spi_in, struct ike_sa *sa);

/* Is every algorithm of the suite one that we have, in a combination that makes sense? */
bool ike_suite_known(const struct ike_suite *suite);

enum { IKE_SUITE_TEXT_MAX = 128 };
/* "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519". Returns buf. */
const char *ike_suite_text(const struct ike_suite *suite, char buf[IKE_SUITE_TEXT_MAX]);
/* "MODP-1024, HMAC-SHA1-96": what is too weak for a proposal without legacy = yes. NULL: nothing.
 * Else buf. */
const char *ike_legacy_text(const struct ike_suite *suite, char buf[IKE_SUITE_TEXT_MAX]);
/* The same of an offer that this proposal would take if it had legacy = yes, and all that is weak;
 * for logs. NULL: it is not for that that it does not match. */
const char *ike_legacy_would(const struct ike_sa *offer, const struct conf_proposal *ours,
			     uint16_t ke_group, char buf[IKE_SUITE_TEXT_MAX]);
/* "AES-GCM-256"; "unknown suite" for a number that is none. */
const char *ike_esp_suite_text(uint16_t suite);
/* The same of the suite that this offer would get if this profile had legacy = yes, and all that is
 * weak; for logs. NULL: it is not for that that it does not match. */
const char *ike_esp_legacy_would(const struct ike_sa *offer, const struct conf_ipsec_profile *ours);

/* Every algorithm that may stand in an [ikev2-proposal], one after the other: `type` is its
 * transform type, those for additional key exchanges are of the first, IKE_TRANSFORM_ADDKE1. False:
 * no more. */
struct ike_algorithm {
	uint8_t type;
	uint16_t id, key_bits;
	const char *text;
};
bool ike_algorithm_at(size_t place, struct ike_algorithm *algorithm);

enum { IKE_OFFER_TEXT_MAX = 256 };
/* "AES_CBC-128 PRF_HMAC_SHA1 HMAC_SHA1_96 group 2?; ...": what a peer offers, proposals that do not
 * fit cut with "...". Returns buf. */
const char *ike_offer_text(const struct ike_sa *offer, char buf[IKE_OFFER_TEXT_MAX]);

#endif
