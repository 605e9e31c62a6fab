// SPDX-License-Identifier: BSD-2-Clause
/* The gateway's flexd: sessions with addresses, and their ESP SAs as the data plane would have
 * them. */
#include "support/gateway_internal.h"

#include <arpa/inet.h>

static const struct conf_authorization_policy *policy(const struct gateway *gw, const char *name)
{
	const struct conf_profile *profile = conf_find_profile(gw->conf, name);

	return profile ? &gw->conf->policies[profile->authorization_policy] : NULL;
}

static void begin(struct gateway *gw, const struct msg_session_begin *ask)
{
	struct msg_session_refused refused = { .ike = ask->ike, .cause = gw->refuse_begin };
	struct msg_session_begun begun = { .ike = ask->ike, .session = gw->next_session };
	struct gateway_session *s = &gw->session[gw->next_session % GATEWAY_SESSIONS];
	const struct conf_authorization_policy *granted = policy(gw, ask->profile);
	struct fg_ip base6;

	if (refused.cause) {
		ike_from_broker(gw->core, MSG_SESSION_REFUSED, &refused);
		return;
	}
	gw->begun++;
	ip_parse("2001:db8:10::100", &base6);
	if (ask->want4) {
		begun.inner4 = htonl(0x0a0a0000 + gw->next_session);
		begun.netmask4 = htonl(0xffffff00);
	}
	if (ask->want6) {
		begun.inner6 = ip_add(&base6, gw->next_session);
		begun.prefix6 = 128;
	}
	begun.flow_limit = granted ? granted->flow_limit : 1;
	begun.session_lifetime_s = granted ? granted->session_lifetime_s : 0;
	begun.subnet_count = gw->subnets;
	for (uint32_t i = 0; i < gw->subnets; i++)
		begun.subnets[i] = (struct conf_net){ .ip = ip_from4(htonl(0x0a140000 + (i << 8))),
						      .len = 24 };
	*s = (struct gateway_session){
		.used = true,
		.ike = ask->ike,
		.id = gw->next_session++,
		.inner4 = begun.inner4,
		.inner6 = begun.inner6,
		.begin = *ask,
		.peer = ask->peer,
		.local = ask->local,
		.peer_behind_nat = ask->peer_behind_nat,
	};
	if (ike_from_broker(gw->core, MSG_SESSION_BEGUN, &begun) < 0)
		gateway_die("the core refuses a session");
}

struct gateway_session *gateway_session_of(struct gateway *gw, uint32_t id)
{
	for (size_t i = 0; i < GATEWAY_SESSIONS; i++)
		if (gw->session[i].used && gw->session[i].id == id)
			return &gw->session[i];
	return NULL;
}

/* --- SAs --- */

static bool open_now(const struct gateway *gw, const struct gateway_sa *sa)
{
	return sa->used && sa->spi_out && sa->until_ms > gw->now_ms;
}

const struct gateway_sa *gateway_opens(const struct gateway *gw, __be32 spi_in)
{
	for (size_t i = 0; i < GATEWAY_SAS; i++)
		if (open_now(gw, &gw->sa[i]) && gw->sa[i].spi_in == spi_in)
			return &gw->sa[i];
	return NULL;
}

const struct gateway_sa *gateway_outbound(const struct gateway *gw, uint32_t session, __be32 flow)
{
	for (size_t i = 0; i < GATEWAY_SAS; i++) {
		const struct gateway_sa *sa = &gw->sa[i];

		if (sa->used && sa->session == session && sa->outbound &&
		    (!flow || sa->flow == flow))
			return sa;
	}
	return NULL;
}

unsigned gateway_sas(const struct gateway *gw, uint32_t session)
{
	unsigned count = 0;

	for (size_t i = 0; i < GATEWAY_SAS; i++)
		count += gw->sa[i].used && gw->sa[i].session == session &&
			 gw->sa[i].until_ms == IKE_NEVER;
	return count;
}

static struct gateway_sa *sa_of(struct gateway *gw, uint32_t session, __be32 spi_in)
{
	for (size_t i = 0; i < GATEWAY_SAS; i++)
		if (gw->sa[i].used && gw->sa[i].session == session && gw->sa[i].spi_in == spi_in)
			return &gw->sa[i];
	return NULL;
}

/* What has drained makes room. */
static struct gateway_sa *sa_new(struct gateway *gw, uint32_t session)
{
	for (size_t i = 0; i < GATEWAY_SAS; i++) {
		struct gateway_sa *sa = &gw->sa[i];

		if (sa->used && sa->until_ms > gw->now_ms)
			continue;
		*sa = (struct gateway_sa){ .used = true,
					   .session = session,
					   .spi_in = htonl(0xc0000001 + gw->next_spi++),
					   .until_ms = IKE_NEVER };
		return sa;
	}
	gateway_die("too many SAs");
	return NULL;
}

static void use(struct gateway *gw, struct gateway_sa *sa)
{
	for (size_t i = 0; i < GATEWAY_SAS; i++)
		if (gw->sa[i].session == sa->session && gw->sa[i].flow == sa->flow)
			gw->sa[i].outbound = false;
	sa->outbound = true;
}

static void spi_ask(struct gateway *gw, const struct msg_spi_ask *ask)
{
	const struct gateway_session *s = gateway_session_of(gw, ask->session);
	struct msg_spi_given given = { .ike = ask->ike,
				       .session = ask->session,
				       .ticket = ask->ticket };

	if (!s || s->ended)
		return;
	if (!gw->no_spi)
		given.spi_in = sa_new(gw, ask->session)->spi_in;
	if (ike_from_broker(gw->core, MSG_SPI_GIVEN, &given) < 0)
		gateway_die("the core refuses an SPI");
}

static void sa_add(struct gateway *gw, const struct msg_sa_add *ask)
{
	struct gateway_session *s = gateway_session_of(gw, ask->session);
	struct msg_sa_added added = { .ike = ask->ike, .session = ask->session };
	struct msg_sa_refused refused = { .ike = ask->ike,
					  .session = ask->session,
					  .spi_out = ask->spi_out,
					  .cause = gw->refuse_sa };
	struct gateway_sa *sa, *old;

	/* Ended before this came: as flexd does, no answer. */
	if (!s || s->ended)
		return;
	sa = ask->spi_in ? sa_of(gw, ask->session, ask->spi_in) : NULL;
	if (ask->spi_in && (!sa || sa->spi_out)) {
		gw->strange++;
		return;
	}
	if (refused.cause) {
		if (sa)
			sa->used = false;
		ike_from_broker(gw->core, MSG_SA_REFUSED, &refused);
		return;
	}
	if (!sa)
		sa = sa_new(gw, ask->session);
	old = ask->replaces ? sa_of(gw, ask->session, ask->replaces) : NULL;
	sa->life_bytes = ask->life_bytes;
	sa->life_packets = ask->life_packets;
	sa->in = ask->in;
	sa->out = ask->out;
	snprintf(sa->ts, sizeof(sa->ts), "%.*s", (int)sizeof(sa->ts) - 1, ask->ts);
	sa->spi_out = ask->spi_out;
	sa->flow = old ? old->flow : sa->spi_in;
	if (ask->use_now)
		use(gw, sa);
	s->spi_in = added.spi_in = sa->spi_in;
	s->spi_out = added.spi_out = ask->spi_out;
	s->udp = ask->udp;
	s->esn = ask->esn;
	s->in = ask->in;
	s->out = ask->out;
	if (ike_from_broker(gw->core, MSG_SA_ADDED, &added) < 0)
		gateway_die("the core refuses an SA");
}

static void idle_ask(struct gateway *gw, const struct msg_idle_ask *ask)
{
	struct msg_idle idle = { .ike = ask->ike,
				 .session = ask->session,
				 .in_ms = gw->idle_in_ms,
				 .out_ms = gw->idle_out_ms };

	gw->idle_asked++;
	if (ike_from_broker(gw->core, MSG_IDLE, &idle) < 0)
		gateway_die("the core refuses how long a session was idle");
}

static void session_move(struct gateway *gw, const struct msg_session_move *move)
{
	struct gateway_session *s = gateway_session_of(gw, move->session);

	if (!s || s->ended || s->ike != move->ike ||
	    ip_is4(&move->peer.ip) != ip_is4(&move->local.ip)) {
		gw->strange++;
		return;
	}
	s->peer = move->peer;
	s->local = move->local;
	s->udp = move->udp;
	s->peer_behind_nat = move->peer_behind_nat;
}

static void sa_use(struct gateway *gw, const struct msg_sa_use *ask)
{
	struct gateway_sa *sa = sa_of(gw, ask->session, ask->spi_in);

	if (sa && sa->spi_out && sa->until_ms == IKE_NEVER)
		use(gw, sa);
}

static void sa_del(struct gateway *gw, const struct msg_sa_del *ask)
{
	struct gateway_sa *sa = sa_of(gw, ask->session, ask->spi_in);

	if (!sa)
		return;
	sa->outbound = false;
	sa->until_ms = gw->now_ms + ask->drain_ms;
	sa->used = sa->spi_out != 0;
}

void gateway_life(struct gateway *gw, __be32 spi_in, bool hard)
{
	const struct gateway_sa *sa = gateway_opens(gw, spi_in);
	const struct gateway_session *s = sa ? gateway_session_of(gw, sa->session) : NULL;
	struct msg_sa_life life = { .spi_in = spi_in, .hard = hard };

	if (!s)
		gateway_die("no SA with this SPI");
	life.ike = s->ike;
	life.session = s->id;
	if (ike_from_broker(gw->core, MSG_SA_LIFE, &life) < 0)
		gateway_die("the core refuses a limit");
}

static void session_end(struct gateway *gw, const struct msg_session_end *end)
{
	struct gateway_session *s = gateway_session_of(gw, end->session);

	if (!s || s->ended || s->ike != end->ike || end->cause == 0) {
		gw->strange++;
		return;
	}
	s->ended = end->cause;
	gw->ended++;
	for (size_t i = 0; i < GATEWAY_SAS; i++)
		if (gw->sa[i].session == s->id)
			gw->sa[i].used = false;
}

uint32_t gateway_sessions(const struct gateway *gw)
{
	uint32_t count = 0;

	for (size_t i = 0; i < GATEWAY_SESSIONS; i++)
		count += gw->session[i].used && !gw->session[i].ended;
	return count;
}

void gateway_flexd(struct gateway *gw, const struct gateway_message *m)
{
	switch (m->type) {
	case MSG_SESSION_BEGIN:
		begin(gw, (const void *)m->bytes);
		break;
	case MSG_SA_ADD:
		sa_add(gw, (const void *)m->bytes);
		break;
	case MSG_IDLE_ASK:
		idle_ask(gw, (const void *)m->bytes);
		break;
	case MSG_SESSION_MOVE:
		session_move(gw, (const void *)m->bytes);
		break;
	case MSG_SPI_ASK:
		spi_ask(gw, (const void *)m->bytes);
		break;
	case MSG_SA_USE:
		sa_use(gw, (const void *)m->bytes);
		break;
	case MSG_SA_DEL:
		sa_del(gw, (const void *)m->bytes);
		break;
	case MSG_SESSION_END:
		session_end(gw, (const void *)m->bytes);
		break;
	case MSG_COOKIE_DEMAND:
		gw->demands++;
		break;
	default:
		gw->strange++;
	}
}
