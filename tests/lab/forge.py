# SPDX-License-Identifier: BSD-2-Clause
"""Packets that nobody honest sends: raw IPv4 with any source, IKE headers, ESP under a known key."""
import ctypes
import ctypes.util
import json
import socket
import struct

SEND = r"""
import json, socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for src, dst, proto, data in json.load(sys.stdin):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, proto, 0, socket.inet_aton(src),
                       socket.inet_aton(dst))
    raw.sendto(head + bytes.fromhex(data), (dst, 0))
"""


def udp(sport, dport, data):
    """A UDP datagram without checksum."""
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def ipv4(src, dst, proto, data):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 1, 0, 64, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    s = sum(struct.unpack("!10H", head))
    s = (s & 0xffff) + (s >> 16)
    return head[:10] + struct.pack("!H", ~(s + (s >> 16)) & 0xffff) + head[12:] + data


def send(ns, packets):
    """packets: (source, destination, protocol, payload) each."""
    ns.run(["/usr/bin/python3", "-c", SEND],
           stdin=json.dumps([(s, d, p, b.hex()) for s, d, p, b in packets]))


def ike(spi_i, spi_r, exchange, flags, message_id, first=0, body=b"", version=0x20, length=None):
    """An IKE message, RFC 7296 3.1; spi_i and spi_r are hex text, as flexctl shows them."""
    return struct.pack("!8s8sBBBBII", bytes.fromhex(spi_i), bytes.fromhex(spi_r), first, version,
                       exchange, flags, message_id,
                       28 + len(body) if length is None else length) + body


def notify(kind, data=b""):
    """RFC 7296 3.10."""
    return struct.pack("!BBHBBH", 0, 0, 8 + len(data), 0, 0, kind) + data


def aes_gcm(key, nonce, aad, clear):
    """Ciphertext and 16 bytes of tag, by libcrypto."""
    lib = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    lib.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
    cipher = lib.EVP_aes_256_gcm if len(key) == 32 else lib.EVP_aes_128_gcm
    cipher.restype = ctypes.c_void_p
    ctx = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new())
    out, tag = ctypes.create_string_buffer(len(clear) + 16), ctypes.create_string_buffer(16)
    n = ctypes.c_int()
    ok = lib.EVP_EncryptInit_ex(ctx, ctypes.c_void_p(cipher()), None, key, nonce) == 1
    ok &= lib.EVP_EncryptUpdate(ctx, None, ctypes.byref(n), aad, len(aad)) == 1
    ok &= lib.EVP_EncryptUpdate(ctx, out, ctypes.byref(n), clear, len(clear)) == 1
    ok &= lib.EVP_EncryptFinal_ex(ctx, None, ctypes.byref(n)) == 1
    ok &= lib.EVP_CIPHER_CTX_ctrl(ctx, 0x10, 16, tag) == 1
    lib.EVP_CIPHER_CTX_free(ctx)
    assert ok, "libcrypto refused"
    return out.raw[:len(clear)] + tag.raw


class Esp:
    """The client's sending side of a session, from the row of fg_sa that the gateway checks with."""

    def __init__(self, gateway, session):
        spi = int(session["spi_in"], 16)
        row = next(r["value"] for r in gateway.map("fg_sa")
                   if r["value"]["state"] == 1 and r["value"]["spi"] == socket.htonl(spi))
        self.spi = spi
        self.key = bytes(row["key"])
        self.salt = bytes(row["salt"])
        self.seq = row["seq"]
        assert "GCM-256" in session["esp_suite"].upper(), session["esp_suite"]

    def packet(self, inner, seq=None, next_header=4, pad=None, spoil=False):
        """RFC 4303, RFC 4106; takes the next number unless one is given."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        if pad is None:
            n = -(len(inner) + 2) % 4
            pad = bytes(range(1, n + 1)) + bytes([n])
        head = struct.pack("!II", self.spi, seq & 0xffffffff)
        iv = struct.pack("!Q", 1 << 63 | seq)
        sealed = aes_gcm(self.key, self.salt + iv, head, inner + pad + bytes([next_header]))
        if spoil:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        return head + iv + sealed
