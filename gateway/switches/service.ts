import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import { ConfigError, describeError, GatewayError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import type { SwitchesControlApi } from "../core/switches_api.ts";
import { viewOf, WANTED_TABLES } from "./codec_tables.ts";
import { openExchange } from "./security.ts";
import { type Effect, type Exchange, SwitchReading } from "./session.ts";
import type { SwitchesWorkerConfig, WatchedSwitch } from "./worker_config.ts";

/** Milliseconds between two looks at what is due. */
const TICK_MS = 500;
const SALT_BYTES = 8;

/** Starts to read the switches. @throws GatewayError SUP_PERMISSION */
export async function startSwitches(
  context: WorkerContext<SwitchesWorkerConfig>,
): Promise<Service<SwitchesWorkerConfig>> {
  const name = "net" as const;
  const granted = await Deno.permissions.query({ name, host: "0.0.0.0:0" });
  if (granted.state !== "granted") {
    throw new GatewayError("SUP_PERMISSION", "The Worker that reads switches may not open a UDP socket", {
      hint: "`flags` prints what the process needs",
    });
  }
  return new SwitchesConduit(context);
}

/** One switch with its readings. */
interface Watched {
  readonly config: WatchedSwitch;
  readonly exchange: Exchange;
  reading: SwitchReading | undefined;
  /** Monotonic milliseconds of the next reading. */
  dueAt: number;
  fault: string | undefined;
}

class SwitchesConduit implements Service<SwitchesWorkerConfig> {
  readonly handlers: RpcHandlers<WorkerApi> = {
    "switches.look": () => {
      for (const one of this.#watched) one.dueAt = 0;
      this.#tick();
    },
  };
  readonly #context: WorkerContext<SwitchesWorkerConfig>;
  readonly #socket: Deno.DatagramConn;
  readonly #stop: () => void;
  #watched: readonly Watched[];
  #isClosed = false;

  constructor(context: WorkerContext<SwitchesWorkerConfig>) {
    this.#context = context;
    this.#watched = this.#watch(context.config);
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
    void this.#receive();
    this.#stop = context.timers.every(TICK_MS, () => this.#tick());
    this.#tick();
  }

  health(): Health {
    const away = this.#watched.flatMap(({ config, fault }) => fault === undefined ? [] : [`${config.id}: ${fault}`]);
    return away.length === 0 ? { state: "ok" } : { state: "degraded", why: `not read: ${away.join("; ")}` };
  }

  /** Other addresses need other permissions: a new Worker has them. */
  reconfigure(config: SwitchesWorkerConfig): Promise<void> {
    const places = ({ switches }: SwitchesWorkerConfig) =>
      JSON.stringify(switches.map(({ address, port }) => `${address}:${port}`).sort());
    const before = { switches: this.#watched.map((one) => one.config) };
    if (places(config) !== places(before)) {
      return Promise.reject(new ConfigError("CFG_INVALID", "Other switches need a new Worker"));
    }
    this.#watched = this.#watch(config);
    return Promise.resolve();
  }

  drain(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    this.#socket.close();
    return Promise.resolve();
  }

  #watch({ switches }: SwitchesWorkerConfig): readonly Watched[] {
    return switches.map((config) => ({
      config,
      exchange: openExchange(config.security, () => this.#context.random.bytes(SALT_BYTES)),
      reading: undefined,
      dueAt: 0,
      fault: undefined,
    }));
  }

  #tick(): void {
    const now = this.#context.clock.monotonic();
    for (const one of this.#watched) {
      if (one.reading) this.#perform(one, one.reading.tick(now));
      else if (now >= one.dueAt) {
        one.dueAt = now + one.config.readSeconds * 1_000;
        const [a = 0, b = 0, c = 0, d = 0] = this.#context.random.bytes(4);
        one.reading = new SwitchReading(one.exchange, WANTED_TABLES, a << 24 | b << 16 | c << 8 | d);
        this.#perform(one, one.reading.start(now));
      }
    }
  }

  /** Only from the address that was asked; the sessions judge the rest. */
  async #receive(): Promise<void> {
    while (!this.#isClosed) {
      let received: [Uint8Array, Deno.Addr];
      try {
        received = await this.#socket.receive();
      } catch (error) {
        if (this.#isClosed) return;
        // "Connection refused" of an earlier question comes here too: the reading ends by its own deadline.
        this.#context.log.debug("switches.receive.failed", { msg: describeError(error) });
        continue;
      }
      const [bytes, from] = received;
      const { hostname, port } = from as Deno.NetAddr;
      const one = this.#watched.find(({ config }) => config.address === hostname && config.port === port);
      if (one?.reading) this.#perform(one, one.reading.receive(bytes, this.#context.clock.monotonic()));
    }
  }

  #perform(one: Watched, effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "send":
          this.#send(one.config, effect.bytes);
          break;
        case "done":
          one.fault = undefined;
          this.#ended(one, { id: one.config.id, view: viewOf(effect.tables, effect.isCut) });
          break;
        case "failed":
          one.fault = effect.why;
          this.#ended(one, { id: one.config.id, fault: effect.why });
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #send({ id, address, port }: WatchedSwitch, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isClosed) return;
    this.#socket.send(bytes, { transport: "udp", hostname: address, port }).catch((error) =>
      this.#context.log.debug("switches.send.failed", { switch: id, msg: describeError(error) })
    );
  }

  #ended(one: Watched, reading: Parameters<SwitchesControlApi["switches.read"]>[0]): void {
    one.reading = undefined;
    const outcome = "view" in reading ? "read" : "failed";
    this.#context.metrics.count("bulkhead_switch_readings_total", { switch: one.config.id, outcome });
    this.#context.control.call("switches.read", reading).catch((error) =>
      this.#context.log.debug("switches.read.untold", { msg: describeError(error) }) // control is back in seconds
    );
  }
}
