// Ends at once with the given exit code, or lives until it is told to end, after a word on stdout.
const [exitCode] = process.argv.slice(2);
// Before the word: whoever has read it may tell the process to end.
process.on('SIGTERM', () => {
  process.stdout.write('bye\n');
  process.exit(0);
});
process.stdout.write(`hello from ${process.pid}\n`);
if (exitCode !== undefined) process.exit(Number(exitCode));
const { createServer } = await import('node:net');
createServer().listen(0, '127.0.0.1');
