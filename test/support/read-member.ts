/** Members of a parsed body for tests that do not look at its whole shape. */
import { isJsonObject } from '@forebay/shared/domain/json';

/** @throws Error when the body has no such text. */
export function textMember(body: unknown, name: string): string {
  const value = isJsonObject(body) ? body[name] : undefined;
  if (typeof value !== 'string') throw new Error(`${name} is no text in ${JSON.stringify(body)}`);
  return value;
}

/** @throws Error when the body has no such list. */
export function listMember(body: unknown, name: string): readonly unknown[] {
  const value = isJsonObject(body) ? body[name] : undefined;
  if (!Array.isArray(value)) throw new Error(`${name} is no list in ${JSON.stringify(body)}`);
  return value;
}
