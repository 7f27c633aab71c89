import type { ControlContext } from "../control/contract.ts";
import type { ListenerTrust } from "../core/control_api.ts";
import { describeError } from "../core/errors.ts";
import type { ListenerSpec } from "./listener_specs.ts";

/** Tells Workers of changed trust and closes sessions; a Worker that is down asks for its trust when it starts. */
export class TrustPush {
  readonly #context: ControlContext;
  readonly #running = new Set<Promise<void>>();

  constructor(context: ControlContext) {
    this.#context = context;
  }

  send({ id, aliases }: ListenerSpec, trust: ListenerTrust): void {
    // A Worker knows its listener by the name in site.yaml; control's own id comes first.
    const listener = id === "console" ? id : aliases[1] ?? id;
    for (const worker of this.#context.workers.of(id.split(":")[0]!)) {
      const running = this.#sendTo(worker, id, listener, trust);
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    }
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

  async #sendTo(worker: string, id: string, listener: string, trust: ListenerTrust): Promise<void> {
    const { workers, alarms, log, audit } = this.#context;
    try {
      await workers.get(worker).call("trust.changed", { listener, trust });
      await alarms.clear("certificate.renewal.failed", id);
      const event = "certificate.server.renewed";
      await audit.record({ event, class: "operation", who: "gateway", target: id, outcome: "ok", detail: { worker } });
    } catch (error) {
      const msg = describeError(error);
      log.warn("pki.trust.not_taken", { worker, listener: id, msg });
      await alarms.raise({ kind: "certificate.renewal.failed", subject: id, detail: `${worker}: ${msg}` });
    }
  }
}
