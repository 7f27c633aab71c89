import { isGolden, refuseGolden } from "../../../policies/golden.ts";
import { answerToWrite, type FixItem } from "../../../policies/golden_fix.ts";
import type { GoldenProfile } from "../../../policies/golden_types.ts";
import type { Evidence } from "../../../policies/posture_types.ts";
import type { Json } from "../../core/control_api.ts";
import type { DeviceSetting, OperationResult } from "../../core/device_operations_api.ts";
import { POSTURE_LIMITS } from "../limits.ts";
import { type AskStation, readSettings } from "../ocpp_reader.ts";
import { GOLDEN_TABLES } from "./golden_files.ts";

/** The ways to write to one station now. */
export interface WriteWays {
  /** Absent: it is not connected. */
  readonly line?: { readonly protocol: string | undefined; readonly ask: AskStation } | undefined;
  /** Absent: it has no pages that the gateway opens. */
  readonly device?: {
    read(keys: readonly string[]): Promise<OperationResult<{ readonly settings: readonly DeviceSetting[] }>>;
    write(settings: readonly DeviceSetting[]): Promise<
      OperationResult<{ readonly applied: readonly string[]; readonly differs: readonly string[] }>
    >;
  } | undefined;
}

/** Why nothing more could be asked of the station now; the fix is taken up later. */
export interface CutOff {
  readonly cutOff: string;
}

const AWAY = "it is not connected";

/** What the station has of these settings now, in order. */
export async function readItems(
  items: readonly FixItem[],
  { line, device }: WriteWays,
  now: () => number,
): Promise<readonly Evidence[]> {
  const ocpp = items.filter(({ way }) => way !== "driver"), driver = items.filter(({ way }) => way === "driver");
  const found = new Map<FixItem, Evidence>();
  if (ocpp.length > 0) {
    const wanted = ocpp.map(({ way, name }) => way === "ocpp2" ? { variable: name } : { key: name });
    const read = line
      ? await readSettings(wanted, line.protocol, line.ask, now)
      : wanted.map((): Evidence => ({ is: "unknown", why: AWAY }));
    ocpp.forEach((item, at) => found.set(item, read[at]!));
  }
  if (driver.length > 0) {
    const read = await device?.read(driver.map(({ name }) => name));
    const has = new Map(read?.ok ? read.settings.map(([name, value]) => [name.toLowerCase(), value]) : []);
    for (const item of driver) {
      const value = has.get(item.name.toLowerCase());
      if (!read?.ok) found.set(item, { is: "unknown", why: read?.why ?? "its pages cannot be reached" });
      else found.set(item, value === undefined ? { is: "absent", at: now() } : { is: "value", value, at: now() });
    }
  }
  return items.map((item) => found.get(item)!);
}

/** What is known of items before they are written: those that are so already are done, the others keep what they had. */
export function noteBefore(items: readonly FixItem[], read: readonly Evidence[], profile: GoldenProfile | undefined) {
  return items.map((item, at): FixItem => {
    const given = read[at]!;
    if (given.is !== "value") return item;
    if (isAsWanted(item, given.value, profile)) {
      // after a crash between writing and storing: it was written by this fix, and stays in what undoes it
      return { ...item, outcome: item.before === undefined ? "same" : "applied" };
    }
    const isWhole = given.value.length < POSTURE_LIMITS.valueChars;
    return { ...item, ...isWhole && item.before === undefined ? { before: given.value } : {} };
  });
}

/** Writes one setting by OCPP. */
export async function writeByOcpp(item: FixItem, { line }: WriteWays): Promise<FixItem | CutOff> {
  const refused = refuseGolden(item.way, item, GOLDEN_TABLES);
  if (refused?.effect === "deny") return { ...item, outcome: "refused", why: `${refused.reason} (${refused.rule})` };
  if (!line) return { cutOff: AWAY };
  const answer = await line.ask(...messageOf(item));
  if ("noAnswer" in answer) return { cutOff: `it gave no answer (${answer.noAnswer}) to ${item.name}` };
  if ("error" in answer) {
    return { ...item, outcome: "rejected", why: `it answered ${answer.error.code.slice(0, 40)}` };
  }
  return { ...item, ...answerToWrite(statusOf(answer.result, item)) };
}

/** Writes settings by the controller's page, in one login; it reads them again itself. */
export async function writeByDriver(items: readonly FixItem[], { device }: WriteWays): Promise<FixItem[] | CutOff> {
  const judged = items.map((item) => ({ item, refused: refuseGolden("driver", item, GOLDEN_TABLES) }));
  const open = judged.flatMap(({ item, refused }) => refused ? [] : [item]);
  const done = judged.flatMap(({ item, refused }): FixItem[] =>
    refused?.effect === "deny" ? [{ ...item, outcome: "refused", why: `${refused.reason} (${refused.rule})` }] : []
  );
  if (open.length === 0) return done;
  if (!device) return { cutOff: "its pages cannot be reached" };
  const result = await device.write(open.map(({ name, value }) => [name, value] as const));
  if (result.ok) {
    const differs = new Set(result.differs);
    return [
      ...done,
      ...open.map((item): FixItem =>
        differs.has(item.name)
          ? { ...item, outcome: "differs", why: "it took it and has another value" }
          : { ...item, outcome: "applied" }
      ),
    ];
  }
  if (LATER.has(result.failure)) return { cutOff: result.why };
  const outcome = result.failure === "unknown" || result.failure === "strange" ? "unknown" : "rejected";
  return [...done, ...open.map((item): FixItem => ({ ...item, outcome, why: result.why }))];
}

/** Nothing was changed and it may work another time. */
const LATER: ReadonlySet<string> = new Set(["away", "busy"]);

/** Settings that were taken, compared with what the station has now. */
export function compareItems(items: readonly FixItem[], read: readonly Evidence[], profile: GoldenProfile | undefined) {
  return items.map((item, at): FixItem => {
    const given = read[at]!;
    if (given.is === "value") {
      if (isAsWanted(item, given.value, profile)) return { ...without(item), outcome: "applied" };
      return { ...item, outcome: "differs", why: `it took it and has ${given.value.slice(0, 60) || "nothing"}` };
    }
    const why = given.is === "unknown" ? given.why : "it took it and has no such setting";
    return { ...item, outcome: "unknown", why };
  });
}

/** Values that a profile takes for as good count; a value that is put back has to be that very one. */
function isAsWanted({ setting, value }: FixItem, has: string, profile: GoldenProfile | undefined): boolean {
  const wanted = profile?.settings.find(({ id }) => id === setting);
  return isGolden(wanted ?? {}, { name: "", value }, has);
}

function messageOf({ way, name, value }: FixItem): [string, Json] {
  if (way !== "ocpp2") return ["ChangeConfiguration", { key: name, value }];
  const [component, variable] = name.split(".") as [string, string];
  const data = { component: { name: component }, variable: { name: variable }, attributeValue: value };
  return ["SetVariables", { setVariableData: [data] }];
}

function statusOf(result: Json, { way }: FixItem): unknown {
  const body = objectOf(result);
  if (way !== "ocpp2") return body["status"];
  const list = body["setVariableResult"];
  return objectOf(Array.isArray(list) ? list[0] : undefined)["attributeStatus"];
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? value as Record<string, unknown> : {};

function without({ why: _, ...item }: FixItem): FixItem {
  return item;
}
