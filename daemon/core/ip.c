// SPDX-License-Identifier: BSD-2-Clause
#include "core/ip.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

struct fg_ip ip_from4(__be32 addr)
{
	return (struct fg_ip){ .w = { 0, 0, htonl(0xffff), addr } };
}

struct fg_ip ip_from6(const struct in6_addr *addr)
{
	struct fg_ip ip;

	memcpy(&ip, addr, sizeof(ip));
	return ip;
}

bool ip_is4(const struct fg_ip *ip)
{
	return memcmp(ip, mapped, sizeof(mapped)) == 0;
}

bool ip_is_zero(const struct fg_ip *ip)
{
	return (ip->w[0] | ip->w[1] | ip->w[2] | ip->w[3]) == 0;
}

bool ip_equal(const struct fg_ip *a, const struct fg_ip *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

__be32 ip_to4(const struct fg_ip *ip)
{
	return ip_is4(ip) ? ip->w[3] : 0;
}

bool ip_parse(const char *text, struct fg_ip *ip)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1) {
		*ip = ip_from4(four.s_addr);
		return true;
	}
	if (inet_pton(AF_INET6, text, &six) == 1) {
		*ip = ip_from6(&six);
		return true;
	}
	return false;
}

const char *ip_text(const struct fg_ip *ip, char buf[IP_TEXT_MAX])
{
	if (ip_is4(ip))
		return inet_ntop(AF_INET, &ip->w[3], buf, IP_TEXT_MAX);
	return inet_ntop(AF_INET6, ip->w, buf, IP_TEXT_MAX);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return ip_equal(&a->ip, &b->ip) && a->port == b->port;
}

const char *endpoint_text(const struct endpoint *ep, char buf[IP_TEXT_MAX])
{
	char ip[IP_TEXT_MAX];

	snprintf(buf, IP_TEXT_MAX, ip_is4(&ep->ip) ? "%.46s:%u" : "[%.46s]:%u",
		 ip_text(&ep->ip, ip), (unsigned)ntohs(ep->port));
	return buf;
}

bool endpoint_from_sockaddr(const struct sockaddr_storage *sa, struct endpoint *ep)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (sa->ss_family == AF_INET) {
		memcpy(&four, sa, sizeof(four));
		*ep = (struct endpoint){ ip_from4(four.sin_addr.s_addr), four.sin_port };
		return true;
	}
	if (sa->ss_family == AF_INET6) {
		memcpy(&six, sa, sizeof(six));
		*ep = (struct endpoint){ ip_from6(&six.sin6_addr), six.sin6_port };
		return true;
	}
	return false;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *sa)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = ep->port };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = ep->port };

	memset(sa, 0, sizeof(*sa));
	if (ip_is4(&ep->ip)) {
		four.sin_addr.s_addr = ip_to4(&ep->ip);
		memcpy(sa, &four, sizeof(four));
		return sizeof(four);
	}
	memcpy(&six.sin6_addr, &ep->ip, sizeof(six.sin6_addr));
	memcpy(sa, &six, sizeof(six));
	return sizeof(six);
}

int ip_compare(const struct fg_ip *a, const struct fg_ip *b)
{
	return memcmp(a, b, sizeof(*a));
}

struct fg_ip ip_add(const struct fg_ip *ip, uint64_t n)
{
	struct fg_ip sum = *ip;
	int stop = ip_is4(ip) ? 3 : 0;
	uint64_t carry = 0;

	for (int i = 3; i >= stop; i--) {
		uint64_t word = (uint64_t)ntohl(ip->w[i]) + (n & 0xffffffff) + carry;

		sum.w[i] = htonl((uint32_t)word);
		carry = word >> 32;
		n >>= 32;
	}
	return sum;
}

bool ip_in_prefix(const struct fg_ip *ip, const struct fg_ip *prefix, unsigned len)
{
	unsigned bits = ip_is4(prefix) ? 96 + len : len;

	if (ip_is4(ip) != ip_is4(prefix) || bits > 128)
		return false;
	for (unsigned i = 0; i < 4 && bits > 0; i++) {
		unsigned here = bits < 32 ? bits : 32;
		uint32_t mask = UINT32_MAX << (32 - here);

		if ((ntohl(ip->w[i]) ^ ntohl(prefix->w[i])) & mask)
			return false;
		bits -= here;
	}
	return true;
}
