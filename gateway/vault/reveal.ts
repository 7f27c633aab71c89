import type { DeviceRole } from "../../policies/access_types.ts";
import { type SecretSlot, soonerOf } from "../../policies/secret_schedule.ts";
import { nextAct } from "../../policies/secret_rotation.ts";
import type { CommandCaller } from "../control/contract.ts";
import type { AccountWays } from "./device_accounts.ts";
import { readText, refused } from "./rotations.ts";
import { type SecretRecord, valueOf } from "./secret_record.ts";
import { subjectOf } from "./units.ts";
import { inForce, roleOfSlot, type Vault, type VaultParts, witnessed } from "./vault.ts";

/** Who wants to be shown a secret, and how they prove a second factor. */
export interface RevealAsker {
  readonly person: string;
  /** Absent at the control socket. */
  readonly caller?: CommandCaller;
  /** Code of an authenticator app, where nothing else proves the second factor. */
  readonly code?: string;
}

/** What a person wants to be shown. */
export interface RevealWish {
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly reason: string;
}

/** Judges who may be shown a secret: with a second factor, and after another person has approved. */
export interface RevealGate {
  /**
   * The approved request of this person; where none is, one is made and waits for somebody else.
   * @throws IdentityError when no grant allows it, or no second factor is proven
   */
  ask(
    asker: RevealAsker,
    wish: RevealWish,
  ): Promise<{ readonly isApproved: boolean; readonly request: string; readonly approvedBy?: string }>;
}

/** One text that is shown. */
export interface ShownSecret {
  readonly station: string;
  /** "now": what it has; "next": what it is to be given by hand; "perhaps": nobody knows which it has. */
  readonly what: "next" | "now" | "perhaps";
  readonly text: string;
}

/** The same before its text was opened. */
type NumberedSecret = Omit<ShownSecret, "text"> & { readonly number: number };

/** What came of asking. */
export type Revealed =
  /** One request for each unit that has it: all have to be approved. */
  | { readonly state: "asked"; readonly requests: readonly string[] }
  | {
    readonly state: "shown";
    readonly secrets: readonly ShownSecret[];
    /** When it will be changed; absent: the person sets the new one by hand now. */
    readonly changedAt?: number;
    readonly steps?: AccountWays["steps"];
  };

/** Shows secrets: once for each approval, recorded before it is shown, and changed afterwards. */
export class Reveals {
  constructor(
    private readonly vault: Vault,
    private readonly parts: VaultParts & { readonly gate: RevealGate },
  ) {}

  /** @throws GatewayError SECRET_UNKNOWN, SECRET_REFUSED, IdentityError of the gate */
  async reveal(subject: string, slot: SecretSlot, asker: RevealAsker, why: unknown): Promise<Revealed> {
    const record = this.vault.book.get(subject, slot);
    if (!record || record.values.length === 0) {
      throw refused(`The vault has no ${slot} of ${subject}`, "What it has: `secret list`");
    }
    const reason = readText(why, "A reason"), approval = await this.#approval(record, asker, reason);
    if ("requests" in approval) return { state: "asked", requests: approval.requests };
    const { request, approvedBy } = approval;
    const shown = this.#shownOf(record), byHand = this.#byHand(record);
    const { context: { audit, clock, site } } = this.parts, at = clock.now();
    const changedAt = byHand === undefined ? at + site.vault.revealMinutes * 60_000 : undefined;
    await this.vault.update(record, (now) => {
      if (now.witnesses.some((one) => one.request === request)) {
        throw refused("This approval has shown the secret already: each shows it once", "Withdraw it and ask anew");
      }
      const numbers = [...inForce(now), ...byHand === undefined ? [] : [now.rotation!.candidate]];
      const known = [...new Set(numbers)].reduce(
        (next, value) => witnessed(next, { person: asker.person, value, shownAt: at, request }),
        now,
      );
      return changedAt === undefined
        ? known
        : { ...known, due: soonerOf(known.due, { at: changedAt, reason: "revealed" }) };
    });
    await audit.record({
      event: "secret.value.revealed",
      class: "security",
      who: asker.person,
      target: subject,
      outcome: "ok",
      detail: { slot, reason, request, ...approvedBy === undefined ? {} : { approvedBy } },
    });
    const steps = byHand === undefined ? undefined : this.parts.devices.ways(byHand).steps;
    return {
      state: "shown",
      secrets: await Promise.all(shown.map(async ({ station, what, number }) => {
        return { station, what, text: await this.vault.book.text(record, number) };
      })),
      ...changedAt === undefined ? {} : { changedAt },
      ...steps ? { steps } : {},
    };
  }

  /** Whoever knows the secret of a group opens every unit of it: they must be allowed each. */
  async #approval(
    record: SecretRecord,
    asker: RevealAsker,
    reason: string,
  ): Promise<{ readonly requests: readonly string[] } | { readonly request: string; readonly approvedBy?: string }> {
    const having = [
      ...record.rotation?.machine.members.map(({ station }) => station) ?? [],
      ...Object.keys(record.has),
    ];
    const all = this.parts.stations(), unitOf = (id: string) => subjectOf(all.find((one) => one.id === id) ?? { id });
    const ofUnits = new Map((having.length > 0 ? having : [record.subject]).toReversed().map((id) => [unitOf(id), id]));
    const deviceRole = roleOfSlot(record.slot), open: string[] = [];
    let first: { readonly request: string; readonly approvedBy?: string } | undefined;
    for (const station of [...ofUnits.values()].toReversed()) {
      const { isApproved, ...asked } = await this.parts.gate.ask(asker, { station, deviceRole, reason });
      if (!isApproved) open.push(asked.request);
      first ??= asked;
    }
    return open.length > 0 ? { requests: open } : first!;
  }

  /** The controller whose secret a person is to set by hand now. */
  #byHand({ rotation }: SecretRecord): string | undefined {
    if (rotation?.phase !== "running") return undefined;
    const act = nextAct(rotation.machine, this.parts.context.clock.now());
    return act.kind === "person" ? act.station : undefined;
  }

  #shownOf(record: SecretRecord): NumberedSecret[] {
    const { rotation } = record, byHand = this.#byHand(record);
    const stations = [
      ...new Set([...Object.keys(record.has), ...rotation?.machine.members.map((one) => one.station) ?? []]),
    ];
    const shown = stations.flatMap((station): NumberedSecret[] => {
      const number = valueOf(record, station);
      if (number !== undefined) return [{ station, what: "now" as const, number }];
      const both = [rotation?.from[station], rotation?.candidate].filter((each) => each !== undefined);
      return station === byHand ? [] : both.map((each) => ({ station, what: "perhaps" as const, number: each }));
    });
    if (byHand === undefined || !rotation) return shown;
    const goal = rotation.machine.direction === "forward" ? rotation.candidate : rotation.from[byHand];
    return goal === undefined ? shown : [...shown, { station: byHand, what: "next", number: goal }];
  }
}
