/** Commands on the SSH double: run by a real shell of this machine, or whatever the test wants to become of them. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Connection, ServerChannel } from 'ssh2';

export type ExecFate =
  | {
      readonly kind: 'run';
      /** The login shell's words before the command; `/bin/sh -c` by default. */
      readonly shell?: readonly string[];
      /** Said before anything else, as by rc files. */
      readonly noise?: { readonly stdout?: string; readonly stderr?: string };
      /** Output goes out in packets of this many bytes. */
      readonly packetBytes?: number;
    }
  /** The session is opened, the command is not run. */
  | { readonly kind: 'refuse' }
  /** Given to the test. */
  | { readonly kind: 'take'; readonly use: (channel: ServerChannel) => void };

export interface ExecDoubleOptions {
  readonly fate: () => ExecFate;
  /** Sessions at a time over one connection; 10 by default, as OpenSSH. */
  readonly maxSessions?: () => number;
  /** Filled with what happens. */
  readonly seen: ExecSeen;
}

export class ExecSeen {
  /** The commands of all exec requests. */
  readonly commands: string[] = [];
  /** Every other request on a session. */
  readonly otherRequests: string[] = [];
  /** Running now. */
  readonly children = new Set<ChildProcess>();
  /** Bytes that were taken from clients for commands’ stdin. */
  stdinBytes = 0;
  sessions = 0;
  mostSessions = 0;
  refusals = 0;

  /** For the end of a test: nothing is left running. */
  killAll(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }
}

export function serveSessions(
  connection: Connection,
  { fate, maxSessions = () => 10, seen }: ExecDoubleOptions,
  refuse: (reject: () => void, reason: number) => void,
): void {
  let open = 0;
  connection.on('session', (accept, reject) => {
    if (open >= maxSessions()) {
      seen.refusals += 1;
      refuse(reject, 2);
      return;
    }
    open += 1;
    seen.sessions += 1;
    seen.mostSessions = Math.max(seen.mostSessions, open);
    const session = accept();
    for (const name of ['pty', 'env', 'x11', 'auth-agent', 'shell', 'subsystem'] as const) {
      session.on(name as 'pty', () => seen.otherRequests.push(name));
    }
    let closed = false;
    const close = (): void => {
      if (closed) return;
      closed = true;
      open -= 1;
      seen.sessions -= 1;
    };
    session.on('close', close);
    session.on('exec', (acceptExec, rejectExec, { command }) => {
      seen.commands.push(command);
      const how = fate();
      if (how.kind === 'refuse') {
        rejectExec();
        return;
      }
      const channel = acceptExec();
      channel.on('error', () => undefined).on('close', close);
      if (how.kind === 'take') how.use(channel);
      else run(channel, command, how, seen);
    });
  });
}

function run(
  channel: ServerChannel,
  command: string,
  { shell = ['/bin/sh', '-c'], noise = {}, packetBytes }: Extract<ExecFate, { kind: 'run' }>,
  seen: ExecSeen,
): void {
  const [program = '', ...words] = shell;
  const child = spawn(program, [...words, command], { detached: true });
  seen.children.add(child);
  child.stdin.on('error', () => undefined);
  // One write at a time over both streams: ssh2 forgets what waits for room in stderr once stdout has some again, and
  // closes a channel over it. sshd sends everything first.
  const unsent: { readonly stream: NodeJS.WritableStream; readonly data: Buffer }[] = [];
  let isSending = false;
  let isOver = false;
  const sendNext = (): void => {
    const next = unsent.shift();
    isSending = next !== undefined;
    if (next) {
      next.stream.write(next.data, sendNext);
      return;
    }
    child.stdout.resume();
    child.stderr.resume();
    if (isOver) channel.end();
  };
  const send = (stream: NodeJS.WritableStream, data: Buffer): void => {
    const size = packetBytes ?? data.length;
    for (let at = 0; at < data.length; at += size) unsent.push({ stream, data: data.subarray(at, at + size) });
    if (!isSending) sendNext();
  };
  if (noise.stdout) send(channel, Buffer.from(noise.stdout));
  if (noise.stderr) send(channel.stderr, Buffer.from(noise.stderr));
  const pass = (from: NodeJS.ReadableStream, to: NodeJS.WritableStream): void => {
    from.on('data', (data: Buffer) => {
      from.pause();
      send(to, data);
    });
  };
  pass(child.stdout, channel);
  pass(child.stderr, channel.stderr);
  channel.on('data', (data: Buffer) => {
    seen.stdinBytes += data.length;
    if (!child.stdin.write(data)) channel.pause();
  });
  child.stdin.on('drain', () => channel.resume());
  channel.on('end', () => child.stdin.end());
  // As sshd: a closed channel closes the pipes, and kills nobody.
  channel.on('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.on('exit', (code, signal) => {
    if (signal) channel.exit(signal.slice(3), false, '');
    else channel.exit(code ?? 255);
  });
  child.on('close', () => {
    seen.children.delete(child);
    isOver = true;
    if (!isSending) channel.end();
  });
}
