import { describe, expect, test } from 'vitest';
import { createLogger, type LogFields } from './logger.ts';

function setup() {
  const lines: string[] = [];
  const logger = createLogger({
    service: 'api',
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  });
  return { logger, lines };
}

describe('createLogger', () => {
  test('writes one JSON line with the event name, the service and the fields', () => {
    const { logger, lines } = setup();
    logger.info('job.admitted', { job: 'job_1', durationMs: 3 });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      event: 'job.admitted',
      service: 'api',
      job: 'job_1',
      durationMs: 3,
    });
  });

  test('drops every field that is not on the list', () => {
    const { logger, lines } = setup();
    // A cast, because the type forbids what this test must try.
    logger.info('job.admitted', { prompt: 'canary-prompt', authorization: 'canary' } as LogFields);
    expect(lines.join('')).not.toContain('canary');
  });

  test('does not write the message of an error, which may quote a body', () => {
    const { logger, lines } = setup();
    let caught: unknown;
    try {
      JSON.parse('{"secret": canary-body}');
    } catch (error) {
      // The error is what this test looks at.
      caught = error;
    }
    logger.error('request.failed', { error: caught });
    expect(lines.join('')).toContain('SyntaxError');
    expect(lines.join('')).not.toContain('canary');
  });

  test('takes no line of a message for a position', () => {
    const { logger, lines } = setup();
    const error = new Error('broken answer:\n    at canary (file:///canary.js:1:1)');
    logger.error('request.failed', { error });
    expect(lines.join('')).toContain('logger.test.ts');
    error.message = 'told otherwise';
    logger.error('request.failed', { error });
    expect(lines.join('')).not.toContain('canary');
  });

  test('replaces control characters in texts', () => {
    const { logger, lines } = setup();
    logger.info('x', { name: 'a\u001b[31mred' });
    expect(JSON.parse(lines[0] ?? '')['name']).toBe('a\uFFFD[31mred');
  });
});
