import type { GrantVerdict } from "../../../../policies/firmware_grant.ts";
import type { GrantClaim } from "../../../core/firmware_transfer_api.ts";
import type { ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

/** Records refused claims; whoever knocks again and again is counted, and recorded once in a while. */
export class Denials {
  readonly #seen = new Map<string, { at: number; more: number }>();

  constructor(private readonly context: Pick<ControlContext, "alarms" | "audit" | "clock">) {}

  async note(
    { source, protocol, purpose, commonName }: GrantClaim,
    { rule, reason, isAttack }: GrantVerdict & { readonly effect: "deny" },
    stationId?: string,
  ): Promise<void> {
    const { audit, alarms, clock } = this.context;
    const key = `${source} ${rule}`, now = clock.now(), before = this.#seen.get(key);
    if (before && now - before.at < TRANSFER_LIMITS.refusalSeconds * 1_000) return void before.more++;
    this.#seen.delete(key); // re-insertion keeps the map in order of time
    this.#seen.set(key, { at: now, more: 0 });
    if (this.#seen.size > TRANSFER_LIMITS.refusals) this.#seen.delete(this.#seen.keys().next().value!);
    await audit.record({
      event: "transfer.grant.refused",
      class: "security",
      who: commonName ?? "unknown",
      ...stationId === undefined ? {} : { target: stationId },
      outcome: "refused",
      rule,
      source,
      detail: { protocol, purpose, why: reason.slice(0, 200), ...before?.more ? { before: before.more } : {} },
    });
    if (!isAttack || stationId === undefined) return;
    await alarms.raise({
      kind: "transfer.grant.stolen",
      subject: stationId,
      detail: `${reason}; from ${source}`.slice(0, 300),
    });
  }
}
