// Ends at once with the given exit code, or lives until it is told to end, after a word on stdout.
const [exitCode] = process.argv.slice(2);
process.stdout.write(`hello from ${process.pid}\n`);
if (exitCode !== undefined) process.exit(Number(exitCode));
process.on('SIGTERM', () => {
  process.stdout.write('bye\n');
  process.exit(0);
});
const { createServer } = await import('node:net');
createServer().listen(0, '127.0.0.1');
