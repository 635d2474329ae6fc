/** What the doctor says of machines and servers, by its own judges. */
import { judgeMachine, judgeProxies, ofApp } from '../../main/core/doctor/judge-machine.ts';
import { judgeServer } from '../../main/core/doctor/judge-server.ts';
import { judgeTunnels } from '../../main/core/doctor/judge-tunnels.ts';
import { judgeWay } from '../../main/core/doctor/judge-way.ts';
import type { DoctorView } from '../../main/shared/doctor.ts';
import { failure } from '../../main/shared/failure.ts';
import type { Snapshot } from '../../main/shared/snapshot.ts';
import { factsOf } from './setup-plans.ts';
import { neighbours, nowMs, portTaken, serverOf, snapshotOf, targetFailed } from './snapshots.ts';

const machine = { variables: {}, dataFreeBytes: 5e9 } as const;
const keys = { kind: 'keys', count: 2 } as const;
const calm = { key: null, resolved: null, reached: null };

const looked = (patch: Partial<DoctorView>): DoctorView => ({
  serverId: null,
  startedMs: nowMs - 64_000,
  endedMs: nowMs - 60_000,
  cancelled: false,
  stage: null,
  findings: [],
  ...patch,
});

const lab = serverOf();
const wellFindings = [
  ...judgeMachine(snapshotOf({ servers: [lab] }), machine, keys),
  ...judgeWay(lab, calm, nowMs, []),
  ...judgeServer(lab.profile.id, factsOf()),
  ...judgeTunnels(lab, null),
];
const ill = serverOf({
  forwards: [
    { label: 'MLflow', service: 'mlflow', state: targetFailed },
    { label: 'S3 API', service: 's3', localPort: 9000, port: 9000, state: portTaken },
  ],
});
const disk = factsOf().disks?.[0];
const illFindings = [
  ...judgeMachine(
    snapshotOf({
      keychain: { kind: 'locked', name: 'KWallet', failure: failure('keychain-failed', 'KWallet is locked.') },
    }),
    machine,
    keys,
  ).filter((each) => each.id !== 'proxies'),
  ...judgeProxies({ HTTP_PROXY: 'http://proxy.example.org:3128' }, ofApp),
  ...judgeWay(ill, { ...calm, key: { path: '~/.ssh/lab', look: { kind: 'open', mode: '0644' } } }, nowMs, []),
  ...judgeServer(
    ill.profile.id,
    factsOf({
      clock: { skewMs: -3_600_000, uncertaintyMs: 50 },
      ...(disk && { disks: [{ ...disk, freeBytes: 120_000_000 }] }),
    }),
  ),
  ...judgeTunnels(ill, factsOf()),
];

export const doctorSnapshots: Readonly<Record<'none' | 'looking' | 'well' | 'ill', Snapshot>> = {
  none: snapshotOf({ servers: [lab, ...neighbours] }),
  looking: snapshotOf({
    servers: [lab, ...neighbours],
    doctor: looked({ endedMs: null, stage: 'the way to lab-vm', findings: wellFindings.slice(0, 5) }),
  }),
  well: snapshotOf({ servers: [lab, ...neighbours], doctor: looked({ findings: wellFindings }) }),
  ill: snapshotOf({ servers: [ill, ...neighbours], doctor: looked({ findings: illFindings }) }),
};
