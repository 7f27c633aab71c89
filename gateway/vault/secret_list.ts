import { isAccount, SECRET_SLOTS, type SecretSlot } from "../../policies/secret_schedule.ts";
import type { CommandArgs, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { formatTable } from "../core/format_table.ts";
import { type RecoveryOption, recoveryText } from "../core/recovery.ts";
import type { AckedEscrow, MadeEscrow } from "./escrow.ts";
import { keepsVault, recoveryOf } from "./recovery.ts";
import type { SecretRecord } from "./secret_record.ts";
import { secretSubject, subjectOf, unitNamed } from "./units.ts";
import type { SecretState, Vault, VaultParts } from "./vault.ts";

const DAY_MS = 86_400_000;

/** One secret as people see it: never the secret. Times are wall milliseconds. */
export interface SecretRow {
  readonly subject: string;
  readonly slot: SecretSlot;
  /** "file": the vault has none, the gateway logs in with a file of the site. */
  readonly state: SecretState | "file";
  readonly controllers: readonly {
    readonly station: string;
    readonly has: string;
    readonly step?: string;
    readonly why?: string;
  }[];
  readonly since?: number;
  readonly dueAt?: number;
  readonly dueReason?: string;
  /** A copy is kept off this box. */
  readonly isCovered: boolean;
  /** Values that are kept, the one in force and those before it. */
  readonly kept: number;
  /** People who were shown it, or for whom it was used. */
  readonly knownTo: readonly string[];
  readonly last?: { readonly outcome: string; readonly at: number; readonly reason: string; readonly why?: string };
}

/** The ways into one controller whose password is lost (BC-08). */
export interface RecoveryRow {
  readonly station: string;
  readonly options: readonly RecoveryOption[];
}

/** How escrows stand. */
export interface EscrowRow {
  readonly isWaived: boolean;
  readonly isDelivered: boolean;
  readonly impediment?: string;
  readonly acked?: Pick<AckedEscrow, "ackedAt" | "ackedBy" | "sha256">;
  readonly open: readonly Pick<MadeEscrow, "at" | "by" | "sha256">[];
}

/** `secret list`. */
export function listSecrets(vault: Vault, parts: VaultParts, args: CommandArgs): CommandResult {
  const wanted = typeof args["unit"] === "string" ? wantedOf(parts, args["unit"]) : undefined;
  const rows = [...vault.book.all().map((record) => rowOf(vault, record)), ...fileRows(vault, parts)]
    .filter(({ subject, controllers }) =>
      !wanted || subject === wanted.subject || controllers.some(({ station }) => wanted.stations.has(station))
    )
    .toSorted((a, b) => a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : order(a) - order(b));
  const escrow = escrowOf(vault), now = parts.context.clock.now();
  const recovery = recoveryRows(vault, parts, now)
    .filter(({ station }) => !wanted || wanted.stations.has(station))
    .map(({ subject: _, ...row }): RecoveryRow => row);
  const data = { secrets: rows, escrow, recovery } as unknown as Json;
  const end = [escrowText(escrow), ...recovery.length === 0 ? [] : ["", recoveryTable(recovery)]].join("\n");
  if (rows.length === 0) return { text: `The vault has no secret yet.\n${end}`, data };
  const table = formatTable(
    ["unit", "secret", "state", "age", "due", "off the box", "known to", "controllers"],
    rows.map((row) => [
      row.subject,
      row.slot,
      row.state,
      row.since === undefined ? "" : `${Math.floor((now - row.since) / DAY_MS)} d`,
      row.dueAt === undefined ? "" : `${new Date(row.dueAt).toISOString().slice(0, 10)} (${row.dueReason})`,
      row.isCovered ? "yes" : "no",
      row.knownTo.join(" "),
      row.controllers.map(({ station, has, why }) => `${station} ${has}${why ? ` (${why})` : ""}`).join(", "),
    ]),
  );
  return { text: `${table}\n\n${end}`, data };
}

/** Every controller that the gateway opens, and what else can be got into again. */
function recoveryRows(vault: Vault, parts: VaultParts, now: number): (RecoveryRow & { readonly subject: string })[] {
  if (!keepsVault(vault, parts)) return [];
  return parts.stations().flatMap((station) => {
    const options = recoveryOf(vault, station, now);
    if (!station.ui && options.length === 0) return [];
    return [{ subject: subjectOf(station), station: station.id, options }];
  });
}

const recoveryTable = (rows: readonly RecoveryRow[]): string =>
  formatTable(["controller", "ways of recovery"], rows.map(({ station, options }) => [station, recoveryText(options)]));

/** A unit with its stations, whose secrets may be a group's; or a group with what is its own. */
function wantedOf(
  parts: VaultParts,
  name: string,
): { readonly subject: string; readonly stations: ReadonlySet<string> } {
  const all = parts.stations(), group = parts.context.site.vault.groups.find(({ id }) => id === name);
  if (group) return { subject: name, stations: new Set() };
  const subject = unitNamed(all, name);
  return { subject, stations: new Set(all.filter((station) => subjectOf(station) === subject).map(({ id }) => id)) };
}

const order = ({ slot }: Pick<SecretRow, "slot">): number => SECRET_SLOTS.indexOf(slot);

/** What the gateway's own visits to controllers are called in the audit: nobody who could leave. */
const OWN_VISITS: ReadonlySet<string> = new Set(["campaign", "incident-look", "posture"]);

function rowOf(vault: Vault, record: SecretRecord): SecretRow {
  const { subject, slot, since, rotation, last, values, witnesses, has } = record;
  const due = vault.dueOf(record), members = rotation?.machine.members ?? [];
  const stations = [...new Set([...Object.keys(has), ...members.map(({ station }) => station)])];
  return {
    ...{ subject, slot, since, state: vault.stateOf(record), isCovered: vault.isCovered(record), kept: values.length },
    controllers: stations.map((station) => {
      const member = members.find((one) => one.station === station);
      if (!member) return { station, has: "in force" };
      const { step, why } = member, told = { new: "the new one", old: "the one before", unknown: "not known" } as const;
      return { station, has: told[member.has], step, ...why === undefined ? {} : { why } };
    }),
    ...due ? { dueAt: due.at, dueReason: due.reason } : {},
    knownTo: [...new Set(witnesses.map(({ person }) => person))].filter((person) => !OWN_VISITS.has(person)),
    ...last ? { last } : {},
  };
}

/** Accounts that the gateway logs in with from a file of the site: the vault takes them over with the first rotation. */
function fileRows(vault: Vault, parts: VaultParts): SecretRow[] {
  const { stations, fileSecret } = parts;
  return stations().flatMap((station) =>
    SECRET_SLOTS.filter(isAccount).filter((slot) => {
      return !vault.book.ofStation(station.id, slot) && fileSecret(station, slot) !== undefined;
    }).map((slot) => ({
      ...{
        subject: secretSubject(parts, station, slot),
        slot,
        state: "file" as const,
        isCovered: false,
        kept: 0,
        knownTo: [],
      },
      controllers: [{ station: station.id, has: "that of its file" }],
    }))
  );
}

function escrowOf({ escrow }: Vault): EscrowRow {
  const { acked, impediment } = escrow;
  return {
    isWaived: escrow.isWaived,
    isDelivered: escrow.isDelivered,
    ...impediment === undefined ? {} : { impediment },
    ...acked ? { acked: { sha256: acked.sha256, ackedAt: acked.ackedAt, ackedBy: acked.ackedBy } } : {},
    open: escrow.open.map(({ sha256, at, by }) => ({ sha256, at, by })),
  };
}

function escrowText({ isWaived, impediment, acked, open }: EscrowRow): string {
  if (isWaived) return "Escrow: waived. These secrets exist on this box alone.";
  if (impediment !== undefined) return `Escrow: none can be made: ${impediment}`;
  const last = acked
    ? `the last one is kept off this box since ${new Date(acked.ackedAt).toISOString()} (${acked.ackedBy})`
    : "none is kept off this box yet";
  const waits = open.length === 0 ? "" : `; ${open.length} made and not acknowledged`;
  return `Escrow: ${last}${waits}.`;
}
