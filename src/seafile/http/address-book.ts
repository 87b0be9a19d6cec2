import dns from 'node:dns';
import type { LookupFunction } from 'node:net';

type Lookup = typeof dns.lookup.__promisify__;
type Addresses = readonly dns.LookupAddress[];

/** How long addresses are taken for granted, in milliseconds. */
const FRESH_MS = 60_000;

interface Known {
  readonly addresses: Addresses;
  readonly askedMs: number;
}

/**
 * The addresses of the hosts a connection goes to.
 *
 * The system's own look-up (getaddrinfo, which knows /etc/hosts, search domains and whatever else is configured) runs in
 * libuv's thread pool. Once a volume is mounted, all of that pool may be waiting in the mount, and the mount for us: so a
 * name is waited for once, before there is a mount; later the addresses known are used at once, and looked up anew
 * behind that.
 */
export class AddressBook {
  readonly #lookup: Lookup;
  readonly #nowMs: () => number;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<Known>>();

  constructor(options: { readonly lookup?: Lookup; readonly nowMs?: () => number } = {}) {
    this.#lookup = options.lookup ?? dns.promises.lookup;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** For `net.connect`. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const answer = ({ addresses }: Known): void => {
      const wanted = addresses.filter(({ family }) => !options.family || family === familyNumber(options.family));
      const [first] = wanted;
      if (first === undefined) callback(noAddress(hostname), '', 0);
      else if (options.all) callback(null, [...wanted]);
      else callback(null, first.address, first.family);
    };
    const known = this.#known.get(hostname);
    if (known !== undefined) {
      if (this.#nowMs() - known.askedMs > FRESH_MS) {
        // What is known goes on being used when nothing newer can be had.
        this.#ask(hostname).catch(() => undefined);
      }
      process.nextTick(answer, known);
      return;
    }
    this.#ask(hostname).then(answer, (error: NodeJS.ErrnoException) => callback(error, '', 0));
  };

  #ask(hostname: string): Promise<Known> {
    const under = this.#asking.get(hostname);
    if (under !== undefined) return under;
    const asking = this.#lookup(hostname, { all: true })
      .then((addresses) => {
        const known: Known = { addresses, askedMs: this.#nowMs() };
        this.#known.set(hostname, known);
        return known;
      })
      .finally(() => this.#asking.delete(hostname));
    this.#asking.set(hostname, asking);
    return asking;
  }
}

function familyNumber(family: number | 'IPv4' | 'IPv6'): number {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : family;
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
}
