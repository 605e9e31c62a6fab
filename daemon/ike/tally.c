// SPDX-License-Identifier: BSD-2-Clause
#include "ike/tally.h"

#include "ike/core.h"

#include <stdio.h>

/* The place of a number among the rows of its registry, or the count of rows. */
static size_t exchange_index(unsigned number)
{
	static const uint8_t numbers[] = {
#define IKE_EXCHANGE(n, name) n,
#include "ike/wire/numbers.def"
	};
	size_t i = 0;

	while (i < IKE_TALLY_EXCHANGES && numbers[i] != number)
		i++;
	return i;
}

static size_t notify_index(unsigned number)
{
	static const uint16_t numbers[] = {
#define IKE_NOTIFY(n, name) n,
#include "ike/wire/numbers.def"
	};
	size_t i = 0;

	while (i < IKE_TALLY_NOTIFIES && numbers[i] != number)
		i++;
	return i;
}

void ike_tally_received(struct ike_core *core, const struct ike_message *m)
{
	struct ike_tally *tally = &core->tally;
	size_t at = exchange_index(m->header.exchange);

	core->stats.payloads_ignored += m->ignored;
	if (at < IKE_TALLY_EXCHANGES && m->header.flags & IKE_FLAG_RESPONSE)
		tally->exchange[at].answers_in++;
	else if (at < IKE_TALLY_EXCHANGES)
		tally->exchange[at].requests_in++;
	for (size_t i = 0; i < m->notify_count; i++) {
		at = notify_index(m->notify[i].type);
		if (at < IKE_TALLY_NOTIFIES)
			tally->notify[at].in++;
	}
}

/* Type of a notify that we made; its header is protocol, SPI size, type. */
static void count_notify(struct ike_tally *tally, struct rd body)
{
	uint16_t type;
	size_t at;

	if (!rd_skip(&body, 2) || !rd_be16(&body, &type))
		return;
	at = notify_index(type);
	if (at < IKE_TALLY_NOTIFIES)
		tally->notify[at].out++;
}

void ike_tally_sent(struct ike_tally *tally, uint8_t exchange, bool response, uint8_t first,
		    const uint8_t *payloads, size_t len)
{
	struct rd rd = rd_of(payloads, len), body;
	size_t at = exchange_index(exchange);
	uint8_t type = first, next;
	uint16_t size;

	if (at < IKE_TALLY_EXCHANGES && response)
		tally->exchange[at].answers_out++;
	else if (at < IKE_TALLY_EXCHANGES)
		tally->exchange[at].requests_out++;
	while (type != IKE_PAYLOAD_NONE && rd_u8(&rd, &next) && rd_skip(&rd, 1) &&
	       rd_be16(&rd, &size) && size >= IKE_PAYLOAD_HEADER_LEN &&
	       rd_sub(&rd, &body, size - IKE_PAYLOAD_HEADER_LEN)) {
		if (type == IKE_PAYLOAD_NOTIFY)
			count_notify(tally, body);
		type = next;
	}
}

void ike_tally_sent_clear(struct ike_tally *tally, const uint8_t *message, size_t len)
{
	struct rd rd = rd_of(message, len);
	struct ike_header header;

	if (ike_header_read(&rd, &header))
		ike_tally_sent(tally, header.exchange, header.flags & IKE_FLAG_RESPONSE,
			       header.next, rd.p, rd.left);
}

static void exchange_row(const struct ike_tally_exchange *e, unsigned number,
			 void (*row)(void *arg, const struct msg_ike_tally *row), void *arg)
{
	struct msg_ike_tally out = {
		.kind = MSG_TALLY_EXCHANGE,
		.requests_in = e->requests_in,
		.requests_out = e->requests_out,
		.answers_in = e->answers_in,
		.answers_out = e->answers_out,
	};
	struct ike_name room;

	snprintf(out.name, sizeof(out.name), "%s", ike_exchange_name(number, &room));
	if (e->requests_in || e->requests_out || e->answers_in || e->answers_out)
		row(arg, &out);
}

static void notify_row(const struct ike_tally_notify *n, unsigned number,
		       void (*row)(void *arg, const struct msg_ike_tally *row), void *arg)
{
	struct msg_ike_tally out = {
		.kind = MSG_TALLY_NOTIFY,
		.requests_in = n->in,
		.requests_out = n->out,
	};
	struct ike_name room;

	snprintf(out.name, sizeof(out.name), "%s", ike_notify_name(number, &room));
	if (n->in || n->out)
		row(arg, &out);
}

void ike_tally_rows(const struct ike_tally *tally,
		    void (*row)(void *arg, const struct msg_ike_tally *row), void *arg)
{
	size_t i = 0;

#define IKE_EXCHANGE(number, name) exchange_row(&tally->exchange[i++], number, row, arg);
#include "ike/wire/numbers.def"
	i = 0;
#define IKE_NOTIFY(number, name) notify_row(&tally->notify[i++], number, row, arg);
#include "ike/wire/numbers.def"
}
