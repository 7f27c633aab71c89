import type { CommandArgs, CommandHandler, CommandResult, ControlContext } from "../../control/contract.ts";
import type { Json } from "../../core/control_api.ts";
import { GatewayError } from "../../core/errors.ts";
import { formatTable } from "../../core/format_table.ts";
import { isHostName, parseIp } from "../../config/ip.ts";
import { decideDns, howToAllow } from "../../../policies/dns.ts";
import type { DnsPrincipal } from "../../../policies/dns_rule.ts";
import type { DnsState, DnsStation } from "../../core/dns_api.ts";
import { namesOf } from "../mod.ts";
import { allowedNames } from "./allowed_names.ts";
import type { DeniedName, DeniedNames } from "./denied_names.ts";

/** What the commands work with. */
export interface DnsCommandParts {
  readonly context: Pick<ControlContext, "audit" | "site" | "workers">;
  readonly denied: DeniedNames;
  stations(): Promise<readonly DnsStation[]>;
}

/** The commands about names. */
export function dnsCommands(parts: DnsCommandParts): Readonly<Record<string, CommandHandler>> {
  return {
    "dns denied": (args) => listDenied(parts, args),
    "dns explain": (args) => explain(parts, args),
    "dns flush": (_args, who) => flush(parts, who),
    "dns forget": (args, who) => forget(parts, args, who),
    "dns status": () => status(parts),
  };
}

async function listDenied({ denied, context }: DnsCommandParts, args: CommandArgs): Promise<CommandResult> {
  await denied.settled(); // what is shown is in the audit trail and on the disk
  const found = denied.list(typeof args["station"] === "string" ? args["station"] : undefined);
  const data = found.map((one) => ({ ...one, howToAllow: hintOf(one) }));
  if (found.length === 0) return { text: "No name was refused.", data };
  const rows = found.map((one) => [
    one.client,
    one.name,
    one.types.join(","),
    String(one.count),
    new Date(one.lastAt).toISOString(),
    one.observed ? `${one.rule} (only recorded)` : one.rule,
  ]);
  const table = formatTable(["client", "name", "types", "questions", "last", "rule"], rows);
  const hints = [...new Set(data.map((one) => `- ${one.howToAllow}`))].slice(0, 10).join("\n");
  const mode = context.site.dns?.mode === "observe" ? "\n\ndns.mode is observe: these names are looked up." : "";
  return { text: `${table}\n\n${hints}${mode}`, data };
}

/** How to allow a name, or which rule keeps it from being allowed. */
export function hintOf({ name, rule, reason, client, isStation }: DeniedName): string {
  if (rule !== "dns.default-deny") return `${name}: ${reason} (${rule})`;
  return howToAllow(name, isStation ? { station: client } : {});
}

async function explain(parts: DnsCommandParts, args: CommandArgs): Promise<CommandResult> {
  const { dns } = required(parts);
  const name = String(args["name"]).toLowerCase().replace(/\.$/, "");
  if (!isHostName(name.replaceAll("_", "a"))) {
    throw new GatewayError("CLI_USAGE", `"${name}" is no host name`, { hint: "Example: dns explain csms.example" });
  }
  const type = String(args["type"] ?? "A").toUpperCase();
  const principal = await principalOf(parts, args["station"]);
  const names = namesOf(parts.context.site, dns);
  const decision = decideDns({ principal, name, type }, { ...names, answers: new Map(Object.entries(names.answers)) });
  const who = principal.station ?? "a client that is no station";
  const data: Json = { name, type, client: principal.station ?? null, ...JSON.parse(JSON.stringify(decision)) };
  if (decision.effect === "deny") {
    const hint = decision.hint ?? "A deny rule wins over every other: change the rule itself";
    const told = names.mode === "observe" ? "would be refused (dns.mode: observe)" : "is refused";
    return {
      text: `${type} ${name} ${told} to ${who} by ${decision.rule}: ${decision.reason}.\n${hint}.`,
      data,
      ok: false,
    };
  }
  const how = decision.own === undefined
    ? "is looked up upstream"
    : decision.own === "this-box"
    ? "is answered with this box's address in the client's zone"
    : `is answered with ${decision.own.join(", ")}`;
  return { text: `${type} ${name} ${how} for ${who} (${decision.rule}).`, data };
}

async function principalOf({ stations }: DnsCommandParts, wanted: CommandArgs[string]): Promise<DnsPrincipal> {
  if (typeof wanted !== "string") return { source: "" };
  const station = (await stations()).find((one) => one.station === wanted || one.address === wanted);
  if (station) return { ...station, source: station.address };
  if (parseIp(wanted)) return { source: wanted };
  throw new GatewayError(
    "CTL_REFUSED",
    `No station "${wanted}" with an address is known, by which alone DNS knows it`,
    {
      hint: "Give it an address under stations in site.yaml; see `stations`",
    },
  );
}

async function flush({ context }: DnsCommandParts, who: string): Promise<CommandResult> {
  const { forgotten } = await context.workers.get("dns").call("dns.flush", {});
  await context.audit.record({
    event: "dns.cache.flushed",
    class: "operation",
    who,
    outcome: "ok",
    detail: { answers: forgotten },
  });
  return { text: `${forgotten} kept answers are forgotten.`, data: { forgotten } };
}

async function forget({ denied, context }: DnsCommandParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const client = typeof args["station"] === "string" ? args["station"] : undefined;
  const forgotten = await denied.forget(client);
  await context.audit.record({
    event: "dns.denied.forgotten",
    class: "operation",
    who,
    ...client === undefined ? {} : { target: client },
    outcome: "ok",
    detail: { names: forgotten },
  });
  return { text: `${forgotten} refused names are forgotten; the audit chain still has them.`, data: { forgotten } };
}

async function status(parts: DnsCommandParts): Promise<CommandResult> {
  const state = await stateOf(parts);
  const names = allowedNames(parts.context.site);
  const upstreams = state.upstreams.map(({ id, kind, state }) => [id, kind, state]);
  const rows = names.map(({ name, effect, who, answer, rule }) => [name, effect, answer, who || "everybody", rule]);
  const text = [
    ...state.why === undefined ? [] : [state.why],
    state.mode === "observe" ? "Rules are only tried out (dns.mode: observe)." : "Rules are in force.",
    upstreams.length === 0
      ? "No upstream: only the site's own answers."
      : formatTable(["upstream", "by", "state"], upstreams),
    `${state.cache.entries} answers are kept (${Math.ceil(state.cache.bytes / 1_024)} KiB).`,
    `Questions: ${
      Object.entries(state.outcomes).map(([outcome, count]) => `${count} ${outcome}`).join(", ") || "none yet"
    }.`,
    rows.length === 0 ? "No name is allowed." : formatTable(["name", "effect", "answer", "for", "rule"], rows),
  ].join("\n\n");
  const isGood = state.why === undefined && state.upstreams.every((one) => one.state !== "away");
  return { text, data: JSON.parse(JSON.stringify({ ...state, names })), ok: isGood };
}

/** How the Worker does; what it would say is nothing when there is none. */
async function stateOf({ context: { site, workers } }: DnsCommandParts): Promise<DnsState & { readonly why?: string }> {
  const mode = site.dns?.mode ?? "enforce";
  const nothing = { upstreams: [], cache: { entries: 0, bytes: 0 }, outcomes: {}, mode };
  if (!site.dns) return { ...nothing, why: "This site has no DNS: there is no dns: section in site.yaml." };
  try {
    return await workers.get("dns").call("dns.state", {});
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { ...nothing, why: `THE DNS WORKER DOES NOT ANSWER: ${error.message}.` };
  }
}

function required({ context: { site } }: DnsCommandParts) {
  const { dns } = site;
  if (dns) return { dns };
  throw new GatewayError("CTL_REFUSED", "This site has no DNS", { hint: "Add a dns: section to site.yaml" });
}
