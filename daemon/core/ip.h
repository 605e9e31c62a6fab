/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of either family as struct fg_ip (IPv4 as ::ffff:a.b.c.d, network byte order), with a
 * port where one belongs to it, and their text.
 */
#ifndef CORE_IP_H
#define CORE_IP_H

#include <flexgate/plane.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { IP_TEXT_MAX = 64 }; /* "[v6%scope]:65535" and a NUL */

struct endpoint {
	struct fg_ip ip;
	__be16 port;
};

struct fg_ip ip_from4(__be32 addr);
struct fg_ip ip_from6(const struct in6_addr *addr);
bool ip_is4(const struct fg_ip *ip);     /* true for IPv4 */
bool ip_is_zero(const struct fg_ip *ip); /* all 128 bits zero: no address */
bool ip_equal(const struct fg_ip *a, const struct fg_ip *b);
__be32 ip_to4(const struct fg_ip *ip); /* 0 unless IPv4 */
/* "192.0.2.1" or "2001:db8::1"; false when text is neither. */
bool ip_parse(const char *text, struct fg_ip *ip);
/* Returns buf. */
const char *ip_text(const struct fg_ip *ip, char buf[IP_TEXT_MAX]);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
const char *endpoint_text(const struct endpoint *ep, char buf[IP_TEXT_MAX]);
bool endpoint_from_sockaddr(const struct sockaddr_storage *sa, struct endpoint *ep);
socklen_t endpoint_to_sockaddr(const struct endpoint *ep, struct sockaddr_storage *sa);
/* Compare as 128-bit numbers: <0, 0, >0. */
int ip_compare(const struct fg_ip *a, const struct fg_ip *b);
/* ip + n as a 128-bit number (n counts addresses; IPv4 stays in its low 32 bits). */
struct fg_ip ip_add(const struct fg_ip *ip, uint64_t n);
/* Does ip lie in prefix/len? len counts in the family's own bits (0-32 or 0-128). */
bool ip_in_prefix(const struct fg_ip *ip, const struct fg_ip *prefix, unsigned len);

#endif
