import { failure, type Failure } from '../../shared/failure.ts';
import type { PortHolder } from '../../shared/snapshot.ts';
import { describeHolder } from '../../shared/words.ts';

/**
 * Who holds a local port, and what to do. `ours`: another tunnel of ours, in words. AirPlay's receiver sits in
 * ControlCenter, which lsof cuts to ControlCe (platform facts: macOS Monterey and later).
 */
export function describeTaken(port: number, holder: PortHolder | null, ours: string | null): Failure {
  const wait = 'It comes up by itself when the port is free, or choose another port.';
  if (ours !== null) {
    return failure('port-taken', `Port ${String(port)} is already used by ${ours} in Mooring.`, { hint: wait });
  }
  if (holder?.program?.startsWith('ControlCe')) {
    return failure('port-taken', `Port ${String(port)} is held by the AirPlay Receiver of macOS.`, {
      hint: 'Choose another port, or switch it off in System Settings → General → AirDrop & Handoff → AirPlay Receiver.',
    });
  }
  return failure('port-taken', `Port ${String(port)} is held by ${describeHolder(holder)}.`, { hint: wait });
}
