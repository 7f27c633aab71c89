import type { Capability, DeviceRole } from "./access_types.ts";
import { allow, type Decision, deny } from "./decision.ts";
import { type ClassifiedKey, classifyKey, coversRole, type KeyTable, locksOut } from "./device_key.ts";
import { refuseForAll } from "./device_setting.ts";
import { POLICY_LIMITS } from "./limits.ts";

/** What a request to a controller's page may do; a tunnel is no page. */
export type PageCapability = Exclude<Capability, "tunnel">;

/** A request to a controller's page, already in its one canonical form. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values of query, form body and JSON settings together, in their order. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Asks to become a WebSocket. */
  readonly webSocket?: boolean;
}

/** What one kind of request to one kind of controller means. The first row that matches counts. */
export interface PageRow {
  /** Name of the row, the path template in the audit. */
  readonly id: string;
  /** Default: those that change nothing. */
  readonly methods?: readonly string[];
  /** "*" is one segment or a part of it, a last "**" any rest. */
  readonly path: string;
  /** Parameters that choose the page at a path that all pages share, with their whole values. */
  readonly where?: Readonly<Record<string, string>>;
  /** Default "view". */
  readonly capability?: PageCapability;
  /** Least role of the device that has this page. Default "operator". */
  readonly role?: DeviceRole;
  /** The parameters are settings, each judged by its key; those named here steer the page and are no settings. */
  readonly settings?: { readonly except?: readonly string[] };
  /** Part of the maker's old pages (BC-09). */
  readonly legacy?: true;
  /**
   * A WebSocket here shows what happens, so that who may see the page may open it: without the capability edit nothing
   * said over it reaches the device. Absent: opening one needs edit at least, since nobody judges what is said.
   */
  readonly socket?: "live";
  /** For the gateway's own driver, never for people: logins, and what devices show to anybody. */
  readonly driverOnly?: true;
}

/** The pages of a family of controllers. */
export interface PageTable {
  readonly rows: readonly PageRow[];
  readonly keys?: KeyTable;
}

/** What a request is. */
export interface ClassifiedPage {
  readonly row: string;
  readonly capability: PageCapability;
  readonly role: DeviceRole | "dev";
  readonly legacy: boolean;
  readonly driverOnly: boolean;
  /** Settings that it writes, with the values. */
  readonly settings: readonly (readonly [key: ClassifiedKey, value: string])[];
  /** The same setting, or the parameter that chooses the page, twice: the gateway would judge one and the device might take the other. */
  readonly repeated?: string;
}

const READS = ["GET", "HEAD", "OPTIONS"];

/**
 * What a request to a controller's page is. What no row knows is a view of the operator's when it changes nothing, and
 * an edit of the manufacturer's when it does; a request that writes settings is as strict as its strictest setting.
 */
export function classifyPage(request: PageRequest, table: PageTable): ClassifiedPage {
  const reads = READS.includes(request.method);
  const unknown: PageRow = {
    id: "unknown",
    path: "/**",
    ...(reads ? {} : { capability: "edit", role: "manufacturer" }),
  };
  const row = table.rows.find((one) => isRow(one, request)) ?? unknown;
  const settings = settingsOf(row, request, table);
  const strictest = settings.reduce<DeviceRole | "dev">(
    (role, [key]) => role === "dev" || coversRole(role, key.role) ? role : key.role,
    row.role ?? "operator",
  );
  const names = settings.map(([, , name]) => name.trim().toLowerCase());
  const repeated = names.find((name, at) => names.indexOf(name) !== at) ?? repeatedChoice(request, table);
  return {
    row: row.id,
    capability: capabilityOf(row, settings.map(([key]) => key), request.webSocket === true),
    role: strictest,
    legacy: row.legacy ?? false,
    driverOnly: row.driverOnly ?? false,
    settings: settings.map(([key, value]) => [key, value]),
    ...(repeated === undefined ? {} : { repeated }),
  };
}

/** A read that carries settings is a write: old pages take them from the query of any method. So is an open WebSocket. */
function capabilityOf(row: PageRow, settings: readonly ClassifiedKey[], webSocket: boolean): PageCapability {
  if (settings.some((key) => key.secret)) return "secrets";
  const capability = row.capability ?? "view";
  const writes = settings.length > 0 || (webSocket && row.socket !== "live");
  return capability === "view" && writes ? "edit" : capability;
}

/** Whether what a person says over an open WebSocket goes on to the device. */
export function maySpeak({ capabilities }: Pick<PageAccess, "capabilities">): boolean {
  return capabilities.includes("edit");
}

/** Who asks, with what. */
export interface PageAccess {
  readonly grant: string;
  readonly role: DeviceRole;
  readonly capabilities: readonly Capability[];
  /** What the site does about the maker's old pages: BC-09. */
  readonly legacy: "blocked" | "by-grant" | "allowed";
  /** The grant names the old pages. */
  readonly grantsLegacy: boolean;
}

/** Whether this request goes on to the device. Refusals name the setting, never its value. */
export function decidePage(page: ClassifiedPage, access: PageAccess): Decision {
  if (page.repeated !== undefined) {
    return deny("ui.setting.repeated", `The parameter ${page.repeated} stands in the request twice`, "Send it once");
  }
  if (page.driverOnly) {
    return deny("ui.page.driver-only", `Only the gateway itself uses the page ${page.row} of a device`);
  }
  for (const [key, value] of page.settings) {
    if (!locksOut(key, value)) continue;
    return refuseForAll(key, value, "ui")!;
  }
  if (page.legacy && !(access.legacy === "allowed" || (access.legacy === "by-grant" && access.grantsLegacy))) {
    return deny("ui.page.legacy", "The maker's old pages are blocked here", "Ask for a grant that names them");
  }
  if (page.role === "dev" || !coversRole(access.role, page.role)) return refuseRole(page, access);
  if (!access.capabilities.includes(page.capability)) {
    return deny(
      "ui.page.capability",
      `The page ${page.row} needs the capability ${page.capability}; grant ${access.grant} has ${
        access.capabilities.join(", ")
      }`,
      "Ask an administrator for a grant with this capability",
    );
  }
  return allow(access.grant);
}

function refuseRole(page: ClassifiedPage, access: PageAccess): Decision {
  const setting = page.settings.find(([key]) => key.role === "dev" || !coversRole(access.role, key.role))?.[0];
  const what = setting === undefined ? `page ${page.row}` : `setting ${setting.key}`;
  return page.role === "dev" ? refuseForAll(setting!, "", "ui")! : deny(
    "ui.page.role",
    `The ${what} is the ${page.role}'s; grant ${access.grant} is for ${access.role}`,
    `Ask for a grant as ${page.role}`,
  );
}

function settingsOf(
  row: PageRow,
  request: PageRequest,
  table: PageTable,
): [key: ClassifiedKey, value: string, name: string][] {
  if (!row.settings || !table.keys) return [];
  const except = row.settings.except?.map((name) => name.toLowerCase()) ?? [];
  const { keys } = table;
  return request.parameters
    .filter(([name]) => !except.includes(name.toLowerCase()))
    .map(([name, value]) => [classifyKey(name.slice(0, POLICY_LIMITS.fieldChars), keys), value, name]);
}

function isRow(row: PageRow, { method, path, parameters }: PageRequest): boolean {
  if (!(row.methods ?? READS).includes(method) || !matchesPath(path, row.path)) return false;
  return Object.entries(row.where ?? {}).every(([wanted, value]) =>
    parameters.some(([name, given]) => name === wanted && given === value)
  );
}

/** A parameter that chooses among the pages of this path and stands there twice, in whichever case. */
function repeatedChoice({ path, parameters }: PageRequest, table: PageTable): string | undefined {
  const choosing = table.rows.filter((row) => row.where && matchesPath(path, row.path));
  return choosing.flatMap((row) => Object.keys(row.where!)).find((wanted) =>
    parameters.filter(([name]) => name.toLowerCase() === wanted.toLowerCase()).length > 1
  );
}

/** Segment by segment: "*" stands for any characters of one segment, a last "**" for any rest. */
export function matchesPath(path: string, pattern: string): boolean {
  const segments = path.split("/");
  const wanted = pattern.split("/");
  const open = wanted.at(-1) === "**";
  if (open) wanted.pop();
  if (open ? segments.length < wanted.length : segments.length !== wanted.length) return false;
  return wanted.every((want, at) => matchesSegment(segments[at]!, want));
}

/** At most one "*" a segment: two could take exponential time. */
function matchesSegment(segment: string, want: string): boolean {
  const star = want.indexOf("*");
  if (star < 0) return segment === want;
  const [head, tail] = [want.slice(0, star), want.slice(star + 1)];
  return segment.length >= head.length + tail.length && segment.startsWith(head) && segment.endsWith(tail);
}
