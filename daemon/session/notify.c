// SPDX-License-Identifier: BSD-2-Clause
#include "session/notify.h"

#include "core/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define AREA "start"

static int notify_fd = -1;

void notify_open(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || len >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@'))
		return;
	memcpy(to.sun_path, name, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract name space */
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd >= 0 &&
	    connect(notify_fd, (struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0) {
		log_warn(AREA, "NOTIFY_SOCKET %s cannot be reached: %s", name, strerror(errno));
		notify_close();
	}
	unsetenv("NOTIFY_SOCKET");
}

void notify_systemd(const char *lines)
{
	if (notify_fd >= 0 && send(notify_fd, lines, strlen(lines), MSG_NOSIGNAL) < 0)
		log_warn(AREA, "the service manager was not told '%s': %s", lines, strerror(errno));
}

void notify_close(void)
{
	if (notify_fd >= 0)
		close(notify_fd);
	notify_fd = -1;
}
