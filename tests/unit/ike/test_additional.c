// SPDX-License-Identifier: BSD-2-Clause
/* Choosing additional key exchanges, RFC 9370 2.2.1. */
#include "bytes.h"

#include "ike/proposal.h"
#include "ike/wire/build.h"

enum { END = 0xffff, OFFERS = 12 };

/* Of both sides: type ADDKE1 + n and method. */
struct method {
	uint8_t n;
	uint16_t id;
};

#define NOTHING                                                                                    \
	{                                                                                          \
		0, END                                                                             \
	}

static const struct row {
	const char *what;
	struct method offer[OFFERS], ours[OFFERS];
	bool able;
	const char *chosen; /* NULL: nothing */
	uint8_t say_none;
} rows[] = {
	/* clang-format off */
	{ "neither has any", { NOTHING }, { NOTHING }, true, "x25519", 0 },
	{ "both want it", { { 0, 36 }, NOTHING }, { { 0, 36 }, NOTHING }, true,
	  "x25519 + ML-KEM-768", 0 },
	{ "our order", { { 0, 35 }, { 0, 36 }, { 0, 37 }, NOTHING },
	  { { 0, 37 }, { 0, 36 }, NOTHING }, true, "x25519 + ML-KEM-1024", 0 },
	{ "it may be left out and is not offered", { NOTHING }, { { 0, 36 }, { 0, 0 }, NOTHING },
	  true, "x25519", 0 },
	{ "it may be left out and is offered", { { 0, 36 }, NOTHING },
	  { { 0, 36 }, { 0, 0 }, NOTHING }, true, "x25519 + ML-KEM-768", 0 },
	{ "we need it and it is not offered", { NOTHING }, { { 0, 36 }, NOTHING }, true, NULL, 0 },
	{ "we need it and NONE is offered", { { 0, 0 }, NOTHING }, { { 0, 36 }, NOTHING }, true,
	  NULL, 0 },
	{ "we know nothing of it, they need it", { { 0, 36 }, NOTHING }, { NOTHING }, true, NULL, 0 },
	{ "we know nothing of it, they do not", { { 0, 36 }, { 0, 0 }, NOTHING }, { NOTHING }, true,
	  "x25519", 1 },
	{ "nothing in common but NONE", { { 0, 36 }, { 0, 0 }, NOTHING },
	  { { 0, 37 }, { 0, 0 }, NOTHING }, true, "x25519", 1 },
	{ "nothing in common", { { 0, 36 }, NOTHING }, { { 0, 37 }, NOTHING }, true, NULL, 0 },
	{ "no IKE_INTERMEDIATE", { { 0, 36 }, NOTHING }, { { 0, 36 }, { 0, 0 }, NOTHING }, false,
	  NULL, 0 },
	{ "no IKE_INTERMEDIATE, NONE", { { 0, 36 }, { 0, 0 }, NOTHING },
	  { { 0, 36 }, { 0, 0 }, NOTHING }, false, "x25519", 1 },
	{ "no IKE_INTERMEDIATE, and we need it", { { 0, 36 }, { 0, 0 }, NOTHING },
	  { { 0, 36 }, NOTHING }, false, NULL, 0 },
	{ "two rounds, other methods", { { 0, 36 }, { 1, 19 }, NOTHING },
	  { { 0, 36 }, { 1, 19 }, NOTHING }, true, "x25519 + ML-KEM-768 + ECP-256", 0 },
	{ "the second is not the first again", { { 0, 36 }, { 1, 36 }, { 1, 37 }, NOTHING },
	  { { 0, 36 }, { 1, 36 }, { 1, 37 }, NOTHING }, true,
	  "x25519 + ML-KEM-768 + ML-KEM-1024", 0 },
	{ "only the first again", { { 0, 36 }, { 1, 36 }, NOTHING },
	  { { 0, 36 }, { 1, 36 }, NOTHING }, true, NULL, 0 },
	{ "the group again", { { 0, 31 }, NOTHING }, { { 0, 31 }, NOTHING }, true, NULL, 0 },
	{ "the seventh alone", { { 6, 36 }, NOTHING }, { { 6, 36 }, NOTHING }, true,
	  "x25519 + ML-KEM-768", 0 },
	/* clang-format on */
};

static void test_choose(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf_proposal ours = {
			.encryption = { { IKE_ENCR_AES_GCM_16, 256 } },
			.encryption_count = 1,
			.prf = { IKE_PRF_HMAC_SHA2_256 },
			.prf_count = 1,
			.group = { IKE_GROUP_X25519 },
			.group_count = 1,
		};
		const struct conf_proposal *list = &ours;
		struct ike_choice choice;
		struct ike_suite suite;
		struct ike_sa offer = { 0 }, answer;
		char text[IKE_SUITE_TEXT_MAX];
		bool ok;

		assert_true(ike_sa_add_proposal(&offer, 1, IKE_PROTOCOL_IKE, NULL, 0));
		ike_sa_add_transform(&offer, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
		ike_sa_add_transform(&offer, IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA2_256, 0);
		ike_sa_add_transform(&offer, IKE_TRANSFORM_DH, IKE_GROUP_X25519, 0);
		for (const struct method *m = rows[i].offer; m->id != END; m++)
			ike_sa_add_transform(&offer, (uint8_t)(IKE_TRANSFORM_ADDKE1 + m->n), m->id,
					     0);
		for (const struct method *m = rows[i].ours; m->id != END; m++)
			ours.additional.method[m->n][ours.additional.count[m->n]++] = m->id;
		ok = rows[i].able ? ike_choose_additional(&offer, &list, 1, 31, &choice)
				  : ike_choose(&offer, &list, 1, 31, &choice);
		if (ok != (rows[i].chosen != NULL))
			print_message("%s\n", rows[i].what);
		assert_int_equal(ok, rows[i].chosen != NULL);
		if (!ok)
			continue;
		ike_suite_text(&choice.suite, text);
		assert_non_null(strstr(text, "x25519"));
		assert_string_equal(strstr(text, "x25519"), rows[i].chosen);
		assert_int_equal(choice.say_no_additional, rows[i].say_none);
		/* The answer says one of each type that was offered, and the peer reads the same.
		 */
		ike_choice_sa(&choice, NULL, &answer);
		assert_true(ike_chosen(&answer, &suite));
		assert_memory_equal(&suite, &choice.suite, sizeof(suite));
		for (uint8_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
			bool asked = false, said = false;

			for (const struct method *m = rows[i].offer; m->id != END; m++)
				asked |= m->n == n;
			for (size_t k = 0; k < answer.transform_count; k++)
				said |= answer.transform[k].type == IKE_TRANSFORM_ADDKE1 + n;
			assert_int_equal(asked, said);
		}
	}
}

/* The same behind the key exchange of a CHILD SA. */
static void test_choose_esp(void **state)
{
	static const uint16_t suites[] = { FG_ESP_AES_GCM_256 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ike_pfs pfs = {
			.group = { 31 }, .group_count = 1, .required = true, .ke = 31
		};
		struct ike_esp_choice choice, again;
		struct ike_sa offer = { 0 }, answer;
		size_t methods = 0, plus = 0;

		if (!rows[i].able)
			continue;
		assert_true(ike_sa_add_proposal(&offer, 1, IKE_PROTOCOL_ESP, "\1\2\3\4", 4));
		ike_sa_add_transform(&offer, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
		ike_sa_add_transform(&offer, IKE_TRANSFORM_DH, IKE_GROUP_X25519, 0);
		for (const struct method *m = rows[i].offer; m->id != END; m++)
			ike_sa_add_transform(&offer, (uint8_t)(IKE_TRANSFORM_ADDKE1 + m->n), m->id,
					     0);
		for (const struct method *m = rows[i].ours; m->id != END; m++)
			pfs.additional.method[m->n][pfs.additional.count[m->n]++] = m->id;
		if (ike_esp_choose_pfs(&offer, suites, 1, &pfs, &choice) != !!rows[i].chosen)
			fail_msg("%s", rows[i].what);
		if (!rows[i].chosen)
			continue;
		for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
			methods += choice.additional.method[n] != 0;
		for (const char *c = rows[i].chosen; *c; c++)
			plus += *c == '+';
		assert_int_equal(methods, plus);
		assert_int_equal(choice.additional.say_none, rows[i].say_none);
		ike_esp_choice_sa(&choice, 1, &answer);
		assert_true(ike_esp_chosen(&answer, suites, 1, &pfs, &again));
		assert_memory_equal(&again.additional.method, &choice.additional.method,
				    sizeof(choice.additional.method));
	}
}

/* Without a KE payload there is nothing that they could follow; a group that is asked for must lead
 * to a choice. */
static void test_without_ke(void **state)
{
	static const uint16_t suites[] = { FG_ESP_AES_GCM_256 };
	static const struct {
		const char *what;
		uint16_t group[2], method[2];
		bool required, ok, wrong_group;
	} cases[] = {
		{ "no key exchange", { 0 }, { 0 }, false, true, false },
		{ "NONE offered", { 31, 0 }, { 36, 0 }, false, true, false },
		{ "one that needs the other", { 31, 0 }, { 36, 36 }, false, true, true },
		{ "without a group", { 0 }, { 36, 36 }, false, false, false },
		{ "another KE", { 31, 31 }, { 36, 36 }, true, true, true },
		{ "one that we do not have", { 31, 31 }, { 37, 37 }, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ike_pfs pfs = { .group = { 31 },
				       .group_count = 1,
				       .additional = { { { 36, 0 } }, { 2 } },
				       .required = cases[i].required };
		struct ike_esp_choice choice;
		struct ike_sa offer = { 0 };

		ike_sa_add_proposal(&offer, 1, IKE_PROTOCOL_ESP, "\1\2\3\4", 4);
		ike_sa_add_transform(&offer, IKE_TRANSFORM_ENCR, IKE_ENCR_AES_GCM_16, 256);
		for (size_t k = 0; cases[i].group[0] && k < 2; k++)
			ike_sa_add_transform(&offer, IKE_TRANSFORM_DH, cases[i].group[k], 0);
		for (size_t k = 0; cases[i].method[0] && k < 2; k++)
			ike_sa_add_transform(&offer, IKE_TRANSFORM_ADDKE1, cases[i].method[k], 0);
		if (ike_esp_choose_pfs(&offer, suites, 1, &pfs, &choice) != cases[i].ok)
			fail_msg("%s", cases[i].what);
		assert_int_equal(choice.wrong_group, cases[i].wrong_group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choose_esp),
		cmocka_unit_test(test_without_ke),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
