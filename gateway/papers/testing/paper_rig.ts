import { ManualTime } from "../../../tests/support/manual_time.ts";
import { seededRandom } from "../../demo/seeded_random.ts";
import { openSiteRoot, type SiteCa } from "../../pki/site_ca.ts";
import { openStore } from "../../store/kv_store.ts";
import { createSealer } from "../../store/sealer.ts";
import type { Store } from "../../store/store.ts";
import type { Sealer } from "../../control/contract.ts";
import { DocumentSigner } from "../document_signer.ts";

/** A site with its CA and the signer of its papers, on a store in memory. */
export class PaperRig implements AsyncDisposable {
  private constructor(
    readonly time: ManualTime,
    readonly store: Store,
    readonly sealer: Sealer,
    readonly ca: SiteCa,
  ) {}

  static async open(siteId = "garage-12", seed = 1): Promise<PaperRig> {
    const time = new ManualTime(Date.UTC(2026, 10, 21, 12));
    const store = await openStore({ path: ":memory:", clock: time, timers: time });
    const sealer = await createSealer(new Uint8Array(32).fill(seed), store);
    const random = seededRandom(seed);
    const ca = await openSiteRoot({ store, sealer, random, now: time.now(), siteId, organization: "Bulkhead" });
    return new PaperRig(time, store, sealer, ca);
  }

  /** The signer as it is after a start. */
  signer(ca: SiteCa = this.ca): DocumentSigner {
    return new DocumentSigner({ ca, store: this.store, sealer: this.sealer, clock: this.time, siteId: "garage-12" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
