// SPDX-License-Identifier: BSD-2-Clause
#include "support/gateway_internal.h"

#include "core/secret.h"

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

void gateway_die(const char *what)
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
		gateway_die("no digest");
	for (size_t i = 0; i < gw->sealed && i < GATEWAY_SEALS; i++) {
		if (gw->seal[i].spi_i != now.spi_i || gw->seal[i].spi_r != now.spi_r ||
		    gw->seal[i].iv != now.iv || gw->seal[i].key != now.key)
			continue;
		if (memcmp(gw->seal[i].digest, now.digest, sizeof(now.digest)) != 0)
			gateway_die("the core sealed two messages under one IV");
		return;
	}
	*to = now;
	gw->sealed++;
}

struct gateway_datagram *gateway_room(struct gateway_datagram *queue, size_t count, size_t *room)
{
	if (count < *room)
		return queue;
	if (count == GATEWAY_QUEUE)
		gateway_die("more datagrams than the queue takes");
	*room = *room ? *room * 2 : 4;
	queue = realloc(queue, *room * sizeof(*queue));
	if (!queue)
		gateway_die("no memory");
	return queue;
}

static void sent(void *arg, const void *datagram, size_t len, const struct endpoint *local,
		 const struct endpoint *peer)
{
	struct gateway *gw = arg;
	struct gateway_datagram *d;

	gw->out = gateway_room(gw->out, gw->out_count, &gw->out_room);
	d = &gw->out[gw->out_count];
	if (len > sizeof(d->bytes))
		gateway_die("the core sends more than a datagram takes");
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
		gateway_die("too many messages to aaa and flexd");
	*m = (struct gateway_message){ .to_aaa = to_aaa, .type = type, .len = len + tail_len };
	m->bytes = malloc(len + tail_len);
	if (!m->bytes)
		gateway_die("no memory");
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
		gateway_die(errors.first[0].text);
	if (ike_core_new(&env, gw->conf, &gw->core) < 0)
		gateway_die("no core");
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

bool gateway_step(struct gateway *gw)
{
	struct gateway_message m;

	if (gw->message_count == 0)
		return false;
	m = gw->message[0];
	gw->message_count--;
	memmove(gw->message, gw->message + 1, gw->message_count * sizeof(m));
	if (m.to_aaa)
		gateway_aaa(gw, &m);
	else
		gateway_flexd(gw, &m);
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
		gateway_die("no memory");
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
