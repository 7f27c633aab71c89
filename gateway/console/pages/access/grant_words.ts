import {
  CAPABILITIES,
  type Capability,
  type Day,
  DAYS,
  DEVICE_ROLES,
  type DeviceRole,
  type GrantStations,
  type GrantWhen,
  type GrantWho,
} from "../../../../policies/access_types.ts";
import { COMMON } from "../../i18n/common.ts";
import { defineTexts, type Language } from "../../i18n/language.ts";

/** Words for the parts of a grant. */
export const GRANT_WORDS = defineTexts("grant-words", {
  always: "Always",
  schedule: "{days} {from}–{to}",
  everyDay: "daily",
  request: "On approval",
  person: "{name}",
  group: "Group {name}",
  role: "Every {name}",
  anybody: "Everybody",
  all: "All stations",
  units: "Unit {names}",
  vendors: "Made by {names}",
  "device.user": "user",
  "device.operator": "operator",
  "device.installer": "installer",
  "device.manufacturer": "manufacturer",
  "may.view": "look",
  "may.edit": "change settings",
  "may.firmware": "update firmware",
  "may.secrets": "change passwords",
  "may.reset": "reset",
  "may.tunnel": "use a tunnel",
}, {
  always: "Immer",
  schedule: "{days} {from}–{to}",
  everyDay: "täglich",
  request: "Nach Freigabe",
  person: "{name}",
  group: "Gruppe {name}",
  role: "Jeder {name}",
  anybody: "Alle",
  all: "Alle Stationen",
  units: "Einheit {names}",
  vendors: "Von {names}",
  "device.user": "Nutzer",
  "device.operator": "Betreiber",
  "device.installer": "Installateur",
  "device.manufacturer": "Hersteller",
  "may.view": "ansehen",
  "may.edit": "Einstellungen ändern",
  "may.firmware": "Firmware aktualisieren",
  "may.secrets": "Passwörter ändern",
  "may.reset": "zurücksetzen",
  "may.tunnel": "Tunnel benutzen",
});

/** When a grant holds, in words. */
export function describeWhen(when: GrantWhen, language: Language): string {
  const t = GRANT_WORDS.in(language);
  if (when.kind !== "schedule") return t(when.kind);
  return t("schedule", {
    days: when.days?.map((day) => dayWord(day, language)).join(" ") ?? t("everyDay"),
    from: when.from,
    to: when.to,
  });
}

/** Whom a grant is for, in words. */
export function describeWho({ person, group, role }: GrantWho, language: Language): string {
  const t = GRANT_WORDS.in(language);
  const roleWord = role === undefined ? undefined : COMMON.in(language)(`role.${role}` as never);
  const parts = [
    person && t("person", { name: person }),
    group && t("group", { name: group }),
    roleWord && t("role", { name: roleWord }),
  ].filter((part) => part);
  return parts.join(", ") || t("anybody");
}

/** Which stations a grant is about, in words. */
export function describeStations({ all, ids, units, vendors }: GrantStations, language: Language): string {
  const t = GRANT_WORDS.in(language);
  if (all) return t("all");
  const parts = [
    ids?.join(", "),
    units && t("units", { names: units.join(", ") }),
    vendors && t("vendors", { names: vendors.join(", ") }),
  ];
  return parts.filter((part) => part).join(" · ");
}

/** An account of a controller, in words. */
export const deviceRoleWord = (role: DeviceRole, language: Language): string =>
  GRANT_WORDS.in(language)(`device.${role}`);
/** What may be done with a controller, in words. */
export const capabilityWord = (capability: Capability, language: Language): string =>
  GRANT_WORDS.in(language)(`may.${capability}`);

/** Accounts of controllers to choose from. */
export const deviceRoleOptions = (language: Language) =>
  DEVICE_ROLES.map((value) => ({ value, text: deviceRoleWord(value, language) }));
/** Capabilities to choose from. */
export const capabilityOptions = (language: Language) =>
  CAPABILITIES.map((value) => ({ value, text: capabilityWord(value, language) }));
/** Days to choose from. */
export const dayOptions = (language: Language) => DAYS.map((value) => ({ value, text: dayWord(value, language) }));

/** 5 January 1970 was a Monday. */
const FIRST_MONDAY = Date.UTC(1970, 0, 5);

function dayWord(day: Day, language: Language): string {
  const at = FIRST_MONDAY + DAYS.indexOf(day) * 86_400_000;
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(at);
}
