import { readFileSync } from 'node:fs';
import { errorClasses, ruleOf } from '@forebay/shared/domain/outcome';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyEmbeddedError, classifyErrorAnswer } from './classify-response.ts';
import { readProviderError } from './provider-error.ts';

interface Recorded {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly errorClass: string;
  readonly ambiguity: string;
  readonly code: string | null;
}

function recorded(file: string): Recorded[] {
  const text = readFileSync(new URL(`../openai/__fixtures__/${file}`, import.meta.url), 'utf8');
  // Our own fixture: a wrong form fails the tests that read it.
  return JSON.parse(text) as Recorded[];
}

describe('an error answer', () => {
  test.each(recorded('error-answers.json'))(
    '$name is $errorClass, $ambiguity',
    ({ status, body, errorClass, ambiguity, code }) => {
      const error = readProviderError(body);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      expect(classifyErrorAnswer({ status, error, text })).toEqual({ errorClass, ambiguity });
      expect(error?.code ?? null).toBe(code);
    },
  );

  test('whatever its status and body is gets a class and an ambiguity of the table', () => {
    const status = fc.integer({ min: 300, max: 599 });
    fc.assert(
      fc.property(status, fc.jsonValue(), fc.string(), (given, body, text) => {
        const error = readProviderError(body);
        const { errorClass, ambiguity } = classifyErrorAnswer({ status: given, error, text });
        return (
          errorClasses.includes(errorClass) && ruleOf(errorClass).ambiguities.includes(ambiguity)
        );
      }),
    );
  });
});

describe('an error object in an answer with status 200', () => {
  test.each(recorded('errors-in-success.json'))(
    '$name is $errorClass, $ambiguity',
    ({ body, errorClass, ambiguity, code }) => {
      const error = readProviderError(body);
      expect(error && classifyEmbeddedError(error)).toEqual({ errorClass, ambiguity });
      expect(error?.code ?? null).toBe(code);
    },
  );

  test.each([[{ choices: [] }], [{ error: null }], [{ message: 'hi' }], ['text'], [null], [[]]])(
    '%j is no error object',
    (body) => {
      expect(readProviderError(body)).toBeUndefined();
    },
  );

  test('a code that is no short plain word is not kept', () => {
    const odd = { error: { message: 'm', code: 'the key sk-1 is wrong', type: 'x'.repeat(80) } };
    expect(readProviderError(odd)?.code).toBeUndefined();
  });
});
