import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStateFile } from '../../../main/adapters/state-file-read.ts';

const none = () => null;
const parse = (text: string | Buffer, version = 1, migrations = {}, check: (value: unknown) => string | null = none) =>
  parseStateFile(Buffer.from(text), version, migrations, check);

describe('a state file', () => {
  test.each([
    ['good', '{"schemaVersion":1,"value":[1]}', { kind: 'good', value: [1] }],
    ['null', '{"schemaVersion":1,"value":null}', { kind: 'good', value: null }],
    ['with more in it', '{"schemaVersion":1,"value":0,"more":1}', { kind: 'good', value: 0 }],
    ['newer', '{"schemaVersion":2,"else":1}', { kind: 'newer', version: 2 }],
    ['empty', '', { kind: 'damaged', reason: 'it is empty' }],
    ['cut', '{"schemaVersion":1,"val', { kind: 'damaged', reason: 'it is not JSON' }],
    ['an array', '[]', { kind: 'damaged' }],
    ['a number', '7', { kind: 'damaged' }],
    ['null itself', 'null', { kind: 'damaged' }],
    ['without a version', '{"value":1}', { kind: 'damaged' }],
    ['without a value', '{"schemaVersion":1}', { kind: 'damaged', reason: 'it holds no value' }],
    ['of version 0', '{"schemaVersion":0,"value":1}', { kind: 'damaged' }],
    ['of version 1.5', '{"schemaVersion":1.5,"value":1}', { kind: 'damaged' }],
    ['of version "1"', '{"schemaVersion":"1","value":1}', { kind: 'damaged' }],
    ['of version 1e999', '{"schemaVersion":1e999,"value":1}', { kind: 'damaged' }],
  ])('%s', (_, text, expected) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test('binary', () => {
    expect(parse(Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]))).toEqual({ kind: 'damaged', reason: 'it is not JSON' });
    expect(
      parse(Buffer.concat([Buffer.from('{"schemaVersion":1,"value":"'), Buffer.from([0xff, 0x22, 0x7d])])),
    ).toEqual({ kind: 'damaged', reason: 'it is not JSON' });
  });

  test('is brought up to date step by step', () => {
    const migrations = { 1: (value: unknown) => [value, 'to 2'], 2: (value: unknown) => [value, 'to 3'] };
    expect(parse('{"schemaVersion":1,"value":0}', 3, migrations)).toMatchObject({ value: [[0, 'to 2'], 'to 3'] });
    expect(parse('{"schemaVersion":2,"value":0}', 3, migrations)).toMatchObject({ value: [0, 'to 3'] });
    expect(parse('{"schemaVersion":3,"value":0}', 3, migrations)).toMatchObject({ value: 0 });
    expect(parse('{"schemaVersion":4,"value":0}', 3, migrations)).toMatchObject({ kind: 'newer', version: 4 });
  });

  test('that a step can not read is damaged, not a crash', () => {
    const migrations = { 1: (value: unknown) => (value as { no: { such: unknown } }).no.such };
    expect(parse('{"schemaVersion":1,"value":0}', 2, migrations)).toMatchObject({ kind: 'damaged' });
  });

  test('whose value is wrong is damaged', () => {
    const check = (value: unknown) => (Array.isArray(value) ? null : 'it is no list of servers');
    expect(parse('{"schemaVersion":1,"value":7}', 1, {}, check)).toEqual({
      kind: 'damaged',
      reason: 'it is no list of servers',
    });
  });

  test('of any bytes never throws; any value comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.jsonValue(), (bytes, value) => {
        parse(Buffer.from(bytes));
        const found = parse(JSON.stringify({ schemaVersion: 1, value }));
        expect(found.kind === 'good' && JSON.stringify(found.value)).toBe(JSON.stringify(value));
      }),
    );
  });
});
