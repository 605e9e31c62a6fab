// SPDX-License-Identifier: BSD-2-Clause
#include "support/initiator.h"

#include "core/secret.h"
#include "crypto/ke.h"
#include "ike/limits.h"
#include "ike/ts.h"
#include "support/initiator_internal.h"

#include <errno.h>
#include <stdlib.h>

enum { STRANGE_PAYLOAD = 200, FLAG_CRITICAL = 0x80 };

void initiator_defaults(struct initiator_setup *setup)
{
	static const uint16_t groups[] = { 31, 19, 20, 21, 14, 15, 16 };
	struct conf_proposal *p = &setup->proposal;

	*setup = (struct initiator_setup){
		.id_type = IKE_ID_FQDN,
		.want4 = true,
		.esp = { FG_ESP_AES_GCM_256, FG_ESP_AES_GCM_128, FG_ESP_CHACHA20_POLY1305,
			 FG_ESP_AES_CBC_256_SHA256, FG_ESP_AES_CBC_128_SHA256 },
		.esp_count = 5,
	};
	p->encryption[0].id = IKE_ENCR_AES_GCM_16;
	p->encryption[0].key_bits = 256;
	p->encryption[1].id = IKE_ENCR_AES_CBC;
	p->encryption[1].key_bits = 256;
	p->encryption_count = 2;
	p->integrity[p->integrity_count++] = IKE_INTEG_HMAC_SHA2_256_128;
	p->prf[p->prf_count++] = IKE_PRF_HMAC_SHA2_256;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		p->group[p->group_count++] = groups[i];
}

int initiator_new(const struct initiator_setup *setup, struct initiator **out)
{
	struct initiator *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	in->setup = *setup;
	in->local = setup->local;
	in->peer = setup->peer;
	in->group = setup->group ? setup->group : setup->proposal.group[0];
	in->ni_len = IKE_NONCE_LEN;
	if (!setup->random(setup->random_arg, &in->spi_i, sizeof(in->spi_i)) ||
	    !setup->random(setup->random_arg, in->ni, in->ni_len) ||
	    !setup->random(setup->random_arg, &in->spi_in, sizeof(in->spi_in))) {
		free(in);
		return -EIO;
	}
	in->spi_i |= 1;
	/* 0 to 255 are reserved, RFC 4303 2.1. */
	in->spi_in |= htonl(0x40000000);
	*out = in;
	return 0;
}

void initiator_free(struct initiator *in)
{
	if (!in)
		return;
	dh_free(in->dh);
	crypto_sk_free(in->sk_in);
	crypto_sk_free(in->sk_out);
	ke_free(in->ke);
	initiator_create_end(in);
	initiator_old_end(in);
	ike_packet_free(in->more);
	ike_fragments_forget(&in->arriving);
	free(in->whole);
	wipe(in, sizeof(*in));
	free(in);
}

uint8_t *initiator_room(struct initiator *in, size_t *cap)
{
	size_t marker = in->peer.port == htons(FG_NATT_PORT) ? IKE_MARKER_LEN : 0;

	memset(in->out, 0, IKE_MARKER_LEN);
	*cap = sizeof(in->out) - marker;
	return in->out + marker;
}

size_t initiator_finish(struct initiator *in, size_t message_len)
{
	size_t marker = in->peer.port == htons(FG_NATT_PORT) ? IKE_MARKER_LEN : 0;

	in->out_len = message_len ? message_len + marker : 0;
	return in->out_len;
}

static void put_nat(struct initiator *in, struct ike_writer *w)
{
	uint8_t source[IKE_NAT_HASH_LEN], destination[IKE_NAT_HASH_LEN];

	if (!ike_nat_hash(in->spi_i, 0, &in->local, source) ||
	    !ike_nat_hash(in->spi_i, 0, &in->peer, destination))
		w->wr.failed = true;
	if (in->setup.knobs & INITIATOR_FAKE_NAT)
		source[0] ^= 1;
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NAT_DETECTION_SOURCE_IP, source,
		       sizeof(source));
	ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_NAT_DETECTION_DESTINATION_IP,
		       destination, sizeof(destination));
}

static void put_strange(struct initiator *in, struct ike_writer *w)
{
	if (!(in->setup.knobs & INITIATOR_CRITICAL))
		return;
	ike_payload_open(w, STRANGE_PAYLOAD);
	/* The flags stand behind the type of the next payload. */
	if (!w->wr.failed)
		w->wr.p[w->open_at + 1] = FLAG_CRITICAL;
	ike_payload_close(w);
	in->setup.knobs &= ~(unsigned)INITIATOR_CRITICAL;
}

static void put_notifies(struct ike_writer *w, const struct initiator_notify *notify, size_t count)
{
	for (size_t i = 0; i < count && notify[i].type != 0; i++)
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, notify[i].type, notify[i].data,
			       notify[i].len);
}

static bool new_dh(struct initiator *in)
{
	if (in->dh && dh_group(in->dh) == in->group)
		return true;
	dh_free(in->dh);
	in->dh = NULL;
	return dh_new(in->group, &in->dh) == 0;
}

static void put_ke(struct initiator *in, struct ike_writer *w)
{
	uint8_t value[DH_PUBLIC_MAX] = { 0 };
	size_t len = dh_public_len(in->group);

	if (!(in->setup.knobs & INITIATOR_BAD_PUBLIC))
		memcpy(value, dh_public(in->dh), len);
	ike_put_ke(w, in->group, value, len);
}

size_t initiator_init(struct initiator *in)
{
	const struct conf_proposal *ours = &in->setup.proposal;
	const struct ike_header header = {
		.spi_i = in->spi_i,
		.version = IKE_VERSION,
		.exchange = IKE_EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_INITIATOR,
	};
	struct ike_sa offer = { 0 };
	struct ike_writer w;
	uint8_t *room;
	size_t cap;

	if (!new_dh(in))
		return 0;
	ike_offer_sa(&ours, 1, NULL, &offer);
	if (in->setup.ike_offer)
		offer = *in->setup.ike_offer;
	room = initiator_room(in, &cap);
	ike_begin(&w, room, cap, &header);
	if (in->cookie_len)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_COOKIE, in->cookie,
			       in->cookie_len);
	ike_put_sa(&w, &offer);
	put_ke(in, &w);
	ike_put_nonce(&w, in->ni, in->ni_len);
	if (!(in->setup.knobs & INITIATOR_NO_NAT_DETECTION))
		put_nat(in, &w);
	if (in->setup.hashes)
		ike_put_hashes(&w, in->setup.hashes);
	put_notifies(&w, in->setup.in_init, INITIATOR_NOTIFIES);
	for (size_t i = 0; i < INITIATOR_VENDORS && in->setup.vendor[i].len; i++)
		ike_put_vendor(&w, in->setup.vendor[i].data, in->setup.vendor[i].len);
	if (in->setup.proposal.additional.count[0])
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0,
			       IKE_NOTIFY_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL, 0);
	if (in->setup.ppk_id[0])
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_USE_PPK, NULL, 0);
	if (in->setup.fragment_mtu)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0,
			       IKE_NOTIFY_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
	put_strange(in, &w);
	in->init_len = ike_finish(&w);
	memcpy(in->init, w.wr.p, in->init_len);
	in->state = INITIATOR_INIT_SENT;
	return initiator_finish(in, in->init_len);
}

static void put_attrs(struct ike_writer *w, const struct initiator_bytes *attr, size_t count)
{
	for (size_t i = 0; i < count && attr[i].type; i++)
		ike_cp_attr(w, attr[i].type, attr[i].data, attr[i].len);
}

static void put_config(const struct initiator *in, struct ike_writer *w)
{
	const struct initiator_setup *setup = &in->setup;
	__be32 hint = ip_to4(&setup->hint4);

	if (setup->no_config)
		return;
	ike_cp_open(w, IKE_CFG_REQUEST);
	if (setup->want4) {
		ike_cp_attr(w, IKE_ATTR_INTERNAL_IP4_ADDRESS, &hint, hint ? sizeof(hint) : 0);
		ike_cp_attr(w, IKE_ATTR_INTERNAL_IP4_NETMASK, NULL, 0);
	}
	if (setup->want6)
		ike_cp_attr(w, IKE_ATTR_INTERNAL_IP6_ADDRESS, NULL, 0);
	if (setup->want_dns) {
		ike_cp_attr(w, IKE_ATTR_INTERNAL_IP4_DNS, NULL, 0);
		ike_cp_attr(w, IKE_ATTR_INTERNAL_IP6_DNS, NULL, 0);
	}
	put_attrs(w, setup->attr, INITIATOR_ATTRS);
	ike_payload_close(w);
}

static void put_ts(const struct initiator *in, struct ike_writer *w)
{
	const struct conf_net all4 = { .ip = ip_from4(0) }, all6 = { 0 };
	const struct conf_net other = { .ip = ip_from4(htonl(0xcb007100)), .len = 24 };
	struct ike_ts ts_i = { 0 }, ts_r = { 0 };

	if (in->setup.knobs & INITIATOR_NO_TS)
		return;
	ike_ts_add_net(&ts_r, &all4);
	ike_ts_add_net(&ts_r, &all6);
	if (in->setup.knobs & INITIATOR_OTHER_TS)
		ike_ts_add_net(&ts_i, &other);
	else
		ts_i = ts_r;
	ike_put_ts(w, IKE_PAYLOAD_TSI, &ts_i);
	ike_put_ts(w, IKE_PAYLOAD_TSR, &ts_r);
}

struct ike_header initiator_header(const struct initiator *in, uint8_t exchange)
{
	return (struct ike_header){
		.spi_i = in->spi_i,
		.spi_r = in->spi_r,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = IKE_FLAG_INITIATOR,
		.message_id = in->next_id,
	};
}

size_t initiator_seal(struct initiator *in, const struct ike_header *header,
		      const struct ike_writer *inner)
{
	const struct ike_bytes payloads = { inner->wr.p, inner->wr.len };
	size_t max = in->fragments ? ike_packet_room(in->setup.fragment_mtu, &in->peer.ip) : 0;

	ike_packet_free(in->more);
	in->more = NULL;
	in->out_len = 0;
	if (in->sk_out && !inner->wr.failed)
		in->more = ike_packet_seal(in->sk_out, header, inner->first, payloads, max);
	return initiator_more(in) ? in->out_len : 0;
}

bool initiator_more(struct initiator *in)
{
	struct ike_packet *packet = in->more;
	size_t cap;
	uint8_t *room = initiator_room(in, &cap);

	in->out_len = 0;
	if (!packet || packet->len > cap)
		return false;
	memcpy(room, packet->bytes + IKE_MARKER_LEN, packet->len);
	initiator_finish(in, packet->len);
	in->more = packet->next;
	packet->next = NULL;
	ike_packet_free(packet);
	return true;
}

static size_t request(struct initiator *in, uint8_t exchange, const struct ike_writer *inner)
{
	const struct ike_header header = initiator_header(in, exchange);

	return initiator_seal(in, &header, inner);
}

size_t initiator_auth(struct initiator *in)
{
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_sa offer = { 0 };
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	initiator_put_proof(in, &w);
	if (in->setup.padding) {
		ike_payload_open(&w, IKE_PAYLOAD_VENDOR);
		wr_zero(&w.wr, in->setup.padding);
		ike_payload_close(&w);
	}
	if (in->setup.knobs & INITIATOR_INITIAL_CONTACT && in->round == 0)
		ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_INITIAL_CONTACT, NULL, 0);
	/* Everything but the proof belongs to the first round. */
	if (in->round == 0) {
		put_notifies(&w, in->setup.in_auth, INITIATOR_NOTIFIES);
		put_config(in, &w);
	}
	ike_esp_offer_sa(in->setup.esp, in->setup.esp_count, NULL, in->spi_in, &offer);
	if (in->setup.esp_offer) {
		offer = *in->setup.esp_offer;
		for (size_t i = 0; i < offer.proposal_count; i++)
			memcpy(offer.proposal[i].spi, &in->spi_in, sizeof(in->spi_in));
	}
	if (in->round == 0 && !(in->setup.knobs & (INITIATOR_NO_CHILD | INITIATOR_NO_SA)))
		ike_put_sa(&w, &offer);
	if (in->round == 0 && !(in->setup.knobs & INITIATOR_NO_CHILD))
		put_ts(in, &w);
	if (in->setup.knobs & INITIATOR_EAP_PAYLOAD) {
		const uint8_t success[4] = { 3, 1, 0, 4 };

		ike_payload_open(&w, IKE_PAYLOAD_EAP);
		wr_bytes(&w.wr, success, sizeof(success));
		ike_payload_close(&w);
	}
	put_strange(in, &w);
	if (in->setup.knobs & INITIATOR_BAD_INNER && !w.wr.failed)
		w.wr.len--;
	in->state = INITIATOR_AUTH_SENT;
	return request(in, IKE_EXCHANGE_IKE_AUTH, &w);
}

size_t initiator_liveness(struct initiator *in)
{
	uint8_t bytes[64];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	put_strange(in, &w);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_complain(struct initiator *in, uint16_t notify)
{
	uint8_t bytes[64];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, notify, NULL, 0);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_config(struct initiator *in, uint8_t cfg_type, const struct initiator_bytes *attr,
			size_t count)
{
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_cp_open(&w, cfg_type);
	put_attrs(&w, attr, count);
	ike_payload_close(&w);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_inform(struct initiator *in, const struct initiator_notify *notify, size_t count)
{
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	put_notifies(&w, notify, count);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_delete(struct initiator *in)
{
	uint8_t bytes[64];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_delete(&w, IKE_PROTOCOL_IKE, NULL, 0);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_delete_child(struct initiator *in)
{
	uint8_t bytes[64];
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_put_delete(&w, IKE_PROTOCOL_ESP, &in->spi_in, 1);
	return request(in, IKE_EXCHANGE_INFORMATIONAL, &w);
}

size_t initiator_create_child(struct initiator *in)
{
	uint8_t bytes[INITIATOR_INNER_MAX];
	struct ike_sa offer = { 0 };
	struct ike_writer w;

	ike_begin_inner(&w, bytes, sizeof(bytes));
	ike_esp_offer_sa(in->setup.esp, in->setup.esp_count, NULL, in->spi_in ^ htonl(1), &offer);
	ike_put_sa(&w, &offer);
	ike_put_nonce(&w, in->ni, in->ni_len);
	put_ts(in, &w);
	return request(in, IKE_EXCHANGE_CREATE_CHILD_SA, &w);
}
