import { SECRET_SLOTS, type SecretSlot } from "../../policies/secret_schedule.ts";
import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { Station } from "../inventory/config.ts";
import { bring } from "./bring.ts";
import type { VaultFeatureParts } from "./feature.ts";
import { VAULT_LIMITS } from "./limits.ts";
import { regroup } from "./regroup.ts";
import { type Revealed, Reveals, type ShownSecret } from "./reveal.ts";
import { refused } from "./rotations.ts";
import { listSecrets } from "./secret_list.ts";
import { membersOf, secretNamed, secretSubject, unitNamed } from "./units.ts";
import type { Vault } from "./vault.ts";

/** The commands that begin with `secret`. */
export function vaultCommands(vault: Vault, parts: VaultFeatureParts): Readonly<Record<string, CommandHandler>> {
  const reveals = new Reveals(vault, parts);
  return {
    "secret card-add": (args, who) => addCard(vault, parts, args, who),
    "secret card-remove": (args, who) => removeCard(vault, parts, args, who),
    "secret cards": () => Promise.resolve(listCards(vault)),
    "secret confirm": async (args, who) => {
      const { id } = stationOf(parts, args), slot = slotOf(args), isDone = args["failed"] !== true;
      const why = typeof args["reason"] === "string" ? args["reason"].slice(0, VAULT_LIMITS.textChars) : undefined;
      await vault.rotations.confirm(id, slot, isDone, who, why);
      inBackground(vault, parts);
      const text = isDone ? `Thank you: ${id} ${slot} is proven now where it can be.` : `${id} ${slot} is not changed.`;
      return { text, data: { station: id, slot, done: isDone } };
    },
    "secret escrow": async (_, who) => {
      const { made: { sha256, upTo }, file, name } = await vault.escrow.make(who);
      return { text: file.text, data: { name, sha256, upTo, file: file.text } };
    },
    "secret escrow-ack": async (args, who) => {
      const { sha256, upTo } = await vault.escrow.acknowledge(String(args["hash"] ?? ""), who);
      inBackground(vault, parts);
      return { text: `Acknowledged: escrow ${sha256.slice(0, 16)} is kept off this box.`, data: { sha256, upTo } };
    },
    "secret import": (args, who) => importSecret(vault, parts, args, who),
    "secret left": async (args, who) => {
      const person = String(args["person"] ?? ""), known = await vault.personLeft(person, who);
      inBackground(vault, parts);
      const names = known.map(({ subject, slot }) => `${subject} ${slot}`);
      const text = names.length === 0
        ? `${person} was shown no secret that is in force, and none was used for them.`
        : `${names.length} secrets are changed now: ${names.join(", ")}.`;
      return { text, data: { person, secrets: names } };
    },
    "secret list": (args) => Promise.resolve(listSecrets(vault, parts, args)),
    "secret retry": async (args, who) => {
      const { id } = stationOf(parts, args), slot = slotOf(args);
      await vault.rotations.retry(id, slot, who);
      inBackground(vault, parts);
      return { text: `${id} ${slot} is tried again.`, data: { station: id, slot } };
    },
    "secret reveal": async (args, who, caller) => {
      const slot = slotOf(args), subject = secretNamed(parts, String(args["unit"] ?? ""), slot);
      const code = typeof args["code"] === "string" ? { code: args["code"] } : {};
      const asker = { person: who, ...caller ? { caller } : {}, ...code };
      return shown(subject, slot, await reveals.reveal(subject, slot, asker, args["reason"]));
    },
    "secret rotate": (args, who) => rotate(vault, parts, args, who),
  };
}

/** @throws GatewayError SECRET_UNKNOWN */
function slotOf(args: CommandArgs): SecretSlot {
  const slot = SECRET_SLOTS.find((each) => each === args["slot"]);
  if (slot) return slot;
  throw new GatewayError("SECRET_UNKNOWN", `"${String(args["slot"]).slice(0, 40)}" is no secret of a device`, {
    hint: `Wanted ${SECRET_SLOTS.join(", ")}`,
  });
}

function stationOf({ stations }: VaultFeatureParts, args: CommandArgs): Station {
  const name = String(args["station"] ?? "");
  const found = stations().find(({ id }) => id === name);
  if (found) return found;
  throw new GatewayError("SECRET_UNKNOWN", `There is no station "${name.slice(0, 64)}"`, {
    hint: "`stations` lists all",
  });
}

/** What a command has made possible begins at once; its answer does not wait for controllers. */
function inBackground(vault: Vault, { context: { log } }: VaultFeatureParts): void {
  vault.tick().catch((error) => log.warn("vault.tick.failed", { msg: String(error) }));
}

async function rotate(vault: Vault, parts: VaultFeatureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const slot = slotOf(args), name = String(args["unit"] ?? "");
  const stations = parts.stations();
  const subjects = name === "all"
    ? [...new Set(stations.map((station) => secretSubject(parts, station, slot)))]
      .filter((subject) => membersOf(parts, subject, slot).length > 0)
    : [secretNamed(parts, name, slot)];
  await regroup(vault, parts); // site.yaml may have changed a moment ago
  const begun: string[] = [], not: { subject: string; why: string }[] = [];
  for (const subject of subjects) {
    try {
      await vault.rotations.start(subject, slot, "asked", who);
      begun.push(subject);
    } catch (error) {
      if (name !== "all" || !(error instanceof GatewayError)) throw error;
      not.push({ subject, why: error.message });
    }
  }
  inBackground(vault, parts);
  const head = `The ${slot} of ${begun.length} ${
    begun.length === 1 ? "unit is" : "units are"
  } being changed: \`secret list\`.`;
  const text = [head, ...not.map(({ subject, why }) => `${subject}: ${why}`)].join("\n");
  return { text, data: { slot, begun, not }, ok: begun.length > 0 };
}

async function importSecret(
  vault: Vault,
  parts: VaultFeatureParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const station = stationOf(parts, args), slot = slotOf(args);
  const { subject, isProven, stations } = await bring(vault, parts, { station, slot, text: textOf(args), who });
  inBackground(vault, parts);
  const proof = isProven ? "a login proved it" : "nothing can prove it, so your word stands for it";
  const text = `The vault has the ${slot} of ${stations.join(" and ")} now; ${proof}.`;
  return { text, data: { subject, slot, stations: [...stations], proven: isProven } };
}

/** The text of a file as people make them: with a line break at its end, or without. */
function textOf(args: CommandArgs): string {
  const text = args["file"];
  if (typeof text !== "string") throw refused("A file with the secret is needed", "Pass --file FILE; it is not kept");
  if (text.length > VAULT_LIMITS.broughtBytes) {
    throw refused(`The file has ${text.length} characters, wanted a secret`, "The file holds the secret alone");
  }
  return text.replace(/\r?\n$/, "");
}

function shown(subject: string, slot: SecretSlot, revealed: Revealed): CommandResult {
  if (revealed.state === "asked") {
    const text = `${
      requestsText(revealed.requests)
    } made. When somebody else has approved it, run this again: the secret is shown once.`;
    const [request] = revealed.requests;
    return { text, data: { subject, slot, state: "asked", request: request!, requests: [...revealed.requests] } };
  }
  const { secrets, changedAt, steps } = revealed;
  const words: Readonly<Record<ShownSecret["what"], string>> = {
    next: "is to be given",
    now: "has",
    perhaps: "has, perhaps,",
  };
  const lines = [
    ...secrets.map(({ station, what, text }) => `${station} ${words[what]}  ${text}`),
    ...changedAt === undefined ? [] : [`It is changed at ${new Date(changedAt).toISOString()}.`],
    ...steps ? [steps.en] : [],
  ];
  return { text: lines.join("\n"), data: { subject, slot, ...revealed } as unknown as Json };
}

/** One request for a unit; of a group one for each of its units. */
const requestsText = (requests: readonly string[]): string =>
  requests.length === 1 ? `Request ${requests[0]} is` : `Requests ${requests.join(", ")}, one for each unit, are`;

async function addCard(vault: Vault, parts: VaultFeatureParts, args: CommandArgs, who: string): Promise<CommandResult> {
  const subject = unitNamed(parts.stations(), String(args["unit"] ?? "")), uid = textOf(args);
  const card = await vault.cards.add(subject, { uid, custodian: args["custodian"], place: args["place"], by: who });
  await parts.context.audit.record({
    event: "secret.card.added",
    class: "security",
    who,
    target: subject,
    outcome: "ok",
    detail: { card: card.id, custodian: card.custodian, place: card.place },
  });
  return { text: `Card ${card.id} of ${subject} is with ${card.custodian}.`, data: { card: card.id, subject } };
}

async function removeCard(
  vault: Vault,
  parts: VaultFeatureParts,
  args: CommandArgs,
  who: string,
): Promise<CommandResult> {
  const card = await vault.cards.remove(String(args["card"] ?? ""));
  await parts.context.audit.record({
    event: "secret.card.removed",
    class: "security",
    who,
    target: card.subject,
    outcome: "ok",
    detail: { card: card.id, custodian: card.custodian },
  });
  return { text: `Card ${card.id} of ${card.subject} is off the register.`, data: { card: card.id } };
}

function listCards(vault: Vault): CommandResult {
  const cards = vault.cards.all().map(({ hash: _, ...card }) => card);
  if (cards.length === 0) return { text: "No reset card is registered.", data: [] };
  const rows = cards.map(({ id, subject, custodian, place, by, at }) => [
    ...[id, subject, custodian, place, by, new Date(at).toISOString().slice(0, 10)],
  ]);
  return { text: formatTable(["card", "unit", "with", "place", "registered by", "on"], rows), data: cards };
}
