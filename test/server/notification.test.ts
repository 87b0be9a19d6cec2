import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { accountsOf, TestAccount, type TestLibrary } from './account.ts';

describe('the notification server', () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  let server: RunningServer;
  let owner: TestAccount;
  const open: Listener[] = [];

  beforeAll(async () => {
    const accounts = accountsOf('o@x.org', 'r@x.org');
    server = await startServer({ memory: true, now: () => nowMs, accounts });
    owner = await TestAccount.signIn(server, 'o@x.org');
  });
  afterAll(() => server.close());
  afterEach(() => {
    for (const listener of open.splice(0)) listener.close();
  });

  const ticketOf = async (library: TestLibrary): Promise<string> =>
    (await library.sync('GET', 'jwt-token')).json.jwt_token;

  /** A client that has subscribed to a library. */
  async function listen(library: TestLibrary, ticket?: string): Promise<Listener> {
    const listener = await Listener.connect(server);
    open.push(listener);
    const repos = [{ id: library.id, jwt_token: ticket ?? (await ticketOf(library)) }];
    listener.send({ type: 'subscribe', content: { repos } });
    return listener;
  }

  it('tells of each new head, whoever made it', async () => {
    const library = await owner.newLibrary();
    const listener = await listen(library);
    await library.mkdir('/by-web');
    const event = { type: 'repo-update', content: { repo_id: library.id, commit_id: await library.head() } };
    expect(await listener.next()).toEqual(event);
    const parent = await library.head();
    await library.push({ root: '0'.repeat(40), parent, description: 'by sync' });
    expect(await listener.next()).toMatchObject({ content: { commit_id: await library.head() } });
  });

  it('tells nothing after unsubscribing, and nothing of other libraries', async () => {
    const library = await owner.newLibrary();
    const other = await owner.newLibrary();
    const listener = await listen(library);
    listener.send({ type: 'unsubscribe', content: { repos: [{ id: library.id }] } });
    const repos = [{ id: other.id, jwt_token: await ticketOf(other) }];
    listener.send({ type: 'subscribe', content: { repos } });
    await listener.heard();
    await library.mkdir('/unheard');
    await other.mkdir('/heard');
    expect(await listener.next()).toMatchObject({ content: { repo_id: other.id } });
  });

  it.each<[string, (ticket: string, other: string) => string]>([
    ['forged', (ticket) => ticket.slice(0, -4)],
    ['of another library', (_, other) => other],
    ['no ticket at all', () => 'x'],
  ])('answers jwt-expired to a ticket that is %s', async (_, make) => {
    const library = await owner.newLibrary();
    const other = await ticketOf(await owner.newLibrary());
    const listener = await listen(library, make(await ticketOf(library), other));
    expect(await listener.next()).toEqual({ type: 'jwt-expired', content: { repo_id: library.id } });
  });

  it('answers jwt-expired to a ticket of three days ago', async () => {
    const library = await owner.newLibrary();
    const ticket = await ticketOf(library);
    nowMs += 72 * 3_600_000 + 1;
    const listener = await listen(library, ticket);
    expect(await listener.next()).toMatchObject({ type: 'jwt-expired' });
  });

  it('tells a receiver nothing once the share is removed', async () => {
    const library = await owner.newLibrary();
    const form = { share_type: 'user', permission: 'r', username: 'r@x.org' };
    await library.api('PUT', 'dir/shared_items/?p=/', form);
    const receiver = await TestAccount.signIn(server, 'r@x.org');
    const listener = await listen(await receiver.openLibrary(library.id));
    await listener.heard();
    await library.api('DELETE', 'dir/shared_items/?p=/&share_type=user&username=r@x.org');
    await library.mkdir('/secret');
    const own = await receiver.newLibrary();
    const repos = [{ id: own.id, jwt_token: await ticketOf(own) }];
    listener.send({ type: 'subscribe', content: { repos } });
    await listener.heard();
    await own.mkdir('/x');
    expect(await listener.next()).toMatchObject({ content: { repo_id: own.id } });
  });

  it('closes the connection of who says something it does not understand', async () => {
    const listener = await Listener.connect(server);
    listener.send({ type: 'sing' });
    await listener.closed();
  });
});

/** A websocket whose messages are read one after the other. */
class Listener {
  readonly #socket: WebSocket;
  readonly #messages: unknown[] = [];
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)));
      this.#wake?.();
    });
  }

  static async connect(server: RunningServer): Promise<Listener> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/notification`);
    const listener = new Listener(socket);
    await once(socket, 'open');
    return listener;
  }

  send(message: unknown): void {
    this.#socket.send(JSON.stringify(message));
  }

  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift();
  }

  /** Waits until the server has taken all that was sent: it answers a bad ticket in order. */
  async heard(): Promise<void> {
    this.send({ type: 'subscribe', content: { repos: [{ id: 'marker', jwt_token: '' }] } });
    expect(await this.next()).toEqual({ type: 'jwt-expired', content: { repo_id: 'marker' } });
  }

  async closed(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close');
  }

  close(): void {
    this.#socket.terminate();
  }
}
