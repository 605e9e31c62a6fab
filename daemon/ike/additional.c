// SPDX-License-Identifier: BSD-2-Clause
#include "ike/additional.h"

#include "ike/proposal.h"
#include "ike/wire/build.h"

static uint8_t type_of(size_t n)
{
	return (uint8_t)(IKE_TRANSFORM_ADDKE1 + n);
}

static bool used_before(const struct ike_additional *chosen, size_t n, uint16_t group,
			uint16_t method)
{
	bool used = method == group;

	for (size_t i = 0; i < n; i++)
		used |= chosen->method[i] == method;
	return used;
}

/* Additional key exchange n. Who does not offer the type at all offers none. */
static bool pick(const struct ike_sa *sa, const struct ike_proposal *p,
		 const struct conf_additional *ours, size_t n, uint16_t group,
		 struct ike_additional *chosen)
{
	static const uint16_t none[] = { IKE_GROUP_NONE };
	bool any = ours && ours->count[n] > 0;
	const uint16_t *list = any ? ours->method[n] : none;
	size_t count = any ? ours->count[n] : 1;
	uint8_t type = type_of(n);

	for (size_t i = 0; i < count; i++) {
		bool there = ike_proposal_has(sa, p, type);
		bool offered = ike_proposal_offers(sa, p, type, list[i], 0);

		if (list[i] == IKE_GROUP_NONE ? there && !offered
					      : !offered || used_before(chosen, n, group, list[i]))
			continue;
		if (list[i] == IKE_GROUP_NONE && there)
			chosen->say_none |= (uint8_t)(1u << n);
		chosen->method[n] = list[i];
		return true;
	}
	return false;
}

bool ike_additional_pick(const struct ike_sa *sa, const struct ike_proposal *p,
			 const struct conf_additional *ours, uint16_t group,
			 struct ike_additional *chosen)
{
	*chosen = (struct ike_additional){ 0 };
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		if (!pick(sa, p, ours, n, group, chosen))
			return false;
	return true;
}

void ike_additional_answer(const struct ike_additional *chosen, struct ike_sa *sa)
{
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		if (chosen->method[n] || chosen->say_none & 1u << n)
			ike_sa_add_transform(sa, type_of(n), chosen->method[n], 0);
}

void ike_additional_offer(const struct conf_additional *ours, struct ike_sa *sa)
{
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++)
		for (size_t i = 0; i < ours->count[n]; i++)
			ike_sa_add_transform(sa, type_of(n), ours->method[n][i], 0);
}

bool ike_additional_optional(const struct conf_additional *ours)
{
	for (size_t n = 0; n < CONF_ADDITIONAL_MAX; n++) {
		bool optional = ours->count[n] == 0;

		for (size_t i = 0; i < ours->count[n]; i++)
			optional |= ours->method[n][i] == IKE_GROUP_NONE;
		if (!optional)
			return false;
	}
	return true;
}

void ike_additional_known(bool knows, struct conf_additional *ours)
{
	if (!knows && ike_additional_optional(ours))
		*ours = (struct conf_additional){ 0 };
}

uint16_t ike_additional_next(const uint16_t method[CONF_ADDITIONAL_MAX], uint8_t *at)
{
	while (*at < CONF_ADDITIONAL_MAX && method[*at] == IKE_GROUP_NONE)
		(*at)++;
	return *at < CONF_ADDITIONAL_MAX ? method[*at] : IKE_GROUP_NONE;
}
