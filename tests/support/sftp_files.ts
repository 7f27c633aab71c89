import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync } from "node:crypto";
import ssh2 from "ssh2";

// The types of the courier know the events of writing alone; here files are read.
// deno-lint-ignore no-explicit-any
type Loose = any;
const { Server, utils } = ssh2 as Loose;

/** An SFTP server on loopback that shows files to one user with a password. */
export class SftpFiles implements AsyncDisposable {
  /** Closes the connection after so many reads. */
  dieAfterReads = Infinity;
  readonly hostKey: string;
  readonly #server: Loose;
  readonly #clients = new Set<Loose>();

  private constructor(private readonly files: ReadonlyMap<string, Uint8Array>) {
    const pem = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({
      type: "pkcs1",
      format: "pem",
    });
    const digest = createHash("sha256").update(utils.parseKey(pem).getPublicSSH()).digest("base64");
    this.hostKey = `SHA256:${digest.replace(/=+$/, "")}`;
    this.#server = new Server({ hostKeys: [pem] }, (client: Loose) => this.#serve(client));
  }

  static async up(files: ReadonlyMap<string, Uint8Array>): Promise<SftpFiles> {
    const server = new SftpFiles(files);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return this.#server.address().port;
  }

  #serve(client: Loose): void {
    this.#clients.add(client);
    client.on("error", () => client.end());
    client.on("close", () => this.#clients.delete(client));
    client.on("authentication", (attempt: Loose) => {
      const isRight = attempt.method === "password" && attempt.username === "fw" && attempt.password === "secret";
      return isRight ? attempt.accept() : attempt.reject(["password"]);
    });
    client.on(
      "ready",
      () => client.on("session", (accept: Loose) => accept().on("sftp", (open: Loose) => this.#files(open(), client))),
    );
  }

  #files(sftp: Loose, client: Loose): void {
    const { STATUS_CODE } = utils.sftp;
    let file: Uint8Array | undefined, reads = 0;
    const attributes = () => ({ mode: 0o100644, uid: 0, gid: 0, size: file?.length ?? 0, atime: 0, mtime: 0 });
    sftp.on("OPEN", (id: number, name: string) => {
      file = this.files.get(name);
      return file ? sftp.handle(id, Buffer.from("h")) : sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    });
    sftp.on("FSTAT", (id: number) => sftp.attrs(id, attributes()));
    sftp.on("STAT", (id: number) => sftp.attrs(id, attributes()));
    sftp.on("READ", (id: number, _handle: Buffer, offset: number, length: number) => {
      if (++reads > this.dieAfterReads) return client.end();
      const part = file!.subarray(offset, offset + length);
      return part.length === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, Buffer.from(part));
    });
    sftp.on("CLOSE", (id: number) => sftp.status(id, STATUS_CODE.OK));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.end();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
