import { allow, type Decision, deny } from "./decision.ts";
import { DNS_RULES, type DnsFacts, type DnsPrincipal, type DnsRule, type DnsRuleBook } from "./dns_rule.ts";

/** How a question is answered. `own`: by the gateway, with these addresses or, for "this-box", its own one. */
export type DnsDecision = Decision & { readonly own?: readonly string[] | "this-box" };

/**
 * Decides on one question. A deny wins over everything, the site's own answers too; then come the gateway's own
 * answers, the allow-list, the first rule that allows, and else deny.
 */
export function decideDns(facts: DnsFacts, book: DnsRuleBook): DnsDecision {
  const applying = book.rules.filter((rule) => applies(rule, facts));
  const refusal = applying.find(({ effect }) => effect === "deny");
  if (refusal) return deny(refusal.id, refusal.because);
  const own = book.answers.get(facts.name);
  if (own) return { ...allow(DNS_RULES.ownAnswer), own };
  if (book.timeNames.some((pattern) => fits(pattern, facts.name))) {
    return { ...allow(DNS_RULES.timeName), own: "this-box" };
  }
  const listed = book.allow.some((pattern) => fits(pattern, facts.name)) ? DNS_RULES.allowList : applying[0]?.id;
  if (listed === undefined) {
    return deny(DNS_RULES.default, "No rule allows this name", howToAllow(facts.name, facts.principal));
  }
  if (!book.types.includes(facts.type)) {
    return deny(DNS_RULES.type, `Records of type ${facts.type} are not looked up`, `Add ${facts.type} to dns.types`);
  }
  return allow(listed);
}

/** What to write into site.yaml so that this client may ask for this name. */
export function howToAllow(name: string, { station }: Pick<DnsPrincipal, "station">): string {
  const everybody = `add ${name} to dns.allow`;
  return station === undefined
    ? `To allow it, ${everybody}`
    : `To allow it, ${everybody}, or for this station alone add a rule with names: [${name}], stations: ["${station}"]`;
}

/** Names are compared exactly, label by label (invariant 11): "*.a.example" is neither "a.example" nor "ba.example". */
export function fits(pattern: string, name: string): boolean {
  return pattern.startsWith("*.")
    ? name.length > pattern.length - 1 && name.endsWith(pattern.slice(1))
    : pattern === name;
}

function applies(rule: DnsRule, { principal, name, type }: DnsFacts): boolean {
  const { station, vendor, model, unit } = principal;
  return rule.names.some((pattern) => fits(pattern, name)) &&
    isOneOf(rule.stations, station) && isOneOf(rule.units, unit) &&
    isOneOf(rule.vendors?.map(lower), vendor === undefined ? undefined : lower(vendor)) &&
    (rule.models === undefined ||
      model !== undefined && rule.models.some((beginning) => lower(model).startsWith(lower(beginning)))) &&
    (rule.types?.includes(type) ?? true);
}

function isOneOf(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  return wanted === undefined || value !== undefined && wanted.includes(value);
}

const lower = (text: string) => text.toLowerCase();
