/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket between flexctl and flexd: <run-directory>/flexd.sock, SOCK_STREAM, one
 * request per connection, text lines of JSON.
 *
 *   request   {"command": "show session", "args": {"detail": true, "name": "va17"}}
 *   answer    {"row": {...}}            any number of, streamed
 *             {"end": {"ok": true}}     always last
 *             {"end": {"ok": false, "error": "one sentence", "hint": "what to do"}}
 *
 * Numbers are JSON numbers, octets and packets whole; addresses, times and names are text; a value
 * that is not there is left out. Names of fields are in ctl/commands.c, which shows them.
 *
 *   command              args                 a row of the answer
 *   show session         detail: bool         name identity profile inner4 inner6 peer local
 *                        name: "va1", an      state up_s rx_packets rx_bytes tx_packets tx_bytes;
 *                        identity or address  detail: ike_suite esp_suite spi_in spi_out
 *                                             encapsulation ts rekeys moves template mtu mss4 mss6
 *                                             generation drops{name: n} peer_behind_nat
 *                                             sas: [{spi_in spi_out state suite sequence age_s
 *                                             rekeys rx_packets rx_bytes tx_packets tx_bytes
 *                                             life_bytes life_packets ts}]
 *   show ikev2 sa        detail: bool         spi_i spi_r peer local identity state profile suite
 *                        name: "va1", an      session age_s nat; detail: ours proof agreed client
 *                        identity or address  vendors moves login_s rekeys rekey_s ends_s children
 *                                             heard_s next_in next_out asking
 *   show ikev2 stats                          kind: "total"; the names of flexgate/ikestat.def
 *                                             kind: "guard", of XDP; cookies_demanded requests
 *                                             cookies_sent cookies_accepted cookies_wrong
 *                                             kind: "exchange"; exchange requests_in answers_out
 *                                             requests_out answers_in
 *                                             kind: "notify"; notify received sent
 *   show pki trustpoints                      trustpoint what subject issuer key from until age_s
 *                                             status
 *   show crypto                               kind name library offered: proposals, profiles of
 *                                             signatures, [ipsec-profile]s of ESP
 *   trace ike            whom: identity or    at line: one as it happens, until the caller goes
 *                        outer address
 *   show derived-config  name: "va1"          line
 *   show plane                                kind: "plane", "port", "worker" or "process", and
 *                                             the fields of that kind
 *   show drop            samples: bool        kind: "count"; plane reason text packets
 *                        name: "va1", an      kind: "sample"; age_s reason text session port
 *                        identity or address  length outer: addresses, ports or SPI as the packet
 *                                             claims. The newest first. session: who had this
 *                                             number then
 *   show config                               section key value
 *   clear session        name, or all: true   name identity: what is being cleared. all: IKE SAs
 *                                             without a session end, too
 *   config reload                             line: what changed
 *   version                                   name version abi
 */
#ifndef FLEXGATE_CTL_H
#define FLEXGATE_CTL_H

#define FG_CTL_SOCKET    "flexd.sock"
#define FG_RUN_DIRECTORY "/run/flexgate"

enum {
	FG_CTL_REQUEST_MAX = 4096, /* bytes of a request line */
	FG_CTL_CLIENTS = 16,       /* connections served at once */
	FG_CTL_TIMEOUT_S = 10,     /* a silent client is dropped */
};

#endif
