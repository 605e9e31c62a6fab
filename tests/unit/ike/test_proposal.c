// SPDX-License-Identifier: BSD-2-Clause
/* Choosing an IKE proposal. Offers are written as "number: transforms", one string per proposal. */
#include "bytes.h"

#include "ike/proposal.h"

#include <stdio.h>

/*
 * Words of an offer: gcm128 gcm256 cbc128 cbc256 gcm (no key length) 3des | p1 p256 p384 p512 |
 * i0 i256 i384 i512 | x25519 e256 e384 e521 m2048 m4096 m1024 none | esn | t6 (unknown type).
 * "#N" begins the next proposal with number N.
 */
static const struct word {
	const char *word;
	uint8_t type;
	uint16_t id, key_bits;
} words[] = {
	{ "gcm128", 1, IKE_ENCR_AES_GCM_16, 128 },
	{ "gcm256", 1, IKE_ENCR_AES_GCM_16, 256 },
	{ "gcm", 1, IKE_ENCR_AES_GCM_16, 0 },
	{ "cbc128", 1, IKE_ENCR_AES_CBC, 128 },
	{ "cbc256", 1, IKE_ENCR_AES_CBC, 256 },
	{ "chacha", 1, IKE_ENCR_CHACHA20_POLY1305, 0 },
	{ "chacha/256", 1, IKE_ENCR_CHACHA20_POLY1305, 256 },
	{ "3des", 1, IKE_ENCR_3DES, 0 },
	{ "p1", 2, IKE_PRF_HMAC_SHA1, 0 },
	{ "p256", 2, IKE_PRF_HMAC_SHA2_256, 0 },
	{ "p384", 2, IKE_PRF_HMAC_SHA2_384, 0 },
	{ "p512", 2, IKE_PRF_HMAC_SHA2_512, 0 },
	{ "p256/128", 2, 5, 128 },
	{ "i0", 3, 0, 0 },
	{ "i1", 3, 2, 0 },
	{ "i256", 3, 12, 0 },
	{ "i384", 3, 13, 0 },
	{ "i512", 3, 14, 0 },
	{ "x25519", 4, 31, 0 },
	{ "e256", 4, 19, 0 },
	{ "e384", 4, 20, 0 },
	{ "e521", 4, 21, 0 },
	{ "m2048", 4, 14, 0 },
	{ "m4096", 4, 16, 0 },
	{ "m1024", 4, 2, 0 },
	{ "none", 4, 0, 0 },
	{ "esn", 5, 0, 0 },
	{ "t6", 6, 35, 0 },
};

static void offer_of(const char *text, struct ike_sa *sa)
{
	char copy[256], *save = NULL;

	memset(sa, 0, sizeof(*sa));
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		size_t i = 0;

		if (*w == '#') {
			assert_true(ike_sa_add_proposal(sa, (uint8_t)atoi(w + 1), IKE_PROTOCOL_IKE,
							NULL, 0));
			continue;
		}
		while (i < COUNT(words) && strcmp(words[i].word, w) != 0)
			i++;
		assert_true(i < COUNT(words));
		assert_true(
			ike_sa_add_transform(sa, words[i].type, words[i].id, words[i].key_bits));
	}
}

/* Ours, in order: a modern AEAD proposal and an older one. */
static const struct conf_proposal modern = {
	.encryption = { { IKE_ENCR_AES_GCM_16, 256 },
			{ IKE_ENCR_AES_GCM_16, 128 },
			{ IKE_ENCR_AES_CBC, 256 } },
	.encryption_count = 3,
	.integrity = { 12, 14 },
	.integrity_count = 2,
	.prf = { 6, 5 },
	.prf_count = 2,
	.group = { 31, 19 },
	.group_count = 2,
};

static const struct conf_proposal old = {
	.encryption = { { IKE_ENCR_AES_CBC, 128 },
			{ IKE_ENCR_3DES, 0 },
			{ IKE_ENCR_CHACHA20_POLY1305, 0 } },
	.encryption_count = 3,
	.integrity = { 12, 2 },
	.integrity_count = 2,
	.prf = { 2, 5 },
	.prf_count = 2,
	.group = { 2, 14 },
	.group_count = 2,
	.legacy = true,
};

static const struct row {
	const char *offer;
	uint16_t ke;
	const char *suite; /* NULL: nothing chosen */
	uint8_t number;
	bool wrong_group, say_none;
} rows[] = {
	/* clang-format off */
	{ "#1 gcm256 p256 x25519", 31,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519", 1, false, false },
	/* our order wins, whatever theirs */
	{ "#1 gcm128 gcm256 p256 p384 e256 x25519", 31,
	  "AES-GCM-256 / PRF-HMAC-SHA2-384 / x25519", 1, false, false },
	{ "#1 cbc256 gcm128 i512 i256 p256 x25519", 31,
	  "AES-CBC-256 / HMAC-SHA2-256-128 / PRF-HMAC-SHA2-256 / x25519", 1, false, false },
	/* of groups that both have, that of the KE payload */
	{ "#1 gcm256 p256 x25519 e256", 19,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / ECP-256", 1, false, false },
	{ "#1 gcm256 p256 x25519 e256", 14,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519", 1, true, false },
	{ "#1 gcm256 p256 e256 m1024", 2,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / ECP-256", 1, true, false },
	{ "#1 gcm256 p256 e256", 31, "AES-GCM-256 / PRF-HMAC-SHA2-256 / ECP-256", 1, true, false },
	/* the peer's numbers are echoed, its order counts among proposals */
	{ "#5 3des i256 p1 m1024 #9 gcm128 p256 e256", 19,
	  "AES-GCM-128 / PRF-HMAC-SHA2-256 / ECP-256", 9, false, false },
	{ "#1 gcm128 p256 x25519 #2 gcm256 p256 x25519", 31,
	  "AES-GCM-128 / PRF-HMAC-SHA2-256 / x25519", 1, false, false },
	/* our first proposal before our second */
	{ "#1 cbc128 i256 p256 m2048 #2 gcm128 p256 e256", 14,
	  "AES-GCM-128 / PRF-HMAC-SHA2-256 / ECP-256", 2, true, false },
	{ "#1 cbc128 i256 p256 m2048", 14,
	  "AES-CBC-128 / HMAC-SHA2-256-128 / PRF-HMAC-SHA2-256 / MODP-2048", 1, false, false },
	/* AEAD: INTEG absent or NONE; NONE is echoed */
	{ "#1 gcm256 i0 p256 x25519", 31,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519", 1, false, true },
	{ "#1 gcm256 i256 i0 p256 x25519", 31,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519", 1, false, true },
	{ "#1 gcm256 i256 p256 x25519", 31, NULL, 0, false, false },
	/* not AEAD: INTEG needed */
	{ "#1 cbc256 p256 x25519", 31, NULL, 0, false, false },
	{ "#1 cbc256 i0 p256 x25519", 31, NULL, 0, false, false },
	{ "#1 cbc256 i384 p256 x25519", 31, NULL, 0, false, false },
	/* key length: needed for AES, of nothing else */
	{ "#1 gcm p256 x25519", 31, NULL, 0, false, false },
	{ "#1 gcm256 p256/128 x25519", 31, NULL, 0, false, false },
	/* a type is missing, or only has what we lack */
	{ "#1 gcm256 p256", 31, NULL, 0, false, false },
	{ "#1 gcm256 x25519", 31, NULL, 0, false, false },
	{ "#1 p256 x25519", 31, NULL, 0, false, false },
	{ "#1 gcm256 p256 none", 0, NULL, 0, false, false },
	{ "#1 gcm256 p1 x25519", 31, NULL, 0, false, false },
	{ "#1 gcm256 p256 m4096", 16, NULL, 0, false, false },
	{ "#1", 31, NULL, 0, false, false },
	{ "", 31, NULL, 0, false, false },
	/* unknown transforms are skipped, an unknown or alien type spoils its proposal */
	{ "#1 3des gcm256 p1 p256 m1024 x25519", 31,
	  "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519", 1, false, false },
	{ "#1 gcm256 p256 x25519 t6 #2 gcm128 p256 x25519", 31,
	  "AES-GCM-128 / PRF-HMAC-SHA2-256 / x25519", 2, false, false },
	{ "#1 gcm256 p256 x25519 esn", 31, NULL, 0, false, false },
	/* configured but not ours to have: 3DES */
	{ "#1 3des i256 p256 m2048", 14, NULL, 0, false, false },
	/* legacy: taken where there is nothing better, even if the KE payload is of that group */
	{ "#1 cbc128 i1 p1 m1024", 2,
	  "AES-CBC-128 / HMAC-SHA1-96 / PRF-HMAC-SHA1 / MODP-1024", 1, false, false },
	{ "#1 cbc128 i1 i256 p1 p256 m1024 m2048", 2,
	  "AES-CBC-128 / HMAC-SHA2-256-128 / PRF-HMAC-SHA2-256 / MODP-2048", 1, true, false },
	{ "#1 cbc256 i1 p256 x25519", 31, NULL, 0, false, false },
	/* the weak last, in whatever order they and we have them */
	{ "#1 cbc128 i1 i256 p1 p256 m2048", 14,
	  "AES-CBC-128 / HMAC-SHA2-256-128 / PRF-HMAC-SHA2-256 / MODP-2048", 1, false, false },
	{ "#1 cbc128 i1 p1 m1024 #2 cbc128 i1 p256 m1024 #3 cbc128 i256 p256 m1024", 2,
	  "AES-CBC-128 / HMAC-SHA2-256-128 / PRF-HMAC-SHA2-256 / MODP-1024", 3, false, false },
	{ "#1 cbc128 i1 p256 m2048 #2 cbc128 i256 p1 m2048", 14,
	  "AES-CBC-128 / HMAC-SHA1-96 / PRF-HMAC-SHA2-256 / MODP-2048", 1, false, false },
	/* RFC 7634: without a Key Length */
	{ "#1 chacha p256 m2048", 14, "CHACHA20-POLY1305 / PRF-HMAC-SHA2-256 / MODP-2048", 1, false,
	  false },
	{ "#1 chacha/256 p256 m2048", 14, NULL, 0, false, false },
	/* clang-format on */
};

static void choices(void **state)
{
	const struct conf_proposal *ours[] = { &modern, &old };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_sa offer;
		struct ike_choice choice;
		char text[IKE_SUITE_TEXT_MAX];
		bool ok;

		offer_of(rows[i].offer, &offer);
		ok = ike_choose(&offer, ours, COUNT(ours), rows[i].ke, &choice);
		ike_suite_text(&choice.suite, text);
		if (ok != (rows[i].suite != NULL) || (ok && strcmp(text, rows[i].suite) != 0) ||
		    choice.number != rows[i].number || choice.wrong_group != rows[i].wrong_group ||
		    choice.say_none != rows[i].say_none)
			fail_msg("%s: %s, number %u, wrong group %d, none %d", rows[i].offer,
				 ok ? text : "nothing", choice.number, choice.wrong_group,
				 choice.say_none);
	}
}

/* For the log: would it be taken if the proposal had what is weak? */
static void would_be_taken(void **state)
{
	static const struct {
		const char *offer, *weak; /* NULL: something else is wrong, or nothing */
		const struct conf_proposal *ours;
	} cases[] = {
		{ "#1 gcm256 p256 m1024", "MODP-1024", &modern },
		{ "#1 gcm256 p1 x25519", "PRF-HMAC-SHA1", &modern },
		{ "#1 gcm256 p1 m1024 #2 gcm256 p256 m1024", "MODP-1024", &modern },
		{ "#1 gcm256 p256 x25519", NULL, &modern },
		{ "#1 3des i1 p1 m1024", NULL, &modern },
		{ "#1 gcm256 p256 e521 esn", NULL, &modern },
		{ "#1 cbc128 i1 p1 m1024", "MODP-1024, HMAC-SHA1-96, PRF-HMAC-SHA1", &old },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct ike_sa offer;
		char text[IKE_SUITE_TEXT_MAX];
		const char *weak;

		offer_of(cases[i].offer, &offer);
		weak = ike_legacy_would(&offer, cases[i].ours, 0, text);
		if (!weak != !cases[i].weak || (weak && strcmp(weak, cases[i].weak) != 0))
			fail_msg("%s: %s", cases[i].offer, weak ? weak : "nothing");
	}
}

static void other_protocols_and_attributes(void **state)
{
	const struct conf_proposal *ours[] = { &modern };
	static struct ike_sa offer;
	struct ike_choice choice;

	(void)state;
	offer_of("#1 gcm256 p256 x25519", &offer);
	assert_true(ike_choose(&offer, ours, 1, 31, &choice));
	offer.transform[0].strange = true;
	assert_false(ike_choose(&offer, ours, 1, 31, &choice));
	offer.transform[0].strange = false;
	offer.proposal[0].protocol = IKE_PROTOCOL_ESP;
	assert_false(ike_choose(&offer, ours, 1, 31, &choice));
	assert_false(ike_choose(&offer, ours, 0, 31, &choice));
}

/* After INVALID_KE_PAYLOAD the peer comes with the group that we named and is accepted. */
static void wanted_group_is_taken(void **state)
{
	const struct conf_proposal *ours[] = { &modern, &old };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_sa offer;
		struct ike_choice first, second;

		offer_of(rows[i].offer, &offer);
		if (!ike_choose(&offer, ours, 2, rows[i].ke, &first) || !first.wrong_group)
			continue;
		assert_true(ike_choose(&offer, ours, 2, first.suite.group, &second));
		assert_false(second.wrong_group);
		assert_memory_equal(&second.suite, &first.suite, sizeof(first.suite));
	}
}

/* Our answer says what was chosen, and an initiator reads it back. */
static void answer_round_trip(void **state)
{
	const struct conf_proposal *ours[] = { &modern, &old };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_sa offer, answer;
		struct ike_choice choice;
		struct ike_suite suite;

		offer_of(rows[i].offer, &offer);
		if (!ike_choose(&offer, ours, 2, rows[i].ke, &choice))
			continue;
		ike_choice_sa(&choice, NULL, &answer);
		assert_int_equal(answer.proposal[0].number, rows[i].number);
		assert_int_equal(answer.transform_count,
				 3 + (choice.suite.integ != 0 || choice.say_none));
		assert_true(ike_chosen(&answer, &suite));
		assert_memory_equal(&suite, &choice.suite, sizeof(suite));
	}
}

static void answers_that_are_no_choice(void **state)
{
	static const char *const cases[] = {
		"",
		"#1",
		"#1 gcm256 p256 x25519 #2 gcm256 p256 x25519",
		"#1 gcm256 gcm128 p256 x25519",
		"#1 gcm256 p256 p384 x25519",
		"#1 gcm256 p256",
		"#1 gcm256 p256 x25519 esn",
		"#1 gcm256 p256 x25519 i256",
		"#1 cbc256 p256 x25519",
		"#1 gcm256 p256/128 x25519",
		"#1 3des i256 p256 x25519",
	};
	static struct ike_sa answer;
	struct ike_suite suite;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		offer_of(cases[i], &answer);
		if (ike_chosen(&answer, &suite))
			fail_msg("%s", cases[i]);
	}
	offer_of("#1 cbc256 i512 p512 e521", &answer);
	assert_true(ike_chosen(&answer, &suite));
}

/* What we offer as initiator, we choose as responder; AEAD and the others stand apart. */
static void offer_round_trip(void **state)
{
	const struct conf_proposal *ours[] = { &modern, &old };
	static struct ike_sa offer;
	struct ike_choice choice;
	char text[IKE_SUITE_TEXT_MAX];

	(void)state;
	ike_offer_sa(ours, 2, NULL, &offer);
	assert_int_equal(offer.proposal_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(offer.proposal[i].number, i + 1);
	for (size_t i = 0; i < offer.proposal[0].count; i++)
		assert_int_not_equal(offer.transform[i].type, IKE_TRANSFORM_INTEG);
	assert_true(ike_choose(&offer, ours, 2, 31, &choice));
	assert_string_equal(ike_suite_text(&choice.suite, text),
			    "AES-GCM-256 / PRF-HMAC-SHA2-384 / x25519");
	assert_true(ike_choose(&offer, ours + 1, 1, 14, &choice));
	assert_int_equal(choice.number, 3);
}

static void rekey_spi(void **state)
{
	const struct ike_choice choice = {
		.suite = { .encr = 20, .key_bits = 256, .prf = 5, .group = 31 }, .number = 4
	};
	static struct ike_sa sa;

	(void)state;
	ike_choice_sa(&choice, (const uint8_t *)"12345678", &sa);
	assert_int_equal(sa.proposal[0].spi_len, 8);
	assert_memory_equal(sa.proposal[0].spi, "12345678", 8);
}

static void offers_in_words(void **state)
{
	static struct ike_sa sa;
	char text[IKE_OFFER_TEXT_MAX];

	(void)state;
	assert_string_equal(ike_offer_text(&sa, text), "nothing");
	ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, 12, 128);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_PRF, 2, 0);
	ike_sa_add_proposal(&sa, 2, IKE_PROTOCOL_IKE, NULL, 0);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR, 20, 65535);
	assert_string_equal(ike_offer_text(&sa, text),
			    "AES_CBC-128 PRF_HMAC_SHA1; AES_GCM_16-65535");
	for (int i = 0; i < 40; i++)
		ike_sa_add_transform(&sa, 200, 65535, 65535);
	assert_int_equal(strlen(ike_offer_text(&sa, text)), IKE_OFFER_TEXT_MAX - 1);
	assert_string_equal(text + strlen(text) - 3, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(would_be_taken),
		cmocka_unit_test(other_protocols_and_attributes),
		cmocka_unit_test(wanted_group_is_taken),
		cmocka_unit_test(answer_round_trip),
		cmocka_unit_test(answers_that_are_no_choice),
		cmocka_unit_test(offer_round_trip),
		cmocka_unit_test(rekey_spi),
		cmocka_unit_test(offers_in_words),
	};

	return cmocka_run_group_tests_name("proposal", tests, NULL, NULL);
}
