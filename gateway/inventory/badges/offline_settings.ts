import {
  exposureOf,
  isOn,
  OFFLINE_SETTINGS,
  type OfflineExposure,
  type OfflineSetting,
  type OfflineValues,
} from "../../../policies/offline_settings.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { ControlContext } from "../../control/contract.ts";
import type { Json, StationCallAnswer } from "../../core/control_api.ts";
import { readSettings } from "../../posture/ocpp_reader.ts";
import { KEYS } from "../../store/keys.ts";
import { Turns } from "../../core/turns.ts";

/** What a station allows by itself, as it was read last. */
export interface OfflineRead {
  /** Wall milliseconds. */
  readonly at: number;
  readonly protocol: string;
  readonly values: OfflineValues;
  /** Version of the list that its CSMS gave it: 0 is none, -1 is no support. Read only, never changed. */
  readonly listVersion?: number;
}

/** What settings work with. */
export interface OfflineSettingsParts {
  readonly context: Pick<ControlContext, "clock" | "store">;
  protocol(stationId: string): string | undefined;
  call(stationId: string, action: string, payload: Json, timeoutMs: number): Promise<StationCallAnswer>;
}

/** Milliseconds that a station has to answer one question. */
const CALL_MS = 15_000;
const SETTINGS = [...KEYS.badges, "settings"];

/** How a change ended. */
export interface SettingChange {
  readonly before: Evidence;
  /** What it answered, or why it was not asked. */
  readonly said: string;
  readonly after: Evidence;
  readonly isDone: boolean;
}

/**
 * The stations' own settings about badges while they are cut off (EV-24): read, remembered, and changed one at a time on a
 * person's word. The list that a CSMS gives a station is left alone, and so is its version.
 */
export class OfflineSettings {
  readonly #known = new Map<string, OfflineRead>();
  /** One change or reading of a station after the other. */
  readonly #turns = new Turns();

  private constructor(private readonly parts: OfflineSettingsParts) {}

  static async open(parts: OfflineSettingsParts): Promise<OfflineSettings> {
    const settings = new OfflineSettings(parts);
    for await (const { key, value } of parts.context.store.list<OfflineRead>(SETTINGS, { limit: Infinity })) {
      settings.#known.set(String(key.at(-1)), value);
    }
    return settings;
  }

  /** As read last; undefined: never. */
  get(stationId: string): OfflineRead | undefined {
    return this.#known.get(stationId);
  }

  /** Asks a connected station. What it could not tell stays "unknown". Stored when this resolves. */
  read(stationId: string): Promise<OfflineRead> {
    return this.#turns.run([stationId], () => this.#read(stationId));
  }

  /** Writes one setting and reads it back: what a station says it did is not believed. */
  change(stationId: string, id: string, value: boolean): Promise<SettingChange> {
    return this.#turns.run([stationId], async () => {
      const before = valueOf(await this.#read(stationId), id), protocol = this.parts.protocol(stationId);
      const setting = OFFLINE_SETTINGS.find((one) => one.id === id)!;
      const said = protocol === undefined
        ? "it is not connected"
        : await this.#write(stationId, protocol, setting, spelledAs(before, value));
      const after = valueOf(await this.#read(stationId), id);
      return { before, said, after, isDone: after.is === "value" && isOn(after) === value };
    });
  }

  async #read(stationId: string): Promise<OfflineRead> {
    const { context: { clock, store } } = this.parts, protocol = this.parts.protocol(stationId);
    const ask = (action: string, payload: Json) => this.parts.call(stationId, action, payload, CALL_MS);
    const evidence = await readSettings(OFFLINE_SETTINGS, protocol, ask, () => clock.now());
    const values = Object.fromEntries(OFFLINE_SETTINGS.map(({ id }, at) => [id, evidence[at]!]));
    const listVersion = protocol === undefined ? undefined : await this.#listVersion(stationId, protocol);
    const read: OfflineRead = {
      ...{ at: clock.now(), protocol: protocol ?? "", values },
      ...listVersion === undefined ? {} : { listVersion },
    };
    if (evidence.every(({ is }) => is === "unknown")) return read; // what was known before is worth more
    await store.commit([{ set: [...SETTINGS, stationId], value: read }]);
    this.#known.set(stationId, read);
    return read;
  }

  async #listVersion(stationId: string, protocol: string): Promise<number | undefined> {
    const answer = await this.parts.call(stationId, "GetLocalListVersion", {}, CALL_MS);
    if (!("result" in answer)) return undefined;
    const body = answer.result as Readonly<Record<string, unknown>>;
    const version = protocol === "ocpp1.6" ? body["listVersion"] : body["versionNumber"];
    return Number.isSafeInteger(version) ? version as number : undefined;
  }

  #write(stationId: string, protocol: string, { key, variable }: OfflineSetting, value: string): Promise<string> {
    if (protocol === "ocpp1.6") return this.#say(stationId, "ChangeConfiguration", { key, value });
    const data = { ...named(variable), attributeValue: value };
    return this.#say(stationId, "SetVariables", { setVariableData: [data] });
  }

  async #say(stationId: string, action: string, payload: Json): Promise<string> {
    const answer = await this.parts.call(stationId, action, payload, CALL_MS);
    if ("noAnswer" in answer) return `no answer: ${answer.noAnswer}`;
    if ("error" in answer) return answer.error.code.slice(0, 64);
    const { status, setVariableResult } = answer.result as { status?: unknown; setVariableResult?: unknown };
    const first = Array.isArray(setVariableResult) ? setVariableResult[0] as { attributeStatus?: unknown } : undefined;
    return String(status ?? first?.attributeStatus ?? "no status").slice(0, 64);
  }
}

/** Whom a station lets charge while it is cut off, by what was read of it. */
export const exposureRead = (read: OfflineRead | undefined): OfflineExposure => exposureOf(read?.values ?? {});

/** Some stations write 0 and 1 where others write false and true. */
function spelledAs(before: Evidence, value: boolean): string {
  return before.is === "value" && /^[01]$/.test(before.value.trim()) ? String(Number(value)) : String(value);
}

const valueOf = ({ values }: OfflineRead, id: string): Evidence => values[id] ?? { is: "unknown", why: "not asked" };

function named(variable: string) {
  const [component, name] = variable.split(".") as [string, string];
  return { component: { name: component }, variable: { name } };
}
