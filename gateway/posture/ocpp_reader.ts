import type { Evidence } from "../../policies/posture_types.ts";
import type { Json, StationCallAnswer } from "../core/control_api.ts";
import { POSTURE_LIMITS } from "./limits.ts";

/** A setting to be read: a key of 1.6, a variable of 2.x, or both when it has two names. */
export interface WantedSetting {
  readonly key?: string | undefined;
  readonly variable?: string | undefined;
}

/** Sends one CALL of the gateway to the station. */
export type AskStation = (action: string, payload: Json) => Promise<StationCallAnswer>;

const AWAY = {
  away: "it is not connected",
  busy: "it had no time for a question",
  ended: "it went away",
  timeout: "it did not answer",
};

/**
 * Reads settings of a connected station by its own OCPP version, few at a time (Q13), each once. The answer has one entry
 * per wanted setting, in order. Nothing is written. After a question that was not answered no further one is asked.
 */
export async function readSettings(
  wanted: readonly WantedSetting[],
  protocol: string | undefined,
  ask: AskStation,
  now: () => number,
): Promise<readonly Evidence[]> {
  if (protocol === undefined) return wanted.map(() => unknown("it is not known yet which OCPP version it speaks"));
  const is16 = protocol === "ocpp1.6";
  const nameOf = ({ key, variable }: WantedSetting) => is16 ? key : variable;
  const names = [...new Set(wanted.map(nameOf).filter((name) => name !== undefined))];
  const found = new Map<string, Evidence>();
  const size = is16 ? POSTURE_LIMITS.keysPerCall : POSTURE_LIMITS.variablesPerCall;
  for (let at = 0; at < names.length; at += size) {
    const part = names.slice(at, at + size);
    const why = await readPart(part, is16, ask, found, now);
    if (why === undefined) continue;
    for (const name of names.slice(at)) found.set(name.toLowerCase(), { is: "unknown", why });
    break;
  }
  return wanted.map((setting) => {
    const name = nameOf(setting);
    if (name === undefined) return unknown(`${is16 ? "OCPP 1.6" : "OCPP 2.x"} has no name for it`);
    return found.get(name.toLowerCase()) ?? unknown("its answer left it out");
  });
}

/** @returns why nothing more is to be asked; undefined: go on */
async function readPart(
  names: readonly string[],
  is16: boolean,
  ask: AskStation,
  found: Map<string, Evidence>,
  now: () => number,
): Promise<string | undefined> {
  const answer = is16
    ? await ask("GetConfiguration", { key: names })
    : await ask("GetVariables", { getVariableData: names.map(variableData) });
  if ("noAnswer" in answer) return AWAY[answer.noAnswer];
  if ("error" in answer) return `it refused the question: ${cut(answer.error.code)}`;
  if (is16) read16(answer.result, found, now());
  else read2(answer.result, found, now());
  return undefined;
}

function read16(result: Json, found: Map<string, Evidence>, at: number): void {
  for (const item of listOf(result, "configurationKey")) {
    const { key, value } = item as Record<string, unknown>;
    if (typeof key === "string") {
      found.set(key.toLowerCase(), { is: "value", value: typeof value === "string" ? cut(value) : "", at });
    }
  }
  for (const key of listOf(result, "unknownKey")) {
    if (typeof key === "string") found.set(key.toLowerCase(), { is: "absent", at });
  }
}

function read2(result: Json, found: Map<string, Evidence>, at: number): void {
  for (const item of listOf(result, "getVariableResult")) {
    const { component, variable, attributeStatus, attributeValue } = item as Record<string, unknown>;
    const name = `${nameIn(component)}.${nameIn(variable)}`.toLowerCase();
    if (attributeStatus === "Accepted") {
      const value = typeof attributeValue === "string" ? cut(attributeValue) : "";
      found.set(name, { is: "value", value, at });
    } else if (attributeStatus === "UnknownComponent" || attributeStatus === "UnknownVariable") {
      found.set(name, { is: "absent", at });
    } else found.set(name, unknown(`it answered ${cut(String(attributeStatus))}`));
  }
}

function variableData(name: string): Json {
  const [component, variable] = name.split(".") as [string, string];
  return { component: { name: component }, variable: { name: variable } };
}

function listOf(value: Json, name: string): readonly unknown[] {
  const list = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return Array.isArray(list) ? list.filter((item) => item !== null && item !== undefined) : [];
}

const nameIn = (value: unknown): string =>
  typeof value === "object" && value !== null ? String((value as Record<string, unknown>)["name"]) : "";

const unknown = (why: string): Evidence => ({ is: "unknown", why });

const cut = (text: string): string => text.slice(0, POSTURE_LIMITS.valueChars);
