import { Buffer } from "node:buffer";
import { request } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** One answer of the console. */
export interface ConsoleAnswer {
  readonly status: number;
  readonly location?: string;
  readonly text: string;
}

interface StreamedBody {
  readonly type: string;
  readonly bytes: number;
  parts(): Iterable<Uint8Array>;
}

/** A browser without script: cookies, forms with their token, redirects on demand. The certificate is the site CA's. */
export class ConsoleClient {
  readonly #cookies = new Map<string, string>();
  readonly #base: URL;
  readonly #host: string;

  /** @param host what the browser would have typed, where that leads elsewhere by name than by address */
  constructor(base: string, host?: string) {
    this.#base = new URL(base);
    this.#host = host ?? this.#base.host;
  }

  /** Cookies as a browser keeps them, for tests that take a session along. */
  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  async get(path: string): Promise<ConsoleAnswer> {
    return await this.#send("GET", path);
  }

  /** Opens the page of a form, takes its token, and sends the form. */
  async post(page: string, action: string, fields: Readonly<Record<string, string>>): Promise<ConsoleAnswer> {
    const [name, token] = await this.#tokenOf(page);
    const form = new URLSearchParams({ ...name === undefined ? {} : { [name]: token! }, ...fields });
    return await this.#send("POST", action, form.toString());
  }

  /** The same with a file behind the fields, sent piece by piece. A source that throws breaks the connection off. */
  async upload(
    page: string,
    action: string,
    fields: Readonly<Record<string, string>>,
    file: { readonly name: string; readonly bytes: number; readonly parts: Iterable<Uint8Array> },
  ): Promise<ConsoleAnswer> {
    const [name = "", token = ""] = await this.#tokenOf(page), boundary = "----form-of-a-browser";
    const part = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
    const said = Object.entries({ [name]: token, ...fields }).map(([key, value]) =>
      `${part(`name="${key}"`)}${value}\r\n`
    );
    const head = Buffer.from(`${said.join("")}${part(`name="file"; filename="${file.name}"`)}`);
    const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
    return await this.#send("POST", action, {
      type: `multipart/form-data; boundary=${boundary}`,
      bytes: head.length + file.bytes + tail.length,
      *parts() {
        yield head;
        yield* file.parts;
        yield tail;
      },
    });
  }

  async #tokenOf(page: string): Promise<readonly [name?: string, token?: string]> {
    const { text } = await this.get(page);
    const [, name, token] = /<input type="hidden" name="([^"]+)" value="([^"]+)"/.exec(text) ?? [];
    return name === undefined ? [] : [name, token!];
  }

  #send(method: string, path: string, given?: string | StreamedBody): Promise<ConsoleAnswer> {
    const body: StreamedBody | undefined = typeof given === "string"
      ? {
        type: "application/x-www-form-urlencoded",
        bytes: Buffer.byteLength(given),
        parts: () => [Buffer.from(given)],
      }
      : given;
    const { promise, resolve, reject } = Promise.withResolvers<ConsoleAnswer>();
    const headers = {
      host: this.#host,
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      "accept-language": "en",
      ...body === undefined ? {} : {
        "content-type": body.type,
        "content-length": String(body.bytes),
        "origin": `https://${this.#host}`,
      },
    };
    const { hostname, port } = this.#base;
    // loopback only, and the gateway's own CA is not what these tests are about
    const options = { hostname, port, path, method, headers, agent: false, rejectUnauthorized: false } as const;
    const sent = request(options, (response) => {
      for (const cookie of response.headers["set-cookie"] ?? []) this.#keep(cookie);
      const parts: string[] = [];
      response.setEncoding("utf8").on("data", (part: string) => parts.push(part));
      response.on("end", () => {
        const { location } = response.headers;
        resolve({ status: response.statusCode ?? 0, text: parts.join(""), ...location ? { location } : {} });
      });
    });
    sent.on("error", reject);
    if (body) pipeline(Readable.from(body.parts()), sent).catch(reject);
    else sent.end();
    return promise;
  }

  #keep(cookie: string): void {
    const [pair = ""] = cookie.split(";");
    const at = pair.indexOf("="), value = pair.slice(at + 1);
    if (value === "" || /max-age=0/i.test(cookie)) this.#cookies.delete(pair.slice(0, at));
    else this.#cookies.set(pair.slice(0, at), value);
  }
}
