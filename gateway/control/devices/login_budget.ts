import type { LoginEnd } from "../../core/device_link_api.ts";
import type { Random } from "../../core/timers.ts";
import { RecordBook } from "../../people/record_book.ts";
import { KEYS } from "../../store/keys.ts";
import type { Store } from "../../store/store.ts";
import { DEVICE_LINK_LIMITS } from "./limits.ts";

/** What is stored of the tries at one account of one device. */
interface Tries {
  readonly station: string;
  readonly role: string;
  /** Tries that failed, whose fate nobody knows, or that are under way. */
  readonly count: number;
  /** When the first of them was, wall milliseconds. */
  readonly since: number;
  /** Keyed digest of name and password: another one in the site's files is another matter, since a person wrote it. */
  readonly secret: string;
  /** One of the tries was with a secret that no person wrote: another secret makes none of them forgotten. */
  readonly isTried?: true;
}

/** One account of one device. */
export interface BudgetAccount {
  readonly station: string;
  readonly role: string;
  readonly secret: string;
  /** The secret is one that an operation tries; absent: it is the site's. */
  readonly isTried?: true;
}

/** Whether a try may be made. */
export type BudgetAnswer =
  | { readonly allowed: true; readonly attempt: string }
  /** `waiting`: another try at the device is under way and may be the last one. */
  | { readonly allowed: false; readonly since: number; readonly waiting: boolean };

/** These ends cost nothing: the device was not told a wrong password. */
const FREE: ReadonlySet<LoginEnd> = new Set(["busy", "closed", "must-change", "strange", "unreachable"]);

/**
 * Never more than two failed logins at a device until a person acts (EV-11: the sixth locks it for everybody). A try is
 * stored before it is made and taken back when it did no harm, so that a crash costs a try and never gives one away.
 */
export class LoginBudget {
  readonly #book: RecordBook<Tries>;
  readonly #random: Random;
  readonly #underWay = new Map<string, BudgetAccount>();

  private constructor(book: RecordBook<Tries>, random: Random) {
    this.#book = book;
    this.#random = random;
  }

  static async open(store: Store, random: Random): Promise<LoginBudget> {
    return new LoginBudget(await RecordBook.open(store, KEYS.deviceLogin), random);
  }

  /** Takes a try; stored when it resolves. */
  async begin(account: BudgetAccount, now: number): Promise<BudgetAnswer> {
    const own = this.#own(account);
    const count = own?.count ?? 0;
    const spent = this.#book.all().filter(({ station }) => station === account.station)
      .reduce((sum, tries) => tries.role === account.role ? sum : sum + tries.count, count);
    if (spent >= DEVICE_LINK_LIMITS.refusedLogins) {
      const underWay = [...this.#underWay.values()].filter(({ station }) => station === account.station).length;
      const since = this.sinceOf(account.station) ?? now;
      return { allowed: false, since, waiting: spent - underWay < DEVICE_LINK_LIMITS.refusedLogins };
    }
    const attempt = Array.from(this.#random.bytes(9), (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#underWay.set(attempt, account);
    try {
      const isTried = own?.isTried ? { isTried: true } as const : {};
      await this.#book.put(idOf(account), { ...account, ...isTried, count: count + 1, since: own?.since ?? now });
    } catch (error) {
      this.#underWay.delete(attempt);
      throw error;
    }
    return { allowed: true, attempt };
  }

  /** What a try came to. @returns the failed tries at this account; undefined for a try that nobody made */
  async end(attempt: string, end: LoginEnd): Promise<number | undefined> {
    const account = this.#underWay.get(attempt);
    if (!account) return undefined;
    this.#underWay.delete(attempt);
    const own = this.#own(account);
    if (!own) return 0;
    if (end === "in") {
      await this.#book.remove([idOf(account)]);
      return 0;
    }
    if (!FREE.has(end)) return own.count;
    if (own.count > 1) await this.#book.put(idOf(account), { ...own, count: own.count - 1 });
    else await this.#book.remove([idOf(account)]);
    return own.count - 1;
  }

  /** A try that nobody will end any more stays counted. */
  abandon(attempt: string): void {
    this.#underWay.delete(attempt);
  }

  /** A person looked at the device: tries are free again. @returns how many were spent */
  async reset(station: string): Promise<number> {
    const all = this.#book.entries().filter(([, tries]) => tries.station === station);
    await this.#book.remove(all.map(([id]) => id));
    return all.reduce((sum, [, { count }]) => sum + count, 0);
  }

  /** When the first failed try at this device was; undefined without one. */
  sinceOf(station: string): number | undefined {
    const times = this.#book.all().filter((tries) => tries.station === station).map(({ since }) => since);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether a try at this device failed, is under way, or nobody knows. */
  hasTries(station: string): boolean {
    return this.#book.all().some((tries) => tries.station === station);
  }

  /** The tries at this account with this password, or with any where a program chose one of them. */
  #own(account: BudgetAccount): Tries | undefined {
    const own = this.#book.get(idOf(account));
    return own && (own.secret === account.secret || own.isTried || account.isTried) ? own : undefined;
  }
}

/** Station ids hold no line break. */
function idOf({ station, role }: Pick<BudgetAccount, "role" | "station">): string {
  return `${station}\n${role}`;
}
