/** What tutorials have people make for MLflow, and a stand-in for it that starts in a moment. */
import { inServer } from './plan-on-server.ts';

/** What of MLflow matters here, started in a moment. It does not start where a file says so, or only when another is gone. */
export const standIn = `#!/usr/bin/python3
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
while os.path.exists("/tmp/not-yet"):
    time.sleep(0.1)
words = dict(zip(sys.argv[2::2], sys.argv[3::2]))
host = words.get("--host", os.environ.get("MLFLOW_HOST", "127.0.0.1"))
if os.path.exists("/tmp/refuse-" + host):
    sys.exit("no way to " + host)
if os.path.exists("/tmp/refuse-units") and "INVOCATION_ID" in os.environ:
    sys.exit("not as a unit")
store = words.get("--backend-store-uri", os.environ.get("MLFLOW_BACKEND_STORE_URI", "sqlite:///mlflow.db"))
open(store.replace("sqlite:///", ""), "a").close()
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Basic YWRtaW46cGFzc3dvcmQxMjM0"
        self.send_response(200 if known or "LOGIN" not in os.environ or self.path == "/health" else 401)
        self.end_headers()
        self.wfile.write((os.environ.get("WORD", "") + " " + store).encode())
    def log_message(self, *args): pass
ThreadingHTTPServer((host, int(words["--port"])), Handler).serve_forever()
`;

export const startScript = `#!/bin/bash
# listens with --host 0.0.0.0
cd ~/mlflow-server
export ALLOWED_HOSTS="*"
mlflow server \\
  --host 0.0.0.0 \\
  --port 5001 \\
  --allowed-hosts "*"
`;

/** The way of a tutorial: a virtual environment, a script, a unit that runs it. */
const realScript = `#!/bin/bash
# Start MLflow server
cd ~/mlflow-server
source venv/bin/activate
export MLFLOW_ALLOWED_HOSTS="*"
export MLFLOW_AUTH_CONFIG_PATH=$HOME/mlflow-server/basic_auth.ini
export MLFLOW_FLASK_SERVER_SECRET_KEY=from-the-tutorial
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false

mlflow server \\
  --backend-store-uri "sqlite:///mlflow.db" \\
  --artifacts-destination ./mlartifacts \\
  --host 0.0.0.0 \\
  --port 5000 --workers 1 \\
  --app-name basic-auth \\
  --allowed-hosts "*"
`;
export const realUnit = `[Unit]
Description=MLflow Tracking Server
After=network.target
[Service]
Type=simple
User=ubuntu
WorkingDirectory=/home/ubuntu/mlflow-server
ExecStart=/home/ubuntu/mlflow-server/start-mlflow.sh
Restart=always
RestartSec=10
[Install]
WantedBy=multi-user.target
`;
const iniFile = `[mlflow]
default_permission = READ
database_uri = sqlite:///basic_auth.db
admin_username = admin
admin_password = Sesame-open-1
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
`;

/** MLflow as that script wants it, in ~/mlflow-server of ubuntu; done once for a server. It does not run yet. */
export async function installTutorialMlflow(server: string): Promise<void> {
  const made = await inServer(
    server,
    'root',
    `[ -x /home/ubuntu/mlflow-server/venv/bin/mlflow ] || {
      apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null 2>&1
      runuser -u ubuntu -- sh -c 'set -a; . /etc/environment; mkdir -p ~/mlflow-server; cd ~/mlflow-server && python3 -m venv venv && venv/bin/pip -q install uv && venv/bin/uv pip install -q --python venv/bin/python "mlflow[auth]==3.17.2"'
    }`,
  );
  if (made.code !== 0) throw new Error(made.text);
  const write = (path: string, text: string) => inServer(server, 'ubuntu', `cat >${path}; chmod 755 ${path}`, text);
  await write('~/mlflow-server/start-mlflow.sh', realScript);
  await write('~/mlflow-server/basic_auth.ini', iniFile);
}
