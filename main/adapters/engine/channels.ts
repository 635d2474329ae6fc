/**
 * The direct-tcpip channels of one connection (RFC 4254, 5 and 7.2). A channel is a light thing: numbers and callbacks,
 * no stream, no buffer. What can't be sent is left with the caller; what comes in is handed on at once.
 */
import { maxPacketBytes, openProhibited, type MessageHandlers, type Protocol } from './protocol.ts';
import { initialWindowBytes, ReceiveWindow } from './receive-window.ts';
import { targetFailure, type Endpoint } from './failures.ts';
import type { Failure } from '../../shared/failure.ts';

const maxWindowBytes = 2 ** 32 - 1;

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

export class Channel {
  readonly #id: number;
  readonly #link: ChannelLink;
  readonly #waiting: Set<Channel>;
  readonly #window = new ReceiveWindow();
  readonly owner: ChannelOwner;
  #peerId = 0;
  #peerMaxPacket = 0;
  #sendBytes = 0;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #sentEnd = false;
  #gotEnd = false;
  #abandoned = false;

  constructor(id: number, link: ChannelLink, waiting: Set<Channel>, owner: ChannelOwner) {
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
    if (this.#gotEnd) this.#finish();
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
  }

  onWindow(bytes: number): void {
    this.#sendBytes = Math.min(this.#sendBytes + bytes, maxWindowBytes);
    this.wake();
  }

  /** Tells the owner that there may be room, if it waits for it. */
  wake(): void {
    if (this.#waiting.delete(this)) this.owner.writable();
  }

  onData(data: Buffer, wanted: boolean): void {
    if (this.#state === 'opening' || this.#gotEnd) return;
    if (!this.#window.take(data.length)) throw new Error('more data than the window allows');
    if (this.#abandoned) return;
    if (wanted) this.owner.data(data);
    else this.free(data.length);
  }

  onEnd(): void {
    if (this.#gotEnd || this.#state === 'opening') return;
    this.#gotEnd = true;
    if (this.#abandoned) return;
    this.owner.ended();
    if (this.#sentEnd) this.#finish();
  }

  onClosed(): void {
    const abandoned = this.#abandoned;
    this.close();
    this.#state = 'closed';
    if (!abandoned) this.owner.closed();
  }

  refuseRequest(protocol: Protocol): void {
    if (this.#state === 'open') protocol.channelFailure(this.#peerId);
  }

  onLost(): void {
    this.#state = 'closed';
    this.#waiting.delete(this);
    if (!this.#abandoned) this.owner.lost();
  }

  /** Both sides have said their last: we close, and the owner need not wait for the server to do so as well. */
  #finish(): void {
    this.close();
    this.owner.closed();
  }
}

/** Hands the server's messages to their channels. */
export class Channels {
  readonly #link: ChannelLink;
  readonly #channels = new Map<number, { readonly channel: Channel; readonly target: Endpoint }>();
  /** Channels with something to send. */
  readonly #waiting = new Set<Channel>();
  #nextId = 0;

  constructor(link: ChannelLink) {
    this.#link = link;
  }

  /**
   * Asks the server for a way to `target`; `from` is told to the server for its log. The owner hears `opened`, `failed`
   * or `lost`, unless it closes the channel before.
   */
  open(target: Endpoint, from: Endpoint, owner: ChannelOwner): Channel {
    const id = this.#nextId;
    this.#nextId = (id + 1) % maxWindowBytes;
    const channel = new Channel(id, this.#link, this.#waiting, owner);
    this.#channels.set(id, { channel, target });
    channel.request(target, from);
    return channel;
  }

  /** The link has room again. Each channel gets its turn. */
  drained(): void {
    for (const channel of [...this.#waiting]) {
      if (this.#link.congested) return;
      channel.wake();
    }
  }

  /** The connection ended. */
  lost(): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const { channel } of channels) channel.onLost();
  }

  /** The server's messages that belong to channels. */
  handlers(): Partial<MessageHandlers> {
    const of = (id: number): Channel | undefined => this.#channels.get(id)?.channel;
    return {
      CHANNEL_OPEN: (protocol, info) => {
        protocol.channelOpenFail(info.sender, openProhibited, 'nothing was asked to be forwarded');
      },
      CHANNEL_OPEN_CONFIRMATION: (_protocol, info) => of(info.recipient)?.onConfirmed(info),
      CHANNEL_OPEN_FAILURE: (_protocol, id, reason, description) => {
        const entry = this.#channels.get(id);
        if (!entry?.channel.isOpening) return;
        this.#channels.delete(id);
        entry.channel.onFailed(targetFailure(entry.target, reason, description));
      },
      CHANNEL_WINDOW_ADJUST: (_protocol, id, bytes) => of(id)?.onWindow(bytes),
      CHANNEL_DATA: (_protocol, id, data) => of(id)?.onData(data, true),
      CHANNEL_EXTENDED_DATA: (_protocol, id, data) => of(id)?.onData(data, false),
      CHANNEL_EOF: (_protocol, id) => of(id)?.onEnd(),
      CHANNEL_CLOSE: (_protocol, id) => {
        const channel = of(id);
        this.#channels.delete(id);
        channel?.onClosed();
      },
      CHANNEL_REQUEST: (protocol, id, _type, wantReply) => {
        const channel = of(id);
        if (wantReply && channel) channel.refuseRequest(protocol);
      },
    };
  }
}
