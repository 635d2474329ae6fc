/**
 * The one door to ssh2. The engine stands on ssh2's `Protocol` (the wire: key exchange, ciphers, packets), not on its
 * `Client`, because the Client
 * - forgets a partial success when the agent logs in, and offers further agent keys instead of asking for the second
 *   factor (USERAUTH_FAILURE in lib/client.js);
 * - tells `ready` when a server sends USERAUTH_SUCCESS that nobody asked for, even before the host key was trusted;
 * - lets a server that ignores the receive window fill memory, and throws out of streams once the link has ended.
 * It also leaves the size of the window and the life of a channel to us.
 */
import constants from 'ssh2/lib/protocol/constants.js';
import crypto from 'ssh2/lib/protocol/crypto.js';
import Protocol from 'ssh2/lib/protocol/Protocol.js';

export { Protocol };
export type ProtocolConfig = Protocol.ProtocolConfig;
export type MessageHandlers = Protocol.MessageHandlers;

/** Resolves when the ciphers can be used. */
export const protocolReady: Promise<void> = crypto.init;
// Whoever connects awaits it and tells of a failure; until then nobody listens.
protocolReady.catch(() => undefined);

/** Largest payload of a CHANNEL_DATA packet in either direction; ssh2 takes packets of up to 35 000 bytes. */
export const maxPacketBytes = 32 * 1024;

/** SSH_MSG_DISCONNECT reasons (RFC 4253, 11.1). */
export const disconnectReason = {
  hostKeyNotVerifiable: 9,
  byApplication: 11,
  authCancelledByUser: 13,
  noMoreAuthMethods: 14,
  illegalUserName: 15,
} as const;

/** Channel open failure: administratively prohibited (RFC 4254, 5.1). */
export const openProhibited = 1;

/** AES-GCM first: it is about twice as fast as what ssh picks by default. Some runtimes have no chacha20-poly1305. */
const wantedCiphers = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
];

/**
 * What is offered to a server: host keys of the given types first, so that a server with several shows the one that is
 * known. A fresh copy each time: ssh2 changes it.
 */
export function algorithmOffer(hostKeyTypes: readonly string[]): ProtocolConfig['offer'] {
  const lists = {
    cipher: wantedCiphers.filter((cipher) => constants.SUPPORTED_CIPHER.includes(cipher)),
    mac: [...constants.DEFAULT_MAC],
    compress: ['none'],
    lang: [],
  };
  const isKnown = (algorithm: string): boolean =>
    hostKeyTypes.includes(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);
  const hostKeys = constants.DEFAULT_SERVER_HOST_KEY;
  return {
    kex: [...constants.DEFAULT_KEX],
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((each) => !isKnown(each))],
    cs: lists,
    sc: lists,
  };
}
