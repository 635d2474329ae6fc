/** The keys of ~/.ssh as a whole: which there are, and making another. Opening one is in private-keys.ts. */
import { mkdir, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { PrivateKeys, PublicKey } from '../core/ports.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import type { FoundKey, MadeKey } from '../shared/keys.ts';
import { expandHome } from './expand-home.ts';
import { fingerprintOf } from './fingerprint.ts';
import { describeKey, openKey, publicPartOf, type PublicPart } from './private-key-formats.ts';
import { errorCode, errorText, fileReason } from './system-errors.ts';

export interface KeyFilesOptions {
  readonly homeDir: string;
  /** What ssh tries by itself. */
  readonly defaultNames: readonly string[];
}

/** Private keys are far smaller; sockets, logs and archives are not read at all. */
const largestKey = 65_536;
const mostFiles = 500;
/** ssh-keygen's own number since OpenSSH 9.4. */
const rounds = 24;
/** ssh2 (1.17) writes about one Ed25519 key in 256 wrongly: it takes the zero that a public half begins with for padding. */
const mostTries = 16;

const notKeys = /^(config|environment|rc|authorized_keys|known_hosts)|\.pub$|\.(old|bak|tmp)$/i;

export function createKeyFiles({
  homeDir,
  defaultNames,
}: KeyFilesOptions): Pick<PrivateKeys, 'list' | 'publicHalf' | 'make'> {
  const sshDir = join(homeDir, '.ssh');
  let making: Promise<unknown> = Promise.resolve();
  return {
    list: async () => {
      let names: string[];
      try {
        names = await readdir(sshDir);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return done([]);
        return failed(cantUse('~/.ssh could not be read', error));
      }
      const candidates = names.filter((each) => !notKeys.test(each)).slice(0, mostFiles);
      const found = await Promise.all(candidates.map((name) => look(sshDir, name)));
      const keys = found.filter((each) => each !== null);
      const rank = ({ path, keyType }: FoundKey) =>
        (defaultNames.includes(path.slice('~/.ssh/'.length)) ? 0 : 2) + (keyType === 'ssh-ed25519' ? 0 : 1);
      return done(keys.sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path)));
    },
    publicHalf: async (path, pem) => {
      const parsed = ssh2.utils.parseKey(pem);
      if (parsed instanceof Error) return failed(unreadable(path, parsed.message));
      const blob = parsed.getPublicSSH();
      const beside = await readPublic(expandHome(path, homeDir));
      const comment = parsed.comment || (beside?.blob.equals(blob) === true ? beside.comment : '');
      return done({ ...publicKey({ keyType: parsed.type, blob }), comment: plainComment(comment) });
    },
    // One after the other: two that want the next free name get two names.
    make: (wanted) => {
      const made = making.then(() => make(sshDir, wanted));
      making = made.catch(() => undefined);
      return made;
    },
  };
}

/** Null: no key, or none that can be used here. */
async function look(sshDir: string, name: string): Promise<FoundKey | null> {
  const filePath = join(sshDir, name);
  const text = await readSmall(filePath);
  if (text === null) return null;
  const sort = describeKey(text);
  if (sort.kind !== 'private') return null;
  const opened = sort.encrypted ? null : openKey(sort, '');
  if (opened?.ok === false) return null;
  const beside = await readPublic(filePath);
  const parsed = opened === null ? null : ssh2.utils.parseKey(opened.pem);
  const own: PublicPart | null =
    parsed === null || parsed instanceof Error
      ? publicPartOf(sort.text)
      : { keyType: parsed.type, blob: parsed.getPublicSSH() };
  // A file of the same name may belong to another key.
  const isPair = beside !== null && (own === null || own.blob.equals(beside.blob));
  const known = own ?? beside;
  const ownComment = parsed === null || parsed instanceof Error ? '' : parsed.comment;
  return {
    path: `~/.ssh/${name}`,
    keyType: known?.keyType ?? null,
    comment: plainComment(ownComment || (isPair ? beside.comment : '')),
    fingerprint: known === null ? null : fingerprintOf(known.blob),
    hasPassphrase: sort.encrypted,
    hasPublicFile: isPair,
  };
}

/** Only of plain files: a pipe might never end, an agent's socket can't be read. */
async function readSmall(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    return found.isFile() && found.size <= largestKey ? await readFile(path, 'utf8') : null;
  } catch {
    return null;
  }
}

async function readPublic(path: string): Promise<(PublicPart & { readonly comment: string }) | null> {
  const [, keyType, key, comment = ''] =
    /^(\S{1,60}) ([A-Za-z0-9+/=]{40,})(?: (.*))?/.exec((await readSmall(`${path}.pub`)) ?? '') ?? [];
  return keyType === undefined || key === undefined ? null : { keyType, blob: Buffer.from(key, 'base64'), comment };
}

const publicKey = ({ keyType, blob }: PublicPart): Omit<PublicKey, 'comment'> => ({
  keyType,
  key: blob.toString('base64'),
  fingerprint: fingerprintOf(blob),
});

/** It becomes a part of a line on a server, and of the window. */
const plainComment = (comment: string): string =>
  comment
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim()
    .slice(0, 200);

type Wanted = Parameters<PrivateKeys['make']>[0];

async function make(sshDir: string, { name, passphrase, comment }: Wanted): Promise<Reply<MadeKey>> {
  const pair = newPair(plainComment(comment), passphrase);
  if (pair === null) return failed(failure('bug', 'No key could be made.', { hint: 'Make one with ssh-keygen.' }));
  try {
    await mkdir(sshDir, { recursive: true, mode: 0o700 });
    for (let number = 0; ; number += 1) {
      const fileName = name ?? freeName(number);
      const written = await writePair(join(sshDir, fileName), pair);
      if (written) {
        const blob = Buffer.from(pair.publicLine.split(' ')[1] ?? '', 'base64');
        return done({
          path: `~/.ssh/${fileName}`,
          publicLine: pair.publicLine,
          fingerprint: fingerprintOf(blob),
        });
      }
      if (name === null) continue;
      const message = `There is a file ~/.ssh/${name} or ~/.ssh/${name}.pub already.`;
      return failed(
        failure('conflict', message, {
          hint: 'Choose another name: nothing is overwritten.',
          fields: [{ path: 'name', message }],
        }),
      );
    }
  } catch (error) {
    return failed(cantUse('The key could not be written to ~/.ssh', error));
  }
}

/** `id_ed25519`, `mooring_ed25519`, `mooring_ed25519_2` … */
function freeName(number: number): string {
  if (number === 0) return 'id_ed25519';
  return number === 1 ? 'mooring_ed25519' : `mooring_ed25519_${String(number)}`;
}

interface KeyPair {
  readonly privateText: string;
  readonly publicLine: string;
}

/** Null: it came to nothing. */
function newPair(comment: string, passphrase: string): KeyPair | null {
  const locked = passphrase === '' ? {} : { passphrase, cipher: 'aes256-ctr', rounds };
  for (let tries = 0; tries < mostTries; tries += 1) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { comment, ...locked });
    const pair = { privateText: `${made.private.trimEnd()}\n`, publicLine: made.public.trim() };
    if (isSound(pair, passphrase)) return pair;
  }
  return null;
}

/** It opens, it signs, and its two halves belong together. */
function isSound({ privateText, publicLine }: KeyPair, passphrase: string): boolean {
  const sort = describeKey(privateText);
  if (sort.kind !== 'private' || sort.encrypted !== (passphrase !== '')) return false;
  const opened = openKey(sort, passphrase);
  const own = opened.ok ? ssh2.utils.parseKey(opened.pem) : null;
  const other = ssh2.utils.parseKey(publicLine);
  if (own === null || own instanceof Error || other instanceof Error) return false;
  const text = 'mooring';
  // A public half of 32 bytes, behind its type and two lengths.
  const isWhole = own.getPublicSSH().length === 4 + 'ssh-ed25519'.length + 4 + 32;
  return isWhole && own.getPublicSSH().equals(other.getPublicSSH()) && other.verify(text, own.sign(text)) === true;
}

/** False: one of the two is there already. */
async function writePair(path: string, { privateText, publicLine }: KeyPair): Promise<boolean> {
  const written: string[] = [];
  try {
    for (const [each, text, mode] of [
      [path, privateText, 0o600],
      [`${path}.pub`, `${publicLine}\n`, 0o644],
    ] as const) {
      const file = await open(each, 'wx', mode);
      written.push(each);
      try {
        await file.writeFile(text);
        await file.chmod(mode);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    return true;
  } catch (error) {
    for (const each of written) await rm(each, { force: true });
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

const cantUse = (what: string, error: unknown): Failure =>
  failure('storage-failed', `${what}: ${fileReason(error)}.`, {
    hint: 'The folder ~/.ssh must be yours, and its disk must have room.',
    detail: errorText(error),
  });

const unreadable = (path: string, detail: string): Failure =>
  failure('key-unreadable', `${path} has no public half that can be read.`, {
    hint: 'Choose another key, or make one.',
    detail,
  });
