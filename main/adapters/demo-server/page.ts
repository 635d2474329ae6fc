/** The demo server's page: one file without anything from outside, in light and dark. */
import { createHash } from 'node:crypto';

/** One made-up measurement. `step` is the second since the demo server started. */
export interface DemoLine {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** A curve that falls, with a little wobble, and begins again every five minutes. Always the same for the same step. */
export function lineAt(step: number): DemoLine {
  const progress = Math.exp(-(step % 300) / 70);
  const wobble = Math.sin(step * 1.7) * 0.03 + Math.sin(step * 0.37) * 0.02;
  const round = (value: number) => Math.round(value * 10_000) / 10_000;
  return { step, loss: round(0.25 + 2 * progress + wobble), accuracy: round(0.94 - 0.8 * progress - wobble / 2) };
}

const experiments = [
  { name: 'harbour-baseline', runs: 12, metric: 'accuracy 0.871', note: 'A first try' },
  { name: 'harbour-wider', runs: 8, metric: 'accuracy 0.902', note: 'Twice as wide & slower' },
  { name: 'tide-forecast', runs: 31, metric: 'loss 0.284', note: 'Best at low water' },
];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? '');
}

const style = `
:root { color-scheme: light dark; --ink: #1b2a33; --soft: #5a6b75; --paper: #f4f7f8; --card: #ffffff; --line: #d8e0e4;
  --accent: #0b7285; --warn: #a04a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4ecef; --soft: #9db0ba; --paper: #11191e; --card: #18232a;
  --line: #2b3a43; --accent: #4fc3d9; --warn: #ffb067; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.badge { display: inline-block; font-size: .75rem; font-weight: 600; letter-spacing: .05em; text-transform: uppercase;
  color: var(--accent); border: 1px solid var(--accent); border-radius: 99px; padding: 0 .6rem; vertical-align: middle; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; margin-top: 1rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; border-top: 0; }
svg { display: block; width: 100%; height: 7rem; margin: .5rem 0; }
polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; }
#state.away { color: var(--warn); }
output { font-variant-numeric: tabular-nums; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
a { color: var(--accent); }
`;

const script = `
'use strict';
const byId = (id) => document.getElementById(id);
const losses = [];
let lastStep = null, lastMs = 0, missed = 0, source;
function say(text, away) {
  const state = byId('state');
  if (state.textContent === text) return;
  state.textContent = text;
  state.className = away ? 'away' : '';
}
function show(line) {
  if (lastStep !== null && line.step > lastStep + 1) missed += line.step - lastStep - 1;
  lastStep = line.step;
  lastMs = Date.now();
  losses.push(line.loss);
  if (losses.length > 120) losses.shift();
  const points = losses.map((loss, index) => (index * 300 / 119).toFixed(1) + ',' + (98 - loss * 40).toFixed(1));
  byId('curve').setAttribute('points', points.join(' '));
  byId('step').textContent = line.step;
  byId('loss').textContent = line.loss.toFixed(4);
  byId('accuracy').textContent = line.accuracy.toFixed(4);
  byId('missed').textContent = missed;
  say('● Live: one line a second through the tunnel', false);
}
function open() {
  source = new EventSource('/stream');
  source.onmessage = (event) => { try { show(JSON.parse(event.data)); } catch { /* Half a line: the next one is whole. */ } };
  source.onerror = () => {
    say('◐ The stream broke; the page tries again by itself', true);
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 1000);
  };
}
setInterval(() => {
  if (lastMs && Date.now() - lastMs > 3000) say('◐ No line for a while; waiting for the tunnel', true);
}, 1000);
open();
`;

const rows = experiments
  .map((each) => {
    const cells = [each.name, String(each.runs), each.metric, each.note].map((cell) => `<td>${escapeHtml(cell)}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  })
  .join('\n');

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mooring demo server</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>Mooring’s demo tracking server <span class="badge">Demo</span></h1>
<p class="soft">If you came here by a tunnel, it works: this page passed through SSH. The server runs inside Mooring on this machine,
it is not MLflow, and every number on it is made up.</p>
<section aria-labelledby="live">
<h2 id="live">Live run <span class="badge">Made up</span></h2>
<p id="state" role="status">◐ Connecting</p>
<svg viewBox="0 0 300 100" preserveAspectRatio="none" role="img" aria-label="Falling loss curve"><polyline id="curve" points=""/></svg>
<table>
<tr><th scope="col">Step</th><th scope="col">Loss</th><th scope="col">Accuracy</th><th scope="col">Lines missed</th></tr>
<tr><td><output id="step">–</output></td><td><output id="loss">–</output></td><td><output id="accuracy">–</output></td>
<td><output id="missed">0</output></td></tr>
</table>
<p class="soft">Break the connection from Mooring’s window and watch this part stop and come back without a reload.</p>
</section>
<section aria-labelledby="experiments">
<h2 id="experiments">Experiments <span class="badge">Made up</span></h2>
<table>
<tr><th scope="col">Name</th><th scope="col">Runs</th><th scope="col">Best</th><th scope="col">Note</th></tr>
${rows}
</table>
</section>
<section aria-labelledby="try">
<h2 id="try">More to try</h2>
<p><a href="/download?mb=32" download>Download 32 MB</a> to see the traffic counters move, or ask
<code>/health</code>, <code>/version</code> and <code>/stream</code> from a terminal.</p>
</section>
</main>
<script>${script}</script>
</body>
</html>
`;

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page and the policy under which it may do no more than it needs. */
export const page = {
  html,
  contentSecurityPolicy: [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
