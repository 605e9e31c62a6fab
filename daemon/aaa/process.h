/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AAA_PROCESS_H
#define AAA_PROCESS_H

/*
 * The role `aaa`: the only process that holds long-term secrets. It speaks with flexd on
 * PROC_CHANNEL_FD and, after MSG_AAA_CHANNEL, with ike. Returns the exit status: 0 when flexd
 * closed its channel.
 */
int aaa_main(void);

#endif
