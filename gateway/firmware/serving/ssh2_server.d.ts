// What we use of npm:ssh2 as an SFTP server. Its published types bring along those of an old Node.
import type { Buffer } from "node:buffer";

export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly atime: number;
  readonly mtime: number;
}

export interface SftpStream {
  on(event: "OPEN", listener: (id: number, name: string, flags: number) => void): this;
  on(event: "READ", listener: (id: number, handle: Buffer, offset: number, length: number) => void): this;
  on(event: "WRITE", listener: (id: number, handle: Buffer, offset: number, data: Buffer) => void): this;
  on(event: "FSTAT" | "CLOSE" | "READDIR", listener: (id: number, handle: Buffer) => void): this;
  on(event: "STAT" | "LSTAT" | "REALPATH" | "OPENDIR", listener: (id: number, path: string) => void): this;
  on(event: "SETSTAT" | "FSETSTAT", listener: (id: number) => void): this;
  on(event: "end" | "close", listener: () => void): this;
  end(): void;
  status(id: number, code: number): void;
  handle(id: number, handle: Buffer): void;
  data(id: number, data: Uint8Array): void;
  attrs(id: number, attributes: Attributes): void;
  name(id: number, names: readonly { filename: string; longname: string; attrs: Attributes | object }[]): void;
}

export interface Attempt {
  readonly method: string;
  readonly password?: string;
  accept(): void;
  reject(methods?: readonly string[]): void;
}

export interface Connection {
  on(event: "error", listener: (error: Error) => void): this;
  on(event: "close" | "ready", listener: () => void): this;
  on(event: "authentication", listener: (attempt: Attempt) => void): this;
  on(event: "session", listener: (accept: () => Session) => void): this;
  setNoDelay(noDelay: boolean): this;
  end(): void;
}

export interface Session {
  on(event: "sftp", listener: (accept: () => SftpStream) => void): this;
}

export class Server {
  constructor(
    config: { readonly hostKeys: readonly string[]; readonly ident: string },
    listener: (client: Connection, info: { readonly ip: string }) => void,
  );
  maxConnections: number;
  on(event: "error", listener: (error: Error) => void): this;
  listen(port: number, host: string, done: () => void): this;
  address(): { port: number };
  close(done?: () => void): this;
}

export const utils: {
  sftp: {
    OPEN_MODE: Record<"READ" | "WRITE" | "APPEND", number>;
    STATUS_CODE: Record<"OK" | "EOF" | "FAILURE" | "NO_SUCH_FILE" | "PERMISSION_DENIED" | "OP_UNSUPPORTED", number>;
  };
};
