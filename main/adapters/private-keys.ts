/** Private key files: found, read and opened with ssh2's parser. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrivateKeys, PrivateKeyState } from '../core/ports.ts';
import { failure, type Failure } from '../shared/failure.ts';
import { publicHalfWords } from '../shared/keys.ts';
import { expandHome } from './expand-home.ts';
import { createKeyFiles } from './key-files.ts';
import { describeKey, openKey } from './private-key-formats.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface PrivateKeysOptions {
  readonly homeDir: string;
}

/** No private key is near this; a wrong file may be anything. */
const largestFile = 1_000_000;

/**
 * The order in which ssh tries them: fill_default_options() in OpenSSH's readconf.c (10.5), same as `ssh -G` of 9.2.
 * The `_sk` and post-quantum ones between them can't be used here.
 */
const defaultNames = ['id_rsa', 'id_ecdsa', 'id_ed25519'] as const;

/**
 * `open` answers with the key in a form that needs no passphrase any more, so that each connection attempt is spared the
 * 0.2 s and more that bcrypt takes, on the thread that also moves the tunnels' bytes. It stays in memory only.
 */
export function createPrivateKeys(options: PrivateKeysOptions): PrivateKeys {
  const { homeDir } = options;
  return {
    open: async (path, passphrase) => {
      const expanded = expandHome(path, homeDir);
      const text = await readKeyFile(expanded, path);
      if (typeof text !== 'string') return { kind: 'unusable', failure: text };
      return openText(text, path, expanded, passphrase);
    },
    defaults: async () => {
      const paths = defaultNames.map((name) => join(homeDir, '.ssh', name));
      const there = await Promise.all(paths.map(isFile));
      return paths.filter((_, at) => there[at]);
    },
    ...createKeyFiles({ homeDir, defaultNames }),
  };
}

async function openText(
  text: string,
  shownPath: string,
  path: string,
  passphrase: string | null,
): Promise<PrivateKeyState> {
  const sort = describeKey(text);
  const unusable = (message: string, hint: string, detail?: string): PrivateKeyState => ({
    kind: 'unusable',
    failure: keyFailure(message, hint, detail),
  });
  switch (sort.kind) {
    case 'public': {
      const other = await privateHalfOf(path, shownPath);
      const hint =
        other === null
          ? 'Choose the private half: the file of the same name without .pub.'
          : `Choose the private half, ${other}.`;
      return unusable(publicHalfWords(shownPath), hint);
    }
    case 'putty':
      return unusable(
        `${shownPath} is a PuTTY key of a kind that can’t be read here.`,
        `Convert it: puttygen ${word(path)} -O private-openssh -o ${word(`${path.replace(/\.ppk$/i, '')}.key`)} (or in PuTTYgen: Conversions, Export OpenSSH key).`,
      );
    case 'hardware':
      return unusable(
        `${shownPath} belongs to a security key (FIDO), which can’t be used directly.`,
        'Add it to your SSH agent with ssh-add and choose "agent" as the way to log in.',
      );
    case 'slow':
      return unusable(
        `${shownPath} is protected with ${String(sort.rounds)} rounds, which would take minutes to open.`,
        `Protect it anew with fewer: ssh-keygen -p -a 64 -f ${word(path)}. Or add it to your SSH agent.`,
      );
    case 'unknown':
      return unusable(
        `${shownPath} is not a private key that can be read here.`,
        'Choose a private key file, such as ~/.ssh/id_ed25519. If it is one, ssh-keygen -p -f FILE writes it in today’s form.',
      );
    case 'private': {
      if (sort.encrypted && passphrase === null) return { kind: 'needs-passphrase' };
      const opened = openKey(sort, passphrase ?? '');
      if (opened.ok) return { kind: 'ready', pem: opened.pem, keyType: opened.keyType };
      // Which of the two it is can't be told for every format; a wrong passphrase is by far the likelier.
      if (sort.encrypted && !opened.unsupported) return { kind: 'wrong-passphrase' };
      return unusable(
        `${shownPath} can’t be used: ${opened.unsupported ? 'its type or cipher is not supported here' : 'it is damaged'}.`,
        opened.unsupported
          ? 'Add it to your SSH agent with ssh-add and choose "agent", or make an Ed25519 key with ssh-keygen.'
          : 'Take it from your backup, or make a new key with ssh-keygen -t ed25519.',
        opened.detail,
      );
    }
    default:
      return sort satisfies never;
  }
}

/** The text, or why there is none. Anything but a plain file is refused before it is opened: a pipe might never end. */
async function readKeyFile(path: string, shownPath: string): Promise<string | Failure> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return keyFailure(`${shownPath} is a folder, not a key file.`, 'Choose the file in it.');
    if (!found.isFile()) return keyFailure(`${shownPath} is not a plain file.`, 'Choose a private key file.');
    const file = await open(path, 'r');
    try {
      // One byte more than allowed, so that a file which grew since is noticed too.
      const { buffer, bytesRead } = await file.read(Buffer.alloc(largestFile + 1), 0, largestFile + 1, 0);
      if (bytesRead <= largestFile) return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
    return keyFailure(`${shownPath} is too large to be a private key (over 1 MB).`, 'Choose a private key file.');
  } catch (error) {
    return readFailure(error, path, shownPath);
  }
}

function readFailure(error: unknown, path: string, shownPath: string): Failure {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return keyFailure(
        `There is no key file ${shownPath}.`,
        'Check the path, plug in the disk it is on, or choose another way to log in.',
      );
    case 'EACCES':
    case 'EPERM':
      return keyFailure(
        `The key file ${shownPath} may not be read.`,
        `Make it yours and readable for you alone: chmod 600 ${word(path)}`,
      );
    default:
      return keyFailure(
        `The key file ${shownPath} could not be read: ${fileReason(error)}.`,
        'Check the path.',
        errorText(error),
      );
  }
}

function keyFailure(message: string, hint: string, detail?: string): Failure {
  return failure('key-unreadable', message, detail === undefined ? { hint } : { hint, detail });
}

/** A path as one word of a command to copy. */
function word(path: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** The file beside a public half that logs in with it, as `shownPath` shows the public one; null: there is none. */
export async function privateHalfOf(path: string, shownPath: string): Promise<string | null> {
  const suffix = /(-cert)?\.pub$/;
  const isThere = suffix.test(path) && (await isFile(path.replace(suffix, '')));
  return isThere ? shownPath.replace(suffix, '') : null;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
