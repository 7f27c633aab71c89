import type { Site } from "../../config/schema.ts";
import { DNS_RULES, type DnsRule } from "../../../policies/dns_rule.ts";
import { namesOf } from "../mod.ts";

/** One name that the site speaks of, in the words of `dns status` and of the console. */
export interface NameRow {
  readonly name: string;
  readonly effect: "allow" | "answer" | "deny";
  readonly rule: string;
  /** Whom it is for; empty: everybody. */
  readonly who: string;
  /** What the gateway answers itself; empty: it is looked up. */
  readonly answer: string;
}

/** All names of the dns section: what nobody may ask for first, then own answers, then what is looked up. */
export function allowedNames(site: Pick<Site, "dns" | "time">): NameRow[] {
  if (!site.dns) return [];
  const { allow, answers, rules, timeNames } = namesOf(site, site.dns);
  const ofRules = rules.flatMap((rule) =>
    rule.names.map((name) => ({ name, effect: rule.effect, rule: rule.id, who: whoOf(rule), answer: "" }))
  );
  const everybody = { who: "" };
  return [
    ...ofRules.filter(({ effect }) => effect === "deny"),
    ...Object.entries(answers).map(([name, addresses]) => (
      { name, effect: "answer", rule: DNS_RULES.ownAnswer, ...everybody, answer: addresses.join(", ") } as const
    )),
    ...timeNames.map((name) => (
      { name, effect: "answer", rule: DNS_RULES.timeName, ...everybody, answer: "this box" } as const
    )),
    ...allow.map((name) => ({ name, effect: "allow", rule: DNS_RULES.allowList, ...everybody, answer: "" } as const)),
    ...ofRules.filter(({ effect }) => effect === "allow"),
  ];
}

function whoOf({ stations, vendors, models, units, types }: DnsRule): string {
  const parts: [word: string, values: readonly string[] | undefined][] = [
    ["station", stations],
    ["vendor", vendors],
    ["model", models],
    ["unit", units],
    ["type", types],
  ];
  return parts.flatMap(([word, values]) => values ? [`${word} ${values.join(" or ")}`] : []).join(", ");
}
