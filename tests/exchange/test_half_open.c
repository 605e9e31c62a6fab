// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE SAs that are not finished: how long they stay, how many there may be, and what the operator
 * sees of them beside the others.
 */
#include "exchange/exchange.h"

static void begin_init(struct story *s, unsigned source, unsigned port)
{
	struct initiator_setup setup;
	struct initiator *in;

	gateway_client(&s->gw, &setup);
	setup.local.ip = ip_from4(htonl(0xc0000200 + source));
	setup.local.port = htons((uint16_t)port);
	assert_int_equal(initiator_new(&setup, &in), 0);
	assert_true(initiator_init(in) > 0);
	gateway_receive(&s->gw, in->out, in->out_len, &in->peer, &in->local);
	s->gw.out_count = 0;
	initiator_free(in);
}

static void test_half_open_timeout(void **state)
{
	struct story *s = story_begin(NULL);

	(void)state;
	begin_init(s, 1, 500);
	gateway_wait(&s->gw, 29999);
	assert_int_equal(s->gw.core->half_open, 1);
	gateway_wait(&s->gw, 1);
	story_empty(s);
	story_end(s);
}

/* limit 100, a quarter of it for one address, but 32 at least. */
static void test_half_open_budget(void **state)
{
	struct story *s = story_begin(NULL);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		begin_init(s, 1, 1000 + i);
	assert_int_equal(s->gw.core->half_open, IKE_SOURCE_MIN);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 8);
	for (unsigned i = 0; i < 80; i++)
		begin_init(s, 2 + i, 500);
	assert_int_equal(s->gw.core->half_open, 100);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 8 + 12);
	gateway_wait(&s->gw, 30000);
	story_empty(s);
	begin_init(s, 1, 500);
	assert_int_equal(s->gw.core->half_open, 1);
	story_end(s);
}

/* All addresses of an IPv6 /64 are one source. */
static void test_half_open_budget_of_a_64(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	ip_parse("2001:db8:5::2", &setup.peer.ip);
	ip_parse("2001:db8:5:6::", &setup.local.ip);
	for (unsigned i = 0; i < 40; i++) {
		struct endpoint from = setup.local;

		initiator_free(s->in);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_true(initiator_init(s->in) > 0);
		from.ip.w[2] = htonl(i);
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &from);
	}
	assert_int_equal(s->gw.core->half_open, IKE_SOURCE_MIN);
	assert_int_equal(s->gw.core->sources.count, 1);
	story_end(s);
}

/* Who was refused still counts until its answer is forgotten. */
static void test_refused_count_against_the_budget(void **state)
{
	struct story *s = story_begin(NULL);
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	for (unsigned i = 0; i < IKE_SOURCE_MIN; i++) {
		setup.local.port = htons((uint16_t)(3000 + i));
		initiator_free(s->in);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_REFUSED);
	}
	begin_init(s, 1, 500);
	assert_int_equal(s->gw.core->stats.drop[IKE_DROP_half_open_limit], 1);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* --- what the operator sees --- */

static void count_row(void *arg, const struct msg_ike_sa_row *row)
{
	unsigned *rows = arg;

	(*rows)++;
	if (strcmp(row->state, "established") == 0) {
		assert_int_equal(row->session, 1);
		assert_string_equal(row->profile, "all");
		assert_int_equal(row->remote.len, strlen("a.example.org"));
		assert_string_equal(row->suite, "AES-GCM-256 / PRF-HMAC-SHA2-256 / x25519");
		assert_int_equal(row->age_s, 5);
		assert_string_equal(row->proof, "client by Shared Key Message Integrity Code, "
						"gateway by Shared Key Message Integrity Code");
	} else {
		/* A name that is not proven is not shown. */
		assert_string_equal(row->state, "half-open");
		assert_int_equal(row->remote.len, 0);
		assert_string_equal(row->proof, "");
	}
}

static void test_rows_and_stats(void **state)
{
	struct story *s = story_up(0);
	struct initiator_setup setup;
	struct msg_ike_stats stats;
	struct initiator *wrong;
	unsigned rows = 0;
	size_t slot = 0;

	(void)state;
	/* One that was refused is only a stored answer: no row. */
	gateway_client(&s->gw, &setup);
	setup.knobs = INITIATOR_BAD_AUTH;
	setup.local.port = htons(501);
	assert_int_equal(initiator_new(&setup, &wrong), 0);
	assert_int_equal(gateway_login(&s->gw, wrong), INITIATOR_REFUSED);
	initiator_free(wrong);
	begin_init(s, 7, 500);
	gateway_wait(&s->gw, 5000);
	while (!ike_rows(s->gw.core, &slot, 1, count_row, &rows))
		;
	assert_int_equal(rows, 2);
	ike_stats(s->gw.core, &stats);
	assert_int_equal(stats.half_open, 2);
	assert_int_equal(stats.established, 1);
	assert_int_equal(stats.init_requests, 3);
	assert_int_equal(stats.auth_failed, 1);
	story_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_open_timeout),
		cmocka_unit_test(test_half_open_budget),
		cmocka_unit_test(test_half_open_budget_of_a_64),
		cmocka_unit_test(test_refused_count_against_the_budget),
		cmocka_unit_test(test_rows_and_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
