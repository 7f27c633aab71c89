import { Buffer } from "node:buffer";
import type { DeviceRole } from "../../../policies/access_types.ts";
import type { DeviceLinkControlApi, ImageVerdict, LoginEnd, LoginTurn } from "../../core/device_link_api.ts";
import { UI_PROXY_WORKER } from "../../core/device_api.ts";
import { dataFolders } from "../../core/data_folders.ts";
import type { DeviceOperations, DeviceOperationsControlApi } from "../../core/device_operations_api.ts";
import type { ImageVault } from "../../core/firmware_api.ts";
import { describeError, GatewayError, IdentityError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import { makePrivateFolder } from "../../../hal/durable_file.ts";
import type { Station } from "../../inventory/config.ts";
import { conduitOf } from "../peers.ts";
import type { ControlContext, ControlFeature } from "../contract.ts";
import { deviceLinkCommands } from "./commands.ts";
import { deviceAccount, type DeviceSecret, type PasswordLookup } from "./device_accounts.ts";
import { DeviceCatalogues } from "./device_catalogues.ts";
import { DeviceLeases, type LeaseSession } from "./device_leases.ts";
import { DevicePins, readPinFile } from "./device_pins.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";
import { LoginBudget } from "./login_budget.ts";
import { type CommandParts, operationCommands } from "./operations/commands.ts";
import { DefaultBook } from "./operations/default_book.ts";
import { DownloadBook } from "./operations/download_book.ts";
import { OPERATION_LIMITS } from "./operations/limits.ts";
import { DeviceJobs } from "./operations/jobs.ts";
import { Operations } from "./operations/operations.ts";
import { Visits } from "./operations/visits.ts";
import { driverOf } from "./station_driver.ts";

/** A living device session, as far as the device's side needs it. */
export interface LinkSessionRecord extends LeaseSession {
  readonly deviceRole: DeviceRole;
  /** The Worker that carries it. */
  readonly worker: string;
  /** What an operation tries instead of the site's account. */
  readonly account?: DeviceSecret;
}

/** What the feature needs of the others. */
export interface DeviceLinkParts {
  readonly context: ControlContext;
  readonly session: (id: string) => LinkSessionRecord | undefined;
  /** Has a listener told of every session that has ended. */
  readonly onSessionEnded: (listener: (session: { readonly id: string }) => void) => void;
  readonly station: (id: string) => Station | undefined;
  /** Version that a station reported last. */
  readonly firmware: (station: string) => string | undefined;
  /** Keeps what was learned of a station; absent: nothing is kept. */
  readonly learn?: (station: string, facts: Readonly<Record<string, number>>) => Promise<unknown>;
  /** What the vault of firmware says of an image for this station; absent: there is no vault. */
  readonly imageVerdict?: (sha256: string, station: Station) => ImageVerdict;
  readonly vault?: Pick<ImageVault, "image" | "rehash">;
  /** Passwords of the vault of device secrets; absent: the files of the site are all there is. */
  readonly password?: PasswordLookup;
  /** A login with what the site has was made for a person. */
  readonly onUsed?: (station: string, role: DeviceRole, person: string) => void;
  /** Why a station must not restart now: it charges, or something updates it. */
  readonly whyNotNow: (station: string) => string | undefined;
  /** Who has the pages of a station open, and since when. */
  readonly personAt: (station: string) => { readonly person: string; readonly since: number } | undefined;
}

/** The device's side of device sessions: who has the device, its accounts, its certificate, how often a login may fail. */
export class DeviceLinks {
  readonly pins: DevicePins;
  readonly budget: LoginBudget;
  readonly leases: DeviceLeases;
  readonly catalogues: DeviceCatalogues;
  readonly #parts: DeviceLinkParts;
  readonly #digestKey: CryptoKey;
  /** Tries under way, by session. */
  readonly #attempts = new Map<string, { readonly attempt: string; readonly role: string }>();
  readonly #waiting = new Set<() => void>();
  /** Visits of the gateway itself, which have sessions of their own. */
  readonly visits: Visits;

  private constructor(
    parts: DeviceLinkParts,
    { pins, budget, catalogues, leases, visits }: Pick<
      DeviceLinks,
      "budget" | "catalogues" | "leases" | "pins" | "visits"
    >,
    digestKey: CryptoKey,
  ) {
    this.#parts = parts;
    this.pins = pins;
    this.budget = budget;
    this.catalogues = catalogues;
    this.leases = leases;
    this.#digestKey = digestKey;
    parts.onSessionEnded(({ id }) => this.#forget(id));
    this.visits = visits;
    visits.onEnded.push((session) => this.#forget(session));
  }

  static async open(parts: DeviceLinkParts): Promise<DeviceLinks> {
    const { store, random, sealer } = parts.context;
    const key = await sealer.derive("device-login");
    const visits = visitsOf(parts);
    const session = (id: string) => visits.get(id) ?? parts.session(id);
    const kept = {
      visits,
      pins: await DevicePins.open(store),
      budget: await LoginBudget.open(store, random),
      catalogues: await DeviceCatalogues.open(store),
      leases: await DeviceLeases.open(store, {
        isAlive: (id) => session(id) !== undefined,
        dislodge: (other, by) => dislodge({ ...parts, session }, other, by),
      }),
    };
    return new DeviceLinks(parts, kept, key);
  }

  /** The verbs for one Worker: it is served for the sessions that it carries. */
  handlersFor(worker: string): RpcHandlers<DeviceLinkControlApi & DeviceOperationsControlApi> {
    const need = (id: string) => this.#need(id, worker);
    return {
      "device.catalogue": async ({ session, settings }) => {
        const { station } = need(session), at = this.#parts.context.clock.now();
        await this.catalogues.keep(station, { firmware: this.#firmware(station), at, settings });
      },
      "device.catalogue.missing": ({ session }) => {
        const { station } = need(session);
        return this.catalogues.isMissing(station, this.#firmware(station));
      },
      "device.clock.seen": async ({ session, offsetSeconds }) => {
        await this.#parts.learn?.(need(session).station, { pageClockOffsetSeconds: offsetSeconds });
      },
      "device.lease.take": async ({ session, takeOver }) => await this.#take(need(session), takeOver),
      "device.lease.leave": async ({ session }) => await this.leases.leave(need(session).id),
      "device.login.begin": async ({ session }) => await this.#begin(need(session)),
      "device.login.ended": async ({ session, attempt, end, why }) =>
        await this.#ended(need(session), attempt, end, why),
      "device.pin": ({ session }) => {
        const { station } = need(session);
        const der = this.pins.pinOf(station, this.pinFile(station));
        return der ? { der: Buffer.from(der).toString("base64") } : {};
      },
      "device.pin.presented": async ({ session, der }) =>
        await this.#presented(need(session), new Uint8Array(Buffer.from(der, "base64"))),
      "device.operation.progress": ({ session, bytes }) => this.visits.progress(session, worker, bytes),
      "device.image.verdict": async ({ session, sha256 }) => await this.#verdict(need(session), sha256),
    };
  }

  /** The certificate of a station's `pinFile`. */
  pinFile(station: string): Uint8Array | undefined {
    const file = this.stationOf(station).ui?.pinFile;
    return file === undefined ? undefined : readPinFile(this.#parts.context.files.bytes(file));
  }

  /** The site's account of a station for a role; "changing" while its password is being changed. */
  accountOf(station: Station, role: DeviceRole): Promise<DeviceSecret | "changing" | undefined> {
    return deviceAccount(station, role, this.#parts.context.files, this.#parts.password);
  }

  /** @throws GatewayError STATION_UNKNOWN */
  stationOf(id: string): Station {
    const station = this.#parts.station(id);
    if (station) return station;
    throw new GatewayError("STATION_UNKNOWN", `There is no station "${id.slice(0, 64)}"`, {
      hint: "`stations` lists all",
    });
  }

  #need(id: string, worker: string): LinkSessionRecord {
    const session = this.#session(id);
    if (session?.worker === worker) return session;
    throw new IdentityError("ACCESS_REFUSED", "This device session is over", { hint: "Open the page again" });
  }

  /** A living session of a person, or an operation. */
  #session(id: string): LinkSessionRecord | undefined {
    return this.visits.get(id) ?? this.#parts.session(id);
  }

  #firmware(station: string): string {
    return this.#parts.firmware(station) ?? "unknown";
  }

  async #take(session: LinkSessionRecord, takeOver: boolean) {
    const { clock, audit } = this.#parts.context;
    const { takenFrom, ...answer } = await this.leases.take(session, takeOver, clock.now());
    if (takenFrom !== undefined) {
      await audit.record({
        event: "device.lease.taken",
        class: "access",
        who: session.person,
        target: session.station,
        outcome: "ok",
        detail: { session: session.id, from: takenFrom },
      });
    }
    return answer;
  }

  async #begin(session: LinkSessionRecord): Promise<LoginTurn> {
    const { context } = this.#parts, { station, deviceRole: role } = session;
    const account = session.account ?? await this.accountOf(this.stationOf(station), role);
    if (!account) return { allowed: false, why: "no-account" };
    if (account === "changing") return { allowed: false, why: "waiting" };
    const secret = await this.#digest(`${account.name}\0${account.password}`);
    const until = context.clock.monotonic() + DEVICE_LINK_LIMITS.turnMs;
    for (;;) {
      const isTried = session.account ? { isTried: true } as const : {};
      const turn = await this.budget.begin({ station, role, secret, ...isTried }, context.clock.now());
      if (turn.allowed) {
        this.#attempts.set(session.id, { attempt: turn.attempt, role });
        if (!session.account) this.#parts.onUsed?.(station, role, session.person);
        return { allowed: true, attempt: turn.attempt, account };
      }
      if (!turn.waiting || context.clock.monotonic() >= until) {
        return { allowed: false, why: turn.waiting ? "waiting" : "spent", since: turn.since };
      }
      await this.#untilNews(until - context.clock.monotonic());
    }
  }

  async #ended(session: LinkSessionRecord, attempt: string, end: LoginEnd, why?: string): Promise<void> {
    const { context: { audit, alarms } } = this.#parts, { station, person, deviceRole, id } = session;
    if (this.#attempts.get(id)?.attempt !== attempt) return;
    this.#attempts.delete(id);
    const failed = await this.budget.end(attempt, end) ?? 0;
    this.#news();
    const isRefused = end === "refused" || end === "unknown";
    await audit.record({
      event: "device.login.made",
      class: isRefused ? "security" : "access",
      who: person,
      target: station,
      outcome: end === "in" ? "ok" : isRefused ? "refused" : "failed",
      rule: `device-login.${end}`,
      detail: {
        session: id,
        deviceRole,
        // a password that was only tried says nothing about the one that the site has
        ...session.account ? { tried: true } : {},
        ...why === undefined ? {} : { why: why.slice(0, DEVICE_LINK_LIMITS.whyChars) },
      },
    });
    if (end === "in") await alarms.clear("device.login.refused", station);
    if (isRefused) {
      const left = failed >= DEVICE_LINK_LIMITS.refusedLogins ? "no more until a person acts" : "one more is made";
      await alarms.raise({ kind: "device.login.refused", subject: station, detail: `as ${deviceRole}; ${left}` });
    }
  }

  async #presented({ station, person, id }: LinkSessionRecord, der: Uint8Array): Promise<void> {
    const { clock, audit, alarms } = this.#parts.context;
    const before = this.pins.pinOf(station, this.pinFile(station));
    const { fingerprint, isNews } = await this.pins.keepPresented(station, der, clock.now());
    if (isNews) {
      await audit.record({
        event: "device.pin.presented",
        class: "security",
        who: person,
        target: station,
        outcome: "refused",
        rule: before ? "device-pin.changed" : "device-pin.none",
        detail: { session: id, fingerprint },
      });
    }
    const kind = before ? "device.pin.changed" : "device.pin.waiting";
    await alarms.raise({ kind, subject: station, detail: `SHA-256 ${fingerprint}` });
  }

  async #verdict({ station, person, id }: LinkSessionRecord, sha256: string): Promise<ImageVerdict> {
    const verdict = this.#parts.imageVerdict?.(sha256, this.stationOf(station)) ??
      { verified: false, why: "no vault of verified firmware is configured" };
    await this.#parts.context.audit.record({
      event: "device.image.judged",
      class: "security",
      who: person,
      target: station,
      outcome: verdict.verified ? "ok" : "refused",
      rule: verdict.verified ? "device-image.verified" : "device-image.unverified",
      detail: { session: id, sha256, ...verdict.why === undefined ? {} : { why: verdict.why } },
    });
    return verdict;
  }

  #forget(session: string): void {
    // Should its end not be stored, it still holds nobody up: its session is gone.
    this.leases.leave(session).catch((error) =>
      this.#parts.context.log.warn("device.lease.unstored", { session, msg: describeError(error) })
    );
    const open = this.#attempts.get(session);
    if (!open) return;
    this.#attempts.delete(session);
    this.budget.abandon(open.attempt);
    this.#news();
  }

  async #digest(text: string): Promise<string> {
    const digest = await crypto.subtle.sign("HMAC", this.#digestKey, new TextEncoder().encode(text));
    return Buffer.from(digest).toString("hex");
  }

  /** Waits until some try has ended, at most so long. */
  #untilNews(withinMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#parts.context.timers.after(withinMs, resolve);
    this.#waiting.add(resolve);
    return promise.finally(() => {
      stop();
      this.#waiting.delete(resolve);
    });
  }

  #news(): void {
    for (const wake of this.#waiting) wake();
  }
}

/** Ends the login of who loses a device, before the other has it. */
async function dislodge({ context, session }: DeviceLinkParts, other: LeaseSession, by: LeaseSession): Promise<void> {
  const { workers, log } = context, worker = session(other.id)?.worker;
  if (worker === undefined) return;
  const deadlineMs = DEVICE_LINK_LIMITS.takeOverMs;
  await workers.get(worker).call("device.lease.lost", { session: other.id, by: by.person }, { deadlineMs })
    .catch((error) => log.warn("device.lease.dislodge-failed", { station: by.station, msg: describeError(error) }));
}

/** Visits of the gateway itself. */
function visitsOf({ context, personAt, station }: DeviceLinkParts): Visits {
  const driver = (id: string) => {
    const ui = station(id)?.ui;
    return ui && driverOf(ui, context.files);
  };
  return new Visits({
    ...{ context, personAt },
    nameOf: (id, role) => driver(id)?.accounts[role],
    isSingle: (id) => driver(id)?.sessions !== undefined,
  });
}

function commandParts(
  { context: { audit, clock, random }, whyNotNow, password, vault }: DeviceLinkParts,
  operations: DeviceOperations,
  downloads: DownloadBook,
): CommandParts {
  const isVaulted = async (station: string, role: DeviceRole) =>
    (await password?.(station, role) ?? { state: "none" }).state !== "none";
  const jobs = new DeviceJobs({ random, now: () => clock.now() });
  const imageBytes = (sha256: string) => vault?.image(sha256)?.sizeBytes;
  return { audit, operations, downloads, whyNotNow, isVaulted, jobs, imageBytes };
}

/** Control's part in logins at controllers' pages, and what it does there itself. */
export type DeviceLinkFeature = ControlFeature & {
  readonly operations: DeviceOperations;
  readonly downloads: DownloadBook;
  /** Forgets files and tried passwords of a station: it is taken out of use, or is another device now. */
  forget(station: string): Promise<void>;
};

/** Opens what is stored of logins, pins, files and documented passwords. */
export async function createDeviceLinkFeature(parts: DeviceLinkParts): Promise<DeviceLinkFeature> {
  const { context, vault, imageVerdict } = parts;
  const links = await DeviceLinks.open(parts);
  const folder = dataFolders(context.box).downloads;
  await makePrivateFolder(folder);
  const downloads = await DownloadBook.open(context, folder);
  const defaults = await DefaultBook.open(context.store);
  const operations = new Operations({
    ...{ context, downloads, visits: links.visits, defaults },
    stationOf: (id) => links.stationOf(id),
    accountOf: async (station, role) => {
      const account = await links.accountOf(station, role);
      return account === "changing" ? undefined : account;
    },
    hasFailedTries: (station) => links.budget.hasTries(station),
    ...vault ? { vault } : {},
    ...imageVerdict ? { imageVerdict } : {},
  });
  const forget = async (station: string) => {
    await defaults.forget(station);
    await downloads.forget(station);
  };
  // Not in a reload itself: one that fails gives back the stations it took away.
  const stop = context.timers.every(OPERATION_LIMITS.goneLookMs, () => {
    const known = new Set([...defaults.stations(), ...downloads.all().map(({ station }) => station)]);
    const gone = [...known].filter((id) => parts.station(id) === undefined);
    Promise.all(gone.map(forget)).catch((error) => {
      context.log.error("device.gone.unforgotten", { msg: describeError(error) });
    });
  });
  return {
    name: "device-links",
    handlersFor: (worker) => conduitOf(worker) === UI_PROXY_WORKER ? links.handlersFor(worker) : {},
    commands: {
      ...deviceLinkCommands(context, links),
      ...operationCommands(commandParts(parts, operations, downloads)),
    },
    operations,
    downloads,
    forget,
    stop: async () => stop(),
  };
}
