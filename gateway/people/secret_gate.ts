import type { CommandCaller } from "../control/contract.ts";
import { IdentityError } from "../core/errors.ts";
import type { AccessWish } from "../core/people_access_api.ts";
import { ACCESS_FACTOR_MS } from "../../policies/access.ts";
import type { AccessRequest } from "../../policies/access_types.ts";
import type { Access, AccessCaller } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import { countFailure, refuseLocked } from "./login_refusals.ts";
import { useTotp } from "./logins.ts";
import type { People } from "./people.ts";

/** Where the control socket is, for grants that count from some networks only. */
const THIS_BOX = "127.0.0.1";
/** How long an approval may be used. */
const REQUEST_MINUTES = 60;

/** Who wants to be shown a secret, and how they prove a second factor. */
export interface SecretAsker {
  readonly person: string;
  /** Absent at the control socket. */
  readonly caller?: CommandCaller;
  /** Code of an authenticator app, where no session proves the second factor. */
  readonly code?: string;
}

/** Judges who may be shown a secret of a device: by a grant, with a second factor, after another person has approved. */
export class SecretGate {
  constructor(
    private readonly people: People,
    private readonly access: Access,
    private readonly book: AccessBook,
  ) {}

  /**
   * The approved request of this person; where none is, one is made and waits for somebody else.
   * @throws IdentityError ACCESS_REFUSED, STEP_UP_NEEDED, LOGIN_REFUSED
   */
  async ask(
    asker: SecretAsker,
    { station, deviceRole, reason }: Pick<AccessWish, "deviceRole" | "station"> & { readonly reason: string },
  ): Promise<{ readonly isApproved: boolean; readonly request: string; readonly approvedBy?: string }> {
    const caller = await this.prove(asker, "Secrets of devices are shown"), { people, access, book } = this;
    const wish: AccessWish = { station, deviceRole, capability: "secrets" };
    const decision = access.decide(caller, wish);
    if (decision.effect === "allow" && decision.request !== undefined) {
      const { decidedBy } = book.needRequest(decision.request);
      return {
        isApproved: true,
        request: decision.request,
        ...decidedBy === undefined ? {} : { approvedBy: decidedBy },
      };
    }
    if (decision.effect === "allow" || decision.next?.kind !== "request") {
      const { rule } = decision;
      const event = {
        event: "people.access.refused",
        outcome: "refused",
        who: caller.person,
        target: station,
      } as const;
      await people.audit({ ...event, source: caller.source, rule, detail: { ...wish } });
      const { reason: why, hint } = decision.effect === "deny"
        ? decision
        : { reason: "nobody has approved it", hint: "" };
      throw new IdentityError("ACCESS_REFUSED", why, { hint });
    }
    const isSame = (request: AccessRequest) =>
      request.state === "pending" && request.person === caller.person && request.station === station &&
      request.deviceRole === deviceRole && request.capability === "secrets";
    const waiting = book.requests.all().find(isSame);
    const request = waiting ?? await access.request(caller, { wish, reason, minutes: REQUEST_MINUTES });
    return { isApproved: false, request: request.id };
  }

  /**
   * The asker with a second factor that was proven just now.
   * @param what stands in the refusal, as "Secrets of devices are shown"
   * @throws IdentityError STEP_UP_NEEDED, LOGIN_REFUSED
   */
  async prove({ person, caller, code }: SecretAsker, what: string): Promise<AccessCaller> {
    const { people } = this, now = people.clock.now();
    if (caller) {
      const { source, secondFactorAt } = caller;
      if (secondFactorAt !== undefined && now - secondFactorAt <= ACCESS_FACTOR_MS) {
        return { person, source, session: { secondFactorAt } };
      }
      throw new IdentityError("STEP_UP_NEEDED", `${what} after a second factor only`, {
        hint: "Prove your second factor once more; who has none enrols one under My account",
      });
    }
    if (code === undefined) {
      throw new IdentityError("STEP_UP_NEEDED", `${what} after a second factor only`, {
        hint: "Pass --code with the six digits of your authenticator app, or use the console",
      });
    }
    const account = people.accounts.get(person), attempt = { name: person, source: THIS_BOX };
    return await people.turns.take(person.toLowerCase(), async () => {
      await refuseLocked(people, attempt);
      if (!account || !await useTotp(people, account, code)) {
        throw await countFailure(people, attempt, "login.step-up");
      }
      await people.lockouts.succeed(attempt);
      return { person, source: THIS_BOX, session: { secondFactorAt: now } };
    });
  }
}
