// SPDX-License-Identifier: BSD-2-Clause
/*
 * One client of the load: a socket of its own, the initiator of the tests, retransmission.
 */
#include "ikeload.h"

#include "core/clock.h"
#include "crypto/rand.h"
#include "ike/wire/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_RETRY_MS = 500, LOGOUT_TRIES = 5, FRAGMENT_MTU = 1280 };

uint64_t now_us(void)
{
	return clock_ns() / 1000;
}

static bool from_system(void *arg, void *p, size_t len)
{
	(void)arg;
	return crypto_random(p, len);
}

static bool connect_to(int fd, const struct endpoint *peer)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(peer, &sa);

	return connect(fd, (struct sockaddr *)&sa, len) == 0;
}

/* 192.0.2.1-192.0.2.9 as a source gives each client the next address, round and round. */
static struct fg_ip source_of(const struct client *client)
{
	const struct options *o = &client->load->options;
	uint32_t range = ntohl(o->source_last.w[3]) - ntohl(o->source.w[3]) + 1;

	return ip_add(&o->source, range ? client->number % range : client->number);
}

static bool open_socket(struct client *client, const struct endpoint *peer, struct endpoint *local)
{
	struct endpoint source = { .ip = source_of(client) };
	struct sockaddr_storage sa;
	socklen_t len;

	client->fd = socket(ip_is4(&peer->ip) ? AF_INET : AF_INET6,
			    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return false;
	if (!ip_is_zero(&client->load->options.source)) {
		len = endpoint_to_sockaddr(&source, &sa);
		if (bind(client->fd, (struct sockaddr *)&sa, len) < 0)
			return false;
	}
	len = sizeof(sa);
	return connect_to(client->fd, peer) &&
	       getsockname(client->fd, (struct sockaddr *)&sa, &len) == 0 &&
	       endpoint_from_sockaddr(&sa, local);
}

static void wait_ms(struct client *client, uint64_t ms)
{
	const struct timeval wait = clock_timeval(ms);

	event_add(client->timer, &wait);
}

static void forget_last(struct client *client)
{
	while (client->last) {
		struct datagram *next = client->last->next;

		free(client->last);
		client->last = next;
	}
}

/* Lost and refused datagrams are alike: the timer sends again. */
static void transmit(struct client *client)
{
	for (struct datagram *d = client->last; d; d = d->next)
		(void)!send(client->fd, d->bytes, d->len, 0);
	wait_ms(client, (uint64_t)FIRST_RETRY_MS << client->tries);
}

/* What the initiator has made, to be sent until it is answered. Without memory it is as if it had
 * been lost. */
static void transmit_new(struct client *client)
{
	struct datagram **at = &client->last;

	forget_last(client);
	client->tries = 0;
	do {
		*at = malloc(sizeof(**at) + client->in->out_len);
		if (!*at)
			break;
		(*at)->next = NULL;
		(*at)->len = client->in->out_len;
		memcpy((*at)->bytes, client->in->out, client->in->out_len);
		at = &(*at)->next;
	} while (initiator_more(client->in));
	transmit(client);
}

static void answer(struct client *client)
{
	do
		(void)!send(client->fd, client->in->out, client->in->out_len, 0);
	while (initiator_more(client->in));
}

static void login_over(struct client *client)
{
	struct ike_name room;

	event_del(client->timer);
	forget_last(client);
	if (client->in->state == INITIATOR_UP) {
		client->phase = UP;
		load_up(client);
		return;
	}
	load_failed(client, client->in->refusal ? ike_notify_name(client->in->refusal, &room)
						: "gateway not proven");
}

/* --- rekeys --- */

void client_rekeys(struct client *client)
{
	const struct options *o = &client->load->options;

	if (client->phase == UP && o->rekey_s)
		wait_ms(client, (client->number + 1) * (uint64_t)o->rekey_s * 1000 / o->count);
}

/* Both kinds in turn, or the one that is wanted. */
static void rekey(struct client *client)
{
	unsigned kinds = client->load->options.rekey_kinds;
	bool ike = kinds == (REKEY_CHILD | REKEY_IKE) ? client->rekeys & 1 : kinds == REKEY_IKE;

	client->rekeys++;
	client->phase = REKEYING;
	if (!(ike ? initiator_rekey_ike : initiator_rekey_child)(client->in)) {
		load_failed(client, "cannot make a rekey");
		return;
	}
	transmit_new(client);
}

static void rekey_over(struct client *client)
{
	client->phase = UP;
	if (client->leaving)
		client_logout(client);
	else
		wait_ms(client, (uint64_t)client->load->options.rekey_s * 1000);
}

static void rekeyed(struct client *client)
{
	struct load *load = client->load;

	(*(client->in->create.ike ? &load->rekeyed_ike : &load->rekeyed_child))++;
	client->phase = DELETING_OLD;
	initiator_delete_old(client->in);
	transmit_new(client);
}

static void rekey_refused(struct client *client)
{
	char reason[64];
	struct ike_name room;

	snprintf(reason, sizeof(reason), "rekey of the %s: %s",
		 client->in->create.ike ? "IKE SA" : "CHILD SA",
		 client->in->refusal ? ike_notify_name(client->in->refusal, &room)
				     : "an answer that makes no sense");
	load_refused(client, reason);
	rekey_over(client);
}

static void answered(struct client *client)
{
	event_del(client->timer);
	forget_last(client);
	if (client->phase == REKEYING) {
		rekey_refused(client);
	} else if (client->phase == DELETING_OLD) {
		rekey_over(client);
	} else if (client->phase == ROAMING) {
		client->phase = UP;
		load_roamed(client);
	} else if (client->phase == LOGGING_OUT) {
		client->load->logged_out++;
		load_over(client);
	}
}

static void take(struct client *client, const uint8_t *datagram, size_t len)
{
	struct initiator *in = client->in;
	__be16 port = in->peer.port;

	switch (initiator_receive(in, datagram, len)) {
	case INITIATOR_RETRY:
		initiator_init(in);
		transmit_new(client);
		break;
	case INITIATOR_STEP:
		if (in->peer.port != port && !connect_to(client->fd, &in->peer)) {
			load_failed(client, "connect");
			break;
		}
		initiator_step(in);
		transmit_new(client);
		break;
	case INITIATOR_REKEYED:
		rekeyed(client);
		break;
	case INITIATOR_DONE:
		login_over(client);
		break;
	case INITIATOR_ANSWERED:
		answered(client);
		break;
	case INITIATOR_ANSWER:
		answer(client);
		if (in->state == INITIATOR_CLOSED) {
			client->load->deleted++;
			load_over(client);
		}
		break;
	default:
		break;
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	uint8_t datagram[INITIATOR_DATAGRAM_MAX];
	struct client *client = arg;
	ssize_t n;

	(void)what;
	n = recv(fd, datagram, sizeof(datagram), 0);
	if (n > 0)
		take(client, datagram, (size_t)n);
}

static const char *const timeouts[] = {
	[ROAMING] = "timeout in roaming",
	[REKEYING] = "timeout in a rekey",
	[DELETING_OLD] = "timeout in DELETE behind a rekey",
	[LOGGING_OUT] = "timeout in logout",
};

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct client *client = arg;
	uint64_t limit_us = (uint64_t)client->load->options.timeout_s * 1000000;

	(void)fd;
	(void)what;
	if (client->phase == LOGGING_IN && now_us() - client->begun_us >= limit_us) {
		load_failed(client, client->in->state == INITIATOR_AUTH_SENT
					    ? "timeout in IKE_AUTH"
					    : "timeout in IKE_SA_INIT");
		return;
	}
	if (client->phase == UP) {
		rekey(client);
		return;
	}
	if (client->phase != LOGGING_IN && client->tries >= LOGOUT_TRIES) {
		load_failed(client, timeouts[client->phase]);
		return;
	}
	if (client->tries < 4)
		client->tries++;
	transmit(client);
}

/* Who the client is and how it proves that. */
static bool prove(struct client *client, struct initiator_setup *setup)
{
	const struct options *o = &client->load->options;
	struct certs *pki = client->load->pki;

	snprintf(setup->identity, sizeof(setup->identity), "%s%u%s", o->prefix, client->number,
		 o->suffix);
	if (!pki) {
		snprintf(setup->psk, sizeof(setup->psk), "%s", o->psk);
		return true;
	}
	client->leaf = certs_leaf(pki, setup->identity, &client->chain.len);
	client->chain.p = client->leaf;
	setup->key = certs_key(pki);
	setup->chain = &client->chain;
	setup->chain_count = 1;
	setup->hashes = 1 << SIGN_HASH_SHA256;
	setup->fragment_mtu = FRAGMENT_MTU;
	setup->certreq = true;
	return client->leaf != NULL;
}

static bool listen_to(struct client *client)
{
	client->readable = event_new(client->load->base, client->fd, EV_READ | EV_PERSIST,
				     on_readable, client);
	return client->readable && event_add(client->readable, NULL) == 0;
}

bool client_begin(struct client *client)
{
	const struct options *o = &client->load->options;
	struct initiator_setup setup;

	initiator_defaults(&setup);
	setup.random = from_system;
	setup.peer = (struct endpoint){ .ip = o->gateway, .port = htons(FG_IKE_PORT) };
	setup.want4 = o->want4;
	setup.want6 = o->want6;
	setup.knobs = o->nat ? INITIATOR_FAKE_NAT : 0;
	if (o->pfs)
		setup.pfs = (struct ike_pfs){ .group = { IKE_GROUP_X25519 },
					      .group_count = 1,
					      .ke = IKE_GROUP_X25519 };
	client->phase = LOGGING_IN;
	client->begun_us = now_us();
	if (!prove(client, &setup) || !open_socket(client, &setup.peer, &setup.local) ||
	    initiator_new(&setup, &client->in) < 0)
		return false;
	client->timer = evtimer_new(client->load->base, on_timer, client);
	if (!client->timer || !listen_to(client) || !initiator_init(client->in))
		return false;
	transmit_new(client);
	return true;
}

/* As if the NAT had forgotten the client: its next message comes from another port. */
void client_roam(struct client *client)
{
	struct endpoint local;

	if (client->phase != UP)
		return;
	client->phase = ROAMING;
	event_free(client->readable);
	client->readable = NULL;
	close(client->fd);
	if (!open_socket(client, &client->in->peer, &local) || !listen_to(client)) {
		load_failed(client, "no other socket");
		return;
	}
	initiator_liveness(client->in);
	transmit_new(client);
}

void client_logout(struct client *client)
{
	client->leaving = true;
	if (client->phase != UP)
		return;
	client->phase = LOGGING_OUT;
	initiator_delete(client->in);
	transmit_new(client);
}

void client_free(struct client *client)
{
	if (client->readable)
		event_free(client->readable);
	if (client->timer)
		event_free(client->timer);
	if (client->fd >= 0)
		close(client->fd);
	initiator_free(client->in);
	forget_last(client);
	free(client->leaf);
	client->readable = client->timer = NULL;
	client->fd = -1;
	client->in = NULL;
	client->leaf = NULL;
}
