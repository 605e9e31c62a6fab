// SPDX-License-Identifier: BSD-2-Clause
#include "ike/init.h"

#include "conf/match.h"
#include "core/secret.h"
#include "crypto/dh.h"
#include "ike/auth.h"
#include "ike/client.h"
#include "ike/cookie.h"
#include "ike/exchange.h"
#include "ike/names.h"
#include "ike/nat.h"
#include "ike/ppk.h"
#include "ike/redirect.h"
#include "ike/reject.h"
#include "ike/trace.h"

#include <stdlib.h>

static bool wants_nat_detection(const struct ike_message *m)
{
	return ike_find_notify(m, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP) != NULL;
}

/* RFC 9242 3.1: both can, or neither does. */
static bool intermediate(const struct ike_message *m)
{
	return ike_find_notify(m, IKE_NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED) != NULL;
}

/* Without a key pair in the opening only the length of it is right. */
static struct ike_packet *make_answer(const struct ike_core *core, struct ikesa *sa,
				      const struct ike_message *m, const struct ike_choice *choice)
{
	const struct ike_opening *opening = sa->opening;
	const struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = IKE_EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	uint16_t group = choice->suite.group;
	const uint8_t no_public[DH_PUBLIC_MAX] = { 0 };
	uint8_t message[IKE_MESSAGE_MAX];
	struct ike_sa chosen = { 0 };
	struct ike_writer w;
	size_t len;

	ike_choice_sa(choice, NULL, &chosen);
	ike_begin(&w, message, sizeof(message), &header);
	ike_put_sa(&w, &chosen);
	ike_put_ke(&w, group, opening->dh ? dh_public(opening->dh) : no_public,
		   dh_public_len(group));
	ike_put_nonce(&w, opening->nr, sizeof(opening->nr));
	if (wants_nat_detection(m))
		ike_nat_put(&w, sa, &sa->path);
	if (opening->intermediate.agreed)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0,
			       IKE_NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL, 0);
	if (sa->fragment_mtu)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0,
			       IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
	ike_auth_announce(core, sa, m, &w);
	ike_ppk_announce(core, sa, m, &w);
	ike_vendor_put(core, sa, &w);
	len = ike_finish(&w);
	return len ? ike_packet_new(message, len) : NULL;
}

/* What the request says, before anything dear is computed for it. */
static bool note_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			 const struct ike_choice *choice, const struct ike_arrival *from)
{
	const struct ike_nat nat = ike_nat_read(m, &from->path);
	struct ike_opening *opening = calloc(1, sizeof(*opening));

	sa->opening = opening;
	if (!opening)
		return false;
	opening->suite = choice->suite;
	opening->proven = from->proven;
	opening->intermediate.agreed = intermediate(m);
	memcpy(opening->ke, m->ke.value.p, m->ke.value.len);
	opening->ke_len = m->ke.value.len;
	memcpy(opening->ni, m->nonce.p, m->nonce.len);
	opening->ni_len = m->nonce.len;
	sa->peer_nat = nat.peer;
	sa->local_nat = nat.local;
	sa->redirect = (uint8_t)ike_redirect_read(m);
	if (ike_find_notify(m, IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED))
		sa->fragment_mtu = core->conf->gateway.fragmentation_mtu;
	ike_client_see(sa, m);
	opening->request = ike_packet_new(from->datagram, from->len);
	return opening->request && ike_digest(from->datagram, from->len, sa->request_digest);
}

/* Nobody gets to send a victim more by way of us than he sends to us: an address that is not proven
 * must return a cookie first. */
static bool longer_than_asked(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			      const struct ike_choice *choice, const struct ike_arrival *from)
{
	struct ike_packet *answer;
	bool longer;

	if (from->proven || !ike_cookie_possible(core))
		return false;
	answer = make_answer(core, sa, m, choice);
	longer = answer && answer->len > from->len;
	ike_packet_free(answer);
	return longer;
}

/* Everything that the answer needs, or false. */
static bool open_sa(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		    const struct ike_choice *choice)
{
	struct ike_opening *opening = sa->opening;

	if (dh_new(choice->suite.group, &opening->dh) < 0 ||
	    !core->env.random(core->env.arg, opening->nr, sizeof(opening->nr)))
		return false;
	opening->answer = make_answer(core, sa, m, choice);
	if (opening->answer)
		sa->answer = ike_packet_new(opening->answer->bytes + IKE_MARKER_LEN,
					    opening->answer->len);
	return sa->answer != NULL;
}

static void new_sa(struct ike_core *core, const struct ike_message *m,
		   const struct ike_choice *choice, const struct ike_arrival *from)
{
	uint64_t timeout_ms = (uint64_t)core->conf->gateway.half_open_timeout_s * 1000;
	struct ikesa *sa = ikesa_new(core, false, m->header.spi_i, 0, &from->path);
	char where[IP_TEXT_MAX], suite[IKE_SUITE_TEXT_MAX];
	bool noted;

	if (!sa)
		return;
	noted = note_request(core, sa, m, choice, from);
	if (noted && longer_than_asked(core, sa, m, choice, from)) {
		ikesa_free(core, sa);
		ike_cookie_ask(core, from);
		return;
	}
	if (!noted || !open_sa(core, sa, m, choice) || !ike_move(core, sa, IKE_STATE_HALF_OPEN)) {
		ikesa_free(core, sa);
		return;
	}
	ikesa_add_init(core, sa);
	ikesa_take_handle(core, sa, sa->spi_r);
	sa->request_next = 1;
	ike_due_at(core, sa, IKE_DUE_STATE, ike_now(core) + timeout_ms);
	log_debug("ike", "%s: half-open, %s%s%s", endpoint_text(&from->path.peer, where),
		  ike_suite_text(&choice->suite, suite), sa->peer_nat ? ", behind a NAT" : "",
		  sa->local_nat ? ", and so are we" : "");
	ike_tally_sent_clear(&core->tally, sa->answer->bytes + IKE_MARKER_LEN, sa->answer->len);
	ike_trace_line(core, sa, "-> IKE_SA_INIT answer: %s",
		       ike_suite_text(&choice->suite, suite));
	ike_send_packet(core, sa->answer, &from->path);
}

/* Does a profile for those who come this way have the proposal? Nobody has an identity yet. */
static bool offered_here(const struct ike_core *core, const struct conf_proposal *proposal,
			 const struct ike_path *path)
{
	const struct conf *conf = core->conf;

	for (size_t i = 0; i < conf->profile_count; i++) {
		const struct conf_profile *profile = &conf->profiles[i];

		if (!conf_profile_is_here(profile, &path->local.ip, ike_path_outside(core, path)))
			continue;
		for (size_t j = 0; j < profile->proposal_count; j++)
			if (&conf->proposals[profile->proposal[j]] == proposal)
				return true;
	}
	return false;
}

/* What is too weak in an offer that would be taken with it. NULL: that is not what is wrong. */
static const char *too_weak(const struct ike_core *core, const struct ike_message *m,
			    const struct ike_path *path, char buf[IKE_SUITE_TEXT_MAX])
{
	const char *weak = NULL;

	for (size_t i = 0; i < core->proposal_count && !weak; i++)
		if (offered_here(core, core->proposals[i], path))
			weak = ike_legacy_would(&m->sa, core->proposals[i], m->ke.group, buf);
	return weak;
}

/* Nobody has proved anything yet, but without this line the operator sees a client that cannot log
 * in and a gateway that says nothing. */
static void log_offer(struct ike_core *core, const struct ike_message *m,
		      const struct ike_arrival *from)
{
	char where[IP_TEXT_MAX], offer[IKE_OFFER_TEXT_MAX], buf[IKE_SUITE_TEXT_MAX];
	const char *remedy = ike_client_of(m)->remedy;
	const char *weak;

	if (!log_allowed(&core->log_offers, ike_now(core)))
		return;
	weak = too_weak(core, m, &from->path, buf);
	log_info("ike", "%s: %s%s%s%s%s%s: %s", endpoint_text(&from->path.peer, where),
		 ike_drop_text(IKE_DROP_no_proposal),
		 weak ? "; too weak without legacy = yes: " : "", weak ? weak : "",
		 remedy ? " (" : "", remedy ? remedy : "", remedy ? ")" : "",
		 ike_offer_text(&m->sa, offer));
}

static bool choose(const struct ike_core *core, const struct ike_message *m,
		   const struct ike_path *path, struct ike_choice *choice)
{
	bool additional = intermediate(m);

	for (size_t i = 0; i < core->proposal_count; i++)
		if (offered_here(core, core->proposals[i], path) &&
		    (additional ? ike_choose_additional : ike_choose)(&m->sa, &core->proposals[i],
								      1, m->ke.group, choice))
			return true;
	return false;
}

void ike_init_request(struct ike_core *core, struct ikesa *none, const struct ike_message *m,
		      const struct ike_arrival *from)
{
	struct ike_choice choice;
	uint8_t group[2];

	(void)none;
	ike_redirect_log(core, from, m);
	if (ike_redirect_init(core, m, from))
		return;
	if (!choose(core, m, &from->path, &choice)) {
		ike_count_drop(core, IKE_DROP_no_proposal);
		log_offer(core, m, from);
		ike_reject(core, &m->header, from, IKE_NOTIFY_NO_PROPOSAL_CHOSEN, NULL, 0);
		return;
	}
	if (choice.wrong_group) {
		struct wr wr = wr_of(group, sizeof(group));

		wr_be16(&wr, choice.suite.group);
		ike_count_drop(core, IKE_DROP_bad_group);
		ike_reject(core, &m->header, from, IKE_NOTIFY_INVALID_KE_PAYLOAD, group,
			   sizeof(group));
		return;
	}
	if (m->ke.value.len != dh_public_len(choice.suite.group)) {
		ike_count_drop(core, IKE_DROP_bad_key);
		return;
	}
	new_sa(core, m, &choice, from);
}

enum ike_drop ike_init_keys(struct ikesa *sa)
{
	struct ike_opening *opening = sa->opening;
	uint8_t secret[DH_SECRET_MAX];
	size_t len = 0;
	enum ike_drop drop = IKE_DROP_bad_key;

	if (!opening || !opening->dh)
		return IKE_DROP_clear_after_init;
	if (!dh_shared(opening->dh, opening->ke, opening->ke_len, secret, &len))
		goto out;
	if (!ike_keys_derive(&opening->suite, (struct ike_bytes){ opening->ni, opening->ni_len },
			     (struct ike_bytes){ opening->nr, sizeof(opening->nr) },
			     (struct ike_bytes){ secret, len }, sa->spi_i, sa->spi_r, &sa->keys))
		goto out;
	sa->sk_in = ike_keys_sk(&sa->keys, true);
	sa->sk_out = ike_keys_sk(&sa->keys, false);
	if (!sa->sk_in || !sa->sk_out)
		goto out;
	sa->keyed = true;
	drop = IKE_DROP_NONE;
out:
	dh_free(opening->dh);
	opening->dh = NULL;
	wipe(secret, sizeof(secret));
	return drop;
}
