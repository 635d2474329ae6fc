/** What on and off mean for a server and its forwards. Pure. */
import type { ServerProfile } from '../../shared/server.ts';

/** Turning a server on brings up the forwards that were on; all, if none was. */
export function wishServer(server: ServerProfile, on: boolean): ServerProfile {
  const noneOn = !server.forwards.some((each) => each.wanted);
  const forwards = on && noneOn ? server.forwards.map((each) => ({ ...each, wanted: true })) : server.forwards;
  return { ...server, wanted: on, forwards };
}

/** Turning a forward on while its server is off brings up the server with this forward alone. */
export function wishForward(server: ServerProfile, forwardId: string, on: boolean): ServerProfile {
  const alone = on && !server.wanted;
  const forwards = server.forwards.map((each) => {
    if (each.id === forwardId) return { ...each, wanted: on };
    return alone ? { ...each, wanted: false } : each;
  });
  return { ...server, wanted: server.wanted || on, forwards };
}
