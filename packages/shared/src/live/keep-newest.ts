/** Keeps an entry as the newest; beyond `entriesMax` the one that was kept the longest ago goes. */
export function keepNewest<Value>(
  entries: Map<string, Value>,
  [key, value]: readonly [string, Value],
  entriesMax: number,
): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
}
