// SPDX-License-Identifier: BSD-2-Clause
/*
 * Rekeys by the test initiator: CREATE_CHILD_SA and the IKE_FOLLOWUP_KEs behind it.
 */
#include "core/secret.h"
#include "support/initiator_internal.h"

#include <stdlib.h>

/* --- requests --- */

static bool begin(struct initiator *in, bool ike, uint16_t group)
{
	struct initiator_create *create = &in->create;

	initiator_create_end(in);
	create->open = true;
	create->ike = ike;
	create->old_in = in->spi_in;
	return in->setup.random(in->setup.random_arg, create->ni, sizeof(create->ni)) &&
	       in->setup.random(in->setup.random_arg, &create->spi, sizeof(create->spi)) &&
	       in->setup.random(in->setup.random_arg, &create->spi_in, sizeof(create->spi_in)) &&
	       (group == 0 || ke_begin(group, &create->ke) == 0);
}

static void put_ke(const struct initiator_create *create, struct ike_writer *w)
{
	uint16_t method = create->ke ? ke_method(create->ke) : 0;

	if (method)
		ike_put_ke(w, method, ke_value(create->ke), ke_value_len(method, true));
}

static size_t request(struct initiator *in, uint8_t exchange, const struct ike_writer *w)
{
	const struct ike_header header = initiator_header(in, exchange);

	return initiator_seal(in, &header, w);
}

size_t initiator_rekey_ike(struct initiator *in)
{
	const struct conf_proposal *ours = &in->setup.proposal;
	struct initiator_create *create = &in->create;
	uint8_t bytes[INITIATOR_INNER_MAX], spi[IKE_SPI_MAX];
	struct wr wr = wr_of(spi, sizeof(spi));
	struct ike_sa offer = { 0 };
	struct ike_writer w;

	if (!begin(in, true, in->group))
		return 0;
	create->spi |= 1;
	wr_be64(&wr, create->spi);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_offer_sa(&ours, 1, spi, &offer);
	ike_put_sa(&w, &offer);
	ike_put_nonce(&w, create->ni, sizeof(create->ni));
	put_ke(create, &w);
	return request(in, IKE_EXCHANGE_CREATE_CHILD_SA, &w);
}

size_t initiator_rekey_child(struct initiator *in)
{
	struct initiator_create *create = &in->create;
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_sa offer = { 0 };
	struct ike_writer w;

	if (!begin(in, false, in->setup.pfs.ke))
		return 0;
	create->spi_in |= htonl(0x40000000);
	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_notify(&w, IKE_PROTOCOL_ESP, &in->spi_in, sizeof(in->spi_in), IKE_NOTIFY_REKEY_SA,
		       NULL, 0);
	ike_esp_offer_sa(in->setup.esp, in->setup.esp_count, &in->setup.pfs, create->spi_in,
			 &offer);
	ike_put_sa(&w, &offer);
	ike_put_nonce(&w, create->ni, sizeof(create->ni));
	put_ke(create, &w);
	ike_put_ts(&w, IKE_PAYLOAD_TSI, &in->ts_i);
	ike_put_ts(&w, IKE_PAYLOAD_TSR, &in->ts_r);
	return request(in, IKE_EXCHANGE_CREATE_CHILD_SA, &w);
}

size_t initiator_followup(struct initiator *in)
{
	struct initiator_create *create = &in->create;
	uint16_t method = ike_additional_next(create->method, &create->at);
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ke_free(create->ke);
	create->ke = NULL;
	if (method && ke_begin(method, &create->ke) < 0)
		return 0;
	put_ke(create, &w);
	if (create->link_len)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE,
			       create->link, create->link_len);
	return request(in, IKE_EXCHANGE_IKE_FOLLOWUP_KE, &w);
}

size_t initiator_delete_old(struct initiator *in)
{
	uint8_t bytes[64];
	struct ike_writer w;
	size_t len;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	if (!in->old.sk_out) {
		ike_put_delete(&w, IKE_PROTOCOL_ESP, &in->create.old_in, 1);
		return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
	}
	ike_put_delete(&w, IKE_PROTOCOL_IKE, NULL, 0);
	initiator_swap(in);
	len = request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
	initiator_swap(in);
	return len;
}

/* --- the IKE SA before --- */

void initiator_swap(struct initiator *in)
{
	const struct initiator_ike now = { in->spi_i,  in->spi_r,   in->keys,      in->sk_in,
					   in->sk_out, in->next_id, in->gateway_id };

	in->spi_i = in->old.spi_i;
	in->spi_r = in->old.spi_r;
	in->keys = in->old.keys;
	in->sk_in = in->old.sk_in;
	in->sk_out = in->old.sk_out;
	in->next_id = in->old.next_id;
	in->gateway_id = in->old.gateway_id;
	in->old = now;
}

void initiator_old_end(struct initiator *in)
{
	crypto_sk_free(in->old.sk_in);
	crypto_sk_free(in->old.sk_out);
	wipe(&in->old, sizeof(in->old));
}

void initiator_create_end(struct initiator *in)
{
	ke_free(in->create.ke);
	wipe(&in->create, sizeof(in->create));
}

/* --- answers --- */

static struct ike_ingredients ingredients(const struct initiator_create *create)
{
	return (struct ike_ingredients){
		.ni = { create->ni, sizeof(create->ni) },
		.nr = { create->nr, create->nr_len },
		.shared = { create->shared, create->shared_len },
		.more = { create->more, create->more_len },
	};
}

static bool new_ike(struct initiator *in)
{
	const struct initiator_create *create = &in->create;
	const struct ike_ingredients from = ingredients(create);
	struct ike_keys keys;

	if (!ike_keys_rekey(&in->keys, &create->suite, &from, create->spi, create->peer_spi, &keys))
		return false;
	initiator_old_end(in);
	in->old = (struct initiator_ike){ .spi_i = create->spi,
					  .spi_r = create->peer_spi,
					  .keys = keys,
					  .sk_in = ike_keys_sk(&keys, false),
					  .sk_out = ike_keys_sk(&keys, true) };
	initiator_swap(in);
	return in->sk_in && in->sk_out;
}

static bool new_child(struct initiator *in)
{
	const struct initiator_create *create = &in->create;
	const struct ike_ingredients from = ingredients(create);

	in->spi_in = create->spi_in;
	in->spi_out = create->esp.spi;
	in->suite = create->esp.suite;
	in->esn = create->esp.esn;
	return ike_child_keys(&in->keys, &from, create->esp.suite, &in->key_out, &in->key_in);
}

static bool agreed(struct initiator *in, const struct ike_message *m)
{
	const struct conf_proposal *ours = &in->setup.proposal;
	struct initiator_create *create = &in->create;
	struct rd rd = rd_of(m->sa.proposal[0].spi, m->sa.proposal[0].spi_len);

	if (!ike_count(m, IKE_PAYLOAD_SA) || !ike_count(m, IKE_PAYLOAD_NONCE))
		return false;
	memcpy(create->nr, m->nonce.p, m->nonce.len);
	create->nr_len = m->nonce.len;
	if (create->ike) {
		if (!ike_chosen_of(&m->sa, &ours, 1, in->group, &create->suite) ||
		    !rd_be64(&rd, &create->peer_spi))
			return false;
		memcpy(create->method, create->suite.additional, sizeof(create->method));
		return true;
	}
	if (!ike_esp_chosen(&m->sa, in->setup.esp, in->setup.esp_count, &in->setup.pfs,
			    &create->esp))
		return false;
	memcpy(create->method, create->esp.additional.method, sizeof(create->method));
	return true;
}

/* The value that answers ours, if there was one: into the secrets. */
static bool take_ke(struct initiator_create *create, const struct ike_message *m, bool first)
{
	uint8_t *at = first ? create->shared : create->more + create->more_len;
	size_t len = 0;

	if (!create->ke)
		return true;
	if (!ike_count(m, IKE_PAYLOAD_KE) || m->ke.group != ke_method(create->ke) ||
	    !ke_finish(create->ke, m->ke.value.p, m->ke.value.len, at, &len))
		return false;
	*(first ? &create->shared_len : &create->more_len) += len;
	create->at += !first;
	return true;
}

enum initiator_event initiator_create_answer(struct initiator *in, const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m), *link;
	struct initiator_create *create = &in->create;
	bool first = m->header.exchange == IKE_EXCHANGE_CREATE_CHILD_SA;

	link = ike_find_notify(m, IKE_NOTIFY_ADDITIONAL_KEY_EXCHANGE);
	in->refusal = error ? error->type : 0;
	if (!create->open || error || (first && !agreed(in, m)) || !take_ke(create, m, first)) {
		create->open = false;
		return INITIATOR_ANSWERED;
	}
	create->link_len = 0;
	if (ike_additional_next(create->method, &create->at)) {
		if (!link || link->data.len > sizeof(create->link))
			return INITIATOR_IGNORED;
		memcpy(create->link, link->data.p, link->data.len);
		create->link_len = link->data.len;
		return INITIATOR_STEP;
	}
	create->open = false;
	return (create->ike ? new_ike(in) : new_child(in)) ? INITIATOR_REKEYED : INITIATOR_IGNORED;
}
