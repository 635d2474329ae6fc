/**
 * A channel of a connection (RFC 4254, 5): direct-tcpip for a forward (7.2), or a session for a command (6.1). It is a light
 * thing: numbers and callbacks, no stream, no buffer. What can't be sent is left with the caller; what comes in is handed
 * on at once.
 */
import { maxPacketBytes, type Protocol } from './protocol.ts';
import { initialWindowBytes, ReceiveWindow } from './receive-window.ts';
import type { Endpoint } from './failures.ts';
import type { Failure } from '../../shared/failure.ts';

export const maxWindowBytes = 2 ** 32 - 1;
/** SSH_EXTENDED_DATA_STDERR (RFC 4254, 5.2). */
const stderrData = 1;

/** What the link offers to its channels. */
export interface ChannelLink {
  /** Does something with the wire; what that throws ends the connection. */
  send(run: (protocol: Protocol) => void): void;
  /** Whether channels have to wait until `Channels.drained`. */
  readonly congested: boolean;
}

/** Who opened a channel. After `failed`, `lost` or `closed` nothing more is called. */
export interface ChannelOwner {
  opened(channel: Channel): void;
  /** The server could not or would not open it. */
  failed(failure: Failure): void;
  /** The connection ended. */
  lost(): void;
  /** `data` lies inside a larger chunk; pass it on or copy it. Say `channel.free` when it is out of our hands. */
  data(data: Buffer): void;
  /** The server sends nothing more. */
  ended(): void;
  /** There may be room again, after `send` took less than all. */
  writable(): void;
  /** Both directions are closed. */
  closed(): void;
}

/** How a command ended (RFC 4254, 6.10). The signal is named without `SIG`. */
export type ExitWord = { readonly exitCode: number } | { readonly signal: string };

/** Who opened a session. A session is not over when both sides have said their last: how it ended comes after that. */
export interface SessionOwner extends ChannelOwner {
  /** As `data`, of stderr. */
  errorData(data: Buffer): void;
  /** The server ran the command, or would not. */
  answered(accepted: boolean): void;
  exited(exit: ExitWord): void;
  /** The server has let go of the session, or never had it; called once, last of all, even after our own `close`. */
  released(): void;
}

export class Channel {
  readonly #id: number;
  readonly #link: ChannelLink;
  readonly #waiting: Set<Channel>;
  readonly #window = new ReceiveWindow();
  readonly owner: ChannelOwner;
  readonly #session: SessionOwner | null;
  #peerId = 0;
  #peerMaxPacket = 0;
  #sendBytes = 0;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #sentEnd = false;
  #gotEnd = false;
  #abandoned = false;

  constructor(
    id: number,
    link: ChannelLink,
    waiting: Set<Channel>,
    owner: ChannelOwner,
    session: SessionOwner | null = null,
  ) {
    this.#session = session;
    this.#id = id;
    this.#link = link;
    this.#waiting = waiting;
    this.owner = owner;
  }

  get isOpening(): boolean {
    return this.#state === 'opening';
  }

  /** Sends as much as may be sent now and returns how many bytes that was; `writable` is called for the rest. */
  send(data: Buffer): number {
    let sent = 0;
    while (sent < data.length && this.#state === 'open' && this.#sendBytes > 0 && !this.#link.congested) {
      const length = Math.min(data.length - sent, this.#sendBytes, this.#peerMaxPacket);
      const piece = data.subarray(sent, sent + length);
      this.#sendBytes -= length;
      sent += length;
      this.#link.send((protocol) => {
        protocol.channelData(this.#peerId, piece);
      });
    }
    if (sent < data.length && this.#state === 'open') this.#waiting.add(this);
    return sent;
  }

  /** Says that nothing more will be sent; the other direction goes on. */
  end(): void {
    if (this.#sentEnd || this.#state !== 'open') return;
    this.#sentEnd = true;
    this.#link.send((protocol) => {
      protocol.channelEOF(this.#peerId);
    });
    if (this.#gotEnd && !this.#session) this.#finish();
  }

  /** Ends both directions at once; the owner hears nothing more. Also for a channel that is not open yet. */
  close(): void {
    this.#abandoned = true;
    this.#waiting.delete(this);
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#link.send((protocol) => {
      protocol.channelClose(this.#peerId);
    });
  }

  /** `bytes` of what came in are out of our hands. */
  free(bytes: number): void {
    if (this.#state !== 'open' || this.#gotEnd) return;
    const topUp = this.#window.free(bytes);
    if (topUp === 0) return;
    this.#link.send((protocol) => {
      protocol.channelWindowAdjust(this.#peerId, topUp);
    });
  }

  request(target: Endpoint, from: Endpoint): void {
    const ends = { srcIP: from.host, srcPort: from.port, dstIP: target.host, dstPort: target.port };
    this.#link.send((protocol) => {
      protocol.directTcpip(this.#id, initialWindowBytes, maxPacketBytes, ends);
    });
  }

  requestSession(): void {
    this.#link.send((protocol) => {
      protocol.session(this.#id, initialWindowBytes, maxPacketBytes);
    });
  }

  /** Asks for `command` to be run; `answered` follows. No terminal, no environment, no agent is asked for, ever. */
  exec(command: string): void {
    if (this.#state !== 'open') return;
    this.#link.send((protocol) => {
      protocol.exec(this.#peerId, command, true);
    });
  }

  /** Asks for a signal (without `SIG`) to be sent to the command; nobody says whether it was. */
  signal(name: string): void {
    if (this.#state !== 'open') return;
    this.#link.send((protocol) => {
      protocol.signal(this.#peerId, name);
    });
  }

  // What the server says.

  onConfirmed(info: { readonly sender: number; readonly window: number; readonly packetSize: number }): void {
    if (this.#state !== 'opening') return;
    if (info.packetSize === 0) throw new Error('a channel that takes packets of no size');
    this.#state = 'open';
    this.#peerId = info.sender;
    this.#sendBytes = info.window;
    this.#peerMaxPacket = Math.min(info.packetSize, maxPacketBytes);
    if (this.#abandoned) this.close();
    else this.owner.opened(this);
  }

  onFailed(failure: Failure): void {
    this.#state = 'closed';
    if (!this.#abandoned) this.owner.failed(failure);
    this.#session?.released();
  }

  onWindow(bytes: number): void {
    this.#sendBytes = Math.min(this.#sendBytes + bytes, maxWindowBytes);
    this.wake();
  }

  /** Tells the owner that there may be room, if it waits for it. */
  wake(): void {
    if (this.#waiting.delete(this)) this.owner.writable();
  }

  /** `type`: null, or what extended data it is. */
  onData(data: Buffer, type: number | null): void {
    if (this.#state === 'opening' || this.#gotEnd) return;
    if (!this.#window.take(data.length)) throw new Error('more data than the window allows');
    if (this.#abandoned) return;
    if (type === null) this.owner.data(data);
    else if (type === stderrData && this.#session) this.#session.errorData(data);
    else this.free(data.length);
  }

  onEnd(): void {
    if (this.#gotEnd || this.#state === 'opening') return;
    this.#gotEnd = true;
    if (this.#abandoned) return;
    this.owner.ended();
    if (this.#sentEnd && !this.#session) this.#finish();
  }

  onClosed(): void {
    const abandoned = this.#abandoned;
    this.close();
    this.#state = 'closed';
    if (!abandoned) this.owner.closed();
    this.#session?.released();
  }

  onAnswered(accepted: boolean): void {
    if (this.#state === 'open' && !this.#abandoned) this.#session?.answered(accepted);
  }

  onExited(exit: ExitWord): void {
    if (this.#state === 'open' && !this.#abandoned) this.#session?.exited(exit);
  }

  refuseRequest(protocol: Protocol): void {
    if (this.#state === 'open') protocol.channelFailure(this.#peerId);
  }

  onLost(): void {
    this.#state = 'closed';
    this.#waiting.delete(this);
    if (!this.#abandoned) this.owner.lost();
    this.#session?.released();
  }

  /** Both sides have said their last: we close, and the owner need not wait for the server to do so as well. */
  #finish(): void {
    this.close();
    this.owner.closed();
  }
}
