// SPDX-License-Identifier: BSD-2-Clause
/* The half of proposal.h that deals with CHILD SAs. */
#include "ike/proposal.h"

#include "ike/wire/build.h"

#include <arpa/inet.h>

enum { ESP_FIRST_SPI = 256 }; /* RFC 4303 2.1: below that reserved */

/* RFC 7634 2: ChaCha20-Poly1305 has no Key Length attribute. */
static const struct esp_row {
	uint16_t suite; /* enum fg_esp_suite */
	uint16_t encr, key_bits;
	uint16_t integ;
	const char *text;
} rows[] = {
	{ FG_ESP_AES_GCM_128, IKE_ENCR_AES_GCM_16, 128, IKE_INTEG_NONE, "AES-GCM-128" },
	{ FG_ESP_AES_GCM_256, IKE_ENCR_AES_GCM_16, 256, IKE_INTEG_NONE, "AES-GCM-256" },
	{ FG_ESP_CHACHA20_POLY1305, IKE_ENCR_CHACHA20_POLY1305, 0, IKE_INTEG_NONE,
	  "ChaCha20-Poly1305" },
	{ FG_ESP_AES_CBC_128_SHA256, IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
	  "AES-CBC-128 / HMAC-SHA2-256-128" },
	{ FG_ESP_AES_CBC_256_SHA256, IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_256_128,
	  "AES-CBC-256 / HMAC-SHA2-256-128" },
	{ FG_ESP_AES_CBC_128_SHA1, IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA1_96,
	  "AES-CBC-128 / HMAC-SHA1-96" },
	{ FG_ESP_AES_CBC_256_SHA1, IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA1_96,
	  "AES-CBC-256 / HMAC-SHA1-96" },
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows[0]))

/* Of a suite as the configuration has it, with or without ESN. */
static const struct esp_row *row_of(uint16_t suite)
{
	suite &= (uint16_t)~CONF_ESP_ESN;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].suite == suite)
			return &rows[i];
	return NULL;
}

/* What the transforms of an offered proposal say about one suite. */
struct tally {
	bool encr;                  /* its cipher is offered */
	bool integ_any, integ_fits; /* fits: its own, or NONE for an AEAD */
	bool esn_any, esn_fits;     /* fits: as we want it */
	bool group_any, group_none;
	bool alien; /* of a type that does not belong there */
};

static void tally_one(const struct ike_transform *t, const struct esp_row *row, bool esn,
		      struct tally *y)
{
	switch (t->type) {
	case IKE_TRANSFORM_ENCR:
		y->encr |= !t->strange && t->id == row->encr && t->key_bits == row->key_bits;
		break;
	case IKE_TRANSFORM_INTEG:
		y->integ_any = true;
		y->integ_fits |= !t->strange && t->id == row->integ && t->key_bits == 0;
		break;
	case IKE_TRANSFORM_ESN:
		y->esn_any = true;
		y->esn_fits |= !t->strange && t->id == (esn ? IKE_ESN_YES : IKE_ESN_NO) &&
			       t->key_bits == 0;
		break;
	case IKE_TRANSFORM_DH:
		y->group_any = true;
		y->group_none |= !t->strange && t->id == IKE_GROUP_NONE;
		break;
	default:
		y->alien |= !ike_additional_type(t->type);
		break;
	}
}

static bool match(const struct ike_sa *offer, const struct ike_proposal *p,
		  const struct esp_row *row, bool esn, struct ike_esp_choice *choice)
{
	bool aead = row->integ == IKE_INTEG_NONE;
	struct tally y = { 0 };

	if (p->protocol != IKE_PROTOCOL_ESP || p->spi_len != sizeof(choice->spi))
		return false;
	for (size_t i = 0; i < p->count; i++)
		tally_one(&offer->transform[p->first + i], row, esn, &y);
	if (y.alien || !y.encr || !(y.integ_fits || (aead && !y.integ_any)) ||
	    !(y.esn_fits || (!esn && !y.esn_any)))
		return false;
	memset(choice, 0, sizeof(*choice));
	memcpy(&choice->spi, p->spi, sizeof(choice->spi));
	choice->suite = row->suite;
	choice->number = p->number;
	choice->esn = esn;
	choice->say_none = aead && y.integ_any;
	choice->say_esn = y.esn_any;
	return ntohl(choice->spi) >= ESP_FIRST_SPI;
}

/* --- groups, RFC 7296 3.3.6 --- */

static bool has_group(const struct ike_sa *offer, const struct ike_proposal *p, uint16_t group)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct ike_transform *t = &offer->transform[p->first + i];

		if (t->type == IKE_TRANSFORM_DH && t->id == group && !t->strange)
			return true;
	}
	return false;
}

/* What follows the key exchange with this group; none where there is none. */
static bool additional(const struct ike_sa *offer, const struct ike_proposal *p,
		       const struct ike_pfs *pfs, uint16_t group, struct ike_esp_choice *choice)
{
	return ike_additional_pick(offer, p, group ? &pfs->additional : NULL, group,
				   &choice->additional);
}

static bool group_of_ke(const struct ike_sa *offer, const struct ike_proposal *p,
			const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	if (!pfs->ke || !has_group(offer, p, pfs->ke))
		return false;
	for (size_t i = 0; i < pfs->group_count; i++)
		if (pfs->group[i] == pfs->ke)
			choice->group = pfs->ke;
	return choice->group != 0 && additional(offer, p, pfs, pfs->ke, choice);
}

static bool no_group(const struct ike_sa *offer, const struct ike_proposal *p,
		     const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	struct tally y = { 0 };

	for (size_t i = 0; i < p->count; i++)
		tally_one(&offer->transform[p->first + i], &rows[0], false, &y);
	choice->say_no_group = y.group_none;
	return !pfs->required && (!y.group_any || y.group_none) &&
	       additional(offer, p, pfs, IKE_GROUP_NONE, choice);
}

static bool other_group(const struct ike_sa *offer, const struct ike_proposal *p,
			const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	choice->wrong_group = true;
	for (size_t i = 0; i < pfs->group_count; i++) {
		choice->group = pfs->group[i];
		if (has_group(offer, p, choice->group) &&
		    additional(offer, p, pfs, choice->group, choice))
			return true;
	}
	return false;
}

typedef bool group_rule(const struct ike_sa *offer, const struct ike_proposal *p,
			const struct ike_pfs *pfs, struct ike_esp_choice *choice);

static bool choose(const struct ike_sa *offer, const uint16_t *suites, size_t count,
		   group_rule *rule, const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	for (size_t i = 0; i < count; i++) {
		const struct esp_row *row = row_of(suites[i]);

		for (size_t k = 0; row && k < offer->proposal_count; k++)
			if (match(offer, &offer->proposal[k], row, suites[i] & CONF_ESP_ESN,
				  choice) &&
			    (!rule || rule(offer, &offer->proposal[k], pfs, choice)))
				return true;
	}
	memset(choice, 0, sizeof(*choice));
	return false;
}

bool ike_esp_choose(const struct ike_sa *offer, const uint16_t *suites, size_t count,
		    struct ike_esp_choice *choice)
{
	/* RFC 7296 1.2: groups mean nothing there. */
	return choose(offer, suites, count, NULL, NULL, choice);
}

bool ike_esp_choose_pfs(const struct ike_sa *offer, const uint16_t *suites, size_t count,
			const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	return choose(offer, suites, count, group_of_ke, pfs, choice) ||
	       choose(offer, suites, count, no_group, pfs, choice) ||
	       choose(offer, suites, count, other_group, pfs, choice);
}

bool ike_esp_chosen(const struct ike_sa *answer, const uint16_t *suites, size_t count,
		    const struct ike_pfs *pfs, struct ike_esp_choice *choice)
{
	unsigned seen[IKE_TRANSFORM_ADDKE7 + 1] = { 0 };
	struct ike_pfs sent = *pfs;

	if (answer->proposal_count != 1 || answer->ignored)
		return false;
	for (size_t i = 0; i < answer->proposal[0].count; i++) {
		uint8_t type = answer->transform[answer->proposal[0].first + i].type;

		if (type > IKE_TRANSFORM_ADDKE7 || seen[type]++)
			return false;
	}
	sent.required = pfs->ke != 0;
	return ike_esp_choose_pfs(answer, suites, count, &sent, choice) && !choice->wrong_group;
}

static void add(const struct esp_row *row, uint8_t number, __be32 spi, bool say_none,
		struct ike_sa *sa)
{
	if (!ike_sa_add_proposal(sa, number, IKE_PROTOCOL_ESP, &spi, sizeof(spi)))
		return;
	ike_sa_add_transform(sa, IKE_TRANSFORM_ENCR, row->encr, row->key_bits);
	if (row->integ != IKE_INTEG_NONE || say_none)
		ike_sa_add_transform(sa, IKE_TRANSFORM_INTEG, row->integ, 0);
}

static void add_esn(bool esn, struct ike_sa *sa)
{
	ike_sa_add_transform(sa, IKE_TRANSFORM_ESN, esn ? IKE_ESN_YES : IKE_ESN_NO, 0);
}

void ike_esp_choice_sa(const struct ike_esp_choice *choice, __be32 spi_in, struct ike_sa *sa)
{
	const struct esp_row *row = row_of(choice->suite);

	memset(sa, 0, sizeof(*sa));
	if (!row)
		return;
	add(row, choice->number, spi_in, choice->say_none, sa);
	if (choice->group || choice->say_no_group)
		ike_sa_add_transform(sa, IKE_TRANSFORM_DH, choice->group, 0);
	ike_additional_answer(&choice->additional, sa);
	if (choice->say_esn)
		add_esn(choice->esn, sa);
}

static void add_groups(const struct ike_pfs *pfs, struct ike_sa *sa)
{
	for (size_t i = 0; i < pfs->group_count; i++)
		ike_sa_add_transform(sa, IKE_TRANSFORM_DH, pfs->group[i], 0);
	if (pfs->group_count > 0)
		ike_additional_offer(&pfs->additional, sa);
}

void ike_esp_offer_sa(const uint16_t *suites, size_t count, const struct ike_pfs *pfs,
		      __be32 spi_in, struct ike_sa *sa)
{
	const struct esp_row *last = NULL;

	memset(sa, 0, sizeof(*sa));
	for (size_t i = 0; i < count; i++) {
		const struct esp_row *row = row_of(suites[i]);

		if (!row)
			continue;
		if (row != last)
			add(row, (uint8_t)(sa->proposal_count + 1), spi_in, false, sa);
		if (row != last && pfs)
			add_groups(pfs, sa);
		add_esn(suites[i] & CONF_ESP_ESN, sa);
		last = row;
	}
}

const char *ike_esp_legacy_would(const struct ike_sa *offer, const struct conf_ipsec_profile *ours)
{
	uint16_t weak[2 * COUNT(rows)];
	struct ike_esp_choice choice;
	size_t count = 0;

	if (ours->legacy || ike_esp_choose(offer, ours->suite, ours->suite_count, &choice))
		return NULL;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!conf_legacy_suite(rows[i].suite))
			continue;
		if (ours->esn != CONF_ESN_NO)
			weak[count++] = rows[i].suite | CONF_ESP_ESN;
		if (ours->esn != CONF_ESN_REQUIRE)
			weak[count++] = rows[i].suite;
	}
	return ike_esp_choose(offer, weak, count, &choice) ? ike_esp_suite_text(choice.suite)
							   : NULL;
}

const char *ike_esp_suite_text(uint16_t suite)
{
	const struct esp_row *row = row_of(suite);

	return row ? row->text : "unknown suite";
}
