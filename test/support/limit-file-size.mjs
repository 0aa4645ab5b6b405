// Runs a script under a limit on the size of each file, the nearest thing to a full disk that
// needs no rights: writes beyond it fail instead of killing the process.
import { spawn } from 'node:child_process';

const child = spawn(
  'sh',
  ['-c', `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`, process.execPath, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: process.env['FOREBAY_CHILD_OPTIONS'] ?? '' },
  },
);
child.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill('SIGKILL'));
