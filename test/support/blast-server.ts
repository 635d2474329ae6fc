/** A server that sends or swallows bytes as fast as it can, in a process of its own. */
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';

const program = `
const chunk = Buffer.alloc(1 << 20, 7);
require('node:net').createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (first) => {
    const count = Number(first.toString('utf8', 1, 17));
    if (first[0] === 100) {
      let left = count;
      const send = () => {
        while (left > 0) {
          const part = left >= chunk.length ? chunk : chunk.subarray(0, left);
          left -= part.length;
          if (!socket.write(part)) return void socket.once('drain', send);
        }
        socket.end();
      };
      send();
    } else {
      let seen = first.length - 17;
      const look = () => { if (seen >= count) socket.end('ok'); };
      socket.on('data', (data) => { seen += data.length; look(); });
      look();
    }
  });
}).listen(0, '127.0.0.1', function () { process.stdout.write(this.address().port + '\\n'); });
`;

export interface BlastServer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startBlastServer(): Promise<BlastServer> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (data: Buffer) => {
      resolve(Number(data.toString()));
    }),
  );
  return {
    port,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Moves so many bytes through a port; resolves with MB/s. */
export function blast(port: number, direction: 'down' | 'up', bytes: number): Promise<number> {
  const chunk = Buffer.alloc(1 << 20, 7);
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const startMs = performance.now();
    let seen = 0;
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.write(`${direction === 'down' ? 'd' : 'u'}${String(bytes).padStart(16, '0')}`);
      let left = direction === 'up' ? bytes : 0;
      const send = () => {
        while (left > 0) {
          const part = left >= chunk.length ? chunk : chunk.subarray(0, left);
          left -= part.length;
          if (!socket.write(part)) {
            socket.once('drain', send);
            return;
          }
        }
      };
      send();
    });
    socket.on('data', (data) => {
      seen += data.length;
    });
    socket.once('end', () => {
      socket.destroy();
      if (direction === 'down' && seen !== bytes) reject(new Error(`${String(seen)} of ${String(bytes)} bytes came`));
      else resolve(bytes / 1000 / (performance.now() - startMs));
    });
  });
}
