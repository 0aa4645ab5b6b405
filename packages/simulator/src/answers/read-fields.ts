import { badRequest, type Refusal } from '../http/openai-error.ts';

/** A value, or the 400 it earns. */
export type FieldValue<T> = { kind: 'ok'; value: T } | { kind: 'refused'; refusal: Refusal };

/** Wraps a value that was read. */
function okField<T>(value: T): FieldValue<T> {
  return { kind: 'ok', value };
}

/** Wraps the 400 for a field. */
export function refuseField(
  field: string,
  expected: string,
): { kind: 'refused'; refusal: Refusal } {
  const message = `Invalid value for '${field}': expected ${expected}.`;
  return { kind: 'refused', refusal: badRequest(message, field) };
}

/** An optional whole number of at least `min`; null when absent. */
export function readWhole(
  body: Record<string, unknown>,
  name: string,
  min: number,
): FieldValue<number | null> {
  const value = body[name] ?? null;
  if (value === null) return okField(null);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) {
    return okField(value);
  }
  return refuseField(name, `an integer of at least ${min}`);
}

/** The model of a request. */
export function readModel(body: Record<string, unknown>): FieldValue<string> {
  const model = body['model'];
  if (typeof model === 'string' && model !== '') return okField(model);
  const message = 'you must provide a model parameter';
  return { kind: 'refused', refusal: badRequest(message, 'model', 'missing_required_parameter') };
}

/** An optional flag; false when absent. */
export function readFlag(body: Record<string, unknown>, name: string): FieldValue<boolean> {
  const value = body[name] ?? false;
  return typeof value === 'boolean' ? okField(value) : refuseField(name, 'a boolean');
}
