/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of malformed and of forged messages share: what came back, which counter moved,
 * and that nothing else did. */
#ifndef EXCHANGE_HOSTILE_H
#define EXCHANGE_HOSTILE_H

#include "exchange/exchange.h"

/* All of the core that a message may change, without its counters. */
struct snapshot {
	uint32_t gauge[IKE_STATES], half_open;
	size_t by_spi, by_init, by_identity, sources, timers, messages;
	uint32_t begun, ended;
	uint64_t next_tick;
};

static inline struct snapshot look(const struct story *s)
{
	const struct ike_core *core = s->gw.core;
	struct snapshot now;

	memset(&now, 0, sizeof(now));
	memcpy(now.gauge, core->gauge, sizeof(now.gauge));
	now.half_open = core->half_open;
	now.by_spi = core->by_spi.count;
	now.by_init = core->by_init.count;
	now.by_identity = core->by_identity.count;
	now.sources = core->sources.count;
	now.timers = core->timers.count;
	now.messages = s->gw.message_count;
	now.begun = s->gw.begun;
	now.ended = s->gw.ended;
	now.next_tick = ike_next_tick(core);
	return now;
}

/* Send it; expect this one counter, no change, and this notify in the clear (0: silence). */
static inline void refused(struct story *s, const char *what, const void *datagram, size_t len,
			   const struct endpoint *local, const struct endpoint *peer,
			   enum ike_drop drop, uint16_t notify)
{
	struct snapshot before = look(s), after;
	uint64_t all = story_drops(s), one = s->gw.core->stats.drop[drop];
	struct gateway_datagram answer;
	struct ike_message m;

	gateway_receive(&s->gw, datagram, len, local, peer);
	gateway_settle(&s->gw);
	after = look(s);
	if (s->gw.core->stats.drop[drop] != one + 1 || story_drops(s) != all + 1)
		print_message("%s: not counted as %s alone\n", what, ike_drop_name(drop));
	assert_int_equal(s->gw.core->stats.drop[drop], one + 1);
	assert_int_equal(story_drops(s), all + 1);
	if (memcmp(&before, &after, sizeof(before)) != 0)
		print_message("%s: changed something\n", what);
	assert_memory_equal(&before, &after, sizeof(before));
	if (notify == 0) {
		if (s->gw.out_count)
			print_message("%s: was answered\n", what);
		assert_int_equal(s->gw.out_count, 0);
		return;
	}
	assert_true(gateway_take(&s->gw, &answer));
	assert_true(answer.len <= len);
	assert_int_equal(ike_parse_clear(answer.bytes, answer.len, &m), IKE_DROP_NONE);
	assert_int_equal(m.header.spi_i, s->in->spi_i);
	assert_int_equal(m.header.spi_r, 0);
	assert_int_equal(m.header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(m.notify_count, 1);
	assert_int_equal(m.notify[0].type, notify);
	assert_int_equal(s->gw.out_count, 0);
}

#endif
