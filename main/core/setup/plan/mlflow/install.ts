/** uv, and with it MLflow in a virtual environment of its own: no root, no pip and nothing of the system's Python needed. */
import type { Step } from '../../../../shared/setup/plan.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { step } from '../component.ts';
import { fetchedPython, type MlflowSetting } from './setting.ts';
import { networkFunctions, uvFunctions, uvVersion } from '../package-index.ts';

export const installSteps = (setting: MlflowSetting): readonly Step[] => [uvStep(setting), installStep(setting)];

function uvStep({ context, programDir, python }: MlflowSetting): Step {
  const { places, facts } = context;
  const interpreter = python?.path ?? facts.pythons?.[0]?.path ?? 'python3';
  return step(context, {
    id: 'uv',
    title: `Fetch uv ${uvVersion}`,
    why: 'It installs Python programs in seconds, each with packages of its own, and leaves the system’s Python alone.',
    define: `${networkFunctions}\n${uvFunctions(places.programDir, places.scope)}\nprogram=${quoted(programDir)}\n${canVenv(interpreter)}\n${hasPrograms(places.programDir)}`,
    check: '[ -x "$(pinned_uv)" ] || [ -e "$program/complete" ]',
    apply: `
network_settings
${places.scope === 'system' ? `if ! has ${quoted(interpreter)} && has apt-get; then apt_install python3; fi\n` : ''}trouble=$(mktemp)
say 'fetches uv ${uvVersion}'
if fetch_uv ${quoted(interpreter)} 2>"$trouble"; then
  rm -f "$trouble"
  "$(pinned_uv)" --version
else
  cat "$trouble" >&2
  if grep -q '^No answer from' "$trouble"; then
    # Nor would it answer pip.
    explain_network "$trouble" ${quoted(places.programDir)}
    rm -f "$trouble"
    exit 1
  elif [ -n "$(found_uv)" ]; then
    echo "uses the uv that is there: $(found_uv)"
  elif can_venv; then
    echo 'goes on with pip, which takes longer'
  ${places.scope === 'system' ? `elif has apt-get && apt_install python3-venv && can_venv; then\n    echo 'goes on with pip, which takes longer'\n  ` : ''}else
    explain_network "$trouble" ${quoted(places.programDir)}
    rm -f "$trouble"
    exit 1
  fi
  rm -f "$trouble"
fi`,
    verify: '[ -n "$(found_uv)" ] || can_venv',
    undo: `
if ! has_programs; then
  rm -rf "$(dirname "$(pinned_uv)")" ${words(`${places.programDir}/python`, `${places.programDir}/cache`)}
  ${places.scope === 'system' ? 'apt_remove python3-venv' : ':'}
fi`,
    undone: 'has_programs',
  });
}

/** Of other environments, say, which may need uv and its Python still. */
const hasPrograms = (programDir: string): string =>
  `has_programs() { ls ${quoted(programDir)}/*/pyvenv.cfg >/dev/null 2>&1; }`;

const canVenv = (interpreter: string): string =>
  `can_venv() { ${quoted(interpreter)} -c 'import ensurepip, venv, sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }`;

function installStep(setting: MlflowSetting): Step {
  const { context, mlflow, packages, programDir } = setting;
  const { places } = context;
  return step(context, {
    id: 'mlflow-install',
    title: `Install MLflow ${mlflow.version}`,
    why: `Into ${programDir}, with ${packages.slice(1).join(', ') || 'what its login needs'}; from the Python package index.`,
    define: `${networkFunctions}\n${uvFunctions(places.programDir, places.scope)}\n${installFunctions(setting)}\n${dropOldPrograms}`,
    check: '[ -e "$program/complete" ] && [ -x "$program/bin/python" ] && [ -x "$program/bin/mlflow" ]',
    apply: `
network_settings
uv=$(found_uv)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A half of one, of a run that was cut off, is begun anew; what was fetched already lies in the cache.
rm -rf "$program"
say 'makes a virtual environment'
if [ -n "$uv" ]; then install_by_uv; else install_by_pip; fi
echo ${quoted(packages.join(' '))} >"$program/complete.new"
mv "$program/complete.new" "$program/complete"
rm -rf "$programs/cache"`,
    verify: `
[ -e "$program/complete" ]
"$program/bin/python" -c 'import sys
from importlib.metadata import version
found = version("mlflow")
sys.exit(None if found == sys.argv[1] else "MLflow %s was installed instead of %s." % (found, sys.argv[1]))' ${quoted(mlflow.version)}`,
    undo: `
drop_old_programs
rm -rf "$programs/cache"`,
  });
}

/** A shell function; `programs` and `unit_dir` are set before. Another environment may run from what this one leaves. */
export const dropOldPrograms = String.raw`
# drop_old_programs: those that no unit runs from any more, as after a change of version.
drop_old_programs() {
  for each in "$programs"/mlflow-*; do
    if [ -d "$each" ] && ! grep -qsF "$each/bin/" "$unit_dir"/mooring-*.service; then rm -rf "$each"; fi
  done
}
`.trim();

const installFunctions = ({ context, packages, programDir, python }: MlflowSetting): string => String.raw`
program=${quoted(programDir)}
programs=${quoted(context.places.programDir)}
unit_dir=${quoted(context.places.unitDir)}

explain_install() {
  tail -n 30 "$log" >&2
  explain_network "$log" "$programs"
  return 1
}

install_by_uv() {
  UV_CACHE_DIR=$programs/cache
  UV_PYTHON_INSTALL_DIR=$programs/python
  UV_NO_PROGRESS=1
  UV_HTTP_TIMEOUT=60
  export UV_CACHE_DIR UV_PYTHON_INSTALL_DIR UV_NO_PROGRESS UV_HTTP_TIMEOUT
  if ! "$uv" venv -q --python ${quoted(python?.path ?? fetchedPython)} "$program" >"$log" 2>&1; then
    ${
      python === null
        ? `tail -n 5 "$log" >&2
    echo 'No Python that MLflow can run on is here (it needs 3.10 or newer), and uv could not fetch one from GitHub.' >&2
    echo 'Install a newer Python (python3.12, for instance), or let this server reach github.com, and try again.' >&2
    return 1`
        : 'explain_install'
    }
  fi
  # Compiled now, since the service may not write there: without it every start would take seconds longer.
  "$uv" pip install --python "$program/bin/python" --compile-bytecode --no-build ${words(...packages)} >"$log" 2>&1 &
  installer=$!
  told=
  while kill -0 "$installer" 2>/dev/null; do
    sleep 1
    all=$(sed -n 's/^Resolved \([0-9]*\) packages.*/\1/p' "$log" | tail -n 1)
    if grep -q '^Installed' "$log"; then
      now='compiles the packages'
    elif [ -n "$all" ]; then
      fetched=$(ls "$UV_CACHE_DIR/archive-v0" 2>/dev/null | wc -l)
      if [ "$fetched" -gt "$all" ]; then fetched=$all; fi
      now="$fetched of $all packages"
    else
      now='finds out what is needed'
    fi
    if [ "$now" != "$told" ]; then say "$now"; fi
    told=$now
  done
  wait "$installer" || explain_install
  grep -E '^(Resolved|Prepared|Installed|Bytecode)' "$log" || true
}

install_by_pip() {
  if ! ${quoted(python?.path ?? 'python3')} -m venv "$program" >"$log" 2>&1; then explain_install; fi
  say 'installs by pip: this takes some minutes'
  "$program/bin/python" -m pip install --disable-pip-version-check --no-input --no-cache-dir --only-binary :all: ${words(...packages)} >"$log" 2>&1 ||
    explain_install
  tail -n 1 "$log"
}
`;
