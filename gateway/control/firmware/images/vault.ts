import type { ControlContext } from "../../contract.ts";
import type { FirmwareIntakeApi } from "../../../core/firmware_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import type {
  ImageRecord,
  ImageSource,
  ImageVault,
  ImageVerdict,
  IntakeResult,
  Taken,
  VerdictStep,
} from "../../../core/firmware_api.ts";
import type { RpcArgs, RpcResult } from "../../../core/rpc.ts";
import { FIRMWARE_LIMITS } from "../../../firmware/limits.ts";
import { judgeSigner } from "../../../firmware/signing_certificate.ts";
import { rootsOf, vendorTrust } from "../../../firmware/vendor_trust.ts";
import { ImageRecords } from "./image_records.ts";
import { imageNamed } from "./image_names.ts";
import { KNOWN_RULE, verdictOnKnown } from "./known_image.ts";
import { mergedRecord, newRecord, shownSource } from "./new_record.ts";

/** Worker that does the work. */
export const INTAKE_WORKER = "firmware-intake";

/** What the vault needs of control. */
export type VaultContext = Pick<
  ControlContext,
  "alarms" | "audit" | "clock" | "files" | "log" | "metrics" | "site" | "workers"
>;

/**
 * The images of the site as control knows them. The Worker holds the bytes; here is what each of them is worth. The order
 * of every change is: record, then file, then record, so that after a crash `reconcile` ends what was begun.
 */
export class Vault implements ImageVault {
  readonly #listeners = new Set<(sha256: string, why: string) => void>();

  constructor(private readonly context: VaultContext, private readonly records: ImageRecords) {
    this.#measure();
  }

  images(): readonly ImageRecord[] {
    return this.records.all();
  }

  image(sha256: string): ImageRecord | undefined {
    return this.records.get(sha256);
  }

  papers(sha256: string) {
    return this.records.papers(sha256);
  }

  onWithdrawn(listener: (sha256: string, why: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls the Worker; an intake may take hours. */
  call<M extends keyof FirmwareIntakeApi & string>(
    method: M,
    args: RpcArgs<FirmwareIntakeApi, M>,
  ): Promise<RpcResult<FirmwareIntakeApi, M>> {
    if (!this.context.site.firmware) {
      return Promise.reject(
        new GatewayError(
          "FIRMWARE_REFUSED",
          "The site has no firmware: section in site.yaml, so that it takes no firmware",
          {
            hint: "docs/firmware.md shows one",
          },
        ),
      );
    }
    const worker = this.context.workers.get(INTAKE_WORKER);
    return worker.call(method, args as never, { deadlineMs: FIRMWARE_LIMITS.fetchMs }) as Promise<
      RpcResult<FirmwareIntakeApi, M>
    >;
  }

  async intake(source: ImageSource, who: string): Promise<IntakeResult> {
    if (this.records.all().length >= FIRMWARE_LIMITS.images) {
      throw new GatewayError(
        "FIRMWARE_FULL",
        `${FIRMWARE_LIMITS.images} images are on record: no further one is taken`,
        {
          hint: "Remove images that no station needs: `firmware list`, `firmware remove`",
        },
      );
    }
    let taken: Taken;
    try {
      taken = await this.call("firmware.take", { source, keep: source.kind !== "vault" });
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : "CTL_FAILED";
      if (source.kind === "vault" && code === "FIRMWARE_CHANGED") {
        await this.withdraw(source.sha256, "the file was changed on the disk", "gateway");
      }
      const detail = { source: shownSource(source), code };
      await this.#record("firmware.image.taken", who, "failed", { detail });
      throw error;
    }
    const known = this.records.get(taken.sha256);
    const verdict = known ? verdictOnKnown(known, taken) : taken.verdict;
    this.context.metrics.count("bulkhead_firmware_intakes_total", { outcome: verdict.outcome });
    await this.#recordTaken(taken, verdict, source, who);
    if (verdict.outcome === "refused") return { verdict };
    if (known && verdict.rule === KNOWN_RULE) return { verdict, image: known };
    if (known && known.state !== "held" && known.state !== "quarantine") {
      return { verdict, image: await this.records.put(mergedRecord(known, taken)) };
    }
    return { verdict, image: await this.#keep(taken, source, who) };
  }

  /** Looks at an image without storing it; one that would be refused is on record all the same. */
  async look(source: ImageSource, who: string): Promise<Taken> {
    const taken = await this.call("firmware.take", { source, keep: false });
    if (taken.verdict.outcome === "refused") await this.#recordTaken(taken, taken.verdict, source, who);
    return taken;
  }

  async rehash(sha256: string): Promise<{ readonly unchanged: boolean }> {
    const image = this.required(sha256);
    const { unchanged } = await this.call("firmware.rehash", { sha256: image.sha256 });
    await this.#record("firmware.image.checked", "gateway", unchanged ? "ok" : "failed", { target: sha256 });
    if (!unchanged) await this.withdraw(sha256, "the file was changed on the disk", "gateway");
    return { unchanged };
  }

  /** A person takes the file of a verified image. @throws GatewayError FIRMWARE_UNKNOWN, FIRMWARE_REFUSED, FIRMWARE_CHANGED */
  async export(name: string, who: string): Promise<ImageRecord> {
    const image = this.required(name), { sha256, state } = image;
    const why = state !== "verified"
      ? `The image is ${state}: only a verified one leaves the vault`
      : (await this.rehash(sha256)).unchanged
      ? undefined
      : "The image was changed on the disk, and is withdrawn";
    const outcome = why === undefined ? "ok" : "refused";
    await this.#record("firmware.image.exported", who, outcome, {
      target: sha256,
      detail: { file: image.fileName, ...why === undefined ? {} : { why } },
    });
    if (why === undefined) return image;
    throw new GatewayError("FIRMWARE_REFUSED", why, { hint: `See \`firmware show ${sha256.slice(0, 12)}\`` });
  }

  async withdraw(sha256: string, why: string, who: string): Promise<void> {
    const image = this.required(sha256);
    const text = why.slice(0, 200);
    await this.records.change(image.sha256, (now) => {
      const isSo = now.state === "withdrawn" && now.releasedBy.length === 0;
      return isSo ? undefined : { ...now, state: "withdrawn", why: text, releasedBy: [] };
    });
    this.#measure();
    const name = `${image.vendor} ${image.version} (${image.fileName})`;
    const kind = /chang/.test(text) && who === "gateway" ? "firmware.image.changed" : "firmware.image.withdrawn";
    await this.context.alarms.raise({ kind, subject: sha256.slice(0, 12), detail: `${name}: ${text}` });
    await this.#record("firmware.image.withdrawn", who, "ok", {
      target: sha256,
      detail: { why: text, file: image.fileName },
    });
    for (const listener of this.#listeners) listener(sha256, text);
    await this.call("firmware.demote", { sha256, remove: false });
  }

  /**
   * A person vouches for an image that is held or withdrawn, by typing the hash that its vendor publishes; the second
   * one makes it servable. @throws GatewayError FIRMWARE_REFUSED
   */
  async release(sha256: string, hash: string, because: string, who: string): Promise<ImageRecord> {
    const image = this.required(sha256);
    const refuse = async (why: string, hint: string): Promise<never> => {
      await this.#record("firmware.image.released", who, "refused", { target: sha256, detail: { why } });
      throw new GatewayError("FIRMWARE_REFUSED", why, { hint });
    };
    if (image.state !== "held" && image.state !== "withdrawn") {
      return await refuse(
        `The image is ${image.state}: only one that is held or withdrawn is released`,
        "See `firmware show`",
      );
    }
    if (hash.trim().toLowerCase() !== sha256) {
      return await refuse(
        "The hash that was typed is not that of the stored image",
        "Type the SHA-256 from the vendor's page or document, never from this screen",
      );
    }
    if (image.releasedBy.includes(who)) {
      return await refuse(
        `${who} has vouched for it already: another person is wanted`,
        "Ask a second person to release it",
      );
    }
    await this.#record("firmware.image.released", who, "ok", {
      target: sha256,
      detail: { because, persons: image.releasedBy.length + 1 },
    });
    const vouched = await this.records.change(sha256, (now) => {
      const isOpen = now.state === image.state && !now.releasedBy.includes(who);
      return isOpen ? { ...now, releasedBy: [...now.releasedBy, who] } : undefined;
    });
    if (!vouched) return this.required(sha256); // it was withdrawn, published or removed meanwhile
    if (vouched.releasedBy.length !== 2) return vouched;
    return await this.#publish({ ...vouched, evidence: evidenceOfRelease(image) });
  }

  /** Removes an image's file. What was withdrawn stays on record, so that it cannot come back unseen. */
  async remove(sha256: string, who: string): Promise<void> {
    const image = this.required(sha256);
    if (image.state === "verified") {
      throw new GatewayError("FIRMWARE_REFUSED", "A verified image may be in use: withdraw it first", {
        hint: `\`firmware withdraw ${sha256.slice(0, 12)} --because TEXT\``,
      });
    }
    if (image.state !== "withdrawn") await this.records.remove(sha256);
    await this.#record("firmware.image.removed", who, "ok", { target: sha256, detail: { file: image.fileName } });
    await this.call("firmware.demote", { sha256, remove: true });
    this.#measure();
  }

  judgeCertificate(vendor: string, certificate: string): VerdictStep {
    const title = "Signing certificate leads to the vendor's root";
    const profile = this.context.site.firmware?.vendors.find((one) => one.vendor === vendor.toLowerCase());
    if (!profile) {
      return { id: "vendor", title, outcome: "refused", detail: `the site has no profile of the vendor "${vendor}"` };
    }
    const trust = vendorTrust(profile, this.context.files);
    const judged = judgeSigner(certificate, { ...trust, roots: rootsOf(trust) }, this.context.clock.now());
    const outcome = judged.finding.found === "good" ? "ok" : "refused";
    return { id: judged.isRevoked ? "revoked" : "certificate", title, outcome, detail: judged.finding.detail };
  }

  /** Ends what a crash interrupted: the Worker is there (again) and says what is on the disk. */
  async reconcile(): Promise<void> {
    const disk = await this.call("firmware.stored", {});
    const verified = new Set(disk.verified), quarantine = new Set(disk.quarantine);
    for (const image of this.records.all()) {
      const { sha256, state } = image;
      const isThere = verified.has(sha256) || quarantine.has(sha256);
      if (state === "verified" && !isThere) await this.#lost(image);
      else if (state === "verified" && !verified.has(sha256)) {
        await this.withdraw(sha256, "the file was changed or taken back by hand", "gateway");
      } else if (state === "quarantine") {
        // taken and judged, and then the power went
        if (isThere) await this.#publish(image);
        else await this.records.remove(sha256);
      } else if (state === "held" && !isThere) await this.records.remove(sha256);
    }
    const standing = (sha256: string) => this.records.get(sha256)?.state;
    for (const sha256 of verified) {
      if (standing(sha256) !== "verified") {
        await this.call("firmware.demote", { sha256, remove: standing(sha256) === undefined });
      }
    }
    for (const sha256 of quarantine) {
      if (standing(sha256) === undefined) await this.call("firmware.demote", { sha256, remove: true });
    }
    this.#measure();
  }

  /** The image of a hash, or of the beginning of one. @throws GatewayError FIRMWARE_UNKNOWN */
  required(sha256: string): ImageRecord {
    return this.records.get(sha256) ?? imageNamed(this.records.all(), sha256);
  }

  async #keep(taken: Taken, source: ImageSource, who: string): Promise<ImageRecord> {
    const { sbom, notes } = taken.claim;
    const papers = {
      verdict: taken.verdict,
      ...(sbom === undefined ? {} : { sbom: sbom.slice(0, FIRMWARE_LIMITS.sbomChars) }),
      ...(notes === undefined ? {} : { notes: notes.slice(0, FIRMWARE_LIMITS.notesChars) }),
    };
    const record = await this.records.put(newRecord(taken, source, who, this.context.clock.now()), papers);
    if (taken.verdict.outcome === "verified") return await this.#publish(record);
    this.#measure();
    await this.context.alarms.raise({
      kind: "firmware.image.held",
      subject: record.sha256.slice(0, 12),
      detail: `${record.vendor} ${record.version} (${record.fileName}): ${taken.verdict.why}`,
    });
    return record;
  }

  /** The file becomes servable; the record says so when it is. */
  async #publish(image: ImageRecord): Promise<ImageRecord> {
    try {
      await this.call("firmware.promote", { sha256: image.sha256 });
    } catch (error) {
      if ((error as { code?: string }).code !== "FIRMWARE_CHANGED") throw error;
      await this.withdraw(image.sha256, "the file was changed on the disk", "gateway");
      throw error;
    }
    const { why: _, ...rest } = image;
    const record = await this.records.change(image.sha256, (now) => {
      const isSame = now.state === image.state && now.releasedBy.join() === image.releasedBy.join();
      return isSame ? { ...rest, state: "verified" } : undefined;
    });
    if (!record) {
      // somebody withdrew it while it was made servable: what a person says last holds
      await this.call("firmware.demote", { sha256: image.sha256, remove: false });
      return this.required(image.sha256);
    }
    for (const kind of ["firmware.image.held", "firmware.image.withdrawn", "firmware.image.changed"]) {
      await this.context.alarms.clear(kind, image.sha256.slice(0, 12));
    }
    await this.#record("firmware.image.published", "gateway", "ok", {
      target: image.sha256,
      detail: { file: image.fileName },
    });
    this.#measure();
    return record;
  }

  /**
   * The file is gone: somebody removed it, or the records came from a backup, which holds no images. Nothing speaks
   * against the image itself, so it may be taken again without asking anybody.
   */
  async #lost(image: ImageRecord): Promise<void> {
    const why = "the file is missing on the disk; take it again from where it came";
    await this.context.alarms.raise({
      kind: "firmware.image.changed",
      subject: image.sha256.slice(0, 12),
      detail: `${image.vendor} ${image.version} (${image.fileName}): ${why}`,
    });
    await this.#record("firmware.image.withdrawn", "gateway", "ok", { target: image.sha256, detail: { why } });
    await this.records.remove(image.sha256);
    for (const listener of this.#listeners) listener(image.sha256, why);
  }

  async #recordTaken(taken: Taken, verdict: ImageVerdict, source: ImageSource, who: string): Promise<void> {
    const { outcome, rule, why } = verdict;
    await this.#record("firmware.image.taken", who, outcome === "refused" ? "refused" : "ok", {
      target: taken.sha256 === "" ? taken.fileName : taken.sha256,
      rule,
      detail: { source: shownSource(source), outcome, why, ...claimDetail(taken) },
    });
  }

  async #record(
    event: string,
    who: string,
    outcome: "ok" | "refused" | "failed",
    more: { target?: string; rule?: string; detail?: Record<string, string | number | boolean> },
  ): Promise<void> {
    await this.context.audit.record({ event, class: "security", who, outcome, ...more });
  }

  #measure(): void {
    for (const state of ["quarantine", "held", "verified", "withdrawn"] as const) {
      const count = this.records.all().filter((image) => image.state === state).length;
      this.context.metrics.set("bulkhead_firmware_images", count, { state });
    }
  }
}

const evidenceOfRelease = ({ evidence }: ImageRecord): ImageRecord["evidence"] => [
  ...new Set([...evidence, "vendor-sha256", "two-person"] as const),
];

const claimDetail = ({ claim: { vendor, version }, fileName }: Taken) => ({
  vendor: vendor.slice(0, FIRMWARE_LIMITS.nameChars),
  version,
  file: fileName,
});
