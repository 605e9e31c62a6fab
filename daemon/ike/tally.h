/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many messages of each exchange and notifies of each type went which way, under their names.
 */
#ifndef IKE_TALLY_H
#define IKE_TALLY_H

#include "ike/wire/build.h"
#include "msg.h"

struct ike_core;

enum {
	IKE_TALLY_EXCHANGES = 0
#define IKE_EXCHANGE(number, name) +1
#include "ike/wire/numbers.def"
	,
	IKE_TALLY_NOTIFIES = 0
#define IKE_NOTIFY(number, name) +1
#include "ike/wire/numbers.def"
};

struct ike_tally {
	struct ike_tally_exchange {
		uint64_t requests_in, answers_in, requests_out, answers_out;
	} exchange[IKE_TALLY_EXCHANGES];
	struct ike_tally_notify {
		uint64_t in, out;
	} notify[IKE_TALLY_NOTIFIES];
};

/* An authenticated message, or one in clear text that is acted upon. */
void ike_tally_received(struct ike_core *core, const struct ike_message *m);
/* A message of ours, once however often it is sent: `first` and bytes are its payload chain. */
void ike_tally_sent(struct ike_tally *tally, uint8_t exchange, bool response, uint8_t first,
		    const uint8_t *payloads, size_t len);
/* The same of a whole message in clear text. */
void ike_tally_sent_clear(struct ike_tally *tally, const uint8_t *message, size_t len);
/* A row for each exchange and notify that was ever seen. */
void ike_tally_rows(const struct ike_tally *tally,
		    void (*row)(void *arg, const struct msg_ike_tally *row), void *arg);

#endif
