import type { WorkerContext } from "../core/conduit.ts";
import { describeError } from "../core/errors.ts";
import { UpstreamDialer } from "./dialer.ts";
import { DohLink } from "./doh_link.ts";
import { DotLink } from "./dot_link.ts";
import type { LookupEffect } from "./session_lookup.ts";
import type { LinkAnswer, UpstreamLink } from "./upstream_link.ts";
import type { DnsUpstreamConfig, DnsWorkerConfig } from "./worker_config.ts";

type Ask = LookupEffect & { readonly do: "ask" };
type Change = LookupEffect & { readonly do: "upstream" };

interface Entry {
  readonly config: DnsUpstreamConfig;
  readonly link: UpstreamLink;
  /** Monotonic milliseconds of the questions it owes, by look-up. */
  readonly askedAt: Map<string, number>;
  state: "away" | "ok" | "unused";
}

/** All upstreams with their connections; measures them, and raises and clears their alarms. */
export class Upstreams {
  readonly #context: WorkerContext<DnsWorkerConfig>;
  readonly #entries: readonly Entry[];

  constructor(
    context: WorkerContext<DnsWorkerConfig>,
    onAnswer: (lookup: string, upstream: number, answer: LinkAnswer) => void,
  ) {
    this.#context = context;
    const { config, clock, random, timers } = context;
    const dialer = new UpstreamDialer(config.uplink, timers);
    this.#entries = config.upstreams.map((upstream, index) => {
      const tools = {
        upstream,
        dialer,
        clock,
        random,
        onAnswer: (lookup: string, answer: LinkAnswer) => {
          this.#measure(this.#entries[index]!, lookup, answer);
          onAnswer(lookup, index, answer);
        },
      };
      const link = upstream.kind === "tls" ? new DotLink(tools) : new DohLink(tools);
      return { config: upstream, link, askedAt: new Map(), state: "unused" };
    });
  }

  ask({ lookup, upstream, name, type }: Ask): void {
    const entry = this.#entries[upstream]!;
    entry.askedAt.set(lookup, this.#context.clock.monotonic());
    entry.link.ask(lookup, name, type);
  }

  stateOf(upstream: number): Entry["state"] {
    return this.#entries[upstream]!.state;
  }

  tick(now: number): void {
    for (const { link } of this.#entries) link.tick(now);
  }

  /** Closes all connections. Alarms end with who raised them: a successor raises its own. */
  close(): void {
    for (const { link, state, config } of this.#entries) {
      link.close("the gateway stops");
      if (state === "away") this.#tell("alarm.clear", { kind: "dns.upstream.away", subject: config.id });
    }
  }

  /** The resolver counts an upstream as away, or as back. */
  changed({ upstream, state, why }: Change): void {
    const entry = this.#entries[upstream]!;
    const { id } = entry.config;
    if (state === "back") return; // its answer has said so already
    entry.state = "away";
    this.#context.log.warn("dns.upstream.lost", { upstream: id, why });
    this.#tell("alarm.raise", { kind: "dns.upstream.away", subject: id, detail: why });
  }

  #measure(entry: Entry, lookup: string, answer: LinkAnswer): void {
    const { config: { id: upstream }, askedAt } = entry;
    const { clock, metrics, log } = this.#context;
    const since = askedAt.get(lookup);
    askedAt.delete(lookup);
    if ("fault" in answer) {
      log.debug("dns.upstream.failed", { upstream, why: answer.fault });
      return metrics.count("bulkhead_dns_upstream_answers_total", { upstream, outcome: "failed" });
    }
    metrics.count("bulkhead_dns_upstream_answers_total", { upstream, outcome: "ok" });
    if (since !== undefined) {
      metrics.observe("bulkhead_dns_upstream_seconds", (clock.monotonic() - since) / 1_000, { upstream });
    }
    if (entry.state === "ok") return;
    // The alarm may be of a Worker before this one, so the first answer clears it too.
    if (entry.state === "away") log.info("dns.upstream.back", { upstream });
    entry.state = "ok";
    this.#tell("alarm.clear", { kind: "dns.upstream.away", subject: upstream });
  }

  #tell(method: "alarm.clear" | "alarm.raise", alarm: { kind: string; subject: string; detail?: string }): void {
    this.#context.control.call(method, alarm).catch((error) =>
      this.#context.log.warn("dns.alarm.failed", { msg: describeError(error) })
    );
  }
}
