// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE_INTERMEDIATE of the test initiator: additional key exchanges, RFC 9370.
 */
#include "core/secret.h"
#include "crypto/ke.h"
#include "support/initiator_internal.h"

#include <stdlib.h>

static uint16_t next_method(struct initiator *in)
{
	return ike_additional_next(in->keys.suite.additional, &in->intermediate.next_ke);
}

size_t initiator_intermediate(struct initiator *in)
{
	uint16_t method = next_method(in);
	struct ike_writer w;

	in->said_header = initiator_header(in, IKE_EXCHANGE_IKE_INTERMEDIATE);
	ike_begin_inner(&w, in->said, sizeof(in->said));
	ke_free(in->ke);
	in->ke = NULL;
	if (method && ke_begin(method, &in->ke) == 0)
		ike_put_ke(&w, method, ke_value(in->ke), ke_value_len(method, true));
	in->said_len = w.wr.len;
	in->said_first = w.first;
	return initiator_seal(in, &in->said_header, &w);
}

size_t initiator_step(struct initiator *in)
{
	if (in->create.open)
		return initiator_followup(in);
	return next_method(in) ? initiator_intermediate(in) : initiator_auth(in);
}

static bool change_keys(struct initiator *in, const struct ike_message *m)
{
	uint8_t secret[KE_SECRET_MAX];
	size_t len;
	bool ok = m->ke.group == ke_method(in->ke) &&
		  ke_finish(in->ke, m->ke.value.p, m->ke.value.len, secret, &len) &&
		  ike_keys_add(&in->keys, (struct ike_bytes){ secret, len },
			       (struct ike_bytes){ in->ni, in->ni_len },
			       (struct ike_bytes){ in->nr, in->nr_len }, in->spi_i, in->spi_r);

	wipe(secret, sizeof(secret));
	if (!ok)
		return false;
	crypto_sk_free(in->sk_in);
	crypto_sk_free(in->sk_out);
	in->sk_out = ike_keys_sk(&in->keys, true);
	in->sk_in = ike_keys_sk(&in->keys, false);
	in->intermediate.next_ke++;
	return in->sk_out && in->sk_in;
}

enum initiator_event initiator_intermediate_answer(struct initiator *in,
						   const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m);
	const struct ike_said ours = { &in->said_header,
				       in->said_first,
				       { in->said, in->said_len } };
	const struct ike_said theirs = { &m->header, m->sk_first, m->inner };

	if (error || (in->ke && !ike_count(m, IKE_PAYLOAD_KE))) {
		in->refusal = error ? error->type : 0;
		in->state = INITIATOR_REFUSED;
		return INITIATOR_DONE;
	}
	if (!ike_intauth_add(&in->intermediate, &in->keys, &ours, &theirs) ||
	    (in->ke && !change_keys(in, m)))
		return INITIATOR_IGNORED;
	return INITIATOR_STEP;
}
