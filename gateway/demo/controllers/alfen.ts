import { SimAccounts, type SimPasswords } from "./sim_accounts.ts";
import { json, objectOf, type SimAnswer, type SimPages } from "./simulated_device.ts";

/** A simulated Alfen Eve, with what tests look into. */
export interface AlfenPages {
  readonly pages: SimPages;
  readonly accounts: SimAccounts;
  readonly properties: Map<string, unknown>;
  /** Whether somebody is logged in. */
  readonly isTaken: () => boolean;
}

/**
 * Alfen Eve: the login belongs to the TCP connection, there is one at a time, writes end the connection, and its JSON
 * has a comma too many.
 */
export function alfenPages(passwords: SimPasswords, now?: () => number): AlfenPages {
  const accounts = new SimAccounts(passwords, now);
  const properties = new Map<string, unknown>([["2129_0", 16], ["2059_0", "eve"]]);
  let holder: WeakRef<object> | undefined;
  const holderOf = () => {
    const socket = holder?.deref() as { destroyed?: boolean } | undefined;
    return socket && !socket.destroyed ? socket : undefined;
  };
  const pages: SimPages = ({ method, path, body, connection }) => {
    if (path === "/api/info") {
      return withComma(json({ Identity: "ACE0000001", Model: "NG910", FWVersion: "6.6.0-4210" }));
    }
    if (path === "/api/login" && method === "POST") {
      const other = holderOf();
      if (other && other !== connection) return { status: 423 };
      const { username, password } = objectOf(body);
      if (accounts.try(String(username), (right) => right === password) !== "in") return { status: 401 };
      holder = new WeakRef(connection);
      return { status: 200 };
    }
    if (holderOf() !== connection) return { status: 401, closes: true };
    if (path === "/api/logout") {
      holder = undefined;
      return { status: 200, closes: true };
    }
    if (path === "/api/prop" && method === "POST") {
      for (const [id, entry] of Object.entries(objectOf(body))) properties.set(id, (entry as { value: unknown }).value);
      return { status: 200, closes: true };
    }
    if (path === "/api/prop") {
      return withComma(
        json({ properties: [...properties].map(([id, value]) => ({ id, value })), total: properties.size }),
      );
    }
    return path === "/api/log" ? { status: 200, body: "1_2026-11-21:INFO: started" } : { status: 404 };
  };
  return { pages, accounts, properties, isTaken: () => holderOf() !== undefined };
}

function withComma(answer: SimAnswer): SimAnswer {
  return { ...answer, body: answer.body!.replace(/\}$/, ",}") };
}
