import type { Distribution } from './distribution.ts';
import type { FieldReader } from './field-reader.ts';

/** Reads `50`, `{fixed: 50}`, `{uniform: [a, b]}` or `{lognormal: {median, p95}}`. */
export function readDistribution(reader: FieldReader, name: string): Distribution | undefined {
  const value = reader.raw(name);
  if (value === undefined) return undefined;
  if (typeof value === 'number') {
    const fixed = reader.number(name, { min: 0 });
    return fixed === undefined ? undefined : { kind: 'fixed', value: fixed };
  }
  const shape = reader.object(name);
  const forms = shape.names();
  if (forms.length !== 1) {
    reader.report([name], 'expected a number, or one of fixed, uniform, lognormal');
    return undefined;
  }
  const read = readFixed(shape) ?? readUniform(shape) ?? readLognormal(shape);
  shape.refuseUnknown();
  return read;
}

function readFixed(shape: FieldReader): Distribution | undefined {
  const value = shape.number('fixed', { min: 0 });
  return value === undefined ? undefined : { kind: 'fixed', value };
}

function readUniform(shape: FieldReader): Distribution | undefined {
  const value = shape.raw('uniform');
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length === 2) {
    const [from, to]: unknown[] = value;
    if (typeof from === 'number' && typeof to === 'number' && from >= 0 && from <= to) {
      return { kind: 'uniform', from, to };
    }
  }
  shape.report(['uniform'], 'expected two numbers, the smaller one first');
  return undefined;
}

function readLognormal(shape: FieldReader): Distribution | undefined {
  if (shape.raw('lognormal') === undefined) return undefined;
  const fields = shape.object('lognormal');
  const median = fields.number('median', { min: 0 });
  const p95 = fields.number('p95', { min: 0 });
  fields.refuseUnknown();
  if (median !== undefined && p95 !== undefined && median > 0 && p95 >= median) {
    return { kind: 'lognormal', median, p95 };
  }
  shape.report(['lognormal'], 'expected median above 0 and p95 of at least the median');
  return undefined;
}
