import { describeError, HardwareError, ProtocolError } from "../gateway/core/errors.ts";
import type { Logger } from "../gateway/core/log.ts";
import { type Caller, permissionsOf } from "./callers.ts";
import { dispatch, type DispatchContext, dispatchStream } from "./dispatch.ts";
import { encodeFrame, FrameReader } from "./frame_codec.ts";
import { HAL_LIMITS } from "./limits.ts";
import { Request } from "./messages.ts";
import type { PeerCredentials, PeerIdentifier } from "./peer_credentials.ts";
import { check } from "./schema.ts";
import type { HaldBox, PermissionClass, Verb } from "./verb.ts";
import { VERBS } from "./verbs/mod.ts";

/** What a server of hald is made of. */
export interface HaldServerOptions {
  readonly socketPath: string;
  readonly box: HaldBox;
  readonly callers: readonly Caller[];
  /** Made after the socket listens. */
  readonly identifier: (socketPath: string) => PeerIdentifier;
  readonly log: Logger;
  readonly verbs?: readonly Verb[];
}

/** hald's only door: a unix socket, frames of JSON, callers known to the kernel, a fixed list of verbs. */
export class HaldServer {
  readonly #options: HaldServerOptions;
  readonly #connections = new Set<Deno.UnixConn>();
  readonly #listener: Deno.UnixListener;
  readonly #identifier: PeerIdentifier;
  readonly #ended: Promise<void>;
  #closing = false;

  private constructor(options: HaldServerOptions, listener: Deno.UnixListener) {
    this.#options = options;
    this.#listener = listener;
    this.#identifier = options.identifier(options.socketPath);
    this.#ended = this.#acceptLoop();
  }

  /** Listens. A socket file left by a dead hald is replaced; a living one is not. @throws HardwareError HAL_UNREACHABLE */
  static async listen(options: HaldServerOptions): Promise<HaldServer> {
    await clearStaleSocket(options.socketPath);
    const before = Deno.umask(0o117); // The file is born with mode 0660: no moment in which others may connect.
    try {
      return new HaldServer(options, Deno.listen({ transport: "unix", path: options.socketPath }));
    } finally {
      Deno.umask(before);
    }
  }

  /** Stops accepting, closes every connection and removes the socket file. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
    await this.#ended;
    await Deno.remove(this.#options.socketPath).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  /** Accepts one connection at a time: `identifyLatest` relies on it. */
  async #acceptLoop(): Promise<void> {
    while (!this.#closing) {
      try {
        const connection = await this.#listener.accept();
        this.#admit(connection, this.#identifier.identifyLatest());
      } catch (error) {
        if (this.#closing) return;
        this.#options.log.error("hald.accept.failed", { why: describeError(error) });
      }
    }
  }

  #admit(connection: Deno.UnixConn, peer: PeerCredentials | undefined): void {
    const permissions = permissionsOf(peer, this.#options.callers);
    const who = { uid: peer?.uid ?? -1, pid: peer?.pid ?? -1 };
    if (permissions.size === 0) {
      this.#options.log.warn("hald.caller.refused", who);
      return connection.close();
    }
    if (this.#connections.size >= HAL_LIMITS.connections) {
      this.#options.log.warn("hald.caller.overload", { ...who, limit: HAL_LIMITS.connections });
      return connection.close();
    }
    this.#connections.add(connection);
    const log = this.#options.log.with(who);
    log.info("hald.caller.accepted");
    this.#serve(connection, permissions, log).catch((error) => {
      if (!isGone(error)) log.warn("hald.connection.broke", { why: describeError(error) });
    }).finally(() => {
      if (this.#connections.delete(connection)) connection.close();
    });
  }

  async #serve(connection: Deno.UnixConn, permissions: ReadonlySet<PermissionClass>, log: Logger): Promise<void> {
    const context = { box: this.#options.box, verbs: this.#options.verbs ?? VERBS, permissions, log };
    const reader = new FrameReader();
    const working = new Set<Promise<void>>();
    const write = serialWriter(connection);
    const buffer = new Uint8Array(16 * 1024);
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      for (const value of reader.push(buffer.subarray(0, read))) {
        const request = check(Request, value);
        if (context.verbs.find(({ name }) => name === request.verb)?.open) {
          await Promise.all(working);
          return await this.#carry(connection, request, context, write);
        }
        const work = dispatch(request, context).then(write).catch((error) => {
          if (!isGone(error)) log.warn("hald.answer.lost", { verb: request.verb, why: describeError(error) });
        }).finally(() => working.delete(work));
        working.add(work);
        if (working.size >= HAL_LIMITS.callsPerConnection) await Promise.race(working);
      }
    }
    if (reader.isInside) throw new ProtocolError("HAL_FRAME", "The caller closed in the middle of a frame");
  }

  /** After the answer of a stream verb the connection is the stream's; when the stream ends, so does the connection. */
  async #carry(
    connection: Deno.UnixConn,
    request: Request,
    context: DispatchContext,
    write: (value: unknown) => Promise<void>,
  ): Promise<void> {
    const { response, stream } = await dispatchStream(request, context);
    try {
      await write(response);
      await stream?.carry(connection);
    } finally {
      stream?.close();
    }
  }
}

/** Writes whole frames one after the other. */
function serialWriter(connection: Deno.UnixConn): (value: unknown) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (value) => {
    const frame = encodeFrame(value);
    const turn = last.then(async () => {
      for (let at = 0; at < frame.length;) at += await connection.write(frame.subarray(at));
      frame.fill(0); // It may have carried a key.
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

async function clearStaleSocket(path: string): Promise<void> {
  if (new TextEncoder().encode(path).length > HAL_LIMITS.socketPathBytes) {
    throw new HardwareError(
      "HAL_UNREACHABLE",
      `Socket path "${path}" is longer than ${HAL_LIMITS.socketPathBytes} bytes`,
      {
        hint: "Choose a shorter path, such as /run/bulkhead/hal.sock",
      },
    );
  }
  try {
    if (!(await Deno.lstat(path)).isSocket) {
      throw new HardwareError("HAL_UNREACHABLE", `Refuse to replace "${path}": it is not a socket`);
    }
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.ConnectionRefused) return await Deno.remove(path);
    throw error;
  }
  throw new HardwareError("HAL_UNREACHABLE", `Another hald serves "${path}"`, { hint: "Stop it first" });
}
