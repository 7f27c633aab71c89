import type { AuditEvent } from "../../core/control_api.ts";
import type { Random } from "../../core/timers.ts";
import type { Sealer } from "../contract.ts";
import type { Store } from "../../store/store.ts";
import { GatewayError } from "../../core/errors.ts";
import { KEYS } from "../../store/keys.ts";
import { getSealed, putSealed } from "../../store/sealer.ts";
import { AUDIT_EVENTS, type AuditEventDeclaration } from "../audit_events.ts";
import { AUDIT_LIMITS } from "./limits.ts";

/** Detail keys that hold a badge or vehicle id whatever the event declares: a forgotten declaration must not leak. */
const ALWAYS = new Set(["badge", "idTag", "idToken", "parentIdTag", "groupIdToken", "evccId", "vin", "vehicleId"]);

/**
 * Badge and vehicle ids as HMAC-SHA-256 under a random key per station and month (invariant 6). The keys are sealed in the
 * store; a destroyed key leaves pseudonyms that nobody can link or try out any more.
 */
export interface Pseudonyms {
  /** The event with every badge or vehicle id replaced; the same id has the same pseudonym within station and month. */
  replace(event: AuditEvent, atMs: number): Promise<AuditEvent>;
  /** Destroys the keys of a station in one month ("2026-11") or in all; answers the months whose key is gone. */
  destroy(station: string, month?: string): Promise<readonly string[]>;
}

/** Creates the pseudonyms of one site. */
export function createPseudonyms(store: Store, sealer: Sealer, random: Random): Pseudonyms {
  const keys = new Map<string, Promise<CryptoKey>>();
  const path = (station: string, month: string) => [...KEYS.pseudonyms, station, month];

  async function load(station: string, month: string): Promise<CryptoKey> {
    const stored = await getSealed(store, sealer, path(station, month));
    const raw = stored ?? random.bytes(32);
    if (!stored) await putSealed(store, sealer, path(station, month), raw);
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    raw.fill(0);
    return key;
  }

  function keyOf(station: string, month: string): Promise<CryptoKey> {
    const name = `${month}/${station}`;
    let key = keys.get(name);
    if (!key) {
      if (keys.size >= AUDIT_LIMITS.pseudonymKeys) keys.delete(keys.keys().next().value!);
      key = load(station, month);
      key.catch(() => keys.delete(name)); // the caller sees the error; the next one tries again
      keys.set(name, key);
    }
    return key;
  }

  return {
    async replace(event, atMs) {
      const names = Object.keys(event.detail ?? {}).filter((key) => isPseudonym(event.event, key));
      if (names.length === 0) return event;
      const detail = { ...event.detail };
      const station = typeof detail.station === "string" ? detail.station : event.target ?? "site";
      const key = await keyOf(station, new Date(atMs).toISOString().slice(0, 7));
      for (const name of names) detail[name] = await pseudonym(key, String(detail[name]));
      return { ...event, detail };
    },
    async destroy(station, month) {
      if (month !== undefined && !/^\d{4}-\d{2}$/.test(month)) {
        throw new GatewayError("CLI_USAGE", `Cannot destroy pseudonyms of month "${month}"`, {
          hint: "Write the month as YYYY-MM",
        });
      }
      const gone: string[] = [];
      for await (const entry of store.list([...KEYS.pseudonyms, station])) {
        const found = String(entry.key.at(-1));
        if (month === undefined || month === found) gone.push(found);
      }
      await store.commit(gone.map((found) => ({ delete: path(station, found) })));
      for (const found of gone) keys.delete(`${found}/${station}`);
      return gone;
    },
  };
}

function isPseudonym(event: string, key: string): boolean {
  const declared: AuditEventDeclaration | undefined = AUDIT_EVENTS[event as keyof typeof AUDIT_EVENTS];
  return ALWAYS.has(key) || (declared?.pseudonyms?.includes(key) ?? false);
}

async function pseudonym(key: CryptoKey, text: string): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
  return `p-${mac.slice(0, 16).toHex()}`;
}
