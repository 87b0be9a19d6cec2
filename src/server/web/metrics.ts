import type { FastifyInstance } from 'fastify';
import type { Site } from '../site.ts';
import type { Answer } from './answers.ts';
import type { Call } from './call.ts';
import { resource } from './resource.ts';

/** The counters, as Prometheus reads them. They name routes, never libraries, accounts or links. */
export function metricsRoutes(app: FastifyInstance, site: Site): void {
  resource(app, site, '/metrics', { GET: metrics }, { open: 'anybody' });
}

function metrics(call: Call): Answer {
  const { commits, routes } = call.site.stats.read();
  const lines = [
    '# TYPE seamount_server_commits_total counter',
    `seamount_server_commits_total ${commits}`,
    '# TYPE seamount_server_requests_total counter',
    '# TYPE seamount_server_errors_total counter',
    '# TYPE seamount_server_received_bytes_total counter',
    '# TYPE seamount_server_sent_bytes_total counter',
  ];
  for (const [route, counters] of Object.entries(routes)) {
    const labels = `{route=${JSON.stringify(route)}}`;
    lines.push(`seamount_server_requests_total${labels} ${counters.requests}`);
    lines.push(`seamount_server_errors_total${labels} ${counters.errors}`);
    lines.push(`seamount_server_received_bytes_total${labels} ${counters.bytesIn}`);
    lines.push(`seamount_server_sent_bytes_total${labels} ${counters.bytesOut}`);
  }
  return { text: `${lines.join('\n')}\n`, type: 'text/plain; version=0.0.4; charset=utf-8' };
}
