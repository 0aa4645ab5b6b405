/** Puts the chunks of a stream together as the answer that `generateContent` would have given. */
import { isJsonObject, type Json, type JsonObject } from '@forebay/shared/domain/json';
import { asList } from '../answers/json-list.ts';

export interface ChunkMerger {
  add(chunk: JsonObject): void;
  /** Whether a candidate has begun: from then on the provider may bill. */
  hasBegun(): boolean;
  /** Whether every candidate has ended, or the prompt was refused. */
  isFinished(): boolean;
  body(): JsonObject;
}

interface GrowingCandidate {
  readonly index: number;
  readonly parts: Json[];
  readonly chosen: Json[];
  readonly tops: Json[];
  /** Everything else, as it was told last. */
  rest: Record<string, Json | undefined>;
}

export function createChunkMerger(): ChunkMerger {
  const top: Record<string, Json | undefined> = {};
  const candidates = new Map<number, GrowingCandidate>();

  const candidateAt = (index: number): GrowingCandidate => {
    const known = candidates.get(index);
    if (known !== undefined) return known;
    const fresh = { index, parts: [], chosen: [], tops: [], rest: {} };
    candidates.set(index, fresh);
    return fresh;
  };

  return {
    add(chunk) {
      const { candidates: listed, ...others } = chunk;
      keepLatest(top, others);
      for (const piece of asList(listed)) {
        if (!isJsonObject(piece)) continue;
        const { index } = piece;
        addPiece(candidateAt(typeof index === 'number' ? index : 0), piece);
      }
    },
    hasBegun: () => candidates.size > 0,
    isFinished() {
      const all = [...candidates.values()];
      if (all.length === 0) return isBlocked(top['promptFeedback']);
      return all.every(({ rest }) => typeof rest['finishReason'] === 'string');
    },
    body() {
      const whole = [...candidates.values()].sort((a, b) => a.index - b.index).map(wholeCandidate);
      return { ...top, ...(whole.length === 0 ? {} : { candidates: whole }) };
    },
  };
}

function addPiece(candidate: GrowingCandidate, piece: JsonObject): void {
  const { content, logprobsResult, ...rest } = piece;
  keepLatest(candidate.rest, rest);
  if (isJsonObject(content)) candidate.parts.push(...asList(content['parts']));
  if (isJsonObject(logprobsResult)) {
    candidate.chosen.push(...asList(logprobsResult['chosenCandidates']));
    candidate.tops.push(...asList(logprobsResult['topCandidates']));
  }
}

function wholeCandidate({ index, parts, chosen, tops, rest }: GrowingCandidate): JsonObject {
  return {
    ...rest,
    index,
    content: { role: 'model', parts },
    ...(chosen.length === 0
      ? {}
      : { logprobsResult: { chosenCandidates: chosen, topCandidates: tops } }),
  };
}

function isBlocked(feedback: Json | undefined): boolean {
  return isJsonObject(feedback) && typeof feedback['blockReason'] === 'string';
}

function keepLatest(target: Record<string, Json | undefined>, source: JsonObject): void {
  for (const [key, value] of Object.entries(source)) {
    // As a key of a plain object this one would set the prototype instead of a field.
    if (key !== '__proto__' && value !== undefined && value !== null) target[key] = value;
  }
}
