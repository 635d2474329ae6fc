import { describe, expect, it } from 'vitest';
import { sentence } from '../../../main/shared/sentence.ts';

describe('words as a sentence', () => {
  it.each([
    ['nothing answers', 'Nothing answers.'],
    ['MLflow 3.17.2 · 12 ms', 'MLflow 3.17.2 · 12 ms.'],
    ['it has its stop.', 'It has its stop.'],
    ['being tried …', 'Being tried …'],
    ['über den Weg', 'Über den Weg.'],
    ['127.0.0.1:5001', '127.0.0.1:5001.'],
  ])('%j: %j', (words, told) => {
    expect(sentence(words)).toBe(told);
  });
});
