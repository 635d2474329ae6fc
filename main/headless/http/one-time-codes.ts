/** Ways in: one-time codes, each exchanged for a session that lasts as long as this core. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const codeLifeMs = 10 * 60_000;
/** Oldest go first; keeps memory bounded however often a window is asked for. */
const keptLimit = 100;

export interface Entrance {
  /** A code of 256 bits that works once, within ten minutes. */
  newCode(): string;
  /** A session token for a good code, else null. */
  exchange(code: string): string | null;
  isSession(token: string): boolean;
}

/** `nowMs`: a clock that only goes forward. */
export function createEntrance(nowMs: () => number): Entrance {
  // Only digests are kept, so that neither a dump nor the time a comparison takes tells a code.
  let codes: { readonly digest: Buffer; readonly endsMs: number }[] = [];
  let sessions: Buffer[] = [];

  return {
    newCode() {
      const code = randomBytes(32).toString('base64url');
      codes = [
        ...codes.filter((each) => each.endsMs > nowMs()),
        { digest: digest(code), endsMs: nowMs() + codeLifeMs },
      ];
      codes = codes.slice(-keptLimit);
      return code;
    },
    exchange(code) {
      const given = digest(code);
      const known = codes.filter((each) => timingSafeEqual(each.digest, given));
      codes = codes.filter((each) => !known.includes(each) && each.endsMs > nowMs());
      if (!known.some((each) => each.endsMs > nowMs())) return null;
      const token = randomBytes(32).toString('base64url');
      sessions = [...sessions, digest(token)].slice(-keptLimit);
      return token;
    },
    isSession(token) {
      const given = digest(token);
      return sessions.filter((each) => timingSafeEqual(each, given)).length > 0;
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
