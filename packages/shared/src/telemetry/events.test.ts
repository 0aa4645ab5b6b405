import { describe, expect, test } from 'vitest';
import { createEvents } from './events.ts';

type Sample = {
  'job.admitted': { job: string };
  'job.ended': { state: string };
};

describe('createEvents', () => {
  test('hands an event to listeners of its name only', () => {
    const events = createEvents<Sample>(() => undefined);
    const seen: string[] = [];
    events.on('job.admitted', (fields) => seen.push(fields.job));
    events.emit('job.ended', { state: 'failed' });
    events.emit('job.admitted', { job: 'job_1' });
    expect(seen).toEqual(['job_1']);
  });

  test('a listener that throws neither reaches the emitter nor stops the next listener', () => {
    const failures: string[] = [];
    const events = createEvents<Sample>((name) => failures.push(name));
    const seen: string[] = [];
    events.onAny(() => {
      throw new Error('broken listener');
    });
    events.onAny((name) => seen.push(name));
    events.emit('job.ended', { state: 'failed' });
    expect(seen).toEqual(['job.ended']);
    expect(failures).toEqual(['job.ended']);
  });

  test('an ended subscription hears nothing more', () => {
    const events = createEvents<Sample>(() => undefined);
    const seen: string[] = [];
    const stop = events.onAny((name) => seen.push(name));
    stop();
    events.emit('job.ended', { state: 'failed' });
    expect(seen).toEqual([]);
  });
});
