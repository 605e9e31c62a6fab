// SPDX-License-Identifier: BSD-2-Clause
/* Choosing an ESP proposal for the CHILD SA of IKE_AUTH. */
#include "bytes.h"

#include "ike/proposal.h"

/* type, strange, id, key length */
/* clang-format off */
#define GCM128     { 1, false, 20, 128 }
#define GCM256     { 1, false, 20, 256 }
#define CBC128     { 1, false, 12, 128 }
#define CBC256     { 1, false, 12, 256 }
#define CHACHA     { 1, false, 28, 0 }
#define SHA256     { 3, false, 12, 0 }
#define INTEG_NONE { 3, false, 0, 0 }
#define NO_ESN     { 5, false, 0, 0 }
#define ESN        { 5, false, 1, 0 }
/* clang-format on */

static const struct transforms {
	const char *name;
	struct ike_transform t[6]; /* ends with type 0 */
	uint16_t suite;            /* 0: not acceptable */
	bool say_none, say_esn;
} rows[] = {
	/* clang-format off */
	{ "GCM-128",                { GCM128, NO_ESN }, FG_ESP_AES_GCM_128, false, true },
	{ "GCM-256 without ESN",    { GCM256 }, FG_ESP_AES_GCM_256, false, false },
	{ "ChaCha20",               { CHACHA, NO_ESN }, FG_ESP_CHACHA20_POLY1305, false, true },
	{ "ChaCha20 with a length", { { 1, false, 28, 256 }, NO_ESN }, 0, false, false },
	{ "CBC-128",                { CBC128, SHA256, NO_ESN },
	  FG_ESP_AES_CBC_128_SHA256, false, true },
	{ "CBC-256",                { CBC256, SHA256 }, FG_ESP_AES_CBC_256_SHA256, false, false },
	{ "CBC without integrity",  { CBC256, NO_ESN }, 0, false, false },
	{ "CBC with SHA-1",         { CBC256, { 3, false, 2, 0 } }, 0, false, false },
	{ "CBC with SHA-512",       { CBC256, { 3, false, 14, 0 } }, 0, false, false },
	{ "CBC with two",           { CBC256, { 3, false, 2, 0 }, SHA256 },
	  FG_ESP_AES_CBC_256_SHA256, false, false },
	{ "CBC without key length", { { 1, false, 12, 0 }, SHA256 }, 0, false, false },
	{ "CBC-192",                { { 1, false, 12, 192 }, SHA256 }, 0, false, false },
	{ "GCM with NONE",          { GCM128, INTEG_NONE, NO_ESN },
	  FG_ESP_AES_GCM_128, true, true },
	{ "GCM with SHA-256",       { GCM128, SHA256 }, 0, false, false },
	{ "GCM with ICV of 8",      { { 1, false, 18, 128 } }, 0, false, false },
	{ "only ESN",               { GCM128, ESN }, 0, false, false },
	{ "ESN or not",             { GCM128, ESN, NO_ESN }, FG_ESP_AES_GCM_128, false, true },
	{ "DH group is ignored",    { GCM128, { 4, false, 31, 0 } },
	  FG_ESP_AES_GCM_128, false, false },
	{ "PRF does not belong",    { GCM128, { 2, false, 5, 0 } }, 0, false, false },
	{ "ADDKE is ignored",       { GCM128, { 6, false, 35, 0 } },
	  FG_ESP_AES_GCM_128, false, false },
	{ "unknown type",           { GCM128, { 13, false, 35, 0 } }, 0, false, false },
	{ "strange cipher",         { { 1, true, 20, 128 } }, 0, false, false },
	{ "strange ESN",            { GCM128, { 5, true, 0, 0 } }, 0, false, false },
	{ "no cipher",              { NO_ESN }, 0, false, false },
	{ "nothing",                { { 0, false, 0, 0 } }, 0, false, false },
	{ "our order",              { CBC128, GCM256, GCM128 }, FG_ESP_AES_GCM_256, false, false },
	/* clang-format on */
};

/* In order of preference. */
static const uint16_t all[] = { FG_ESP_AES_GCM_256, FG_ESP_AES_GCM_128, FG_ESP_CHACHA20_POLY1305,
				FG_ESP_AES_CBC_256_SHA256, FG_ESP_AES_CBC_128_SHA256 };

static void add(struct ike_sa *sa, const struct transforms *row, const char *spi)
{
	ike_sa_add_proposal(sa, (uint8_t)(sa->proposal_count + 1), IKE_PROTOCOL_ESP, spi, 4);
	for (size_t i = 0; row->t[i].type; i++) {
		ike_sa_add_transform(sa, row->t[i].type, row->t[i].id, row->t[i].key_bits);
		sa->transform[sa->transform_count - 1].strange = row->t[i].strange;
	}
}

static void choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_sa offer, answer;
		struct ike_esp_choice choice, again;
		bool ok;

		memset(&offer, 0, sizeof(offer));
		add(&offer, &rows[i], "\0\0\1\0");
		ok = ike_esp_choose(&offer, all, COUNT(all), &choice);
		if (ok != (rows[i].suite != 0) || choice.suite != rows[i].suite ||
		    choice.say_none != rows[i].say_none || choice.say_esn != rows[i].say_esn)
			fail_msg("%s: %s, none %d, esn %d", rows[i].name,
				 ike_esp_suite_text(choice.suite), choice.say_none, choice.say_esn);
		if (!ok)
			continue;
		assert_int_equal(choice.spi, htonl(256));
		assert_int_equal(choice.number, 1);
		ike_esp_choice_sa(&choice, htonl(0x12345678), &answer);
		assert_int_equal(answer.proposal_count, 1);
		assert_true(ike_esp_choose(&answer, all, COUNT(all), &again));
		assert_int_equal(again.suite, choice.suite);
		assert_int_equal(again.spi, htonl(0x12345678));
		assert_int_equal(again.say_esn, choice.say_esn);
		assert_int_equal(again.say_none, choice.say_none);
	}
}

/* What `esn` in the configuration makes of one suite, what is offered, what comes of it. */
static void extended_numbers(void **state)
{
	enum { S = FG_ESP_AES_GCM_128, E = FG_ESP_AES_GCM_128 | CONF_ESP_ESN };
	static const struct {
		const char *name;
		uint16_t ours[2];
		size_t count;
		struct transforms offer;
		bool ok, esn;
	} cases[] = {
		/* clang-format off */
		{ "yes: both",       { E, S }, 2, { .t = { GCM128, NO_ESN, ESN } }, true, true },
		{ "yes: only with",  { E, S }, 2, { .t = { GCM128, ESN } }, true, true },
		{ "yes: only without", { E, S }, 2, { .t = { GCM128, NO_ESN } }, true, false },
		{ "yes: neither",    { E, S }, 2, { .t = { GCM128 } }, true, false },
		{ "no: both",        { S }, 1, { .t = { GCM128, ESN, NO_ESN } }, true, false },
		{ "no: only with",   { S }, 1, { .t = { GCM128, ESN } }, false, false },
		{ "require: both",   { E }, 1, { .t = { GCM128, NO_ESN, ESN } }, true, true },
		{ "require: only without", { E }, 1, { .t = { GCM128, NO_ESN } }, false, false },
		{ "require: neither", { E }, 1, { .t = { GCM128 } }, false, false },
		{ "strange",         { E }, 1, { .t = { GCM128, { 5, true, 1, 0 } } }, false, false },
		{ "unknown number",  { E, S }, 2, { .t = { GCM128, { 5, false, 2, 0 } } }, false, false },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct ike_sa offer, answer;
		struct ike_esp_choice choice, again;
		bool ok;

		memset(&offer, 0, sizeof(offer));
		add(&offer, &cases[i].offer, "\0\0\1\0");
		ok = ike_esp_choose(&offer, cases[i].ours, cases[i].count, &choice);
		if (ok != cases[i].ok || choice.esn != cases[i].esn)
			fail_msg("%s: %d, esn %d", cases[i].name, ok, choice.esn);
		if (!ok)
			continue;
		assert_int_equal(choice.suite, S);
		/* The answer is what was chosen and nothing else. */
		ike_esp_choice_sa(&choice, htonl(0x12345678), &answer);
		assert_int_equal(answer.transform_count, choice.say_esn ? 2 : 1);
		assert_true(ike_esp_choose(&answer, cases[i].ours, cases[i].count, &again));
		assert_int_equal(again.esn, choice.esn);
	}
}

/*
 * CREATE_CHILD_SA: which group, or none, of what is offered, of ours and of the KE payload. Where
 * wrong_group is, INVALID_KE_PAYLOAD names the group.
 */
static void groups(void **state)
{
#define G(id)                                                                                      \
	{                                                                                          \
		4, false, id, 0                                                                    \
	}
	static const struct {
		const char *name;
		uint16_t ours[3], ke;
		bool required;
		struct transforms offer[2]; /* the second may be empty */
		bool ok, wrong_group, say_no_group;
		uint16_t group;
		uint8_t number;
	} cases[] = {
		/* clang-format off */
		{ "no group anywhere", { 0 }, 0, false, { { .t = { GCM128 } } }, true, false, false, 0, 1 },
		{ "the group of the KE", { 31, 19 }, 31, false,
		  { { .t = { GCM128, G(31) } } }, true, false, false, 31, 1 },
		{ "of the KE before our order", { 31, 19 }, 19, true,
		  { { .t = { GCM128, G(31), G(19) } } }, true, false, false, 19, 1 },
		{ "a KE that nobody offered: our order", { 20, 19 }, 14, true,
		  { { .t = { GCM128, G(19), G(20) } } }, true, true, false, 20, 1 },
		{ "a KE that is not ours", { 19 }, 31, true,
		  { { .t = { GCM128, G(31), G(19) } } }, true, true, false, 19, 1 },
		{ "no KE: our order", { 20, 19 }, 0, true,
		  { { .t = { GCM128, G(19), G(20) } } }, true, true, false, 20, 1 },
		{ "no group in common", { 19 }, 31, false,
		  { { .t = { GCM128, G(31) } } }, false, false, false, 0, 0 },
		{ "we have none", { 0 }, 31, false,
		  { { .t = { GCM128, G(31) } } }, false, false, false, 0, 0 },
		{ "NONE is offered, and enough", { 0 }, 31, false,
		  { { .t = { GCM128, G(31), G(0) } } }, true, false, true, 0, 1 },
		{ "NONE, but the KE is there", { 31 }, 31, false,
		  { { .t = { GCM128, G(0), G(31) } } }, true, false, false, 31, 1 },
		{ "NONE, but a group is required", { 19 }, 31, true,
		  { { .t = { GCM128, G(31), G(0) } } }, false, false, false, 0, 0 },
		{ "without a group where one is required", { 19 }, 0, true,
		  { { .t = { GCM128 } } }, false, false, false, 0, 0 },
		{ "side by side, with the KE", { 31 }, 31, false,
		  { { .t = { GCM128 } }, { .t = { GCM128, G(31) } } }, true, false, false, 31, 2 },
		{ "side by side, another KE: without", { 19 }, 31, false,
		  { { .t = { GCM128, G(19) } }, { .t = { GCM128 } } }, true, false, false, 0, 2 },
		{ "side by side, another KE, required", { 19 }, 31, true,
		  { { .t = { GCM128 } }, { .t = { GCM128, G(19) } } }, true, true, false, 19, 2 },
		{ "strange", { 31 }, 31, true,
		  { { .t = { GCM128, { 4, true, 31, 0 } } } }, false, false, false, 0, 0 },
		/* clang-format on */
	};
#undef G

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct ike_sa offer, answer;
		struct ike_pfs pfs = { .ke = cases[i].ke, .required = cases[i].required };
		struct ike_esp_choice choice;
		bool ok;

		memset(&offer, 0, sizeof(offer));
		for (size_t k = 0; k < 2 && cases[i].offer[k].t[0].type; k++)
			add(&offer, &cases[i].offer[k], "\0\0\1\0");
		while (pfs.group_count < 3 && cases[i].ours[pfs.group_count]) {
			pfs.group[pfs.group_count] = cases[i].ours[pfs.group_count];
			pfs.group_count++;
		}
		ok = ike_esp_choose_pfs(&offer, all, COUNT(all), &pfs, &choice);
		if (ok != cases[i].ok || choice.wrong_group != cases[i].wrong_group ||
		    (ok && choice.group != cases[i].group) || choice.number != cases[i].number ||
		    choice.say_no_group != cases[i].say_no_group)
			fail_msg("%s: %d, group %u, wrong %d, none %d, number %u", cases[i].name,
				 ok, choice.group, choice.wrong_group, choice.say_no_group,
				 choice.number);
		if (!ok || choice.wrong_group)
			continue;
		/* The answer has that group and no other. */
		ike_esp_choice_sa(&choice, htonl(0x12345678), &answer);
		assert_int_equal(answer.transform_count, 1 + (choice.group || choice.say_no_group));
		if (choice.group)
			assert_int_equal(answer.transform[1].id, choice.group);
	}
}

/* SPIs 0 to 255 are reserved, RFC 4303 2.1; other protocols are not ours. */
static void spis_and_protocols(void **state)
{
	static struct ike_sa offer;
	struct ike_esp_choice choice;

	(void)state;
	add(&offer, &rows[0], "\0\0\0\xff");
	assert_false(ike_esp_choose(&offer, all, COUNT(all), &choice));
	assert_int_equal(choice.suite, 0);
	add(&offer, &rows[1], "\xff\0\0\0");
	assert_true(ike_esp_choose(&offer, all, COUNT(all), &choice));
	assert_int_equal(choice.number, 2);
	assert_int_equal(choice.spi, htonl(0xff000000));
	offer.proposal[1].protocol = IKE_PROTOCOL_AH;
	assert_false(ike_esp_choose(&offer, all, COUNT(all), &choice));
	offer.proposal[1].protocol = IKE_PROTOCOL_IKE;
	assert_false(ike_esp_choose(&offer, all, COUNT(all), &choice));
}

static void only_configured_suites(void **state)
{
	const uint16_t chacha = FG_ESP_CHACHA20_POLY1305, unknown = 77;
	static struct ike_sa offer;
	struct ike_esp_choice choice;

	(void)state;
	add(&offer, &rows[0], "\1\0\0\0");
	add(&offer, &rows[2], "\2\0\0\0");
	assert_true(ike_esp_choose(&offer, &chacha, 1, &choice));
	assert_int_equal(choice.number, 2);
	assert_int_equal(choice.spi, htonl(0x02000000));
	assert_false(ike_esp_choose(&offer, &unknown, 1, &choice));
	assert_false(ike_esp_choose(&offer, all, 0, &choice));
}

/* What of it is said to be for want of legacy = yes, and what is not. */
static void legacy_hint(void **state)
{
	static const struct transforms sha1 = {
		"", { CBC256, { 3, false, 2, 0 } }, 0, false, false
	};
	static const struct transforms gcm = { "", { GCM256 }, 0, false, false };
	struct conf_ipsec_profile ours = { .suite = { FG_ESP_AES_GCM_256 },
					   .suite_count = 1,
					   .esn = CONF_ESN_NO };
	static struct ike_sa weak, both;

	(void)state;
	add(&weak, &sha1, "\1\0\0\0");
	assert_string_equal(ike_esp_legacy_would(&weak, &ours), "AES-CBC-256 / HMAC-SHA1-96");
	ours.esn = CONF_ESN_REQUIRE; /* and then it is not that alone */
	assert_null(ike_esp_legacy_would(&weak, &ours));
	ours.esn = CONF_ESN_YES;
	assert_non_null(ike_esp_legacy_would(&weak, &ours));
	ours.legacy = true; /* but names no weak suite */
	assert_null(ike_esp_legacy_would(&weak, &ours));
	ours.legacy = false;
	/* A strong one fits as well: something else is wrong, a group perhaps. */
	add(&both, &sha1, "\1\0\0\0");
	add(&both, &gcm, "\2\0\0\0");
	assert_null(ike_esp_legacy_would(&both, &ours));
	ours.suite[0] = FG_ESP_CHACHA20_POLY1305;
	assert_non_null(ike_esp_legacy_would(&both, &ours));
}

static void offer_round_trip(void **state)
{
	static struct ike_sa offer;
	struct ike_esp_choice choice;

	(void)state;
	ike_esp_offer_sa(all, COUNT(all), NULL, htonl(0x1000), &offer);
	assert_int_equal(offer.proposal_count, COUNT(all));
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_true(ike_esp_choose(&offer, &all[i], 1, &choice));
		assert_int_equal(choice.number, i + 1);
		assert_int_equal(choice.suite, all[i]);
	}
}

/* Both kinds of numbers in one proposal, the preferred first. */
static void offer_of_both(void **state)
{
	static const uint16_t suites[] = { FG_ESP_AES_GCM_256 | CONF_ESP_ESN, FG_ESP_AES_GCM_256,
					   FG_ESP_AES_GCM_128 | CONF_ESP_ESN,
					   FG_ESP_CHACHA20_POLY1305 };
	static const uint16_t numbers[] = { 1, 0, 1, 0 };
	static struct ike_sa offer;
	struct ike_esp_choice choice;
	size_t n = 0;

	(void)state;
	ike_esp_offer_sa(suites, COUNT(suites), NULL, htonl(0x1000), &offer);
	assert_int_equal(offer.proposal_count, 3);
	for (size_t i = 0; i < offer.transform_count; i++)
		if (offer.transform[i].type == IKE_TRANSFORM_ESN)
			assert_int_equal(offer.transform[i].id, numbers[n++]);
	assert_int_equal(n, COUNT(numbers));
	for (size_t i = 0; i < COUNT(suites); i++) {
		assert_true(ike_esp_choose(&offer, &suites[i], 1, &choice));
		assert_int_equal(choice.esn, (suites[i] & CONF_ESP_ESN) != 0);
	}
}

static void texts(void **state)
{
	(void)state;
	assert_string_equal(ike_esp_suite_text(FG_ESP_AES_GCM_256), "AES-GCM-256");
	assert_string_equal(ike_esp_suite_text(FG_ESP_AES_CBC_128_SHA256),
			    "AES-CBC-128 / HMAC-SHA2-256-128");
	assert_string_equal(ike_esp_suite_text(0), "unknown suite");
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++)
		assert_string_not_equal(ike_esp_suite_text(suite), "unknown suite");
	assert_string_equal(ike_esp_suite_text(FG_ESP_AES_GCM_256 | CONF_ESP_ESN), "AES-GCM-256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(legacy_hint),
		cmocka_unit_test(extended_numbers),
		cmocka_unit_test(groups),
		cmocka_unit_test(spis_and_protocols),
		cmocka_unit_test(only_configured_suites),
		cmocka_unit_test(offer_round_trip),
		cmocka_unit_test(offer_of_both),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("proposal ESP", tests, NULL, NULL);
}
