import { AUDIT_EVENTS } from "../control/audit_events.ts";
import type { ControlContext } from "../control/contract.ts";
import type { AuditEvent } from "../core/control_api.ts";
import type { FactorMethod, LoginStep, Role, SessionInfo } from "../core/people_api.ts";
import { isHostName } from "../config/ip.ts";
import { PROOF_MS } from "../../policies/session_times.ts";
import { verbsOf } from "../../policies/person_verbs.ts";
import { Accounts, hasSecondFactor } from "./accounts.ts";
import { PEOPLE_LIMITS } from "./limits.ts";
import { Lockouts } from "./lockouts.ts";
import { Passwords } from "./passwords.ts";
import { type AccountRecord, BREAK_GLASS, type SessionRecord, type Stage } from "./records.ts";
import { SeldomRecords } from "./seldom_records.ts";
import { type SecretDigest, secretDigest } from "./secret_text.ts";
import { Sessions } from "./sessions.ts";
import { type SteadyClock, steadyClock } from "./steady_clock.ts";
import { Totp } from "./totp.ts";
import { BoundedTurns } from "./bounded_turns.ts";

/** What all parts of people share, opened in order. */
export class People {
  /** Told of every session that ended; set by what keeps more of a session elsewhere. */
  onSessionEnd: (session: SessionRecord) => unknown = () => undefined;
  /** Refusals while locked cost their sender nothing, so they cost the disk little. */
  readonly lockedRefusals = new SeldomRecords(PEOPLE_LIMITS.lockedRecordMs, PEOPLE_LIMITS.ceremonies);
  readonly turns = new BoundedTurns(PEOPLE_LIMITS.waitingOfName);
  /** Changes of who may administrate, one after the other: two administrators who remove each other must not both be heard. */
  readonly adminTurns = new BoundedTurns(PEOPLE_LIMITS.accounts);

  private constructor(
    readonly context: ControlContext,
    readonly clock: SteadyClock,
    readonly digest: SecretDigest,
    readonly accounts: Accounts,
    readonly lockouts: Lockouts,
    readonly sessions: Sessions,
    readonly passwords: Passwords,
    readonly totp: Totp,
    /** Names of all commands, for `may`. */
    readonly commands: () => readonly string[],
  ) {}

  static async open(context: ControlContext, commands: () => readonly string[]): Promise<People> {
    const { store, random, sealer } = context;
    const late: { people?: People } = {};
    const clock = steadyClock(context.clock), digest = await secretDigest(sealer);
    const lockouts = await Lockouts.open(store, { clock, digest, scope: () => context.site.people.lockoutScope });
    const sessions = await Sessions.open({
      store,
      clock,
      random,
      digest,
      times: () => ({
        idleMs: context.site.people.idleMinutes * 60_000,
        absoluteMs: context.site.people.absoluteHours * 3_600_000,
      }),
      onEnd: async (session, rule, who) => {
        const { person, source, id } = session;
        await audit(context, {
          event: "people.session.ended",
          who,
          target: person,
          source,
          rule,
          detail: { session: id },
        });
        await late.people?.onSessionEnd(session);
      },
    });
    const accounts = await Accounts.open(store);
    return late.people = new People(
      context,
      clock,
      digest,
      accounts,
      lockouts,
      sessions,
      new Passwords(context),
      new Totp(context),
      commands,
    );
  }

  /** Records what a person did or was refused; stored when it resolves. */
  async audit(event: PeopleEvent): Promise<void> {
    await audit(this.context, event);
  }

  /** The console's name can carry passkeys: WebAuthn wants a domain, never an address. */
  get mayPasskey(): boolean {
    const { console } = this.context.site;
    return console !== undefined && isHostName(console.hostname);
  }

  /** Whether a person of these roles must have a second factor. */
  needsFactor(roles: readonly Role[]): boolean {
    return roles.some((role) => this.context.site.people.secondFactorRoles.includes(role));
  }

  rolesOf(person: string): readonly Role[] {
    return person === BREAK_GLASS ? ["administrator"] : this.accounts.get(person)?.roles ?? [];
  }

  /** The step that comes next after what was proven so far. */
  stageOf(account: AccountRecord, proven: Pick<SessionRecord, "recovered" | "secondFactorAt">): Stage {
    if (hasSecondFactor(account) && proven.secondFactorAt === undefined) return "second-factor";
    if (account.password?.temporary || proven.recovered === "password") return "change-password";
    const mustEnrol = this.needsFactor(account.roles) && proven.secondFactorAt === undefined;
    return mustEnrol ? "enrol-factor" : "done";
  }

  /** The proof of the last login or step-up still serves for dangerous acts. */
  isProven({ provenAt }: SessionRecord): boolean {
    return provenAt !== undefined && this.clock.now() - provenAt < PROOF_MS;
  }

  /** A session for its person, administrators and the console's pages. */
  describe(session: SessionRecord): SessionInfo {
    const { id, person, source, agent, stage, since, lastActivity, provenAt } = session;
    const account = this.accounts.get(person), roles = this.rolesOf(person);
    const { idleAt, endsAt } = this.sessions.endsOf(session);
    const wall = (steady: number) => this.clock.toWall(steady);
    return {
      id,
      person,
      displayName: account?.displayName ?? person,
      origin: person === BREAK_GLASS ? "break-glass" : account?.origin ?? "local",
      roles,
      stage,
      source,
      agent,
      since: wall(since),
      lastActivity: wall(lastActivity),
      idleAt: wall(idleAt),
      endsAt: wall(endsAt),
      ...this.isProven(session) ? { provenUntil: wall(provenAt! + PROOF_MS) } : {},
      may: stage === "done" ? verbsOf(roles, this.commands()) : [],
    };
  }

  /** What the console is told of a step. */
  stepOf(session: SessionRecord, token: string): LoginStep {
    const account = this.accounts.get(session.person);
    switch (session.stage) {
      case "done":
        return { step: "done", token, session: this.describe(session) };
      case "second-factor":
        return { step: "second-factor", token, methods: account ? methodsOf(account) : [] };
      case "change-password":
        return { step: "change-password", token, rules: this.passwords.rules(this.countsOnFactor(account)) };
      case "enrol-factor":
        return { step: "enrol-factor", token, methods: this.mayPasskey ? ["passkey", "totp"] : ["totp"] };
    }
  }

  /** A second factor is asked for at every login of this person, now or from the next step on. */
  countsOnFactor(account: AccountRecord | undefined): boolean {
    return account !== undefined && (hasSecondFactor(account) || this.needsFactor(account.roles));
  }
}

/** A record of people: `class` is that of the registry, the outcome "ok" unless said. */
export type PeopleEvent = Omit<AuditEvent, "class" | "outcome"> & Partial<Pick<AuditEvent, "outcome">>;

async function audit(context: Pick<ControlContext, "audit">, event: PeopleEvent): Promise<void> {
  await context.audit.record({ outcome: "ok", class: classOf(event.event), ...event });
}

/** Sessions, requests and ways are access; what changes who may do what is security. As the registry declares. */
function classOf(event: string): AuditEvent["class"] {
  return AUDIT_EVENTS[event as keyof typeof AUDIT_EVENTS].class;
}

function methodsOf({ passkeys, totp, recovery }: AccountRecord): readonly FactorMethod[] {
  return [
    ...passkeys.length > 0 ? ["passkey" as const] : [],
    ...totp ? ["totp" as const] : [],
    ...recovery.length > 0 ? ["recovery-code" as const] : [],
  ];
}
