/** A page of two sentences for where the window can't be shown. Its texts are ours: nothing from outside goes in. */
import type { Context } from 'hono';

export function plainPage(context: Context, status: 401 | 404 | 500 | 503, message: string, hint: string): Response {
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mooring</title><h1>Mooring</h1><p>${message}</p><p>${hint}</p></html>`,
    status,
  );
}
