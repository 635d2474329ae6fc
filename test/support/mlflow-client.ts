/** MLflow's own Python client on this machine, against a tracking server that is reached by a tunnel. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LiveCore } from './live-core.ts';
import type { MlflowVenv } from './mlflow-venv.ts';

const run = promisify(execFile);

/** What the client read of a run. */
export interface ReadRun {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly status: string;
  /** Of its one artifact. */
  readonly note: string;
}

export interface MlflowClient {
  /** Logs a run with a param, a metric in steps, and an artifact; gives its id. */
  log(name: string): Promise<string>;
  read(runId: string): Promise<ReadRun>;
}

const logging = `
import sys, mlflow
mlflow.set_experiment("by the client")
with mlflow.start_run(run_name=sys.argv[1]) as run:
    mlflow.log_param("rate", 0.1)
    for step in range(3):
        mlflow.log_metric("loss", 1 / (1 + step), step=step)
    mlflow.log_text("a note of " + sys.argv[1], "note.txt")
print("run=" + run.info.run_id)
`;
const reading = `
import json, sys, mlflow
run = mlflow.get_run(sys.argv[1])
path = mlflow.artifacts.download_artifacts(run_id=sys.argv[1], artifact_path="note.txt")
print("run=" + json.dumps({"name": run.info.run_name, "params": run.data.params, "metrics": run.data.metrics,
    "status": run.info.status, "note": open(path).read()}))
`;

/** With what Mooring hands out for this environment, the password too. */
export function mlflowClient(venv: MlflowVenv, app: LiveCore, environment: string): MlflowClient {
  async function python(program: string, word: string): Promise<string> {
    const { profile } = app.server();
    const { text } = await app.call('environment.text', {
      serverId: profile.id,
      environment,
      format: 'python',
      withSecrets: true,
    });
    const folder = mkdtempSync(join(tmpdir(), 'mooring-client-'));
    try {
      const running = run(venv.python, ['-', word], {
        cwd: folder,
        timeout: 120_000,
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          TMPDIR: folder,
          MLFLOW_DISABLE_TELEMETRY: 'true',
          DO_NOT_TRACK: 'true',
        },
      });
      running.child.stdin?.end(`${text}\n${program}`);
      const { stdout } = await running;
      const said = /^run=(.*)$/m.exec(stdout)?.[1];
      if (said === undefined) throw new Error(stdout);
      return said;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return {
    log: (name) => python(logging, name),
    read: async (runId) => JSON.parse(await python(reading, runId)) as ReadRun,
  };
}
