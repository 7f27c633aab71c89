import { isHostName } from "../../config/ip.ts";
import { originOf, pagesPort, planPages } from "../../config/device_pages.ts";
import type { Site } from "../../config/schema.ts";
import type { DeviceControlApi, DevicePeopleApi, StationPages } from "../../core/device_api.ts";
import { GatewayError, IdentityError } from "../../core/errors.ts";
import type { RpcHandlers } from "../../core/rpc.ts";
import type { Access } from "../access.ts";
import type { Callers, KnownCaller } from "../callers.ts";
import { sessionEnded } from "../sessions.ts";
import type { DeviceLog } from "./device_log.ts";
import type { DeviceSessionRecord, DeviceSessions } from "./device_sessions.ts";

/** What the verbs need. */
export interface DeviceHandlerParts {
  readonly callers: Callers;
  readonly access: Access;
  readonly sessions: DeviceSessions;
  readonly log: DeviceLog;
  readonly site: () => Site;
  readonly pages: (site: Site) => readonly StationPages[];
}

/** Device pages as people ask for them through the console. */
export function devicePeopleHandlers(parts: DeviceHandlerParts): RpcHandlers<DevicePeopleApi> {
  const { callers, access, sessions, log, site } = parts;
  return {
    "device.pages": async ({ by }) => {
      await callers.allow("device.pages", by);
      return parts.pages(site());
    },
    "device.open": async ({ by, lease: id, host }) => {
      const { person, session } = await callers.allow("device.open", by);
      const lease = await access.check(person, id);
      return await sessions.ticket({
        person,
        parent: needLogin(session).id,
        lease: id,
        origin: pageOrigin(site(), lease.station, host),
      });
    },
    "device.sessions": async ({ by }) => {
      const caller = await callers.allow("device.sessions", by);
      return sessions.all().filter((record) => isWatcher(caller) || record.person === caller.person)
        .map((record) => sessions.describe(record));
    },
    "device.end": async ({ by, session: id }) => {
      const caller = await callers.allow("device.end", by), record = sessions.get(id);
      if (!record || (record.person !== caller.person && !isWatcher(caller))) throw unknown();
      const rule = record.person === caller.person ? "device-session.closed" : "device-session.killed";
      return { ended: await sessions.end([record], rule, caller.person) };
    },
    "device.join": async ({ by, session: id, host }) => {
      const { person, session } = await callers.allow("device.join", by), record = sessions.get(id);
      if (!record || record.watches !== undefined) throw unknown();
      return await sessions.ticket({
        person,
        parent: needLogin(session).id,
        lease: record.lease,
        origin: pageOrigin(site(), record.station, host),
        watches: id,
      });
    },
    "device.watch": async ({ by, session: id, after }) => {
      await callers.allow("device.watch", by);
      const record = sessions.get(id);
      if (!record) throw unknown();
      return { session: sessions.describe(record), events: log.after(id, after) };
    },
  };
}

/** Device pages as the Worker that carries them asks. */
export function deviceWorkerHandlers(
  { sessions, log, site }: Omit<DeviceHandlerParts, "callers">,
  worker: string,
): RpcHandlers<DeviceControlApi> {
  const need = (id: string): DeviceSessionRecord => {
    const record = sessions.get(id);
    if (record?.worker === worker) return record;
    throw sessionEnded();
  };
  return {
    "device.enter": async ({ ticket, ...from }) => await sessions.enter(ticket, { ...from, worker }),
    "device.check": async ({ token, ...from }) => await sessions.check(token, { ...from, worker }),
    "device.sibling": async ({ token, origin, to, source }) =>
      await sessions.sibling(token, { origin, to, source, mayOpen: (station) => isOriginOf(site(), station, to) }),
    "device.active": async ({ session }) => await sessions.active(need(session).id),
    "device.look": ({ session }) => sessions.look(need(session)),
    "device.leave": async ({ session }) => {
      const record = need(session);
      await sessions.end([record], "device-session.closed", record.person);
    },
    "device.requests": async ({ session, requests }) =>
      await (sessions.late(session)?.worker === worker
        ? log.audit(sessions.late(session)!, requests)
        : log.record(need(session), requests)),
  };
}

/**
 * Where a person who reached the console by `host` finds the pages of a station: by name, or at the page's own port
 * where the console was reached by an address. @throws GatewayError UI_NO_PAGES
 */
function pageOrigin(site: Site, station: string, host: string): string {
  const page = planPages(site).find((each) => each.station === station), port = pagesPort(site);
  if (!page || port === undefined) {
    throw new GatewayError("UI_NO_PAGES", `Station "${station}" has no pages that the gateway opens`, {
      hint: "Add `ui` to the station and `console.devicePages` in site.yaml",
    });
  }
  const name = host.toLowerCase();
  const isByName = isHostName(name) && name !== "localhost" && name === site.console?.hostname.toLowerCase();
  return isByName || page.ownPort === undefined ? originOf(page.host, port) : originOf(name, page.ownPort);
}

/** Whether an origin is that of one of the station's pages, by name or by the page's own port at any name. */
function isOriginOf(site: Site, station: string, origin: string): boolean {
  const url = URL.parse(origin), port = pagesPort(site);
  if (!url || port === undefined || url.origin !== origin || url.protocol !== "https:") return false;
  return planPages(site).some((page) =>
    page.station === station &&
    (originOf(page.host, port) === origin || (url.port !== "" && page.ownPort === Number(url.port)))
  );
}

/** Device sessions hang on a login; an API token has none. */
function needLogin(session: KnownCaller["session"]) {
  if (session) return session;
  throw new IdentityError("PERSON_FORBIDDEN", "An API token opens no pages", { hint: "Log in at the console" });
}

function isWatcher({ roles }: KnownCaller): boolean {
  return roles.includes("administrator") || roles.includes("operator");
}

function unknown(): GatewayError {
  return new GatewayError("UI_SESSION_UNKNOWN", "There is no such device session", { hint: "List them first" });
}
