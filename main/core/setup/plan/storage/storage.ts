/** An S3 store on the server itself: an existing MinIO is used, else VersityGW or SeaweedFS is put there. */
import type { PlanRemark, PlanSecret } from '../../../../shared/setup/plan.ts';
import type { StoragePart } from '../../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext, type PlanPart } from '../component.ts';
import { adoptMinio } from './minio.ts';
import { environmentOfUnit } from '../places.ts';
import { foundMinio, isOurs, nameOf, storePlace } from './place.ts';
import { seaweedfs } from './seaweedfs.ts';
import { servicesOf } from './services.ts';
import { accountStep, bucketStep, serviceStep } from './steps.ts';
import { hasVersitygw, versitygw, versitygwRemarks, versitygwUploads } from './versitygw.ts';

export { storeKeys, storeRegion, wiredStore } from './place.ts';

export function storagePart(context: PlanContext, storage: StoragePart): PlanPart {
  const minio = foundMinio(context);
  if (minio) return adoptMinio(context, storage, minio);
  const isVersity = storage.software === 'versitygw';
  const software = isVersity ? versitygw(context, storage) : seaweedfs(context, storage);
  return {
    ...emptyPart,
    steps: [
      ...(context.places.scope === 'system' ? [accountStep(context, storage)] : []),
      software.programStep,
      serviceStep(context, storage, software),
      bucketStep(context, storage, storage.port, isVersity),
    ],
    remarks: [
      ...impossible(context, storage),
      ...(isVersity ? versitygwRemarks(context) : []),
      ...portRemarks(context, storage),
      ...changeRemarks(context, storage),
    ],
    secrets: secretsOf(storage),
    uploads: isVersity ? versitygwUploads(context) : [],
    services: servicesOf(storage.port, storage.consolePort),
  };
}

/** SeaweedFS's console has a password of its own; VersityGW's lets the keys in. */
const secretsOf = ({ software }: StoragePart): readonly PlanSecret[] => [
  { name: 'storage.access-key', label: 'Access key of the store', origin: 'generated' },
  { name: 'storage.secret-key', label: 'Secret key of the store', origin: 'generated' },
  ...(software === 'seaweedfs'
    ? [
        {
          name: 'storage.admin-password',
          label: 'Password of the store’s console (user admin)',
          origin: 'generated',
        } as const,
      ]
    : []),
];

function impossible({ places, facts }: PlanContext, { software }: StoragePart): readonly PlanRemark[] {
  if (software === 'seaweedfs' && places.scope === 'user') {
    return [
      {
        level: 'stop',
        message: 'SeaweedFS needs root here: without it, its open ports can’t be closed to other users of the server.',
        hint: 'Choose VersityGW, or an account that may use sudo.',
      },
    ];
  }
  const { architecture } = facts.machine;
  const known = hasVersitygw(architecture);
  if (known) return [];
  return [
    {
      level: 'stop',
      message: `There is no ${software === 'seaweedfs' ? 'SeaweedFS' : 'VersityGW'} for this server’s processor (${architecture ?? ''}).`,
      hint: 'Use a store elsewhere, or keep artifacts in a folder.',
    },
  ];
}

function portRemarks(context: PlanContext, storage: StoragePart): readonly PlanRemark[] {
  const { facts, stack } = context;
  const wanted = [
    ['storage.port', 'S3 port', storage.port],
    ['storage.console-port', 'console port', storage.consolePort],
  ] as const;
  const reserved = new Set<number>([storage.port, storage.consolePort, ...(stack.mlflow ? [stack.mlflow.port] : [])]);
  return wanted.flatMap(([key, label, port]): PlanRemark[] => {
    if (stack.mlflow?.port === port) {
      return [{ level: 'stop', message: `MLflow and the store can’t both have the port ${String(port)}.`, hint: null }];
    }
    const holder = facts.ports?.find((each) => each.port === port);
    if (!holder || isOurs(context, port)) return [];
    const free = nextFree(port, (each) => reserved.has(each) || (facts.ports?.some((at) => at.port === each) ?? false));
    const environment = environmentOfUnit(holder.unit);
    const who =
      environment === null ? `taken by ${nameOf(holder)}` : `that of the environment ${environment} on this server`;
    return [
      {
        level: 'stop',
        message: `The store’s ${label} ${String(port)} is ${who}.`,
        hint: `Choose port ${String(free)}: it is free.`,
        fix: { field: key, value: free },
      },
    ];
  });
}

function nextFree(port: number, isTaken: (port: number) => boolean): number {
  let next = port < 65535 ? port + 1 : 1024;
  while (isTaken(next)) next = next < 65535 ? next + 1 : 1024;
  return next;
}

/** Objects are never moved in silence. */
function changeRemarks(context: PlanContext, storage: StoragePart): readonly PlanRemark[] {
  const was = context.finished?.storage;
  if (!was) return [];
  if (
    was.software !== storage.software ||
    storePlace(context, was).objectsDir !== storePlace(context, storage).objectsDir
  ) {
    return [
      {
        level: 'stop',
        message: `The objects in ${storePlace(context, was).objectsDir} are not moved to another store or folder.`,
        hint: 'Set up another environment beside this one, or uninstall this one first.',
      },
    ];
  }
  if (was.bucket === storage.bucket) return [];
  return [
    {
      level: 'warning',
      message: `What is in the bucket ${was.bucket} stays there; MLflow will look in ${storage.bucket}.`,
      hint: null,
    },
  ];
}
