// Counts a test run from vitest's JSON report.

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

/**
 * @typedef {object} TestReport the fields used of vitest's report; all absent when it crashed
 * @property {number} [numPassedTests]
 * @property {number} [numFailedTests]
 * @property {number} [numPendingTests]
 * @property {number} [numTodoTests]
 * @property {{ status: string, assertionResults: { status: string }[] }[]} [testResults]
 */

/**
 * Counts tests, and as one failure each: a file that could not be loaded, and a run that ended
 * badly although no test failed (an unhandled rejection, or no tests at all).
 * @param {TestReport} report
 * @param {number} exitCode of the test runner
 * @returns {Tally}
 */
export function tallyReport(report, exitCode) {
  const brokenFiles = (report.testResults ?? []).filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const failed = (report.numFailedTests ?? 0) + brokenFiles.length;
  return {
    passed: report.numPassedTests ?? 0,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

/**
 * @param {Tally} left
 * @param {Tally} right
 * @returns {Tally}
 */
export function addTallies(left, right) {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/**
 * @param {Tally} tally
 * @returns {string} such as `12 passed, 0 failed`, with `, 3 skipped` only when there are any
 */
export function formatTally({ passed, failed, skipped }) {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
