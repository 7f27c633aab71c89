import type { HostRule } from "./fetch_rules.ts";
import { HttpStatusError, type HttpWay, openHttp } from "./fetch_http.ts";
import { allowUrl } from "./fetch_rules.ts";
import { fetchFailed, guarded } from "./guarded_stream.ts";

/** Where the files of a TUF repository are read from. Nothing that it gives is believed. */
export interface RepositoryReader {
  /** For messages. */
  readonly where: string;
  /** A metadata file, or undefined when there is none of this name. */
  metadata(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** A target by its path below targets/, hash prefix and all. The caller bounds its length. */
  target(path: string): Promise<AsyncIterable<Uint8Array>>;
}

/** A repository over HTTPS. */
export class HttpsRepository implements RepositoryReader {
  readonly #base: string;
  readonly #hosts: readonly HostRule[];

  constructor(
    readonly where: string,
    url: string,
    rule: Omit<HostRule, "host" | "schemes">,
    private readonly way: HttpWay,
  ) {
    this.#base = url.replace(/\/*$/, "");
    this.#hosts = [{ ...rule, host: new URL(url).hostname.replace(/^\[|\]$/g, "").toLowerCase(), schemes: ["https"] }];
  }

  async metadata(name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const part of await this.#open(`metadata/${name}`)) {
        bytes += part.length;
        // endless data: the rest is not read
        if (bytes > maxBytes) {
          throw fetchFailed(`${name} of ${this.where}`, new Error(`it has more than ${maxBytes} bytes`));
        }
        parts.push(part);
      }
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof HttpStatusError && [403, 404].includes(cause.status)) return undefined;
      throw error;
    }
    return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  }

  target(path: string): Promise<AsyncIterable<Uint8Array>> {
    return this.#open(`targets/${path.split("/").map(encodeURIComponent).join("/")}`);
  }

  async #open(path: string): Promise<AsyncIterable<Uint8Array>> {
    const { body, close } = await openHttp(allowUrl(`${this.#base}/${path}`, this.#hosts), this.#hosts, this.way);
    return guarded(body, `${path} of ${this.where}`, this.way, close);
  }
}
