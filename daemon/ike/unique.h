/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many sessions one identity has: INITIAL_CONTACT, RFC 7296 2.4, and the profile's
 * session-limit. An identity counts within its profile: who was proven by another one is not the
 * same person.
 */
#ifndef IKE_UNIQUE_H
#define IKE_UNIQUE_H

#include "ike/core.h"

/*
 * A login is proven and about to begin its session: earlier ones of its identity end where the
 * profile says so, before theirs is asked for, so that their addresses are free. From here on this
 * one counts. False: the limit is reached, refuse it.
 */
bool ike_unique(struct ike_core *core, struct ikesa *sa, bool initial_contact);

#endif
