import type { LoginOutcome, SetOutcome } from "../../../policies/secret_rotation_types.ts";
import type { AccountAsk, AccountEnd, AccountWays, DeviceAccounts } from "../device_accounts.ts";

/** What goes wrong at a controller when it is asked to take another password. */
export type SetFault =
  | "away"
  | "busy"
  | "loses-the-answer"
  | "loses-the-question"
  | "never-takes-it"
  | "reboots"
  | "says-no-and-takes-it"
  | "says-yes-and-does-not";

/** One controller as it is, which nobody sees but by its answers. */
export class FakeController {
  /** Passwords by role. */
  readonly passwords = new Map<string, string>();
  /** Refused logins in a row, and the most there ever were; a real one locks after six. */
  refused = 0;
  worst = 0;
  isAway = false;
  /** Calls during which it is away from now on. */
  awayFor = 0;
  canLogIn = true;
  canSet: AccountWays["canSet"] = ["user", "operator", "installer", "manufacturer"];
  /** What the next changes meet, in order. */
  faults: SetFault[] = [];
  /** What the next logins meet, in order. */
  loginFaults: ("away" | "busy" | "loses-the-answer" | "none" | "spent")[] = [];
  logins = 0;

  constructor(readonly id: string) {}

  /** A person holds the reset card to the reader: every password is another one. */
  reset(): void {
    for (const role of this.passwords.keys()) this.passwords.set(role, "default");
  }

  isAbsent(): boolean {
    if (this.awayFor > 0) {
      this.awayFor--;
      return true;
    }
    return this.isAway;
  }

  accepts(role: string, password: string): boolean {
    this.logins++;
    this.refused = this.passwords.get(role) === password ? 0 : this.refused + 1;
    this.worst = Math.max(this.worst, this.refused);
    return this.refused === 0;
  }
}

/** Controllers that answer at once, each with faults of its own. */
export class FakeControllers implements DeviceAccounts {
  readonly all = new Map<string, FakeController>();
  /** Called with every call before and after the controller did it: where a test ends the gateway. */
  onCall: (when: "after" | "before") => Promise<void> = () => Promise.resolve();
  /** Calls under way at one time, and the most there were. */
  busy = 0;
  mostBusy = 0;

  add(id: string, passwords: Readonly<Record<string, string>> = {}): FakeController {
    const made = new FakeController(id);
    for (const [role, password] of Object.entries(passwords)) made.passwords.set(role, password);
    this.all.set(id, made);
    return made;
  }

  of(id: string): FakeController {
    const found = this.all.get(id);
    if (found) return found;
    throw new Error(`no controller ${id}`);
  }

  ways(station: string): AccountWays {
    const { canLogIn, canSet } = this.of(station);
    return { canLogIn, canSet, steps: { en: "Open SYSTEM > Password.", de: "SYSTEM > Passwort öffnen." } };
  }

  logIn({ station, role, password }: AccountAsk & { readonly password: string }): Promise<AccountEnd<LoginOutcome>> {
    return this.#call<LoginOutcome>(() => {
      const device = this.of(station), fault = device.loginFaults.shift() ?? "none";
      if (fault === "away" || device.isAbsent()) return "unreachable";
      if (fault === "busy" || fault === "spent") return fault;
      const isIn = device.accepts(role, password);
      if (fault === "loses-the-answer") return "unknown";
      return isIn ? "in" : "wrong-password";
    });
  }

  setPassword(
    { station, role, old, next }: AccountAsk & { readonly old: string; readonly next: string },
  ): Promise<AccountEnd<SetOutcome>> {
    return this.#call<SetOutcome>(() => {
      const device = this.of(station), fault = device.faults.shift();
      if (fault === "away" || device.isAbsent()) return "unreachable";
      if (fault === "busy") return "busy";
      if (!device.accepts(role, old)) return "wrong-password";
      if (fault === "never-takes-it") return "refused";
      if (fault === "loses-the-question") return "unknown";
      if (fault === "says-yes-and-does-not") return "done";
      device.passwords.set(role, next);
      if (fault === "reboots") device.awayFor = 3;
      if (fault === "says-no-and-takes-it") return "refused";
      return fault === "loses-the-answer" ? "unknown" : "done";
    });
  }

  async #call<Outcome extends string>(act: () => Outcome): Promise<AccountEnd<Outcome>> {
    this.mostBusy = Math.max(this.mostBusy, ++this.busy);
    try {
      await this.onCall("before");
      const outcome = act();
      await this.onCall("after");
      return { outcome, why: `it was ${outcome}` };
    } finally {
      this.busy--;
    }
  }
}
