/** A script or folder of the person's own: brought to the server, and run there. */
import type { ScriptPart } from '../../../../shared/setup/stack.ts';
import type { PlanRemark, Step } from '../../../../shared/setup/plan.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { emptyPart, step, type PlanContext, type PlanPart } from '../component.ts';
import { runFunctions, uploadFunctions } from './functions.ts';
import { baseName, isPlaybook, mayNotBeRoot } from './paths.ts';

/** What it is called among the uploads. */
const uploadName = 'script';

export function ownScriptPart(context: PlanContext, script: ScriptPart): PlanPart {
  return {
    ...emptyPart,
    remarks: remarksOn(context, script),
    uploads: [{ name: uploadName, path: script.path }],
    steps: [uploadStep(context, script), ...runSteps(context, script)],
  };
}

/** Where it lies on the server. */
const scriptFolder = ({ places, stack, home }: PlanContext): string =>
  `${places.scope === 'system' ? places.programDir : `${home}/.local/share/mooring`}/scripts/${stack.environment}`;

function remarksOn({ facts }: PlanContext, script: ScriptPart): readonly PlanRemark[] {
  const remarks: PlanRemark[] = [
    {
      level: 'note',
      message: 'What your own scripts change on the server is known to them alone: uninstalling takes off their files.',
      hint: null,
    },
  ];
  const playbook = script.run.find(isPlaybook);
  if (playbook !== undefined) {
    remarks.push({
      level: 'stop',
      message: `${playbook} looks like an Ansible playbook, which is not run on the server.`,
      hint: `Give the playbook itself as the script, such as ${script.path.replace(/[/\\]+$/, '')}/${playbook}: this machine’s ansible-playbook runs it.`,
    });
  }
  if (mayNotBeRoot(script, facts)) {
    remarks.push({
      level: 'stop',
      message: 'This account may not become root on the server, so the script can’t be run as root.',
      hint: 'Switch “Run as root” off, or log in with an account that may use sudo.',
    });
  }
  return remarks;
}

const variables = (context: PlanContext, script: ScriptPart): string =>
  [
    `folder=${quoted(scriptFolder(context))}`,
    `path=${quoted(script.path)}`,
    `name=${quoted(baseName(script.path))}`,
    'uploaded=$MOORING_UPLOADS/' + uploadName,
    // Names of what was brought, each ended by a zero byte, in order.
    'list=$MOORING_STACK/script.files',
  ].join('\n');

function uploadStep(context: PlanContext, script: ScriptPart): Step {
  const folder = scriptFolder(context);
  const owner = context.places.scope === 'system' ? 'root' : context.account;
  return step(context, {
    id: 'script-upload',
    title: `Bring ${baseName(script.path)} to the server`,
    why: `It lies in ${folder}, for ${owner} alone. What the scripts made there before stays.`,
    // Not set where the script is run by hand.
    define: `MOORING_UPLOADS=\${MOORING_UPLOADS-}\n${variables(context, script)}\n${uploadFunctions}`,
    check: `
[ -n "$MOORING_UPLOADS" ] && [ -d "$uploaded" ] && [ -d "$folder" ] && [ -f "$list" ] &&
  files_of "$uploaded" | cmp -s - "$list" &&
  [ "$(seal "$folder")" = "$(seal "$uploaded")" ]`,
    apply: `
if [ -z "$MOORING_UPLOADS" ] || [ ! -d "$uploaded" ]; then
  echo "The files of $path are not on this server. To run this by hand, put them into a folder FOLDER/${uploadName}" >&2
  echo 'and begin with: MOORING_UPLOADS=FOLDER' >&2
  exit 1
fi
put_dir "$folder" 700 "$(id -un)"
mkdir -p "$MOORING_STACK"
files_of "$uploaded" >"$list.new"
# What is no longer part of it goes; then all that comes is noted before it comes.
if [ -f "$list" ]; then comm -z -23 "$list" "$list.new" | drop_files; fi
mv "$list.new" "$list"
tar -C "$uploaded" --null --no-recursion -T "$list" -cf - | tar -C "$folder" --no-same-owner -xpf - || not_written
echo "$(tr -cd '\\000' <"$list" | wc -c) files and folders are in $folder."`,
    verify: '[ "$(seal "$folder")" = "$(seal "$uploaded")" ] || not_written',
    undo: `
if [ -f "$list" ]; then drop_files <"$list"; fi
rm -f "$list" "$list.new"
drop_dir "$folder"`,
    removeData: `
if was_made "dir-$(printf '%s' "$folder" | tr / _)"; then
  rm -rf "$folder"
  drop_dir "$folder"
fi`,
    data: `What the scripts made in ${folder}`,
  });
}

/** Whether it is a file or a folder is known on the server only; its name tells well enough what to call the steps. */
function runSteps(context: PlanContext, script: ScriptPart): readonly Step[] {
  const name = baseName(script.path);
  if (script.run.length > 0) {
    return script.run.map((each, at) =>
      runStep(context, script, {
        id: `script-run-${String(at + 1)}`,
        title: `Run ${each}`,
        apply: `run_it ${quoted(each)}`,
      }),
    );
  }
  if (/\.[A-Za-z0-9]{1,5}$/.test(name)) {
    const apply = 'if is_file; then run_it "$name"; else run_usual install.sh run_tests.sh; fi';
    return [runStep(context, script, { id: 'script-run', title: `Run ${name}`, apply })];
  }
  return [
    runStep(context, script, {
      id: 'script-install',
      title: 'Run install.sh',
      check: '! is_file && [ ! -f "$folder/install.sh" ] && [ -f "$folder/run_tests.sh" ]',
      apply: 'if is_file; then run_it "$name"; else run_usual install.sh; fi',
    }),
    runStep(context, script, {
      id: 'script-run-tests',
      title: 'Run run_tests.sh',
      check: '[ -d "$folder" ] && { is_file || [ ! -f "$folder/run_tests.sh" ]; }',
      apply: 'run_usual run_tests.sh',
    }),
  ];
}

/** Without a check it is run each time it is asked for. */
function runStep(
  context: PlanContext,
  script: ScriptPart,
  { id, title, check = '', apply }: Pick<Step, 'id' | 'title' | 'apply'> & { readonly check?: string },
): Step {
  const command = [...script.args].map((each) => JSON.stringify(each)).join(' ');
  return step(context, {
    id,
    title,
    why: `In ${scriptFolder(context)}${command === '' ? '' : `, with ${command}`}; its exit code is the result.`,
    define: `${variables(context, script)}\n${runFunctions}
arguments() { set -- ${words(...script.args)}; start "$@"; }
start() { env -u MOORING_SECRETS -u MOORING_UPLOADS ${words(...script.env)} $run_with "./$run_name" "$@"; }`,
    check,
    apply,
    verify: 'true',
  });
}
