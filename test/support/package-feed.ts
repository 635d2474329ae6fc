/** A feed of updates on this machine, with one newer version that is a shell script. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Feed {
  readonly url: string;
  /** What was asked for, in order. */
  readonly asked: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Lets downloads end that were begun; before that they stop in the middle. */
  release(): void;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly version: string;
  /** What the newer AppImage is. */
  readonly file: string;
  /** Announces another checksum than the file has. */
  readonly damaged?: boolean;
}

export async function startFeed({ version, file, damaged = false }: FeedOptions): Promise<Feed> {
  const bytes = Buffer.from(file);
  const sha512 = createHash('sha512')
    .update(damaged ? 'something else' : bytes)
    .digest('base64');
  const name = `Mooring-${version}-linux-x86_64.AppImage`;
  const yaml = [
    `version: ${version}`,
    'files:',
    `  - url: ${name}`,
    `    sha512: ${sha512}`,
    `    size: ${String(bytes.length)}`,
    `path: ${name}`,
    `sha512: ${sha512}`,
    "releaseDate: '2026-01-05T08:00:00.000Z'",
    '',
  ].join('\n');
  const asked: { path: string; headers: IncomingHttpHeaders }[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://feed');
    asked.push({ path: pathname, headers: request.headers });
    if (pathname === '/feed/latest-linux.yml') {
      response.end(yaml);
    } else if (pathname === `/feed/${name}`) {
      const middle = Math.floor(bytes.length / 2);
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, middle));
      void released.then(() => response.end(bytes.subarray(middle)));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/feed`,
    asked,
    release: () => {
      release();
    },
    close: async () => {
      release();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
