/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may come when: one row per exchange, direction and set of states.
 */
#ifndef IKE_RULES_H
#define IKE_RULES_H

#include "ike/fsm.h"
#include "ike/sa.h"

/* A datagram on its way through the core. */
struct ike_arrival {
	struct ike_path path;
	uint8_t *datagram; /* without the non-ESP marker; decrypted in place */
	size_t len;
	bool proven; /* IKE_SA_INIT: with a cookie, so the peer's address is its own */
};

struct ike_expect {
	uint8_t type; /* IKE_PAYLOAD_* */
	uint8_t min, max;
};

#define IKE_STATE_SAME IKE_STATES /* no move */
enum { IKE_MANY = 255 };

struct ike_rule {
	uint8_t exchange;
	bool response;
	uint32_t states; /* IKE_IN(); NEW means that there is no SA yet */
	bool sealed;     /* every payload inside SK */
	const struct ike_expect *expect;
	size_t expect_count;
	enum ike_state next; /* entered before the handler runs, IKE_STATE_SAME: no move */
	/* Owns the SA's fate; the caller does not look at it afterwards. */
	void (*handle)(struct ike_core *core, struct ikesa *sa, const struct ike_message *m,
		       const struct ike_arrival *from);
	const char *story;
};

extern const struct ike_rule ike_rules[];
extern const size_t ike_rule_count;

/* NULL: this exchange may not come in this state. */
const struct ike_rule *ike_rule_find(uint8_t exchange, bool response, enum ike_state state);
/* Is the number an exchange that we have any rule for? */
bool ike_exchange_known(uint8_t exchange);
/* What stands in the clear, before SK is opened. *culprit: type of the payload that is wrong. */
enum ike_drop ike_rule_clear(const struct ike_rule *rule, const struct ike_message *m,
			     uint8_t *culprit);
/* All payloads: missing, repeated, misplaced. Types that nobody knows were skipped before. */
enum ike_drop ike_rule_check(const struct ike_rule *rule, const struct ike_message *m,
			     uint8_t *culprit);

#endif
