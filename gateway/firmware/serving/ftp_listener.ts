import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { plainAddress } from "../../../policies/firmware_grant.ts";
import { describeError } from "../../core/errors.ts";
import type { OpenedGrant } from "../../core/firmware_transfer_api.ts";
import { listen, requireListenPermission } from "../../core/shared_port.ts";
import { Slowness } from "./byte_bucket.ts";
import { FtpLines, ftpReply, passiveReply } from "./codec_ftp.ts";
import type { OpenFileListener } from "./http_listener.ts";
import { SERVING_LIMITS } from "./limits.ts";
import type { OpenListenerOf } from "./serve_service.ts";
import { type FtpEffect, FtpSession } from "./session_ftp.ts";
import type { FileListener } from "./worker_config.ts";

type Options = Parameters<OpenListenerOf>[1];

/** Opens the FTP listener: an exception of site.yaml for models that can do nothing else. */
export async function openFtp(listener: FileListener, options: Options): Promise<OpenFileListener> {
  await requireListenPermission(listener);
  const sockets = new Set<Socket>(), taken = new Set<number>();
  const server = createServer((socket) => {
    const own = [...sockets].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress).length;
    socket.on("error", () => socket.destroy());
    if (own >= SERVING_LIMITS.connectionsPerSource) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    new FtpConversation(listener, options, socket, taken).start();
  });
  server.maxConnections = SERVING_LIMITS.connections;
  await listen(server, listener, false);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => void server.close(),
    destroy: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** One client: its control connection, and its data connection when there is one. */
class FtpConversation {
  readonly #session = new FtpSession();
  readonly #lines = new FtpLines();
  #grant: OpenedGrant | undefined;
  #data: { readonly server: Server; readonly socket: Promise<Socket | undefined>; readonly port: number } | undefined;
  #cancelIdle = () => {};
  /** Commands are handled one after the other. */
  #turn = Promise.resolve();

  constructor(
    private readonly listener: FileListener,
    private readonly options: Options,
    private readonly socket: Socket,
    /** Data ports in use. */
    private readonly taken: Set<number>,
  ) {}

  start(): void {
    this.#awake();
    this.#say(ftpReply(220, "Files of this station"));
    this.socket.on("data", (piece: Uint8Array) => this.#receive(piece));
    this.socket.once("close", () => {
      this.#cancelIdle();
      this.#dropData();
    });
  }

  get #source(): string {
    return this.socket.remoteAddress ?? "unknown";
  }

  #receive(piece: Uint8Array): void {
    this.#awake();
    const commands = this.#lines.read(piece);
    if (commands === "too-long" || commands.length > SERVING_LIMITS.ftpCommands) return void this.socket.destroy();
    for (const command of commands) {
      this.#turn = this.#turn.then(() => this.#perform(this.#session.receive(command))).catch((error) => {
        this.options.context.log.info("firmware.ftp.failed", { source: this.#source, msg: describeError(error) });
        this.socket.destroy();
      });
    }
  }

  async #perform(effects: readonly FtpEffect[]): Promise<void> {
    for (const effect of effects) {
      switch (effect.do) {
        case "reply":
          this.#say(effect.text);
          break;
        case "ask":
          await this.#perform(await this.#ask(effect.token));
          break;
        case "passive":
          await this.#perform(this.#session.passive(await this.#openData(effect.kind)));
          break;
        case "close":
          this.socket.end();
          break;
        case "send":
        case "list":
        case "receive":
          await this.#perform(this.#session.transferred(await this.#transfer(effect)));
          this.#dropData();
          break;
        default:
          effect satisfies never;
      }
    }
  }

  async #ask(token: string): Promise<readonly FtpEffect[]> {
    const { desk } = this.options;
    const claim = { token: token.slice(0, 64), protocol: "ftp", source: this.#source } as const;
    // A token of a file to bring is none to fetch one; which it is only control knows.
    this.#grant = await desk.ask({ ...claim, purpose: "either" });
    return this.#grant ? this.#session.opened(this.#grant) : this.#session.refused();
  }

  /** Opens a data port; undefined when none is free. */
  async #openData(kind: "EPSV" | "PASV"): Promise<string | undefined> {
    this.#dropData();
    const { host, passive } = this.listener;
    if (!passive || kind === "PASV" && host.includes(":")) return undefined;
    for (let port = passive.first; port <= passive.last; port++) {
      if (this.taken.has(port)) continue;
      this.taken.add(port);
      const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
      // Somebody else who comes first gets nothing, and the station nothing of his.
      const server = createServer((socket) => {
        socket.on("error", () => socket.destroy());
        if (plainAddress(socket.remoteAddress ?? "") === plainAddress(this.#source)) resolve(socket);
        else socket.destroy();
      });
      server.maxConnections = 2;
      try {
        await listen(server, { name: `${this.listener.name} data`, host, port }, false);
      } catch (error) {
        this.taken.delete(port);
        this.options.context.log.info("firmware.ftp.port", { port, msg: describeError(error) });
        continue;
      }
      const cancel = this.options.context.timers.after(SERVING_LIMITS.dataConnectMs, () => resolve(undefined));
      this.#data = { server, port, socket: promise.finally(cancel) };
      return passiveReply(kind, host, port);
    }
    return undefined;
  }

  #dropData(): void {
    if (!this.#data) return;
    const { server, port, socket } = this.#data;
    this.#data = undefined;
    server.close(() => this.taken.delete(port));
    void socket.then((open) => open?.destroy());
  }

  async #transfer(effect: FtpEffect & { readonly do: "send" | "list" | "receive" }) {
    const socket = await this.#data?.socket;
    if (!socket) return "no-connection";
    const grant = this.#grant!;
    if (effect.do === "list") {
      await new Promise<void>((resolve) => socket.end(effect.text, () => resolve()));
      return "done";
    }
    if (effect.do === "send") return grant.kind === "download" ? await this.#send(grant, effect.start, socket) : "cut";
    return grant.kind === "upload" ? await this.#take(grant, effect.fileName, socket) : "refused";
  }

  async #send(opened: OpenedGrant & { readonly kind: "download" }, start: number, socket: Socket) {
    const { desk, context } = this.options;
    const download = await desk.download(opened).catch(() => undefined); // told by the desk
    if (!download) return "cut";
    const slowness = new Slowness(SERVING_LIMITS);
    try {
      let sent = 0;
      for await (const piece of download.read(start, download.size)) {
        this.#awake();
        const before = context.clock.monotonic();
        if (!await this.#write(socket, piece)) return "cut";
        if (slowness.note(piece.length, context.clock.monotonic() - before)) return "cut";
        sent += piece.length;
      }
      if (sent < download.size - start) return "cut";
      await new Promise<void>((resolve) => socket.end(() => resolve()));
      return "done";
    } finally {
      download.close();
      socket.destroySoon();
    }
  }

  /** Waits until the peer took it; false: it went or stalls. */
  async #write(socket: Socket, piece: Uint8Array): Promise<boolean> {
    if (socket.destroyed) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const over = () => resolve(false);
    const cancel = this.options.context.timers.after(SERVING_LIMITS.stallMs, over);
    socket.once("close", over);
    socket.write(piece, (error) => resolve(!error));
    const result = await promise;
    cancel();
    socket.off("close", over);
    if (!result) socket.destroy();
    return result;
  }

  async #take(grant: OpenedGrant & { readonly kind: "upload" }, fileName: string, socket: Socket) {
    const { desk, context } = this.options;
    const sink = desk.upload(grant);
    if (!sink) return "refused";
    const { promise, resolve } = Promise.withResolvers<"done" | "cut" | "refused">();
    let cancel = context.timers.after(SERVING_LIMITS.stallMs, () => resolve("cut"));
    socket.on("data", (piece: Uint8Array) => {
      cancel();
      cancel = context.timers.after(SERVING_LIMITS.stallMs, () => resolve("cut"));
      this.#awake();
      try {
        sink.write(piece);
      } catch (_tooMuch) {
        resolve("refused"); // the sink has removed what was there
      }
    });
    socket.once("end", () => resolve("done"));
    socket.once("close", () => resolve("cut"));
    const outcome = await promise;
    cancel();
    socket.removeAllListeners("data");
    socket.destroy();
    if (outcome !== "done") {
      desk.abandon(grant, sink);
      return outcome;
    }
    return await desk.received(grant, sink, fileName).then(() => "done" as const, () => {
      desk.abandon(grant, sink);
      return "refused" as const;
    });
  }

  #say(text: string): void {
    if (this.socket.writable) this.socket.write(text);
  }

  #awake(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.options.context.timers.after(SERVING_LIMITS.idleMs, () => this.socket.destroy());
  }
}
