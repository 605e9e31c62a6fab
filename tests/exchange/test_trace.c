// SPDX-License-Identifier: BSD-2-Clause
/* What an operator sees of a client's exchanges: lines of a trace and tallies. */
#include "exchange.h"

#include "ike/trace.h"

static bool traced(const struct story *s, const char *text)
{
	return strstr(s->gw.traced, text) != NULL;
}

/* By address everything from the first message on; by identity too, once it is known. */
static void test_login(void **state)
{
	static const char *const whom[] = { "fqdn a.example.org", "A.EXAMPLE.ORG", "198.51.100.7" };
	static const char *const lines[] = {
		"half-open -> verifying",
		"<- IKE_AUTH request 1: SA IDi AUTH TSi TSr",
		"-> IKE_AUTH answer 1: SA IDr AUTH TSi TSr",
		"established",
		"<- INFORMATIONAL request 2: Delete",
		"-> INFORMATIONAL answer 2: no payload",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(whom); i++) {
		struct story *s = story_begin(NULL);
		struct initiator_setup setup;

		gateway_client(&s->gw, &setup);
		if (i == 2)
			ip_text(&setup.local.ip, s->gw.traced);
		assert_true(ike_trace_begin(s->gw.core, 1, i == 2 ? s->gw.traced : whom[i]));
		s->gw.traced[0] = '\0';
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		assert_true(initiator_delete(s->in) > 0);
		gateway_talk(&s->gw, s->in);
		for (size_t k = 0; k < COUNT(lines); k++)
			if (!traced(s, lines[k]))
				fail_msg("whom %zu: no \"%s\" in\n%s", i, lines[k], s->gw.traced);
		assert_true(strncmp(s->gw.traced, "1 ", 2) == 0);
		gateway_wait(&s->gw, IKE_LINGER_MS);
		ike_trace_end(s->gw.core, 1);
		assert_null(s->gw.core->backlog);
		story_empty(s);
		story_end(s);
	}
}

/* Others are not shown, and nothing is said after the end. */
static void test_others(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	assert_false(ike_trace_begin(s->gw.core, IKE_TRACES, "fqdn a.example.org"));
	assert_true(ike_trace_begin(s->gw.core, 0, "fqdn b.example.org"));
	assert_true(ike_trace_begin(s->gw.core, 2, "203.0.113.99"));
	assert_true(ike_trace_begin(s->gw.core, 3, "fqdn a.example.org"));
	ike_trace_end(s->gw.core, 3);
	gateway_client(&s->gw, &setup);
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	assert_string_equal(s->gw.traced, "");
	ike_trace_end(s->gw.core, 0);
	ike_trace_end(s->gw.core, 2);
	story_end(s);
}

struct count {
	const char *name;
	uint64_t requests_in, answers_out, requests_out, answers_in;
	bool seen;
};

static void take_row(void *arg, const struct msg_ike_tally *row)
{
	struct count *counts = arg;

	for (; counts->name; counts++) {
		if (strcmp(counts->name, row->name) != 0)
			continue;
		counts->seen = true;
		assert_int_equal(row->requests_in, counts->requests_in);
		assert_int_equal(row->answers_out, counts->answers_out);
		assert_int_equal(row->requests_out, counts->requests_out);
		assert_int_equal(row->answers_in, counts->answers_in);
	}
}

static void test_tally(void **state)
{
	struct count counts[] = {
		{ "IKE_SA_INIT", 1, 1, 0, 0, false },
		{ "IKE_AUTH", 1, 1, 0, 0, false },
		{ "INFORMATIONAL", 2, 1, 0, 0, false },
		{ "NAT_DETECTION_SOURCE_IP", 1, 0, 1, 0, false },
		{ "INITIAL_CONTACT", 1, 0, 0, 0, false },
		{ NULL, 0, 0, 0, 0, false },
	};
	struct story *s = story_up(INITIATOR_INITIAL_CONTACT);

	(void)state;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	/* A second one whose answer is lost on the way counts all the same. */
	counts[2].answers_out = 2;
	assert_true(initiator_liveness(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	ike_tally_rows(&s->gw.core->tally, take_row, counts);
	for (size_t i = 0; counts[i].name; i++)
		if (!counts[i].seen)
			fail_msg("%s is not counted", counts[i].name);
	story_end(s);
}

/* More of a kind than there is room for: the first ones count, the others only under this name. */
static void test_payloads_ignored(void **state)
{
	struct story *s = story_up(0);
	const __be32 nobody = htonl(0x12345678);
	struct ike_header header;
	struct ike_writer w;
	uint8_t bytes[1024];

	(void)state;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	for (size_t i = 0; i < IKE_DELETES_MAX + 3; i++)
		ike_put_delete(&w, IKE_PROTOCOL_ESP, &nobody, 1);
	header = initiator_header(s->in, IKE_EXCHANGE_INFORMATIONAL);
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.core->stats.payloads_ignored, 3);
	assert_int_equal(gateway_sas(&s->gw, 1), 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_tally),
		cmocka_unit_test(test_payloads_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
