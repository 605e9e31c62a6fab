// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rekeys without a collision: when they are due, what they agree on, what a refusal means, and what
 * else a client may ask of CREATE_CHILD_SA. RFC 7296 1.3, 2.8, 2.18.
 */
#include "exchange/pair.h"

#include "ike/ts.h"

#define CONF(ipsec, profile) PAIR_CONF("group = 31 19 20\n", ipsec, profile)

/* Lives for so long, and loses nothing on the way. */
static void live(struct pair *p, unsigned seconds)
{
	for (unsigned s = 0; s < seconds; s++) {
		pair_live(p, 1000);
		pair_both_carry(p);
	}
}

static void rekey(struct pair *p, unsigned side)
{
	pair_rekey_child(p, side);
	pair_live(p, 1000);
}

static void take_row(void *arg, const struct msg_ike_sa_row *row)
{
	*(struct msg_ike_sa_row *)arg = *row;
}

/* What the operator sees of it. */
static void check_row(const struct pair *p, unsigned side)
{
	const struct ikesa *sa = pair_sa(p, side);
	struct msg_ike_sa_row row = { 0 };
	size_t slot = 0;

	assert_true(ike_rows(p->gw[side].core, &slot, 1000, take_row, &row));
	assert_int_equal(row.spi_i, sa->spi_i);
	assert_int_equal(row.login_s, 1800);
	/* Of a collision two were made and one counts. */
	assert_in_range(row.rekeys, 1800 / 120, p->gw[side].core->stats.ike_rekeys);
	assert_int_equal(row.children, 1);
	assert_in_range(row.age_s, 0, 105);
	assert_in_range(row.rekey_s, 1, 105 - row.age_s);
	assert_in_range(row.age_s + row.ends_s, 120, 121);
	assert_int_equal(row.mobike, 0);
}

/* Half a day with short lives: each side is due by its own clock, both sides do it. */
static void test_by_time(void **state)
{
	static const char conf[] = CONF("set-security-association-lifetime-seconds = 60\n",
					"lifetime = 120\n");
	struct pair *p = pair_begin(conf, conf, 3);
	uint64_t rekeys = 0, since[PAIR_SIDES];

	(void)state;
	for (unsigned side = 0; side < PAIR_SIDES; side++)
		since[side] = pair_sa(p, side)->login_ms;
	live(p, 1800);
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		const struct msg_ike_stats *stats = &p->gw[side].core->stats;

		/* Every 45 to 52.5 and 90 to 105 seconds, by whoever is first. */
		assert_in_range(stats->child_rekeys, 1800 / 60, 2 * 1800 / 45);
		assert_in_range(stats->ike_rekeys, 1800 / 120, 2 * 1800 / 90);
		assert_int_equal(stats->child_expired, 0);
		/* For uniqueness the login is as old as it is, whatever was rekeyed since. */
		assert_int_equal(pair_sa(p, side)->login_ms, since[side]);
		assert_true(pair_sa(p, side)->made_ms > since[side]);
		assert_int_equal(gateway_sas(&p->gw[side], 1), 1);
		assert_int_equal(p->gw[side].core->by_spi.count, 1);
		check_row(p, side);
		rekeys += stats->child_rekeys;
	}
	assert_true(rekeys > 0);
	pair_end(p);
}

/* --- what is agreed --- */

#define NO_PFS  CONF("", "")
#define PFS_31  CONF("set-pfs = 31\n", "")
#define PFS_19  CONF("set-pfs = 19\n", "")
#define PFS_ALL CONF("set-pfs = 20 19 31\n", "")
#define OTHER   CONF("transform = esp-gcm-128\n", "")
#define CHACHA  CONF("transform = esp-chacha20-poly1305\n", "")

static const struct {
	const char *name, *ours, *theirs;
	uint16_t group; /* of the new one */
	uint16_t suite; /* 0: the rekey fails, and the old one stays */
} agreements[] = {
	{ "no key exchange", NO_PFS, NO_PFS, 0, FG_ESP_AES_GCM_256 },
	{ "x25519", PFS_31, PFS_31, 31, FG_ESP_AES_GCM_256 },
	{ "one that the other did not ask for", PFS_19, NO_PFS, 19, FG_ESP_AES_GCM_256 },
	{ "one that the other requires", NO_PFS, PFS_19, 0, 0 },
	{ "another group of ours", PFS_ALL, PFS_19, 19, FG_ESP_AES_GCM_256 },
	{ "no group in common", PFS_31, PFS_19, 0, 0 },
	{ "another suite", OTHER, NO_PFS, 0, FG_ESP_AES_GCM_128 },
	{ "no suite in common", OTHER, CHACHA, 0, 0 },
};

static void test_agreements(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(agreements); i++) {
		struct pair *p = pair_begin(agreements[i].ours, agreements[i].theirs, 3);
		const struct ike_child *child;
		bool done = agreements[i].suite != 0;

		print_message("%s\n", agreements[i].name);
		rekey(p, PAIR_A);
		pair_both_carry(p);
		child = pair_child(p, PAIR_A);
		assert_int_equal(child->spi_in != p->first_spi, done);
		assert_int_equal(p->gw[PAIR_A].core->stats.rekey_failed, done ? 0 : 1);
		assert_int_equal(gateway_sas(&p->gw[PAIR_A], 1), 1);
		assert_int_equal(gateway_sas(&p->gw[PAIR_B], 1), 1);
		if (done) {
			assert_int_equal(child->suite, agreements[i].suite);
			assert_int_equal(child->group, agreements[i].group);
			assert_int_equal(pair_child(p, PAIR_B)->group, agreements[i].group);
		}
		pair_end(p);
	}
}

/* The selectors of a rekeyed SA are those of the old one. */
static void test_selectors_stay(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 3);
	char before[64];

	(void)state;
	snprintf(before, sizeof(before), "%s", gateway_outbound(&p->gw[PAIR_B], 1, 0)->ts);
	rekey(p, PAIR_A);
	assert_string_equal(gateway_outbound(&p->gw[PAIR_B], 1, 0)->ts, before);
	rekey(p, PAIR_B);
	assert_string_equal(gateway_outbound(&p->gw[PAIR_B], 1, 0)->ts, before);
	assert_int_equal(gateway_sas(&p->gw[PAIR_B], 1), 1);
	pair_end(p);
}

/* --- when it does not work --- */

/* The peer has lost the CHILD SA: another one from scratch. */
static void test_child_not_found(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 3);
	struct ikesa *b = pair_sa(p, PAIR_B);

	(void)state;
	ike_child_stop(p->gw[PAIR_B].core, b, p->first_spi, 0);
	ike_child_free(p->gw[PAIR_B].core, b, pair_child(p, PAIR_B));
	pair_settle(p, PAIR_B);
	assert_false(pair_carries(p, PAIR_A));
	rekey(p, PAIR_A);
	pair_both_carry(p);
	assert_true(pair_child(p, PAIR_A)->spi_in != p->first_spi);
	assert_int_equal(gateway_sas(&p->gw[PAIR_A], 1), 1);
	pair_end(p);
}

/* flexd has no SPI, or cannot install it: the old one goes on, and it is tried again. */
static void test_flexd_refuses(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		struct pair *p = pair_begin(NULL, NULL, 3);

		p->gw[PAIR_A].no_spi = row == 0;
		p->gw[PAIR_A].refuse_sa = row == 1 ? FG_CAUSE_sa_failed : 0;
		p->gw[PAIR_B].refuse_sa = row == 2 ? FG_CAUSE_sa_failed : 0;
		rekey(p, PAIR_A);
		pair_both_carry(p);
		assert_int_equal(pair_child(p, PAIR_A)->spi_in, p->first_spi);
		assert_int_equal(gateway_sas(&p->gw[PAIR_B], 1), 1);
		p->gw[PAIR_A].no_spi = false;
		p->gw[PAIR_A].refuse_sa = p->gw[PAIR_B].refuse_sa = 0;
		live(p, 60);
		assert_true(pair_child(p, PAIR_A)->spi_in != p->first_spi);
		assert_int_equal(gateway_sas(&p->gw[PAIR_A], 1), 1);
		pair_end(p);
	}
}

/* Nothing in common for a rekey: the CHILD SA ends with its life, and the session after it. */
static void test_expires(void **state)
{
	struct pair *p = pair_begin(
		CONF("set-security-association-lifetime-seconds = 60\ntransform = esp-gcm-128\n",
		     ""),
		CONF("transform = esp-chacha20-poly1305\n", ""), 3);

	(void)state;
	live(p, 59);
	pair_live(p, 2000);
	assert_int_equal(p->gw[PAIR_A].core->stats.child_expired, 1);
	assert_int_equal(gateway_sas(&p->gw[PAIR_A], 1), 0);
	pair_live(p, 60000);
	assert_int_equal(gateway_sessions(&p->gw[PAIR_A]), 0);
	assert_int_equal(gateway_sessions(&p->gw[PAIR_B]), 0);
	assert_int_equal(p->gw[PAIR_A].session[1].ended, FG_CAUSE_rekey_refused);
	pair_end(p);
}

/* The volume is used up while the peer is away: nothing goes through it any more. */
static void test_hard_volume(void **state)
{
	struct pair *p = pair_begin(NULL, NULL, 3);

	(void)state;
	gateway_life(&p->gw[PAIR_A], p->first_spi, true);
	pair_settle(p, PAIR_A);
	assert_null(gateway_opens(&p->gw[PAIR_A], p->first_spi));
	pair_live(p, 60000);
	assert_int_equal(p->gw[PAIR_A].session[1].ended, FG_CAUSE_child_lifetime);
	assert_int_equal(gateway_sessions(&p->gw[PAIR_A]), 0);
	assert_int_equal(gateway_sessions(&p->gw[PAIR_B]), 0);
	pair_end(p);
}

/* --- a client --- */

/* The client has rekeyed a CHILD SA whose volume is used up before its DELETE comes: what goes to
 * the client takes the new one. */
static void test_hard_volume_replaced(void **state)
{
	struct story *s = story_up(0);
	const __be32 old = s->gw.session[1].spi_in;
	struct gateway_datagram d;

	(void)state;
	assert_true(initiator_rekey_child(s->in) > 0);
	gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
	gateway_settle(&s->gw);
	assert_true(gateway_take(&s->gw, &d));
	assert_int_equal(initiator_receive(s->in, d.bytes, d.len), INITIATOR_REKEYED);
	assert_int_equal(gateway_outbound(&s->gw, 1, 0)->spi_in, old);
	gateway_life(&s->gw, old, true);
	gateway_settle(&s->gw);
	assert_non_null(gateway_outbound(&s->gw, 1, 0));
	assert_int_equal(gateway_outbound(&s->gw, 1, 0)->spi_in, s->gw.session[1].spi_in);
	assert_int_not_equal(s->gw.session[1].spi_in, old);
	story_end(s);
}

/* Further CHILD SAs up to ipsec-flow-limit, which is 4. */
static void test_flow_limit(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	for (unsigned n = 2; n <= 5; n++) {
		s->in->spi_in = htonl(0x40000000 + 16 * n);
		assert_true(initiator_create_child(s->in) > 0);
		gateway_talk(&s->gw, s->in);
		assert_int_equal(ike_find_notify(&s->in->answer, IKE_NOTIFY_NO_ADDITIONAL_SAS) !=
					 NULL,
				 n > 4);
		assert_int_equal(gateway_sas(&s->gw, 1), n < 4 ? n : 4);
	}
	assert_true(initiator_delete(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	story_empty(s);
	story_end(s);
}

/* The only CHILD SA is deleted, and another one comes while the session waits for it. */
static void test_child_after_the_last(void **state)
{
	struct story *s = story_up(0);

	(void)state;
	assert_true(initiator_delete_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_CHILDLESS], 1);
	gateway_wait(&s->gw, IKE_CHILDLESS_MS - 1000);
	assert_true(initiator_create_child(s->in) > 0);
	gateway_talk(&s->gw, s->in);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	assert_int_equal(gateway_sas(&s->gw, 1), 1);
	gateway_wait(&s->gw, 2000);
	assert_int_equal(s->gw.core->gauge[IKE_STATE_ESTABLISHED], 1);
	story_end(s);
}

/* REKEY_SA for an SPI that is none of its SAs: said back, and nothing else changes. */
static void test_rekey_of_nothing(void **state)
{
	struct story *s = story_up(0);
	const struct ike_notify *error;
	uint8_t bytes[1024];
	struct ike_header header;
	struct ike_sa offer = { 0 };
	struct ike_ts any = { 0 };
	const struct conf_net all4 = { .ip = ip_from4(0) };
	const __be32 spi = htonl(0x12345678);
	struct ike_writer w;

	(void)state;
	ike_ts_add_net(&any, &all4);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_notify(&w, IKE_PROTOCOL_ESP, &spi, sizeof(spi), IKE_NOTIFY_REKEY_SA, NULL, 0);
	ike_esp_offer_sa(s->in->setup.esp, 1, NULL, htonl(0x40000001), &offer);
	ike_put_sa(&w, &offer);
	ike_put_nonce(&w, s->in->ni, s->in->ni_len);
	ike_put_ts(&w, IKE_PAYLOAD_TSI, &any);
	ike_put_ts(&w, IKE_PAYLOAD_TSR, &any);
	header = initiator_header(s->in, IKE_EXCHANGE_CREATE_CHILD_SA);
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	gateway_talk(&s->gw, s->in);
	error = ike_find_notify(&s->in->answer, IKE_NOTIFY_CHILD_SA_NOT_FOUND);
	assert_non_null(error);
	assert_int_equal(error->protocol, IKE_PROTOCOL_ESP);
	assert_int_equal(error->spi.len, sizeof(spi));
	assert_memory_equal(error->spi.p, &spi, sizeof(spi));
	assert_int_equal(gateway_sas(&s->gw, 1), 1);
	story_end(s);
}

/* session-lifetime: told with IKE_AUTH, and the end when it is over. RFC 4478. */
static void test_session_lifetime(void **state)
{
	static const char conf[] =
		"[gateway]\noutside = eth0\n[pool p4]\nprefix = 10.10.0.0/24\n"
		"[ikev2-authorization-policy all]\npool = p4\nsession-lifetime = 300\n"
		"[virtual-template 1]\n[ikev2-keyring ring]\npsk = k\n[ikev2-profile all]\n"
		"match-identity-remote = any\nidentity-local = fqdn gateway.example.org\n"
		"authentication-local = pre-share\nauthentication-remote = pre-share\n"
		"keyring-local = ring\naaa-authorization-group = all\nvirtual-template = 1\n"
		"dpd = off\n";
	static const uint8_t seconds[4] = { 0, 0, 1, 44 };
	struct story *s = story_begin(conf);
	const struct ike_notify *notify;
	struct initiator_setup setup;

	(void)state;
	gateway_client(&s->gw, &setup);
	assert_int_equal(initiator_new(&setup, &s->in), 0);
	assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
	notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_AUTH_LIFETIME);
	assert_non_null(notify);
	assert_int_equal(notify->data.len, sizeof(seconds));
	assert_memory_equal(notify->data.p, seconds, sizeof(seconds));
	gateway_wait(&s->gw, 299 * 1000);
	assert_int_equal(gateway_sessions(&s->gw), 1);
	gateway_wait(&s->gw, 1000);
	assert_int_equal(s->gw.session[1].ended, FG_CAUSE_session_lifetime);
	story_end(s);
}

/* --- a client that refuses --- */

/* A second, in which the client answers what it is asked: nothing but NO_ADDITIONAL_SAS to a rekey.
 * Returns what AUTH_LIFETIME says, 0: none came. */
static uint32_t second(struct story *s)
{
	struct gateway_datagram d;
	uint32_t told = 0;

	gateway_wait(&s->gw, 1000);
	gateway_settle(&s->gw);
	while (gateway_take(&s->gw, &d)) {
		const struct ike_notify *notify;
		struct rd rd;

		if (initiator_receive(s->in, d.bytes, d.len) != INITIATOR_ANSWER)
			continue;
		notify = ike_find_notify(&s->in->answer, IKE_NOTIFY_AUTH_LIFETIME);
		if (notify) {
			rd = rd_of(notify->data.p, notify->data.len);
			assert_int_equal(s->in->answer.header.exchange, IKE_EXCHANGE_INFORMATIONAL);
			assert_true(rd_be32(&rd, &told) && rd_end(&rd));
		}
		gateway_receive(&s->gw, s->in->out, s->in->out_len, &s->in->peer, &s->in->local);
		gateway_settle(&s->gw);
	}
	return told;
}

static const struct {
	const char *name, *conf;
	uint32_t at;    /* when it is over; 30 seconds later with a CHILD SA */
	uint32_t cause; /* of the end */
	bool told;
} refusals[] = {
	{ "IKE SA", CONF("", "lifetime = 120\n"), 120, FG_CAUSE_rekey_refused, true },
	{ "CHILD SA", CONF("set-security-association-lifetime-seconds = 60\n", ""), 60,
	  FG_CAUSE_rekey_refused, true },
	{ "both", CONF("set-security-association-lifetime-seconds = 600\n", "lifetime = 120\n"),
	  120, FG_CAUSE_rekey_refused, true },
};

/* It is told when it ends (RFC 4478), once, and then that is so, for a reason that says so. */
static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct story *s = story_begin(refusals[i].conf);
		struct initiator_setup setup;
		uint32_t told = 0, at = refusals[i].at;

		print_message("%s\n", refusals[i].name);
		gateway_client(&s->gw, &setup);
		assert_int_equal(initiator_new(&setup, &s->in), 0);
		assert_int_equal(gateway_login(&s->gw, s->in), INITIATOR_UP);
		for (uint32_t now = 1; now < at; now++) {
			uint32_t left = second(s);

			assert_int_equal(gateway_sas(&s->gw, 1), 1);
			if (!left)
				continue;
			assert_int_equal(told, 0);
			told = left;
			assert_in_range(now + left, at - 1, at);
		}
		assert_int_equal(told > 0, refusals[i].told);
		for (unsigned n = 0; n < IKE_CHILDLESS_MS / 1000 + 2; n++)
			second(s);
		assert_int_equal(s->gw.session[1].ended, refusals[i].cause);
		assert_int_equal(s->gw.core->stats.rekey_failed, 1);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_time),
		cmocka_unit_test(test_agreements),
		cmocka_unit_test(test_selectors_stay),
		cmocka_unit_test(test_child_not_found),
		cmocka_unit_test(test_flexd_refuses),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_hard_volume),
		cmocka_unit_test(test_hard_volume_replaced),
		cmocka_unit_test(test_flow_limit),
		cmocka_unit_test(test_child_after_the_last),
		cmocka_unit_test(test_rekey_of_nothing),
		cmocka_unit_test(test_session_lifetime),
		cmocka_unit_test(test_refused),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
