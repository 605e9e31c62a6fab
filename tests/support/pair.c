// SPDX-License-Identifier: BSD-2-Clause
#include "support/pair.h"

#include "ike/child.h"
#include "ike/life.h"
#include "ike/login.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Of the first IKE SA, and so the name of the login on each side. */
static const uint64_t SPI_A = 0xaaaaaaaaaaaaaaaa, SPI_B = 0xbbbbbbbbbbbbbbbb;

static void die(const char *what)
{
	fprintf(stderr, "support/pair: %s\n", what);
	abort();
}

static struct endpoint endpoint(unsigned side)
{
	struct endpoint ep = { .port = htons(FG_IKE_PORT) };

	ip_parse(side == PAIR_A ? "192.0.2.1" : "198.51.100.1", &ep.ip);
	return ep;
}

/* The addresses that A and B have inside: each is the other one's client. */
static void selectors(unsigned side, struct ike_ts *client, struct ike_ts *net)
{
	struct fg_ip inner[PAIR_SIDES] = { ip_from4(htonl(0x0a0a0001)),
					   ip_from4(htonl(0x0a0b0001)) };

	*client = *net = (struct ike_ts){ 0 };
	ike_ts_add_host(client, &inner[side == PAIR_A ? PAIR_B : PAIR_A]);
	ike_ts_add_host(net, &inner[side]);
}

static void ask_session(struct gateway *gw, struct ikesa *sa)
{
	struct gateway_session *s = &gw->session[gw->next_session % GATEWAY_SESSIONS];
	struct msg_session_begun begun = { .flow_limit = 4, .inner4 = htonl(0x0a0a0001) };

	*s = (struct gateway_session){ .used = true, .ike = sa->handle, .id = gw->next_session++ };
	gw->begun++;
	sa->session = s->id;
	sa->grant = ike_grant_new(&begun);
	if (!sa->grant)
		die("no memory");
}

static void login(struct pair *p, unsigned side, uint64_t spi_i, uint64_t spi_r)
{
	static const struct ike_suite suite = { .encr = IKE_ENCR_AES_GCM_16,
						.key_bits = 256,
						.prf = IKE_PRF_HMAC_SHA2_256,
						.group = IKE_GROUP_X25519 };
	static const uint8_t nonce[IKE_NONCE_LEN] = { 7 };
	const struct ike_bytes n = { nonce, sizeof(nonce) };
	const struct ike_path path = { .local = endpoint(side), .peer = endpoint(!side) };
	struct gateway *gw = &p->gw[side];
	struct ikesa *sa = ikesa_new(gw->core, side == PAIR_A, spi_i, spi_r, &path);

	if (!sa || !ike_keys_derive(&suite, n, n, n, spi_i, spi_r, &sa->keys))
		die("no IKE SA");
	sa->sk_in = ike_keys_sk(&sa->keys, side == PAIR_B);
	sa->sk_out = ike_keys_sk(&sa->keys, side == PAIR_A);
	sa->keyed = true;
	sa->remote = (struct msg_identity){ .type = IKE_ID_FQDN, .len = 1, .data = "x" };
	snprintf(sa->profile, sizeof(sa->profile), "all");
	if (!sa->sk_in || !sa->sk_out || !ike_move(gw->core, sa, IKE_STATE_ESTABLISHED))
		die("no IKE SA");
	ikesa_take_handle(gw->core, sa, ikesa_own_spi(sa));
	ikesa_add_identity(gw->core, sa);
	ask_session(gw, sa);
	ike_life_ike(gw->core, sa);
}

/* Both call it by the SPI that flexd of this side gives out next. */
static void install(struct pair *p, unsigned side, __be32 spi)
{
	static const uint8_t nonce[IKE_NONCE_LEN] = { 9 };
	const struct ike_bytes n = { nonce, sizeof(nonce) };
	const struct ike_esp_choice esp = { .suite = FG_ESP_AES_GCM_256, .spi = spi };
	struct gateway *gw = &p->gw[side];
	struct ikesa *sa = pair_sa(p, side);
	struct ike_ts client, net;
	const struct ike_install i = { .esp = &esp,
				       .ours = side == PAIR_A,
				       .use_now = true,
				       .from = { .ni = n, .nr = n },
				       .client = &client,
				       .net = &net };
	struct ike_child *child;

	selectors(side, &client, &net);
	if (ike_child_install(gw->core, sa, &i) < 0)
		die("no CHILD SA");
	child = ike_child_new(gw->core, sa, &esp, spi, &client, &net);
	if (!child)
		die("no CHILD SA");
	/* As if it had been asked for, so that flexd's answer is expected. */
	child->state = IKE_CHILD_INSTALLING;
	gateway_settle(gw);
	if (child->state != IKE_CHILD_INSTALLED)
		die("no CHILD SA");
}

void pair_open(struct pair *p, const char *conf_a, const char *conf_b, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->first_ike = SPI_A;
	/* The first one that flexd gives out, here as there. */
	p->first_spi = htonl(0xc0000001);
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		gateway_open(&p->gw[side], side == PAIR_A ? conf_a : conf_b);
		p->gw[side].random = seed * 2 + side;
		login(p, side, SPI_A, SPI_B);
	}
	install(p, PAIR_A, p->first_spi);
	install(p, PAIR_B, p->first_spi);
}

void pair_second_child(struct pair *p)
{
	__be32 spi = htonl(ntohl(p->first_spi) + 1);

	install(p, PAIR_A, spi);
	install(p, PAIR_B, spi);
}

void pair_close(struct pair *p)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		gateway_close(&p->gw[side]);
		free(p->wire[side]);
	}
}

struct ikesa *pair_sa(const struct pair *p, unsigned side)
{
	const struct gateway *gw = &p->gw[side];

	return ikesa_find_handle(gw->core, side == PAIR_A ? SPI_A : SPI_B);
}

struct ike_child *pair_child(const struct pair *p, unsigned side)
{
	const struct ikesa *sa = pair_sa(p, side);

	return sa ? sa->child : NULL;
}

void pair_settle(struct pair *p, unsigned side)
{
	struct gateway_datagram d;

	if (!p->lag)
		gateway_settle(&p->gw[side]);
	while (gateway_take(&p->gw[side], &d)) {
		p->wire[side] = gateway_room(p->wire[side], p->wire_count[side],
					     &p->wire_room[side]);
		p->wire[side][p->wire_count[side]++] = d;
	}
}

bool pair_flexd(struct pair *p, unsigned side)
{
	if (!gateway_step(&p->gw[side]))
		return false;
	pair_settle(p, side);
	return true;
}

static void take(struct pair *p, unsigned side, size_t n)
{
	struct gateway_datagram *wire = p->wire[side];

	p->wire_count[side]--;
	memmove(wire + n, wire + n + 1, (p->wire_count[side] - n) * sizeof(wire[0]));
}

bool pair_deliver(struct pair *p, unsigned side, size_t n, bool keep)
{
	struct gateway_datagram d;

	if (n >= p->wire_count[side])
		return false;
	d = p->wire[side][n];
	if (!keep)
		take(p, side, n);
	gateway_receive(&p->gw[!side], d.bytes, d.len, &d.peer, &d.local);
	pair_settle(p, !side);
	return true;
}

bool pair_lose(struct pair *p, unsigned side)
{
	if (p->wire_count[side] == 0)
		return false;
	take(p, side, 0);
	return true;
}

void pair_flow(struct pair *p)
{
	pair_settle(p, PAIR_A);
	pair_settle(p, PAIR_B);
	while (pair_deliver(p, PAIR_A, 0, false) || pair_deliver(p, PAIR_B, 0, false))
		;
}

void pair_wait(struct pair *p, uint64_t ms)
{
	for (unsigned side = 0; side < PAIR_SIDES; side++) {
		gateway_wait(&p->gw[side], ms);
		pair_settle(p, side);
	}
}

void pair_live(struct pair *p, uint64_t ms)
{
	enum { STEP_MS = 500 };

	for (uint64_t at = 0; at < ms; at += STEP_MS) {
		pair_flow(p);
		pair_wait(p, STEP_MS);
	}
	pair_flow(p);
}

bool pair_carries(const struct pair *p, unsigned side)
{
	const struct gateway_sa *out = gateway_outbound(&p->gw[side], 1, 0);
	const struct gateway_sa *in = out ? gateway_opens(&p->gw[!side], out->spi_out) : NULL;

	return in && in->spi_out == out->spi_in && memcmp(&in->in, &out->out, sizeof(in->in)) == 0;
}
