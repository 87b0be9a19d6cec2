import { SeafileError } from './errors.ts';
import { Transport, type TransportOptions } from './http/index.ts';

/** One Seafile installation and the connection to it. */
export class Server {
  /** Base URL, with a slash at the end; the web application's paths are below it. */
  readonly url: URL;
  readonly transport: Transport;

  /**
   * @param url where a browser finds the server; a path prefix is kept
   * @throws SeafileError `rejected` when `url` is no http or https URL, or holds credentials
   */
  constructor(url: string | URL, options: TransportOptions = {}) {
    this.url = baseUrl(url);
    this.transport = new Transport(options);
  }

  /** @param path below the server, without a slash in front; with the final slash that Seafile's routes have */
  at(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): URL {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
    );
    return new URL(`${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`, this.url);
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** A base URL in one form: http or https, without credentials, query and fragment, with a slash at the end. */
export function baseUrl(text: string | URL): URL {
  // The text may hold a password in a wrong place, so it is not repeated in the message.
  if (!URL.canParse(String(text)))
    throw new SeafileError('rejected', 'Not a server URL. Give one like https://drive.example.org.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new SeafileError(
      'rejected',
      `A server URL starts with https:// or http://, not ${url.protocol} Give one like https://drive.example.org.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new SeafileError('rejected', 'The server URL holds a user name or password. Give them as credentials.');
  }
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
