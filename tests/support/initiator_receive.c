// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the gateway says to the test initiator.
 */
#include "core/secret.h"
#include "crypto/dh.h"
#include "ike/limits.h"
#include "support/initiator_internal.h"

#include <stdlib.h>

static bool nat_seen(const struct initiator *in, const struct ike_message *m, uint16_t type,
		     const struct endpoint *ep)
{
	const struct ike_notify *notify = ike_find_notify(m, type);
	uint8_t hash[IKE_NAT_HASH_LEN];

	if (!notify || !ike_nat_hash(in->spi_i, m->header.spi_r, ep, hash))
		return false;
	return notify->data.len != sizeof(hash) || memcmp(notify->data.p, hash, sizeof(hash)) != 0;
}

bool initiator_keys(struct initiator *in, const struct ike_message *m)
{
	uint8_t secret[DH_SECRET_MAX];
	struct ike_suite suite;
	size_t len = 0;
	bool ok = ike_chosen(&m->sa, &suite) && suite.group == in->group &&
		  m->ke.group == in->group &&
		  dh_shared(in->dh, m->ke.value.p, m->ke.value.len, secret, &len) &&
		  ike_keys_derive(&suite, (struct ike_bytes){ in->ni, in->ni_len }, m->nonce,
				  (struct ike_bytes){ secret, len }, in->spi_i, m->header.spi_r,
				  &in->keys);

	wipe(secret, sizeof(secret));
	if (!ok)
		return false;
	in->sk_out = ike_keys_sk(&in->keys, true);
	in->sk_in = ike_keys_sk(&in->keys, false);
	return in->sk_out && in->sk_in;
}

static enum initiator_event init_error(struct initiator *in, const struct ike_notify *error)
{
	struct rd rd = rd_of(error->data.p, error->data.len);
	uint16_t group;

	if (error->type == IKE_NOTIFY_INVALID_KE_PAYLOAD && rd_be16(&rd, &group) &&
	    group != in->group && dh_public_len(group)) {
		in->group = group;
		return INITIATOR_RETRY;
	}
	in->refusal = error->type;
	in->state = INITIATOR_REFUSED;
	return INITIATOR_DONE;
}

/* RFC 7296 2.6: the same request again, with the cookie in front. It stays for a further round that
 * asks for another group (2.6.1). Not for ever: a gateway that is never content is none. */
static bool take_cookie(struct initiator *in, const struct ike_message *m)
{
	const struct ike_notify *cookie = ike_find_notify(m, IKE_NOTIFY_COOKIE);

	if (!cookie || cookie->data.len < 1 || cookie->data.len > sizeof(in->cookie) ||
	    in->cookies >= INITIATOR_COOKIES_MAX)
		return false;
	memcpy(in->cookie, cookie->data.p, cookie->data.len);
	in->cookie_len = cookie->data.len;
	in->cookies++;
	return true;
}

static enum initiator_event init_answer(struct initiator *in, const struct ike_message *m,
					size_t len)
{
	const struct ike_notify *error = ike_find_error(m);

	if (in->state != INITIATOR_INIT_SENT)
		return INITIATOR_IGNORED;
	if (error)
		return init_error(in, error);
	if (take_cookie(in, m))
		return INITIATOR_RETRY;
	if (!ike_count(m, IKE_PAYLOAD_SA) || !ike_count(m, IKE_PAYLOAD_KE) ||
	    !ike_count(m, IKE_PAYLOAD_NONCE) || m->header.spi_r == 0 || !initiator_keys(in, m))
		return INITIATOR_IGNORED;
	in->spi_r = m->header.spi_r;
	in->hashes = ike_hashes_read(ike_find_notify(m, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS));
	in->ppk_agreed = in->setup.ppk_id[0] && ike_find_notify(m, IKE_NOTIFY_USE_PPK);
	in->fragments = in->setup.fragment_mtu &&
			ike_find_notify(m, IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED);
	memcpy(in->init_answer, in->in, len);
	in->init_answer_len = len;
	memcpy(in->nr, m->nonce.p, m->nonce.len);
	in->nr_len = m->nonce.len;
	in->nat_there = nat_seen(in, m, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, &in->peer);
	in->nat_here = nat_seen(in, m, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP, &in->local) ||
		       in->setup.knobs & INITIATOR_FAKE_NAT;
	in->next_id = 1;
	in->state = INITIATOR_KEYED;
	/* RFC 7296 2.23: with a NAT on the way everything goes over 4500. */
	if ((in->nat_here || in->nat_there) && in->peer.port == htons(FG_IKE_PORT) &&
	    !(in->setup.knobs & INITIATOR_STAY_ON_500)) {
		in->peer.port = htons(FG_NATT_PORT);
		if (in->local.port == htons(FG_IKE_PORT))
			in->local.port = htons(FG_NATT_PORT);
	}
	return INITIATOR_STEP;
}

static void take_attr(struct initiator *in, const struct ike_attr *attr)
{
	struct rd rd = rd_of(attr->value.p, attr->value.len);
	struct in6_addr addr6;
	__be32 addr4;

	switch (attr->type) {
	case IKE_ATTR_INTERNAL_IP4_ADDRESS:
		rd_copy(&rd, &in->inner4, sizeof(in->inner4));
		break;
	case IKE_ATTR_INTERNAL_IP4_NETMASK:
		rd_copy(&rd, &in->netmask4, sizeof(in->netmask4));
		break;
	case IKE_ATTR_INTERNAL_IP6_ADDRESS:
		if (rd_copy(&rd, &addr6, sizeof(addr6)))
			in->inner6 = ip_from6(&addr6);
		break;
	case IKE_ATTR_INTERNAL_IP4_DNS:
		if (in->dns_count < CONF_LIST_MAX && rd_copy(&rd, &addr4, sizeof(addr4)))
			in->dns[in->dns_count++] = ip_from4(addr4);
		break;
	case IKE_ATTR_INTERNAL_IP6_DNS:
		if (in->dns_count < CONF_LIST_MAX && rd_copy(&rd, &addr6, sizeof(addr6)))
			in->dns[in->dns_count++] = ip_from6(&addr6);
		break;
	case IKE_ATTR_INTERNAL_IP4_SUBNET:
	case IKE_ATTR_INTERNAL_IP6_SUBNET:
		in->subnet_count++;
		break;
	default:
		break;
	}
}

static bool take_child(struct initiator *in, const struct ike_message *m)
{
	const struct ike_ingredients from = { .ni = { in->ni, in->ni_len },
					      .nr = { in->nr, in->nr_len } };
	struct ike_esp_choice choice;

	if (!ike_count(m, IKE_PAYLOAD_SA) || !ike_count(m, IKE_PAYLOAD_TSI) ||
	    !ike_count(m, IKE_PAYLOAD_TSR) || m->sa.proposal_count != 1 ||
	    !ike_esp_choose(&m->sa, in->setup.esp, in->setup.esp_count, &choice))
		return false;
	in->suite = choice.suite;
	in->esn = choice.esn;
	in->spi_out = choice.spi;
	in->ts_i = m->ts_i;
	in->ts_r = m->ts_r;
	return ike_child_keys(&in->keys, &from, choice.suite, &in->key_out, &in->key_in);
}

static enum initiator_event auth_answer(struct initiator *in, const struct ike_message *m)
{
	const struct ike_notify *error = ike_find_error(m);

	if (in->state != INITIATOR_AUTH_SENT)
		return INITIATOR_ANSWERED;
	in->refusal = error ? error->type : 0;
	in->state = INITIATOR_REFUSED;
	if (in->round == 0 && !initiator_proved(in, m))
		return INITIATOR_DONE;
	if (in->round == 0 && in->setup.identity2[0] && !error) {
		in->state = INITIATOR_ROUND;
		in->round++;
		return INITIATOR_STEP;
	}
	if (error || ike_find_notify(m, IKE_NOTIFY_REDIRECT)) {
		if (!error || error->type != IKE_NOTIFY_AUTHENTICATION_FAILED)
			in->state = INITIATOR_CHILDLESS;
		return INITIATOR_DONE;
	}
	if (ike_count(m, IKE_PAYLOAD_CP))
		for (size_t i = 0; i < m->cp.count; i++)
			take_attr(in, &m->cp.attr[i]);
	if (in->setup.knobs & INITIATOR_NO_CHILD)
		in->state = INITIATOR_CHILDLESS;
	else if (take_child(in, m))
		in->state = INITIATOR_UP;
	return INITIATOR_DONE;
}

/* RFC 4555 3.7 */
static void put_cookie2(const struct initiator *in, const struct ike_message *m,
			struct ike_writer *w)
{
	const struct ike_notify *cookie2 = ike_find_notify(m, IKE_NOTIFY_COOKIE2);
	uint8_t value[64];

	if (!cookie2 || in->setup.knobs & INITIATOR_NO_COOKIE2)
		return;
	memcpy(value, cookie2->data.p, cookie2->data.len);
	if (in->setup.knobs & INITIATOR_WRONG_COOKIE2)
		value[cookie2->data.len - 1] ^= 1;
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_COOKIE2, value, cookie2->data.len);
}

/* Deletes are obeyed, everything is answered. */
static enum initiator_event gateway_request(struct initiator *in, const struct ike_message *m)
{
	struct ike_header header = initiator_header(in, m->header.exchange);
	uint8_t bytes[128];
	struct ike_writer w;

	if (m->header.message_id > in->gateway_id || m->header.message_id + 1 < in->gateway_id)
		return INITIATOR_IGNORED;
	in->gateway_id = m->header.message_id + 1;
	for (size_t i = 0; i < m->delete_count; i++)
		if (m->deletes[i].protocol == IKE_PROTOCOL_IKE)
			in->state = INITIATOR_CLOSED;
	header.flags |= IKE_FLAG_RESPONSE;
	header.message_id = m->header.message_id;
	ike_begin_inner(&w, bytes, sizeof(bytes));
	put_cookie2(in, m, &w);
	/* It rekeys by itself only. */
	if (m->header.exchange == IKE_EXCHANGE_CREATE_CHILD_SA)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NO_ADDITIONAL_SAS, NULL,
			       0);
	return initiator_seal(in, &header, &w) ? INITIATOR_ANSWER : INITIATOR_IGNORED;
}

/* The payloads of a message, once all of it is here. False: not yet, or not believed. */
static bool open_message(struct initiator *in, struct ike_message *m)
{
	static const uint8_t digest[IKE_DIGEST_LEN];
	struct ike_bytes part;
	size_t len;

	if (ike_open(in->sk_in, in->in, m, &part.p, &part.len) != IKE_DROP_NONE)
		return false;
	if (!ike_count(m, IKE_PAYLOAD_SKF))
		return ike_parse_inner(m->sk_first, part.p, part.len, m) == IKE_DROP_NONE;
	if (!in->fragments ||
	    ike_fragment_keep(&in->arriving, m, part, digest, IKE_WHOLE_MAX, &in->held) !=
		    IKE_DROP_NONE ||
	    !ike_fragments_complete(in->arriving))
		return false;
	free(in->whole);
	in->whole = ike_fragments_join(in->arriving, m, &len);
	ike_fragments_forget(&in->arriving);
	return in->whole && ike_parse_inner(m->sk_first, in->whole, len, m) == IKE_DROP_NONE;
}

/* In the IKE SA in use. */
static enum initiator_event receive(struct initiator *in, struct ike_message *m)
{
	if (!in->sk_in || m->header.spi_r != in->spi_r || !open_message(in, m))
		return INITIATOR_IGNORED;
	if (!(m->header.flags & IKE_FLAG_RESPONSE))
		return gateway_request(in, m);
	if (m->header.message_id != in->next_id)
		return INITIATOR_IGNORED;
	in->next_id++;
	if (m->header.exchange == IKE_EXCHANGE_IKE_INTERMEDIATE)
		return initiator_intermediate_answer(in, m);
	if (m->header.exchange == IKE_EXCHANGE_IKE_AUTH)
		return auth_answer(in, m);
	if (m->header.exchange == IKE_EXCHANGE_CREATE_CHILD_SA ||
	    m->header.exchange == IKE_EXCHANGE_IKE_FOLLOWUP_KE)
		return initiator_create_answer(in, m);
	return INITIATOR_ANSWERED;
}

/* In the one before, which ends. */
static enum initiator_event receive_old(struct initiator *in, struct ike_message *m)
{
	enum initiator_state state = in->state;
	enum initiator_event event;

	initiator_swap(in);
	event = receive(in, m);
	initiator_swap(in);
	in->state = state;
	if (event == INITIATOR_ANSWERED)
		initiator_old_end(in);
	return event;
}

enum initiator_event initiator_receive(struct initiator *in, const void *datagram, size_t len)
{
	size_t marker = in->peer.port == htons(FG_NATT_PORT) ? IKE_MARKER_LEN : 0;
	struct ike_message *m = &in->answer;

	if (len < marker || len - marker > sizeof(in->in))
		return INITIATOR_IGNORED;
	len -= marker;
	memcpy(in->in, (const uint8_t *)datagram + marker, len);
	if (ike_parse_clear(in->in, len, m) != IKE_DROP_NONE ||
	    m->header.flags & IKE_FLAG_INITIATOR)
		return INITIATOR_IGNORED;
	if (in->old.sk_in && m->header.spi_i == in->old.spi_i)
		return receive_old(in, m);
	if (m->header.spi_i != in->spi_i)
		return INITIATOR_IGNORED;
	if (m->header.exchange == IKE_EXCHANGE_IKE_SA_INIT)
		return init_answer(in, m, len);
	return receive(in, m);
}
