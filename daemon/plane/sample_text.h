/* SPDX-License-Identifier: BSD-2-Clause */
/* The outer headers of a sampled packet, for people. */
#ifndef PLANE_SAMPLE_TEXT_H
#define PLANE_SAMPLE_TEXT_H

#include "core/ip.h"

enum { SAMPLE_TEXT_MAX = 2 * IP_TEXT_MAX + 32 };

/*
 * "198.51.100.7:4500 -> 192.0.2.1:4500 spi 0x12345678": ports of UDP, SPI of ESP in UDP or plain,
 * each as far as it was captured; "" when there is no IP header. Returns buf.
 */
const char *sample_text(const struct fg_event *event, char buf[SAMPLE_TEXT_MAX]);

#endif
