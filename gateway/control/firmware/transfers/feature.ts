import { describeError } from "../../../core/errors.ts";
import type { ControlApi } from "../../../core/control_api.ts";
import type { ImageVault } from "../../../core/firmware_api.ts";
import type {
  FirmwareTransfers,
  GrantClaim,
  OpenedGrant,
  WatchedStation,
} from "../../../core/firmware_transfer_api.ts";
import type { RpcHandlers } from "../../../core/rpc.ts";
import { firmwareFolders } from "../../../firmware/serving/mod.ts";
import type { LiveSessions } from "../../../inventory/live_sessions.ts";
import type { StationFacts } from "../../../inventory/station_facts.ts";
import type { Stations } from "../../../inventory/stations.ts";
import type { TransactionBook } from "../../../inventory/migration/transaction_book.ts";
import type { ControlContext, ControlFeature } from "../../contract.ts";
import type { StationFeed } from "../station_feed.ts";
import type { StoredPublication } from "../publish/publication_book.ts";
import { Publications } from "../publish/publications.ts";
import { PublishedFiles } from "../publish/published_files.ts";
import { Denials } from "./denials.ts";
import { GrantBook } from "./grant_book.ts";
import { HandOuts } from "./hand_outs.ts";
import { hostKeys } from "./host_keys.ts";
import { TRANSFER_LIMITS } from "./limits.ts";
import { transferCommands } from "./commands.ts";
import type { StoredRequest } from "./request_book.ts";
import { type ForwardOrder, Uploads } from "./uploads.ts";
import { whyNoRoom } from "./update_room.ts";
import { UpdateRequests } from "./update_requests.ts";

/** What the feature works with. */
export interface TransferParts {
  readonly context: ControlContext;
  readonly stations: Pick<Stations, "all" | "get">;
  readonly live: LiveSessions;
  readonly facts: StationFacts;
  readonly vault: ImageVault;
  readonly feed: StationFeed;
  readonly transactions: Pick<TransactionBook, "whyBusy">;
  /** Minutes of the week in the site's time zone. */
  readonly minuteOfWeek: (wallMs: number) => number;
}

/** Files between stations, gateway and CSMSs: grants, requests of CSMSs, files of stations. */
export type TransferFeature = ControlFeature & {
  readonly transfers: FirmwareTransfers;
  /** Files of stations. */
  readonly uploads: Uploads;
  /** Requests of CSMSs, newest first. */
  requests(): readonly StoredRequest[];
  /** Images that CSMSs had published, newest first. */
  publications(): readonly StoredPublication[];
};

/** Opens what is stored, goes on with what was under way. */
export async function createTransferFeature(parts: TransferParts): Promise<TransferFeature> {
  const { context, vault } = parts, { timers, log } = context;
  await Deno.mkdir(firmwareFolders(context.box).uploads, { recursive: true, mode: 0o700 });
  const desk = await TransferDesk.open(parts);
  const look = () => desk.tick().catch((error) => log.warn("transfer.look.failed", { msg: describeError(error) }));
  const ends = [
    timers.every(TRANSFER_LIMITS.lookMs, () => void look()),
    vault.onWithdrawn((sha256, why) => void desk.withdrawn(sha256, why)),
    parts.feed.onStatus((status) => desk.requests.heard(status)),
  ];
  return {
    name: "transfers",
    transfers: desk,
    uploads: desk.uploads,
    requests: () => desk.requests.all(),
    publications: () => desk.publications.all(),
    handlers: handlersOf(context, desk),
    commands: transferCommands({ context, ...desk.books, folder: firmwareFolders(context.box).uploads }),
    workerJoined: async (worker) => {
      if (context.workers.of("ocpp").includes(worker)) await desk.tellWorker(worker);
    },
    reconfigure: async (site) => desk.grants.reconfigure(site),
    stop: async () => ends.forEach((end) => end()),
  };
}

/** What the parts of the feature have in common. */
class TransferDesk implements FirmwareTransfers {
  readonly #parts: TransferParts;
  readonly #denials: Denials;
  grants!: GrantBook;
  requests!: UpdateRequests;
  uploads!: Uploads;
  handOuts!: HandOuts;
  publications!: Publications;
  #published!: PublishedFiles;
  #lock: (stationId: string) => string | undefined = () => undefined;
  #told = "";
  /** One look at a time. */
  #looking: Promise<void> | undefined;

  private constructor(parts: TransferParts) {
    this.#parts = parts;
    this.#denials = new Denials(parts.context);
  }

  static async open(parts: TransferParts): Promise<TransferDesk> {
    const desk = new TransferDesk(parts);
    const { context, vault, live } = parts;
    const stations = {
      ids: () => parts.stations.all().map(({ id }) => id),
      of: (id: string) => parts.stations.get(id) && desk.#knownOf(id),
      addressesOf: (id: string) => {
        const address = parts.stations.get(id)?.address, source = live.ofStation(id)?.source;
        return [address, source].filter((one) => one !== undefined);
      },
    };
    const onChanged = () => desk.#tellWatched();
    desk.grants = await GrantBook.open({ context, vault, stations });
    desk.#published = new PublishedFiles({ context, vault, grants: desk.grants, stations });
    desk.publications = await Publications.open({
      ...{ context, vault },
      isFetched: (stored) => desk.#published.isFetched(stored),
    });
    desk.uploads = await Uploads.open({
      ...{ context, live, stations, onChanged, folder: firmwareFolders(context.box).uploads },
      forward: (order) => desk.#forward(order),
    });
    desk.handOuts = await HandOuts.open({ context, upload: (id) => desk.uploads.get(id) });
    desk.requests = await UpdateRequests.open({
      ...{ context, live, vault, onChanged, grants: desk.grants },
      stationOf: (id) => desk.#knownOf(id),
      publishedAt: (location) => desk.publications.publishedAt(location),
      lockOf: (id) => desk.#lock(id),
      whyNoRoom: (id) => whyNoRoom(parts, id),
    });
    return desk;
  }

  get books() {
    const { grants, requests, uploads, handOuts, publications } = this;
    return { grants, requests, uploads, handOuts, publications };
  }

  grant: FirmwareTransfers["grant"] = (ask) => this.grants.make(ask);
  closeGrant: FirmwareTransfers["closeGrant"] = (id, why) => this.grants.close(id, why);
  all: FirmwareTransfers["all"] = () => this.grants.all();

  busyWith(stationId: string): string | undefined {
    const active = this.requests.activeOf(stationId)?.request;
    return active && `its CSMS "${active.csms}" updates it: ${active.state}`;
  }

  lockWith(reasonOf: (stationId: string) => string | undefined): void {
    this.#lock = reasonOf;
  }

  async withdrawn(sha256: string, why: string): Promise<void> {
    await this.grants.closeImage(sha256, why);
    await this.requests.withdrawn(sha256, why);
    await this.publications.withdrawn(sha256, why);
  }

  tick(): Promise<void> {
    return this.#looking ??= this.#tick().finally(() => this.#looking = undefined);
  }

  async #tick(): Promise<void> {
    await this.grants.tick();
    await this.requests.tick();
    await this.publications.tick();
    await this.uploads.tick();
    await this.handOuts.tick();
    this.#tellWatched();
  }

  /** Judges a claim of a Worker; refusals are recorded, and the holder of the token learns nothing. */
  async opens(claim: GrantClaim): Promise<{ readonly grant?: OpenedGrant }> {
    const published = claim.purpose === "upload" ? undefined : this.publications.byToken(claim.token);
    if (published) return await this.#openPublished(published, claim);
    const upload = claim.purpose === "download" ? undefined : this.uploads.judge(claim);
    const download = upload ? undefined : this.grants.judge(claim);
    const verdict = (upload ?? download!).verdict;
    if (verdict.effect === "deny") {
      await this.#denials.note(claim, verdict, upload?.stationId ?? download?.grant?.stationId);
      return {};
    }
    if (upload) return { grant: upload.grant };
    return claim.purpose !== "upload" ? { grant: this.grants.opened(download!.grant!, verdict.leftBytes) } : {};
  }

  async #openPublished(published: StoredPublication, claim: GrantClaim): Promise<{ readonly grant?: OpenedGrant }> {
    const opening = await this.#published.open(published, claim);
    if ("grant" in opening) return opening;
    await this.#denials.note(claim, opening.refused, opening.stationId);
    return {};
  }

  async changed(sha256: string, why: string): Promise<void> {
    if (this.#parts.vault.image(sha256)?.state === "verified") await this.#parts.vault.withdraw(sha256, why, "gateway");
  }

  async tellWorker(worker: string): Promise<void> {
    await this.#parts.context.workers.get(worker).call("firmware.watch", { stations: this.watched() });
  }

  /** Stations of which the OCPP Workers keep some messages back. */
  watched(): readonly WatchedStation[] {
    const all = new Map<string, WatchedStation>();
    const add = (stationId: string, what: Partial<WatchedStation>) => {
      all.set(stationId, { ...all.get(stationId) ?? { stationId, update: false, upload: false }, ...what });
    };
    for (const { request: { stationId, state, dialect } } of this.requests.all()) {
      if (state !== "ended" && dialect !== "core") {
        add(stationId, { update: true, ...UNASKED.has(state) ? { unasked: true } : {} });
      }
    }
    for (const [stationId, what] of this.uploads.watched()) add(stationId, what);
    return [...all.values()].sort((a, b) => a.stationId < b.stationId ? -1 : 1);
  }

  #tellWatched(): void {
    const watched = JSON.stringify(this.watched());
    if (watched === this.#told) return;
    this.#told = watched;
    const { workers, log } = this.#parts.context;
    for (const worker of workers.of("ocpp")) {
      this.tellWorker(worker).catch((error) =>
        log.warn("transfer.watch.untold", { worker, msg: describeError(error) })
      );
    }
  }

  /** What site.yaml says of a station, and what it says of itself. */
  #knownOf(stationId: string) {
    const station = this.#parts.stations.get(stationId), facts = this.#parts.facts.of(stationId);
    const text = (value: unknown) => typeof value === "string" && value !== "" ? value : undefined;
    const vendor = station?.vendor ?? text(facts["vendor"])?.toLowerCase(),
      model = station?.model ?? text(facts["model"]);
    const firmwareVersion = text(facts["firmwareVersion"]);
    return {
      ...vendor === undefined ? {} : { vendor },
      ...model === undefined ? {} : { model },
      ...firmwareVersion === undefined ? {} : { firmwareVersion },
    };
  }

  async #forward(order: ForwardOrder): Promise<void> {
    const deadlineMs = TRANSFER_LIMITS.uploadMs;
    await this.#parts.context.workers.get("firmware-intake").call("firmware.forward", order, { deadlineMs });
  }
}

/** States of an update in which its station knows of nothing. */
const UNASKED: ReadonlySet<string> = new Set(["fetching", "held", "waiting"]);

function handlersOf(context: ControlContext, desk: TransferDesk): RpcHandlers<ControlApi> {
  const { grants, requests, uploads, publications } = desk;
  return {
    "firmware.open": (claim) => desk.opens(claim),
    "firmware.sent": ({ id, bytes, isWhole }) => grants.sent(id, bytes, isWhole),
    "firmware.changed": ({ sha256, why }) => desk.changed(sha256, why),
    "firmware.received": ({ id, fileName, bytes, sha256 }) => uploads.received(id, fileName, bytes, sha256),
    "firmware.publish": (request) => publications.asked(request),
    "firmware.published": ({ csms }) => publications.begin(csms),
    "firmware.request": (request) => requests.asked(request),
    "firmware.requested": ({ stationId }) => requests.begin(stationId),
    "firmware.triggered": ({ stationId }) => requests.triggered(stationId),
    "firmware.upload": (request) => uploads.asked(request),
    "firmware.upload-answered": ({ id, isTaken, fileName }) => uploads.answered(id, isTaken, fileName),
    "firmware.upload-told": ({ stationId, status, requestId }) => uploads.told(stationId, status, requestId),
    "firmware.host-keys": () => hostKeys(context),
    "firmware.watched": () => ({ stations: desk.watched() }),
  };
}
