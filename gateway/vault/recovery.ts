import { standingOf } from "../../policies/secret_rotation.ts";
import { isAccount, type SecretSlot } from "../../policies/secret_schedule.ts";
import type { RecoveryOption } from "../core/recovery.ts";
import type { Station } from "../inventory/config.ts";
import { VaultConfig } from "./config.ts";
import { type SecretRecord, valueOf } from "./secret_record.ts";
import { subjectOf } from "./units.ts";
import type { Vault, VaultParts } from "./vault.ts";

/** Accounts whose password gets people into a controller's settings again; the user's does not. */
const RECOVERING: readonly SecretSlot[] = ["operator", "installer", "manufacturer"];
const NOTHING_SAID = JSON.stringify(VaultConfig.parse({}));

/**
 * Whether the site keeps a vault of device secrets at all: site.yaml says something under `vault`, or something is in it.
 * A site that never did is left as it was.
 */
export function keepsVault(vault: Vault, { context: { site } }: Pick<VaultParts, "context">): boolean {
  return JSON.stringify(site.vault) !== NOTHING_SAID || vault.book.all().length > 0 || vault.cards.all().length > 0;
}

/**
 * The ways in that work at a station's controller today, several at once (BC-08). A password counts with an acknowledged
 * copy off this box, whether the site waives copies or not; one that its controller refuses counts for nothing.
 */
export function recoveryOf(vault: Vault, station: Station, now: number): readonly RecoveryOption[] {
  const { id } = station, subject = subjectOf(station);
  const secrets = vault.book.all().flatMap((record) => secretOption(vault, record, id, now) ?? []);
  const cards = vault.cards.all().filter((card) => card.subject === subject);
  return [...secrets, ...cards.map(({ id: of, at }) => ({ kind: "reset-card" as const, of, at }))];
}

function secretOption(vault: Vault, record: SecretRecord, station: string, now: number): RecoveryOption | undefined {
  const { slot, since, rotation } = record, number = valueOf(record, station);
  if (number === undefined) return undefined; // nobody knows what it has
  if (rotation?.phase === "running" && standingOf(rotation.machine, now).held.includes(station)) return undefined;
  if (slot === "puk") return { kind: "puk", at: since };
  const { escrow } = vault;
  if (!isAccount(slot) || !RECOVERING.includes(slot) || !escrow.isKept(number)) return undefined;
  return { kind: "copy", of: slot, at: escrow.acked!.ackedAt };
}
