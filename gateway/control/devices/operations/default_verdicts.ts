import { DEFAULT_ACCOUNTS } from "../../../../profiles/controllers/default_accounts.ts";
import type { DeviceRole } from "../../../../policies/access_types.ts";
import type { DefaultVerdict, OperationResult, TriedSecret } from "../../../core/device_operations_api.ts";
import type { DefaultBook } from "./default_book.ts";

/** A documented account of the factory. */
export interface DocumentedAccount {
  readonly role: DeviceRole;
  readonly name: string;
  readonly password: string;
}

/** Those of a driver's controllers. */
export function documentedOf(driver: string): readonly DocumentedAccount[] {
  return (DEFAULT_ACCOUNTS as Readonly<Record<string, readonly DocumentedAccount[]>>)[driver] ?? [];
}

/** What verdicts need. */
export interface VerdictParts {
  readonly book: DefaultBook;
  readonly now: () => number;
  /** A login at the device that is refused counts for ever until one comes in: there has to be none. */
  readonly hasFailedTries: (station: string) => boolean;
  /** A password that worked is tried once more: a login that comes in costs no try, and it may be another one by now. */
  readonly repeats?: boolean | undefined;
  /** The site's own secret for a role. */
  readonly own: (role: DeviceRole) => Promise<TriedSecret | undefined>;
  readonly prove: (role: DeviceRole, secret: TriedSecret | undefined) => Promise<OperationResult>;
}

/**
 * Whether documented passwords still work, as gently as can be: where the site's own secret is another one and comes in,
 * nothing is tried; else the documented one is, once for each account, and never as the second refused login.
 */
export async function judgeDefaults(
  parts: VerdictParts,
  station: string,
  accounts: readonly DocumentedAccount[],
): Promise<readonly DefaultVerdict[]> {
  const verdicts: DefaultVerdict[] = [];
  for (const account of accounts) verdicts.push(await judgeOne(parts, station, account));
  return verdicts;
}

async function judgeOne(
  parts: VerdictParts,
  station: string,
  { role, name, password }: DocumentedAccount,
): Promise<DefaultVerdict> {
  const { book, now } = parts, tried = book.of(station, role);
  const said = (verdict: DefaultVerdict["verdict"], at?: number, why?: string): DefaultVerdict => ({
    ...{ role, name, verdict },
    ...at === undefined ? {} : { at },
    ...why === undefined ? {} : { why },
  });
  const own = await parts.own(role);
  if (own && (own.name ?? name) === name) {
    const proven = await parts.prove(role, undefined);
    if (proven.ok) return said(own.password === password ? "default" : "changed", now());
  }
  // A change is not taken back by itself; that a default worked once says nothing about today.
  if (tried?.verdict === "changed") return said("changed", tried.at);
  const isRepeated = parts.repeats === true && tried?.verdict === "default";
  if (tried && !isRepeated) {
    return said("unknown", tried.at, "it was tried before; `device check --again` tries once more");
  }
  if (parts.hasFailedTries(station)) {
    return said(
      "unknown",
      undefined,
      "a login was refused there before; a person has to look first: `station login-retry`",
    );
  }
  const at = now();
  await book.put({ station, role, name, at });
  const proven = await parts.prove(role, { name, password });
  const verdict = proven.ok ? "default" : proven.failure === "refused" ? "changed" : undefined;
  if (verdict) {
    await book.put({ station, role, name, at, verdict });
    return said(verdict, at);
  }
  // The device has not seen the password: it may be tried another time.
  if (!proven.ok && UNSEEN.has(proven.failure)) await book.forget(station, role);
  return said("unknown", at, proven.ok ? undefined : proven.why);
}

const UNSEEN: ReadonlySet<string> = new Set(["away", "busy", "no-account", "pin", "spent", "unsupported"]);
