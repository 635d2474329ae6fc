/** The steps that all stores share: their account, their service with its keys and data, their first bucket. */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { StackSecretName, StoragePart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { s3Call, s3Client } from '../artifacts/s3-client.ts';
import { step, type PlanContext } from '../component.ts';
import { storeAccount, storeKeys, storePlace, storeRegion } from './place.ts';

export interface StoreSoftware {
  readonly name: string;
  /** Puts the program there. */
  readonly programStep: Step;
  /** Prints the lines of its keys' file; uses `key_now SECRET-NAME ACCESS|SECRET`. */
  readonly printKeys: string;
  readonly secrets: readonly StackSecretName[];
  /** The first is the store itself. */
  readonly units: readonly { readonly name: string; readonly text: string }[];
  /** Those that are started, and start with the machine. */
  readonly enabled: readonly string[];
  /** Answers 200 without a login. */
  readonly health: string;
  /** Seconds until it has to. */
  readonly patience: number;
  /** It keeps what S3 says of an object beside the file's content. */
  readonly needsAttributes: boolean;
}

/** It stays as long as there are objects of it: they would belong to nobody, and later perhaps to somebody else. */
export const accountStep = (context: PlanContext, storage: StoragePart): Step =>
  step(context, {
    id: 'storage-account',
    title: `Make the account ${storeAccount}`,
    why: 'The store runs as an account of its own, so that no other can read its objects.',
    check: `getent passwd ${storeAccount} >/dev/null`,
    apply: `
made account-${storeAccount}
useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \\
  --comment 'Object storage, made by Mooring' ${storeAccount}`,
    removeData: `
if [ ! -e ${quoted(storePlace(context, storage).objectsDir)} ] && was_made account-${storeAccount} && ! hand_on account-${storeAccount}; then
  if getent passwd ${storeAccount} >/dev/null; then userdel ${storeAccount}; fi
  unmade account-${storeAccount}
fi`,
  });

export function serviceStep(context: PlanContext, storage: StoragePart, software: StoreSoftware): Step {
  const { places } = context;
  const { user, owner, objectsDir, keysFile } = storePlace(context, storage);
  const [main] = software.units;
  const unitNames = software.units.map(({ name }) => name);
  const allUnits = unitNames.map(quoted).join(' ');
  const enabled = software.enabled.map(quoted).join(' ');
  const parent = objectsDir.replace(/\/[^/]+$/, '');
  const fileOf = (name: string) => `${places.unitDir}/${name}`;
  return step(context, {
    id: 'storage-service',
    title: `Run ${software.name}`,
    why: `It answers on this server’s loopback only: S3 on ${String(storage.port)}, its console on ${String(storage.consolePort)}; it starts with the machine.`,
    secrets: software.secrets,
    define: [
      storeKeys(context),
      `objects=${quoted(objectsDir)}`,
      `keys=${quoted(keysFile)}`,
      `health=${quoted(software.health)}`,
      'changed=$MOORING_STACK/storage-changed',
      '# key_now SECRET ACCESS|SECRET: what was given now, else what stands.',
      'key_now() { if has_secret "$1"; then secret "$1"; else store_key "$2"; fi; }',
      `wanted_keys() {\n${software.printKeys}\n}`,
      'has_keys() { [ -n "$(key_now storage.access-key ACCESS)" ] && [ -n "$(key_now storage.secret-key SECRET)" ]; }',
      ...software.units.map(({ text }, at) => `unit_${String(at)}() {\n  cat <<'UNIT'\n${text}UNIT\n}`),
    ].join('\n'),
    check: [
      '[ ! -e "$changed" ] && has_keys || return 1',
      `[ "$(stat -c %U "$objects" 2>/dev/null)" = ${quoted(user)} ] && [ -e "$objects/.made-by-mooring" ] || return 1`,
      `wanted_keys | same_file "$keys" 600 ${quoted(owner)} || return 1`,
      ...unitNames.map(
        (name, at) => `unit_${String(at)} | same_file ${quoted(fileOf(name))} 644 ${quoted(owner)} || return 1`,
      ),
      `units is-enabled --quiet ${enabled} || return 1`,
      `units is-active --quiet ${enabled} || return 1`,
      '[ "$(http_status "$health")" = 200 ]',
    ].join('\n'),
    apply: [
      'if ! has_keys; then',
      '  echo "The store’s keys were not given, and none stand here: run this again and give them, or let them be made up." >&2',
      '  exit 1',
      'fi',
      `put_dir ${quoted(places.configDir)} 755 ${quoted(owner)}`,
      `put_dir ${quoted(parent)} 755 ${quoted(owner)}`,
      objectsFolder(user),
      ...(software.needsAttributes ? [attributesCheck(user, software.name)] : []),
      'mkdir -p "$MOORING_STACK"',
      `put_dir ${quoted(places.unitDir)} 755 ${quoted(owner)}`,
      `if ! wanted_keys | same_file "$keys" 600 ${quoted(owner)}; then`,
      '  : >"$changed"',
      `  wanted_keys | put_file "$keys" 600 ${quoted(owner)}`,
      'fi',
      ...unitNames.flatMap((name, at) => [
        `if ! unit_${String(at)} | same_file ${quoted(fileOf(name))} 644 ${quoted(owner)}; then`,
        '  : >"$changed"',
        `  unit_${String(at)} | put_file ${quoted(fileOf(name))} 644 ${quoted(owner)}`,
        'fi',
      ]),
      'units daemon-reload',
      `units enable --quiet ${enabled}`,
      `if [ -e "$changed" ] || ! units is-active --quiet ${enabled} || [ "$(http_status "$health")" != 200 ]; then`,
      `  say ${quoted(`starts ${software.name}`)}`,
      '  : >"$changed"',
      `  units stop ${allUnits}`,
      `  units reset-failed ${allUnits} 2>/dev/null || true`,
      `  units start ${enabled} || true`,
      `  if ! wait_http "$health" ${String(software.patience)}; then`,
      `    journal ${quoted(main?.name ?? '')} 20`,
      `    echo ${quoted(`${software.name} does not answer at ${software.health}. What it said last is above: a port that is taken, a folder that it can’t write to, or too little memory are usual.`)} >&2`,
      '    exit 1',
      '  fi',
      '  rm -f "$changed"',
      'fi',
    ].join('\n'),
    undo: [
      `units disable --now --quiet ${allUnits} 2>/dev/null || true`,
      `units stop ${allUnits} 2>/dev/null || true`,
      `rm -f ${unitNames.map((name) => quoted(fileOf(name))).join(' ')}`,
      'units daemon-reload',
      `units reset-failed ${allUnits} 2>/dev/null || true`,
      'rm -f "$keys" "$changed"',
      `drop_dir ${quoted(places.unitDir)}`,
    ].join('\n'),
    removeData: [
      'if [ -e "$objects/.made-by-mooring" ]; then rm -rf "$objects"; fi',
      `drop_dir ${quoted(parent)}`,
    ].join('\n'),
    data: `The objects in ${objectsDir}`,
  });
}

/** What is in the folder is never taken over from somebody else: the mark in it says whose it is. */
const objectsFolder = (user: string): string => `
if [ -e "$objects" ] && [ ! -e "$objects/.made-by-mooring" ] && [ -n "$(ls -A "$objects")" ]; then
  echo "$objects holds what Mooring did not put there: choose another data folder for the store." >&2
  exit 1
fi
mkdir -p "$objects"
: >>"$objects/.made-by-mooring"
# An account that was made anew may have another number than the one that the objects are from.
if [ "$(stat -c %U "$objects/.made-by-mooring")" != ${quoted(user)} ]; then chown -R ${quoted(`${user}:`)} "$objects"; fi
chmod 700 "$objects"
if ! as_user ${quoted(user)} test -w "$objects"; then
  echo ${quoted(`The account ${user} can’t write to its folder`)} "$objects: a folder above is closed to it." >&2
  echo "Open it for passing through (chmod o+x), or choose another data folder for the store." >&2
  exit 1
fi`;

const attributesCheck = (user: string, name: string): string => `
if has python3 && ! as_user ${quoted(user)} python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.mooring", b"1")' "$objects/.made-by-mooring" 2>/dev/null; then
  echo "The file system of $objects ($(stat -f -c %T "$objects")) keeps no extended attributes, which ${name} needs." >&2
  echo "Choose a data folder for the store on ext4, xfs or btrfs." >&2
  exit 1
fi`;

/** Through the store itself, which also proves that its keys work. */
export function bucketStep(context: PlanContext, storage: StoragePart, port: number, folder: boolean): Step {
  const { objectsDir } = storePlace(context, storage);
  const { bucket } = storage;
  const mark = quoted(`bucket-${bucket}`);
  const canInstall = context.places.scope === 'system' && context.facts.packages.manager === 'apt-get';
  return step(context, {
    id: 'storage-bucket',
    title: `Make the bucket ${bucket}`,
    why: 'A small object is put there, fetched and deleted, so that what comes next can rely on it.',
    define: [storeKeys(context), s3Client].join('\n'),
    check: [`was_made ${mark}`, ...(folder ? [`[ -d ${quoted(`${objectsDir}/${bucket}`)} ]`] : [])].join(' && '),
    apply: [
      ...(canInstall ? ['if ! has python3; then apt_install python3; fi'] : []),
      `{ printf '%s\\n' "$(store_key ACCESS)" "$(store_key SECRET)"; } | s3_client ${s3Call({
        endpoint: `http://127.0.0.1:${String(port)}`,
        region: storeRegion,
        credentials: { kind: 'keys' },
        buckets: [{ name: bucket, prefix: '', make: true }],
      })}`,
      `made ${mark}`,
    ].join('\n'),
    undo: `unmade ${mark}`,
  });
}

/** A path in a unit: `%` means something there. */
export const unitPath = (path: string): string => path.replaceAll('%', '%%');

/**
 * What a store does without. A user's own manager can't make namespaces everywhere, so there it is only what the kernel
 * always grants.
 */
export function hardening({ places }: PlanContext, objectsDir: string): string {
  const always = ['UMask=0077', 'NoNewPrivileges=yes', 'LimitNOFILE=65536'];
  if (places.scope === 'user') return `${always.join('\n')}\n`;
  return `${[
    ...always,
    'ProtectSystem=strict',
    `ReadWritePaths=${unitPath(objectsDir)}`,
    // A data folder in somebody's home stays reachable.
    `ProtectHome=${/^\/(home|root)\//.test(objectsDir) ? 'no' : 'yes'}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'MemoryDenyWriteExecute=yes',
    'CapabilityBoundingSet=',
    'SystemCallArchitectures=native',
    // It talks with this machine alone.
    'IPAddressDeny=any',
    'IPAddressAllow=localhost',
  ].join('\n')}\n`;
}
