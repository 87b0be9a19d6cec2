import { deflateSync } from 'node:zlib';
import {
  type Commit,
  type Entry,
  encodeCommit,
  encodeDirectory,
  encodeFrame,
  hashCommit,
  type LibraryId,
} from '../../src/seafile/objects/index.ts';
import type { RunningServer } from '../../src/server/index.ts';

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; a test that uses it states what it expects to be there. */
  // biome-ignore lint/suspicious/noExplicitAny: test bodies are compared, never trusted
  readonly json: any;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every body is JSON.
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** An account of a test, speaking plain HTTP to a server. */
export class TestAccount {
  readonly server: RunningServer;
  readonly email: string;
  readonly token: string;

  constructor(server: RunningServer, email: string, token: string) {
    this.server = server;
    this.email = email;
    this.token = token;
  }

  static async signIn(server: RunningServer, email: string, password = `${email}'s password`): Promise<TestAccount> {
    const body = new URLSearchParams({ username: email, password });
    const answer = await read(await fetch(`${server.url}/api2/auth-token/`, { method: 'POST', body }));
    if (answer.status !== 200) throw new Error(`signing in as ${email}: ${answer.status} ${answer.text}`);
    return new TestAccount(server, email, answer.json.token);
  }

  /** A call of the web API; `form` or `json` is its body. */
  async call(
    method: string,
    path: string,
    body: { form?: Record<string, string>; json?: unknown } = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Token ${this.token}` };
    let content: string | URLSearchParams | undefined;
    if (body.form) content = new URLSearchParams(body.form);
    if (body.json !== undefined) {
      content = JSON.stringify(body.json);
      headers['content-type'] = 'application/json';
    }
    const init: RequestInit = { method, headers, redirect: 'manual' };
    if (content !== undefined) init.body = content;
    return read(await fetch(this.server.url + path, init));
  }

  async newLibrary(name = 'library'): Promise<TestLibrary> {
    const answer = await this.call('POST', '/api2/repos/', { form: { name } });
    return new TestLibrary(this, answer.json.repo_id, answer.json.token);
  }

  /** A library that somebody shares. */
  async openLibrary(id: string): Promise<TestLibrary> {
    const answer = await this.call('GET', `/api2/repos/${id}/download-info/`);
    if (answer.status !== 200) throw new Error(`${this.email} may not open ${id}: ${answer.text}`);
    return new TestLibrary(this, answer.json.repo_id, answer.json.token);
  }
}

/** A library as one account uses it. */
export class TestLibrary {
  readonly account: TestAccount;
  readonly id: string;
  readonly syncToken: string;

  constructor(account: TestAccount, id: string, syncToken: string) {
    this.account = account;
    this.id = id;
    this.syncToken = syncToken;
  }

  /** A call of the web API below the library. */
  api(method: string, path: string, form?: Record<string, string>): Promise<Answer> {
    return this.account.call(method, `/api2/repos/${this.id}/${path}`, form ? { form } : {});
  }

  api21(method: string, path: string, form?: Record<string, string>): Promise<Answer> {
    return this.account.call(method, `/api/v2.1/repos/${this.id}/${path}`, form ? { form } : {});
  }

  mkdir(path: string): Promise<Answer> {
    return this.api('POST', `dir/?p=${encodeURIComponent(path)}`, { operation: 'mkdir', create_parents: 'true' });
  }

  /** Names in a folder, as listed; undefined when it does not exist. */
  async list(path = '/'): Promise<string[] | undefined> {
    const answer = await this.api('GET', `dir/?p=${encodeURIComponent(path)}`);
    return answer.status === 200 ? answer.json.map((entry: { name: string }) => entry.name) : undefined;
  }

  async upload(folder: string, name: string, content: string | Uint8Array, replace = false): Promise<Answer> {
    const link = await this.api('GET', `upload-link/?p=${encodeURIComponent(folder)}`);
    if (link.status !== 200) return link;
    const form = new FormData();
    form.set('parent_dir', folder);
    form.set('replace', replace ? '1' : '0');
    form.set('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), name);
    return read(await fetch(`${link.json}?ret-json=1`, { method: 'POST', body: form }));
  }

  async download(path: string): Promise<string | undefined> {
    const link = await this.api('GET', `file/?p=${encodeURIComponent(path)}`);
    if (link.status !== 200) return undefined;
    return (await read(await fetch(link.json))).text;
  }

  /** A request of the sync protocol. */
  async sync(method: string, path: string, body?: string | Uint8Array): Promise<Answer> {
    const init: RequestInit = { method, headers: { 'seafile-repo-token': this.syncToken } };
    if (body !== undefined) init.body = typeof body === 'string' ? body : new Uint8Array(body);
    return read(await fetch(`${this.account.server.fileServer}/repo/${this.id}/${path}`, init));
  }

  async head(): Promise<string> {
    return (await this.sync('GET', 'commit/HEAD')).json.head_commit_id;
  }

  async rootId(): Promise<string> {
    return (await this.api('GET', '')).json.root;
  }

  /** Stores a folder object. @returns its id */
  async putDirectory(entries: readonly Entry[]): Promise<string> {
    const { id, text } = encodeDirectory(entries);
    if (text.length > 0) await this.sync('POST', 'recv-fs/', encodeFrame({ id, compressed: deflateSync(text) }));
    return id;
  }

  /** Makes a commit and asks for it to become the head. @returns the answer to the latter */
  async push(commit: { root: string; parent: string; description: string; ctime?: number }): Promise<Answer> {
    const content = {
      rootId: commit.root as Commit['rootId'],
      creator: 'ab'.repeat(20),
      creatorName: this.account.email,
      description: commit.description,
      ctime: commit.ctime ?? 1_700_000_000,
    };
    const whole: Commit = {
      ...content,
      id: hashCommit(content),
      libraryId: this.id as LibraryId,
      parentId: commit.parent as Commit['id'],
      secondParentId: null,
      libraryName: '',
      libraryDescription: '',
    };
    await this.sync('PUT', `commit/${whole.id}`, encodeCommit(whole));
    return this.sync('PUT', `commit/HEAD/?head=${whole.id}`);
  }
}

/** What accounts of tests have as passwords. */
export const accountsOf = (...emails: string[]): { email: string; password: string }[] =>
  emails.map((email) => ({ email, password: `${email}'s password` }));
