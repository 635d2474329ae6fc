import { expect, it } from 'vitest';
import { mayKeep, mayOpen } from '../../../main/electron/may-open.ts';

it.each([
  ['http://127.0.0.1:5001/', true],
  ['http://127.0.0.3/', true],
  ['https://127.0.0.1:8443/path?x=1#y', true],
  ['http://[::1]:5001/', true],
  ['http://localhost:3000/', true],
  ['http://user@127.0.0.1/', false],
  ['http://user:pw@127.0.0.1/', false],
  ['http://127.0.0.1.example.org/', false],
  ['http://localhost.example.org/', false],
  ['https://example.org/', false],
  ['http://0.0.0.0/', false],
  ['http://10.0.0.1/', false],
  ['ftp://127.0.0.1/', false],
  ['file:///etc/passwd', false],
  ['javascript:alert(1)', false],
  ['app://mooring/', false],
  ['ssh://127.0.0.1', false],
  ['', false],
  ['127.0.0.1:5001', false],
])('%s: %s', (address, expected) => {
  expect(mayOpen(address)).toBe(expected);
});

it.each([
  ['blob:app://mooring/0b4c', 'text/x-shellscript', true],
  ['blob:app://mooring/0b4c', 'application/octet-stream', false],
  ['blob:app://mooring.example/0b4c', 'text/plain', false],
  ['blob:https://example.org/0b4c', 'text/plain', false],
  ['blob:null/0b4c', 'text/plain', false],
  ['app://mooring/index.html', 'text/html', false],
  ['data:text/plain,x', 'text/plain', false],
  ['https://example.org/x.txt', 'text/plain', false],
])('saving %s (%s): %s', (address, mimeType, expected) => {
  expect(mayKeep(address, mimeType, 'app://mooring')).toBe(expected);
});
