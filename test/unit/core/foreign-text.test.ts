import { describe, expect, it } from 'vitest';
import { jsonField, oneLine, titleOf, withoutControls, xmlField } from '../../../main/core/foreign-text.ts';

describe('what others sent', () => {
  it.each([
    ['a  b\n\tc', 10, 'a b c'],
    [' \u001b[31mred\u202e ', 20, '[31mred'],
    ['twelve letters', 14, 'twelve letters'],
    ['twelve letters', 13, 'twelve lette…'],
    ['twelve letters', 8, 'twelve…'],
    ['', 5, ''],
  ])('%j on a line of %i characters', (text, longest, line) => {
    expect(oneLine(text, longest)).toBe(line);
  });

  it('loses its control characters, not its blanks', () => {
    expect(withoutControls('a  b\u0000\u0007c\u2028d')).toBe('a  b c d');
  });

  it.each([
    ['{"message": "no"}', 'no'],
    [' {"message": 5}', null],
    ['{"other": "no"}', null],
    ['{"message"', null],
    ['["message"]', null],
    ['message', null],
  ])('%j has a message: %j', (text, value) => {
    expect(jsonField(text, 'message')).toBe(value);
  });

  it('tells a field of XML and the title of a page', () => {
    expect(xmlField('<Error><Code>NoSuchKey</Code><Code>x</Code></Error>', 'Code')).toBe('NoSuchKey');
    expect(xmlField('<Code></Code>', 'Code')).toBeNull();
    expect(titleOf('<title lang="en">Tom &amp;\n Jerry</title>')).toBe('Tom & Jerry');
    expect(titleOf('<title> </title>')).toBeNull();
    expect(titleOf('plain')).toBeNull();
  });
});
