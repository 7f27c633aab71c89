import { type Decision, deny } from "./decision.ts";
import { type ClassifiedKey, classifyKey, coversRole, type KeyTable, locksOut } from "./device_key.ts";
import { KEYS_16 } from "./ocpp_rehoming_keys.ts";
import type { DeviceRole } from "./access_types.ts";

/** A setting and its value, wherever they come from. */
export type Setting = readonly [name: string, value: string];

/**
 * What nobody may write, by whichever way: the maker's laboratory, and what would shut the gateway out of the device. The
 * one source of this rule for pages, OCPP and files; `way` begins the rule's id.
 */
export function refuseForAll(key: ClassifiedKey, value: string, way: "import" | "ocpp" | "ui"): Decision | undefined {
  if (locksOut(key, value)) {
    return deny(
      `${way}.setting.lockout`,
      `The setting ${key.key} with this value would shut the gateway out of the device`,
      "Change address and CSMS of a station in the site's configuration",
    );
  }
  if (key.role !== "dev") return undefined;
  return deny(`${way}.setting.dev`, `The setting ${key.key} is for the maker's laboratory and is written by nobody`);
}

/** Settings that one OCPP message of a CSMS writes, of any version; none for other messages. Total. */
export function settingsOfOcpp(action: string, payload: unknown): readonly Setting[] {
  const body = objectOf(payload);
  if (action === "ChangeConfiguration") return settingOf(body["key"], body["value"]);
  if (action !== "SetVariables" || !Array.isArray(body["setVariableData"])) return [];
  return body["setVariableData"].flatMap((item) => {
    const { variable, attributeValue } = objectOf(item);
    return settingOf(objectOf(variable)["name"], attributeValue);
  });
}

/**
 * The refusal of what a CSMS writes at a station; undefined: nothing of it is forbidden to all. Settings of the way to a
 * CSMS are not judged here: policies/ocpp_rehoming.ts takes them for the CSMS leg, which they mean.
 */
export function refuseOcppSetting(action: string, payload: unknown, table: KeyTable): Decision | undefined {
  const settings = settingsOfOcpp(action, payload).filter(([name]) => !KEYS_16.has(name.trim().toLowerCase()));
  return firstRefusal(settings, table, "ocpp");
}

/**
 * The refusal of a file of settings that somebody carries to the device in a role; undefined: it may go. A setting comes
 * once, by whichever of its spellings: the gateway would judge one and the device might take the other. Passwords of roles
 * come by no file: the vault would not know them.
 */
export function refuseImport(settings: readonly Setting[], table: KeyTable, role: DeviceRole): Decision | undefined {
  const refused = refuseRepeated(settings, table) ?? firstRefusal(settings, table, "import");
  if (refused) return refused;
  const password = settings.map(([name]) => classifyKey(name, table)).find(({ rolePassword }) => rolePassword);
  if (password) {
    return deny(
      "import.setting.password",
      `The setting ${password.key} is a password of the device, which a file would change without the vault's knowledge`,
      "Take it out of the file; rotate the secret instead",
    );
  }
  const above = settings.map(([name]) => classifyKey(name, table)).find((key) => !coversRole(role, key.role));
  return above && deny(
    "import.setting.role",
    `The setting ${above.key} is the ${above.role}'s; this file is for ${role}`,
    `Import it as ${above.role}`,
  );
}

function refuseRepeated(settings: readonly Setting[], table: KeyTable): Decision | undefined {
  const seen = new Set<string>();
  for (const [name] of settings) {
    const { key } = classifyKey(name, table), spelled = name.trim().toLowerCase();
    // A pattern stands for many settings, and so does an ending for the other connector's: these are told by their names.
    const own = key.includes("*") || table.endings.some((end) => spelled.endsWith(end)) ? spelled : key.toLowerCase();
    if (seen.has(own)) {
      return deny(
        "import.setting.repeated",
        `The setting ${name.slice(0, 64)} is in the file twice`,
        "Keep one of them",
      );
    }
    seen.add(own);
  }
  return undefined;
}

function firstRefusal(settings: readonly Setting[], table: KeyTable, way: "import" | "ocpp"): Decision | undefined {
  for (const [name, value] of settings) {
    const refused = refuseForAll(classifyKey(name, table), value, way);
    if (refused) return refused;
  }
  return undefined;
}

function settingOf(name: unknown, value: unknown): readonly Setting[] {
  return typeof name === "string" ? [[name, typeof value === "string" ? value : String(value ?? "")]] : [];
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}
