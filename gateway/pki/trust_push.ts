import type { ControlContext } from "../control/contract.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { ListenerSpec } from "./listener_specs.ts";

/** Tells Workers of changed trust and closes sessions; a Worker that is down asks for its trust when it starts. */
export class TrustPush {
  readonly #context: ControlContext;
  readonly #running = new Set<Promise<void>>();
  /** Workers that have not taken the newest trust of a listener. */
  readonly #behind = new Map<string, { readonly worker: string; readonly spec: ListenerSpec }>();

  constructor(context: ControlContext) {
    this.#context = context;
  }

  /** Tells every Worker of the listener's conduit, since the conduit alone knows which has it; does not wait. */
  send(spec: ListenerSpec, trust: ListenerTrust): void {
    for (const worker of this.#context.workers.of(spec.id.split(":")[0]!)) this.#start(worker, spec, trust);
  }

  /** Tells those again that did not take it, as while they were starting. */
  async retry(trustOf: (listener: string) => ListenerTrust): Promise<void> {
    const behind = [...this.#behind.values()];
    this.#behind.clear();
    const running = new Set(this.#context.workers.names());
    for (const { worker, spec } of behind) if (running.has(worker)) this.#start(worker, spec, trustOf(spec.id));
    await this.settled();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Revoked means now: live sessions of these stations end. */
  async closeStations(stationIds: readonly string[]): Promise<void> {
    if (stationIds.length === 0) return;
    const { workers, log } = this.#context;
    await Promise.all(
      workers.of("ocpp").map(async (worker) => {
        try {
          await workers.get(worker).call("stations.close", { stationIds, why: "certificate revoked" });
        } catch (error) {
          log.warn("pki.sessions.not_closed", { worker, msg: describeError(error) });
        }
      }),
    );
  }

  #start(worker: string, spec: ListenerSpec, trust: ListenerTrust): void {
    const running = this.#sendTo(worker, spec, trust);
    this.#running.add(running);
    running.finally(() => this.#running.delete(running));
  }

  async #sendTo(worker: string, spec: ListenerSpec, trust: ListenerTrust): Promise<void> {
    const { workers, alarms, audit } = this.#context;
    const { id: target, aliases } = spec;
    // A Worker knows its listener by the name in site.yaml.
    const listener = target === "console" ? target : aliases[1] ?? target;
    try {
      await workers.get(worker).call("trust.changed", { listener, trust });
      await alarms.clear("certificate.renewal.failed", target);
      const event = "certificate.listener.updated";
      await audit.record({ event, class: "operation", who: "gateway", target, outcome: "ok", detail: { worker } });
    } catch (error) {
      if (error instanceof GatewayError && error.code === "PKI_NOT_FOUND") return; // another Worker has this listener
      this.#behind.set(`${worker} ${target}`, { worker, spec });
      await this.#tellFailure(worker, target, error);
    }
  }

  async #tellFailure(worker: string, subject: string, error: unknown): Promise<void> {
    const { alarms, log } = this.#context;
    const msg = describeError(error);
    log.warn("pki.trust.not_taken", { worker, listener: subject, msg });
    // A Worker that is starting or gone is no fault of the certificate.
    const isAway = error instanceof GatewayError && AWAY.has(error.code);
    if (!isAway) await alarms.raise({ kind: "certificate.renewal.failed", subject, detail: `${worker}: ${msg}` });
  }
}

const AWAY: ReadonlySet<string> = new Set(["RPC_DEADLINE", "RPC_PEER_GONE", "RPC_UNKNOWN_METHOD"]);
