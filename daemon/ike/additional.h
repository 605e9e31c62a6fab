/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Additional key exchanges in proposals, RFC 9370 2.2.1: up to seven behind the first one, each a
 * transform type of its own. For IKE SAs and CHILD SAs.
 */
#ifndef IKE_ADDITIONAL_H
#define IKE_ADDITIONAL_H

#include "conf/conf.h"
#include "ike/wire/message.h"

/* What was chosen. */
struct ike_additional {
	uint16_t method[CONF_ADDITIONAL_MAX]; /* IKE_GROUP_NONE: no such exchange */
	uint8_t say_none; /* bit per type whose offer had NONE: so has the answer */
};

/*
 * Choose behind a key exchange with `group`: of each type the first of ours that is offered and is
 * no method of an earlier exchange of the same choice. A type that is not offered is NONE, and so
 * is one that we do not have. ours NULL: all have to be. False: the proposal is not acceptable.
 */
bool ike_additional_pick(const struct ike_sa *sa, const struct ike_proposal *p,
			 const struct conf_additional *ours, uint16_t group,
			 struct ike_additional *chosen);
/* The transforms of an answer, and those of an offer. */
void ike_additional_answer(const struct ike_additional *chosen, struct ike_sa *sa);
void ike_additional_offer(const struct conf_additional *ours, struct ike_sa *sa);

static inline bool ike_additional_type(uint8_t type)
{
	return type >= IKE_TRANSFORM_ADDKE1 && type <= IKE_TRANSFORM_ADDKE7;
}
/* May all of them be left out? */
bool ike_additional_optional(const struct conf_additional *ours);
/* What we offer. Who has made such an exchange knows them; others refuse a proposal that has a
 * transform type which they do not know, and are offered none where all may be left out. */
void ike_additional_known(bool knows, struct conf_additional *ours);
/* The first method at or behind *at, which goes there; IKE_GROUP_NONE: none is left. */
uint16_t ike_additional_next(const uint16_t method[CONF_ADDITIONAL_MAX], uint8_t *at);
/* Is there any? */
static inline bool ike_additional_any(const uint16_t method[CONF_ADDITIONAL_MAX])
{
	uint8_t at = 0;

	return ike_additional_next(method, &at) != IKE_GROUP_NONE;
}

#endif
