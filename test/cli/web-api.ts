/** The server as a program sees it that knows nothing of seamount: by its web API. */
export class WebApi {
  readonly #url: string;
  readonly #token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async signIn(url: string, who: { readonly email: string; readonly password: string }): Promise<WebApi> {
    const body = new URLSearchParams({ username: who.email, password: who.password });
    const answer = await fetch(`${url}/api2/auth-token/`, { method: 'POST', body });
    return new WebApi(url, JSON.parse(await answer.text()).token);
  }

  get token(): string {
    return this.#token;
  }

  async call(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { authorization: `Token ${this.#token}` };
    const answer = await fetch(`${this.#url}${path}`, { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text}`);
    return JSON.parse(text);
  }

  async defaultLibrary(): Promise<string> {
    const answer = await this.call('/api2/default-repo/');
    return String(fieldOf(answer, 'repo_id'));
  }

  async createLibrary(name: string): Promise<string> {
    const body = new URLSearchParams({ name });
    return String(fieldOf(await this.call('/api2/repos/', { method: 'POST', body }), 'repo_id'));
  }

  async deleteLibrary(id: string): Promise<void> {
    await this.call(`/api2/repos/${id}/`, { method: 'DELETE' });
  }

  /** A file of the default library; null when there is none. */
  async read(path: string): Promise<string | null> {
    const library = await this.defaultLibrary();
    try {
      const link = await this.call(`/api2/repos/${library}/file/?p=${encodeURIComponent(path)}`);
      return await (await fetch(String(link))).text();
    } catch (error) {
      if (String(error).includes('404')) return null;
      throw error;
    }
  }
}

function fieldOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null
    ? Object.entries(answer).find(([key]) => key === name)?.[1]
    : null;
}
