// What we use of npm:ssh2. Its published types bring along types of an old Node that hide those of this runtime.
import type { Buffer } from "node:buffer";

type Done = (error?: Error | null) => void;

export interface ConnectConfig {
  host: string;
  port: number;
  username: string;
  privateKey: string;
  readyTimeout: number;
  keepaliveInterval: number;
  hostVerifier?: (key: Buffer) => boolean;
  algorithms?: { serverHostKey: readonly string[] };
}

export class Client {
  on(event: "ready" | "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  connect(config: ConnectConfig): this;
  setNoDelay(noDelay: boolean): this;
  sftp(done: (error: Error | undefined, sftp: SFTPWrapper) => void): this;
  destroy(): this;
}

/** The client's methods and the server's events and answers. */
export interface SFTPWrapper {
  on(event: "close", listener: () => void): this;
  on(event: "OPEN", listener: (id: number, name: string, flags: number) => void): this;
  on(event: "WRITE", listener: (id: number, handle: Buffer, offset: number, data: Buffer) => void): this;
  on(event: "CLOSE" | "READDIR", listener: (id: number, handle: Buffer) => void): this;
  on(event: "RENAME", listener: (id: number, from: string, to: string) => void): this;
  on(event: "REMOVE" | "OPENDIR", listener: (id: number, name: string) => void): this;
  open(
    path: string,
    flags: string,
    attributes: { mode: number },
    done: (error: Error | undefined, handle: Buffer) => void,
  ): void;
  write(handle: Buffer, data: Buffer, offset: number, length: number, position: number, done: Done): void;
  close(handle: Buffer, done: Done): void;
  rename(from: string, to: string, done: Done): void;
  unlink(path: string, done: Done): void;
  readdir(path: string, done: (error: Error | undefined, entries: { filename: string }[]) => void): void;
  ext_openssh_rename(from: string, to: string, done: Done): void;
  ext_openssh_fsync(handle: Buffer, done: Done): void;
  status(id: number, code: number): void;
  handle(id: number, handle: Buffer): void;
  name(id: number, names: readonly { filename: string; longname: string; attrs: object }[]): void;
}

export interface AuthContext {
  readonly method: string;
  readonly username: string;
  readonly key: { readonly data: Buffer };
  accept(): void;
  reject(): void;
}

export interface Session {
  on(event: "sftp", listener: (accept: () => SFTPWrapper) => void): this;
}

export interface Connection {
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "close" | "ready", listener: () => void): this;
  on(event: "authentication", listener: (attempt: AuthContext) => void): this;
  on(event: "session", listener: (accept: () => Session) => void): this;
  setNoDelay(noDelay: boolean): this;
  end(): void;
}

export class Server {
  constructor(config: { hostKeys: readonly string[] }, listener: (client: Connection) => void);
  listen(port: number, host: string, done: () => void): this;
  address(): { port: number };
  close(done: () => void): this;
}

export const utils: {
  parseKey(pem: string): Error | { getPublicSSH(): Buffer };
  sftp: {
    OPEN_MODE: { WRITE: number };
    STATUS_CODE: Record<"OK" | "EOF" | "FAILURE" | "NO_SUCH_FILE" | "PERMISSION_DENIED", number>;
  };
};
