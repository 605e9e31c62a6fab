// SPDX-License-Identifier: BSD-2-Clause
/* Selectors in words. */
#include "ike/ts.h"

#include <stdio.h>

enum { SELECTOR_TEXT_MAX = 2 * IP_TEXT_MAX + 48 };

static const char *protocol_text(uint8_t protocol, char *buf, size_t cap)
{
	static const struct {
		uint8_t number;
		const char *name;
	} known[] = { { 1, "icmp" }, { 6, "tcp" },        { 17, "udp" },
		      { 47, "gre" }, { 58, "ipv6-icmp" }, { 132, "sctp" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].number == protocol)
			return known[i].name;
	if (protocol == 0)
		return "any";
	snprintf(buf, cap, "protocol %u", protocol);
	return buf;
}

static bool bit(const struct fg_ip *ip, size_t at)
{
	uint8_t bytes[sizeof(ip->w)];

	memcpy(bytes, ip->w, sizeof(bytes));
	return bytes[at / 8] >> (7 - at % 8) & 1;
}

/* Prefix length in the family's own bits when the range is a prefix, else -1. */
static int prefix_len(const struct ike_selector *s)
{
	size_t from = ip_is4(&s->first) ? 96 : 0, at = from;
	int len;

	while (at < 128 && bit(&s->first, at) == bit(&s->last, at))
		at++;
	len = (int)(at - from);
	for (; at < 128; at++)
		if (bit(&s->first, at) || !bit(&s->last, at))
			return -1;
	return len;
}

static void selector_text(const struct ike_selector *s, char buf[SELECTOR_TEXT_MAX])
{
	char first[IP_TEXT_MAX], last[IP_TEXT_MAX], room[20], ports[16] = "";
	int len = prefix_len(s), n;

	ip_text(&s->first, first);
	ip_text(&s->last, last);
	if (len >= 0)
		n = snprintf(buf, SELECTOR_TEXT_MAX, "%s/%d", first, len);
	else
		n = snprintf(buf, SELECTOR_TEXT_MAX, "%s-%s", first, last);
	if (s->protocol == 0 && s->port_first == 0 && s->port_last == 65535)
		return;
	if (s->port_first == 65535 && s->port_last == 0)
		snprintf(ports, sizeof(ports), "/opaque");
	else if (s->port_first == s->port_last)
		snprintf(ports, sizeof(ports), "/%u", s->port_first);
	else if (s->port_first != 0 || s->port_last != 65535)
		snprintf(ports, sizeof(ports), "/%u-%u", s->port_first, s->port_last);
	if (n >= 0 && n < SELECTOR_TEXT_MAX)
		snprintf(buf + n, (size_t)(SELECTOR_TEXT_MAX - n), "[%s%s]",
			 protocol_text(s->protocol, room, sizeof(room)), ports);
}

/* Appends a word, or " .." when it does not fit any more. */
static bool append(char *buf, size_t cap, const char *word)
{
	size_t used = strlen(buf), len = strlen(word);

	if (cap - used > len + 1 + sizeof(" ..")) {
		snprintf(buf + used, cap - used, "%s%s", used ? " " : "", word);
		return true;
	}
	if (cap - used > sizeof(" .."))
		snprintf(buf + used, cap - used, " ..");
	return false;
}

static bool append_ts(char *buf, size_t cap, const struct ike_ts *ts)
{
	char text[SELECTOR_TEXT_MAX];

	if (ts->count == 0)
		return append(buf, cap, "nothing");
	for (size_t i = 0; i < ts->count; i++) {
		selector_text(&ts->selector[i], text);
		if (!append(buf, cap, text))
			return false;
	}
	return true;
}

const char *ike_ts_text(const struct ike_ts *ts_i, const struct ike_ts *ts_r, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (append_ts(buf, cap, ts_i) && append(buf, cap, "==="))
		append_ts(buf, cap, ts_r);
	return buf;
}
