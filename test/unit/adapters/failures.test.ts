import { describe, expect, it } from 'vitest';
import { notSsh } from '../../../main/adapters/engine/failures.ts';

describe('what is not an SSH server', () => {
  const hintAt = (port: number) => notSsh({ host: '192.0.2.1', port }, Buffer.from('HTTP/1.1 400')).hint;

  it('is a wrong port, unless it answers at the usual one', () => {
    expect(hintAt(5000)).toBe('Check the port: SSH servers usually listen on 22.');
    expect(hintAt(22)).toBe(
      'Check the address; else a firewall or a proxy on the way answers, or another service has the port there.',
    );
  });
});
