/** Where the services of stacks keep their data on the server: whose disk matters to whom. Pure. */
import type { Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { adoptedPort } from '../../shared/setup/offers.ts';
import type { InstalledStack, Stack } from '../../shared/setup/stack.ts';
import { dataRoots, objectsSuffix } from '../setup/plan/places.ts';
import { parseStack } from '../setup/stack/parse-stack.ts';
import { fullMount, type Disks } from './disks.ts';

/** Of PostgreSQL as the packages of Debian and Ubuntu install it, which stacks share. */
const postgresDir = '/var/lib/postgresql';

/** The mount without room that what is behind this forward suffers from; null: none, as far as is known. */
export function fullMountBehind(profile: ServerProfile, forward: Forward, disks: Disks): string | null {
  const stacks = ownStacks(profile);
  const others = [...disks.dataDirs, ...stacks.flatMap(({ stack }) => chosenDirs(stack))];
  return fullMount(disks, foldersBehind(stacks, forward, disks), others);
}

interface OwnStack {
  readonly installed: InstalledStack;
  readonly stack: Stack;
}

/** An adopted MLflow keeps its data where somebody else has put it. */
const ownStacks = ({ stacks }: ServerProfile): readonly OwnStack[] =>
  stacks.flatMap((installed) => {
    const parsed = adoptedPort(installed.environment) === null ? parseStack(installed.draft) : null;
    return parsed?.ok ? [{ installed, stack: parsed.value }] : [];
  });

const chosenDirs = ({ mlflow, storage }: Stack): readonly string[] =>
  [mlflow?.dataDir, storage?.dataDir].filter((each) => typeof each === 'string');

/** Null: Mooring did not set it up. */
function foldersBehind(
  stacks: readonly OwnStack[],
  { target, service }: Forward,
  disks: Disks,
): readonly string[] | null {
  if (!/^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(target.host)) return null;
  for (const { installed, stack } of stacks) {
    const { mlflow, storage } = stack;
    const usual = usualDirs(installed, stack, disks);
    const objects = storage
      ? storage.dataDir === null
        ? usual.map((each) => each + objectsSuffix)
        : [storage.dataDir]
      : [];
    if (mlflow?.port === target.port) {
      const data = mlflow.dataDir === null ? usual : [mlflow.dataDir];
      return [...data, ...objects, ...(mlflow.database.kind === 'postgres' ? [postgresDir] : [])];
    }
    if (storage?.port === target.port) return objects;
  }
  const isDatabase = service === 'postgres' && stacks.some(({ stack }) => stack.mlflow?.database.kind === 'postgres');
  return isDatabase ? [postgresDir] : null;
}

/** One, where the server tells which of them is there. */
function usualDirs({ environment }: InstalledStack, { scope }: Stack, { home, dataDirs }: Disks): readonly string[] {
  const [system, user] = dataRoots(home ?? '').map((root) => `${root}/${environment}`) as [string, string];
  const possible = [...(scope === 'user' ? [] : [system]), ...(scope === 'system' || home === null ? [] : [user])];
  const there = possible.filter((each) => dataDirs.includes(each));
  return there.length > 0 ? there : possible;
}
