// The embedded server in a process of its own, so that it is measured as a server and not as a part of the client.
// Tells its address and, when asked, its counters, over the channel to its parent.
import { startServer } from '../../../dist/server/index.js';

const server = await startServer(JSON.parse(process.argv[2]));
process.on('message', (message) => {
  if (message.kind === 'stats') process.send({ kind: 'stats', stats: server.stats() });
  if (message.kind === 'latency') {
    server.setLatency(message.milliseconds);
    process.send({ kind: 'latency' });
  }
});
process.on('disconnect', () => server.close().then(() => process.exit(0)));
process.send({ kind: 'ready', url: server.url, fileServer: server.fileServer });
