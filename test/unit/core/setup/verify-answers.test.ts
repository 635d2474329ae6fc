import { describe, expect, it } from 'vitest';
import { answerFailure, errorCodeOf, saidBy } from '../../../../main/core/setup/verify/answers.ts';
import { encodePath, parseArtifactUri, runFolder } from '../../../../main/core/setup/verify/artifact-uri.ts';
import type { HttpAnswer } from '../../../../main/core/setup/verify/http-client.ts';
import { failureText } from '../../../../main/shared/failure.ts';

const answer = (status: number, text: string, headers: Record<string, string> = {}): HttpAnswer => ({
  status,
  headers,
  body: { kind: 'text', text, truncated: false },
  sent: null,
  tookMs: 1,
});
const login = { user: 'ada', password: 'pw-geheim' };
const asked = { what: 'take an artifact', host: 'lab.local:5000', login };
const said = (message: string) => JSON.stringify({ error_code: 'INTERNAL_ERROR', message });

describe('artifact URIs', () => {
  it.each([
    ['mlflow-artifacts:/1/abc/artifacts', 'proxied', 'mlflow-artifacts:/1/…'],
    ['mlflow-artifacts://host:5000/1/abc/artifacts', 'proxied', 'mlflow-artifacts://host:5000/1/…'],
    ['http://h:1/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts', 'proxied', 'http://h:1/api/…'],
    ['s3://key:geheim@bucket/some/where', 'direct', 's3://bucket/some/…'],
    ['S3://bucket', 'direct', 'S3://bucket'],
    ['wasbs://box@acc.blob.core.windows.net/p/q?sig=geheim', 'direct', 'wasbs://box@acc.blob.core.windows.net/p/…'],
    ['gs://bucket/x', 'direct', 'gs://bucket/x'],
    ['file:///srv/mlruns/1/abc/artifacts', 'folder', 'file:///srv/mlruns/1/…'],
    ['/srv/mlruns/0', 'folder', '/srv/mlruns/0'],
    ['./mlruns/0', 'folder', './mlruns/0'],
    ['', 'folder', ''],
  ])('%s is %s', (uri, kind, shown) => {
    expect(parseArtifactUri(uri)).toMatchObject({ kind, shown });
  });

  it('give the path below the server’s artifacts, and the host where one is named', () => {
    expect(parseArtifactUri('mlflow-artifacts:/workspaces/w/1/abc/artifacts')).toMatchObject({
      path: 'workspaces/w/1/abc/artifacts',
      host: null,
    });
    expect(parseArtifactUri('https://u:p@h:1/api/2.0/mlflow-artifacts/artifacts/1/')).toMatchObject({
      path: '1',
      host: 'h:1',
    });
  });

  it('name the run’s folder only where it is the run’s', () => {
    expect(runFolder('1/abc/artifacts', 'abc')).toBe('1/abc');
    expect(runFolder('abc/artifacts', 'abc')).toBe('abc');
    expect(runFolder('1/xabc/artifacts', 'abc')).toBeNull();
    expect(runFolder('1/abc', 'abc')).toBeNull();
    expect(encodePath('a b/ü#?/c')).toBe('a%20b/%C3%BC%23%3F/c');
  });
});

describe('an answer in words', () => {
  it.each([
    [401, 'You are not authenticated', 'login-rejected', /refuses the login of ada.*Enter it anew/],
    [
      403,
      'Invalid Host header - possible DNS rebinding attack detected',
      'not-allowed',
      /name lab\.local.*lab\.local:\*/,
    ],
    [403, 'Cross-origin request blocked', 'not-allowed', /foreign web page/],
    [403, 'Permission denied', 'not-allowed', /may not take an artifact: Permission denied/],
    [404, '<html>', 'not-found', /something else than MLflow/],
    [413, '<html>', 'too-large', /client_max_body_size/],
    [502, '<html>', 'target-unreachable', /not there/],
    [507, '', 'storage-failed', /no room/],
    [500, said('[Errno 28] No space left on device'), 'storage-failed', /disk is full/],
    [500, said('(sqlite3.OperationalError) database or disk is full'), 'storage-failed', /disk is full/],
    [
      500,
      said('An error occurred (NoSuchBucket) when calling'),
      'storage-failed',
      /bucket or container does not exist/,
    ],
    [500, said('(InvalidAccessKeyId) when calling'), 'storage-failed', /refuses the server’s key/],
    [500, said('(AccessDenied) when calling PutObject'), 'storage-failed', /rights to list, put, get and delete/],
    [500, said('Unable to locate credentials'), 'storage-failed', /no key for its store/],
    [500, said("No module named 'boto3'"), 'storage-failed', /Install boto3/],
    [
      503,
      said('disabled due to the mlflow server running with `--no-serve-artifacts`'),
      'not-allowed',
      /serving artifacts/,
    ],
    [500, said('Something odd'), 'protocol-error', /HTTP 500\): Something odd/],
    [302, '', 'protocol-error', /sends clients elsewhere/],
  ])('%i %s', (status, text, code, words) => {
    const failure = answerFailure(answer(status, text), asked);
    expect(failure.code).toBe(code);
    expect(failureText(failure)).toMatch(words);
  });

  it('says where a redirect leads, without a login in it', () => {
    const { message } = answerFailure(answer(302, '', { location: 'https://u:geheim@sso.example/login?x=1' }), asked);
    expect(message).toBe('lab.local:5000 sends clients elsewhere (sso.example) to take an artifact');
  });

  it('asks for a login where none was given, and knows of letters that MLflow takes at some routes only', () => {
    const none = answerFailure(answer(401, ''), { ...asked, login: null });
    expect(failureText(none)).toMatch(/wants a login\. Give its user/);
    const umlaut = answerFailure(answer(401, ''), { ...asked, login: { user: 'ada', password: 'schön' } });
    expect(failureText(umlaut)).toMatch(/letters beyond plain English/);
  });

  it('is short and on one line, says no secret and no page', () => {
    const long = `boom pw-geheim\n\u001b[31m postgresql://u:geheim2@h/d X-Amz-Signature=abc123&x ${'x'.repeat(900)}`;
    const failure = answerFailure(answer(500, said(long)), asked);
    expect(JSON.stringify(failure)).not.toMatch(/geheim|abc123|\\u001b|\\n/);
    expect(failure.message.length).toBeLessThan(320);
    const page = answerFailure(answer(500, `<html>${'x'.repeat(5_000)}`, { 'content-type': 'text/html' }), asked);
    expect(page.message).toBe('MLflow could not take an artifact (HTTP 500)');
    expect(page.detail).toBe('HTTP 500, text/html, 5006 letters');
  });

  it('bears JSON that is none, or of another shape', () => {
    for (const text of ['{', '{"message": 5}', '[]', 'null', '\u0000\u0001']) {
      expect(saidBy(answer(500, text), null).length).toBeLessThan(20);
      expect(errorCodeOf(answer(500, text))).toBeNull();
    }
  });
});
