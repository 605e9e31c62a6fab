/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps of the data plane by name: each answers one question. bpf/maps.h declares them,
 * daemon/plane pins them, workers and bpftool open them by this name.
 *
 * FG_MAP(name, question)
 */
#ifndef FLEXGATE_MAPS_H
#define FLEXGATE_MAPS_H

#define FG_MAPS(FG_MAP)                                                                            \
	FG_MAP(fg_conf, "which numbers hold for all")                                              \
	FG_MAP(fg_session, "what holds for session i")                                             \
	FG_MAP(fg_sa, "key, replay window and sequence number of SA j")                            \
	FG_MAP(fg_selector, "which packets may an SA with selectors carry")                        \
	FG_MAP(fg_host4, "which session owns this inner IPv4 address")                             \
	FG_MAP(fg_host6, "which session owns this inner IPv6 address")                             \
	FG_MAP(fg_route4, "which session, or which pool (0), owns this IPv4 prefix")               \
	FG_MAP(fg_route6, "which session, or which pool (0), owns this IPv6 prefix")               \
	FG_MAP(fg_count, "packets and bytes of session i, as BPF counted")                         \
	FG_MAP(fg_count_worker, "packets and bytes of session i, as worker w counted")             \
	FG_MAP(fg_drop, "what was dropped for which reason, as BPF counted")                       \
	FG_MAP(fg_drop_worker, "what was dropped for which reason, as worker w counted")           \
	FG_MAP(fg_event, "samples of dropped packets")                                             \
	FG_MAP(fg_gate, "who may open an IKE SA, and the secrets of the cookies")                  \
	FG_MAP(fg_guard, "how much of its rate did this source of IKE_SA_INITs use")               \
	FG_MAP(fg_guard_count, "how many IKE_SA_INITs and cookies did XDP see")                    \
	FG_MAP(fg_hop, "out of which port and with which header to this address")                  \
	FG_MAP(fg_xsk, "which worker socket serves this port and queue")

#endif
