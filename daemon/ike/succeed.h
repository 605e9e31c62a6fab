/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One IKE SA takes the place of another, RFC 7296 2.8: the client's login with its session and
 * CHILD SAs goes over whole, keys and windows stay with each.
 */
#ifndef IKE_SUCCEED_H
#define IKE_SUCCEED_H

#include "ike/core.h"

struct ike_create;
struct ike_message;

/*
 * The IKE SA that this exchange makes, in state NEW and with keys; our SPI is create->spi, or
 * chosen when that is 0. NULL: no memory, no randomness, or a suite that is not known.
 */
struct ikesa *ike_heir_new(struct ike_core *core, const struct ikesa *sa,
			   const struct ike_create *create, bool ours);
/*
 * `heir` has everything of the login that `sa` had, in the state that it had; `sa` is REKEYED, and
 * is closed by us when the peer has not deleted it in time. False: nothing changed, and the heir
 * cannot live.
 */
bool ike_succeed(struct ike_core *core, struct ikesa *sa, struct ikesa *heir);
/* An heir that nobody needs: DELETE, RFC 7296 2.8.2. */
void ike_disown(struct ike_core *core, struct ikesa *heir);
/* The peer deletes what it made when both sides rekeyed at once, before we know which of the two
 * stays: what it inherited goes back. False: that is not what happens. */
bool ike_give_back(struct ike_core *core, struct ikesa *heir);

#endif
