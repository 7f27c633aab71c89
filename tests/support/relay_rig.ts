import type { AuditEvent } from "../../gateway/core/control_api.ts";
import type { Metrics } from "../../gateway/core/metrics.ts";
import { nullLogger } from "../../gateway/core/log.ts";
import { nullMetrics } from "../../gateway/core/metrics.ts";
import { systemRandom } from "../../gateway/core/timers.ts";
import { RelayCounters } from "../../gateway/ocpp/counters.ts";
import type { OcppVersion } from "../../gateway/ocpp/codec.ts";
import { FlightRecorder } from "../../gateway/ocpp/flight_recorder.ts";
import { createJudge, malformedCode } from "../../gateway/ocpp/policy.ts";
import { type EndReason, Relay } from "../../gateway/ocpp/relay.ts";
import { Observers, type RelayObserver } from "../../gateway/ocpp/relay_observer.ts";
import { Reporter } from "../../gateway/ocpp/reporter.ts";
import { type CallVerdict, Session } from "../../gateway/ocpp/session.ts";
import type { Taker } from "../../gateway/ocpp/taker.ts";
import type { SchemaCheck } from "../../gateway/ocpp/validation.ts";
import type { UpstreamLeg } from "../../gateway/ocpp/upstream.ts";
import { FakeSocket } from "./fake_socket.ts";
import { ManualTime } from "./manual_time.ts";
import { FakeControl } from "./ocpp_rig.ts";

/** What may differ from a plain 1.6 relay. */
export interface RelayRigOptions {
  readonly observers?: readonly RelayObserver[];
  readonly takers?: Readonly<Record<string, Taker>>;
  readonly override?: (action: string) => CallVerdict | undefined;
  readonly graceMs?: number;
  readonly muteCalls?: number;
  readonly csmsState?: () => string;
  readonly version?: OcppVersion;
  readonly validation?: "observe" | "enforce";
  readonly check?: SchemaCheck;
}

/** One relay between two fake sockets, with time in the hand of the test. */
export class RelayRig {
  readonly time = new ManualTime();
  readonly station = new FakeSocket();
  csms = new FakeSocket();
  readonly counters = new RelayCounters();
  readonly flight = new FlightRecorder();
  readonly control = new FakeControl(() => ({ admit: false, rule: "none", status: 404 }));
  readonly ended: EndReason[] = [];
  readonly relay: Relay;
  /** Resolves the redial that runs. */
  redialled: (isBack: boolean) => void = () => {};

  constructor(options: RelayRigOptions = {}) {
    const { version = "ocpp1.6", validation = "observe" } = options;
    const check = options.check ?? { call: () => undefined, result: () => undefined };
    const made = createJudge({ version, validation, check, securityProfile: 2 });
    const judge: typeof made = {
      ...made,
      call: (from, frame, state) => options.override?.(frame.action) ?? made.call(from, frame, state),
    };
    this.relay = new Relay(
      {
        clock: this.time,
        timers: this.time,
        random: systemRandom,
        counters: this.counters,
        flight: this.flight,
        reporter: new Reporter({ control: this.control, log: nullLogger, clock: this.time }),
        pingMs: 0,
        csmsPingMs: 0,
        observers: new Observers(options.observers ?? [], this.counters),
        takers: new Map(Object.entries(options.takers ?? {})),
      },
      {
        session: "s1",
        stationId: "CP001",
        version,
        csms: "main",
        securityProfile: 2,
        source: "127.0.0.1",
        judgeCsmsCall: (frame) => judge.call("csms", frame, { repeated: false, overRate: false, overPending: false }),
        conversation: new Session({ version, judge, malformedCode, callTimeoutMs: 30_000 }, 0),
        graceMs: options.graceMs ?? 0,
        ...(options.csmsState ? { csmsState: options.csmsState } : {}),
        ...(options.muteCalls === undefined ? {} : { muteCalls: options.muteCalls }),
        redial: () =>
          new Promise((resolve) => {
            this.redialled = (isBack) => resolve(isBack ? this.#leg(this.csms = new FakeSocket()) : undefined);
          }),
        onEnd: (_relay, reason) => this.ended.push(reason),
      },
      this.station.asWebSocket(),
      this.#leg(this.csms),
    );
  }

  get audited(): readonly AuditEvent[] {
    return this.control.audited;
  }

  /** What the counters would hand to the metrics: "name {labels} amount". */
  counted(): string[] {
    const lines: string[] = [];
    const metrics: Metrics = {
      ...nullMetrics,
      count: (name, labels, amount) => lines.push(`${name} ${JSON.stringify(labels)} ${amount}`),
    };
    this.counters.flush(metrics);
    return lines;
  }

  #leg(socket: FakeSocket): UpstreamLeg {
    return { socket: socket.asWebSocket(), protocol: "ocpp1.6", takeEarly: () => [] };
  }
}
