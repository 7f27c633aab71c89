import { type ErrorDetail, UpstreamError } from "../core/errors.ts";
import { printable } from "../pki/distinguished_name.ts";
import type { AcmeJws } from "../core/control_api.ts";
import type { Call } from "./dns_endpoint.ts";
import type { HttpsAnswer } from "./https_call.ts";
import { ACME_LIMITS } from "./limits.ts";

/** Has a request signed with the account key, which this Worker never sees. */
export type Sign = (
  request: { readonly url: string; readonly nonce: string; readonly payload: string; readonly account?: string },
) => Promise<AcmeJws>;

/** An answer of the ACME server with its JSON, when it is JSON. */
export interface AcmeAnswer extends HttpsAnswer {
  readonly json: Readonly<Record<string, unknown>>;
}

/** The server said no: a problem document (RFC 8555 section 6.7) or what stands in its place. */
export class AcmeProblem extends UpstreamError {
  /** Last part of the problem's URN: "rateLimited", "badNonce". */
  readonly type: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(type: string, message: string, detail: ErrorDetail & { readonly retryAfterSeconds?: number } = {}) {
    super("ACME_REFUSED", message, detail);
    this.type = type;
    this.retryAfterSeconds = detail.retryAfterSeconds;
  }
}

type Directory = Readonly<Record<"newNonce" | "newAccount" | "newOrder", string>>;

/** The transport of RFC 8555: directory, nonces, signed POSTs. One per run. */
export class AcmeClient {
  readonly #directoryUrl: string;
  readonly #ca: string | undefined;
  readonly #call: Call;
  readonly #sign: Sign;
  readonly #now: () => number;
  #directory: Directory | undefined;
  #nonce: string | undefined;
  #account: string | undefined;

  constructor(server: { readonly url: string; readonly ca?: string }, call: Call, sign: Sign, now: () => number) {
    this.#directoryUrl = server.url;
    this.#ca = server.ca;
    this.#call = call;
    this.#sign = sign;
    this.#now = now;
  }

  /**
   * Finds the account of the key or makes it; a known key gets its old account (RFC 8555 section 7.3.1), so there is
   * nothing to remember and nothing to lose.
   */
  async register(contact: string | undefined): Promise<void> {
    const directory = await this.#open();
    const mail = contact === undefined ? {} : { contact: [`mailto:${contact}`] };
    const answer = await this.#signed(directory.newAccount, JSON.stringify({ termsOfServiceAgreed: true, ...mail }));
    this.#account = this.#ownUrl(answer.headers.location);
  }

  /** Starts an order. @returns its URL and its state */
  async order(names: readonly string[]): Promise<{ readonly url: string; readonly answer: AcmeAnswer }> {
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const answer = await this.#signed((await this.#open()).newOrder, JSON.stringify({ identifiers }));
    return { url: this.#ownUrl(answer.headers.location), answer };
  }

  /** Reads what stands at a URL of the server (POST-as-GET). */
  read(url: unknown): Promise<AcmeAnswer> {
    return this.#signed(this.#ownUrl(url), "");
  }

  /** Sends JSON to a URL of the server. @throws AcmeProblem, UpstreamError ACME_UNREACHABLE */
  send(url: unknown, payload: Readonly<Record<string, unknown>>): Promise<AcmeAnswer> {
    return this.#signed(this.#ownUrl(url), JSON.stringify(payload));
  }

  /** Milliseconds that an answer asks to wait, if it does (seconds or a date, RFC 9110 section 10.2.3). */
  retryAfterMs({ headers }: HttpsAnswer): number | undefined {
    const text = headers["retry-after"];
    if (text === undefined) return undefined;
    const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - this.#now();
    return Number.isNaN(ms) ? undefined : Math.max(0, ms);
  }

  async #signed(url: string, payload: string): Promise<AcmeAnswer> {
    for (let retries = 0;; retries++) {
      const nonce = await this.#takeNonce();
      const account = this.#account === undefined ? {} : { account: this.#account };
      const body = JSON.stringify(await this.#sign({ url, nonce, payload, ...account }));
      const headers = { "content-type": "application/jose+json" };
      const answer = await this.#call({ method: "POST", url, ca: this.#ca, headers, body });
      this.#keepNonce(answer);
      const read = { ...answer, json: jsonOf(answer) };
      if (answer.status >= 200 && answer.status < 300) return read;
      const problem = this.#problemOf(read);
      if (problem.type !== "badNonce" || retries >= ACME_LIMITS.nonceRetries) throw problem;
    }
  }

  async #open(): Promise<Directory> {
    if (this.#directory) return this.#directory;
    const answer = await this.#call({ method: "GET", url: this.#directoryUrl, ca: this.#ca });
    if (answer.status !== 200) throw this.#problemOf({ ...answer, json: jsonOf(answer) });
    const { newNonce, newAccount, newOrder } = jsonOf(answer);
    return this.#directory = {
      newNonce: this.#ownUrl(newNonce),
      newAccount: this.#ownUrl(newAccount),
      newOrder: this.#ownUrl(newOrder),
    };
  }

  async #takeNonce(): Promise<string> {
    if (this.#nonce === undefined) {
      this.#keepNonce(await this.#call({ method: "HEAD", url: (await this.#open()).newNonce, ca: this.#ca }));
    }
    const nonce = this.#nonce;
    this.#nonce = undefined;
    if (nonce === undefined) throw new AcmeProblem("malformed", "The ACME server gave no nonce");
    return nonce;
  }

  #keepNonce({ headers }: HttpsAnswer): void {
    const nonce = headers["replay-nonce"];
    if (typeof nonce === "string" && /^[A-Za-z0-9_-]{1,256}$/.test(nonce)) this.#nonce = nonce;
  }

  /** Only URLs of the directory's host: this Worker can reach no other, and control signs for no other. */
  #ownUrl(text: unknown): string {
    const url = typeof text === "string" && text.length <= 2_048 ? URL.parse(text, this.#directoryUrl) : null;
    if (url?.origin === new URL(this.#directoryUrl).origin) return url.href;
    const shown = printable(String(text));
    throw new AcmeProblem("malformed", `The ACME server named the URL "${shown}", wanted one of its own host and port`);
  }

  #problemOf(answer: AcmeAnswer): AcmeProblem {
    const retryAfterMs = this.retryAfterMs(answer);
    const after = retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) };
    const { type, text } = readProblem(answer.json);
    return new AcmeProblem(type, `The ACME server answered ${answer.status} ${text}`.trimEnd(), after);
  }
}

/** Type and printable text of a problem document. */
export function readProblem(problem: unknown): { readonly type: string; readonly text: string } {
  const { type, detail } = (typeof problem === "object" && problem !== null ? problem : {}) as Record<string, unknown>;
  const kind = typeof type === "string" ? printable(type.split(":").at(-1)!) : "";
  const why = typeof detail === "string" ? detail.slice(0, 512).replace(/[^\x20-\x7e]/g, "?") : "";
  return { type: kind, text: [kind, why].filter((part) => part !== "").join(": ") };
}

function jsonOf({ headers, body }: HttpsAnswer): Readonly<Record<string, unknown>> {
  if (!/\bjson\b/.test(headers["content-type"] ?? "")) return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch (cause) {
    throw new AcmeProblem("malformed", "The ACME server sent JSON that cannot be read", { cause });
  }
}
