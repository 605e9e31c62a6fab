/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORKER_ESP_PAD_H
#define WORKER_ESP_PAD_H

#include <stdint.h>

enum {
	ESP_PAD_MAX = 255,
	ESP_NEXT_IP4 = 4,
	ESP_NEXT_IP6 = 41,
	ESP_NEXT_NONE = 59, /* dummy packet, RFC 4303 2.6 */
};

/* 1, 2, 3 .. 255: what padding consists of, RFC 4303 2.4. */
extern const uint8_t esp_padding[ESP_PAD_MAX];

#endif
