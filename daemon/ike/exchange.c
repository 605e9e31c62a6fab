// SPDX-License-Identifier: BSD-2-Clause
#include "ike/exchange.h"

#include "core/secret.h"
#include "crypto/hash.h"
#include "ike/close.h"
#include "ike/init.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/names.h"
#include "ike/sealed.h"
#include "ike/task.h"
#include "ike/trace.h"

#include <errno.h>
#include <stdlib.h>

/* A message for this SA that is not acted upon. */
static void dropped(struct ike_core *core, const struct ikesa *sa, enum ike_drop drop)
{
	ike_count_drop(core, drop);
	ike_trace_line(core, sa, "<- dropped: %s", ike_drop_text(drop));
}

bool ike_digest(const void *datagram, size_t len, uint8_t digest[IKE_DIGEST_LEN])
{
	const struct crypto_chunk chunk = { datagram, len };

	return crypto_hash(CRYPTO_SHA256, &chunk, 1, digest);
}

void ike_send_packet(struct ike_core *core, const struct ike_packet *packet,
		     const struct ike_path *path)
{
	size_t skip = path->local.port == htons(FG_NATT_PORT) ? 0 : IKE_MARKER_LEN;

	for (; packet; packet = packet->next)
		core->env.send(core->env.arg, packet->bytes + skip,
			       packet->len + IKE_MARKER_LEN - skip, &path->local, &path->peer);
}

void ike_resend_answer(struct ike_core *core, struct ikesa *sa, const struct ike_path *path)
{
	if (!sa->answer || sa->resends >= IKE_RESENDS_MAX) {
		dropped(core, sa, IKE_DROP_old_message_id);
		return;
	}
	sa->resends++;
	core->stats.retransmits_answered++;
	ike_trace_line(core, sa, "-> answer %u again", sa->request_next - 1);
	ike_sealed_smaller(sa, sa->sk_out_before ? sa->sk_out_before : sa->sk_out, &sa->answer);
	ike_send_packet(core, sa->answer, path);
}

void ike_draft_begin(struct ike_draft *draft)
{
	ike_begin_inner(&draft->w, draft->bytes, sizeof(draft->bytes));
}

/* NULL: does not fit, no memory, or the key is used up. */
static struct ike_packet *seal(struct ike_core *core, const struct ikesa *sa, uint8_t exchange,
			       uint8_t flags, uint32_t id, const struct ike_draft *draft)
{
	const struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = flags | (sa->initiator ? IKE_FLAG_INITIATOR : 0),
		.message_id = id,
	};
	struct ike_packet *packet;

	packet = ike_sealed_make(sa, &header, &draft->w);
	if (!packet)
		return NULL;
	ike_tally_sent(&core->tally, exchange, flags & IKE_FLAG_RESPONSE, draft->w.first,
		       draft->w.wr.p, draft->w.wr.len);
	ike_trace_sent(core, sa, &header, draft->w.first, draft->w.wr.p, draft->w.wr.len);
	return packet;
}

bool ike_answer(struct ike_core *core, struct ikesa *sa, const struct ike_draft *draft)
{
	struct ike_packet *packet = seal(core, sa, sa->request_exchange, IKE_FLAG_RESPONSE,
					 sa->request_next, draft);

	if (!packet)
		return false;
	ike_packet_free(sa->answer);
	sa->answer = packet;
	sa->resends = 0;
	sa->busy = false;
	sa->request_next++;
	ike_send_packet(core, packet, &sa->reply);
	return true;
}

bool ike_answer_notify(struct ike_core *core, struct ikesa *sa, uint16_t type, const void *data,
		       size_t len)
{
	struct ike_draft draft;

	ike_draft_begin(&draft);
	if (type)
		ike_put_notify(&draft.w, IKE_PROTOCOL_NONE, NULL, 0, type, data, len);
	return ike_answer(core, sa, &draft);
}

void ike_unanswer(struct ikesa *sa)
{
	sa->busy = false;
}

int ike_request(struct ike_core *core, struct ikesa *sa, uint8_t exchange,
		const struct ike_draft *draft)
{
	if (sa->own)
		return -EBUSY;
	sa->own = seal(core, sa, exchange, 0, sa->own_next, draft);
	if (!sa->own)
		return -ENOMEM;
	sa->own_tries = 0;
	sa->own_until_ms = ike_now(core) + ike_patience_ms(core, sa);
	ike_request_again(core, sa);
	return 0;
}

void ike_request_again(struct ike_core *core, struct ikesa *sa)
{
	ike_send_packet(core, sa->own, &sa->path);
	sa->own_tries++;
	ike_due_at(core, sa, IKE_DUE_RESEND, ike_now(core) + ike_retry_ms(core, sa));
}

void ike_request_retry(struct ike_core *core, struct ikesa *sa)
{
	char who[IKESA_TEXT_MAX];

	if (ike_now(core) >= sa->own_until_ms) {
		log_info("ike", "%s: does not answer our %s", ikesa_text(sa, who),
			 ike_task_name(sa->own_task));
		ike_destroy(core, sa,
			    sa->own_task == IKE_TASK_DPD ? FG_CAUSE_dead_peer
							 : FG_CAUSE_unanswered);
		return;
	}
	if (sa->own_task == IKE_TASK_ROUTABILITY)
		ike_routability_retry(core, sa);
	ike_trace_line(core, sa, "-> request %u again: %s", sa->own_next,
		       ike_task_name(sa->own_task));
	ike_sealed_smaller(sa, sa->sk_out, &sa->own);
	ike_request_again(core, sa);
}

/*
 * Is the request the next one? Retransmissions are served here. The clear-text message ID decides
 * nothing but which counter moves or which stored bytes go out again. Of a request in fragments
 * only number 1 asks for the answer again (RFC 7383 2.6.1), also when the peer divides it anew.
 */
static bool take_request(struct ike_core *core, struct ikesa *sa, uint32_t id,
			 const struct ike_arrival *from, uint8_t digest[IKE_DIGEST_LEN])
{
	bool answered = sa->request_next > 0 && id == sa->request_next - 1;
	bool open = sa->busy && id == sa->request_next;
	unsigned fragment = ike_fragment_number(from);
	bool same;

	if (id > sa->request_next) {
		dropped(core, sa, IKE_DROP_ahead_message_id);
		return false;
	}
	if (id < sa->request_next && !answered) {
		dropped(core, sa, IKE_DROP_old_message_id);
		return false;
	}
	if (fragment > 1 && (answered || open)) {
		dropped(core, sa, IKE_DROP_fragment_again);
		return false;
	}
	if (!ike_digest(from->datagram, from->len, digest))
		return false;
	if (!answered && !open)
		return true;
	same = memcmp(digest, sa->request_digest, IKE_DIGEST_LEN) == 0;
	if (!same && fragment == 1)
		same = ike_fragment_proven(sa, from);
	if (!same)
		dropped(core, sa, IKE_DROP_different_request);
	else if (open)
		dropped(core, sa, IKE_DROP_busy);
	else
		ike_resend_answer(core, sa, &from->path);
	return false;
}

static bool take_response(struct ike_core *core, const struct ikesa *sa, uint32_t id)
{
	if (sa->own && id == sa->own_next)
		return true;
	dropped(core, sa, IKE_DROP_unexpected_response);
	return false;
}

/* Behind a NAT the peer is where its newest proven message came from, RFC 7296 2.23. Without one it
 * only floats to 4500 during the setup: a copy that somebody sends from elsewhere before the
 * original arrives must not take the session there. With MOBIKE only UPDATE_SA_ADDRESSES moves it,
 * RFC 4555 3.8. */
static void follow(struct ikesa *sa, const struct ike_path *path)
{
	bool floats = ike_state_in(sa->state, IKE_IN_SETUP) &&
		      ip_equal(&sa->path.peer.ip, &path->peer.ip);

	if (!sa->mobike && (sa->peer_nat || floats))
		sa->path = *path;
}

static void log_wrong(struct ike_core *core, const struct ikesa *sa, enum ike_drop drop,
		      uint8_t culprit)
{
	char who[IKESA_TEXT_MAX];
	struct ike_name room;

	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("ike", "%s: %s%s%s", ikesa_text(sa, who), ike_drop_text(drop),
			 culprit ? ": " : "", culprit ? ike_payload_name(culprit, &room) : "");
}

/* A proven request that cannot be read: answered, and the end of the SA, RFC 7296 2.21.3. An
 * unknown critical payload ends only a setup, 2.5. */
static void refuse(struct ike_core *core, struct ikesa *sa, enum ike_drop drop,
		   const struct ike_message *m, uint8_t culprit)
{
	bool critical = drop == IKE_DROP_critical_payload;

	dropped(core, sa, drop);
	log_wrong(core, sa, drop, critical ? m->critical : culprit);
	if (!critical) {
		ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
	} else if (ike_state_in(sa->state, IKE_IN_SETUP)) {
		ike_fail_data(core, sa, IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, &m->critical, 1,
			      FG_CAUSE_malformed);
	} else if (!ike_answer_notify(core, sa, IKE_NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD,
				      &m->critical, 1)) {
		ike_destroy(core, sa, FG_CAUSE_malformed);
	}
}

static void request_opened(struct ikesa *sa, uint8_t exchange, const uint8_t digest[IKE_DIGEST_LEN])
{
	ikesa_forget_before(sa);
	sa->busy = true;
	sa->request_exchange = exchange;
	memcpy(sa->request_digest, digest, IKE_DIGEST_LEN);
}

static void request_closed(struct ike_core *core, struct ikesa *sa)
{
	ike_packet_free(sa->own);
	sa->own = NULL;
	sa->own_next++;
	ike_due_at(core, sa, IKE_DUE_RESEND, IKE_NEVER);
}

/*
 * RFC 8019 4.7. The keys are computed once, whoever made us do it, and kept; a forged message
 * leaves the peer its half-open SA. But somebody who sends nothing else must not have us try for
 * ever.
 */
static void forged(struct ike_core *core, struct ikesa *sa)
{
	if (sa->state != IKE_STATE_HALF_OPEN || ++sa->forged < IKE_FORGED_MAX)
		return;
	ike_count_drop(core, IKE_DROP_forged_limit);
	ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}

static void received(struct ike_core *core, struct ikesa *sa, const struct ike_rule *rule,
		     struct ike_message *m, const struct ike_arrival *from,
		     const struct ike_opened *opened, const uint8_t digest[IKE_DIGEST_LEN])
{
	enum ike_drop drop;
	uint8_t culprit;

	/* From here on the message is the peer's. */
	sa->heard_ms = ike_now(core);
	follow(sa, &from->path);
	sa->reply = from->path;
	if (rule->response)
		request_closed(core, sa);
	else
		request_opened(sa, rule->exchange, digest);
	drop = ike_parse_inner(m->sk_first, opened->plain, opened->len, m);
	culprit = m->culprit;
	ike_tally_received(core, m);
	ike_trace_received(core, sa, &from->path, m);
	if (drop == IKE_DROP_NONE)
		drop = ike_rule_check(rule, m, &culprit);
	if (drop != IKE_DROP_NONE && rule->response) {
		dropped(core, sa, drop);
		log_wrong(core, sa, drop, culprit);
		ike_destroy(core, sa, FG_CAUSE_malformed);
	} else if (drop != IKE_DROP_NONE) {
		refuse(core, sa, drop, m, culprit);
	} else if (rule->next != IKE_STATE_SAME && !ike_move(core, sa, rule->next)) {
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
	} else {
		rule->handle(core, sa, m, from);
	}
}

void ike_exchange_receive(struct ike_core *core, struct ikesa *sa, const struct ike_header *header,
			  const struct ike_arrival *from)
{
	bool response = header->flags & IKE_FLAG_RESPONSE;
	uint8_t digest[IKE_DIGEST_LEN] = { 0 }, culprit;
	const struct ike_rule *rule;
	struct ike_opened opened;
	struct ike_message m;
	enum ike_drop drop;

	if (response ? !take_response(core, sa, header->message_id)
		     : !take_request(core, sa, header->message_id, from, digest))
		return;
	rule = ike_rule_find(header->exchange, response, sa->state);
	drop = rule ? ike_parse_clear(from->datagram, from->len, &m) : IKE_DROP_bad_exchange;
	if (drop == IKE_DROP_NONE)
		drop = ike_rule_clear(rule, &m, &culprit);
	if (drop == IKE_DROP_NONE && !sa->keyed)
		drop = ike_init_keys(sa);
	if (drop == IKE_DROP_bad_key) {
		/* The value came with IKE_SA_INIT: this SA can never have keys. */
		dropped(core, sa, drop);
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
		return;
	}
	if (drop == IKE_DROP_NONE)
		drop = ike_sealed_open(core, sa, &m, from, digest, &opened);
	if (drop != IKE_DROP_NONE) {
		dropped(core, sa, drop);
		if (drop == IKE_DROP_auth_failed)
			forged(core, sa);
		return;
	}
	if (!opened.plain) {
		ike_trace_line(core, sa, "<- fragment %u of %u", m.fragment, m.fragments);
		return;
	}
	received(core, sa, rule, &m, from, &opened, digest);
	ike_opened_free(&opened);
}
