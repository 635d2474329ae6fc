/** Where the services of stacks keep their data on the server: whose disk matters to whom. Pure. */
import { isOwnHost, type Forward } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { Stack } from '../../shared/setup/stack.ts';
import { objectsDirOf, placesFor } from '../setup/plan/places.ts';
import { ownStacks, partBehind, type OwnStack } from '../setup/stack/behind.ts';
import { fullMount, type Disks } from './disks.ts';

/** Of PostgreSQL as the packages of Debian and Ubuntu install it, which stacks share. */
const postgresDir = '/var/lib/postgresql';

/** The mount without room that what is behind this forward suffers from; null: none, as far as is known. */
export function fullMountBehind(profile: ServerProfile, forward: Forward, disks: Disks): string | null {
  const stacks = ownStacks(profile);
  const others = [...disks.dataDirs, ...stacks.flatMap(({ stack }) => chosenDirs(stack))];
  return fullMount(disks, foldersBehind(stacks, forward, disks), others);
}

const chosenDirs = ({ mlflow, storage }: Stack): readonly string[] =>
  [mlflow?.dataDir, storage?.dataDir].filter((each) => typeof each === 'string');

/** Null: Mooring did not set it up. */
function foldersBehind(
  stacks: readonly OwnStack[],
  { target, service }: Forward,
  disks: Disks,
): readonly string[] | null {
  const own = partBehind(stacks, target);
  if (own !== null) {
    const { mlflow, storage } = own.stack;
    const usual = usualDirs(own, disks);
    const objects = storage ? usual.map((each) => objectsDirOf(each, storage.dataDir)) : [];
    if (own.part === 'storage') return objects;
    const data = mlflow?.dataDir ? [mlflow.dataDir] : usual;
    return [...data, ...objects, ...(mlflow?.database.kind === 'postgres' ? [postgresDir] : [])];
  }
  if (!isOwnHost(target.host)) return null;
  const isDatabase = service === 'postgres' && stacks.some(({ stack }) => stack.mlflow?.database.kind === 'postgres');
  return isDatabase ? [postgresDir] : null;
}

/** One, where the server tells which of them is there. */
function usualDirs({ installed, stack: { scope } }: OwnStack, { home, dataDirs }: Disks): readonly string[] {
  const dirOf = (each: 'system' | 'user'): string => placesFor(each, installed.environment, home ?? '').dataDir;
  const possible = [
    ...(scope === 'user' ? [] : [dirOf('system')]),
    ...(scope === 'system' || home === null ? [] : [dirOf('user')]),
  ];
  const there = possible.filter((each) => dataDirs.includes(each));
  return there.length > 0 ? there : possible;
}
