// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which profile a client gets: by its identity, whom it asks for, the address and the device it
 * came by.
 */
#include "exchange/exchange.h"

#include <stdio.h>

/* Ends each profile; its proposal and identity stand before it. */
#define REST                                                                                       \
	"authentication-local = pre-share\nauthentication-remote = pre-share\n"                    \
	"keyring-local = ring\naaa-authorization-group = all\nvirtual-template = 1\n"
#define BODY "identity-local = fqdn gateway.example.org\n" REST

#define PLACES                                                                                     \
	"[gateway]\noutside = eth0, eth1\n"                                                        \
	"[pool p4]\nprefix = 10.10.0.0/24\n[ikev2-authorization-policy all]\npool = p4\n"          \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n"                                    \
	"[ikev2-proposal gcm]\nencryption = aes-gcm-256\nprf = sha256\ngroup = 31\n"               \
	"[ikev2-proposal cbc]\nencryption = aes-cbc-128\nintegrity = sha256\nprf = sha256\n"       \
	"group = 19\n"                                                                             \
	"[ikev2-profile any]\nmatch-identity-remote = any\nproposal = gcm\n" BODY                  \
	"[ikev2-profile eth1]\nmatch-identity-remote = any\nproposal = cbc\n"                      \
	"match-outside-interface = eth1\n" BODY                                                    \
	"[ikev2-profile one]\nmatch-identity-remote = any\nproposal = gcm\n"                       \
	"match-address-local = 198.51.100.1\n" BODY                                                \
	"[ikev2-profile a]\nmatch-identity-remote = fqdn a.example.org\nproposal = gcm\n"          \
	"match-address-local = 198.51.100.2\n" BODY                                                \
	"[ikev2-profile map]\nmatch-certificate = m\nproposal = gcm\n" BODY                        \
	"[pki-certificate-map m]\nsubject-name = nc CN=nobody\n"

static void test_places(void **state)
{
	static const struct {
		uint8_t outside;
		const char *local, *identity, *profile;
	} cases[] = {
		{ 0, "198.51.100.1", "a.example.org", "one" },
		{ 1, "198.51.100.1", "a.example.org", "one" },
		{ 1, "198.51.100.2", "a.example.org", "a" },
		{ 1, "198.51.100.2", "b.example.org", "any" },
		{ 0, "198.51.100.3", "b.example.org", "any" },
		{ 3, "198.51.100.3", "b.example.org", "any" }, /* no such device */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct story *s = story_begin(PLACES);
		struct initiator_setup setup;

		s->gw.outside = cases[i].outside;
		gateway_client(&s->gw, &setup);
		gateway_add_key(&s->gw, "b.example.org", "key of a");
		assert_true(ip_parse(cases[i].local, &setup.peer.ip));
		snprintf(setup.identity, sizeof(setup.identity), "%s", cases[i].identity);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_string_equal(gateway_session_of(&s->gw, 1)->begin.profile, cases[i].profile);
		story_end(s);
	}
}

/* IKE_SA_INIT takes the proposals of those profiles that somebody who comes there can reach: at
 * eth1 the one for eth1 would else never be chosen by a client that can do both. */
static void test_proposals_of_a_place(void **state)
{
	static const struct {
		uint8_t outside;
		uint16_t encr;
		bool up;
	} cases[] = {
		{ 1, IKE_ENCR_AES_CBC, false }, /* only that profile has it */
		{ 2, IKE_ENCR_AES_CBC, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct story *s = story_begin(PLACES);
		struct initiator_setup setup;
		struct conf_proposal *p = &setup.proposal;

		s->gw.outside = cases[i].outside;
		gateway_client(&s->gw, &setup);
		assert_true(ip_parse("198.51.100.3", &setup.peer.ip));
		p->encryption[0].id = cases[i].encr;
		p->encryption[0].key_bits = 128;
		p->encryption_count = 1;
		setup.group = IKE_GROUP_ECP_256;
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		gateway_login(&s->gw, s->in);
		if (cases[i].up) {
			assert_int_equal(s->in->state, INITIATOR_UP);
			assert_string_equal(gateway_session_of(&s->gw, 1)->begin.profile, "eth1");
		} else {
			assert_int_equal(s->in->refusal, IKE_NOTIFY_NO_PROPOSAL_CHOSEN);
			assert_int_equal(s->gw.core->stats.drop[IKE_DROP_no_proposal], 1);
			story_empty(s);
		}
		story_end(s);
	}
}

/* --- the gateway that the client asks for, by IDr --- */

#define NAMES                                                                                      \
	"[gateway]\noutside = eth0\n"                                                              \
	"[pool p4]\nprefix = 10.10.0.0/24\n[ikev2-authorization-policy all]\npool = p4\n"          \
	"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n"                                    \
	"[ikev2-profile one]\nmatch-identity-remote = any\n"                                       \
	"identity-local = fqdn one.example.org\n" REST                                             \
	"[ikev2-profile two]\nmatch-identity-remote = any\n"                                       \
	"identity-local = fqdn two.example.org\n" REST                                             \
	"[ikev2-profile key]\nmatch-identity-remote = any\nidentity-local = key-id two\n" REST     \
	"[ikev2-profile b]\nmatch-identity-remote = fqdn b.example.org\n"                          \
	"identity-local = fqdn one.example.org\n" REST

static void test_wanted(void **state)
{
	static const struct {
		uint8_t type;
		const char *idr, *identity, *profile, *answer;
	} cases[] = {
		{ 0, "", "a.example.org", "one", "one.example.org" },
		{ CONF_ID_FQDN, "one.example.org", "a.example.org", "one", "one.example.org" },
		{ CONF_ID_FQDN, "Two.example.org", "a.example.org", "two", "two.example.org" },
		{ CONF_ID_KEY_ID, "two", "a.example.org", "key", "two" },
		/* It is told who is here, and may go. */
		{ CONF_ID_FQDN, "two", "a.example.org", "one", "one.example.org" },
		{ CONF_ID_EMAIL, "two.example.org", "a.example.org", "one", "one.example.org" },
		/* Who it is comes first. */
		{ CONF_ID_FQDN, "two.example.org", "b.example.org", "b", "one.example.org" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct story *s = story_begin(NAMES);
		struct initiator_setup setup;
		const struct ike_identity *answer;

		gateway_client(&s->gw, &setup);
		gateway_add_key(&s->gw, "b.example.org", "key of a");
		snprintf(setup.identity, sizeof(setup.identity), "%s", cases[i].identity);
		setup.idr_type = cases[i].type;
		setup.idr = cases[i].idr;
		setup.idr_len = strlen(cases[i].idr);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		answer = &s->in->answer.id_r;
		if (strcmp(gateway_session_of(&s->gw, 1)->begin.profile, cases[i].profile) ||
		    answer->data.len != strlen(cases[i].answer) ||
		    memcmp(answer->data.p, cases[i].answer, answer->data.len))
			fail_msg("case %zu: profile %s, we are %.*s", i,
				 gateway_session_of(&s->gw, 1)->begin.profile,
				 (int)answer->data.len, answer->data.p);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_proposals_of_a_place),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
