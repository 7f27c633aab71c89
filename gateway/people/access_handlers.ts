import { GatewayError } from "../core/errors.ts";
import type { AccessApi, AccessWish } from "../core/people_access_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { CAPABILITIES, DEVICE_ROLES } from "../../policies/access_types.ts";
import type { Access, AccessCaller } from "./access.ts";
import type { AccessBook } from "./access_book.ts";
import { explainText } from "./access_text.ts";
import type { Callers, KnownCaller } from "./callers.ts";
import { readGrant } from "./grant_schema.ts";
import type { People } from "./people.ts";

/** Grants, requests and ways, as the console and the device pages ask for them. */
export function accessHandlers(
  people: People,
  callers: Callers,
  access: Access,
  book: AccessBook,
): RpcHandlers<AccessApi> {
  return {
    "people.grant.list": async ({ by }) => {
      await callers.allow("people.grant.list", by);
      return book.allGrants();
    },
    "people.grant.add": async ({ by, grant }) => {
      const { person } = await callers.allow("people.grant.add", by);
      return await access.addGrant(person, readGrant(grant));
    },
    "people.grant.remove": async ({ by, id }) => {
      const { person } = await callers.allow("people.grant.remove", by);
      await access.removeGrant(person, id);
    },
    ...requestHandlers(callers, access, book),
    "people.access.explain": async ({ by, person, wish, at, from }) => {
      const caller = await callers.allow("people.access.explain", by);
      const name = person ?? caller.person;
      // what others may is for those who watch; about oneself everybody may ask
      if (name !== caller.person && !caller.roles.some((role) => role !== "technician")) {
        throw new GatewayError("PERSON_FORBIDDEN", "Technicians ask about themselves only");
      }
      const asked = readWish({ ...wish, station: stationOf(people, String(wish.station)) });
      const decision = access.decide(assumed(people, caller, name, from), asked, at);
      return { decision, text: explainText(name, asked, decision) };
    },
    "people.access.open": async ({ by, wish, ...more }) => {
      const caller = await callers.allow("people.access.open", by);
      return await access.open(asking(caller), { wish: readWish(wish), ...more });
    },
    "people.access.check": async ({ by, lease }) => {
      const { person } = await callers.allow("people.access.check", by);
      return await access.check(person, lease);
    },
    "people.access.list": async ({ by }) => {
      const { person, roles } = await callers.allow("people.access.list", by);
      const now = people.context.clock.now(), living = book.leases.all().filter(({ until }) => now < until);
      return isWatcher(roles) ? living : living.filter((lease) => lease.person === person);
    },
    "people.access.end": async ({ by, lease: id }) => {
      const { person, roles } = await callers.allow("people.access.end", by), lease = book.leases.get(id);
      if (!lease || lease.person !== person && !isWatcher(roles)) {
        throw new GatewayError("PERSON_UNKNOWN", "There is no such way", { hint: "List them first" });
      }
      await access.end([lease], lease.person === person ? "access.closed" : "access.killed", person);
    },
  };
}

function requestHandlers(callers: Callers, access: Access, book: AccessBook): RpcHandlers<AccessApi> {
  return {
    "people.request.list": async ({ by }) => {
      const { person, roles } = await callers.allow("people.request.list", by);
      const all = book.requests.all();
      return isWatcher(roles) || roles.includes("auditor") ? all : all.filter((request) => request.person === person);
    },
    "people.request.add": async ({ by, wish, ...more }) => {
      const caller = await callers.allow("people.request.add", by);
      return await access.request(asking(caller), { wish: readWish(wish), ...more });
    },
    "people.request.decide": async ({ by, ...verdict }) => {
      const { person } = await callers.allow("people.request.decide", by);
      return await access.judgeRequest(person, verdict);
    },
    "people.request.withdraw": async ({ by, id }) => {
      const { person } = await callers.allow("people.request.withdraw", by);
      return await access.withdraw(person, id);
    },
  };
}

/** @throws GatewayError PERSON_INVALID */
export function readWish({ station, deviceRole, capability }: AccessWish): AccessWish {
  if (!DEVICE_ROLES.includes(deviceRole)) {
    throw new GatewayError("PERSON_INVALID", `"${String(deviceRole).slice(0, 40)}" is no account of a controller`, {
      hint: `Accounts are ${DEVICE_ROLES.join(", ")}`,
    });
  }
  if (!CAPABILITIES.includes(capability)) {
    throw new GatewayError("PERSON_INVALID", `"${String(capability).slice(0, 40)}" is no capability`, {
      hint: `Capabilities are ${CAPABILITIES.join(", ")}`,
    });
  }
  return { station: String(station), deviceRole, capability };
}

/** The station of this id, else the first of the unit of this name, as people ask about "bay-07". */
export function stationOf({ context }: Pick<People, "context">, name: string): string {
  const { stations } = context.site;
  if (stations.some(({ id }) => id === name)) return name;
  return stations.find(({ unit }) => unit === name)?.id ?? name;
}

function asking({ person, source, session }: KnownCaller): AccessCaller {
  return { person, source, ...session ? { session } : {} };
}

/** For the simulator: about others a second factor is assumed, about oneself it is the own. */
function assumed(people: People, caller: KnownCaller, person: string, from: string | undefined): AccessCaller {
  const source = from ?? caller.source;
  if (person === caller.person) return { ...asking(caller), source };
  people.accounts.need(person);
  return { person, source, session: { secondFactorAt: people.clock.now() } };
}

function isWatcher(roles: readonly string[]): boolean {
  return roles.includes("administrator") || roles.includes("operator");
}
