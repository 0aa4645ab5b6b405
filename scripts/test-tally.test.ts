import { describe, expect, test } from 'vitest';
import { addTallies, formatTally, tallyReport } from './test-tally.mjs';

describe('tallyReport', () => {
  test('counts skipped and todo tests together', () => {
    const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 2 };
    expect(tallyReport(report, 0)).toEqual({ passed: 3, failed: 0, skipped: 3 });
  });

  test('counts a file that could not be loaded as one failure', () => {
    const report = { testResults: [{ status: 'failed', assertionResults: [] }] };
    expect(tallyReport(report, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('does not count a file twice whose tests failed', () => {
    const failedFile = { status: 'failed', assertionResults: [{ status: 'failed' }] };
    const report = { numFailedTests: 1, testResults: [failedFile] };
    expect(tallyReport(report, 1).failed).toBe(1);
  });

  test('counts a run that crashed without a report as a failure', () => {
    expect(tallyReport({}, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('formatTally', () => {
  test('leaves out skipped tests when there are none', () => {
    expect(formatTally({ passed: 2, failed: 1, skipped: 0 })).toBe('2 passed, 1 failed');
  });

  test('names skipped tests when there are some', () => {
    const total = addTallies(
      { passed: 2, failed: 0, skipped: 1 },
      { passed: 0, failed: 1, skipped: 0 },
    );
    expect(formatTally(total)).toBe('2 passed, 1 failed, 1 skipped');
  });
});
