// SPDX-License-Identifier: BSD-2-Clause
#include "session/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AREA "start"

enum { RECEIVE_BUFFER = 4 * 1024 * 1024 }; /* a burst of logins waits here */

static int set(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) < 0 ? -errno : 0;
}

/* ike answers from the address that was asked, which a wildcard socket must be told. */
static int set_options(int fd, bool is4)
{
	int size = RECEIVE_BUFFER, error;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		log_debug(AREA, "the receive buffer stays at its default: %s", strerror(errno));
	if (is4)
		return set(fd, IPPROTO_IP, IP_PKTINFO);
	error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return error ? error : set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
}

static void explain(const struct endpoint *local, int error)
{
	char text[IP_TEXT_MAX];

	endpoint_text(local, text);
	if (error == -EADDRINUSE)
		log_error(AREA, "%s/udp is in use: does another IKE daemon run here?", text);
	else if (error == -EADDRNOTAVAIL)
		log_error(AREA, "[gateway] local-address: %s is no address of this machine", text);
	else
		log_error(AREA, "%s/udp cannot be bound: %s", text, strerror(-error));
}

static int open_one(struct ike_sockets *sockets, const struct fg_ip *ip, uint16_t port)
{
	struct endpoint local = { .ip = *ip, .port = htons(port) };
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&local, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : set_options(fd, ip_is4(ip));

	if (!error && bind(fd, (struct sockaddr *)&sa, len) < 0)
		error = -errno;
	if (error) {
		explain(&local, error);
		if (fd >= 0)
			close(fd);
		return error;
	}
	sockets->at[sockets->count].fd = fd;
	sockets->at[sockets->count].local = local;
	sockets->count++;
	return 0;
}

static int open_both(struct ike_sockets *sockets, const struct fg_ip *ip)
{
	int error = open_one(sockets, ip, FG_IKE_PORT);

	return error ? error : open_one(sockets, ip, FG_NATT_PORT);
}

/* A kernel without IPv6 is no error here: nobody named an IPv6 address. */
static bool has_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int ike_sockets_open(struct ike_sockets *sockets, const struct conf_gateway *gateway)
{
	const struct fg_ip any4 = ip_from4(0), any6 = { 0 };
	int error = 0;

	sockets->count = 0;
	for (size_t i = 0; !error && i < gateway->local_count; i++)
		error = open_both(sockets, &gateway->local[i]);
	if (gateway->local_count == 0) {
		error = open_both(sockets, &any4);
		if (!error && has_ipv6())
			error = open_both(sockets, &any6);
	}
	if (error)
		ike_sockets_close(sockets);
	return error;
}

void ike_sockets_close(struct ike_sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		close(sockets->at[i].fd);
	sockets->count = 0;
}
