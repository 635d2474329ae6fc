/** How a schema judges the argument of a call, and that each is the contract’s own. */
import type * as z from 'zod';
import type { CallArgs, CallName } from '../shared/contract.ts';
import { done, failed, failure, type Failure, type Reply } from '../shared/failure.ts';
import { describeField, fieldFailures, plainWords } from './servers/shapes.ts';

/** Judges an untrusted argument. Fails with `invalid-argument`, which names fields but never repeats values. */
export type Parser<T> = (args: unknown) => Reply<T>;

export type Parsers = { readonly [K in CallName]: Parser<CallArgs<K>> };

type Schemas = { readonly [K in CallName]: z.ZodType<CallArgs<K>> };

type Writable<T> = T extends object ? { -readonly [P in keyof T]: Writable<T[P]> } : T;
/** The very same type but for `readonly`; unlike assignability this sees a forgotten optional field, too. */
type Same<A, B> =
  (<T>() => T extends Writable<A> ? 1 : 2) extends <T>() => T extends Writable<B> ? 1 : 2 ? true : false;
/** Every schema yields exactly what the contract says, and there is none for a call that does not exist. */
export type Exact<S> = {
  readonly [K in keyof S]: K extends CallName
    ? S[K] extends z.ZodType
      ? Same<z.output<S[K]>, CallArgs<K>> extends true
        ? S[K]
        : { readonly differsFromContract: K }
      : never
    : never;
};

/** A parser for each call of the contract, from its schema. */
export function parsersFor<S extends Schemas>(schemas: S & Exact<S>): Parsers {
  const entries = Object.entries<z.ZodType>(schemas).map(([name, schema]) => [name, parserOf(schema)]);
  // The compiler has held each schema against its own call above; fromEntries forgets which is which.
  return Object.fromEntries(entries) as Parsers;
}

function parserOf<T>(schema: z.ZodType<T>): Parser<T> {
  return (args) => {
    const parsed = schema.safeParse(args, plainWords);
    return parsed.success ? done(parsed.data) : failed(invalid(parsed.error));
  };
}

function invalid(error: z.ZodError): Failure {
  const fields = fieldFailures(error);
  const first = fields[0];
  const malformed = error.issues.some((issue) => issue.code === 'unrecognized_keys' || issue.path.length === 0);
  const hint = malformed
    ? 'Window and app may be of different versions: reload the window, or quit Mooring and start it again.'
    : `Correct the ${String(fields.length)} fields named and try again.`;
  return failure('invalid-argument', first ? describeField(first) : 'The call has a value that does not fit', {
    ...(malformed || fields.length !== 1 ? { hint } : {}),
    fields,
  });
}
