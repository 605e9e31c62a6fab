/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows the parsing of an IKE message, and what must hold whatever was in it. A broken rule
 * aborts, as a crash would.
 */
#ifndef TESTS_FUZZ_IKE_FOLLOW_H
#define TESTS_FUZZ_IKE_FOLLOW_H

#include "core/secret.h"
#include "ike/keys.h"
#include "ike/names.h"
#include "ike/ts.h"

#include <arpa/inet.h>
#include <stdlib.h>

static inline void must(bool holds)
{
	if (!holds)
		abort();
}

static const struct ike_suite fuzz_suites[] = {
	{ IKE_ENCR_AES_GCM_16, 128, 5, IKE_INTEG_NONE, 31, { 0 } },
	{ IKE_ENCR_AES_GCM_16, 256, 6, IKE_INTEG_NONE, 19, { 0 } },
	{ IKE_ENCR_AES_CBC, 128, 5, IKE_INTEG_HMAC_SHA2_256_128, 14, { 0 } },
	{ IKE_ENCR_AES_CBC, 256, 7, IKE_INTEG_HMAC_SHA2_512_256, 21, { 0 } },
};

/* The same keys each time: a crash must repeat. */
static inline struct crypto_sk *fuzz_sk(unsigned which)
{
	static const uint8_t nonce[32] = { 1 }, shared[32] = { 2 };
	struct ike_keys keys;

	must(ike_keys_derive(&fuzz_suites[which % 4], (struct ike_bytes){ nonce, 32 },
			     (struct ike_bytes){ nonce, 32 }, (struct ike_bytes){ shared, 32 }, 1,
			     2, &keys));
	return ike_keys_sk(&keys, true);
}

/* What was chosen is one of ours, can be written, and reads back as what was chosen. */
static inline void follow_sa(const struct ike_message *m)
{
	static const struct conf_proposal ours = {
		.encryption = { { 20, 256 }, { 20, 128 }, { 12, 256 }, { 12, 128 } },
		.encryption_count = 4,
		.integrity = { 12, 13, 14 },
		.integrity_count = 3,
		.prf = { 5, 6, 7 },
		.prf_count = 3,
		.group = { 31, 19, 20, 21, 14, 15, 16 },
		.group_count = 7,
	};
	static const struct conf_proposal *const list[] = { &ours };
	static const uint16_t suites[] = { 2, 1, 3, 5, 4 };
	static struct ike_message again;
	static uint8_t buf[8192];
	static struct ike_sa sa;
	struct ike_esp_choice esp;
	struct ike_choice choice;
	struct ike_suite suite;
	struct ike_writer w;
	char text[IKE_SUITE_TEXT_MAX];

	ike_chosen(&m->sa, &suite);
	if (ike_choose(&m->sa, list, 1, m->ke.group, &choice)) {
		must(ike_suite_known(&choice.suite));
		must(choice.wrong_group || choice.suite.group == m->ke.group);
		ike_suite_text(&choice.suite, text);
		ike_choice_sa(&choice, NULL, &sa);
		ike_begin_inner(&w, buf, sizeof(buf));
		ike_put_sa(&w, &sa);
		must(!w.wr.failed);
		memset(&again, 0, sizeof(again));
		must(ike_parse_inner(w.first, buf, w.wr.len, &again) == IKE_DROP_NONE);
		must(ike_chosen(&again.sa, &suite));
		must(memcmp(&suite, &choice.suite, sizeof(suite)) == 0);
	}
	if (ike_esp_choose(&m->sa, suites, 5, &esp)) {
		must(ntohl(esp.spi) >= 256);
		must(fg_esp_key_len(esp.suite) != 0);
		ike_esp_choice_sa(&esp, htonl(4096), &sa);
		must(sa.proposal_count == 1);
	}
}

/* Results lie inside the policy and inside what was asked, and can be written. */
static inline void follow_ts(const struct ike_message *m)
{
	struct conf_net net = { .len = 16 };
	struct ike_ts_policy policy = { .inner4 = htonl(0x0a0a0001), .subnets = &net };
	struct ike_ts ts_i, ts_r;
	char text[256];

	net.ip = ip_from4(htonl(0x0a140000));
	policy.inner6.w[0] = htonl(0x20010db8);
	policy.inner6.w[3] = htonl(7);
	for (policy.subnet_count = 0; policy.subnet_count < 2; policy.subnet_count++) {
		static uint8_t buf[2048];
		struct ike_writer w;

		if (!ike_ts_narrow(&m->ts_i, &m->ts_r, &policy, &ts_i, &ts_r))
			continue;
		must(ts_i.count <= IKE_SELECTORS_MAX && ts_r.count <= IKE_SELECTORS_MAX);
		for (size_t i = 0; i < ts_i.count; i++)
			must(ip_equal(&ts_i.selector[i].first, &ts_i.selector[i].last));
		for (size_t i = 0; policy.subnet_count && i < ts_r.count; i++)
			must(ip_in_prefix(&ts_r.selector[i].first, &net.ip, 16) &&
			     ip_in_prefix(&ts_r.selector[i].last, &net.ip, 16));
		must(strlen(ike_ts_text(&ts_i, &ts_r, text, sizeof(text))) < sizeof(text));
		ike_begin_inner(&w, buf, sizeof(buf));
		ike_put_ts(&w, IKE_PAYLOAD_TSI, &ts_i);
		ike_put_ts(&w, IKE_PAYLOAD_TSR, &ts_r);
		must(!w.wr.failed);
	}
}

static volatile uint8_t touched;

/* Every borrowed byte is read once, so that the sanitizer sees one that is not there. */
static inline void touch(struct ike_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		touched = bytes.p[i];
}

static inline void touch_all(const struct ike_message *m)
{
	const struct ike_bytes single[] = {
		m->ke.value,  m->nonce,     m->auth.data, m->sk,
		m->id_i.data, m->id_i.body, m->id_r.data, m->id_r.body
	};

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		touch(single[i]);
	for (size_t i = 0; i < m->notify_count; i++) {
		touch(m->notify[i].spi);
		touch(m->notify[i].data);
	}
	for (size_t i = 0; i < m->delete_count; i++)
		touch(m->deletes[i].spis);
	for (size_t i = 0; i < m->vendor_count; i++)
		touch(m->vendor[i]);
	for (size_t i = 0; i < m->cp.count; i++)
		touch(m->cp.attr[i].value);
	for (size_t i = 0; i < m->cert_count; i++)
		touch(m->cert[i].data);
	for (size_t i = 0; i < m->certreq_count; i++)
		touch(m->certreq[i].data);
	must(ike_hashes_read(ike_find_notify(m, IKE_NOTIFY_SIGNATURE_HASH_ALGORITHMS)) < 1u << 6);
}

static inline void follow(const struct ike_message *m, enum ike_drop drop)
{
	char text[IKE_PAYLOADS_TEXT_MAX];

	must(strcmp(ike_drop_name(drop), "unknown") != 0);
	must((drop == IKE_DROP_critical_payload) == (m->critical != 0));
	must(m->notify_count <= IKE_NOTIFIES_MAX && m->delete_count <= IKE_DELETES_MAX &&
	     m->vendor_count <= IKE_VENDORS_MAX && m->cert_count <= IKE_CERTS_MAX &&
	     m->certreq_count <= IKE_CERTREQS_MAX && m->cp.count <= IKE_ATTRS_MAX &&
	     m->ts_i.count <= IKE_SELECTORS_MAX && m->ts_r.count <= IKE_SELECTORS_MAX &&
	     m->sa.proposal_count <= IKE_PROPOSALS_MAX &&
	     m->sa.transform_count <= IKE_TRANSFORMS_MAX);
	ike_payloads_text(m, text);
	ike_find_error(m);
	if (drop != IKE_DROP_NONE)
		return;
	touch_all(m);
	must(ike_count(m, IKE_PAYLOAD_NONCE) == 0 ||
	     (m->nonce.len >= IKE_NONCE_MIN && m->nonce.len <= IKE_NONCE_MAX));
	follow_sa(m);
	follow_ts(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
