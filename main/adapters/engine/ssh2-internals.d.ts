/**
 * The parts of ssh2 1.17 below its public `Client`, as far as the engine uses them (see protocol.ts for the why).
 * test/integration/engine/protocol.test.ts looks whether they are still there.
 */
declare module 'ssh2/lib/protocol/Protocol.js' {
  import type { ParsedKey } from 'ssh2';

  interface AlgorithmLists {
    cipher: string[];
    mac: string[];
    compress: string[];
    lang: string[];
  }

  interface ProtocolConfig {
    onWrite(data: Buffer | string): void;
    onError(error: Error & { readonly level?: string }): void;
    onHandshakeComplete(negotiated: { readonly cs: { readonly cipher: string } }): void;
    hostVerifier(key: Buffer, verify: (permitted: boolean) => void): boolean | undefined;
    offer: { kex: string[]; serverHostKey: string[]; cs: AlgorithmLists; sc: AlgorithmLists };
    messageHandlers: Partial<MessageHandlers>;
  }

  interface MessageHandlers {
    DISCONNECT(protocol: Protocol, reason: number, description: string): void;
    SERVICE_ACCEPT(protocol: Protocol, name: string): void;
    EXT_INFO(protocol: Protocol, extensions: readonly { readonly name: string; readonly algs: string[] }[]): void;
    USERAUTH_BANNER(protocol: Protocol, text: string): void;
    USERAUTH_FAILURE(protocol: Protocol, methods: string[], partial: boolean): void;
    USERAUTH_SUCCESS(protocol: Protocol): void;
    USERAUTH_PK_OK(protocol: Protocol): void;
    USERAUTH_PASSWD_CHANGEREQ(protocol: Protocol, prompt: string): void;
    USERAUTH_INFO_REQUEST(
      protocol: Protocol,
      name: string,
      instructions: string,
      prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
    ): void;
    GLOBAL_REQUEST(protocol: Protocol, name: string, wantReply: boolean): void;
    REQUEST_SUCCESS(protocol: Protocol): void;
    REQUEST_FAILURE(protocol: Protocol): void;
    CHANNEL_OPEN(protocol: Protocol, info: { readonly sender: number }): void;
    CHANNEL_OPEN_CONFIRMATION(
      protocol: Protocol,
      info: {
        readonly recipient: number;
        readonly sender: number;
        readonly window: number;
        readonly packetSize: number;
      },
    ): void;
    CHANNEL_OPEN_FAILURE(protocol: Protocol, recipient: number, reason: number, description: string): void;
    CHANNEL_WINDOW_ADJUST(protocol: Protocol, recipient: number, bytes: number): void;
    CHANNEL_DATA(protocol: Protocol, recipient: number, data: Buffer): void;
    CHANNEL_EXTENDED_DATA(protocol: Protocol, recipient: number, data: Buffer, type: number): void;
    CHANNEL_EOF(protocol: Protocol, recipient: number): void;
    CHANNEL_CLOSE(protocol: Protocol, recipient: number): void;
    /** `data`: a number for `exit-status`; for `exit-signal` an object with the `signal`’s name, without SIG. */
    CHANNEL_REQUEST(protocol: Protocol, recipient: number, type: string, wantReply: boolean, data: unknown): void;
    CHANNEL_SUCCESS(protocol: Protocol, recipient: number): void;
    CHANNEL_FAILURE(protocol: Protocol, recipient: number): void;
  }

  class Protocol {
    constructor(config: ProtocolConfig);
    /** The method of each login request not yet answered; message 60 is read by its head. */
    readonly _authsQueue: string[];
    /** Set from the start of a key exchange to its end. */
    readonly _kexinit: Buffer | undefined;
    start(): void;
    parse(chunk: Buffer, from: number, length: number): void;
    cleanup(): void;
    disconnect(reason: number): void;
    ping(): void;
    service(name: string): void;
    requestFailure(): void;
    authNone(user: string): void;
    authPassword(user: string, password: string): void;
    authKeyboard(user: string): void;
    authInfoRes(answers: readonly string[]): void;
    authPK(
      user: string,
      key: ParsedKey,
      algorithm: string,
      sign?: (data: Buffer, done: (signature: Buffer) => void) => void,
    ): void;
    directTcpip(
      channel: number,
      window: number,
      maxPacket: number,
      ends: { readonly srcIP: string; readonly srcPort: number; readonly dstIP: string; readonly dstPort: number },
    ): void;
    session(channel: number, window: number, maxPacket: number): void;
    exec(channel: number, command: string, wantReply: boolean): void;
    signal(channel: number, name: string): void;
    channelData(channel: number, data: Buffer): void;
    channelEOF(channel: number): void;
    channelClose(channel: number): void;
    channelFailure(channel: number): void;
    channelWindowAdjust(channel: number, bytes: number): void;
    channelOpenFail(channel: number, reason: number, description: string): void;
  }
  namespace Protocol {
    export type { MessageHandlers, ProtocolConfig };
  }
  export = Protocol;
}

declare module 'ssh2/lib/protocol/constants.js' {
  const constants: {
    readonly DEFAULT_KEX: readonly string[];
    readonly DEFAULT_SERVER_HOST_KEY: readonly string[];
    readonly DEFAULT_MAC: readonly string[];
    readonly SUPPORTED_CIPHER: readonly string[];
  };
  export = constants;
}

declare module 'ssh2/lib/protocol/crypto.js' {
  const crypto: {
    /** Resolves when ciphers can be used. */
    readonly init: Promise<void>;
    /** Whether ssh2's compiled ciphers are there; about twice as fast as without. */
    readonly bindingAvailable: boolean;
  };
  export = crypto;
}
