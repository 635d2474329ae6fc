/**
 * Nothing to run: `tsc -b` fails if one of these errors does not come. They show that a call without its name, parser
 * or handler, or with a parser that yields something else than the contract says, does not compile.
 */
import type * as z from 'zod';
import type { callNames, CallArgs, CallName, Calls } from '../../main/shared/contract.ts';
import type { Handlers } from '../../main/core/calls.ts';
import { parsers } from '../../main/core/parse-calls.ts';
import type { Exact, Parser, Parsers } from '../../main/core/parser.ts';

/** A call that was just added to the contract. */
type Grown = Calls & { 'servers.rename': { args: { serverId: string; name: string }; value: Record<never, never> } };

// @ts-expect-error -- the table of names in contract.ts is of this type: the new call's name is missing
export const names: Record<keyof Grown, true> = {} as Record<CallName, true>;

// @ts-expect-error -- the new call has no parser
export const grownParsers: { readonly [K in keyof Grown]: Parser<Grown[K]['args']> } = parsers;

// @ts-expect-error -- one parser is missing
export const fewerParsers: Parsers = {} as Omit<Parsers, 'app.quit'>;

// @ts-expect-error -- one handler is missing
export const fewerHandlers: Handlers = {} as Omit<Handlers, 'app.quit'>;

// @ts-expect-error -- a parser of another call's argument
export const swapped: Parser<CallArgs<'servers.remove'>> = parsers['notices.dismiss'];

// @ts-expect-error -- callNames holds names of calls only
export const noName: (typeof callNames)[number] = 'servers.explode';

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Differs<K extends CallName, Output> = Exact<Record<K, z.ZodType<Output>>>[K] extends {
  readonly differsFromContract: K;
}
  ? true
  : false;

/** What the schemas are held against: each of these is told apart from the contract. */
export const told: readonly true[] = [
  true satisfies Differs<'servers.move', { serverId: string }>,
  true satisfies Differs<'servers.move', { serverId: string; index: string }>,
  true satisfies Differs<'servers.remove', { serverId: string; force: boolean }>,
  // Assignable both ways, and still not the same: the optional field is forgotten.
  true satisfies Differs<'wanted.set', { serverId: string; on: boolean }>,
  true satisfies Differs<'wanted.set', { serverId: string; forwardId: string; on: boolean }>,
  true satisfies Differs<'demo.break', { fault: string }>,
  true satisfies Same<Differs<'wanted.set', { serverId: string; forwardId?: string; on: boolean }>, false>,
  true satisfies Same<Differs<'servers.remove', { readonly serverId: string }>, false>,
];
