/** A plan made and run by hand on a test server, as a careful admin would: the script alone, without Mooring. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseFacts } from '../../main/core/setup/facts/parse-facts.ts';
import { factsScript } from '../../main/core/setup/facts/script.ts';
import { placesFor } from '../../main/core/setup/plan/places.ts';
import { planStack, planUninstall } from '../../main/core/setup/plan/plan-stack.ts';
import { planScript } from '../../main/core/setup/script/plan-script.ts';
import { parseStack } from '../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../main/shared/facts.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';

const script = fileURLToPath(new URL('test-server.sh', import.meta.url));

export interface Ended {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly text: string;
}

/** Runs a command inside the server, with the words of /etc/environment as sshd's sessions have them. */
export function inServer(server: string, user: string, command: string, input = ''): Promise<Ended> {
  const login = `set -a; . /etc/environment 2>/dev/null; set +a; cd ~; ${command}`;
  const words = ['run', server, 'runuser', '-u', user, '--', 'env', `HOME=${homeOf(user)}`, 'sh', '-c', login];
  return new Promise((resolve, reject) => {
    const child = spawn(script, words);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, text });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

const homeOf = (user: string): string => (user === 'root' ? '/root' : `/home/${user}`);

/** `server`: its name, as given to startTestServer. */
export async function factsOf(server: string, user: string): Promise<ServerFacts> {
  const sentMs = Date.now();
  const { text } = await inServer(server, user, 'exec sh', factsScript);
  const facts = parseFacts(text, { sentMs, endedMs: Date.now() });
  if (!facts.ok) throw new Error(facts.error.message);
  return facts.value;
}

export async function planOn(server: string, user: string, draft: StackDraft): Promise<Plan> {
  const stack = parseStack(draft);
  if (!stack.ok) throw new Error(stack.error.message);
  return planStack(stack.value, draft, await factsOf(server, user), null);
}

export const uninstallOf = planUninstall;

/** As Mooring says it of the same stack: where it is complete, all of its secrets stand. */
export const scriptByHand = (plan: Plan, home: string): string => {
  const places = placesFor(plan.scope, plan.environment, home);
  return planScript(
    plan,
    places,
    home,
    plan.secrets.map(({ name }) => name),
  );
};

/**
 * Secrets by name; those that are not given are left empty, and so made up where that is possible. `uploadsDir`: a folder
 * there with what the plan needs of this machine.
 */
export function runByHand(
  server: string,
  user: string,
  plan: Plan,
  secrets: Partial<Record<string, string>> = {},
  option = '',
  uploadsDir = '',
): Promise<Ended> {
  const text = scriptByHand(plan, homeOf(plan.account));
  const file = `/tmp/plan-${String(process.hrtime.bigint())}.sh`;
  const answers = plan.secrets.map(({ name }) => `${secrets[name] ?? ''}\n`).join('');
  const asRoot = plan.scope === 'system' && user !== 'root' ? 'sudo -E' : '';
  const lines = String(text.split('\n').length - 1);
  // The script first, by the number of its lines; what follows are the answers.
  const command = `n=0; while [ $n -lt ${lines} ] && IFS= read -r l; do printf '%s\\n' "$l"; n=$((n+1)); done >${file}; MOORING_UPLOADS='${uploadsDir}' ${asRoot} sh ${file} ${option}; code=$?; rm -f ${file}; exit $code`;
  return inServer(server, user, command, text + answers);
}
