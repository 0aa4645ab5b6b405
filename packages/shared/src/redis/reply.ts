/** Reads script replies, which ioredis gives as numbers, buffers and nested lists. */

/** One value of a reply as text. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error('a script replied with something that is not text');
}

/** A list reply. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error('a script replied with something that is not a list');
}

/** A flat list of names and values, as HGETALL gives it inside a script. */
export function asFields(value: unknown): ReadonlyMap<string, string> {
  const list = asList(value);
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(asText(list[i]), asText(list[i + 1]));
  return fields;
}
