/** The channels of one connection. */
import {
  Channel,
  maxWindowBytes,
  type ChannelLink,
  type ChannelOwner,
  type ExitWord,
  type SessionOwner,
} from './channel.ts';
import { commandsRefused, targetFailure, type Endpoint } from './failures.ts';
import { openProhibited, type MessageHandlers } from './protocol.ts';

export type { Channel, ExitWord, SessionOwner };

/** Hands the server's messages to their channels. */
export class Channels {
  readonly #link: ChannelLink;
  /** `target` is null for a session. */
  readonly #channels = new Map<number, { readonly channel: Channel; readonly target: Endpoint | null }>();
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
    const channel = this.#add(owner, null, target);
    channel.request(target, from);
    return channel;
  }

  /** Asks the server for a session to run a command in; the owner hears the same as of any channel. */
  openSession(owner: SessionOwner): Channel {
    const channel = this.#add(owner, owner, null);
    channel.requestSession();
    return channel;
  }

  #add(owner: ChannelOwner, session: SessionOwner | null, target: Endpoint | null): Channel {
    const id = this.#nextId;
    this.#nextId = (id + 1) % maxWindowBytes;
    const channel = new Channel(id, this.#link, this.#waiting, owner, session);
    this.#channels.set(id, { channel, target });
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
        const { channel, target } = entry;
        channel.onFailed(target ? targetFailure(target, reason, description) : commandsRefused(description));
      },
      CHANNEL_WINDOW_ADJUST: (_protocol, id, bytes) => of(id)?.onWindow(bytes),
      CHANNEL_DATA: (_protocol, id, data) => of(id)?.onData(data, null),
      CHANNEL_EXTENDED_DATA: (_protocol, id, data, type) => of(id)?.onData(data, type),
      CHANNEL_EOF: (_protocol, id) => of(id)?.onEnd(),
      CHANNEL_CLOSE: (_protocol, id) => {
        const channel = of(id);
        this.#channels.delete(id);
        channel?.onClosed();
      },
      CHANNEL_SUCCESS: (_protocol, id) => of(id)?.onAnswered(true),
      CHANNEL_FAILURE: (_protocol, id) => of(id)?.onAnswered(false),
      CHANNEL_REQUEST: (protocol, id, type, wantReply, data) => {
        const channel = of(id);
        if (type === 'exit-status') channel?.onExited({ exitCode: data as number });
        else if (type === 'exit-signal') channel?.onExited({ signal: (data as { signal: string }).signal });
        if (wantReply && channel) channel.refuseRequest(protocol);
      },
    };
  }
}
