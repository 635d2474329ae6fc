/** A MinIO that is there already is used as it is: not installed anew, not changed, and not taken off. */
import type { Step } from '../../../../shared/setup/plan.ts';
import type { StoragePart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { emptyPart, step, type PlanContext, type PlanPart } from '../component.ts';
import { storeKeys, storePlace, type FoundMinio } from './place.ts';
import { servicesOf } from './services.ts';
import { bucketStep } from './steps.ts';

export const adoptMinio = (context: PlanContext, storage: StoragePart, found: FoundMinio): PlanPart => ({
  ...emptyPart,
  steps: [keysStep(context, storage, found), bucketStep(context, storage, found.port, false)],
  remarks: [
    {
      level: 'note',
      message: `MinIO is here already (${found.as}, port ${String(found.port)}): it is used as it is, and no other store is installed.`,
      hint: 'MinIO gets no more fixes upstream; its data can move to another store later.',
    },
  ],
  secrets: [
    { name: 'storage.access-key', label: 'User or access key of the MinIO that is there', origin: 'given' },
    { name: 'storage.secret-key', label: 'Password or secret key of the MinIO that is there', origin: 'given' },
  ],
  services: servicesOf(found.port, found.consolePort),
});

/** So that MLflow and later runs find them in the same place as those of a store of ours. */
function keysStep(context: PlanContext, storage: StoragePart, found: FoundMinio): Step {
  const { keysFile, owner } = storePlace(context, storage);
  return step(context, {
    id: 'storage-keys',
    title: 'Keep the keys of MinIO',
    why: 'In a file that only setup reads, for MLflow and for the next run.',
    secrets: ['storage.access-key', 'storage.secret-key'],
    define: [
      storeKeys(context),
      `keys=${quoted(keysFile)}`,
      'key_now() { if has_secret "$1"; then secret "$1"; else store_key "$2"; fi; }',
      'has_keys() { [ -n "$(key_now storage.access-key ACCESS)" ] && [ -n "$(key_now storage.secret-key SECRET)" ]; }',
      'wanted_keys() {',
      '  env_line ROOT_ACCESS_KEY "$(key_now storage.access-key ACCESS)"',
      '  env_line ROOT_SECRET_KEY "$(key_now storage.secret-key SECRET)"',
      '}',
    ].join('\n'),
    check: `has_keys && wanted_keys | same_file "$keys" 600 ${quoted(owner)}`,
    apply: [
      'if ! has_keys; then',
      '  echo "The keys of MinIO were not given, and none stand here: run this again and tell them." >&2',
      '  exit 1',
      'fi',
      `if [ "$(http_status http://127.0.0.1:${String(found.port)}/minio/health/live)" != 200 ]; then`,
      `  echo "MinIO does not answer on port ${String(found.port)}: start it, or stop it for good to have another store." >&2`,
      '  exit 1',
      'fi',
      `put_dir ${quoted(context.places.configDir)} 755 ${quoted(owner)}`,
      `wanted_keys | put_file "$keys" 600 ${quoted(owner)}`,
    ].join('\n'),
    undo: 'rm -f "$keys"',
  });
}
