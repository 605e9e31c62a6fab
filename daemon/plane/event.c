// SPDX-License-Identifier: BSD-2-Clause
/* Samples of dropped packets: from the BPF ring buffer into a small one of our own. */
#include "plane/internal.h"

#include <errno.h>
#include <string.h>

/*
 * A stop costs nothing: libbpf has advanced behind this sample, and the descriptor stays readable
 * while others wait.
 */
static int keep(void *arg, void *data, size_t len)
{
	struct plane *plane = arg;
	struct fg_event *to = &plane->sample[plane->samples_kept % PLANE_SAMPLES];

	if (len >= sizeof(*to)) {
		memcpy(to, data, sizeof(*to));
		plane->samples_kept++;
	}
	return ++plane->samples_turn < PLANE_SAMPLES ? 0 : -EAGAIN;
}

static void on_samples(evutil_socket_t fd, short what, void *arg)
{
	struct plane *plane = arg;

	(void)fd;
	(void)what;
	plane->samples_turn = 0;
	ring_buffer__consume(plane->sample_ring);
}

int samples_open(struct plane *plane, struct plane_error *error)
{
	struct ring_buffer *ring = ring_buffer__new(plane->fd[PLANE_fg_event], keep, plane, NULL);

	if (!ring)
		return plane_fail(error, -errno, "cannot read samples of dropped packets: %s",
				  strerror(errno));
	plane->sample_ring = ring;
	plane->on_samples = event_new(plane->base, ring_buffer__epoll_fd(ring),
				      EV_READ | EV_PERSIST, on_samples, plane);
	if (!plane->on_samples || event_add(plane->on_samples, NULL))
		return plane_fail(error, -ENOMEM, "no memory for samples of dropped packets");
	return 0;
}

void samples_close(struct plane *plane)
{
	if (plane->on_samples)
		event_free(plane->on_samples);
	ring_buffer__free(plane->sample_ring);
}

size_t plane_samples(const struct plane *plane, struct fg_event *out, size_t cap)
{
	size_t n = 0;

	for (; n < cap && n < PLANE_SAMPLES && n < plane->samples_kept; n++)
		out[n] = plane->sample[(plane->samples_kept - 1 - n) % PLANE_SAMPLES];
	return n;
}
