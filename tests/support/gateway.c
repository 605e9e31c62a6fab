// SPDX-License-Identifier: BSD-2-Clause
#include "support/gateway.h"

#include "core/secret.h"
#include "crypto/ppk.h"
#include "crypto/psk_auth.h"
#include "pki/bundle.h"
#include "pki/pki.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

static const char default_conf[] = "[gateway]\n"
				   "outside = eth0\n"
				   "half-open-limit = 100\n"
				   "half-open-timeout = 30\n"
				   "[ikev2-proposal all]\n"
				   "encryption = aes-gcm-256 aes-gcm-128 aes-cbc-256 aes-cbc-128\n"
				   "integrity = sha256 sha384 sha512\n"
				   "prf = sha256 sha384 sha512\n"
				   "group = 31 19 20 21 14 15 16\n"
				   "[ipsec-profile all]\n"
				   "transform = esp-gcm-256 esp-gcm-128 esp-chacha20-poly1305 "
				   "esp-cbc-256-sha256 esp-cbc-128-sha256\n"
				   "[pool p4]\n"
				   "prefix = 10.10.0.0/24\n"
				   "[pool p6]\n"
				   "prefix = 2001:db8:10::/64\n"
				   "[ikev2-authorization-policy all]\n"
				   "pool = p4\n"
				   "ipv6-pool = p6\n"
				   "dns = 10.10.0.1, 2001:db8:10::1\n"
				   "[virtual-template 1]\n"
				   "[ikev2-keyring ring]\n"
				   "psk = k\n"
				   "[ikev2-profile all]\n"
				   "match-identity-remote = fqdn domain example.org\n"
				   "identity-local = fqdn gateway.example.org\n"
				   "authentication-local = pre-share\n"
				   "authentication-remote = pre-share\n"
				   "keyring-local = ring\n"
				   "proposal = all\n"
				   "ipsec-profile = all\n"
				   "aaa-authorization-group = all\n"
				   "virtual-template = 1\n";

/* A time in the middle of what test certificates are valid for. */
enum { WALL_S = 1800000000 };

static void die(const char *what)
{
	fprintf(stderr, "support/gateway: %s\n", what);
	abort();
}

/* Not random at all, which is the point. */
bool gateway_random(void *arg, void *p, size_t len)
{
	struct gateway *gw = arg;
	uint8_t *bytes = p;

	for (size_t i = 0; i < len; i++) {
		gw->random = gw->random * 6364136223846793005ULL + 1442695040888963407ULL;
		bytes[i] = (uint8_t)(gw->random >> 56);
	}
	return true;
}

static uint64_t now(void *arg)
{
	struct gateway *gw = arg;

	return gw->now_ms;
}

static int64_t wall(void *arg)
{
	struct gateway *gw = arg;

	return gw->wall_s;
}

/* RFC 5282 3: an AEAD is lost when two messages have one IV. A retransmission is the same bytes. */
static void check_iv(struct gateway *gw, struct rd rd)
{
	struct crypto_chunk all = { rd.p, rd.left };
	struct gateway_seal *to = &gw->seal[gw->sealed % GATEWAY_SEALS], now = { 0 };
	struct ike_header header;

	if (!ike_header_read(&rd, &header) || !rd_skip(&rd, IKE_PAYLOAD_HEADER_LEN))
		return;
	if (header.next == IKE_PAYLOAD_SKF)
		rd_skip(&rd, 4); /* number and total */
	else if (header.next != IKE_PAYLOAD_SK)
		return;
	if (!rd_be64(&rd, &now.iv))
		return;
	now.spi_i = header.spi_i;
	now.spi_r = header.spi_r;
	/* It changes the keys of what follows, and a new key begins at the first IV again. */
	if (header.exchange == IKE_EXCHANGE_IKE_INTERMEDIATE)
		now.key = header.message_id;
	if (!crypto_hash(CRYPTO_SHA256, &all, 1, now.digest))
		die("no digest");
	for (size_t i = 0; i < gw->sealed && i < GATEWAY_SEALS; i++) {
		if (gw->seal[i].spi_i != now.spi_i || gw->seal[i].spi_r != now.spi_r ||
		    gw->seal[i].iv != now.iv || gw->seal[i].key != now.key)
			continue;
		if (memcmp(gw->seal[i].digest, now.digest, sizeof(now.digest)) != 0)
			die("the core sealed two messages under one IV");
		return;
	}
	*to = now;
	gw->sealed++;
}

static void sent(void *arg, const void *datagram, size_t len, const struct endpoint *local,
		 const struct endpoint *peer)
{
	struct gateway *gw = arg;
	struct gateway_datagram *d = &gw->out[gw->out_count];

	if (gw->out_count == GATEWAY_QUEUE || len > sizeof(d->bytes))
		die("the core sends more than the queue takes");
	gw->sent++;
	gw->sent_bytes += len;
	d->len = len;
	d->local = *local;
	d->peer = *peer;
	memcpy(d->bytes, datagram, len);
	gw->out_count++;
	if (len <= IKE_MARKER_LEN)
		return; /* a NAT keepalive */
	check_iv(gw, local->port == htons(FG_NATT_PORT)
			     ? rd_of(d->bytes + IKE_MARKER_LEN, len - IKE_MARKER_LEN)
			     : rd_of(d->bytes, len));
}

static void traced(void *arg, uint32_t slot, const char *line)
{
	struct gateway *gw = arg;
	size_t used = strlen(gw->traced);

	snprintf(gw->traced + used, sizeof(gw->traced) - used, "%u %s\n", slot, line);
}

static void queue(struct gateway *gw, bool to_aaa, uint32_t type, const void *body, size_t len,
		  const void *tail, size_t tail_len)
{
	struct gateway_message *m = &gw->message[gw->message_count];

	if (gw->message_count == GATEWAY_QUEUE)
		die("too many messages to aaa and flexd");
	*m = (struct gateway_message){ .to_aaa = to_aaa, .type = type, .len = len + tail_len };
	m->bytes = malloc(len + tail_len);
	if (!m->bytes)
		die("no memory");
	memcpy(m->bytes, body, len);
	if (tail_len)
		memcpy(m->bytes + len, tail, tail_len);
	gw->message_count++;
}

static int to_aaa(void *arg, uint32_t type, const void *body, size_t len, const void *tail,
		  size_t tail_len)
{
	struct gateway *gw = arg;

	if (gw->aaa_down)
		return -ENOTCONN;
	queue(gw, true, type, body, len, tail, tail_len);
	return 0;
}

static int to_broker(void *arg, uint32_t type, const void *body, size_t len)
{
	queue(arg, false, type, body, len, NULL, 0);
	return 0;
}

void gateway_open(struct gateway *gw, const char *conf_text)
{
	const char *text = conf_text ? conf_text : default_conf;
	const struct ike_env env = {
		.arg = gw,
		.now_ms = now,
		.wall_s = wall,
		.random = gateway_random,
		.send = sent,
		.to_aaa = to_aaa,
		.to_broker = to_broker,
		.trace = traced,
	};
	struct conf_errors errors = { 0 };
	FILE *in = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

	memset(gw, 0, sizeof(*gw));
	gw->now_ms = 1000000;
	gw->wall_s = WALL_S;
	gw->next_session = 1;
	gw->conf = in ? conf_parse(in, "test.conf", &errors) : NULL;
	if (in)
		fclose(in);
	if (!gw->conf)
		die(errors.first[0].text);
	gw->out = malloc(GATEWAY_QUEUE * sizeof(*gw->out));
	if (!gw->out)
		die("no memory");
	if (ike_core_new(&env, gw->conf, &gw->core) < 0)
		die("no core");
	gateway_add_key(gw, "a.example.org", "key of a");
}

void gateway_close(struct gateway *gw)
{
	for (size_t i = 0; i < gw->message_count; i++)
		free(gw->message[i].bytes);
	ike_core_free(gw->core);
	pki_free(gw->pki);
	conf_free(gw->conf);
	free(gw->out);
	memset(gw, 0, sizeof(*gw));
}

static void pack(int fd, size_t trustpoint, enum pki_kind kind, const void *bytes, size_t len)
{
	struct pki_file file = { .trustpoint = (uint32_t)trustpoint,
				 .kind = (uint8_t)kind,
				 .name = "test",
				 .bytes = bytes,
				 .len = len };

	if (len && pki_bundle_add(fd, &file) < 0)
		die("a file of a trustpoint is not packed");
}

void gateway_trust(struct gateway *gw, const struct gateway_trust *trust, size_t count)
{
	int fd = pki_bundle_new();
	struct pki *before = gw->pki;
	char why[512] = "";

	if (fd < 0 || count > GATEWAY_TRUSTPOINTS)
		die("no bundle");
	for (size_t i = 0; i < count; i++) {
		pack(fd, i, PKI_KIND_CA, trust[i].ca, strlen(trust[i].ca));
		pack(fd, i, PKI_KIND_OWN, trust[i].own, trust[i].own ? strlen(trust[i].own) : 0);
		pack(fd, i, PKI_KIND_OCSP, trust[i].ocsp.p, trust[i].ocsp.len);
		pack(fd, i, PKI_KIND_CRL, trust[i].crl.p, trust[i].crl.len);
		gw->own_key[i] = trust[i].key;
	}
	gw->pki = pki_load(fd, gw->conf, 0, gw->wall_s, why, sizeof(why));
	if (!gw->pki)
		die(why);
	ike_core_set_pki(gw->core, gw->pki);
	pki_free(before);
}

void gateway_add_key(struct gateway *gw, const char *identity, const char *psk)
{
	if (gw->key_count == GATEWAY_KEYS)
		die("too many keys");
	snprintf(gw->key[gw->key_count].identity, CONF_TEXT_MAX, "%s", identity);
	snprintf(gw->key[gw->key_count].psk, CONF_TEXT_MAX, "%s", psk);
	gw->key_count++;
}

static const char *psk_of(const struct gateway *gw, const struct msg_identity *id)
{
	for (size_t i = 0; i < gw->key_count; i++)
		if (strlen(gw->key[i].identity) == id->len &&
		    memcmp(gw->key[i].identity, id->data, id->len) == 0)
			return gw->key[i].psk;
	return NULL;
}

static void verify(struct gateway *gw, const struct msg_auth_verify *ask, const uint8_t *tail)
{
	struct msg_auth_verdict verdict = { .ike = ask->ike, .reason = MSG_AUTH_OK };
	const char *psk = psk_of(gw, &ask->remote);
	uint8_t auth[PSK_AUTH_MAX];
	size_t len = 0;

	gw->verified++;
	if (!ask->profile[0])
		verdict.reason = MSG_AUTH_NO_PROFILE;
	else if (ask->method != IKE_AUTH_METHOD_SHARED_KEY)
		verdict.reason = MSG_AUTH_METHOD;
	else if (!psk)
		verdict.reason = MSG_AUTH_NO_KEY;
	else if (!psk_auth(ask->prf, psk, strlen(psk), tail, ask->octets_len, auth, &len) ||
		 len != ask->auth_len || !ct_equal(auth, tail + ask->octets_len, len))
		verdict.reason = MSG_AUTH_WRONG;
	else if (ask->own_len && !gw->aaa_apart && !gw->aaa_cannot_sign &&
		 psk_auth(ask->prf, psk, strlen(psk), tail + ask->octets_len + ask->auth_len,
			  ask->own_len, verdict.own, &len))
		verdict.own_len = (uint16_t)len;
	if (ike_from_aaa(gw->core, MSG_AUTH_VERDICT, &verdict) < 0)
		die("the core refuses a verdict");
}

/* As aaa does: with the key that the name of the trustpoint stands for. */
static bool sign_with_key(const struct gateway *gw, const struct msg_auth_sign *ask,
			  const uint8_t *octets, struct msg_auth_signed *answer)
{
	const struct sign_choice choice = { (enum sign_method)ask->method,
					    (enum sign_scheme)ask->scheme };
	size_t len = 0;

	for (size_t i = 0; i < gw->conf->trustpoint_count; i++)
		if (!strcmp(gw->conf->trustpoints[i].name, ask->trustpoint) && gw->own_key[i] &&
		    !memcmp(pki_own(gw->pki, (int)i)->key_hash, ask->key_hash, MSG_KEY_HASH_LEN) &&
		    sign_auth_make(gw->own_key[i], &choice, octets, ask->octets_len, answer->auth,
				   &len))
			break;
	answer->method = ask->method;
	answer->len = (uint16_t)len;
	return len > 0;
}

static void sign(struct gateway *gw, const struct msg_auth_sign *ask, const uint8_t *octets)
{
	struct msg_auth_signed answer = { .ike = ask->ike, .method = IKE_AUTH_METHOD_SHARED_KEY };
	const char *psk = psk_of(gw, &ask->remote);
	size_t len = 0;

	gw->signatures++;
	_Static_assert((int)PSK_AUTH_MAX <= (int)MSG_AUTH_MAX, "AUTH fits");
	_Static_assert((int)SIGN_AUTH_MAX <= (int)MSG_AUTH_MAX, "a signature fits");
	if (ask->trustpoint[0]) {
		answer.ok = sign_with_key(gw, ask, octets, &answer);
	} else {
		answer.ok = psk && psk_auth(ask->prf, psk, strlen(psk), octets, ask->octets_len,
					    answer.auth, &len);
		answer.len = (uint16_t)len;
	}
	answer.ok = answer.ok && !gw->aaa_cannot_sign;
	if (ike_from_aaa(gw->core, MSG_AUTH_SIGNED, &answer) < 0)
		die("the core refuses a signature");
}

static const struct conf_authorization_policy *policy(const struct gateway *gw, const char *name)
{
	const struct conf_profile *profile = conf_find_profile(gw->conf, name);

	return profile ? &gw->conf->policies[profile->authorization_policy] : NULL;
}

static void mix(struct gateway *gw, const struct msg_ppk_mix *ask)
{
	struct msg_ppk_mixed answer = { .ike = ask->ike };

	if (gw->ppk_id[0] && strlen(gw->ppk_id) == ask->id_len &&
	    memcmp(gw->ppk_id, ask->id, ask->id_len) == 0) {
		answer.ok = 1;
		memcpy(answer.d, ask->d, sizeof(answer.d));
		memcpy(answer.p_i, ask->p_i, sizeof(answer.p_i));
		memcpy(answer.p_r, ask->p_r, sizeof(answer.p_r));
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.d, ask->key_len);
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.p_i, ask->key_len);
		ppk_mix(ask->prf, gw->ppk, strlen(gw->ppk), answer.p_r, ask->key_len);
	}
	if (ike_from_aaa(gw->core, MSG_PPK_MIXED, &answer) < 0)
		die("the core refuses a PPK");
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
		die("the core refuses a session");
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
	die("too many SAs");
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
		die("the core refuses an SPI");
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
		die("the core refuses an SA");
}

static void idle_ask(struct gateway *gw, const struct msg_idle_ask *ask)
{
	struct msg_idle idle = { .ike = ask->ike,
				 .session = ask->session,
				 .in_ms = gw->idle_in_ms,
				 .out_ms = gw->idle_out_ms };

	gw->idle_asked++;
	if (ike_from_broker(gw->core, MSG_IDLE, &idle) < 0)
		die("the core refuses how long a session was idle");
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
		die("no SA with this SPI");
	life.ike = s->ike;
	life.session = s->id;
	if (ike_from_broker(gw->core, MSG_SA_LIFE, &life) < 0)
		die("the core refuses a limit");
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

static void deliver(struct gateway *gw, const struct gateway_message *m)
{
	const struct msg_auth_verify *ask_verify = (const void *)m->bytes;
	const struct msg_auth_sign *ask_sign = (const void *)m->bytes;

	switch (m->type) {
	case MSG_AUTH_VERIFY:
		verify(gw, ask_verify, m->bytes + sizeof(*ask_verify));
		break;
	case MSG_AUTH_SIGN:
		sign(gw, ask_sign, m->bytes + sizeof(*ask_sign));
		break;
	case MSG_PPK_MIX:
		mix(gw, (const void *)m->bytes);
		break;
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

bool gateway_step(struct gateway *gw)
{
	struct gateway_message m;

	if (gw->message_count == 0)
		return false;
	m = gw->message[0];
	gw->message_count--;
	memmove(gw->message, gw->message + 1, gw->message_count * sizeof(m));
	deliver(gw, &m);
	free(m.bytes);
	return true;
}

void gateway_settle(struct gateway *gw)
{
	while (gateway_step(gw))
		;
}

void gateway_receive(struct gateway *gw, const void *datagram, size_t len,
		     const struct endpoint *local, const struct endpoint *peer)
{
	const struct ike_path path = { .local = *local, .peer = *peer, .outside = gw->outside };
	/* On the heap, exactly as long: a memory checker sees every byte too many. */
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		die("no memory");
	memcpy(copy, datagram, len);
	ike_receive(gw->core, copy, len, &path);
	free(copy);
}

void gateway_wait(struct gateway *gw, uint64_t ms)
{
	uint64_t end = gw->now_ms + ms;

	while (ike_next_tick(gw->core) <= end) {
		if (ike_next_tick(gw->core) > gw->now_ms)
			gw->now_ms = ike_next_tick(gw->core);
		ike_tick(gw->core);
		gateway_settle(gw);
	}
	gw->now_ms = end;
	ike_tick(gw->core);
}

bool gateway_take(struct gateway *gw, struct gateway_datagram *datagram)
{
	if (gw->out_count == 0)
		return false;
	*datagram = gw->out[0];
	gw->out_count--;
	memmove(gw->out, gw->out + 1, gw->out_count * sizeof(gw->out[0]));
	return true;
}

uint32_t gateway_sessions(const struct gateway *gw)
{
	uint32_t count = 0;

	for (size_t i = 0; i < GATEWAY_SESSIONS; i++)
		count += gw->session[i].used && !gw->session[i].ended;
	return count;
}

void gateway_client(struct gateway *gw, struct initiator_setup *setup)
{
	initiator_defaults(setup);
	ip_parse("192.0.2.1", &setup->local.ip);
	ip_parse("198.51.100.1", &setup->peer.ip);
	setup->local.port = setup->peer.port = htons(FG_IKE_PORT);
	setup->random = gateway_random;
	setup->random_arg = gw;
	snprintf(setup->identity, sizeof(setup->identity), "a.example.org");
	snprintf(setup->psk, sizeof(setup->psk), "key of a");
}

void gateway_talk(struct gateway *gw, struct initiator *in)
{
	struct gateway_datagram d;
	bool more = in->out_len > 0;

	while (more) {
		do
			gateway_receive(gw, in->out, in->out_len, &in->peer, &in->local);
		while (initiator_more(in));
		gateway_settle(gw);
		more = false;
		while (!more && gateway_take(gw, &d)) {
			switch (initiator_receive(in, d.bytes, d.len)) {
			case INITIATOR_RETRY:
				more = initiator_init(in) > 0;
				break;
			case INITIATOR_STEP:
				more = initiator_step(in) > 0;
				break;
			case INITIATOR_ANSWER:
				more = true;
				break;
			default:
				break;
			}
		}
	}
}

enum initiator_state gateway_login(struct gateway *gw, struct initiator *in)
{
	if (initiator_init(in))
		gateway_talk(gw, in);
	return in->state;
}
