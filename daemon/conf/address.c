// SPDX-License-Identifier: BSD-2-Clause
/* Addresses, networks and ranges as values of the configuration. */
#include "conf/value.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* Zero every bit behind the first `bits` of 128, or set them to one. */
static struct fg_ip fill(const struct fg_ip *ip, unsigned bits, bool ones)
{
	struct fg_ip out = *ip;

	for (unsigned i = 0; i < 4; i++) {
		unsigned keep = bits <= i * 32 ? 0 : bits - i * 32;
		uint32_t host = keep >= 32 ? 0 : UINT32_MAX >> keep;

		out.w[i] = ones ? out.w[i] | htonl(host) : out.w[i] & htonl(~host);
	}
	return out;
}

static unsigned family_bits(const struct fg_ip *ip)
{
	return ip_is4(ip) ? 32 : 128;
}

static unsigned bits_of_128(const struct conf_net *net)
{
	return ip_is4(&net->ip) ? 96u + net->len : net->len;
}

struct fg_ip conf_net_last(const struct conf_net *net)
{
	return fill(&net->ip, bits_of_128(net), true);
}

bool conf_nets_overlap(const struct conf_net *a, const struct conf_net *b)
{
	if (ip_is4(&a->ip) != ip_is4(&b->ip))
		return false;
	return a->len <= b->len ? ip_in_prefix(&b->ip, &a->ip, a->len)
				: ip_in_prefix(&a->ip, &b->ip, b->len);
}

const char *conf_net_text(const struct conf_net *net, char *buf, size_t cap)
{
	char ip[IP_TEXT_MAX];

	snprintf(buf, cap, "%s/%u", ip_text(&net->ip, ip), net->len);
	return buf;
}

/* An address that one host may have: neither unspecified nor multicast nor loopback nor link-local
 * nor (IPv6) one of the embedded-IPv4 forms. */
static bool is_unicast(const struct fg_ip *ip)
{
	uint32_t top = ntohl(ip->w[0]);

	if (ip_is4(ip)) {
		uint32_t first = ntohl(ip->w[3]) >> 24;

		return first != 0 && first != 127 && first < 224;
	}
	return top >> 24 != 0 && top >> 24 != 0xff && top >> 22 != 0xfe80 >> 6;
}

/* An address of exactly `len` bytes of text. */
static bool parse_part(const char *text, size_t len, struct fg_ip *ip)
{
	char part[IP_TEXT_MAX];

	while (len && is_space(text[len - 1]))
		len--;
	if (!len || len >= sizeof(part))
		return false;
	memcpy(part, text, len);
	part[len] = '\0';
	return ip_parse(part, ip);
}

bool conf_read_address(const struct conf_key *key, const char *text, void *out,
		       struct conf_why *why)
{
	(void)key;
	if (!ip_parse(text, out))
		return conf_wrong(why, "is not an address");
	if (!is_unicast(out))
		return conf_wrong(why, "is not the address of a host");
	return true;
}

bool conf_net_parse(const char *text, struct conf_net *net, struct conf_why *why)
{
	const char *slash = strchr(text, '/');
	struct conf_net exact;
	unsigned len = 0;
	char right[IP_TEXT_MAX + 4];

	if (!slash || !parse_part(text, (size_t)(slash - text), &net->ip))
		return conf_wrong(why, "is not an address and a length");
	if (!slash[1] || strlen(slash + 1) > 3 ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1))
		return conf_wrong(why, "has no length in bits behind the '/'");
	for (const char *p = slash + 1; *p; p++)
		len = len * 10 + (unsigned)(*p - '0');
	if (len > family_bits(&net->ip))
		return conf_wrong(why, "has a length above %u bits", family_bits(&net->ip));
	net->len = (uint8_t)len;
	exact = *net;
	exact.ip = fill(&net->ip, bits_of_128(net), false);
	if (!ip_equal(&exact.ip, &net->ip))
		return conf_wrong_whole(why, "has host bits set; the network is %s",
					conf_net_text(&exact, right, sizeof(right)));
	return true;
}

bool conf_read_prefix(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_net *net = out;

	(void)key;
	if (!conf_net_parse(text, net, why))
		return false;
	if (!is_unicast(&net->ip))
		return conf_wrong(why, "is no network for clients");
	if (net->len < (ip_is4(&net->ip) ? 8 : 32))
		return conf_wrong(why, "is too large a network for one pool (IPv4 /8, IPv6 /32)");
	return true;
}

/* "ipv4 10.0.0.0/8", as "route set remote ipv4" of IOS; the family may be left out. */
bool conf_read_route(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_net *net = out;
	int family = 0;

	(void)key;
	if ((!strncmp(text, "ipv4", 4) || !strncmp(text, "ipv6", 4)) && is_space(text[4])) {
		family = text[3];
		for (text += 5; is_space(*text); text++)
			;
	}
	if (!conf_net_parse(text, net, why))
		return false;
	if (family && family != (ip_is4(&net->ip) ? '4' : '6'))
		return conf_wrong(why, "is of the other family");
	return true;
}

bool conf_read_range(const struct conf_key *key, const char *text, void *out, struct conf_why *why)
{
	struct conf_range *range = out;
	const char *dash = strchr(text, '-');
	const char *last = dash;

	(void)key;
	if (!dash) {
		if (!ip_parse(text, &range->first))
			return conf_wrong(why, "is not an address or a range");
		range->last = range->first;
		return true;
	}
	for (last++; is_space(*last); last++)
		;
	if (!parse_part(text, (size_t)(dash - text), &range->first) ||
	    !ip_parse(last, &range->last))
		return conf_wrong(why, "is not a range of addresses");
	if (ip_is4(&range->first) != ip_is4(&range->last))
		return conf_wrong(why, "mixes IPv4 and IPv6");
	if (ip_compare(&range->first, &range->last) > 0)
		return conf_wrong(why, "ends before it begins");
	return true;
}

bool conf_read_netmask(const struct conf_key *key, const char *text, void *out,
		       struct conf_why *why)
{
	struct in_addr mask;
	uint32_t host;
	__be32 value;

	(void)key;
	if (inet_pton(AF_INET, text, &mask) != 1)
		return conf_wrong(why, "is not a netmask");
	host = ~ntohl(mask.s_addr);
	if (host & (host + 1))
		return conf_wrong(why, "has holes: its one bits do not stand together");
	if (host > UINT32_MAX >> 8)
		return conf_wrong(why, "is shorter than 255.0.0.0");
	value = mask.s_addr;
	memcpy(out, &value, sizeof(value));
	return true;
}
