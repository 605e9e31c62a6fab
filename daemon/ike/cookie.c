// SPDX-License-Identifier: BSD-2-Clause
#include "ike/cookie.h"

#include "ike/exchange.h"

#include <string.h>

/* No loop to be verified here: as far as a message reaches. */
#define FG_INIT_PAYLOADS                128
#define FG_INIT_REACH                   IKE_DATAGRAM_MAX
#define FG_COOKIE_LOAD(from, at, to, n) memcpy(to, (const uint8_t *)(from) + (at), n)
#include "../../bpf/cookie.h"

void ike_cookie_secrets(struct ike_core *core, const struct fg_cookie_secrets *secrets)
{
	core->cookie.secrets = *secrets;
	core->cookie.known = true;
}

static bool read_init(const struct ike_arrival *from, struct fg_init *init)
{
	init->ip = from->path.peer.ip;
	init->port = from->path.peer.port;
	return from->len <= IKE_DATAGRAM_MAX &&
	       fg_init_read(from->datagram, from->datagram + from->len, (uint32_t)from->len,
			    init) == FG_INIT_READ;
}

static uint64_t mac_of(const struct ike_core *core, const struct ike_arrival *from,
		       const struct fg_init *init, uint32_t slot)
{
	return fg_cookie_mac(core->cookie.secrets.key[slot & 1], init, fg_be32(slot),
			     from->datagram, init->ni_at);
}

void ike_cookie_check(struct ike_core *core, struct ike_arrival *from)
{
	struct fg_init init;

	if (!core->cookie.known || !read_init(from, &init) || !init.cookie)
		return;
	from->proven = fg_cookie_slot_ok(&core->cookie.secrets, init.slot) &&
		       fg_cookie_same(&init, mac_of(core, from, &init, fg_host32(init.slot)));
	if (from->proven)
		core->stats.cookies_accepted++;
	else
		core->stats.cookies_wrong++;
}

bool ike_cookie_possible(const struct ike_core *core)
{
	return core->cookie.known && core->conf->gateway.cookie_challenge != CONF_COOKIE_NEVER;
}

/* So that there is room for who proved himself when strangers have taken theirs. */
static uint32_t threshold(const struct ike_core *core)
{
	uint32_t asked = core->conf->gateway.cookie_challenge;
	uint32_t most = core->conf->gateway.half_open_limit / 2;

	return asked < most ? asked : most;
}

/* The demand runs out by itself, here and in XDP: nobody must remember to end it. */
static void demand(struct ike_core *core, uint64_t now)
{
	const struct msg_cookie_demand message = { .ms = IKE_COOKIE_DEMAND_MS };

	if (now >= core->cookie.until_ms)
		log_info("ike", "%u IKE SAs are half-open: a client must return a cookie first",
			 core->half_open);
	core->cookie.until_ms = now + IKE_COOKIE_DEMAND_MS;
	if (now < core->cookie.told_ms + IKE_COOKIE_TELL_MS)
		return;
	core->cookie.told_ms = now;
	core->env.to_broker(core->env.arg, MSG_COOKIE_DEMAND, &message, sizeof(message));
}

bool ike_cookie_demanded(struct ike_core *core, const struct fg_ip *peer)
{
	uint64_t now = ike_now(core);
	bool already = now < core->cookie.until_ms;

	if (!ike_cookie_possible(core))
		return false;
	if (core->conf->gateway.cookie_challenge == CONF_COOKIE_ALWAYS)
		return true;
	/* It goes on until half of them are gone, or it would begin and end with every client. */
	if (core->half_open >= threshold(core) / (already ? 2 : 1)) {
		demand(core, now);
		return true;
	}
	/* Somebody has, or claims, one address too often: nobody else need pay for that. */
	return already || ikesa_crowded(core, peer);
}

void ike_cookie_ask(struct ike_core *core, const struct ike_arrival *from)
{
	struct fg_cookie_answer answer = { .header = { .next = FG_IKE_NOTIFY,
						       .version = FG_IKE_VERSION,
						       .exchange = FG_IKE_SA_INIT,
						       .flags = FG_IKE_RESPONSE,
						       .length = fg_be32(sizeof(answer)) } };
	uint32_t slot = core->cookie.secrets.slot;
	struct ike_packet *packet;
	struct fg_init init;

	if (!core->cookie.known || !read_init(from, &init))
		return;
	answer.header.spi_i[0] = init.spi_i[0];
	answer.header.spi_i[1] = init.spi_i[1];
	fg_cookie_put(&answer.notify, fg_be32(slot), mac_of(core, from, &init, slot));
	packet = ike_packet_new(&answer, sizeof(answer));
	if (packet) {
		core->stats.cookies_sent++;
		ike_tally_sent_clear(&core->tally, (const uint8_t *)&answer, sizeof(answer));
		ike_send_packet(core, packet, &from->path);
	}
	ike_packet_free(packet);
}
