// SPDX-License-Identifier: BSD-2-Clause
/*
 * CREATE_CHILD_SA of a client that has logged in, with something wrong: what comes back, which
 * counter moves, and that nothing else has changed. RFC 7296 1.3, 2.21.3.
 */
#include "exchange/create.h"

#include "ike/ts.h"

enum { OLD_SPI = 1, ANY_SPI = 2, ENDS = 0xffff };

/* The ways to ask; `parts` is the order of the payloads. */
struct request {
	const char *what;
	const char
		*parts; /* s SA, i IKE SA, n nonce, k KE, t TSi, r TSr, R REKEY_SA, and odd ones */
	uint16_t group; /* of the KE payload; 31 where nothing is said */
	size_t ke_len, nonce_len, spi_len;
	unsigned rekey; /* SPI in REKEY_SA: OLD_SPI, ANY_SPI */
	size_t rekey_len;
	uint8_t rekey_protocol;
	uint32_t spi; /* in the SA payload */
	uint16_t esp; /* suite that is offered */
	bool outside; /* TSi without the leased address */
	bool groups;  /* are offered, whether there is a KE or not */
	/* What must come of it. */
	uint16_t notify; /* 0: a new SA; ENDS with INVALID_SYNTAX: and the IKE SA is over */
	bool ends;
	enum ike_drop drop; /* the counter that moved, NONE: none of them */
};

#define FINE    .notify = 0
#define MISSING .notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_missing_payload
#define REPEATED                                                                                   \
	.notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_repeated_payload
#define MISPLACED                                                                                  \
	.notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_misplaced_payload
#define MALFORMED .notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_bad_payload
#define NONCE     .notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_bad_nonce
#define BAD_KEY   .notify = IKE_NOTIFY_INVALID_SYNTAX, .ends = true, .drop = IKE_DROP_bad_key
#define GROUP     .notify = IKE_NOTIFY_INVALID_KE_PAYLOAD, .drop = IKE_DROP_bad_group
#define CRITICAL                                                                                   \
	.notify = IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, .drop = IKE_DROP_critical_payload
#define NO_CHILD .notify = IKE_NOTIFY_CHILD_SA_NOT_FOUND

static const struct request requests[] = {
	/* clang-format off */
	{ "nothing wrong: a rekey", "Rsntr", FINE },
	{ "nothing wrong: a rekey with a key exchange", "Rsnktr", FINE },
	{ "nothing wrong: another CHILD SA", "sntr", FINE },
	{ "nothing wrong: a rekey of the IKE SA", "ink", FINE },
	{ "an unknown payload, vendor ID, unknown notifies", "uRvsNntr", FINE },
	{ "REKEY_SA behind the others", "sntrR", FINE },
	{ "transport mode: a tunnel all the same", "RTsntr", FINE },

	{ "nothing", "", MISSING },
	{ "no SA", "Rntr", MISSING },
	{ "no nonce", "Rstr", MISSING },
	{ "no TSi", "Rsnr", MISSING },
	{ "no TSr", "Rsnt", MISSING },
	{ "neither TS", "Rsn", MISSING },
	{ "IKE SA without KE", "in", MISSING },
	{ "IKE SA without nonce", "ik", MISSING },
	{ "two SAs", "Rssntr", REPEATED },
	{ "SAs for both kinds", "isnktr", REPEATED },
	{ "two nonces", "Rsnntr", REPEATED },
	{ "two KEs", "Rsnkktr", REPEATED },
	{ "two TSi", "Rsnttr", REPEATED },
	{ "IDi", "RsnItr", MISPLACED },
	{ "AUTH", "RsnAtr", MISPLACED },
	{ "Delete", "RsnDtr", MISPLACED },
	{ "an SA without proposal", "Rentr", MALFORMED },
	{ "a TS without selector", "RsnEr", MALFORMED },
	{ "something behind the last payload", "Rsntr!", MALFORMED },
	{ "critical", "Rscntr", CRITICAL },
	{ "critical, in a rekey of the IKE SA", "icnk", CRITICAL },

	{ "nonce of 15", "Rsntr", .nonce_len = 15, NONCE },
	{ "nonce of 16", "Rsntr", .nonce_len = 16 },
	{ "nonce of 256", "Rsntr", .nonce_len = 256 },
	{ "nonce of 257", "Rsntr", .nonce_len = 257, NONCE },
	{ "IKE SA, nonce of 15", "ink", .nonce_len = 15, NONCE },

	{ "groups and no KE", "Rsntr", .groups = true, GROUP },
	{ "KE and no groups", "RsnKtr", FINE },
	{ "KE too short", "Rsnktr", .ke_len = 31, BAD_KEY },
	{ "KE too long", "Rsnktr", .ke_len = 33, BAD_KEY },
	{ "KE empty", "Rsnktr", .ke_len = ENDS, MALFORMED },
	{ "KE of a group offered but not ours", "Rsnktr", .group = 14, GROUP },
	{ "KE of a group that is not offered", "Rsnktr", .group = 20, GROUP },
	{ "IKE SA, KE too short", "ink", .ke_len = 31, BAD_KEY },
	{ "IKE SA, KE of a group that is not offered", "ink", .group = 20, GROUP },
	{ "IKE SA, KE of no group", "ink", .group = 999, GROUP },

	{ "SPI of 8 bytes for ESP", "Rsntr", .spi_len = 8, MALFORMED },
	{ "SPI of no bytes for ESP", "Rsntr", .spi_len = ENDS, MALFORMED },
	{ "reserved SPI", "Rsntr", .spi = 255, .notify = IKE_NOTIFY_NO_PROPOSAL_CHOSEN },
	{ "SPI of 4 bytes for the IKE SA", "ink", .spi_len = 4, MALFORMED },
	{ "SPI of no bytes for the IKE SA", "ink", .spi_len = ENDS,
	  .notify = IKE_NOTIFY_NO_PROPOSAL_CHOSEN, .drop = IKE_DROP_no_proposal },
	{ "a suite that is not ours", "Rsntr", .esp = FG_ESP_CHACHA20_POLY1305,
	  .notify = IKE_NOTIFY_NO_PROPOSAL_CHOSEN },

	{ "REKEY_SA of an unknown SPI", "Rsntr", .rekey = ANY_SPI, NO_CHILD },
	{ "REKEY_SA with an SPI of 8 bytes", "Rsntr", .rekey_len = 8, NO_CHILD },
	{ "REKEY_SA without SPI", "Rsntr", .rekey_len = ENDS, NO_CHILD },
	{ "REKEY_SA of AH", "Rsntr", .rekey_protocol = 2, NO_CHILD },
	{ "TSi outside the lease", "sntr", .outside = true, .notify = IKE_NOTIFY_TS_UNACCEPTABLE },
	{ "TSi outside the old SA", "Rsntr", .outside = true,
	  .notify = IKE_NOTIFY_TS_UNACCEPTABLE },
	/* clang-format on */
};

/* --- made --- */

static size_t or (size_t value, size_t otherwise)
{
	return value == ENDS ? 0 : value ? value : otherwise;
}

static void put_sa(const struct request *r, bool ike, struct ike_writer *w)
{
	static const uint8_t spi8[8] = { 0x7a, 1, 2, 3, 4, 5, 6, 7 };
	const uint16_t groups[] = { 31, 14 };
	size_t spi_len = or (r->spi_len, ike ? 8 : 4);
	__be32 spi = htonl(r->spi ? r->spi : 0x40001000);
	bool chacha = r->esp == FG_ESP_CHACHA20_POLY1305;
	struct ike_sa sa = { 0 };

	ike_sa_add_proposal(&sa, 1, ike ? IKE_PROTOCOL_IKE : IKE_PROTOCOL_ESP,
			    !ike && r->spi ? (const void *)&spi : spi8, (uint8_t)spi_len);
	ike_sa_add_transform(&sa, IKE_TRANSFORM_ENCR,
			     chacha ? IKE_ENCR_CHACHA20_POLY1305 : IKE_ENCR_AES_GCM_16,
			     chacha ? 0 : 256);
	if (ike)
		ike_sa_add_transform(&sa, IKE_TRANSFORM_PRF, IKE_PRF_HMAC_SHA2_256, 0);
	for (size_t i = 0; (ike || r->groups || strchr(r->parts, 'k')) && i < COUNT(groups); i++)
		ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, groups[i], 0);
	if (!ike)
		ike_sa_add_transform(&sa, IKE_TRANSFORM_ESN, IKE_ESN_NO, 0);
	ike_put_sa(w, &sa);
}

static void put_ke(const struct request *r, struct ike_writer *w)
{
	uint16_t group = r->group ? r->group : 31;
	uint8_t value[600] = { 9 };

	ike_put_ke(w, group, value,
		   or (r->ke_len, dh_public_len(group) ? dh_public_len(group) : 32));
}

static void put_rekey(const struct story *s, const struct request *r, struct ike_writer *w)
{
	uint8_t spi[8] = { 0x12, 0x34, 0x56, 0x78 };

	if (r->rekey != ANY_SPI)
		memcpy(spi, &s->in->spi_in, sizeof(s->in->spi_in));
	ike_put_notify(w, r->rekey_protocol ? r->rekey_protocol : IKE_PROTOCOL_ESP, spi,
		       (uint8_t) or (r->rekey_len, 4), IKE_NOTIFY_REKEY_SA, NULL, 0);
}

static void put_ts(const struct story *s, const struct request *r, bool client,
		   struct ike_writer *w)
{
	const struct conf_net other = { .ip = ip_from4(htonl(0xcb007100)), .len = 24 };
	struct ike_ts ts = client ? s->in->ts_i : s->in->ts_r;

	if (client && r->outside) {
		ts = (struct ike_ts){ 0 };
		ike_ts_add_net(&ts, &other);
	}
	ike_put_ts(w, client ? IKE_PAYLOAD_TSI : IKE_PAYLOAD_TSR, &ts);
}

static void put_empty(uint8_t type, uint8_t flags, size_t zeros, struct ike_writer *w)
{
	ike_payload_open(w, type);
	w->wr.p[w->open_at + 1] = flags;
	wr_zero(&w->wr, zeros);
	ike_payload_close(w);
}

static void put_part(const struct story *s, const struct request *r, char part,
		     struct ike_writer *w)
{
	static const uint8_t zeros[300];

	switch (part) {
	case 's':
	case 'i':
		put_sa(r, part == 'i', w);
		break;
	case 'n':
		ike_put_nonce(w, zeros, or (r->nonce_len, 32));
		break;
	case 'k':
	case 'K':
		put_ke(r, w);
		break;
	case 't':
	case 'r':
		put_ts(s, r, part == 't', w);
		break;
	case 'R':
		put_rekey(s, r, w);
		break;
	case 'T':
		ike_put_notify(w, 0, NULL, 0, IKE_NOTIFY_USE_TRANSPORT_MODE, NULL, 0);
		break;
	case 'N':
		ike_put_notify(w, 0, NULL, 0, 40000, zeros, 8);
		break;
	case 'I':
		ike_put_id(w, IKE_PAYLOAD_IDI, IKE_ID_FQDN, "x", 1);
		break;
	case 'A':
		ike_put_auth(w, IKE_AUTH_METHOD_SHARED_KEY, zeros, 32);
		break;
	case 'D':
		ike_put_delete(w, IKE_PROTOCOL_IKE, NULL, 0);
		break;
	case 'v':
		ike_put_vendor(w, "vendor", 6);
		break;
	case 'e':
		put_empty(IKE_PAYLOAD_SA, 0, 0, w);
		break;
	case 'E':
		put_empty(IKE_PAYLOAD_TSI, 0, 4, w);
		break;
	case '!':
		wr_zero(&w->wr, 3);
		break;
	default:
		put_empty(200, part == 'c' ? IKE_CRITICAL : 0, 0, w);
	}
}

/* --- sent, and what came of it --- */

static void check_answer(const struct story *s, const struct request *r)
{
	const struct ike_message *m = &s->in->answer;
	const struct ike_notify *error = ike_find_error(m);
	bool ike = strchr(r->parts, 'i') != NULL;

	if (!r->notify) {
		if (error)
			fail_msg("%s: refused with %u", r->what, error->type);
		assert_int_equal(ike_count(m, IKE_PAYLOAD_SA), 1);
		assert_int_equal(ike_count(m, IKE_PAYLOAD_NONCE), 1);
		assert_int_equal(ike_count(m, IKE_PAYLOAD_KE), strchr(r->parts, 'k') ? 1 : 0);
		assert_int_equal(ike_count(m, IKE_PAYLOAD_TSI), ike ? 0 : 1);
		assert_null(ike_find_notify(m, IKE_NOTIFY_USE_TRANSPORT_MODE));
		return;
	}
	if (!error || error->type != r->notify)
		fail_msg("%s: answered with %u", r->what, error ? error->type : 0);
	/* The notify and nothing else. */
	assert_int_equal(m->notify_count, 1);
	for (uint8_t type = IKE_PAYLOAD_SA; type <= IKE_PAYLOAD_EAP; type++)
		if (type != IKE_PAYLOAD_NOTIFY && type != IKE_PAYLOAD_SK)
			assert_int_equal(ike_count(m, type), 0);
}

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		const struct request *r = &requests[i];
		const struct ike_notify *rekey;
		struct story *s = create_up();
		struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_CREATE_CHILD_SA);
		uint64_t drops = story_drops(s);
		uint8_t bytes[2048];
		struct ike_writer w;

		ike_begin_inner(&w, bytes, sizeof(bytes));
		for (const char *part = r->parts; *part; part++)
			put_part(s, r, *part, &w);
		assert_true(initiator_seal(s->in, &header, &w) > 0);
		assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
		check_answer(s, r);
		if (story_drops(s) != drops + (r->drop != IKE_DROP_NONE))
			fail_msg("%s: %u counters moved", r->what,
				 (unsigned)(story_drops(s) - drops));
		if (r->drop && !s->gw.core->stats.drop[r->drop])
			fail_msg("%s: another counter moved", r->what);
		rekey = ike_find_notify(&s->in->answer, IKE_NOTIFY_CHILD_SA_NOT_FOUND);
		if (rekey)
			assert_int_equal(rekey->spi.len, or (r->rekey_len, 4));
		if (r->ends)
			create_is_over(s);
		else if (r->notify)
			create_goes_on(s, 1);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
