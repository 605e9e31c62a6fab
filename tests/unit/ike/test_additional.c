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
			ours.additional[m->n][ours.additional_count[m->n]++] = m->id;
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_choose) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
