import { isAccount, type SecretSlot } from "../../policies/secret_schedule.ts";
import { secretFault } from "../../policies/secret_text.ts";
import { restartMember } from "../../policies/secret_rotation.ts";
import { describeError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import { emptyRecord, refused } from "./rotations.ts";
import { recordId, type SecretRecord, valueOf } from "./secret_record.ts";
import { memberOf, membersOf, ruleOf, secretSubject } from "./units.ts";
import { type Vault, type VaultParts, witnessed } from "./vault.ts";

/** What came of bringing a secret. */
export interface Brought {
  readonly subject: string;
  /** A login with it was let in; otherwise the person's word stands for it. */
  readonly isProven: boolean;
  /** The controllers that have it now, as far as is known. */
  readonly stations: readonly string[];
}

/**
 * Takes the secret that a controller has now from a person: of one that was set elsewhere, or after a reset card was used.
 * It is proven by a login where the gateway can log in. A change that is under way goes on from it.
 * @throws GatewayError SECRET_REFUSED
 */
export async function bring(
  vault: Vault,
  parts: VaultParts,
  { station, slot, text, who }: {
    readonly station: Station;
    readonly slot: SecretSlot;
    readonly text: string;
    readonly who: string;
  },
): Promise<Brought> {
  const { context: { audit, clock }, devices } = parts;
  const subject = secretSubject(parts, station, slot), members = membersOf(parts, subject, slot);
  if (!members.some(({ id }) => id === station.id)) {
    throw refused(
      `${station.id} has no ${slot}, as far as the gateway knows`,
      "Its pages and their driver stand under stations[].ui",
    );
  }
  const { max } = ruleOf(members, slot), fault = secretFault(text, { min: 1, max });
  if (fault !== undefined) {
    throw refused(`This cannot be the ${slot} of ${station.id}: ${fault}`, "The file holds the secret alone");
  }
  const { isProvable } = memberOf(devices, station, slot);
  if (isProvable && isAccount(slot)) {
    const { outcome, why } = await devices.logIn({ station: station.id, role: slot, who, password: text });
    if (outcome !== "in") {
      const said = outcome === "wrong-password" ? "the controller refuses it" : why ?? outcome;
      throw refused(
        `${station.id} ${slot} was not proven: ${said}`,
        "Nothing was changed here; `station login-retry` gives tries back",
      );
    }
  }
  const brought = await vault.turns.run([recordId(subject, slot)], async () => {
    const at = clock.now(), before = vault.book.get(subject, slot) ?? emptyRecord(subject, slot, at);
    const blind = members.filter(({ id }) => before.has[id] === undefined).map(({ id }) => id);
    const record = await vault.book.add(before, text, { source: "brought", at, by: who }, (value) => {
      const stations = [...new Set([station.id, ...blind])];
      const has = { ...before.has, ...Object.fromEntries(stations.map((id) => [id, value.number])) };
      const next = continued(
        { ...before, has, values: [...before.values, value], since: at },
        station.id,
        value.number,
      );
      return witnessed(next, { person: who, value: value.number, shownAt: at });
    });
    const number = record.values.at(-1)!.number;
    await audit.record({
      event: "secret.value.brought",
      class: "security",
      who,
      target: station.id,
      outcome: "ok",
      detail: { slot, proven: isProvable },
    });
    const stations = members.map(({ id }) => id).filter((id) => valueOf(record, id) === number);
    return { subject, isProven: isProvable, stations };
  });
  try {
    await vault.coverBrought();
  } catch (error) {
    // it is stored here: the next tick tries again to have it kept elsewhere
    parts.context.log.warn("vault.escrow.not-made", { msg: describeError(error) });
  }
  return brought;
}

/** A change under way goes on from what the person brought. */
function continued(record: SecretRecord, station: string, number: number): SecretRecord {
  const { rotation } = record;
  if (!rotation?.machine.members.some((member) => member.station === station)) return record;
  const from = { ...rotation.from, [station]: number };
  return { ...record, rotation: { ...rotation, from, machine: restartMember(rotation.machine, station) } };
}
