/** Whether ssh2 still is what the engine takes it for: it stands on parts below ssh2's public face. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { GreetingReader } from '../../../main/adapters/engine/greeting.ts';
import { algorithmOffer, Protocol, protocolReady } from '../../../main/adapters/engine/protocol.ts';
import { initialWindowBytes, ReceiveWindow } from '../../../main/adapters/engine/receive-window.ts';

describe('ssh2', () => {
  it('is of the version that was read', () => {
    const path = createRequire(import.meta.url).resolve('ssh2/package.json');
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    expect(version).toMatch(/^1\.17\./);
  });

  it('has what is used of it', async () => {
    await protocolReady;
    const methods = [
      ...['start', 'parse', 'cleanup', 'disconnect', 'ping', 'service', 'requestFailure'],
      ...[
        'authNone',
        'authPassword',
        'authKeyboard',
        'authInfoRes',
        'authPK',
        'directTcpip',
        'session',
        'exec',
        'signal',
      ],
      ...['channelData', 'channelEOF', 'channelClose', 'channelFailure', 'channelWindowAdjust', 'channelOpenFail'],
    ];
    const protocol = new Protocol({
      onWrite: () => undefined,
      onError: () => undefined,
      onHandshakeComplete: () => undefined,
      hostVerifier: () => undefined,
      offer: algorithmOffer([]),
      messageHandlers: {},
    });
    for (const method of methods) expect(protocol[method as 'start'], method).toBeTypeOf('function');
    expect(protocol._authsQueue).toEqual([]);
    expect(protocol).toHaveProperty('_kexinit', undefined);
  });
});

describe('the offer', () => {
  it('has AES-GCM first, no compression, and no cipher twice', () => {
    const { cs, sc } = algorithmOffer([]);
    expect(cs.cipher.slice(0, 2)).toEqual(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com']);
    expect(new Set(cs.cipher).size).toBe(cs.cipher.length);
    expect(cs.cipher.some((cipher: string) => cipher.endsWith('-cbc'))).toBe(false);
    expect(sc).toEqual(cs);
    expect(cs.compress).toEqual(['none']);
  });

  it('puts known host key types first and loses none', () => {
    const all = algorithmOffer([]).serverHostKey;
    expect(algorithmOffer(['ssh-rsa']).serverHostKey.slice(0, 3)).toEqual(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']);
    expect(algorithmOffer(['ecdsa-sha2-nistp256', 'unheard-of']).serverHostKey[0]).toBe('ecdsa-sha2-nistp256');
    expect([...algorithmOffer(['ssh-rsa']).serverHostKey].sort()).toEqual([...all].sort());
  });
});

describe('a greeting', () => {
  const read = (...pieces: readonly string[]) => {
    const reader = new GreetingReader();
    let last: ReturnType<GreetingReader['read']> = { kind: 'more' };
    for (const piece of pieces) last = reader.read(Buffer.from(piece, 'latin1'));
    return last;
  };

  it('is found however it is cut up', () => {
    const text = 'Welcome\r\nto all\nSSH-2.0-Some_1.0 with words\r\nrest';
    const whole = read(text);
    expect(whole).toMatchObject({ kind: 'greeted', software: 'Some_1.0 with words\r'.trim() });
    const [head, tail] = [text.slice(0, 20), text.slice(20)];
    expect(read(head, tail)).toEqual(whole);
    expect(read(...text.slice(0, -4).split(''))).toMatchObject({ kind: 'greeted' });
  });

  it.each([
    ['SSH-1.99-x\n', 'greeted'],
    ['SSH-1.5-x\n', 'old-ssh'],
    ['SSH-2.0-', 'more'],
    ['SSH-2.0-\r\n', 'old-ssh'],
    ['HTTP/1.0 ', 'not-ssh'],
    ['hello HTTP/1.0\n', 'more'],
    ['x'.repeat(8_193), 'not-ssh'],
    ['x\n'.repeat(32_800), 'not-ssh'],
    ['', 'more'],
  ])('%j is %s', (text, kind) => {
    expect(read(text).kind).toBe(kind);
  });
});

describe('the receive window', () => {
  it('never opens further than it began, and is topped up early', () => {
    const window = new ReceiveWindow();
    let open = initialWindowBytes;
    let topUps = 0;
    for (let round = 0; round < 1_000; round += 1) {
      expect(window.take(30_000)).toBe(true);
      open -= 30_000;
      const topUp = window.free(30_000);
      if (topUp > 0) topUps += 1;
      open += topUp;
      expect(open).toBeLessThanOrEqual(initialWindowBytes);
    }
    expect(topUps).toBeGreaterThan(200);
    expect(open).toBeGreaterThan(initialWindowBytes - 200_000);
  });

  it('notices a server that sends too much', () => {
    const window = new ReceiveWindow();
    expect(window.take(initialWindowBytes)).toBe(true);
    expect(window.take(1)).toBe(false);
  });
});
