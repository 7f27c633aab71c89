import { Buffer } from "node:buffer";
import { SealedSink } from "../../../../hal/sealed_sink.ts";
import { DEVICE_ROLES, type DeviceRole } from "../../../../policies/access_types.ts";
import { classifyKey, coversRole } from "../../../../policies/device_key.ts";
import { devicePasswordFaults, type DevicePasswordRule } from "../../../../policies/device_password.ts";
import { refuseImport } from "../../../../policies/device_setting.ts";
import { DEVICE_PASSWORD_RULES } from "../../../../profiles/controllers/password_rules.ts";
import type { ImageVerdict } from "../../../core/device_link_api.ts";
import type {
  DefaultsAsk,
  DeviceCapabilities,
  DeviceOperation,
  DeviceOperations,
  DeviceSetting,
  OperationAsk,
  OperationFailed,
  OperationResult,
  PasswordAsk,
  SealedDownload,
  TaskResult,
  TriedSecret,
} from "../../../core/device_operations_api.ts";
import type { ImageRecord, ImageVault } from "../../../core/firmware_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import type { Station } from "../../../inventory/config.ts";
import type { Driver } from "../../../ui_proxy/drivers/driver.ts";
import type { ControlContext } from "../../contract.ts";
import { driverOf } from "../station_driver.ts";
import { capabilitiesOf, stepOf } from "./capabilities.ts";
import type { DefaultBook } from "./default_book.ts";
import { documentedOf, judgeDefaults } from "./default_verdicts.ts";
import type { DownloadBook, DownloadPlace } from "./download_book.ts";
import { OPERATION_LIMITS } from "./limits.ts";
import { recordOperation } from "./operation_record.ts";
import { changeProven } from "./password_change.ts";
import type { VisitOrder, Visits } from "./visits.ts";

/** What operations work with. */
export interface OperationParts {
  readonly context: ControlContext;
  readonly visits: Visits;
  readonly downloads: DownloadBook;
  readonly defaults: DefaultBook;
  /** @throws GatewayError STATION_UNKNOWN */
  readonly stationOf: (id: string) => Station;
  /** The site's account of a station for a role. */
  readonly accountOf: (station: Station, role: DeviceRole) => Promise<TriedSecret | undefined>;
  readonly hasFailedTries: (station: string) => boolean;
  /** Absent: the site has no vault of firmware. */
  readonly vault?: Pick<ImageVault, "image" | "rehash">;
  readonly imageVerdict?: (sha256: string, station: Station) => ImageVerdict;
}

/** A station with pages, and what drives them. */
interface Place {
  readonly station: Station;
  readonly driver: Driver;
}

type FileKind = "configuration" | "logs";

/** Operations at controllers: what speaks against one is told before the controller is asked, and each is audited. */
export class Operations implements DeviceOperations {
  readonly #parts: OperationParts;

  constructor(parts: OperationParts) {
    this.#parts = parts;
  }

  capabilities(station: string): DeviceCapabilities {
    return capabilitiesOf(this.#place(station).driver);
  }

  accountFor(station: string, needs: DeviceRole): Promise<DeviceRole | undefined> {
    return this.#roleFor(station, needs);
  }

  async proveLogin(ask: OperationAsk & { readonly role: DeviceRole; readonly secret?: TriedSecret }) {
    const { driver } = this.#place(ask.station), { role } = ask;
    if (Object.keys(driver.accounts).length === 0) return await this.#unsupported(ask, "prove", driver);
    const result = await this.#run(ask, { role, task: { do: "prove" }, ...ask.secret ? { secret: ask.secret } : {} });
    return result.ok ? { ok: true, ...result.mustChange ? { mustChange: true } as const : {} } as const : result;
  }

  async sendPassword(ask: PasswordAsk): Promise<OperationResult> {
    const { driver } = this.#place(ask.station), { role, old, next } = ask;
    if (!driver.operations?.password?.roles.includes(role)) return await this.#unsupported(ask, "password", driver);
    const never = [old.password, ...documentedOf(driver.id).map(({ password }) => password)];
    const faults = devicePasswordFaults(next, passwordRuleOf(driver.id), never);
    if (faults.length > 0) {
      return await this.#refuse(ask, "password", "device-password.rule", `The new password: ${faults.join("; ")}`);
    }
    return bare(await this.#run(ask, { role, secret: old, task: { do: "password", next } }));
  }

  async setPassword(ask: PasswordAsk): Promise<OperationResult> {
    return await changeProven({
      timers: this.#parts.context.timers,
      send: (one) => this.sendPassword(one),
      prove: ({ station, who, role }, secret) => this.proveLogin({ station, who, role, secret }),
    }, ask);
  }

  async readSettings(ask: OperationAsk & { readonly keys?: readonly string[] }) {
    const { driver } = this.#place(ask.station), needs = driver.operations?.read?.role;
    if (needs === undefined) return await this.#unsupported(ask, "read", driver);
    const role = await this.#roleFor(ask.station, needs);
    if (!role) return await this.#noAccount(ask, "read", needs);
    const result = await this.#run(ask, { role, task: { do: "read" } });
    if (!result.ok) return result;
    const wanted = ask.keys && new Set(ask.keys.map((key) => key.toLowerCase()));
    const settings = (result.settings ?? []).filter(([key]) =>
      !isSecret(key, driver) && (wanted?.has(key.toLowerCase()) ?? true)
    );
    return { ok: true, settings } as const;
  }

  async writeSettings(ask: OperationAsk & { readonly settings: readonly DeviceSetting[]; readonly role?: DeviceRole }) {
    const { driver } = this.#place(ask.station), { settings } = ask, needs = driver.operations?.write?.role;
    if (needs === undefined) return await this.#unsupported(ask, "write", driver);
    const counted = countRefusal(settings);
    if (counted) return await this.#refuse(ask, "write", counted.rule, counted.why);
    const least = ask.role ?? leastRole(settings, driver, needs), role = await this.#roleFor(ask.station, least);
    if (!role) return await this.#noAccount(ask, "write", least);
    const refused = refusalOf(settings, driver, ask.role ?? role);
    if (refused) return await this.#refuse(ask, "write", refused.rule, refused.why);
    const names = settings.map(([key]) => key);
    const result = await this.#run(ask, { role, task: { do: "write", settings } }, {
      settings: names.join(" ").slice(0, OPERATION_LIMITS.namesChars),
    });
    if (!result.ok && result.failure !== "unknown") return result;
    return await this.#compare(ask, settings, result);
  }

  async download(ask: OperationAsk & { readonly what: FileKind }) {
    const { driver } = this.#place(ask.station), { what } = ask, { operations = {} } = driver;
    const needs = operations[what]?.role;
    if (needs === undefined && what === "configuration" && operations.read) return await this.#ownExport(ask);
    if (needs === undefined) return await this.#unsupported(ask, what, driver);
    const role = await this.#roleFor(ask.station, needs);
    if (!role) return await this.#noAccount(ask, what, needs);
    const place = this.#parts.downloads.place();
    const task = { do: what, ...place, maxBytes: OPERATION_LIMITS.downloadBytes } as const;
    const result = await this.#run(ask, { role, task });
    if (!result.ok) return result;
    return await this.#keep(ask, place, result.download!);
  }

  async uploadFirmware(
    ask: OperationAsk & { readonly sha256: string; readonly onProgress?: (bytes: number) => void },
  ): Promise<OperationResult> {
    const { driver, station } = this.#place(ask.station), needs = driver.operations?.firmware?.role;
    if (needs === undefined) return await this.#unsupported(ask, "firmware", driver);
    const role = await this.#roleFor(ask.station, needs);
    if (!role) return await this.#noAccount(ask, "firmware", needs);
    const image = await this.#verified(ask.sha256, station);
    if (typeof image === "string") return await this.#refuse(ask, "firmware", "device-image.unverified", image);
    const { sha256, sizeBytes: bytes, fileName } = image;
    const task = { do: "firmware", sha256, bytes, fileName } as const;
    const progress = ask.onProgress ? { onProgress: ask.onProgress } : {};
    return bare(await this.#run(ask, { role, task, ...progress }, { sha256 }));
  }

  async reboot(ask: OperationAsk): Promise<OperationResult> {
    const { driver } = this.#place(ask.station), needs = driver.operations?.reboot?.role;
    if (needs === undefined) return await this.#unsupported(ask, "reboot", driver);
    const role = await this.#roleFor(ask.station, needs);
    if (!role) return await this.#noAccount(ask, "reboot", needs);
    return bare(await this.#run(ask, { role, task: { do: "reboot" } }));
  }

  async readVersion(ask: OperationAsk) {
    const { driver } = this.#place(ask.station), needs = driver.operations?.version?.role;
    if (needs === undefined) return await this.#unsupported(ask, "version", driver);
    const role = await this.#roleFor(ask.station, needs);
    if (!role) return await this.#noAccount(ask, "version", needs);
    const result = await this.#run(ask, { role, task: { do: "version" } });
    return result.ok ? { ok: true, version: result.version ?? "" } as const : result;
  }

  async defaultCredentials(ask: DefaultsAsk) {
    const { driver, station } = this.#place(ask.station),
      { defaults, context, accountOf, hasFailedTries } = this.#parts;
    if (ask.again) await defaults.forget(station.id);
    return await judgeDefaults(
      {
        book: defaults,
        now: () => context.clock.now(),
        hasFailedTries,
        repeats: ask.repeats,
        own: async (role) => ask.isReset ? undefined : await accountOf(station, role),
        prove: (role, secret) => this.proveLogin({ ...ask, role, ...secret ? { secret } : {} }),
      },
      station.id,
      documentedOf(driver.id),
    );
  }

  /** @throws GatewayError STATION_UNKNOWN, UI_NO_PAGES */
  #place(id: string): Place {
    const station = this.#parts.stationOf(id);
    if (station.ui) return { station, driver: driverOf(station.ui, this.#parts.context.files) };
    throw new GatewayError("UI_NO_PAGES", `Station "${id}" has no pages that the gateway opens`, {
      hint: "Add `ui` to the station in site.yaml",
    });
  }

  /** The least of the site's accounts that covers a role. */
  async #roleFor(station: string, needs: DeviceRole): Promise<DeviceRole | undefined> {
    const place = this.#parts.stationOf(station);
    for (const role of DEVICE_ROLES.filter((each) => coversRole(each, needs))) {
      if (await this.#parts.accountOf(place, role) !== undefined) return role;
    }
    return undefined;
  }

  async #run(
    { station, who }: OperationAsk,
    order: Omit<VisitOrder, "station" | "who">,
    detail: Readonly<Record<string, string>> = {},
  ): Promise<TaskResult> {
    const result = await this.#parts.visits.run({ station, who, ...order });
    const template = this.#place(station).driver.id, { role, task } = order;
    await recordOperation(this.#parts.context, { station, who, operation: task.do, role, template, detail }, result);
    return result;
  }

  async #refuse(ask: OperationAsk, operation: DeviceOperation, rule: string, why: string): Promise<OperationFailed> {
    const result = { ok: false, failure: "rule", rule, why } as const;
    await recordOperation(this.#parts.context, { ...ask, operation }, result);
    return result;
  }

  async #unsupported(
    ask: OperationAsk,
    operation: DeviceOperation | "prove",
    driver: Driver,
  ): Promise<OperationFailed> {
    const why = `The driver "${driver.id}" knows no way`;
    const result: OperationFailed = {
      ...{ ok: false, failure: "unsupported", why },
      ...operation === "prove" ? {} : { step: stepOf(driver.id, operation) },
    };
    await recordOperation(this.#parts.context, { ...ask, operation }, result);
    return result;
  }

  async #noAccount(ask: OperationAsk, operation: DeviceOperation, needs: DeviceRole): Promise<OperationFailed> {
    const why = `The site has no account of this controller that may do so: it needs the ${needs} or above`;
    const result = { ok: false, failure: "no-account", why } as const;
    await recordOperation(this.#parts.context, { ...ask, operation }, result);
    return result;
  }

  /** What the controller has after a write, compared with what was asked. */
  async #compare(ask: OperationAsk, settings: readonly DeviceSetting[], written: TaskResult) {
    const { driver } = this.#place(ask.station);
    const readable = settings.filter(([key]) => !isSecret(key, driver));
    const read = await this.readSettings({ ...ask, keys: readable.map(([key]) => key) });
    if (!read.ok) {
      // Nobody can look: what the controller said is all there is.
      if (!written.ok) return written;
      return { ...read, failure: "unknown", why: `It took them and could not be read since: ${read.why}` } as const;
    }
    const now = new Map(read.settings.map(([key, value]) => [key.toLowerCase(), value]));
    const isAsAsked = ([key, value]: DeviceSetting) => isSame(now.get(key.toLowerCase()), value);
    const differs = readable.filter((one) => !isAsAsked(one)).map(([key]) => key);
    if (differs.length === readable.length && !written.ok && readable.length > 0) return written;
    return {
      ok: true,
      applied: settings.map(([key]) => key).filter((key) => !differs.includes(key)),
      differs,
    } as const;
  }

  /** A file of the settings, for controllers that give out none; secrets are not in it. */
  async #ownExport(ask: OperationAsk & { readonly what: FileKind }) {
    const read = await this.readSettings(ask);
    if (!read.ok) return read;
    const place = this.#parts.downloads.place(), { station } = ask;
    const text = `${JSON.stringify({ station, settings: Object.fromEntries(read.settings) }, null, 2)}\n`;
    const sink = new SealedSink({
      ...{ ...place, stationId: station, maxBytes: OPERATION_LIMITS.downloadBytes },
    }, this.#parts.downloads.folder);
    sink.write(new Uint8Array(Buffer.from(text)));
    return await this.#keep(ask, place, { file: place.file, fileName: `${station}.json`, ...sink.finish() });
  }

  async #keep(ask: OperationAsk & { readonly what: FileKind }, place: DownloadPlace, download: SealedDownload) {
    const { station, what, who } = ask;
    const { id } = await this.#parts.downloads.keep(download, place, { station, what, who });
    return { ok: true, id, download } as const;
  }

  /** The image, read anew from the disk (invariant 13); or why it does not go to this station. */
  async #verified(sha256: string, station: Station): Promise<ImageRecord | string> {
    const { vault, imageVerdict } = this.#parts;
    const verdict = imageVerdict?.(sha256, station) ??
      { verified: false, why: "no vault of verified firmware is configured" };
    const image = vault?.image(sha256);
    if (!verdict.verified || !vault || !image) {
      return `The image is not sent: ${verdict.why ?? "the vault does not know it"}`;
    }
    const { unchanged } = await vault.rehash(sha256);
    return unchanged ? image : "The image is not sent: it was changed on the disk";
  }
}

/** What a password of a driver's controllers has to be made of. */
export function passwordRuleOf(driver: string): DevicePasswordRule {
  const rules: Readonly<Record<string, DevicePasswordRule>> = DEVICE_PASSWORD_RULES;
  return rules[driver] ?? DEVICE_PASSWORD_RULES.form;
}

function bare(result: TaskResult): OperationResult {
  return result.ok ? { ok: true } : result;
}

function isSecret(key: string, { pages: { keys } }: Driver): boolean {
  if (keys === undefined) return /pass(?:word|wd)?|pwd|secret|pin$|puk|token/i.test(key);
  const { secret, known } = classifyKey(key, keys);
  return secret === true || (!known && /pass|pwd|secret|puk|token/i.test(key));
}

/** The least role that may write all of them; of those that nobody knows, the driver's. */
function leastRole(settings: readonly DeviceSetting[], { pages: { keys } }: Driver, needs: DeviceRole): DeviceRole {
  const roles = keys ? settings.map(([key]) => classifyKey(key, keys).role) : [];
  return roles.reduce<DeviceRole>((most, role) => role !== "dev" && !coversRole(most, role) ? role : most, needs);
}

interface Refusal {
  readonly rule: string;
  readonly why: string;
}

function countRefusal({ length }: readonly DeviceSetting[]): Refusal | undefined {
  const { settings: most } = OPERATION_LIMITS;
  if (length === 0) return { rule: "import.setting.none", why: "There is no setting in it" };
  return length > most ? { rule: "import.setting.many", why: `More than ${most} settings at once` } : undefined;
}

function refusalOf(
  settings: readonly DeviceSetting[],
  { pages: { keys } }: Driver,
  role: DeviceRole,
): Refusal | undefined {
  // Without a table of keys nothing is known of them but that each comes once.
  const refused = refuseImport(
    settings,
    keys ?? { modules: [], endings: [], groups: [{ group: "", role, keys: ["*"] }] },
    role,
  );
  return refused?.effect === "deny" ? { rule: refused.rule, why: refused.reason } : undefined;
}

/** Devices write numbers and switches in their own way. */
function isSame(now: string | undefined, wanted: string): boolean {
  if (now === undefined) return false;
  const plain = (text: string) => text.trim().toLowerCase();
  return plain(now) === plain(wanted) || (wanted.trim() !== "" && Number(now) === Number(wanted));
}
