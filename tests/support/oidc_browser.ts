import { request } from "node:https";

/** A browser at the identity provider: cookies, redirects, and the forms of its development pages. */
export class OidcBrowser {
  readonly #cookies = new Map<string, string>();
  readonly #caPem: string;

  constructor(caPem: string) {
    this.#caPem = caPem;
  }

  /** Walks from the authorisation URL to the callback, logging in as `person` where it is asked; answers that URL. */
  async login(url: string, person: string, callback: string): Promise<string> {
    let next = url;
    for (let step = 0; step < 12; step++) {
      const { status, location, body } = await this.#send("GET", next);
      if (location?.startsWith(callback)) return location;
      if (location) {
        next = new URL(location, next).href;
        continue;
      }
      if (status !== 200) throw new Error(`${status} of ${next}: ${body.slice(0, 500)}`);
      const form = body.includes('name="login"')
        ? { prompt: "login", login: person, password: "x" }
        : { prompt: "consent" };
      const [, action = next] = /<form[^>]* action="([^"]+)"/.exec(body) ?? [];
      const sent = await this.#send("POST", new URL(action, next).href, new URLSearchParams(form as never).toString());
      if (!sent.location) throw new Error(`${sent.status} after the form: ${sent.body.slice(0, 500)}`);
      if (sent.location.startsWith(callback)) return sent.location;
      next = new URL(sent.location, next).href;
    }
    throw new Error("the provider did not come to an end");
  }

  /** Logs out at the provider. */
  async logout(issuer: string): Promise<void> {
    const page = await this.#send("GET", `${issuer}/session/end`);
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(page.body) ?? [];
    const [, action = `${issuer}/session/end/confirm`] = /<form[^>]* action="([^"]+)"/.exec(page.body) ?? [];
    await this.#send("POST", action, new URLSearchParams({ xsrf, logout: "yes" }).toString());
  }

  #send(method: string, url: string, body?: string): Promise<{ status: number; location?: string; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; location?: string; body: string }>();
    const headers = {
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      ...body === undefined ? {} : {
        "content-type": "application/x-www-form-urlencoded",
        "content-length": String(body.length),
      },
    };
    const sent = request(url, { method, headers, ca: this.#caPem, agent: false }, (response) => {
      for (const cookie of response.headers["set-cookie"] ?? []) this.#keep(cookie);
      const parts: string[] = [];
      response.setEncoding("utf8").on("data", (part: string) => parts.push(part));
      response.on("end", () => {
        const { location } = response.headers;
        resolve({ status: response.statusCode ?? 0, body: parts.join(""), ...location ? { location } : {} });
      });
    });
    sent.on("error", reject).end(body);
    return promise;
  }

  #keep(cookie: string): void {
    const [pair = ""] = cookie.split(";");
    const at = pair.indexOf("=");
    if (pair.slice(at + 1) === "") this.#cookies.delete(pair.slice(0, at));
    else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
}
