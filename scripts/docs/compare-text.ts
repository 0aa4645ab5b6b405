/**
 * Finds where two texts part.
 *
 * @returns a hint with the line number, or null when the texts are equal
 */
export function firstDifference(expected: string, actual: string): string | null {
  if (expected === actual) return null;
  const expectedLines = expected.split('\n');
  const actualLines = actual.split('\n');
  const same = expectedLines.findIndex((line, index) => line !== actualLines[index]);
  const index = same === -1 ? expectedLines.length : same;
  const show = (line: string | undefined): string => (line === undefined ? '(end)' : line);
  return [
    `line ${index + 1}`,
    `    generated: ${show(expectedLines[index])}`,
    `    committed: ${show(actualLines[index])}`,
  ].join('\n');
}
