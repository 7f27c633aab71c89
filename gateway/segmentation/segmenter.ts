import type { ControlContext } from "../control/contract.ts";
import { GatewayError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import type { FirewallState, KernelSetting } from "../../hal/firewall.ts";
import type { Segmentation } from "../../policies/segmentation_model.ts";
import { AppliedRecords } from "./applied_record.ts";
import { deriveSegmentation } from "./derive.ts";
import { digestOf, type FirewallLink } from "./firewall_link.ts";
import { kernelSettings } from "./kernel_settings.ts";
import { type FlowRow, flowRows } from "./rows.ts";
import { makeRuleset } from "./ruleset.ts";

/** What the site wants of its firewall now. */
export interface Wanted {
  readonly segmentation: Segmentation;
  readonly text: string;
  readonly digest: string;
  readonly settings: readonly KernelSetting[];
  readonly rows: readonly FlowRow[];
}

/** What the segmenter works with. */
export interface SegmenterParts {
  readonly context: ControlContext;
  readonly stations: () => readonly Station[];
  /** Absent on a site without hald. */
  readonly firewall: FirewallLink | undefined;
}

/** Makes the ruleset of the site, hands it to hald, and remembers who did what. */
export class Segmenter {
  readonly #parts: SegmenterParts;
  readonly records: AppliedRecords;

  constructor(parts: SegmenterParts) {
    this.#parts = parts;
    this.records = new AppliedRecords(parts.context.store);
  }

  /** @throws GatewayError SEGMENTATION_OFF */
  async wanted(): Promise<Wanted> {
    const segmentation = this.segmentation();
    const ruleset = makeRuleset(segmentation);
    return {
      segmentation,
      text: ruleset.text,
      digest: await digestOf(ruleset.text),
      settings: kernelSettings(segmentation),
      rows: flowRows(segmentation, ruleset),
    };
  }

  /** @throws GatewayError SEGMENTATION_OFF */
  segmentation(): Segmentation {
    const { context, stations } = this.#parts;
    if (!context.site.segmentation) {
      throw new GatewayError("SEGMENTATION_OFF", "This site has no segmentation", {
        hint: "Add `segmentation: {}` to site.yaml and reload; docs/segmentation.md says what it does",
      });
    }
    return deriveSegmentation(context.site, stations());
  }

  /** @throws GatewayError SEGMENTATION_OFF */
  get firewall(): FirewallLink {
    const { firewall } = this.#parts;
    if (firewall) return firewall;
    throw new GatewayError("SEGMENTATION_OFF", "This site has no hald that could load the rules", {
      hint: "Add `hal: { socket: /run/bulkhead/hal.sock }` to site.yaml; docs/hal.md says how to install it",
    });
  }

  /** Loads what the site wants, for `confirmSeconds`. Who did it is on disk and in the audit chain before. */
  async apply(wanted: Wanted, who: string, confirmSeconds: number): Promise<FirewallState> {
    const { context } = this.#parts;
    await this.firewall.check(wanted.text); // what the kernel would refuse is told before anything is recorded
    const { digest, rows } = wanted;
    await this.records.write("pending", { digest, by: who, at: context.clock.now(), rows });
    await this.#audit("segmentation.applied", who, { digest, confirmSeconds, flows: rows.length });
    return await this.firewall.apply(wanted.text, wanted.settings, confirmSeconds);
  }

  /** Keeps the pending ruleset. @throws GatewayError SEGMENTATION_INVALID when none waits */
  async confirm(who: string): Promise<FirewallState> {
    const pending = await this.records.read("pending");
    if (!pending) throw nothingWaits();
    await this.#audit("segmentation.confirmed", who, { digest: pending.digest });
    const state = await this.firewall.confirm(pending.digest);
    await this.records.write("confirmed", pending);
    await this.records.forget("pending");
    return state;
  }

  /** Undoes the pending ruleset. */
  async undo(who: string): Promise<FirewallState> {
    const pending = await this.records.read("pending");
    if (!pending) throw nothingWaits();
    const state = await this.firewall.undo();
    await this.#audit("segmentation.undone", who, { digest: pending.digest, why: "a person undid it" });
    await this.records.forget("pending");
    return state;
  }

  /** The flows whose counters the kernel holds now. */
  async rowsInForce(state: FirewallState): Promise<readonly FlowRow[]> {
    const digest = state.pending?.digest ?? state.confirmed;
    for (const which of ["pending", "confirmed"] as const) {
      const record = await this.records.read(which);
      if (record && record.digest === digest) return record.rows;
    }
    return [];
  }

  async #audit(event: string, who: string, detail: Record<string, string | number>): Promise<void> {
    await this.#parts.context.audit.record({ event, class: "operation", who, outcome: "ok", detail });
  }
}

function nothingWaits(): GatewayError {
  return new GatewayError("SEGMENTATION_INVALID", "No ruleset waits to be confirmed", {
    hint: "Its time may be over: `segmentation show` says what became of it, `segmentation apply` applies it again",
  });
}
