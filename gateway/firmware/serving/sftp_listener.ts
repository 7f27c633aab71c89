import { Buffer } from "node:buffer";
// @ts-types="./ssh2_server.d.ts"
import { type Connection, Server, type SftpStream, utils } from "ssh2";
import { describeError, GatewayError } from "../../core/errors.ts";
import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { requireListenPermission } from "../../core/shared_port.ts";
import type { OpenDownload } from "./file_desk.ts";
import type { OpenFileListener } from "./http_listener.ts";
import { SERVING_LIMITS } from "./limits.ts";
import type { OpenListenerOf } from "./serve_service.ts";
import type { SealedSink } from "../../../hal/sealed_sink.ts";
import type { FileListener } from "./worker_config.ts";

type Options = Parameters<OpenListenerOf>[1];

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

/** Opens the SFTP listener: an exception of site.yaml for models that cannot do HTTPS. The password is the token. */
export async function openSftp(listener: FileListener, options: Options): Promise<OpenFileListener> {
  await requireListenPermission(listener);
  const { context } = options, clients = new Map<Connection, string>();
  const { keys: hostKeys } = await context.control.call("firmware.host-keys", {});
  const server = new Server({ hostKeys, ident: "files" }, (client, { ip }) => {
    client.on("error", () => client.end());
    if ([...clients.values()].filter((one) => one === ip).length >= SERVING_LIMITS.connectionsPerSource) {
      return client.end();
    }
    clients.set(client, ip);
    client.on("close", () => void clients.delete(client));
    client.setNoDelay(true);
    serveClient(client, ip, options);
  });
  server.maxConnections = SERVING_LIMITS.connections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on(
    "error",
    (cause) => reject(new GatewayError("SUP_START_FAILED", `Cannot listen on ${listener.name}`, { cause })),
  );
  server.listen(listener.port, listener.host, resolve);
  await promise;
  return {
    port: server.address().port,
    close: () => void server.close(),
    destroy: () => [...clients.keys()].forEach((client) => client.end()),
  };
}

function serveClient(client: Connection, source: string, options: Options): void {
  const { desk, context } = options;
  let grant: OpenedGrant | undefined;
  let cancel = context.timers.after(SERVING_LIMITS.loginMs, () => client.end());
  const awake = () => {
    cancel();
    cancel = context.timers.after(SERVING_LIMITS.idleMs, () => client.end());
  };
  client.on("close", () => cancel());
  client.on("authentication", (attempt) => {
    if (attempt.method !== "password") return attempt.reject(["password"]);
    const token = (attempt.password ?? "").slice(0, 64);
    desk.ask({ token, protocol: "sftp", purpose: "either", source }).then((found) => {
      grant = found;
      if (found) attempt.accept();
      else client.end(); // nobody gets a second try by the same connection
    }).catch((error) => {
      context.log.info("firmware.sftp.failed", { source, msg: describeError(error) });
      client.end();
    });
  });
  client.on("session", (accept) => {
    accept().on("sftp", (acceptSftp) => {
      if (grant) new SftpFiles(acceptSftp(), grant, options, awake).start(client);
      else client.end();
    });
  });
}

/** One thing that is open. */
type Open =
  | { readonly kind: "download"; readonly download: OpenDownload }
  | { readonly kind: "upload"; readonly sink: SealedSink; readonly name: string; bytes: number }
  | { readonly kind: "folder"; isRead: boolean };

/** The one folder of a station: the image that it may fetch, or room for the file that it brings. */
class SftpFiles {
  readonly #open = new Map<number, Open>();
  #next = 1;
  /** Requests are answered one after the other: what is read is paced. */
  #turn = Promise.resolve();
  #waiting = 0;

  constructor(
    private readonly sftp: SftpStream,
    private readonly grant: OpenedGrant,
    private readonly options: Options,
    private readonly awake: () => void,
  ) {}

  start(client: Connection): void {
    const { sftp } = this;
    client.on("close", () => this.#drop());
    sftp.on("end", () => sftp.end()); // OpenSSH waits for it
    const then = (id: number, work: () => Promise<void> | void) => {
      this.awake();
      if (++this.#waiting > SERVING_LIMITS.sftpReads) return client.end();
      this.#turn = this.#turn.then(work).catch((error) => {
        this.options.context.log.info("firmware.sftp.failed", { msg: describeError(error) });
        sftp.status(id, STATUS_CODE.FAILURE);
      }).finally(() => this.#waiting--);
    };
    sftp.on("REALPATH", (id) => then(id, () => sftp.name(id, [{ filename: "/", longname: "/", attrs: {} }])));
    sftp.on("STAT", (id, path) => then(id, () => this.#stat(id, path)));
    sftp.on("LSTAT", (id, path) => then(id, () => this.#stat(id, path)));
    sftp.on("OPENDIR", (id) => then(id, () => this.#hand(id, { kind: "folder", isRead: false })));
    sftp.on("READDIR", (id, handle) => then(id, () => this.#list(id, handle)));
    sftp.on("OPEN", (id, path, flags) => then(id, () => this.#openFile(id, path, flags)));
    sftp.on("READ", (id, handle, offset, length) => then(id, () => this.#read(id, handle, offset, length)));
    sftp.on("WRITE", (id, handle, offset, data) => then(id, () => this.#write(id, handle, offset, data)));
    sftp.on("FSTAT", (id, handle) => then(id, () => this.#fstat(id, handle)));
    sftp.on("CLOSE", (id, handle) => then(id, () => this.#close(id, handle)));
    // Times and rights of a file that is brought are nobody's concern here.
    for (const event of ["SETSTAT", "FSETSTAT"] as const) {
      sftp.on(event, (id) => then(id, () => sftp.status(id, STATUS_CODE.OK)));
    }
  }

  #stat(id: number, path: string): void {
    const name = nameOf(path), { grant } = this;
    if (name === "") return this.sftp.attrs(id, attributes(0o40_755, 0));
    if (grant.kind !== "download" || name !== grant.fileName) return this.sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    this.sftp.attrs(id, attributes(0o100_444, grant.sizeBytes));
  }

  #list(id: number, handle: Buffer): void {
    const open = this.#of(handle), { grant } = this;
    if (open?.kind !== "folder") return this.sftp.status(id, STATUS_CODE.FAILURE);
    if (open.isRead || grant.kind !== "download") return this.sftp.status(id, STATUS_CODE.EOF);
    open.isRead = true;
    const { fileName: filename, sizeBytes } = grant;
    const longname = `-r--r--r-- 1 0 0 ${sizeBytes} Jan  1 00:00 ${filename}`;
    this.sftp.name(id, [{ filename, longname, attrs: attributes(0o100_444, sizeBytes) }]);
  }

  async #openFile(id: number, path: string, flags: number): Promise<void> {
    const { grant, options: { desk } } = this, name = nameOf(path);
    if (flags & (OPEN_MODE.WRITE | OPEN_MODE.APPEND)) {
      const sink = grant.kind === "upload" && name !== "" ? desk.upload(grant) : undefined;
      if (!sink) return this.sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      return this.#hand(id, { kind: "upload", sink, name, bytes: 0 });
    }
    if (grant.kind !== "download" || name !== grant.fileName) return this.sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    const download = await desk.download(grant);
    if (!download) return this.sftp.status(id, STATUS_CODE.FAILURE);
    this.#hand(id, { kind: "download", download });
  }

  async #read(id: number, handle: Buffer, offset: number, length: number): Promise<void> {
    const open = this.#of(handle);
    if (open?.kind !== "download") return this.sftp.status(id, STATUS_CODE.FAILURE);
    const { download } = open;
    if (offset >= download.size) return this.sftp.status(id, STATUS_CODE.EOF);
    const end = Math.min(download.size, offset + Math.min(length, SERVING_LIMITS.sftpReadBytes));
    const parts: Uint8Array[] = [];
    for await (const part of download.read(offset, end)) parts.push(part);
    // Nothing: its grant was closed or is used up.
    if (parts.length === 0) return this.sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
    this.sftp.data(id, Buffer.concat(parts));
  }

  #write(id: number, handle: Buffer, offset: number, data: Buffer): void {
    const open = this.#of(handle);
    if (open?.kind !== "upload" || offset !== open.bytes) return this.sftp.status(id, STATUS_CODE.FAILURE);
    open.sink.write(data); // a fault of it is a failure, and nothing of the file stays
    open.bytes += data.length;
    this.sftp.status(id, STATUS_CODE.OK);
  }

  #fstat(id: number, handle: Buffer): void {
    const open = this.#of(handle);
    if (!open) return this.sftp.status(id, STATUS_CODE.FAILURE);
    const size = open.kind === "download" ? open.download.size : open.kind === "upload" ? open.bytes : 0;
    this.sftp.attrs(id, attributes(open.kind === "folder" ? 0o40_755 : 0o100_444, size));
  }

  async #close(id: number, handle: Buffer): Promise<void> {
    const open = this.#of(handle), { grant } = this;
    this.#open.delete(handle.readUInt32BE(0));
    if (open?.kind === "download") open.download.close();
    if (open?.kind === "upload" && grant.kind === "upload") {
      try {
        await this.options.desk.received(grant, open.sink, open.name);
      } catch (error) {
        this.options.desk.abandon(grant, open.sink);
        throw error;
      }
    }
    this.sftp.status(id, open ? STATUS_CODE.OK : STATUS_CODE.FAILURE);
  }

  #hand(id: number, open: Open): void {
    if (this.#open.size >= SERVING_LIMITS.sftpHandles) {
      this.#end(open);
      return this.sftp.status(id, STATUS_CODE.FAILURE);
    }
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#next);
    this.#open.set(this.#next++, open);
    this.sftp.handle(id, handle);
  }

  #of(handle: Buffer): Open | undefined {
    return handle.length === 4 ? this.#open.get(handle.readUInt32BE(0)) : undefined;
  }

  #end(open: Open): void {
    if (open.kind === "download") open.download.close();
    if (open.kind === "upload" && this.grant.kind === "upload") this.options.desk.abandon(this.grant, open.sink);
  }

  #drop(): void {
    for (const open of this.#open.values()) this.#end(open);
    this.#open.clear();
  }
}

/** The name in the one folder; "" for the folder itself. Names with a way in them stay as they are and are never found. */
function nameOf(path: string): string {
  const name = path.replace(/^(?:\.?\/)+/, "");
  return name === "." ? "" : name;
}

function attributes(mode: number, size: number) {
  return { mode, size, uid: 0, gid: 0, atime: 0, mtime: 0 };
}
