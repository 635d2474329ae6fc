/** Pages that are not the window. Their texts are ours: nothing from outside goes in. */
import type { Context } from 'hono';

/** Two sentences for where the window can't be shown. */
export function plainPage(context: Context, status: 401 | 404 | 500 | 503, message: string, hint: string): Response {
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mooring</title><h1>Mooring</h1><p>${message}</p><p>${hint}</p></html>`,
    status,
  );
}

/**
 * Goes on to a path by itself. Unlike a redirect it makes the next request one of our own site: browsers keep a strict
 * cookie to themselves along redirects from elsewhere, and the window is opened from a file. Without the empty icon they
 * would ask for one at the root, where the cookie does not go.
 */
export function onwardPage(context: Context, path: string): Response {
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mooring</title><link rel="icon" href="data:,"><meta http-equiv="refresh" content="0; url=${path}"><p><a href="${path}">Open Mooring</a></p></html>`,
  );
}
