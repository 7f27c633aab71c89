import { soonerOf } from "../../policies/secret_schedule.ts";
import { emptyRecord } from "./rotations.ts";
import { recordId, type SecretRecord } from "./secret_record.ts";
import { secretSubject } from "./units.ts";
import type { Vault, VaultParts } from "./vault.ts";

/** Controllers whose secret is another one's now: of one record, with one value, to one subject. */
interface Move {
  readonly stations: readonly string[];
  readonly number: number;
  readonly to: string;
}

/**
 * Brings what is stored in step with the units and groups of site.yaml: what a controller has goes to the secret that is its
 * today, under that one's key, and both are changed, since each knows the other's. Waits while one of them is being changed.
 * Stored where it goes to before it is taken away: an end of the gateway in between leaves it twice, and the next look ends it.
 */
export async function regroup(vault: Vault, parts: VaultParts): Promise<void> {
  for (const record of vault.book.all()) {
    for (const move of movesOf(parts, record)) {
      const keys = [recordId(record.subject, record.slot), recordId(move.to, record.slot)];
      await vault.turns.run(keys, () => carry(vault, parts, record, move));
    }
  }
}

function movesOf(parts: VaultParts, record: SecretRecord): readonly Move[] {
  const stations = parts.stations(), moves = new Map<string, Move>();
  for (const [id, number] of Object.entries(record.has)) {
    const station = stations.find((one) => one.id === id); // one that is gone is erased, not moved
    const to = station && secretSubject(parts, station, record.slot);
    if (to === undefined || to === record.subject) continue;
    const key = `${to}\n${number}`, known = moves.get(key)?.stations ?? [];
    moves.set(key, { to, number, stations: [...known, id] });
  }
  return [...moves.values()];
}

async function carry(
  vault: Vault,
  { context: { audit, clock } }: VaultParts,
  { subject, slot }: SecretRecord,
  { to, number, stations }: Move,
): Promise<void> {
  const { book } = vault, from = book.get(subject, slot), known = book.get(to, slot), at = clock.now();
  if (!from || from.rotation || known?.rotation) return;
  const left = Object.fromEntries(Object.entries(from.has).filter(([id]) => !stations.includes(id)));
  const isAlone = Object.keys(left).length === 0, isRenamed = isAlone && known === undefined;
  if (stations.some((id) => known?.has[id] === undefined)) {
    const value = from.values.find((one) => one.number === number);
    const { source, at: made, by } = value ?? { source: "brought", at: from.since, by: "gateway" };
    const text = await book.text(from, number);
    await audit.record({
      ...{ event: "secret.unit.regrouped", class: "security", who: "gateway", target: to, outcome: "ok" },
      detail: { slot, from: subject, stations: stations.join(" ") },
    });
    await book.add({ subject: to, slot }, text, { source, at: made, by }, (moved) => {
      const before = known ?? emptyRecord(to, slot, from.since);
      const witnesses = from.witnesses.filter((one) => one.value === number).map((one) => ({
        ...one,
        value: moved.number,
      }));
      return {
        ...before,
        has: { ...before.has, ...Object.fromEntries(stations.map((id) => [id, moved.number])) },
        values: [...before.values, moved],
        witnesses: [...before.witnesses, ...witnesses],
        ...isRenamed ? from.due ? { due: from.due } : {} : { due: soonerOf(before.due, { at, reason: "regrouped" }) },
      };
    });
  }
  if (isAlone) await book.drop(from);
  else await book.put({ ...from, has: left, due: soonerOf(from.due, { at, reason: "regrouped" }) });
}
