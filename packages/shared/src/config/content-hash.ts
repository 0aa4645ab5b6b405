/** A short name for content: for versions of what was loaded. */
import { createHash } from 'node:crypto';

/** Hexadecimal digits: enough to tell a lifetime of reloads apart. */
const hashCharacters = 12;

/** A short hash of plain content, the same for the same content. */
export function hashOf(content: object): string {
  const text = JSON.stringify(content, (_, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return value instanceof Map ? [...value] : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, hashCharacters);
}
