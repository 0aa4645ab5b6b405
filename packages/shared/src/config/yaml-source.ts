/** A parsed YAML text that remembers where everything stood. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';

export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export interface SourceProblem extends SourcePosition {
  readonly message: string;
}

/** Reads one environment variable; `undefined` when it is not set. */
export type EnvLookup = (name: string) => string | undefined;

type Path = readonly PropertyKey[];

/** `$${` stands for a literal `${`. */
const substitutionPattern = /\$\$\{|\$\{([^}]*)\}/g;

/** How often anchors may be expanded, against texts that multiply themselves. */
const aliasesMax = 100;

export class YamlSource {
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  /** Mistakes in the YAML itself: every duplicate key, else the one from which others follow. */
  syntaxProblems(): readonly SourceProblem[] {
    const all = [...this.#document.errors, ...this.#document.warnings];
    const first = all.find((error) => error.code !== 'DUPLICATE_KEY');
    const kept = all.filter((error) => error.code === 'DUPLICATE_KEY' || error === first);
    return kept.map((error) => ({
      ...this.#position(error.pos[0]),
      message: error.message,
    }));
  }

  /** Replaces `${NAME}` in every value (not in keys) and reports variables that are missing. */
  substitute(env: EnvLookup): readonly SourceProblem[] {
    const problems: SourceProblem[] = [];
    visit(this.#document, {
      Scalar: (key, node) => {
        if (key === 'key' || typeof node.value !== 'string') return;
        node.value = node.value.replaceAll(
          substitutionPattern,
          (whole, name: string | undefined) => {
            if (name === undefined) return '${';
            const value = env(name);
            if (value !== undefined) return value;
            const message = `expected the environment variable ${name} to be set, got nothing`;
            problems.push({ ...this.#position(node.range?.[0] ?? 0), message });
            return whole;
          },
        );
      },
    });
    return problems;
  }

  /** The content as plain values. Throws when aliases multiply beyond a bound. */
  toValue(): unknown {
    return this.#document.toJS({ maxAliasCount: aliasesMax });
  }

  /** Where a value stands; for one that is missing, the nearest thing around it. */
  positionOf(path: Path): SourcePosition {
    return this.#position(this.#find(path).offset);
  }

  /** Where a key stands. */
  positionOfKey(parent: Path, key: string): SourcePosition {
    const pair = findPair(this.#resolve(this.#find(parent).node), key);
    const offset = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    return offset === undefined ? this.positionOf(parent) : this.#position(offset);
  }

  /** The value as it was typed, before substitution, so that no secret is repeated. */
  typedValueOf(path: Path): string {
    const { node, complete } = this.#find(path);
    if (!complete || node === null) return 'nothing';
    if (isMap(node)) return 'a mapping';
    if (isSeq(node)) return 'a list';
    if (!isScalar(node)) return 'something else';
    if (node.value === null) return 'nothing';
    return typeof node.value === 'string' ? JSON.stringify(node.source) : String(node.source);
  }

  #find(path: Path): { node: unknown; offset: number; complete: boolean } {
    let node: unknown = this.#document.contents;
    let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    for (const segment of path) {
      const next = this.#step(node, segment);
      if (next === undefined) return { node, offset, complete: false };
      node = next.value;
      offset = next.offset ?? offset;
    }
    return { node, offset, complete: true };
  }

  #step(node: unknown, segment: PropertyKey): { value: unknown; offset?: number } | undefined {
    const parent = this.#resolve(node);
    if (isSeq(parent)) {
      const item = parent.items[Number(segment)];
      return item === undefined ? undefined : { value: item, ...offsetOf(item) };
    }
    const pair = findPair(parent, String(segment));
    if (pair === undefined) return undefined;
    const own = offsetOf(pair.value);
    return { value: pair.value, ...(own.offset === undefined ? offsetOf(pair.key) : own) };
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #position(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function offsetOf(node: unknown): { offset?: number } {
  const offset = isNode(node) ? (node satisfies Node).range?.[0] : undefined;
  return offset === undefined ? {} : { offset };
}

function findPair(node: unknown, key: string) {
  if (!isMap(node)) return undefined;
  return node.items.find(
    (pair) => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key,
  );
}
