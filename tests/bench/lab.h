/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A private network namespace with veth pairs, gone when the process ends. Each gateway-side end
 * has its NAPI in a thread, pinned beside the worker, so that what the gateway costs can be read.
 *
 *   bench-os <-> bench-o   outside           bench-bos <-> bench-bo   the barest forwarder
 *   bench-is <-> bench-i   inside            bench-bis <-> bench-bi
 *   bench-p  <-> bench-w   kernel's and worker's end of the pair
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The sinks have no thread of their own: they run where packets are sent, on the gateway's CPU, on
 * the way through the gateway and through the bare forwarder alike. */
enum { LAB_GATEWAY_CPU = 0, LAB_GENERATOR_CPU = 1 };

struct lab {
	char directory[64]; /* temporary; pins in directory/bpf, empty in directory/empty */
};

/* Each of them ends the program with a sentence when it fails. What lab_open() made goes with the
 * process. */
void lab_open(struct lab *lab);
void lab_mac(const char *device, uint8_t mac[6]);
unsigned lab_index(const char *device);
/* Native XDP. */
void lab_attach(const char *device, int program);
/* NAPI of a device that has XDP: into a thread on this CPU. Returns its id. */
pid_t lab_thread_napi(const char *device, unsigned cpu);
/* Routes and neighbours for the stack door. */
void lab_route(void);
void lab_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
