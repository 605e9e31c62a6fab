// SPDX-License-Identifier: BSD-2-Clause
#include "ike/proposal.h"

#include "ike/wire/build.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The ciphers of an IKE SA that we have, by transform id and Key Length. */
static const struct cipher_row {
	uint16_t id, key_bits;
	bool aead;
	const char *text;
} ciphers[] = {
	{ IKE_ENCR_AES_GCM_16, 128, true, "AES-GCM-128" },
	{ IKE_ENCR_AES_GCM_16, 192, true, "AES-GCM-192" },
	{ IKE_ENCR_AES_GCM_16, 256, true, "AES-GCM-256" },
	{ IKE_ENCR_CHACHA20_POLY1305, 0, true, "CHACHA20-POLY1305" },
	{ IKE_ENCR_AES_CBC, 128, false, "AES-CBC-128" },
	{ IKE_ENCR_AES_CBC, 192, false, "AES-CBC-192" },
	{ IKE_ENCR_AES_CBC, 256, false, "AES-CBC-256" },
};

struct id_text {
	uint16_t id;
	const char *text;
};

static const struct id_text prfs[] = {
	{ IKE_PRF_HMAC_SHA2_256, "PRF-HMAC-SHA2-256" },
	{ IKE_PRF_HMAC_SHA2_384, "PRF-HMAC-SHA2-384" },
	{ IKE_PRF_HMAC_SHA2_512, "PRF-HMAC-SHA2-512" },
	{ IKE_PRF_HMAC_SHA1, "PRF-HMAC-SHA1" },
};

static const struct id_text integs[] = {
	{ IKE_INTEG_HMAC_SHA2_256_128, "HMAC-SHA2-256-128" },
	{ IKE_INTEG_HMAC_SHA2_384_192, "HMAC-SHA2-384-192" },
	{ IKE_INTEG_HMAC_SHA2_512_256, "HMAC-SHA2-512-256" },
	{ IKE_INTEG_HMAC_SHA1_96, "HMAC-SHA1-96" },
};

static const struct id_text groups[] = {
	{ IKE_GROUP_X25519, "x25519" },       { IKE_GROUP_ECP_256, "ECP-256" },
	{ IKE_GROUP_ECP_384, "ECP-384" },     { IKE_GROUP_ECP_521, "ECP-521" },
	{ IKE_GROUP_MODP_2048, "MODP-2048" }, { IKE_GROUP_MODP_3072, "MODP-3072" },
	{ IKE_GROUP_MODP_4096, "MODP-4096" }, { IKE_GROUP_MODP_6144, "MODP-6144" },
	{ IKE_GROUP_MODP_8192, "MODP-8192" }, { IKE_GROUP_X448, "x448" },
	{ IKE_GROUP_MODP_1536, "MODP-1536" }, { IKE_GROUP_MODP_1024, "MODP-1024" },
};

/* Only behind a group: hybrid key exchange. */
static const struct id_text methods[] = {
	{ IKE_GROUP_ML_KEM_768, "ML-KEM-768" },
	{ IKE_GROUP_ML_KEM_1024, "ML-KEM-1024" },
	{ IKE_GROUP_ML_KEM_512, "ML-KEM-512" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct cipher_row *cipher_of(uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (ciphers[i].id == id && ciphers[i].key_bits == key_bits)
			return &ciphers[i];
	return NULL;
}

static const char *text_of(const struct id_text *rows, size_t count, uint16_t id)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id)
			return rows[i].text;
	return NULL;
}

/* --- what one offered proposal contains --- */

bool ike_proposal_offers(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type,
			 uint16_t id, uint16_t key_bits)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct ike_transform *t = &sa->transform[p->first + i];

		if (t->type == type && t->id == id && t->key_bits == key_bits && !t->strange)
			return true;
	}
	return false;
}

bool ike_proposal_has(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type)
{
	for (size_t i = 0; i < p->count; i++)
		if (sa->transform[p->first + i].type == type)
			return true;
	return false;
}

/* A transform type that does not belong there makes the proposal unacceptable, RFC 7296 3.3.6. */
static bool only_types(const struct ike_sa *sa, const struct ike_proposal *p, const uint8_t *types,
		       size_t count)
{
	for (size_t i = 0; i < p->count; i++) {
		size_t k = 0;

		while (k < count && types[k] != sa->transform[p->first + i].type)
			k++;
		if (k == count)
			return false;
	}
	return true;
}

/* With an AEAD: no integrity transform at all, or NONE among them. RFC 7296 3.3.2, RFC 5282 8. */
static bool aead_integ_ok(const struct ike_sa *sa, const struct ike_proposal *p)
{
	return !ike_proposal_has(sa, p, IKE_TRANSFORM_INTEG) ||
	       ike_proposal_offers(sa, p, IKE_TRANSFORM_INTEG, IKE_INTEG_NONE, 0);
}

/* --- IKE --- */

/* The first of our list that is offered. */
static bool pick_of(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type,
		    const uint16_t *ours, size_t count, bool weak, uint16_t *id)
{
	for (size_t i = 0; i < count; i++) {
		if (conf_legacy(type, ours[i]) == weak &&
		    ike_proposal_offers(sa, p, type, ours[i], 0)) {
			*id = ours[i];
			return true;
		}
	}
	return false;
}

/* Our order, but weak ones last. */
static bool pick(const struct ike_sa *sa, const struct ike_proposal *p, uint8_t type,
		 const uint16_t *ours, size_t count, uint16_t *id)
{
	return pick_of(sa, p, type, ours, count, false, id) ||
	       pick_of(sa, p, type, ours, count, true, id);
}

static bool pick_cipher(const struct ike_sa *sa, const struct ike_proposal *p,
			const struct conf_proposal *ours, struct ike_choice *choice)
{
	struct ike_suite *suite = &choice->suite;

	for (size_t i = 0; i < ours->encryption_count; i++) {
		uint16_t id = ours->encryption[i].id, bits = ours->encryption[i].key_bits;
		const struct cipher_row *row = cipher_of(id, bits);

		if (!row || !ike_proposal_offers(sa, p, IKE_TRANSFORM_ENCR, id, bits))
			continue;
		suite->encr = id;
		suite->key_bits = bits;
		suite->integ = IKE_INTEG_NONE;
		choice->say_none = row->aead && ike_proposal_has(sa, p, IKE_TRANSFORM_INTEG);
		if (row->aead ? aead_integ_ok(sa, p)
			      : pick(sa, p, IKE_TRANSFORM_INTEG, ours->integrity,
				     ours->integrity_count, &suite->integ))
			return true;
	}
	return false;
}

static bool pick_group(const struct ike_sa *sa, const struct ike_proposal *p,
		       const struct conf_proposal *ours, uint16_t ke_group,
		       struct ike_choice *choice)
{
	if (!pick(sa, p, IKE_TRANSFORM_DH, ours->group, ours->group_count, &choice->suite.group))
		return false;
	choice->wrong_group = true;
	for (size_t i = 0; i < ours->group_count; i++) {
		/* A round trip is no reason for a weak group where a better one is common. */
		if (ours->group[i] == ke_group &&
		    ike_proposal_offers(sa, p, IKE_TRANSFORM_DH, ke_group, 0) &&
		    (!conf_legacy(IKE_TRANSFORM_DH, ke_group) ||
		     conf_legacy(IKE_TRANSFORM_DH, choice->suite.group))) {
			choice->suite.group = ke_group;
			choice->wrong_group = false;
		}
	}
	return true;
}

/* Who cannot make additional key exchanges makes none, if they may be left out. */
static bool pick_additional(const struct ike_sa *sa, const struct ike_proposal *p,
			    const struct conf_proposal *ours, bool able, struct ike_choice *choice)
{
	struct ike_additional chosen;

	if (!able && !ike_additional_optional(&ours->additional))
		return false;
	if (!ike_additional_pick(sa, p, able ? &ours->additional : NULL, choice->suite.group,
				 &chosen))
		return false;
	memcpy(choice->suite.additional, chosen.method, sizeof(chosen.method));
	choice->say_no_additional = chosen.say_none;
	return true;
}

static bool match(const struct ike_sa *sa, const struct ike_proposal *p,
		  const struct conf_proposal *ours, uint16_t ke_group, bool able,
		  struct ike_choice *choice)
{
	static const uint8_t types[] = {
		IKE_TRANSFORM_ENCR,   IKE_TRANSFORM_PRF,    IKE_TRANSFORM_INTEG,
		IKE_TRANSFORM_DH,     IKE_TRANSFORM_ADDKE1, IKE_TRANSFORM_ADDKE2,
		IKE_TRANSFORM_ADDKE3, IKE_TRANSFORM_ADDKE4, IKE_TRANSFORM_ADDKE5,
		IKE_TRANSFORM_ADDKE6, IKE_TRANSFORM_ADDKE7,
	};

	*choice = (struct ike_choice){ .number = p->number };
	return p->protocol == IKE_PROTOCOL_IKE && only_types(sa, p, types, COUNT(types)) &&
	       pick_cipher(sa, p, ours, choice) &&
	       pick(sa, p, IKE_TRANSFORM_PRF, ours->prf, ours->prf_count, &choice->suite.prf) &&
	       pick_group(sa, p, ours, ke_group, choice) &&
	       pick_additional(sa, p, ours, able, choice) && ike_suite_known(&choice->suite);
}

static size_t weak_ones(const struct ike_suite *suite)
{
	return (size_t)conf_legacy(IKE_TRANSFORM_DH, suite->group) +
	       conf_legacy(IKE_TRANSFORM_INTEG, suite->integ) +
	       conf_legacy(IKE_TRANSFORM_PRF, suite->prf);
}

/* The first that matches, of those with the fewest weak transforms: Windows begins with SHA-1. */
static bool choose(const struct ike_sa *offer, const struct conf_proposal *const *ours,
		   size_t count, uint16_t ke_group, bool able, struct ike_choice *choice)
{
	size_t least = SIZE_MAX;
	struct ike_choice one;

	*choice = (struct ike_choice){ 0 };
	for (size_t i = 0; i < count && least > 0; i++)
		for (size_t k = 0; k < offer->proposal_count && least > 0; k++)
			if (match(offer, &offer->proposal[k], ours[i], ke_group, able, &one) &&
			    weak_ones(&one.suite) < least) {
				least = weak_ones(&one.suite);
				*choice = one;
			}
	return least != SIZE_MAX;
}

bool ike_choose(const struct ike_sa *offer, const struct conf_proposal *const *ours, size_t count,
		uint16_t ke_group, struct ike_choice *choice)
{
	return choose(offer, ours, count, ke_group, false, choice);
}

bool ike_choose_additional(const struct ike_sa *offer, const struct conf_proposal *const *ours,
			   size_t count, uint16_t ke_group, struct ike_choice *choice)
{
	return choose(offer, ours, count, ke_group, true, choice);
}

void ike_choice_sa(const struct ike_choice *choice, const uint8_t *spi, struct ike_sa *sa)
{
	const struct ike_suite *suite = &choice->suite;
	struct ike_additional additional;

	memset(sa, 0, sizeof(*sa));
	ike_sa_add_proposal(sa, choice->number, IKE_PROTOCOL_IKE, spi, spi ? 8 : 0);
	ike_sa_add_transform(sa, IKE_TRANSFORM_ENCR, suite->encr, suite->key_bits);
	ike_sa_add_transform(sa, IKE_TRANSFORM_PRF, suite->prf, 0);
	if (suite->integ != IKE_INTEG_NONE || choice->say_none)
		ike_sa_add_transform(sa, IKE_TRANSFORM_INTEG, suite->integ, 0);
	ike_sa_add_transform(sa, IKE_TRANSFORM_DH, suite->group, 0);
	additional.say_none = choice->say_no_additional;
	memcpy(additional.method, suite->additional, sizeof(additional.method));
	ike_additional_answer(&additional, sa);
}

/* The ciphers of one kind with what they need; nothing when there is none of that kind. */
static void offer_kind(const struct conf_proposal *p, bool aead, const uint8_t *spi,
		       struct ike_sa *sa)
{
	bool any = false;

	for (size_t i = 0; i < p->encryption_count; i++) {
		uint16_t id = p->encryption[i].id, bits = p->encryption[i].key_bits;
		const struct cipher_row *row = cipher_of(id, bits);

		if (!row || row->aead != aead)
			continue;
		if (!any && !ike_sa_add_proposal(sa, (uint8_t)(sa->proposal_count + 1),
						 IKE_PROTOCOL_IKE, spi, spi ? 8 : 0))
			return;
		any = true;
		ike_sa_add_transform(sa, IKE_TRANSFORM_ENCR, id, bits);
	}
	if (!any)
		return;
	for (size_t i = 0; !aead && i < p->integrity_count; i++)
		ike_sa_add_transform(sa, IKE_TRANSFORM_INTEG, p->integrity[i], 0);
	for (size_t i = 0; i < p->prf_count; i++)
		ike_sa_add_transform(sa, IKE_TRANSFORM_PRF, p->prf[i], 0);
	for (size_t i = 0; i < p->group_count; i++)
		ike_sa_add_transform(sa, IKE_TRANSFORM_DH, p->group[i], 0);
	ike_additional_offer(&p->additional, sa);
}

void ike_offer_sa(const struct conf_proposal *const *ours, size_t count, const uint8_t *spi,
		  struct ike_sa *sa)
{
	memset(sa, 0, sizeof(*sa));
	for (size_t i = 0; i < count; i++) {
		offer_kind(ours[i], true, spi, sa);
		offer_kind(ours[i], false, spi, sa);
	}
}

bool ike_chosen(const struct ike_sa *answer, struct ike_suite *suite)
{
	uint8_t seen[IKE_TRANSFORM_ADDKE7 + 1] = { 0 };
	const struct ike_proposal *p = &answer->proposal[0];

	*suite = (struct ike_suite){ 0 };
	if (answer->proposal_count != 1 || answer->ignored || p->protocol != IKE_PROTOCOL_IKE)
		return false;
	for (size_t i = 0; i < p->count; i++) {
		const struct ike_transform *t = &answer->transform[p->first + i];

		if (t->type < IKE_TRANSFORM_ENCR || t->type > IKE_TRANSFORM_ADDKE7 ||
		    t->type == IKE_TRANSFORM_ESN || t->strange ||
		    (t->key_bits && t->type != IKE_TRANSFORM_ENCR) || seen[t->type]++)
			return false;
		switch (t->type) {
		case IKE_TRANSFORM_ENCR:
			suite->encr = t->id;
			suite->key_bits = t->key_bits;
			break;
		case IKE_TRANSFORM_PRF:
			suite->prf = t->id;
			break;
		case IKE_TRANSFORM_INTEG:
			suite->integ = t->id;
			break;
		case IKE_TRANSFORM_DH:
			suite->group = t->id;
			break;
		default:
			suite->additional[t->type - IKE_TRANSFORM_ADDKE1] = t->id;
		}
	}
	return ike_suite_known(suite);
}

bool ike_chosen_of(const struct ike_sa *answer, const struct conf_proposal *const *ours,
		   size_t count, uint16_t group, struct ike_suite *suite)
{
	struct ike_choice choice;

	return ike_chosen(answer, suite) &&
	       ike_choose_additional(answer, ours, count, group, &choice) && !choice.wrong_group;
}

bool ike_suite_known(const struct ike_suite *suite)
{
	const struct cipher_row *row = cipher_of(suite->encr, suite->key_bits);

	if (!row || !text_of(prfs, COUNT(prfs), suite->prf) ||
	    !text_of(groups, COUNT(groups), suite->group))
		return false;
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		if (suite->additional[n] &&
		    !text_of(methods, COUNT(methods), suite->additional[n]) &&
		    !text_of(groups, COUNT(groups), suite->additional[n]))
			return false;
	return row->aead ? suite->integ == IKE_INTEG_NONE
			 : text_of(integs, COUNT(integs), suite->integ) != NULL;
}

static const char *method_text(uint16_t method)
{
	const char *text = text_of(groups, COUNT(groups), method);

	return text ? text : text_of(methods, COUNT(methods), method);
}

const char *ike_suite_text(const struct ike_suite *suite, char buf[IKE_SUITE_TEXT_MAX])
{
	const struct cipher_row *row = cipher_of(suite->encr, suite->key_bits);
	size_t len;

	if (!ike_suite_known(suite)) {
		snprintf(buf, IKE_SUITE_TEXT_MAX, "unknown suite");
		return buf;
	}
	snprintf(buf, IKE_SUITE_TEXT_MAX, "%s / %s%s%s / %s", row->text,
		 row->aead ? "" : text_of(integs, COUNT(integs), suite->integ),
		 row->aead ? "" : " / ", text_of(prfs, COUNT(prfs), suite->prf),
		 text_of(groups, COUNT(groups), suite->group));
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		len = strlen(buf);
		if (suite->additional[n])
			snprintf(buf + len, IKE_SUITE_TEXT_MAX - len, " + %s",
				 method_text(suite->additional[n]));
	}
	return buf;
}

bool ike_algorithm_at(size_t place, struct ike_algorithm *algorithm)
{
	static const struct {
		uint8_t type;
		const struct id_text *rows;
		size_t count;
	} kinds[] = {
		{ IKE_TRANSFORM_INTEG, integs, COUNT(integs) },
		{ IKE_TRANSFORM_PRF, prfs, COUNT(prfs) },
		{ IKE_TRANSFORM_DH, groups, COUNT(groups) },
		{ IKE_TRANSFORM_ADDKE1, methods, COUNT(methods) },
	};

	if (place < COUNT(ciphers)) {
		*algorithm = (struct ike_algorithm){ IKE_TRANSFORM_ENCR, ciphers[place].id,
						     ciphers[place].key_bits, ciphers[place].text };
		return true;
	}
	place -= COUNT(ciphers);
	for (size_t i = 0; i < COUNT(kinds); place -= kinds[i++].count) {
		if (place >= kinds[i].count)
			continue;
		*algorithm = (struct ike_algorithm){ kinds[i].type, kinds[i].rows[place].id, 0,
						     kinds[i].rows[place].text };
		return true;
	}
	return false;
}

const char *ike_legacy_text(const struct ike_suite *suite, char buf[IKE_SUITE_TEXT_MAX])
{
	const struct {
		uint8_t type;
		uint16_t id;
		const char *text;
	} part[] = {
		{ IKE_TRANSFORM_DH, suite->group, text_of(groups, COUNT(groups), suite->group) },
		{ IKE_TRANSFORM_INTEG, suite->integ, text_of(integs, COUNT(integs), suite->integ) },
		{ IKE_TRANSFORM_PRF, suite->prf, text_of(prfs, COUNT(prfs), suite->prf) },
	};
	size_t at = 0;

	for (size_t i = 0; i < COUNT(part); i++)
		if (conf_legacy(part[i].type, part[i].id) && at < IKE_SUITE_TEXT_MAX)
			at += (size_t)snprintf(buf + at, IKE_SUITE_TEXT_MAX - at, "%s%s",
					       at ? ", " : "", part[i].text);
	return at ? buf : NULL;
}

const char *ike_legacy_would(const struct ike_sa *offer, const struct conf_proposal *ours,
			     uint16_t ke_group, char buf[IKE_SUITE_TEXT_MAX])
{
	struct conf_proposal wide = *ours;
	const struct conf_proposal *const list[] = { &wide };
	struct ike_choice choice;

	conf_legacy_widen(&wide);
	return choose(offer, list, 1, ke_group, true, &choice) ? ike_legacy_text(&choice.suite, buf)
							       : NULL;
}

const char *ike_offer_text(const struct ike_sa *offer, char buf[IKE_OFFER_TEXT_MAX])
{
	char bits[8];
	struct ike_name room;
	size_t at = 0;

	snprintf(buf, IKE_OFFER_TEXT_MAX, "nothing");
	for (size_t i = 0; i < offer->proposal_count; i++) {
		const struct ike_proposal *p = &offer->proposal[i];

		for (size_t j = 0; j < p->count && at < IKE_OFFER_TEXT_MAX; j++) {
			const struct ike_transform *t = &offer->transform[p->first + j];

			bits[0] = '\0';
			if (t->key_bits)
				snprintf(bits, sizeof(bits), "-%u", t->key_bits);
			at += (size_t)snprintf(buf + at, IKE_OFFER_TEXT_MAX - at, "%s%s%s",
					       j   ? " "
					       : i ? "; "
						   : "",
					       ike_transform_id_name(t->type, t->id, &room), bits);
		}
	}
	if (at >= IKE_OFFER_TEXT_MAX)
		memcpy(buf + IKE_OFFER_TEXT_MAX - sizeof("..."), "...", sizeof("..."));
	return buf;
}
