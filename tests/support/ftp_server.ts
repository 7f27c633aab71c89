import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** A small FTP server on loopback: one user, passive mode, files by path. */
export class FtpServer implements AsyncDisposable {
  /** Commands that came, passwords included. */
  readonly asked: string[] = [];
  /** Files that were brought, by path. */
  readonly received = new Map<string, Uint8Array>();
  /** Ends the data connection after so many bytes. */
  cutAfter = Infinity;
  /** Knows PASV alone, and names this address in its answer. */
  oldFashioned: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly files: ReadonlyMap<string, Uint8Array>) {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async up(files: ReadonlyMap<string, Uint8Array>): Promise<FtpServer> {
    const server = new FtpServer(files);
    await listen(server.#server);
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    this.#keep(socket);
    let data: Promise<Socket> | undefined;
    const answer = (line: string) => void socket.write(`${line}\r\n`);
    answer("220 ready");
    socket.on("data", async (bytes: Uint8Array) => {
      for (const line of new TextDecoder().decode(bytes).split("\r\n").filter((text) => text !== "")) {
        this.asked.push(line);
        const [verb, rest] = [line.split(" ")[0]!, line.slice(line.indexOf(" ") + 1)];
        if (verb === "USER") answer("331 password");
        else if (verb === "PASS") answer(rest === "wrong" ? "530 no" : "230 in");
        else if (verb === "TYPE") answer("200 binary");
        else if (verb === "EPSV" && this.oldFashioned !== undefined) answer("502 unknown");
        else if (verb === "EPSV" || verb === "PASV") {
          const passive = createServer();
          data = new Promise((resolve) => passive.once("connection", (one) => resolve(this.#keep(one))));
          data.then(() => passive.close());
          const port = await listen(passive);
          const host = (this.oldFashioned ?? "").replaceAll(".", ",");
          answer(verb === "EPSV" ? `229 passive (|||${port}|)` : `227 passive (${host},${port >> 8},${port & 255})`);
        } else if (verb === "RETR") await this.#send(rest, await data, answer);
        else if (verb === "STOR") await this.#receive(rest, await data, answer);
        else answer("500 unknown");
      }
    });
  }

  async #send(path: string, data: Socket | undefined, answer: (line: string) => void): Promise<void> {
    const file = this.files.get(path);
    if (!file || !data) {
      data?.destroy();
      return answer("550 no such file");
    }
    answer("150 coming");
    if (file.length > this.cutAfter) {
      data.write(file.subarray(0, this.cutAfter), () => data.destroy());
      return answer("426 the line broke");
    }
    await new Promise<void>((resolve) => data.end(file, resolve));
    answer("226 done");
  }

  async #receive(path: string, data: Socket | undefined, answer: (line: string) => void): Promise<void> {
    if (!data || path.includes("forbidden")) {
      data?.destroy();
      return answer("553 not there");
    }
    const parts: Uint8Array[] = [], end = Promise.withResolvers<void>();
    data.on("data", (part: Uint8Array) => parts.push(part));
    data.on("end", end.resolve);
    answer("150 go on");
    await end.promise;
    this.received.set(path, new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
    answer("226 have it");
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}
