import type { Site } from "../../config/schema.ts";
import { OTLP_SINK, syslogSinkId } from "../../courier/sinks.ts";
import type { Health } from "../../core/conduit.ts";
import { describeError } from "../../core/errors.ts";
import type { IsolateMetrics } from "../../core/metrics.ts";
import { UPLINK_LIMITS } from "../../uplink/limits.ts";
import { noticeTargets } from "../alarms/feature.ts";
import type { SiteAlarms } from "../alarms/mod.ts";
import type { AuditChain } from "../audit/mod.ts";
import type { ControlContext, ControlFeature } from "../contract.ts";
import { createMetricsHub, type MetricsHub } from "../metrics_hub.ts";
import { conduitOf } from "../peers.ts";
import { AwayAlarm } from "./away_alarm.ts";
import { courierDeliver, type Deliver } from "./courier_call.ts";
import { OutboxPump } from "./outbox_pump.ts";
import { SyslogFeed } from "./syslog_feed.ts";

/** What delivery carries. */
export interface DeliveryParts {
  readonly audit: AuditChain;
  readonly alarms: SiteAlarms;
  /** Control's own metrics. */
  readonly metrics: IsolateMetrics;
}

/**
 * What leaves the box by the courier: the audit chain to syslog receivers, notices of alarms, metrics by OTLP; and the
 * merged metrics of all isolates for Prometheus.
 */
export async function createDeliveryFeature(context: ControlContext, parts: DeliveryParts): Promise<ControlFeature> {
  const feature = new DeliveryFeature(context, parts);
  await feature.reconfigure(context.site);
  return feature;
}

const AWAY_KINDS: ReadonlySet<string> = new Set(["audit.sink.away", "notify.target.away", "telemetry.push.failed"]);

class DeliveryFeature implements ControlFeature {
  readonly name = "delivery";
  readonly handlers = { "metrics.text": () => this.#hub.text() };
  readonly #context: ControlContext;
  readonly #parts: DeliveryParts;
  readonly #deliver: Deliver;
  readonly #hub: MetricsHub;
  readonly #unlisten: () => void;
  #feeds: readonly SyslogFeed[] = [];
  #pumps: readonly OutboxPump[] = [];
  #aways = new Map<string, AwayAlarm>();
  #stopPush = () => {};
  #pushing: Promise<void> | undefined;

  constructor(context: ControlContext, parts: DeliveryParts) {
    const { workers, main, clock, log } = context;
    this.#context = context;
    this.#parts = parts;
    this.#deliver = courierDeliver(workers);
    this.#hub = createMetricsHub({ workers, main, clock, log, own: parts.metrics, site: context.site.site.id });
    this.#unlisten = parts.alarms.onNotice(() => this.#pumps.forEach((pump) => pump.poke()));
  }

  /** The courier is there, perhaps with another configuration: no need to wait out a backoff. */
  workerJoined(worker: string): Promise<void> {
    if (conduitOf(worker) === "courier") { for (const loop of [...this.#feeds, ...this.#pumps]) loop.retryNow(); }
    return Promise.resolve();
  }

  health(): Health {
    const away = [...this.#aways].flatMap(([name, { why }]) => why === undefined ? [] : [`${name}: ${why}`]);
    return away.length === 0 ? { state: "ok" } : { state: "degraded", why: away.join("; ") };
  }

  async reconfigure(site: Site): Promise<void> {
    await this.#stopLoops();
    this.#parts.alarms.setTargets(noticeTargets(site));
    const { store, timers, random, log, metrics, clock } = this.#context;
    const { audit, alarms } = this.#parts;
    const common = { timers, random, log, deliver: this.#deliver, audit };
    this.#feeds = await Promise.all(
      site.audit.syslog.map(syslogSinkId).map((sink) =>
        SyslogFeed.open({
          ...common,
          sink,
          site: site.site.id,
          store,
          metrics,
          away: this.#away("audit.sink.away", sink),
        })
      ),
    );
    this.#pumps = noticeTargets(site).map(({ id: target }) =>
      new OutboxPump({
        ...common,
        target,
        outbox: alarms.outbox,
        clock,
        away: this.#away("notify.target.away", target),
      })
    );
    const { otlp } = site.telemetry ?? {};
    await this.#clearForgotten(otlp !== undefined);
    const factor = site.network.uplink?.metered ? UPLINK_LIMITS.meteredTelemetryFactor : 1;
    if (otlp) this.#stopPush = timers.every(otlp.intervalSeconds * 1000 * factor, () => this.#push());
  }

  async stop(): Promise<void> {
    this.#unlisten();
    await this.#stopLoops();
    await this.#pushing;
  }

  async #stopLoops(): Promise<void> {
    this.#stopPush();
    this.#stopPush = () => {};
    await Promise.all([...this.#feeds, ...this.#pumps].map((loop) => loop.stop()));
    this.#aways.clear();
  }

  /** A receiver that site.yaml no longer names cannot come back: its alarm would stand for ever. */
  async #clearForgotten(hasOtlp: boolean): Promise<void> {
    const { alarms } = this.#parts;
    const named = new Set([
      ...this.#feeds.map(({ sink }) => `audit.sink.away ${sink}`),
      ...this.#pumps.map(({ target }) => `notify.target.away ${target}`),
      ...(hasOtlp ? [`telemetry.push.failed ${OTLP_SINK}`] : []),
    ]);
    for (const { kind, subject } of alarms.list()) {
      if (AWAY_KINDS.has(kind) && !named.has(`${kind} ${subject}`)) await alarms.clear(kind, subject);
    }
  }

  #away(kind: string, subject: string): AwayAlarm {
    const { alarms, clock } = this.#context;
    const away = new AwayAlarm(kind, subject, alarms, clock);
    this.#aways.set(subject, away);
    return away;
  }

  /** Metrics are not queued: the next push says all that this one would have said. */
  #push(): void {
    this.#pushing ??= this.#pushNow().finally(() => this.#pushing = undefined);
  }

  async #pushNow(): Promise<void> {
    const away = this.#aways.get(OTLP_SINK) ?? this.#away("telemetry.push.failed", OTLP_SINK);
    try {
      await this.#deliver({ kind: "otlp", sink: OTLP_SINK, body: await this.#hub.otlp() });
      await away.arrived();
    } catch (error) {
      this.#context.log.debug("telemetry.push.failed", { why: describeError(error) });
      await away.failed(error);
    }
  }
}
