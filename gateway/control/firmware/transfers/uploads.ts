import { decideGrant, type GrantVerdict } from "../../../../policies/firmware_grant.ts";
import type {
  FileAnswer,
  FileRequest,
  GrantClaim,
  OpenedGrant,
  OwnUploads,
} from "../../../core/firmware_transfer_api.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { LiveSessions } from "../../../inventory/live_sessions.ts";
import { Turns } from "../../../core/turns.ts";
import type { ControlContext } from "../../contract.ts";
import { digestOf, type GrantStations } from "./grant_book.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import { newUpload, type UploadPlace } from "./new_upload.ts";
import { type ServingPlace, servingPlaceFor } from "./serving_places.ts";
import { shownUrl } from "./update_message.ts";
import { isOver, isOwn, type StoredUpload, UploadBook } from "./upload_book.ts";
import {
  answerUpload,
  ownRequestId,
  readUpload,
  UPLOAD_FAILURES,
  type UploadDialect,
  writeEnd,
} from "./upload_message.ts";
import { surplusOf } from "./upload_room.ts";

/** A sealed file that is to be brought to its CSMS. */
export interface ForwardOrder {
  readonly file: string;
  /** Base64. */
  readonly key: string;
  readonly bytes: number;
  readonly url: string;
  readonly fileName: string;
}

/** What the uploads work with. */
export interface UploadsOptions {
  readonly context: ControlContext;
  readonly live: LiveSessions;
  readonly stations: GrantStations;
  /** Folder of sealed files. */
  readonly folder: string;
  /** Brings a file to where its CSMS wants it. @throws GatewayError UPLOAD_UNSENT and what the Worker says */
  forward(order: ForwardOrder): Promise<void>;
  onChanged(): void;
}

/**
 * Files that stations bring for their CSMS: received here, sealed, and only then brought on (facts: vendor-guides BC-11,
 * EV-15). And those that the gateway asks for itself (EV-27): received the same way, and kept.
 */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #book: UploadBook;
  readonly #turns = new Turns();
  readonly #busy = new Set<string>();

  private constructor(options: UploadsOptions, book: UploadBook) {
    this.#options = options;
    this.#book = book;
  }

  static async open(options: UploadsOptions): Promise<Uploads> {
    return new Uploads(options, await UploadBook.open(options.context));
  }

  all(): readonly StoredUpload[] {
    return this.#book.all();
  }

  get(id: string): StoredUpload | undefined {
    return this.#book.get(id);
  }

  /** Whether the end of a file of this station is control's to tell its CSMS. */
  watches(stationId: string): boolean {
    return this.#book.each().some((upload) =>
      upload.stationId === stationId && !isOwn(upload) && (!isOver(upload) || upload.telling !== undefined)
    );
  }

  /** Stations of which control takes some statuses, looked at once: there may be many logs on record. */
  watched(): ReadonlyMap<string, { readonly upload: boolean; readonly own?: OwnUploads }> {
    const now = this.#options.context.clock.now(), found = new Map<string, { upload: boolean; own?: OwnUploads }>();
    for (const upload of this.#book.each()) {
      const { stationId, ask: { requestId } } = upload, isOpen = !isOver(upload);
      const known = found.get(stationId) ?? { upload: false };
      if (!isOwn(upload)) {
        if (isOpen || upload.telling !== undefined) found.set(stationId, { ...known, upload: true });
      } else if (isOpen || now - upload.createdAt < TRANSFER_LIMITS.ownStatusMs) {
        const { requestIds = [], isOpen: isOneOpen = false } = known.own ?? {};
        found.set(stationId, {
          ...known,
          own: { requestIds: [...requestIds, requestId!], isOpen: isOneOpen || isOpen },
        });
      }
    }
    return found;
  }

  /** A CSMS asks for a file. Stored when the answer is there. */
  async asked(
    asked: FileRequest,
  ): Promise<{ readonly id: string; readonly url: string } | { readonly answer: FileAnswer }> {
    const { stationId, csms, action } = asked, ask = readUpload(asked);
    if (typeof ask === "string") {
      await this.#record("transfer.upload.refused", asked, "refused", { action, why: ask }, "firmware.malformed");
      return { answer: { error: { code: "FormationViolation", description: `${action} has no usable ${ask}` } } };
    }
    const refusal = this.#refusalOf(ask.location);
    if (refusal) {
      const detail = { action, to: shownUrl(ask.location), why: refusal.why };
      await this.#record("transfer.upload.refused", asked, "refused", detail, refusal.rule);
      return { answer: answerUpload(ask.dialect, refusal.why) };
    }
    const place = await this.#begin({ stationId, csms, ask }, TRANSFER_LIMITS.uploadMs);
    await this.#record("transfer.upload.asked", asked, "ok", { action, to: shownUrl(ask.location), upload: place.id });
    return place;
  }

  /**
   * The gateway itself is about to ask for a file. Stored, and known to the Workers, when it resolves.
   * @throws GatewayError FIRMWARE_FULL
   */
  async askedByGateway(
    stationId: string,
    dialect: Exclude<UploadDialect, "diagnostics">,
    who: string,
  ): Promise<UploadPlace & { readonly requestId: number }> {
    if (this.#isFull()) {
      throw new GatewayError("FIRMWARE_FULL", `${TRANSFER_LIMITS.uploads} files of stations are under way already`, {
        hint: "`firmware transfers` lists them; each ends by itself",
      });
    }
    const taken = new Set(this.all().filter((one) => one.stationId === stationId).map(({ ask }) => ask.requestId));
    let requestId = ownRequestId(this.#options.context.random.bytes(4));
    while (taken.has(requestId)) requestId++;
    const place = await this.#begin({ stationId, ask: { dialect, requestId } }, TRANSFER_LIMITS.ownUploadMs);
    await this.#record("transfer.upload.asked", { stationId, who }, "ok", { action: "GetLog", upload: place.id });
    return { ...place, requestId };
  }

  /** Nothing comes of a request of the gateway's own. */
  async gaveUp(id: string, why: string): Promise<void> {
    const upload = this.#book.get(id);
    if (upload && !isOver(upload)) await this.#fail(id, why);
  }

  /** Gives a station a place for one file. */
  async #begin(of: Pick<StoredUpload, "ask" | "csms" | "stationId">, forMs: number): Promise<UploadPlace> {
    const { upload, place } = newUpload(this.#options.context, of, this.#placeOf(of.stationId), forMs);
    await this.#book.put(upload);
    this.#options.onChanged();
    return place;
  }

  /** What the station answered. */
  async answered(
    id: string,
    isTaken: boolean,
    fileName: string | undefined,
    why = "the station brings none",
  ): Promise<void> {
    await this.#change(id, (upload) => {
      if (upload.state !== "asked") return upload; // it was faster than its answer
      const named = fileName === undefined ? {} : { fileName: fileName.slice(0, 255) };
      if (isTaken) return { ...upload, state: "expected", ...named };
      return { ...upload, state: "none", why };
    });
  }

  /** Judges whoever shows a token; undefined: it is none of an upload. */
  judge(
    claim: GrantClaim,
  ): { readonly verdict: GrantVerdict; readonly stationId: string; readonly grant: OpenedGrant } | undefined {
    const upload = this.#book.byDigest(digestOf(claim.token));
    if (!upload) return undefined;
    const { context: { site, clock }, stations } = this.#options;
    const { id, stationId, protocol, file, key, expiresAt, state } = upload;
    const maxBytes = (site.firmware?.uploads.maxMegabytes ?? 1) * 1_048_576;
    const isOpen = state === "asked" || state === "expected";
    const { fileName: _chosen, ...shown } = claim;
    const verdict = decideGrant({
      ...shown,
      grant: {
        stationId,
        protocol,
        fileName: "",
        state: isOpen ? "open" : "closed",
        expiresAt,
        budgetBytes: maxBytes,
        sentBytes: 0,
      },
      addresses: stations.addressesOf(stationId),
      now: clock.now(),
    });
    return { verdict, stationId, grant: { kind: "upload", id, stationId, file, key, maxBytes } };
  }

  /** The file is whole and sealed. */
  async received(id: string, fileName: string, bytes: number, sha256: string): Promise<void> {
    const { clock } = this.#options.context;
    await this.#change(id, (upload) => ({
      ...upload,
      state: isOwn(upload) ? "kept" : "received",
      fileName: upload.fileName ?? fileName,
      bytes,
      sha256,
      dueAt: clock.now(),
    }));
    const upload = this.#book.get(id);
    if (!upload) return;
    await this.#record("transfer.upload.received", upload, "ok", { upload: id, file: fileName, bytes, sha256 });
    this.#forward(id);
  }

  /** A status of the station about its file. "Uploaded" is held back until the CSMS has it. */
  async told(stationId: string, status: string, requestId: number | undefined): Promise<void> {
    const all = this.all().filter((one) => one.stationId === stationId);
    const upload = all.find(({ ask }) => ask.requestId === requestId) ??
      (requestId === undefined ? all.find((one) => isOwn(one) && !isOver(one)) : undefined);
    if (!upload) return;
    if (isOwn(upload)) return await this.#toldOfOwn(upload, status);
    await this.#change(upload.id, (now) => {
      if (status === "Uploaded") {
        const telling = now.state === "sent" ? "good" : now.state === "failed" ? "bad" : undefined;
        return { ...now, isTold: true, ...telling === undefined ? {} : { telling } };
      }
      if (!UPLOAD_FAILURES.has(status) || isOver(now) || now.state === "received") return now;
      return { ...now, state: "failed", why: `the station said ${status}` };
    });
    this.#tell(upload.id);
  }

  /** A log that came is here whatever its station says of it afterwards. */
  async #toldOfOwn({ id }: StoredUpload, status: string): Promise<void> {
    if (UPLOAD_FAILURES.has(status)) await this.gaveUp(id, `the station said ${status.slice(0, 40)}`);
  }

  /** What is due: files to bring on, times that are over, copies that are too old or too many. */
  async tick(): Promise<void> {
    const now = this.#options.context.clock.now();
    for (const upload of this.all()) {
      if (upload.telling !== undefined) this.#tell(upload.id);
      if (now < upload.dueAt) continue;
      if (upload.state === "received") this.#forward(upload.id);
      else if (!isOver(upload)) await this.#fail(upload.id, "the station brought nothing in time");
    }
    await this.#makeRoom(now);
  }

  /** Tries again to bring a file that its CSMS does not have. @throws GatewayError UPLOAD_UNKNOWN, UPLOAD_UNSENT */
  async forwardAgain(id: string): Promise<void> {
    const upload = this.#book.get(id);
    if (!upload || upload.bytes === undefined || isOwn(upload)) {
      throw new GatewayError("UPLOAD_UNKNOWN", `No file "${id}" of a station is kept for a CSMS`, {
        hint: "See `firmware transfers`",
      });
    }
    await this.#options.forward(orderOf(upload));
    await this.#sent(id);
  }

  #forward(id: string): void {
    if (this.#busy.has(id)) return;
    this.#busy.add(id);
    this.#tryForward(id).catch((error) => {
      this.#options.context.log.warn("firmware.upload.failed", { upload: id, msg: describeError(error) });
    }).finally(() => this.#busy.delete(id));
  }

  async #tryForward(id: string): Promise<void> {
    const upload = this.#book.get(id);
    if (upload?.state !== "received") return;
    try {
      await this.#options.forward(orderOf(upload));
    } catch (error) {
      const why = describeError(error).slice(0, 300), forwards = upload.forwards + 1;
      if (forwards >= TRANSFER_LIMITS.forwards) return await this.#fail(id, why);
      const dueAt = this.#options.context.clock.now() + TRANSFER_LIMITS.forwardPauseMs;
      return await this.#change(id, (now) => ({ ...now, forwards, why, dueAt }));
    }
    await this.#sent(id);
  }

  async #sent(id: string): Promise<void> {
    await this.#change(id, ({ why: _over, ...upload }) => ({
      ...upload,
      state: "sent",
      ...upload.isTold ? { telling: "good" as const } : {},
    }));
    const upload = this.#book.get(id)!;
    await this.#record("transfer.upload.sent", upload, "ok", { upload: id, to: shownUrl(upload.ask.location ?? "") });
    await this.#options.context.alarms.clear("transfer.upload.unsent", upload.stationId);
    this.#tell(id);
  }

  async #fail(id: string, why: string): Promise<void> {
    await this.#change(id, (upload) => {
      if (isOver(upload)) return upload; // it came while this was being decided
      return { ...upload, state: "failed", why, ...isOwn(upload) ? {} : { telling: "bad" } };
    });
    const upload = this.#book.get(id)!, { stationId } = upload;
    if (upload.state !== "failed") return;
    if (isOwn(upload)) return await this.#record("transfer.upload.unbrought", upload, "failed", { upload: id, why });
    await this.#record("transfer.upload.sent", upload, "failed", { upload: id, why });
    const detail = `${upload.fileName ?? "its file"}: ${why}`.slice(0, 300);
    await this.#options.context.alarms.raise({ kind: "transfer.upload.unsent", subject: stationId, detail });
    this.#tell(id);
  }

  /** Tells the CSMS the end, when its station's connection is there. */
  #tell(id: string): void {
    const name = `tell ${id}`, upload = this.#book.get(id);
    const session = upload && this.#options.live.ofStation(upload.stationId);
    if (!upload?.telling || !session || this.#busy.has(name)) return;
    const { stationId, ask, telling } = upload, timeoutMs = TRANSFER_LIMITS.csmsMs;
    this.#busy.add(name);
    const worker = this.#options.context.workers.get(session.worker);
    worker.call("station.tell", { stationId, ...writeEnd({ ...ask }, telling === "good"), timeoutMs }, {
      deadlineMs: timeoutMs + 5_000,
    }).then(async ({ outcome }) => {
      if (outcome !== "away") await this.#change(id, ({ telling: _told, isTold: _said, ...rest }) => rest);
    }).catch((error) => {
      this.#options.context.log.warn("firmware.upload.untold", { upload: id, msg: describeError(error) });
    }).finally(() => this.#busy.delete(name));
  }

  async #change(id: string, change: (upload: StoredUpload) => StoredUpload): Promise<void> {
    await this.#turns.run([id], async () => {
      const before = this.#book.get(id);
      const after = before && change(before);
      if (!after || after === before) return;
      await this.#book.put(after);
      this.#options.onChanged();
    });
  }

  #refusalOf(location: string): { readonly rule: string; readonly why: string } | undefined {
    const { site, disk } = this.#options.context;
    if (disk.level === "full") return { rule: "firmware.disk", why: "the gateway's disk is full" };
    const { protocol, hostname } = new URL(location);
    const scheme = protocol.slice(0, -1), host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
    const entry = site.firmware?.uploadHosts.find((one) => one.host.toLowerCase() === host);
    if (!entry || !(entry.schemes as readonly string[]).includes(scheme)) {
      return {
        rule: "firmware.upload-host",
        why: `site.yaml lets no file go to ${scheme}://${host} (firmware.uploadHosts)`,
      };
    }
    if (this.#isFull()) return { rule: "firmware.uploads-full", why: "too many files are under way" };
    return undefined;
  }

  #isFull(): boolean {
    return this.#book.each().filter((upload) => !isOver(upload)).length >= TRANSFER_LIMITS.uploads;
  }

  #placeOf(stationId: string): ServingPlace {
    const { context: { site: { firmware } }, stations } = this.#options;
    return servingPlaceFor(stations.of(stationId) ?? {}, firmware!)!; // without a listener nothing is intercepted
  }

  /** What there is no room for goes, its record with it. */
  async #makeRoom(now: number): Promise<void> {
    for (const upload of surplusOf(this.all(), this.#options.context.site.firmware, now)) {
      await Deno.remove(`${this.#options.folder}/${upload.file}`).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      await this.#book.remove(upload.id);
      if (upload.bytes !== undefined) {
        await this.#record("transfer.upload.removed", upload, "ok", { upload: upload.id });
      }
    }
  }

  async #record(
    event: string,
    { stationId, csms, who }: Pick<StoredUpload, "csms" | "stationId"> & { readonly who?: string },
    outcome: "ok" | "refused" | "failed",
    detail: Readonly<Record<string, string | number>>,
    rule?: string,
  ): Promise<void> {
    const asker = who ?? (csms === undefined ? "gateway" : `csms:${csms}`);
    const what = { event, class: "operation", who: asker, target: stationId, outcome, detail } as const;
    await this.#options.context.audit.record(rule === undefined ? what : { ...what, rule });
  }
}

const orderOf = ({ file, key, bytes = 0, ask, fileName = "log" }: StoredUpload): ForwardOrder => ({
  file,
  key,
  bytes,
  url: ask.location!, // those without are the gateway's own, and stay
  fileName,
});
