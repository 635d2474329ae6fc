/** Servers and forwards as whole shapes, built of the fields in rules.ts. Calls take them strictly, saved files loosely. */
import * as z from 'zod';
import type { FieldFailure } from '../../shared/failure.ts';
import { formatEndpoint, webServices, type ForwardDraft, type ServiceKind } from '../../shared/forward.ts';
import * as rules from './rules.ts';

/** Far above what a person needs; keeps a hostile list from costing time. */
export const maxForwards = 100;

/** An object that refuses unknown keys (`strict`, for calls), or drops them (`loose`, for files of a newer version). */
export type ObjectBuilder = <T extends z.ZodRawShape>(what: string, shape: T) => z.ZodObject<T>;

export const strict: ObjectBuilder = (what, shape) =>
  // Output and input are the same type; only the type's own mark for strictness is dropped here.
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${what} has a field that is not known here`
        : `${what} is missing or not an object`,
  }) as unknown as z.ZodObject<typeof shape>;

export const loose: ObjectBuilder = (what, shape) =>
  z.object(shape, { error: `${what} is missing or not an object` }) as unknown as z.ZodObject<typeof shape>;

/** A list that is looked into only if it is not too long. */
export function list<T extends z.ZodType>(what: string, item: T, maxItems: number) {
  return z
    .array(z.unknown(), { error: `${what} must be a list` })
    .max(maxItems, { error: `${what} may have at most ${String(maxItems)} entries` })
    .pipe(z.array(item))
    .readonly();
}

export function loginShape(object: ObjectBuilder) {
  return z.discriminatedUnion(
    'kind',
    [
      object('Login', { kind: z.literal('auto') }),
      object('Login', { kind: z.literal('agent') }),
      object('Login', { kind: z.literal('key'), path: rules.keyPath }),
      object('Login', { kind: z.literal('password') }),
    ],
    { error: 'Login must be one of auto, agent, key, password' },
  );
}

export function forwardFields(object: ObjectBuilder) {
  return {
    label: rules.label,
    service: rules.service,
    bind: object('Local side', {
      address: rules.bindAddress,
      port: rules.bindPort,
      alsoIpv6: rules.yesOrNo('Also on IPv6'),
    }),
    target: object('Target', { host: rules.targetHost, port: rules.targetPort }),
    sendAs: object('Send as', { host: rules.sendAsHost }).nullish(),
  };
}

/** A server's own fields, without its forwards. */
export function serverFields(object: ObjectBuilder) {
  return {
    name: rules.name,
    address: rules.address,
    port: rules.port,
    user: rules.user,
    login: loginShape(object),
  };
}

export const forwardDraft = strict('Forward', forwardFields(strict)).check((context) => {
  const { sendAs, service } = context.value;
  const message = sendAs ? sendAsClash(service) : null;
  if (message !== null) context.issues.push({ code: 'custom', message, path: ['sendAs', 'host'], input: sendAs });
});

/** Why a service takes no other name than the one that its clients say; null if it does. */
export function sendAsClash(service: ServiceKind): string | null {
  if (webServices.includes(service)) return null;
  return service === 's3'
    ? 'Send as Host is not for S3: its requests are signed with the name in them, and another one would break that'
    : 'Send as Host is for services that speak HTTP: say what answers there';
}

/** A server with its forwards, which must not get in each other's way. */
export const serverDraft = strict('Server', {
  ...serverFields(strict),
  forwards: list('Forwards', forwardDraft, maxForwards).check((context) => {
    for (const clash of forwardClashes(context.value)) {
      const path = clash.path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      context.issues.push({ code: 'custom', message: clash.message, path, input: context.value });
    }
  }),
});

export const serverEdit = strict('Server', serverFields(strict));

/**
 * Forwards of one server that share a label (in whatever case) or a place to listen. The later one of two is named, by
 * a path such as `1.bind.port`.
 */
export function forwardClashes(forwards: readonly ForwardDraft[]): readonly FieldFailure[] {
  const clashes: FieldFailure[] = [];
  const labels = new Set<string>();
  const places = new Set<string>();
  forwards.forEach((forward, index) => {
    const label = forward.label.toLowerCase();
    if (labels.has(label))
      clashes.push({ path: `${String(index)}.label`, message: 'Label is in use by another forward of this server' });
    labels.add(label);
    const taken = listensOn(forward).filter((place) => places.has(place));
    for (const place of taken.slice(0, 1)) {
      const message = `Local port is in use by another forward of this server, which listens on ${place} too`;
      clashes.push({ path: `${String(index)}.bind.port`, message });
    }
    listensOn(forward).forEach((place) => places.add(place));
  });
  return clashes;
}

/** Every local endpoint of a forward, as `127.0.0.1:5001`. */
export function listensOn(forward: ForwardDraft): readonly string[] {
  const { address, port, alsoIpv6 } = forward.bind;
  const addresses = new Set(alsoIpv6 ? [address, '::1'] : [address]);
  return [...addresses].map((each) => formatEndpoint(each, port));
}

const shownIssues = 50;

/** The wrapping of a call's argument; forms know their fields without it. */
const wrappings: readonly unknown[] = ['draft', 'patch'];

/** Zod's issues as fields in plain words; at most fifty. Values never show. Paths are those within `draft` or `patch`. */
export function fieldFailures(error: z.ZodError): readonly FieldFailure[] {
  return error.issues.slice(0, shownIssues).map((issue) => ({
    // A key that is no plain word could be anything, so that it is left out.
    path: (wrappings.includes(issue.path[0]) ? issue.path.slice(1) : issue.path)
      .filter((part) => typeof part === 'number' || (typeof part === 'string' && /^\w{1,40}$/.test(part)))
      .join('.'),
    message: issue.message,
  }));
}

/** Fields to a sentence for messages: `Forward 2: Local port must be …`. */
export function describeField(field: FieldFailure): string {
  const index = /(?:^|\.)forwards\.(\d+)(?:\.|$)/.exec(field.path)?.[1];
  return index === undefined ? field.message : `Forward ${String(Number(index) + 1)}: ${field.message}`;
}

/** For `safeParse`: what to say where a shape has no words of its own. */
export const plainWords = { error: () => 'This field has a value that does not fit' };
