/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IKE_PROCESS_H
#define IKE_PROCESS_H

/*
 * The role `ike`: speaks IKEv2 with the world, with flexd on PROC_CHANNEL_FD and with aaa over a
 * channel that flexd brings. Returns the exit status: 0 after MSG_STOP or when flexd is gone.
 */
int ike_main(void);

#endif
