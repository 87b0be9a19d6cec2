import type { FastifyRequest } from 'fastify';
import type { Site } from '../site.ts';
import type { LibraryRecord, Permission } from '../storage/index.ts';
import { detail, fail } from './answers.ts';
import { BadBodyError, type Fields, readData, readForm } from './forms.ts';
import type { Caller } from './identify.ts';

/** What the routes for library tokens call the parameters of the others (seafile-api A.5). */
const VIA_TOKEN_NAMES: Readonly<Record<string, string>> = { p: 'path', t: 'type' };

/** One request of the web API, with the account it was made for. */
export class Call {
  readonly site: Site;
  /** Address of the account; empty for a library token. */
  readonly account: string;
  readonly #request: FastifyRequest;
  readonly #grant: Caller['grant'];

  constructor(site: Site, request: FastifyRequest, caller: Caller) {
    this.site = site;
    this.#request = request;
    this.account = caller.account;
    this.#grant = caller.grant;
  }

  /** A variable part of the route. */
  param(name: string): string {
    // A library token names the library itself.
    if (name === 'id' && this.#grant) return this.#grant.library;
    const params = this.#request.params as Record<string, string>; // Fastify: every parameter of a route is a string.
    return params[name] ?? '';
  }

  /** A value of the query; undefined when it is missing. Of several the last counts, as in Django. */
  query(name: string): string | undefined {
    return this.queryAll(name).at(-1);
  }

  queryAll(name: string): readonly string[] {
    const asked = this.#grant ? (VIA_TOKEN_NAMES[name] ?? name) : name;
    const query = this.#request.query as Record<string, string | string[] | undefined>; // Fastify's own parser.
    const value = query[asked];
    if (value === undefined) return [];
    return Array.isArray(value) ? value : [value];
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  get ip(): string {
    return this.#request.ip;
  }

  get #contentType(): string {
    return (this.header('content-type') ?? '').trim();
  }

  get #body(): Buffer {
    return Buffer.isBuffer(this.#request.body) ? this.#request.body : Buffer.alloc(0);
  }

  /** Fields of a form. A JSON body has none (seafile-api 0.2). */
  form(): Fields {
    return this.#reading(() => readForm(this.#contentType, this.#body));
  }

  /** A field of a form. */
  field(name: string): string | undefined {
    return this.form().get(name)?.at(-1);
  }

  /** Fields of a form or of a JSON object. */
  data(): Readonly<Record<string, unknown>> {
    return this.#reading(() => readData(this.#contentType, this.#body));
  }

  /** A text field of a form or of a JSON object. */
  text(name: string): string | undefined {
    const value = this.data()[name];
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  get isLibraryToken(): boolean {
    return this.#grant !== undefined;
  }

  get isJson(): boolean {
    return this.#contentType.startsWith('application/json');
  }

  #reading<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (error instanceof BadBodyError) throw detail(400, error.message);
      throw error;
    }
  }

  /**
   * The library of a route that is named by its `:id`.
   *
   * @param texts what is said when it does not exist, and when the account lacks the permission
   */
  library(need: Permission, texts: { missing?: string; forbidden?: string } = {}): LibraryRecord {
    return this.libraryById(this.param('id'), need, texts);
  }

  libraryById(id: string, need: Permission, texts: { missing?: string; forbidden?: string } = {}): LibraryRecord {
    const library = this.site.libraries.find(id);
    if (!library) throw fail(404, texts.missing ?? `Library ${id} not found.`);
    const permission = this.#permission(library);
    if (permission === undefined || (need === 'rw' && permission !== 'rw')) {
      throw fail(403, texts.forbidden ?? 'Permission denied.');
    }
    return library;
  }

  /** What the account may do with a library it was already let into. */
  permission(library: LibraryRecord): Permission {
    return this.#permission(library) ?? 'r';
  }

  #permission(library: LibraryRecord): Permission | undefined {
    if (!this.#grant) return this.site.access.permission(this.account, library);
    return this.#grant.library === library.id ? this.#grant.permission : undefined;
  }
}
