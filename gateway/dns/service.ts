import { isInside } from "../config/ip.ts";
import type { Health, Service, WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import type { DnsState } from "../core/dns_api.ts";
import { ConfigError, describeError, ProtocolError } from "../core/errors.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { SourceLimiter } from "../pki/source_limiter.ts";
import { decodeQuery, type DnsQuery, idOfQuery, sendFormatError, typeName } from "./codec.ts";
import { AskedNames } from "./asked_names.ts";
import { DeniedReporter } from "./denied.ts";
import { DNS_LIMITS } from "./limits.ts";
import { DnsListener, type Incoming } from "./listener.ts";
import { DnsPolicy } from "./policy.ts";
import { type Effect, type Outcome, type Refusal, Resolver, type ResolverSettings } from "./session.ts";
import { Upstreams } from "./upstreams.ts";
import type { DnsWorkerConfig } from "./worker_config.ts";

/** The rule that refuses a client that asks too much. */
const RATE_RULE = "dns.rate";
/** A client may ask this many times its rate at once. */
const BURST = 3;

/** Starts the DNS conduit: listeners, upstreams, timers. @throws GatewayError SUP_START_FAILED, SUP_PERMISSION */
export async function startDns(context: WorkerContext<DnsWorkerConfig>): Promise<Service<DnsWorkerConfig>> {
  const conduit = new DnsConduit(context);
  await conduit.open();
  return conduit;
}

class DnsConduit implements Service<DnsWorkerConfig> {
  readonly handlers: RpcHandlers<WorkerApi> = {
    "dns.asked": ({ source }) => this.#asked.of(source),
    "dns.state": () => this.#state(),
    "dns.flush": () => {
      const forgotten = this.#resolver.cache.size;
      this.#resolver.cache.clear();
      return { forgotten };
    },
  };
  readonly #context: WorkerContext<DnsWorkerConfig>;
  readonly #asked = new AskedNames();
  readonly #denied: DeniedReporter;
  #upstreams: Upstreams;
  #resolver: Resolver<Incoming>;
  readonly #listeners: readonly DnsListener[];
  readonly #outcomes: Record<string, number> = {};
  #config: DnsWorkerConfig;
  #policy: DnsPolicy;
  #queries!: SourceLimiter;
  #lookups!: SourceLimiter;
  #stopTimers: readonly (() => void)[] = [];

  constructor(context: WorkerContext<DnsWorkerConfig>) {
    const { config, log, timers, sharedPorts = [] } = context;
    this.#context = context;
    this.#config = config;
    this.#denied = new DeniedReporter(context);
    this.#policy = new DnsPolicy(config.names, config.stations);
    this.#setRates();
    this.#resolver = new Resolver(this.#settings());
    this.#upstreams = this.#openUpstreams(this.#resolver);
    const onQuery = (incoming: Incoming) => this.#receive(incoming);
    this.#listeners = config.listen.map((place) => new DnsListener(place, { log, timers, sharedPorts, onQuery }));
  }

  get listening(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#listeners.map(({ place: { host, port: wanted }, port }) => [
      `dns:${host}:${wanted}`,
      `dns://${host}:${port}`,
    ]));
  }

  async open(): Promise<void> {
    try {
      for (const listener of this.#listeners) await listener.open();
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      throw error;
    }
    const { timers } = this.#context;
    this.#stopTimers = [
      timers.every(DNS_LIMITS.tickMs, () => this.#tick()),
      timers.every(DNS_LIMITS.deniedReportMs, () => void this.#denied.report()),
      timers.every(DNS_LIMITS.stationsMs, () => void this.#learnStations()),
    ];
    void this.#learnStations();
  }

  health(): Health {
    const { upstreams } = this.#config;
    const away = upstreams.filter((_, index) => this.#resolver.lookups.isAway(index)).map(({ id }) => id);
    if (upstreams.length === 0 || away.length < upstreams.length) return { state: "ok" };
    return { state: "degraded", why: `no upstream answers (${away.join(", ")}); what is kept is given out` };
  }

  /** Other addresses need other permissions: a new Worker has them. Questions on their way to old upstreams are asked again. */
  async reconfigure(config: DnsWorkerConfig): Promise<void> {
    const before = this.#config;
    if (JSON.stringify(config.listen) !== JSON.stringify(before.listen)) {
      throw new ConfigError("CFG_INVALID", "Other addresses to listen on need a new DNS Worker");
    }
    const waysOf = ({ upstreams, uplink }: DnsWorkerConfig) => JSON.stringify([upstreams, uplink]);
    this.#config = config;
    this.#policy = new DnsPolicy(config.names, config.stations);
    this.#setRates();
    this.#resolver.reconfigure(this.#settings());
    if (waysOf(config) !== waysOf(before)) {
      const old = this.#upstreams;
      this.#resolver = new Resolver(this.#settings());
      this.#upstreams = this.#openUpstreams(this.#resolver);
      old.close();
    }
    await this.#learnStations();
  }

  async drain(): Promise<void> {
    for (const stop of this.#stopTimers) stop();
    for (const listener of this.#listeners) listener.close();
    this.#upstreams.close();
    await this.#denied.report();
  }

  /** Upstreams that answer to this resolver alone: what they say after it was replaced is heard by nobody. */
  #openUpstreams(resolver: Resolver<Incoming>): Upstreams {
    const { clock } = this.#context;
    return new Upstreams({ ...this.#context, config: this.#config }, (lookup, upstream, answer) => {
      if (this.#resolver !== resolver) return;
      const now = clock.monotonic();
      this.#perform(
        "fault" in answer
          ? resolver.failed(lookup, upstream, answer.fault, now)
          : resolver.answered(lookup, upstream, answer.response, now),
      );
    });
  }

  #settings(): ResolverSettings {
    return {
      judge: (name, type, asker) =>
        this.#policy.judge(name, type, asker, (by) => this.#refused(asker.source, name, type, by, true)),
      judgeAddresses: (name, addresses) => this.#policy.judgeAddresses(name, addresses),
      mayLookUp: (source, now) => this.#mayLookUp(source, now),
      upstreams: this.#config.upstreams.length,
      staleSeconds: this.#config.staleSeconds,
    };
  }

  #setRates(): void {
    const { queriesPerSecond, lookupsPerMinute } = this.#config;
    const sources = DNS_LIMITS.rateSources;
    this.#queries = new SourceLimiter({ burst: queriesPerSecond * BURST, perSecond: queriesPerSecond, sources });
    this.#lookups = new SourceLimiter({ burst: lookupsPerMinute, perSecond: lookupsPerMinute / 60, sources });
  }

  #receive(incoming: Incoming): void {
    const { source, transport } = incoming;
    const now = this.#context.clock.monotonic();
    if (!this.#isClient(source)) return this.#count(transport, "stranger");
    const attempt = this.#queries.attempt(source, now);
    if (!attempt.allowed) {
      if (!attempt.silent) this.#limited(source, `It asks more than ${this.#config.queriesPerSecond} times a second`);
      return this.#count(transport, "limited");
    }
    const query = this.#decode(incoming);
    if (!query) return this.#count(transport, "malformed");
    incoming.question = query;
    const asker = { source, box: incoming.box, maxBytes: maxBytesOf(query, transport) };
    this.#perform(this.#resolver.receive(query, asker, incoming, now));
  }

  /** A query that cannot be read is answered as far as its header goes. */
  #decode({ bytes, reply }: Incoming): DnsQuery | undefined {
    try {
      if (bytes.length > DNS_LIMITS.queryBytes) return undefined;
      return decodeQuery(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const id = idOfQuery(bytes);
      if (id !== undefined) reply(sendFormatError(id));
      return undefined;
    }
  }

  #perform(effects: readonly Effect<Incoming>[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case "answer":
          effect.to.reply(effect.bytes);
          this.#count(effect.to.transport, effect.outcome);
          this.#remember(effect.to, effect.outcome);
          break;
        case "ask":
          this.#upstreams.ask(effect);
          break;
        case "refused":
          this.#refused(effect.source, effect.name, effect.type, effect.by);
          break;
        case "upstream":
          this.#upstreams.changed(effect);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #tick(): void {
    const now = this.#context.clock.monotonic();
    this.#perform(this.#resolver.tick(now));
    this.#upstreams.tick(now);
  }

  /** For `why`: what a client asked for last, and how that ended. */
  #remember({ source, question }: Incoming, outcome: Outcome): void {
    if (!question) return;
    const { name, type } = question;
    this.#asked.note(source, { name, type: typeName(type), outcome, at: this.#context.clock.now() });
  }

  #refused(source: string, name: string, type: number, { rule, reason }: Refusal, isTrial = false): void {
    const station = this.#policy.stationOf(source);
    this.#denied.add({
      source,
      ...station === undefined ? {} : { station },
      name,
      type: typeName(type),
      rule,
      reason,
      ...isTrial ? { observed: true } : {},
    });
  }

  #mayLookUp(source: string, now: number): boolean {
    const attempt = this.#lookups.attempt(source, now);
    if (!attempt.allowed && !attempt.silent) {
      this.#limited(source, `Its questions need more than ${this.#config.lookupsPerMinute} look-ups a minute`);
    }
    return attempt.allowed;
  }

  /** What is refused for its number is told once in a while, not with every question. */
  #limited(source: string, reason: string): void {
    const station = this.#policy.stationOf(source);
    const who = station === undefined ? {} : { station };
    this.#denied.add({ source, ...who, name: "(any)", type: "(any)", rule: RATE_RULE, reason });
  }

  #isClient(source: string): boolean {
    return this.#config.clients.some((network) => isInside(source, network));
  }

  #count(transport: string, outcome: Outcome | "limited" | "malformed" | "stranger"): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    this.#context.metrics.count("bulkhead_dns_queries_total", { transport, outcome });
  }

  /** Stations that were adopted by command are known to control alone. */
  async #learnStations(): Promise<void> {
    try {
      const { stations } = await this.#context.control.call("dns.stations", {});
      this.#policy = new DnsPolicy(this.#config.names, stations);
    } catch (error) {
      this.#context.log.debug("dns.stations.unknown", { msg: describeError(error) });
    }
  }

  #state(): DnsState {
    const { upstreams, names: { mode } } = this.#config;
    const { cache } = this.#resolver;
    return {
      upstreams: upstreams.map(({ id, kind }, index) => ({ id, kind, state: this.#upstreams.stateOf(index) })),
      cache: { entries: cache.size, bytes: cache.bytes },
      outcomes: { ...this.#outcomes },
      mode,
    };
  }
}

/** TCP carries all; UDP what the client says it takes, and never what would be cut into fragments. */
function maxBytesOf({ edns }: DnsQuery, transport: Incoming["transport"]): number {
  if (transport === "tcp") return DNS_LIMITS.messageBytes;
  return edns
    ? Math.min(DNS_LIMITS.udpAnswerBytes, Math.max(DNS_LIMITS.plainAnswerBytes, edns.udpBytes))
    : DNS_LIMITS.plainAnswerBytes;
}
