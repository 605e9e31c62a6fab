// SPDX-License-Identifier: BSD-2-Clause
#include "ike/reject.h"

#include "ike/cookie.h"
#include "ike/exchange.h"
#include "ike/trace.h"

enum { TOKEN = 1000 };

static bool take_token(struct ike_bucket *bucket, uint64_t now_ms)
{
	uint64_t full = (uint64_t)IKE_REJECT_BURST * TOKEN;
	uint64_t earned = (now_ms - bucket->last_ms) * IKE_REJECT_PER_S;

	bucket->tokens = earned > full - bucket->tokens ? full : bucket->tokens + earned;
	bucket->last_ms = now_ms;
	if (bucket->tokens < TOKEN)
		return false;
	bucket->tokens -= TOKEN;
	return true;
}

void ike_reject(struct ike_core *core, const struct ike_header *request,
		const struct ike_arrival *from, uint16_t notify, const void *data, size_t len)
{
	/* The initiator's SPI and the message ID are what lets it recognise the answer, 3.1. */
	const struct ike_header header = {
		.spi_i = request->spi_i,
		.version = IKE_VERSION,
		.exchange = request->exchange,
		.flags = IKE_FLAG_RESPONSE,
		.message_id = request->message_id,
	};
	uint8_t message[128];
	struct ike_packet *packet;
	struct ike_writer w;
	struct ike_name room;
	size_t size;

	ike_begin(&w, message, sizeof(message), &header);
	ike_put_notify(&w, IKE_PROTOCOL_NONE, NULL, 0, notify, data, len);
	size = ike_finish(&w);
	if (size == 0 || size > from->len)
		return;
	/* Who proved its address is not held up by those who did not; a client that has no token
	 * left may do so, or a flood of wrong groups would keep out all who guessed wrong. */
	if (!from->proven && !take_token(&core->rejects, ike_now(core))) {
		ike_count_drop(core, IKE_DROP_init_rate);
		if (ike_cookie_possible(core))
			ike_cookie_ask(core, from);
		return;
	}
	packet = ike_packet_new(message, size);
	ike_tally_sent_clear(&core->tally, message, size);
	ike_trace_stranger(core, &from->path, "-> %s", ike_notify_name(notify, &room));
	if (packet)
		ike_send_packet(core, packet, &from->path);
	ike_packet_free(packet);
}
