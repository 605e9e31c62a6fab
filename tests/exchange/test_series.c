// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_FOLLOWUP_KE of a client (RFC 9370 2.2.4) with something wrong, or something else meanwhile:
 * what comes back, which counter moves, and that the series goes on where it may.
 */
#include "exchange/create.h"

#include "ike/wire/build.h"

struct followup {
	const char *what;
	const char *parts; /* k KE, K of another method, x too short, l link, L another, o older, s
			      SA */
	uint16_t notify;
	bool ends;
	enum ike_drop drop;
};

static const struct followup followups[] = {
	/* clang-format off */
	{ "another link", "kL", IKE_NOTIFY_STATE_NOT_FOUND, false, IKE_DROP_no_series },
	{ "a longer link", "ka", IKE_NOTIFY_STATE_NOT_FOUND, false, IKE_DROP_no_series },
	{ "an empty link", "ke", IKE_NOTIFY_STATE_NOT_FOUND, false, IKE_DROP_no_series },
	{ "no link", "k", IKE_NOTIFY_STATE_NOT_FOUND, false, IKE_DROP_no_series },
	{ "the link before", "ko", IKE_NOTIFY_STATE_NOT_FOUND, false, IKE_DROP_no_series },
	{ "critical", "kcl", IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, false, IKE_DROP_critical_payload },
	{ "no KE", "l", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_missing_payload },
	{ "two KEs", "kkl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_repeated_payload },
	{ "an SA", "ksl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_misplaced_payload },
	{ "a nonce", "knl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_misplaced_payload },
	{ "another method", "Kl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_bad_key },
	{ "a value that is too short", "xl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_bad_key },
	{ "a value that is no point", "pl", IKE_NOTIFY_INVALID_SYNTAX, true, IKE_DROP_bad_key },
	/* clang-format on */
};

/* What of it the client knows when the request is made. */
struct links {
	uint8_t now[64], before[64];
	size_t len;
};

static void put_value(struct initiator *in, char part, struct ike_writer *w)
{
	uint16_t method = ike_additional_next(in->create.method, &in->create.at);
	size_t len = dh_public_len(method);
	struct ke *ke = NULL;
	uint8_t no_point[200] = { 1 };

	assert_int_equal(ke_begin(method, &ke), 0);
	ike_put_ke(w, part == 'K' ? IKE_GROUP_ECP_256 : method,
		   part == 'p' ? no_point : ke_value(ke), part == 'x' ? len - 1 : len);
	ke_free(ke);
}

static void put_followup(const struct story *s, const struct links *links, char part,
			 struct ike_writer *w)
{
	struct ike_sa offer = { 0 };
	uint8_t link[65] = { 0 };
	size_t len = part == 'e' ? 0 : links->len + (part == 'a');

	memcpy(link, part == 'o' ? links->before : links->now, links->len);
	link[0] ^= part == 'L';
	switch (part) {
	case 'k':
	case 'K':
	case 'x':
	case 'p':
		put_value(s->in, part, w);
		break;
	case 's':
		ike_esp_offer_sa(s->in->setup.esp, 1, NULL, s->in->spi_in, &offer);
		ike_put_sa(w, &offer);
		break;
	case 'n':
		ike_put_nonce(w, link, 32);
		break;
	case 'c':
		ike_payload_open(w, 200);
		w->wr.p[w->open_at + 1] = IKE_CRITICAL;
		ike_payload_close(w);
		break;
	default:
		ike_put_notify(w, 0, NULL, 0, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE, link, len);
	}
}

static const struct {
	const char *what;
	size_t (*rekey)(struct initiator *in);
} kinds[] = { { "CHILD SA", initiator_rekey_child }, { "IKE SA", initiator_rekey_ike } };

/* CREATE_CHILD_SA and one of two IKE_FOLLOWUP_KEs are answered. */
static struct story *half_way(size_t kind, struct links *links)
{
	struct story *s = create_up();

	assert_true(kinds[kind].rekey(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_STEP);
	links->len = s->in->create.link_len;
	memcpy(links->before, s->in->create.link, links->len);
	assert_true(initiator_followup(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_STEP);
	memcpy(links->now, s->in->create.link, links->len);
	return s;
}

/* The last one, with the right link; both sides have the new SA, and the old one goes. */
static void completes(struct story *s)
{
	const struct gateway_session *session = &s->gw.session[1];

	assert_true(initiator_followup(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_REKEYED);
	assert_true(initiator_delete_old(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
	gateway_wait(&s->gw, IKE_LINGER_MS);
	assert_memory_equal(&session->in, &s->in->key_out, sizeof(session->in));
	assert_memory_equal(&session->out, &s->in->key_in, sizeof(session->out));
	create_goes_on(s, 1);
}

static void answered_with(const struct story *s, const char *what, uint16_t notify)
{
	const struct ike_notify *error = ike_find_error(&s->in->answer);

	if (!error || error->type != notify)
		fail_msg("%s: answered with %u", what, error ? error->type : 0);
	assert_int_equal(s->in->answer.notify_count, 1);
	assert_int_equal(ike_count(&s->in->answer, IKE_PAYLOAD_KE), 0);
}

static void wrong_followup(size_t kind, const struct followup *f)
{
	struct links links;
	struct story *s = half_way(kind, &links);
	const struct initiator_create before = s->in->create;
	struct ike_header header = initiator_header(s->in, IKE_EXCHANGE_IKE_FOLLOWUP_KE);
	uint64_t drops = story_drops(s);
	uint8_t bytes[2048];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	for (const char *part = f->parts; *part; part++)
		put_followup(s, &links, *part, &w);
	assert_true(initiator_seal(s->in, &header, &w) > 0);
	assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
	answered_with(s, f->what, f->notify);
	assert_int_equal(story_drops(s), drops + 1);
	assert_int_equal(s->gw.core->stats.drop[f->drop], 1);
	if (f->ends) {
		create_is_over(s);
	} else {
		s->in->create = before;
		completes(s);
	}
	story_end(s);
}

static void test_followups(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (size_t i = 0; i < COUNT(followups); i++) {
			print_message("%s, %s\n", kinds[k].what, followups[i].what);
			wrong_followup(k, &followups[i]);
		}
}

/* There is none, or it is over. */
static void test_no_series(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		struct links links;
		struct story *s = half_way(k, &links);

		completes(s);
		memcpy(s->in->create.method, (uint16_t[7]){ IKE_GROUP_ECP_521 }, 14);
		s->in->create.at = 0;
		memcpy(s->in->create.link, links.now, links.len);
		s->in->create.link_len = links.len;
		assert_true(initiator_followup(s->in) > 0);
		assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
		answered_with(s, "over", IKE_NOTIFY_STATE_NOT_FOUND);
		create_goes_on(s, 1);
		story_end(s);
	}
}

/* Another CREATE_CHILD_SA meanwhile: for the same SA it begins again, for another one it has to
 * wait, and the series goes on. */
static void test_create_meanwhile(void **state)
{
	(void)state;
	for (size_t first = 0; first < COUNT(kinds); first++)
		for (size_t second = 0; second < COUNT(kinds); second++) {
			struct links links;
			struct story *s = half_way(first, &links);
			struct initiator_create before = s->in->create;

			s->in->create.ke = NULL;
			assert_true(kinds[second].rekey(s->in) > 0);
			if (first == second) {
				ke_free(before.ke);
				assert_int_equal(create_ask(s), INITIATOR_STEP);
				assert_true(initiator_followup(s->in) > 0);
				assert_int_equal(create_ask(s), INITIATOR_STEP);
			} else {
				assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
				answered_with(s, "other", IKE_NOTIFY_TEMPORARY_FAILURE);
				ke_free(s->in->create.ke);
				s->in->create = before;
			}
			completes(s);
			story_end(s);
		}
}

/* The SA that it replaces is deleted, or a minute is over. */
static void test_series_ends(void **state)
{
	struct links links;
	struct story *s = half_way(0, &links);

	(void)state;
	assert_true(initiator_delete_child(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
	assert_true(initiator_followup(s->in) > 0);
	assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
	answered_with(s, "deleted", IKE_NOTIFY_TEMPORARY_FAILURE);
	assert_int_equal(gateway_sas(&s->gw, 1), 0);
	story_end(s);
	for (size_t k = 0; k < COUNT(kinds); k++) {
		s = half_way(k, &links);
		gateway_wait(&s->gw, IKE_FOLLOWUP_MS);
		gateway_settle(&s->gw);
		assert_int_equal(gateway_sas(&s->gw, 1), 1);
		s->gw.out_count = 0;
		assert_true(initiator_followup(s->in) > 0);
		assert_int_equal(create_ask(s), INITIATOR_ANSWERED);
		answered_with(s, "too late", IKE_NOTIFY_STATE_NOT_FOUND);
		story_end(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_followups),
		cmocka_unit_test(test_no_series),
		cmocka_unit_test(test_create_meanwhile),
		cmocka_unit_test(test_series_ends),
	};

	log_open("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
