import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { decideGrant, type GrantFacts, type GrantVerdict } from "../../../../policies/firmware_grant.ts";
import type { Site } from "../../../config/schema.ts";
import { describeError, GatewayError } from "../../../core/errors.ts";
import type { ImageRecord, ImageVault } from "../../../core/firmware_api.ts";
import type { FirmwareGrant, GrantAsk, GrantClaim, OpenedGrant } from "../../../core/firmware_transfer_api.ts";
import { SERVING_LIMITS } from "../../../firmware/serving/limits.ts";
import { Turns } from "../../../core/turns.ts";
import { KEYS } from "../../../store/keys.ts";
import type { ControlContext } from "../../contract.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import { type ServingPlace, servingPlaceFor, servingUrl } from "./serving_places.ts";
import { urlFileName } from "./url_file_name.ts";

/** A grant as it is stored: its token only as a digest, so that nobody can use what stands in a backup. */
export type StoredGrant = Omit<FirmwareGrant, "url"> & {
  readonly digest: string;
  /** Where the station was when it was made: counts while nobody knows it by another, as after a restart. */
  readonly addresses: readonly string[];
};

/** What the book needs to know of stations. */
export interface GrantStations {
  of(stationId: string): { readonly vendor?: string; readonly model?: string } | undefined;
  /** Addresses that the station is known by now. */
  addressesOf(stationId: string): readonly string[];
}

/** What the book works with. */
export interface GrantBookOptions {
  readonly context: Pick<ControlContext, "audit" | "clock" | "log" | "random" | "site" | "store" | "workers">;
  readonly vault: Pick<ImageVault, "image">;
  readonly stations: GrantStations;
}

/** Permissions of stations to fetch images: made, judged, counted and ended here, since there is one control per site. */
export class GrantBook {
  readonly #options: GrantBookOptions;
  readonly #byId = new Map<string, StoredGrant>();
  readonly #byDigest = new Map<string, string>();
  /** Changes of one grant, one after the other: bytes that are counted while it is closed must not open it again. */
  readonly #turns = new Turns();
  #site: Site;

  private constructor(options: GrantBookOptions) {
    this.#options = options;
    this.#site = options.context.site;
  }

  static async open(options: GrantBookOptions): Promise<GrantBook> {
    const book = new GrantBook(options);
    for await (const { value } of options.context.store.list<StoredGrant>(KEYS.firmwareGrant, { limit: Infinity })) {
      book.#remember(value);
    }
    return book;
  }

  /** A new configuration: for grants that are yet to be made. */
  reconfigure(site: Site): void {
    this.#site = site;
  }

  all(): readonly StoredGrant[] {
    return [...this.#byId.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  get(id: string): StoredGrant | undefined {
    return this.#byId.get(id);
  }

  /**
   * One grant of one asker for one station: an older one is closed, also one that a crash has left to nobody.
   * @throws GatewayError as FirmwareTransfers.grant says
   */
  async make({ stationId, sha256, who, seconds, retries = TRANSFER_LIMITS.retries }: GrantAsk): Promise<FirmwareGrant> {
    const image = this.#servable(sha256);
    const { context, stations } = this.#options;
    const station = stations.of(stationId);
    if (!station) throw new GatewayError("STATION_UNKNOWN", `No station "${stationId}" is in the inventory`);
    for (const older of this.#byId.values()) {
      if (older.stationId === stationId && older.who === who) {
        await this.close(older.id, "the station is given another");
      }
    }
    const open = this.all().filter(({ state }) => state === "open").length;
    if (open >= TRANSFER_LIMITS.openGrants) {
      const what = `${open} stations may fetch firmware at this moment: no further grant is made`;
      throw new GatewayError("FIRMWARE_GRANTS_FULL", what, { hint: "See `firmware grants`; grants end by themselves" });
    }
    const token = Buffer.from(context.random.bytes(16)).toString("base64url");
    const now = context.clock.now();
    const place = this.#placeOf(station), { protocol } = place;
    const fileName = urlFileName(image, station.model, this.#site.firmware!);
    const grant: StoredGrant = {
      id: Buffer.from(context.random.bytes(6)).toString("hex"),
      digest: digestOf(token),
      addresses: stations.addressesOf(stationId),
      ...{ stationId, sha256, fileName, protocol, who, createdAt: now, sentBytes: 0, state: "open" },
      sizeBytes: image.sizeBytes,
      budgetBytes: image.sizeBytes * (Math.min(retries, TRANSFER_LIMITS.mostRetries) + 1),
      expiresAt: now + (seconds ?? this.#site.firmware!.grantHours * 3_600) * 1_000,
    };
    const url = servingUrl(place, token, fileName);
    if (url.length > SERVING_LIMITS.urlChars) throw new Error(`the URL has ${url.length} characters`); // names are bounded
    await this.#put(grant);
    const detail = { image: sha256.slice(0, 12), protocol, bytes: grant.budgetBytes };
    await context.audit.record({
      event: "transfer.grant.made",
      ...RECORD,
      who,
      target: stationId,
      outcome: "ok",
      detail,
    });
    await this.#forgetOld();
    const { digest: _secret, addresses: _known, ...shown } = grant;
    return { ...shown, url };
  }

  /** Judges whoever shows a token. */
  judge(claim: GrantClaim): { readonly verdict: GrantVerdict; readonly grant?: StoredGrant } {
    const id = this.#byDigest.get(digestOf(claim.token));
    const grant = id === undefined ? undefined : this.#byId.get(id);
    const { clock } = this.#options.context;
    const known = grant ? this.#options.stations.addressesOf(grant.stationId) : [];
    const facts: GrantFacts = {
      ...grant ? { grant } : {},
      ...claim,
      addresses: known.length > 0 ? known : grant?.addresses ?? [],
      now: clock.now(),
    };
    return { verdict: decideGrant(facts), ...grant ? { grant } : {} };
  }

  /** What the Worker gets of a grant that was judged good. @throws GatewayError FIRMWARE_UNVERIFIED */
  opened(grant: StoredGrant, leftBytes: number): OpenedGrant {
    this.#servable(grant.sha256);
    const { id, stationId, sha256, sizeBytes, fileName } = grant;
    return { kind: "download", id, stationId, sha256, sizeBytes, fileName, leftBytes };
  }

  /** Bytes went out. */
  async sent(id: string, bytes: number, isWhole: boolean): Promise<void> {
    const usedAt = this.#options.context.clock.now();
    await this.#change(id, (grant) => {
      const completeAt = grant.completeAt ?? (isWhole ? usedAt : undefined);
      const sentBytes = grant.sentBytes + bytes;
      return { ...grant, sentBytes, usedAt, ...completeAt === undefined ? {} : { completeAt } };
    });
  }

  /** Ends a grant, in the Workers too; an unknown or closed one is no fault. */
  async close(id: string, why: string): Promise<void> {
    const isClosed = await this.#change(id, (grant) => {
      return grant.state === "open" ? { ...grant, state: "closed", why: why.slice(0, 200) } : undefined;
    });
    if (!isClosed) return;
    const { workers } = this.#options.context;
    for (const worker of [...workers.of("firmware"), ...workers.of("firmware-files")]) {
      try {
        await workers.get(worker).call("firmware.close", { ids: [id] });
      } catch (error) {
        // One that is away has no download to cut off, and asks anew when it is back.
        this.#options.context.log.debug("transfer.close.unheard", { worker, msg: describeError(error) });
      }
    }
  }

  /** Ends all grants of an image that is trusted no more. */
  async closeImage(sha256: string, why: string): Promise<void> {
    for (const { id } of this.all().filter((grant) => grant.sha256 === sha256)) await this.close(id, why);
  }

  /** Stations that may fetch an image now. */
  openOf(sha256: string): readonly StoredGrant[] {
    const now = this.#options.context.clock.now();
    return this.all().filter((one) => one.sha256 === sha256 && one.state === "open" && one.expiresAt > now);
  }

  /** Ends those past their time. */
  async tick(): Promise<void> {
    const now = this.#options.context.clock.now();
    for (const { id, state, expiresAt } of this.#byId.values()) {
      if (state === "open" && expiresAt <= now) await this.close(id, "its time is over");
    }
  }

  /** Where stations like this one fetch. @throws GatewayError FIRMWARE_NOT_SERVED */
  #placeOf(station: { readonly vendor?: string; readonly model?: string }): ServingPlace {
    const { firmware } = this.#site;
    const place = firmware && servingPlaceFor(station, firmware);
    if (place) return place;
    throw new GatewayError(
      "FIRMWARE_NOT_SERVED",
      "Stations cannot fetch firmware here: no firmware.listen is configured",
      {
        hint: "Set firmware.listen in site.yaml to this box's address in the OT zone, as 10.20.0.1:8446",
      },
    );
  }

  /** @throws GatewayError FIRMWARE_UNKNOWN, FIRMWARE_UNVERIFIED */
  #servable(sha256: string): ImageRecord {
    const image = this.#options.vault.image(sha256);
    if (!image) throw new GatewayError("FIRMWARE_UNKNOWN", `No image ${sha256.slice(0, 12)} is in the vault`);
    if (image.state === "verified") return image;
    throw new GatewayError(
      "FIRMWARE_UNVERIFIED",
      `Image ${sha256.slice(0, 12)} is ${image.state}: no station gets a byte of it`,
      {
        hint: "`firmware show` says what is missing",
      },
    );
  }

  /** @returns whether there was something to change */
  #change(id: string, how: (grant: StoredGrant) => StoredGrant | undefined): Promise<boolean> {
    return this.#turns.run([id], async () => {
      const grant = this.#byId.get(id), next = grant && how(grant);
      if (next) await this.#put(next);
      return next !== undefined;
    });
  }

  async #put(grant: StoredGrant): Promise<void> {
    await this.#options.context.store.commit([{ set: [...KEYS.firmwareGrant, grant.id], value: grant }]);
    this.#remember(grant);
  }

  #remember(grant: StoredGrant): void {
    this.#byId.set(grant.id, grant);
    this.#byDigest.set(grant.digest, grant.id);
  }

  async #forgetOld(): Promise<void> {
    const closed = this.all().filter(({ state }) => state === "closed").slice(TRANSFER_LIMITS.closedGrants);
    for (const { id, digest } of closed) {
      await this.#options.context.store.commit([{ delete: [...KEYS.firmwareGrant, id] }]);
      this.#byId.delete(id);
      this.#byDigest.delete(digest);
    }
  }
}

const RECORD = { class: "operation" } as const;

/** How a token is kept: what stands in the store opens nothing. */
export function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
