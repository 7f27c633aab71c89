import type { GrantStations, GrantWhen, GrantWho } from "../../../../policies/access_types.ts";
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
});

/** When a grant holds, in words. */
export function describeWhen(when: GrantWhen, language: Language): string {
  const t = GRANT_WORDS.in(language);
  if (when.kind !== "schedule") return t(when.kind);
  return t("schedule", { days: when.days?.join(" ") ?? t("everyDay"), from: when.from, to: when.to });
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
