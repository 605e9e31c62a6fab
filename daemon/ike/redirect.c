// SPDX-License-Identifier: BSD-2-Clause
#include "ike/redirect.h"

#include "ike/exchange.h"

/* GW Ident Type, RFC 5685 6. */
enum { GW_IPV4 = 1, GW_IPV6 = 2, GW_FQDN = 3 };
enum { REDIRECT_MAX = 2 + CONF_TEXT_MAX + IKE_NONCE_MAX, WHERE_MAX = 128 };

enum ike_redirect ike_redirect_read(const struct ike_message *m)
{
	if (ike_find_notify(m, IKE_NOTIFY_REDIRECTED_FROM))
		return IKE_REDIRECTED;
	return ike_find_notify(m, IKE_NOTIFY_REDIRECT_SUPPORTED) ? IKE_REDIRECT_SUPPORTED
								 : IKE_REDIRECT_UNKNOWN;
}

static uint8_t gw_type(const struct conf_identity *to)
{
	switch (to->type) {
	case CONF_ID_IPV4:
		return GW_IPV4;
	case CONF_ID_IPV6:
		return GW_IPV6;
	default:
		return GW_FQDN;
	}
}

void ike_redirect_put(struct ike_writer *w, const struct conf_redirect *redirect,
		      struct ike_bytes nonce)
{
	uint8_t data[REDIRECT_MAX];
	struct wr wr = wr_of(data, sizeof(data));

	wr_u8(&wr, gw_type(&redirect->to));
	wr_u8(&wr, (uint8_t)redirect->to.len);
	wr_bytes(&wr, redirect->to.data, redirect->to.len);
	wr_bytes(&wr, nonce.p, nonce.len);
	if (wr.failed)
		w->wr.failed = true;
	else
		ike_put_notify(w, IKE_PROTOCOL_NONE, NULL, 0, IKE_NOTIFY_REDIRECT, data, wr.len);
}

/* It is there already. */
static bool leads_here(const struct conf_redirect *redirect, const struct fg_ip *local)
{
	struct fg_ip to;

	return conf_identity_ip((uint8_t)redirect->to.type, redirect->to.data, redirect->to.len,
				&to) &&
	       ip_equal(&to, local);
}

/* Without an SA, RFC 5685 3; no longer than the request, so that nobody gains by a false source. */
static bool answer(struct ike_core *core, const struct ike_message *m,
		   const struct ike_arrival *from)
{
	const struct ike_header header = {
		.spi_i = m->header.spi_i,
		.version = IKE_VERSION,
		.exchange = IKE_EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_RESPONSE,
	};
	uint8_t message[IKE_HEADER_LEN + 16 + REDIRECT_MAX];
	struct ike_packet *packet;
	struct ike_writer w;
	size_t len;

	ike_begin(&w, message, sizeof(message), &header);
	ike_redirect_put(&w, &core->conf->gateway.redirect, m->nonce);
	len = ike_finish(&w);
	if (len == 0 || len > from->len)
		return false;
	packet = ike_packet_new(message, len);
	if (!packet)
		return false;
	ike_send_packet(core, packet, &from->path);
	ike_packet_free(packet);
	return true;
}

bool ike_redirect_init(struct ike_core *core, const struct ike_message *m,
		       const struct ike_arrival *from)
{
	const struct conf_redirect *redirect = &core->conf->gateway.redirect;

	if (redirect->mode != CONF_REDIRECT_INIT ||
	    ike_redirect_read(m) != IKE_REDIRECT_SUPPORTED ||
	    leads_here(redirect, &from->path.local.ip) || !answer(core, m, from))
		return false;
	core->stats.redirects++;
	return true;
}

const struct conf_redirect *ike_redirect_auth(const struct ike_core *core, const struct ikesa *sa)
{
	const struct conf_profile *profile = ike_profile_of(core, sa);

	if (!profile || profile->redirect.mode != CONF_REDIRECT_AUTH ||
	    sa->redirect != IKE_REDIRECT_SUPPORTED ||
	    leads_here(&profile->redirect, &sa->path.local.ip))
		return NULL;
	return &profile->redirect;
}

/* "fqdn gw.example.org" of a notify whose form is right. */
static const char *from_text(const struct ike_notify *notify, char buf[WHERE_MAX])
{
	struct rd rd = rd_of(notify->data.p, notify->data.len);
	uint8_t type = 0, len = 0;

	rd_u8(&rd, &type);
	rd_u8(&rd, &len);
	return conf_identity_text(type == GW_IPV4   ? CONF_ID_IPV4
				  : type == GW_IPV6 ? CONF_ID_IPV6
						    : CONF_ID_FQDN,
				  rd.p, rd.left, buf, WHERE_MAX);
}

void ike_redirect_log(struct ike_core *core, const struct ike_arrival *from,
		      const struct ike_message *m)
{
	const struct ike_notify *notify = ike_find_notify(m, IKE_NOTIFY_REDIRECTED_FROM);
	char where[IP_TEXT_MAX], by[WHERE_MAX];

	if (notify && log_allowed(&core->log_offers, ike_now(core)))
		log_info("ike", "%s: redirected to us by %s",
			 endpoint_text(&from->path.peer, where), from_text(notify, by));
}
