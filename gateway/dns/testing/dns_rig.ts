import { createMetrics } from "../../core/metrics.ts";
import type { Service, WorkerContext } from "../../core/conduit.ts";
import type { DeniedQuestions, DnsStation } from "../../core/dns_api.ts";
import { nullLogger } from "../../core/log.ts";
import { systemRandom, systemTimers } from "../../core/timers.ts";
import { withDeadline } from "../../../tests/support/wait_for.ts";
import { ManualTime } from "../../../tests/support/manual_time.ts";
import { DIRECT } from "../../uplink/settings.ts";
import { framed, FrameReader } from "../frames.ts";
import { startDns } from "../service.ts";
import type { DnsNames, DnsWorkerConfig } from "../worker_config.ts";

/** Rules that allow csms.test and what is below vendor.test. */
export const NAMES: DnsNames = {
  allow: ["csms.test", "*.vendor.test"],
  rules: [],
  types: ["A", "AAAA"],
  answers: { "gw.test": ["10.20.0.1"] },
  timeNames: ["ntp.elinc.de"],
  privateNames: [],
  refusal: "refused",
  mode: "enforce",
};

/** What the service told control. */
export interface Told {
  readonly method: string;
  readonly args: { readonly denied?: readonly DeniedQuestions[]; readonly kind?: string; readonly subject?: string };
}

/** The DNS service on a free port of 127.0.0.1, with a control that only remembers, under a clock of the test. */
export class DnsRig implements AsyncDisposable {
  readonly told: Told[] = [];
  /** Control takes nothing while this is set. */
  isControlAway = false;
  stations: readonly DnsStation[] = [];
  readonly #clients: (() => void)[] = [];

  private constructor(
    readonly time: ManualTime,
    public service: Service<DnsWorkerConfig>,
    readonly port: number,
    readonly config: DnsWorkerConfig,
  ) {}

  static async up(more: Partial<DnsWorkerConfig> = {}): Promise<DnsRig> {
    const time = new ManualTime();
    const made: { rig?: DnsRig } = {};
    const call = (method: string, args: Told["args"]) => {
      if (made.rig?.isControlAway) return Promise.reject(new Error("control is away"));
      if (method === "dns.stations") return Promise.resolve({ stations: made.rig?.stations ?? config.stations });
      made.rig?.told.push({ method, args });
      return Promise.resolve();
    };
    const config: DnsWorkerConfig = {
      listen: [{ host: "127.0.0.1", port: 0 }],
      clients: ["127.0.0.0/8"],
      upstreams: [],
      uplink: DIRECT,
      names: NAMES,
      stations: [],
      queriesPerSecond: 1_000,
      lookupsPerMinute: 1_000,
      staleSeconds: 3_600,
      ...more,
    };
    const context = {
      name: "dns",
      config,
      control: { call, notify: () => {}, close: () => {} },
      log: nullLogger,
      metrics: createMetrics(),
      clock: time,
      // connections are real and take real time; what the resolver does when is the test's
      timers: { every: time.every, after: systemTimers.after },
      random: systemRandom,
    };
    const service = await startDns(context as unknown as WorkerContext<DnsWorkerConfig>);
    const rig = made.rig = new DnsRig(
      time,
      service,
      Number(Object.values(service.listening!)[0]!.split(":").at(-1)),
      config,
    );
    rig.stations = config.stations;
    return rig;
  }

  /** Sends a datagram from an address of loopback and waits for the answer. */
  async udp(query: Uint8Array<ArrayBuffer>, from = "127.0.0.1"): Promise<Uint8Array> {
    using client = this.client(from);
    await client.send(query);
    return await withDeadline("an answer", client.receive());
  }

  /** A UDP client that stays. */
  client(from = "127.0.0.1") {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: from, port: 0 });
    let isOpen = true;
    const close = () => {
      if (isOpen) socket.close();
      isOpen = false;
    };
    this.#clients.push(close);
    return {
      send: (query: Uint8Array<ArrayBuffer>) =>
        socket.send(query, { transport: "udp", hostname: "127.0.0.1", port: this.port }),
      receive: async () => (await socket.receive())[0],
      [Symbol.dispose]: close,
    };
  }

  /** Sends queries over one TCP connection and waits for so many answers, or for the end of the connection. */
  async tcp(queries: readonly Uint8Array[], answers = queries.length): Promise<Uint8Array[]> {
    using connection = await Deno.connect({ port: this.port });
    for (const query of queries) await connection.write(framed(query));
    const frames = new FrameReader();
    const buffer = new Uint8Array(65_536);
    const read: Uint8Array[] = [];
    while (read.length < answers) {
      const count = await withDeadline("an answer over TCP", connection.read(buffer).catch(() => null));
      if (count === null) break;
      read.push(...frames.push(buffer.slice(0, count)));
    }
    return read;
  }

  /** What control was told of refused names. */
  denied(): DeniedQuestions[] {
    return this.told.flatMap(({ args }) => args.denied ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#clients) close();
    await this.service.drain(0);
  }
}
