import type { Capability, DeviceRole } from "../../policies/access_types.ts";
import type { CommandCaller } from "../control/contract.ts";
import { IdentityError } from "../core/errors.ts";
import type { Access, AccessCaller } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import type { People } from "./people.ts";

/** How long an approval may be used. */
const REQUEST_MINUTES = 60;

/** What somebody wants to have done at a controller by its driver. */
export interface DeviceWish {
  readonly station: string;
  readonly deviceRole: DeviceRole;
  readonly capability: Capability;
  /** What for: a request that waits for approval shows it. */
  readonly reason: string;
}

/**
 * Judges who may have a driver work at a controller, by the same grants as its pages: time, source, second factor and the
 * approval of another person included. Nothing is opened by it: each piece of work is judged for itself.
 */
export class DeviceGate {
  constructor(
    private readonly people: People,
    private readonly access: Access,
    private readonly book: AccessBook,
  ) {}

  /** Resolves when it is allowed. @throws IdentityError ACCESS_REFUSED, STEP_UP_NEEDED; GatewayError STATION_UNKNOWN */
  async enter(person: string, { source, secondFactorAt }: CommandCaller, wish: DeviceWish): Promise<void> {
    const { reason: _, ...what } = wish;
    const session = secondFactorAt === undefined ? {} : { session: { secondFactorAt } };
    const caller: AccessCaller = { person, source, ...session };
    const decision = this.access.decide(caller, what);
    if (decision.effect === "allow") return;
    const event = { event: "people.access.refused", outcome: "refused", who: person, target: what.station } as const;
    await this.people.audit({ ...event, source, rule: decision.rule, detail: { ...what } });
    switch (decision.next?.kind) {
      case "second-factor":
        throw new IdentityError("STEP_UP_NEEDED", decision.reason, { hint: decision.hint });
      case "request": {
        const id = await this.#request(caller, wish);
        throw new IdentityError("ACCESS_REFUSED", `Another person has to approve it: request ${id} waits for that`, {
          hint: "Do it once more when it is approved; the page Access shows where it stands",
        });
      }
      case undefined:
        throw new IdentityError("ACCESS_REFUSED", decision.reason, { hint: decision.hint });
    }
  }

  /** The request that waits already, or a new one. */
  async #request(caller: AccessCaller, { reason, ...wish }: DeviceWish): Promise<string> {
    const waiting = this.book.requests.all().find((request) =>
      request.state === "pending" && request.person === caller.person && request.station === wish.station &&
      request.deviceRole === wish.deviceRole && request.capability === wish.capability
    );
    return (waiting ?? await this.access.request(caller, { wish, reason, minutes: REQUEST_MINUTES })).id;
  }
}
