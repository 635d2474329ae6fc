/**
 * The window's files at app://mooring/, under the same policy as over HTTP. A scheme of our own instead of file://
 * (security checklist 18): no other file of the machine can be reached through it.
 */
import { randomBytes } from 'node:crypto';
import { protocol, type Session } from 'electron';
import { uiDir } from '../headless/app-root.ts';
import { securityHeaders } from '../headless/http/security-headers.ts';
import { readUiFile } from '../headless/http/ui-files.ts';

export const uiOrigin = 'app://mooring';

/** Only before the app is ready. */
export function registerUiScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
}

export function serveUi(session: Session): void {
  session.protocol.handle('app', async (request) => answer(request.method, new URL(request.url)));
}

async function answer(method: string, url: URL): Promise<Response> {
  const nonce = randomBytes(16).toString('base64');
  const headers = securityHeaders(nonce);
  const nothing = new Response(null, { status: 404, headers });
  if (method !== 'GET' || url.host !== 'mooring') return nothing;
  const path = decodePath(url.pathname);
  if (path === null) return nothing;
  const file = await readUiFile(uiDir, path);
  if (!file) return nothing;
  const withType = { headers: { ...headers, 'Content-Type': file.type } };
  return path === '/index.html'
    ? new Response(file.bytes.toString('utf8').replaceAll('__CSP_NONCE__', nonce), withType)
    : new Response(new Uint8Array(file.bytes), withType);
}

/** Null for an escape that stands for no text. */
function decodePath(pathname: string): string | null {
  try {
    return pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
  } catch {
    return null;
  }
}
