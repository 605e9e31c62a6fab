// SPDX-License-Identifier: BSD-2-Clause
#include "ike/rules.h"

#include "ike/auth.h"
#include "ike/create.h"
#include "ike/followup.h"
#include "ike/info.h"
#include "ike/init.h"
#include "ike/intermediate.h"
#include "ike/task.h"

/* clang-format off */
#define ONE(type)  { IKE_PAYLOAD_##type, 1, 1 }
#define MAY(type)  { IKE_PAYLOAD_##type, 0, 1 }
#define ANY(type)  { IKE_PAYLOAD_##type, 0, IKE_MANY }

static const struct ike_expect init_request[] = {
	ONE(SA), ONE(KE), ONE(NONCE), ANY(NOTIFY), ANY(VENDOR), ANY(CERTREQ),
};

/* AUTH is missing where the client wants EAP: refused by the handler, in words. So is SA without TS
 * or the like; all three are missing where it wants no CHILD SA yet. */
static const struct ike_expect auth_request[] = {
	ONE(SK), ONE(IDI), MAY(IDR), MAY(AUTH), MAY(CP), MAY(SA), MAY(TSI), MAY(TSR),
	ANY(CERT), ANY(CERTREQ), ANY(NOTIFY), ANY(VENDOR),
};

static const struct ike_expect auth_round[] = {
	ONE(SK), ONE(IDI), MAY(IDR), MAY(AUTH), ANY(CERT), ANY(CERTREQ), ANY(NOTIFY), ANY(VENDOR),
};

static const struct ike_expect intermediate_request[] = {
	ONE(SK), MAY(KE), ANY(NOTIFY), ANY(VENDOR),
};

static const struct ike_expect child_request[] = {
	ONE(SK), ONE(SA), ONE(NONCE), MAY(KE), MAY(TSI), MAY(TSR), MAY(CP), ANY(NOTIFY),
	ANY(VENDOR),
};

/* Only the notify, when it is refused: what is missing otherwise is for the handler. */
static const struct ike_expect child_answer[] = {
	ONE(SK), MAY(SA), MAY(NONCE), MAY(KE), MAY(TSI), MAY(TSR), MAY(CP), ANY(NOTIFY),
	ANY(VENDOR),
};

static const struct ike_expect followup_request[] = {
	ONE(SK), ONE(KE), ANY(NOTIFY), ANY(VENDOR),
};

/* Only the notify, when it is refused. */
static const struct ike_expect followup_answer[] = {
	ONE(SK), MAY(KE), ANY(NOTIFY), ANY(VENDOR),
};

static const struct ike_expect info[] = {
	ONE(SK), ANY(NOTIFY), ANY(DELETE), MAY(CP), ANY(VENDOR),
};

#define EXPECT(list) list, sizeof(list) / sizeof((list)[0])
#define LIVING (IKE_AUTHENTICATED | IKE_IN(IKE_STATE_DELETING))

const struct ike_rule ike_rules[] = {
	{ IKE_EXCHANGE_IKE_SA_INIT, false, IKE_IN(IKE_STATE_NEW), false, EXPECT(init_request),
	  IKE_STATE_HALF_OPEN, ike_init_request, "a client opens an IKE SA" },
	{ IKE_EXCHANGE_IKE_INTERMEDIATE, false, IKE_IN(IKE_STATE_HALF_OPEN), true,
	  EXPECT(intermediate_request), IKE_STATE_SAME, ike_intermediate_request,
	  "it makes an additional key exchange" },
	{ IKE_EXCHANGE_IKE_AUTH, false, IKE_IN(IKE_STATE_HALF_OPEN), true, EXPECT(auth_request),
	  IKE_STATE_VERIFYING, ike_auth_request, "it proves who it is and asks for a CHILD SA" },
	{ IKE_EXCHANGE_IKE_AUTH, false, IKE_IN(IKE_STATE_NEXT_ROUND), true, EXPECT(auth_round),
	  IKE_STATE_VERIFYING, ike_auth_round, "it proves itself once more, RFC 4739" },
	{ IKE_EXCHANGE_CREATE_CHILD_SA, false, LIVING, true, EXPECT(child_request),
	  IKE_STATE_SAME, ike_create_request, "it rekeys, or wants another CHILD SA" },
	{ IKE_EXCHANGE_CREATE_CHILD_SA, true, LIVING, true, EXPECT(child_answer),
	  IKE_STATE_SAME, ike_task_answered, "it answers a rekey of ours" },
	{ IKE_EXCHANGE_IKE_FOLLOWUP_KE, false, LIVING, true, EXPECT(followup_request),
	  IKE_STATE_SAME, ike_followup_request, "it goes on with an additional key exchange" },
	{ IKE_EXCHANGE_IKE_FOLLOWUP_KE, true, LIVING, true, EXPECT(followup_answer),
	  IKE_STATE_SAME, ike_task_answered, "it answers one of ours" },
	{ IKE_EXCHANGE_INFORMATIONAL, false, LIVING, true, EXPECT(info),
	  IKE_STATE_SAME, ike_info_request, "it asks whether we live, deletes, or tells" },
	{ IKE_EXCHANGE_INFORMATIONAL, true, LIVING, true, EXPECT(info),
	  IKE_STATE_SAME, ike_task_answered, "it answers a request of ours" },
};
/* clang-format on */

const size_t ike_rule_count = sizeof(ike_rules) / sizeof(ike_rules[0]);

const struct ike_rule *ike_rule_find(uint8_t exchange, bool response, enum ike_state state)
{
	for (size_t i = 0; i < ike_rule_count; i++)
		if (ike_rules[i].exchange == exchange && ike_rules[i].response == response &&
		    ike_state_in(state, ike_rules[i].states))
			return &ike_rules[i];
	return NULL;
}

bool ike_exchange_known(uint8_t exchange)
{
	for (size_t i = 0; i < ike_rule_count; i++)
		if (ike_rules[i].exchange == exchange)
			return true;
	return false;
}

/* Types below this are IKEv1's and unknown to IKEv2; those above 48 are skipped as unknown. */
static bool known_payload(uint8_t type)
{
	return (type >= IKE_PAYLOAD_SA && type <= IKE_PAYLOAD_EAP) || type == IKE_PAYLOAD_SKF;
}

enum ike_drop ike_rule_clear(const struct ike_rule *rule, const struct ike_message *m,
			     uint8_t *culprit)
{
	*culprit = IKE_PAYLOAD_NONE;
	if (!rule->sealed)
		return IKE_DROP_NONE;
	if (!ike_count(m, IKE_PAYLOAD_SK) && !ike_count(m, IKE_PAYLOAD_SKF))
		return IKE_DROP_clear_after_init;
	for (uint8_t type = 1; type < IKE_COUNTED_TYPES; type++)
		if (type != IKE_PAYLOAD_SK && type != IKE_PAYLOAD_SKF && known_payload(type) &&
		    ike_count(m, type) > 0) {
			*culprit = type;
			return IKE_DROP_misplaced_payload;
		}
	return IKE_DROP_NONE;
}

static const struct ike_expect *expected(const struct ike_rule *rule, uint8_t type)
{
	for (size_t i = 0; i < rule->expect_count; i++)
		if (rule->expect[i].type == type)
			return &rule->expect[i];
	return NULL;
}

enum ike_drop ike_rule_check(const struct ike_rule *rule, const struct ike_message *m,
			     uint8_t *culprit)
{
	for (uint8_t type = 1; type < IKE_COUNTED_TYPES; type++) {
		const struct ike_expect *expect = expected(rule, type);
		unsigned count = ike_count(m, type);

		*culprit = type;
		if (!expect && count > 0 && known_payload(type))
			return IKE_DROP_misplaced_payload;
		if (!expect)
			continue;
		if (count < expect->min)
			return IKE_DROP_missing_payload;
		if (count > expect->max)
			return IKE_DROP_repeated_payload;
	}
	*culprit = IKE_PAYLOAD_NONE;
	return IKE_DROP_NONE;
}
