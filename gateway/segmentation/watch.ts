import type { ControlContext } from "../control/contract.ts";
import type { FirewallState } from "../../hal/firewall.ts";
import type { DeniedWatch } from "./denied_watch.ts";
import type { Openings } from "./openings.ts";
import { REFUSED_COUNTERS } from "./ruleset.ts";
import type { Segmenter } from "./segmenter.ts";

/** What the last look found; health and pages show it. */
export interface WatchState {
  readonly firewall?: FirewallState;
  /** The site wants other rules than those in force. */
  readonly differs: boolean;
}

/** Looks at the firewall every few seconds: what was undone, flushed, refused, and whether the site wants other rules by now. */
export class SegmentationWatch {
  readonly #context: ControlContext;
  readonly #segmenter: Segmenter;
  readonly #openings: Openings;
  readonly #denied: DeniedWatch;
  /** Digest and number of loads for which the openings were pushed. */
  #pushedFor = "";
  #reloads = 0;
  state: WatchState = { differs: false };

  constructor(context: ControlContext, segmenter: Segmenter, openings: Openings, denied: DeniedWatch) {
    this.#context = context;
    this.#segmenter = segmenter;
    this.#openings = openings;
    this.#denied = denied;
  }

  async look(): Promise<void> {
    if (!this.#context.site.segmentation) return;
    const firewall = await this.#segmenter.firewall.state();
    await this.#noteUndone(firewall);
    await this.#noteReloads(firewall);
    await this.#noteMissing(firewall);
    await this.#pushOpenings(firewall);
    for (const ended of await this.#openings.forgetEnded()) {
      const { stationId, port, source } = ended;
      await this.#audit("segmentation.opening.ended", { station: stationId, port, source });
    }
    const wanted = await this.#segmenter.wanted();
    const differs = firewall.pending === undefined && firewall.confirmed !== wanted.digest;
    await this.#alarm("segmentation.differs", differs);
    this.state = { firewall, differs };
    if (firewall.isLoaded) await this.#count();
  }

  async #count(): Promise<void> {
    const { alarms, metrics, clock } = this.#context;
    const counters = await this.#segmenter.firewall.counters();
    for (const name of Object.keys(REFUSED_COUNTERS)) {
      metrics.set("bulkhead_segmentation_refused_packets", counters[name] ?? 0, {
        reason: name.replace("refused_", ""),
      });
    }
    const found = await this.#segmenter.firewall.denied();
    const { raise, clear } = this.#denied.look(found, this.#segmenter.segmentation(), clock.now());
    for (const { subject, detail } of raise) await alarms.raise({ kind: "segmentation.flow.denied", subject, detail });
    for (const subject of clear) await alarms.clear("segmentation.flow.denied", subject);
  }

  /** hald has undone what nobody confirmed: a person should know before the next reboot tells it. */
  async #noteUndone({ pending, undone }: FirewallState): Promise<void> {
    const record = await this.#segmenter.records.read("pending");
    if (!record || pending?.digest === record.digest) return;
    if (undone?.digest !== record.digest) return; // it is being applied right now
    await this.#audit("segmentation.undone", { digest: record.digest, why: undone.why });
    await this.#context.alarms.raise({ kind: "segmentation.undone", subject: "gateway", detail: undone.why });
    await this.#segmenter.records.forget("pending");
  }

  async #noteReloads({ reloads }: FirewallState): Promise<void> {
    if (reloads > this.#reloads) await this.#audit("segmentation.reloaded", { times: reloads - this.#reloads });
    this.#reloads = reloads;
  }

  async #noteMissing({ isLoaded, confirmed, missingInterfaces }: FirewallState): Promise<void> {
    await this.#alarm("segmentation.not-loaded", confirmed !== undefined && !isLoaded);
    await this.#alarm("segmentation.interface-missing", missingInterfaces.length > 0, missingInterfaces.join(", "));
  }

  /** Rules that were loaded anew have forgotten who may use a maintenance port. */
  async #pushOpenings({ pending, confirmed, isLoaded, reloads }: FirewallState): Promise<void> {
    const loaded = `${pending?.digest ?? confirmed} ${reloads}`;
    if (!isLoaded || loaded === this.#pushedFor) return;
    await this.#openings.pushAll();
    this.#pushedFor = loaded;
  }

  async #alarm(kind: string, stands: boolean, detail?: string): Promise<void> {
    const { alarms } = this.#context;
    if (stands) await alarms.raise({ kind, subject: "gateway", ...detail === undefined ? {} : { detail } });
    else await alarms.clear(kind, "gateway");
  }

  async #audit(event: string, detail: Record<string, string | number>): Promise<void> {
    await this.#context.audit.record({ event, class: "operation", who: "gateway", outcome: "ok", detail });
  }
}
