// What we use of npm:ssh2 as an SFTP client. Its published types bring along those of an old Node.
import type { Buffer } from "node:buffer";
import type { Writable } from "node:stream";

export interface ConnectConfig {
  host: string;
  port: number;
  username: string;
  password: string;
  readyTimeout: number;
  hostVerifier: (key: Buffer) => boolean;
}

export interface SFTPWrapper {
  createWriteStream(path: string, options: { readonly mode: number }): Writable;
  createReadStream(
    path: string,
  ): AsyncIterable<Uint8Array> & { on(event: "error", listener: (error: Error) => void): void };
}

export class Client {
  on(event: "ready" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  connect(config: ConnectConfig & { sock?: unknown }): this;
  sftp(done: (error: Error | undefined, sftp: SFTPWrapper) => void): this;
  destroy(): this;
}
