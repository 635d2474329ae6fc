/**
 * What earlier stacks of an environment have put on the server and the present one does not have: it stays listed, so
 * that uninstalling takes it off as well. And the tunnels to what no longer answers.
 */
import type { Plan, PlanService, Step } from '../../../shared/setup/plan.ts';

/** What takes a step off, and with it what it put there. */
const wayOff = ({ id, undo, removeData }: Step): string => [id, undo, removeData].join('\n');

const leavesSomething = ({ undo, removeData }: Step): boolean => undo.trim() !== '' || removeData.trim() !== '';

/** The steps of each earlier stack that neither the plan nor those before it would take off. */
function leftSteps({ steps }: Plan, earlier: readonly Plan[]): readonly ReadonlySet<Step>[] {
  const known = new Set(steps.map(wayOff));
  return earlier.map((former) => {
    const left = former.steps.filter((each) => leavesSomething(each) && !known.has(wayOff(each)));
    for (const each of left) known.add(wayOff(each));
    return new Set(left);
  });
}

/** Those of the earlier stacks that have to be remembered, once the plan has been run. */
export function stillThere(plan: Plan, earlier: readonly Plan[]): readonly Plan[] {
  const left = leftSteps(plan, earlier);
  return earlier.filter((_, at) => (left[at]?.size ?? 0) > 0);
}

/**
 * A plan to be uninstalled, with what earlier stacks have left: each step behind the one that it once followed, so that
 * it is taken off before that.
 */
export function withFormer(plan: Plan, formers: readonly Plan[]): Plan {
  const steps = [...plan.steps];
  const left = leftSteps(plan, formers);
  formers.forEach((former, index) => {
    let at = 0;
    for (const each of former.steps) {
      const here = steps.findIndex(({ id }) => id === each.id);
      at = Math.max(at, here + 1);
      if (left[index]?.has(each) !== true) continue;
      steps.splice(at, 0, { ...each, id: freeId(each.id, steps) });
      at += 1;
    }
  });
  return { ...plan, steps };
}

function freeId(id: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((each) => each.id));
  let free = id;
  for (let number = 2; taken.has(free); number += 1) free = `${id}-${String(number)}`;
  return free;
}

/** What an environment has had until now, as its manifest says. */
export interface Before {
  readonly services: readonly Pick<PlanService, 'port'>[];
  /** Of a change that was cut off: its tunnels are there still. */
  readonly gone: readonly number[];
}

/** Where its tunnels lead. */
export const portsOf = ({ services, gone }: Before): readonly number[] => [
  ...new Set([...gone, ...services.map(({ port }) => port)]),
];

/** The plan, with the ports where nothing of this environment will answer any more. */
export function withGone(plan: Plan, before: Before): Plan {
  const kept = new Set(plan.services.map(({ port }) => port));
  const ports = portsOf(before).filter((port) => !kept.has(port));
  if (ports.length === 0) return plan;
  const [noun, verb] = ports.length === 1 ? ['tunnel to port', 'goes'] : ['tunnels to ports', 'go'];
  return {
    ...plan,
    gone: ports,
    remarks: [
      ...plan.remarks,
      {
        level: 'note',
        message: `The ${noun} ${ports.join(' and ')} of the server ${verb}: nothing of this environment answers there any more.`,
        hint: null,
      },
    ],
  };
}
