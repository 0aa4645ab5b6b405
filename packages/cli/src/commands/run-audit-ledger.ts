/** `forebay audit ledger`. */
import { join } from 'node:path';
import { type LedgerVerdict, verifyLedger } from '@forebay/shared/ledger/verify-ledger';
import { createDiskObjectStore } from '@forebay/shared/storage/disk-object-store';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { readSettings } from '../program/read-settings.ts';
import { withStore } from '../store/with-store.ts';

type Broken = Extract<LedgerVerdict, { kind: 'broken' }> & { readonly shard: number };

export function runAuditLedger({ environment, terminal, signal }: CommandInput): Promise<number> {
  const settings = readSettings(environment);
  const objects = createDiskObjectStore(join(settings.dataDir, 'objects'));
  return withStore(settings, async ({ ledger }) => {
    const broken: Broken[] = [];
    const intact = { segments: 0, lines: 0, without_tags: 0, unknown_beginnings: 0 };
    for (let shard = 0; shard < ledger.shardCount && !signal.aborted; shard += 1) {
      const verdict = await verifyLedger({ ledger, objects }, shard);
      if (verdict.kind === 'broken') broken.push({ ...verdict, shard });
      else {
        intact.segments += verdict.segments;
        intact.lines += verdict.lines;
        intact.without_tags += verdict.withoutTags;
        if (!verdict.knowsBeginning) intact.unknown_beginnings += 1;
      }
    }
    terminal.document({ ...intact, broken });
    for (const each of broken) terminal.out(`broken at ${placeOf(each)}: ${each.reason}\n`);
    const { lines, segments, without_tags: withoutTags, unknown_beginnings: unknown } = intact;
    terminal.out(`${lines} lines in ${segments} segments are intact\n`);
    if (withoutTags > 0) {
      terminal.out(
        `tags in ${withoutTags} of them are not covered: an earlier version wrote them\n`,
      );
    }
    if (unknown > 0) {
      terminal.out(`of ${unknown} shards nobody knows whether older segments are missing\n`);
    }
    return broken.length === 0 ? exitCode.done : exitCode.notAsExpected;
  });
}

function placeOf({ shard, segment, line }: Broken): string {
  if (segment === '') return `shard ${shard}`;
  return line === 0 ? segment : `${segment}, line ${line}`;
}
