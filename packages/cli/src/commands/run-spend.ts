/** `forebay spend`. */
import { type SpendCertificate, verifySpendCertificate } from '@forebay/client';
import type { CommandInput } from '../program/command-input.ts';
import { exitCode } from '../program/exit-code.ts';
import { connect } from '../requests/connect.ts';
import { formatTable } from '../terminal/format-table.ts';
import type { Terminal } from '../terminal/terminal.ts';

export async function runSpend(input: CommandInput): Promise<number> {
  const {
    arguments: [id = ''],
    options,
    terminal,
    signal,
  } = input;
  const client = connect(input);
  const certificate = await client.spend(id, { signal });
  terminal.document(certificate);
  showCertificate(terminal, certificate);
  if (!options.isOn('verify')) return exitCode.done;
  const verdict = verifySpendCertificate(certificate, await client.spendKeys({ signal }));
  if (verdict.kind === 'verified') {
    terminal.out(`\n  verified: signed by key ${certificate.signature.key_id}\n`);
    return exitCode.done;
  }
  terminal.complain(`The certificate is refused: ${verdict.reason}.`);
  return exitCode.notAsExpected;
}

function showCertificate(terminal: Terminal, certificate: SpendCertificate): void {
  const { sums, attempts } = certificate;
  const lines: readonly (readonly [string, string])[] = [
    ['job', `${certificate.job_id} (${certificate.job_status})`],
    ['status', `${certificate.status}, as of ${certificate.as_of}`],
    ['ceiling', `${certificate.ceiling} USD`],
    ['charged', `${sums.charged} USD: ${sums.spent} spent, ${sums.unknown} at worst case`],
  ];
  for (const [name, value] of lines) terminal.out(`  ${name.padEnd(10)} ${value}\n`);
  if (attempts.length === 0) return;
  const rows = attempts.map((line) => [
    line.n,
    line.deployment,
    line.outcome ?? 'running',
    line.usage === null ? '-' : `${line.usage.input_tokens}/${line.usage.output_tokens}`,
    line.charged ?? '-',
    line.basis ?? '-',
    line.why_chosen,
  ]);
  const head = ['attempt', 'deployment', 'outcome', 'tokens', 'cost USD', 'basis', 'why'];
  terminal.out(`\n${formatTable(head, rows)}`);
}
