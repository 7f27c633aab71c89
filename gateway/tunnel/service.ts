import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { RpcHandlers, RpcPort } from "../core/rpc.ts";
import type { FromTunnel, ToTunnel, TunnelCount, TunnelTarget } from "../core/tunnel_api.ts";
import type { PeerListener } from "../core/worker_entry.ts";
import { decodeTunnelFrame } from "./codec.ts";
import type { DialStation } from "./dialer.ts";
import { TUNNEL_LIMITS } from "./limits.ts";
import { TunnelPump } from "./pump.ts";

/** One connection from the console to a station. */
interface Open {
  readonly target: TunnelTarget;
  readonly pump: TunnelPump;
  readonly cancelEnd: () => void;
}

/** Starts the Worker that dials. It asks control about every token; the console is not believed. */
export function startTunnels(
  context: WorkerContext<unknown>,
  onPeer: (listener: PeerListener) => void,
  dial: DialStation,
): Promise<Service> {
  const service = new TunnelService(context, dial);
  onPeer(service.peer);
  return Promise.resolve(service);
}

class TunnelService implements Service {
  readonly handlers: RpcHandlers<WorkerApi>;
  readonly #context: WorkerContext<unknown>;
  readonly #dial: DialStation;
  readonly #consoles = new Map<string, ConsoleEnd>();
  #untold: (TunnelCount & { readonly why: string })[] = [];
  readonly #stopTelling: () => void;

  constructor(context: WorkerContext<unknown>, dial: DialStation) {
    this.#context = context;
    this.#dial = dial;
    this.handlers = {
      "tunnel.close": ({ tunnels, why }) => {
        const closing = this.#all().filter(({ target }) => tunnels.includes(target.tunnel));
        for (const { pump } of closing) pump.close(why);
        return { closed: closing.length };
      },
      "tunnel.counts": () => ({
        open: this.#all().map(({ target: { tunnel, connection }, pump }) => ({ tunnel, connection, ...pump.counts })),
      }),
    };
    this.#stopTelling = context.timers.every(TUNNEL_LIMITS.tellMs, () => void this.#tell());
  }

  /** A console has come, or is gone with all that it carried. */
  readonly peer: PeerListener = (worker, port) => {
    this.#consoles.get(worker)?.close();
    this.#consoles.delete(worker);
    if (!port) return;
    const end = new ConsoleEnd(port, {
      context: this.#context,
      dial: this.#dial,
      isFull: () => this.#all().length >= TUNNEL_LIMITS.connections,
      left: (count) => {
        this.#untold = [...this.#untold, count].slice(-TUNNEL_LIMITS.untold);
        void this.#tell();
      },
    });
    this.#consoles.set(worker, end);
  };

  health(): Health {
    return this.#consoles.size > 0 ? { state: "ok" } : { state: "degraded", why: "the console is not there" };
  }

  drain(): Promise<void> {
    for (const { pump } of this.#all()) pump.close("the gateway restarts this part");
    this.#stopTelling();
    return this.#tell();
  }

  #all(): readonly Open[] {
    return [...this.#consoles.values()].flatMap((end) => end.open);
  }

  /** What ended is told until control has stored it: it may be away for a moment. */
  async #tell(): Promise<void> {
    const telling = this.#untold;
    this.#untold = [];
    for (const [at, count] of telling.entries()) {
      try {
        await this.#context.control.call("tunnel.left", count);
      } catch (error) {
        this.#untold = [...telling.slice(at), ...this.#untold].slice(-TUNNEL_LIMITS.untold);
        return this.#context.log.warn("tunnel.left.untold", {
          msg: describeError(error),
          waiting: this.#untold.length,
        });
      }
    }
  }
}

interface ConsoleEndParts {
  readonly context: WorkerContext<unknown>;
  readonly dial: DialStation;
  readonly isFull: () => boolean;
  readonly left: (count: TunnelCount & { readonly why: string }) => void;
}

/** The connections of one console. */
class ConsoleEnd {
  readonly #port: RpcPort;
  readonly #parts: ConsoleEndParts;
  /** "opening" until the station has answered; a console may give up meanwhile. */
  readonly #connections = new Map<number, Open | "opening">();

  constructor(port: RpcPort, parts: ConsoleEndParts) {
    this.#port = port;
    this.#parts = parts;
    port.onmessage = (event) => this.#receive(event.data as ToTunnel);
  }

  get open(): readonly Open[] {
    return [...this.#connections.values()].filter((each) => each !== "opening");
  }

  close(): void {
    this.#port.onmessage = null;
    for (const { pump } of this.open) pump.close("the console was restarted");
    this.#connections.clear();
  }

  #receive(message: ToTunnel): void {
    if (message.kind === "open") return void this.#open(message);
    const connection = this.#connections.get(message.id);
    if (!connection) return;
    if (message.kind === "gone") {
      this.#connections.delete(message.id);
      return connection === "opening" ? undefined : connection.pump.close("the laptop has gone");
    }
    if (connection === "opening") return; // nobody may send before it was let in
    try {
      connection.pump.receive(decodeTunnelFrame(message.bytes));
    } catch (error) {
      connection.pump.close(describeError(error));
    }
  }

  async #open({ id, token, station, port, source }: ToTunnel & { kind: "open" }): Promise<void> {
    const { context, dial, isFull, left } = this.#parts;
    if (this.#connections.has(id)) return;
    this.#connections.set(id, "opening");
    let target: TunnelTarget | undefined;
    try {
      if (isFull()) throw new GatewayError("TUNNEL_FULL", `${TUNNEL_LIMITS.connections} connections are open already`);
      target = await context.control.call("tunnel.enter", { token, station, port, source });
      const end = await dial(target, context.timers);
      if (!this.#connections.has(id)) {
        end.close();
        return left({ ...idsOf(target), up: 0, down: 0, why: "the laptop has gone" });
      }
      this.#carry(id, target, new TunnelPump(end, (bytes) => this.#post({ kind: "frame", id, bytes })));
    } catch (error) {
      this.#connections.delete(id);
      const { code, hint } = error instanceof GatewayError ? error : { code: "TUNNEL_REFUSED", hint: undefined };
      this.#post({ kind: "refused", id, code, text: describeError(error), ...hint === undefined ? {} : { hint } });
      if (target) left({ ...idsOf(target), up: 0, down: 0, why: describeError(error) });
    }
  }

  #carry(id: number, target: TunnelTarget, pump: TunnelPump): void {
    const { context, left } = this.#parts;
    const remaining = Math.max(0, target.until - context.clock.now());
    const cancelEnd = context.timers.after(remaining, () => pump.close("the time of the tunnel is over"));
    this.#connections.set(id, { target, pump, cancelEnd });
    this.#post({ kind: "opened", id });
    void pump.done.then(({ why, up, down }) => {
      cancelEnd();
      this.#connections.delete(id);
      this.#post({ kind: "gone", id });
      left({ ...idsOf(target), up, down, why });
    });
  }

  #post(message: FromTunnel): void {
    this.#port.postMessage(message);
  }
}

const idsOf = ({ tunnel, connection }: TunnelTarget) => ({ tunnel, connection });
