// SPDX-License-Identifier: BSD-2-Clause
#include "ike/intermediate.h"

#include "core/secret.h"
#include "crypto/ke.h"
#include "ike/close.h"
#include "ike/exchange.h"
#include "ike/trace.h"

/* Additional key exchanges, and some for what later extensions may say there. */
enum { EXCHANGES_MAX = CONF_ADDITIONAL_MAX + 3 };

bool ike_intermediate_complete(struct ikesa *sa)
{
	return ike_additional_next(sa->keys.suite.additional, &sa->opening->intermediate.next_ke) ==
	       IKE_GROUP_NONE;
}

static void wrong(struct ike_core *core, struct ikesa *sa, const char *what)
{
	char who[IKESA_TEXT_MAX];

	ike_trace_line(core, sa, "refused: %s", what);
	if (log_allowed(&core->log_logins, ike_now(core)))
		log_info("login", "%s: refused: %s", ikesa_text(sa, who), what);
	ike_fail(core, sa, IKE_NOTIFY_INVALID_SYNTAX, FG_CAUSE_malformed);
}

/* What is wrong with the request, NULL: nothing. */
static const char *trouble(const struct ikesa *sa, const struct ike_message *m, uint16_t method)
{
	const struct ike_intermediate *im = &sa->opening->intermediate;

	if (!im->agreed)
		return "IKE_INTERMEDIATE that IKE_SA_INIT did not agree on";
	if (im->count == EXCHANGES_MAX)
		return "more IKE_INTERMEDIATE than there is a use for";
	/* What would stand before it in the clear enters IntAuth in a way that nobody has tried. */
	if (m->header.next != IKE_PAYLOAD_SK && m->header.next != IKE_PAYLOAD_SKF)
		return "IKE_INTERMEDIATE with something in the clear";
	if (ike_count(m, IKE_PAYLOAD_KE) && m->ke.group != method)
		return "key exchange of another method than IKE_SA_INIT agreed on";
	return NULL;
}

/* The keys change behind the answer. Those from before still open a repetition of this request and
 * divide its answer, until the next one comes. */
static bool change_keys(struct ikesa *sa, const struct ke_answer *ke)
{
	const struct ike_opening *opening = sa->opening;
	struct crypto_sk *in, *out;

	if (!ike_keys_add(&sa->keys, (struct ike_bytes){ ke->secret, ke->secret_len },
			  (struct ike_bytes){ opening->ni, opening->ni_len },
			  (struct ike_bytes){ opening->nr, sizeof(opening->nr) }, sa->spi_i,
			  sa->spi_r))
		return false;
	in = ike_keys_sk(&sa->keys, true);
	out = ike_keys_sk(&sa->keys, false);
	if (!in || !out) {
		crypto_sk_free(in);
		crypto_sk_free(out);
		return false;
	}
	sa->sk_in_before = sa->sk_in;
	sa->sk_out_before = sa->sk_out;
	sa->sk_in = in;
	sa->sk_out = out;
	return true;
}

static struct ike_header answer_header(const struct ike_message *m)
{
	struct ike_header header = m->header;

	header.version = IKE_VERSION;
	header.flags = IKE_FLAG_RESPONSE;
	return header;
}

/* Answer, and take both messages into IntAuth under the keys that they were sealed with. */
static bool answer(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		   const struct ike_draft *draft)
{
	const struct ike_bytes payloads = { draft->w.wr.p, draft->w.wr.len };
	const struct ike_header header = answer_header(m);
	const struct ike_said theirs = { &m->header, m->sk_first, m->inner };
	const struct ike_said ours = { &header, draft->w.first, payloads };

	return ike_intauth_add(&sa->opening->intermediate, &sa->keys, &theirs, &ours) &&
	       ike_answer(core, sa, draft);
}

void ike_intermediate_request(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
			      const struct ike_arrival *from)
{
	struct ike_intermediate *im = &sa->opening->intermediate;
	uint16_t method = ike_additional_next(sa->keys.suite.additional, &im->next_ke);
	const char *what = trouble(sa, m, method);
	struct ke_answer ke = { 0 };
	struct ike_draft draft;
	bool ok;

	(void)from;
	if (!what && ike_count(m, IKE_PAYLOAD_KE) &&
	    !ke_respond(method, m->ke.value.p, m->ke.value.len, &ke))
		what = "its key exchange value is not valid";
	if (what) {
		wrong(core, sa, what);
		return;
	}
	ike_draft_begin(&draft);
	if (ke.value_len)
		ike_put_ke(&draft.w, method, ke.value, ke.value_len);
	ok = answer(core, sa, m, &draft);
	if (ok && ke.value_len) {
		im->next_ke++;
		ok = change_keys(sa, &ke);
	}
	wipe(&ke, sizeof(ke));
	if (!ok)
		ike_destroy(core, sa, FG_CAUSE_setup_abandoned);
}
