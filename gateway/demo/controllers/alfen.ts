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
  const pages: SimPages = ({ method, path, query, body, connection }) => {
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
    if (path === "/api/categories") return withComma(json({ categories: ["generic", "comm"] }));
    if (path === "/api/prop") return page(properties, query);
    if (path === "/api/cmd") {
      return objectOf(body)["command"] === "reboot" ? { status: 200, drops: true } : { status: 400 };
    }
    if (path !== "/api/log") return { status: 404 };
    const at = Number(query.get("offset"));
    return { status: 200, body: LOG.slice(at, at + 2).join("\n") };
  };
  return { pages, accounts, properties, isTaken: () => holderOf() !== undefined };
}

const LOG = ["1_2026-11-21:INFO: started", "2_2026-11-21:INFO: connected", "3_2026-11-21:INFO: charging"];

/** Two properties at a time; the second category has none of its own. */
function page(properties: ReadonlyMap<string, unknown>, query: URLSearchParams): SimAnswer {
  const all = query.get("cat") === "comm" ? [] : [...properties].map(([id, value]) => ({ id, value }));
  const at = Number(query.get("offset") ?? 0);
  return withComma(json({ properties: all.slice(at, at + 2), total: all.length }));
}

function withComma(answer: SimAnswer): SimAnswer {
  return { ...answer, body: answer.body!.replace(/\}$/, ",}") };
}
