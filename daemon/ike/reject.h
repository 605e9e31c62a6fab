/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Error notifies in clear text to somebody with whom we share no key, RFC 7296 2.21.1. None is
 * longer than what caused it. All that go to an address that is not proven pass one token bucket;
 * when that is empty, an IKE_SA_INIT is answered with a cookie instead.
 */
#ifndef IKE_REJECT_H
#define IKE_REJECT_H

#include "ike/core.h"
#include "ike/rules.h"

void ike_reject(struct ike_core *core, const struct ike_header *request,
		const struct ike_arrival *from, uint16_t notify, const void *data, size_t len);

#endif
