import { Buffer } from "node:buffer";
import {
  type Publication,
  type PublishEffect,
  type PublishEvent,
  type PublishStatus,
  stepPublication,
} from "../../../../policies/firmware_publish.ts";
import type { Json } from "../../../core/control_api.ts";
import { describeError } from "../../../core/errors.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import type { FileAnswer } from "../../../core/firmware_transfer_api.ts";
import { plainFileName } from "../../../firmware/serving/codec_target.ts";
import { Turns } from "../../../core/turns.ts";
import type { ControlContext } from "../../contract.ts";
import { judgedAs, takeIn } from "../transfers/fetch_for_update.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";
import { servingPlaces, servingUrl, tokenIn } from "../transfers/serving_places.ts";
import { fileNameOf, shownUrl, versionOf } from "../transfers/update_message.ts";
import { PublicationBook, type StoredPublication } from "./publication_book.ts";
import { answerPublish, answerUnpublish, type PublishAsk, readPublish, writeStatus } from "./publish_message.ts";
import { refusalOf, tellStatus, vendorOf } from "./publish_rules.ts";

/** What the publications work with. */
export interface PublicationsOptions {
  readonly context: ControlContext;
  readonly vault: Pick<ImageVault, "image" | "intake">;
  /** Whether a station fetches what was published so. */
  isFetched(stored: StoredPublication): boolean;
}

/** A CALL of a CSMS to the gateway itself. */
export interface PublishRequest {
  readonly csms: string;
  readonly version: string;
  readonly action: string;
  readonly payload: Json;
}

/**
 * Images that a CSMS has the gateway publish, as its Local Controller (L03, L04): fetched by the site's own rules, the
 * MD5 that the CSMS gave compared, and proved as any other image; the MD5 itself proves nothing. Stored before answered.
 */
export class Publications {
  readonly #options: PublicationsOptions;
  readonly #book: PublicationBook;
  readonly #turns = new Turns();
  /** Publications with a fetch or a telling under way, as "fetch p1". */
  readonly #busy = new Set<string>();
  /** CSMSs that asked how far an image is of which there is none. */
  readonly #idle = new Set<string>();
  /** What a restart interrupted goes on at the first look, when the Workers are there. */
  readonly #toResume: Set<string>;
  #lookedAtHeld = 0;

  private constructor(options: PublicationsOptions, book: PublicationBook) {
    this.#options = options;
    this.#book = book;
    this.#toResume = new Set(book.all().map(({ publication }) => publication.id));
  }

  static async open(options: PublicationsOptions): Promise<Publications> {
    return new Publications(options, await PublicationBook.open(options.context));
  }

  all(): readonly StoredPublication[] {
    return this.#book.all();
  }

  /** A CSMS asks. Stored when the answer is there; the work begins with `begin`. */
  async asked({ csms, action, payload }: PublishRequest): Promise<FileAnswer> {
    const ask = readPublish(action, payload);
    if (typeof ask === "string") {
      await this.#record("transfer.publish.refused", csms, "refused", { action, why: ask }, "firmware.malformed");
      return { error: { code: "FormatViolation", description: `${action} has no usable ${ask}` } };
    }
    return await this.#turns.run([csms], () => {
      switch (ask.is) {
        case "publish":
          return this.#publish(csms, ask);
        case "unpublish":
          return this.#unpublish(csms, ask.checksum);
        case "trigger":
          return this.#trigger(csms);
      }
    });
  }

  /** The CSMS has the answer. */
  async begin(csms: string): Promise<void> {
    for (const { publication: { id, state, telling } } of this.#book.all().filter((one) => isOf(one, csms))) {
      if (state === "asked") await this.#apply(id, { is: "begun" });
      else if (telling.length > 0) this.#tell(id);
    }
    if (this.#idle.delete(csms)) await tellStatus(this.#options.context, csms, writeStatus("Idle", undefined, []));
  }

  /** The publication that a token belongs to, as long as its image may be fetched. */
  byToken(token: string): StoredPublication | undefined {
    return this.#book.open().find((one) => one.publication.state === "published" && one.token === token);
  }

  /** The image behind a URL of a publication. */
  publishedAt(location: string): string | undefined {
    const token = tokenIn(location);
    return token === undefined ? undefined : this.byToken(token)?.publication.sha256;
  }

  /** Where stations can fetch what is published, by every protocol that is configured (L03.FR.03). */
  locationsOf({ token, fileName }: StoredPublication): readonly string[] {
    const { firmware } = this.#options.context.site;
    return servingPlaces(firmware!).map((place) => servingUrl(place, token, plainFileName(fileName ?? "image")));
  }

  /** An image lost its trust. */
  async withdrawn(sha256: string, why: string): Promise<void> {
    for (const { publication } of this.#book.open()) {
      if (publication.sha256 === sha256) await this.#apply(publication.id, { is: "withdrawn", why });
    }
  }

  /** What is due. */
  async tick(): Promise<void> {
    const now = this.#options.context.clock.now();
    const looksAtHeld = now - this.#lookedAtHeld >= TRANSFER_LIMITS.heldLookMs;
    if (looksAtHeld) this.#lookedAtHeld = now;
    for (const { publication: { id, state, telling, sha256 } } of this.#book.all()) {
      if (this.#toResume.delete(id)) await this.#apply(id, { is: "resumed" });
      if (telling.length > 0) this.#tell(id);
      if (state === "held" && looksAtHeld) await this.#apply(id, judgedAs(this.#options.vault, sha256!));
      if (state !== "ended") await this.#apply(id, { is: "tick" });
    }
  }

  async #publish(csms: string, ask: PublishAsk & { readonly is: "publish" }): Promise<FileAnswer> {
    const { context } = this.#options, { clock, random } = context;
    const { requestId, checksum, location, retries, retryMs } = ask;
    const older = this.#ofChecksum(csms, checksum);
    const from = shownUrl(location), vendor = vendorOf(location, context.site);
    const isFull = !older && this.#book.open().length >= TRANSFER_LIMITS.publications;
    const refusal = refusalOf(context, vendor, isFull);
    if (refusal) {
      const detail = { action: "PublishFirmware", from, why: refusal.why };
      await this.#record("transfer.publish.refused", csms, "refused", detail, refusal.rule);
      return answerPublish(refusal.why);
    }
    if (older) await this.#applyNow(older.publication.id, { is: "replaced" });
    const now = clock.now();
    const publication: Publication = {
      id: Buffer.from(random.bytes(6)).toString("hex"),
      ...{ csms, requestId, checksum, retries, retryMs, state: "asked", failures: 0, telling: [], last: "Idle" },
      dueAt: now + TRANSFER_LIMITS.csmsMs, // the Worker that is to say "begin" may have gone
    };
    const token = Buffer.from(random.bytes(16)).toString("base64url");
    await this.#book.put({ publication, location, vendor: vendor!, token, startedAt: now });
    await this.#record("transfer.publish.taken", csms, "ok", { from, checksum });
    return answerPublish();
  }

  async #unpublish(csms: string, checksum: string): Promise<FileAnswer> {
    const stored = this.#ofChecksum(csms, checksum);
    const state = stored?.publication.state;
    const isOngoing = state === "asked" || state === "fetching" ||
      stored !== undefined && this.#options.isFetched(stored);
    const status = stored === undefined ? "NoFirmware" : isOngoing ? "DownloadOngoing" : "Unpublished";
    if (status === "Unpublished") await this.#applyNow(stored!.publication.id, { is: "unpublished" });
    else await this.#record("transfer.publish.refused", csms, "refused", { action: "UnpublishFirmware", why: status });
    return answerUnpublish(status);
  }

  async #trigger(csms: string): Promise<FileAnswer> {
    const newest = this.#book.all().find((one) => isOf(one, csms));
    // Told by `begin`, when the answer to the question is there.
    if (newest) await this.#applyNow(newest.publication.id, { is: "triggered" }, false);
    else this.#idle.add(csms);
    return { payload: { status: "Accepted" } };
  }

  #ofChecksum(csms: string, checksum: string): StoredPublication | undefined {
    return this.#book.open(csms).find(({ publication }) => publication.checksum === checksum);
  }

  #apply(id: string, event: PublishEvent): Promise<void> {
    const csms = this.#book.get(id)?.publication.csms;
    return csms === undefined ? Promise.resolve() : this.#turns.run([csms], () => this.#applyNow(id, event));
  }

  /** Steps, stores, and only then acts. */
  async #applyNow(id: string, event: PublishEvent, acts = true): Promise<void> {
    const stored = this.#book.get(id);
    if (!stored) return;
    const now = this.#options.context.clock.now();
    const { publication, effects } = stepPublication(stored.publication, event, now, TRANSFER_LIMITS);
    if (publication !== stored.publication) {
      const isEnd = publication.state === "ended" && stored.publication.state !== "ended";
      const isUp = publication.state === "published" && stored.publication.state !== "published";
      const fileName = publication.sha256 && this.#options.vault.image(publication.sha256)?.fileName;
      await this.#book.put({
        ...stored,
        ...fileName ? { fileName } : {},
        publication,
        ...isEnd ? { endedAt: now } : {},
      });
      if (isUp) await this.#noteUp(publication);
      if (isEnd) await this.#noteEnd(publication);
    }
    for (const effect of acts ? effects : []) this.#perform(id, effect);
  }

  #perform(id: string, effect: PublishEffect): void {
    if (effect === "tell") return this.#tell(id);
    this.#once(`fetch ${id}`, async () => {
      const { publication: { csms, checksum: md5 }, location, vendor } = this.#book.get(id)!;
      const fileName = fileNameOf(location);
      const claim = { vendor, md5, version: versionOf(fileName), ...fileName === "" ? {} : { fileName } };
      const source = { kind: "url", url: location, claim } as const;
      await this.#apply(id, await takeIn(this.#options.vault, source, `csms:${csms}`));
    });
  }

  /** Work that takes its time, once at a time; a fault is logged, and the next look tries again. */
  #once(name: string, work: () => Promise<void>): void {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    work().catch((error) => {
      this.#options.context.log.warn("firmware.publication.failed", { work: name, msg: describeError(error) });
    }).finally(() => this.#busy.delete(name));
  }

  /** Tells the CSMS what waits, in order; with the gateway's connection gone it waits for the next one. */
  #tell(id: string): void {
    this.#once(`tell ${id}`, async () => {
      for (;;) {
        const stored = this.#book.get(id), next = stored?.publication.telling[0];
        if (!stored || !next || !await this.#told(stored, next)) return;
        await this.#apply(id, { is: "told" });
      }
    });
  }

  #told(stored: StoredPublication, status: PublishStatus): Promise<boolean> {
    const { csms, requestId } = stored.publication;
    return tellStatus(this.#options.context, csms, writeStatus(status, requestId, this.locationsOf(stored)));
  }

  async #noteUp({ csms, checksum, sha256 }: Publication): Promise<void> {
    await this.#record("transfer.publish.published", csms, "ok", { checksum, image: sha256!.slice(0, 12) });
  }

  async #noteEnd({ csms, checksum, outcome, rule, why = "" }: Publication): Promise<void> {
    const isGood = outcome === "unpublished" || outcome === "replaced";
    const detail = { checksum, outcome: outcome!, why };
    await this.#record("transfer.publish.ended", csms, isGood ? "ok" : "failed", detail, rule);
  }

  async #record(
    event: string,
    csms: string,
    outcome: "ok" | "refused" | "failed",
    detail: Readonly<Record<string, string>>,
    rule?: string,
  ): Promise<void> {
    const what = { event, class: "security", who: `csms:${csms}`, target: csms, outcome, detail } as const;
    await this.#options.context.audit.record(rule === undefined ? what : { ...what, rule });
  }
}

const isOf = ({ publication }: StoredPublication, csms: string): boolean => publication.csms === csms;
