/** Whom a Linux system asks for host names, and in which order (nsswitch.conf). */
import { failure, type Failure } from '../../shared/failure.ts';

/** The services of the `hosts:` line, without what stands in brackets; null where there is no such line. */
export function hostsOrder(text: string): readonly string[] | null {
  const line = /^[ \t]*hosts[ \t]*:(.*)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const services = line.replace(/#.*$/, '').replace(/\[[^\]]*\]/g, ' ');
  return services.split(/\s+/).filter((each) => each !== '');
}

/** What stands before the hosts file and may answer in its place; null: the file is asked first. */
export function orderTrouble(text: string | null): Failure | null {
  const order = text === null ? null : hostsOrder(text);
  if (order === null) return null;
  const at = order.indexOf('files');
  if (at < 0) {
    return failure('conflict', 'This system does not ask the hosts file for names.', {
      hint: 'Put “files” first in the “hosts:” line of /etc/nsswitch.conf.',
    });
  }
  // systemd-resolved and myhostname know the file, or only this machine's own names.
  const before = order.slice(0, at).filter((each) => !['myhostname', 'mymachines', 'resolve'].includes(each));
  const mdns = before.find((each) => each.startsWith('mdns'));
  if (mdns !== undefined) {
    return failure('conflict', `Names in .local are asked of the network (${mdns}) before the hosts file.`, {
      hint: `Put “files” before “${mdns}” in the “hosts:” line of /etc/nsswitch.conf.`,
    });
  }
  const [first] = before;
  if (first === undefined) return null;
  return failure('conflict', `Names are asked of “${first}” before the hosts file.`, {
    hint: `Put “files” before “${first}” in the “hosts:” line of /etc/nsswitch.conf.`,
  });
}
