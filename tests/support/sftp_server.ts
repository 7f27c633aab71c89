import { Buffer } from "node:buffer";
import { generateKeyPairSync } from "node:crypto";
// @ts-types="../../gateway/courier/ssh2.d.ts"
import { type Connection, Server, type SFTPWrapper, utils } from "ssh2";

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

/** A fresh key pair: the private half as PEM and the public half in SSH wire form. */
export function createSshKey(): { readonly pem: string; readonly publicKey: Uint8Array<ArrayBuffer> } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const parsed = utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  return { pem, publicKey: new Uint8Array(parsed.getPublicSSH()) };
}

/** An SFTP server on loopback that keeps its files in a folder and lets one key in. */
export interface SftpServer {
  readonly port: number;
  /** Names of the requests that arrived, in order, writes left out. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface SftpServerOptions {
  readonly root: string;
  readonly hostKeyPem: string;
  readonly userKey: Uint8Array;
  /** Lets in by this password too. */
  readonly password?: string;
  /** Closes the connection after this many written bytes. */
  readonly dieAfterBytes?: number;
  /** Has a disk of this size: further bytes are a failure, the connection stays. */
  readonly diskBytes?: number;
  /** Refuses every rename. */
  readonly refusesRename?: boolean;
}

/** Starts the server; paths of the client are below `root`. */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const requests: string[] = [];
  const clients = new Set<Connection>();
  const server = new Server({ hostKeys: [options.hostKeyPem] }, (client) => {
    clients.add(client);
    client.setNoDelay(true);
    client.on("error", () => client.end());
    client.on("close", () => clients.delete(client));
    client.on("authentication", (attempt) => {
      const isOurs = attempt.method === "publickey"
        ? Buffer.from(options.userKey).equals(attempt.key.data)
        : attempt.method === "password" && (attempt as { password?: string }).password === options.password;
      return isOurs && attempt.username === "bulkhead" ? attempt.accept() : attempt.reject();
    });
    client.on(
      "ready",
      () =>
        client.on(
          "session",
          (accept) => accept().on("sftp", (acceptSftp) => serve(acceptSftp(), options, requests, () => client.end())),
        ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  const close = async () => {
    for (const client of clients) client.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port, requests, close };
}

function serve(sftp: SFTPWrapper, options: SftpServerOptions, requests: string[], die: () => void): void {
  const handles = new Map<number, { file?: Deno.FsFile; names?: string[] }>();
  let nextHandle = 1, written = 0;
  const path = (name: string) => options.root + name;
  const open = (entry: { file?: Deno.FsFile; names?: string[] }): Buffer => {
    handles.set(nextHandle, entry);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(nextHandle++);
    return handle;
  };
  const entryOf = (handle: Buffer) => handles.get(handle.readUInt32BE(0));
  const answer = (id: number, run: () => void) => {
    try {
      run();
      sftp.status(id, STATUS_CODE.OK);
    } catch (error) {
      sftp.status(id, error instanceof Deno.errors.NotFound ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
    }
  };
  sftp.on("OPEN", (id, name, flags) => {
    requests.push(`OPEN ${name}`);
    if (!(flags & OPEN_MODE.WRITE)) return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    try {
      sftp.handle(id, open({ file: Deno.openSync(path(name), { write: true, create: true, truncate: true }) }));
    } catch {
      sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    }
  });
  sftp.on("WRITE", (id, handle, offset, data) => {
    written += data.length;
    if (options.dieAfterBytes !== undefined && written > options.dieAfterBytes) return die();
    if (options.diskBytes !== undefined && written > options.diskBytes) return sftp.status(id, STATUS_CODE.FAILURE);
    answer(id, () => {
      const file = entryOf(handle)!.file!;
      file.seekSync(offset, Deno.SeekMode.Start);
      for (let at = 0; at < data.length;) at += file.writeSync(data.subarray(at));
    });
  });
  sftp.on("CLOSE", (id, handle) => {
    answer(id, () => entryOf(handle)?.file?.close());
    handles.delete(handle.readUInt32BE(0));
  });
  sftp.on("RENAME", (id, from, to) => {
    requests.push(`RENAME ${from} ${to}`);
    if (options.refusesRename) return sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    answer(id, () => Deno.renameSync(path(from), path(to)));
  });
  sftp.on("REMOVE", (id, name) => {
    requests.push(`REMOVE ${name}`);
    answer(id, () => Deno.removeSync(path(name)));
  });
  sftp.on("OPENDIR", (id, name) => {
    sftp.handle(id, open({ names: [...Deno.readDirSync(path(name))].map((entry) => entry.name) }));
  });
  sftp.on("READDIR", (id, handle) => {
    const entry = entryOf(handle);
    const names = entry?.names?.splice(0) ?? [];
    if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF);
    const attrs = { mode: 0o600, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
    sftp.name(id, names.map((filename) => ({ filename, longname: filename, attrs })));
  });
}
