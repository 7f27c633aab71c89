import { BUILT_IN_GRANTS } from "../../../policies/access_builtin.ts";
import type { Json } from "../../core/control_api.ts";
import { describeError } from "../../core/errors.ts";

/** Something that stands in the way of erasing the gateway, in words. */
export interface OpenItems {
  /** Stations in service, by id. */
  readonly stations: readonly string[];
  /** What would be lost. */
  readonly work: readonly string[];
  /** What ends with the gateway: nobody has to do anything. */
  readonly ends: readonly string[];
}

/** What is asked for it. */
export interface OpenSources {
  readonly stations: () => readonly { readonly id: string }[];
  /** Why a station must not be disturbed now. */
  readonly whyBusy: (id: string) => string | undefined;
  /** Messages that no CSMS has taken. */
  readonly waiting: (id: string) => Promise<number>;
  /** Stations that are being decommissioned. */
  readonly leaving: () => readonly string[];
  /** The data of a command that lists something. */
  readonly list: (command: string) => Promise<Json>;
}

type Row = Readonly<Record<string, unknown>>;

/** A list of something, and which of its rows are still open. */
interface Listed {
  readonly command: string;
  /** Where the rows stand in the command's data; absent: it is the list. */
  readonly field?: string;
  readonly isOpen?: (row: Row) => boolean;
  /** In words, behind how many. */
  readonly what: string;
}

const CAMPAIGN_STATES: ReadonlySet<unknown> = new Set(["running", "paused", "aborted", "approved"]);
const SETTLED: ReadonlySet<unknown> = new Set(["settled", "due", "file"]);

const WORK: readonly Listed[] = [
  {
    ...{ command: "firmware campaign list", field: "campaigns", what: "firmware campaigns are not over" },
    isOpen: ({ state }) => CAMPAIGN_STATES.has(state),
  },
  {
    ...{ command: "secret list", field: "secrets", what: "changes of device secrets are under way" },
    isOpen: ({ state }) => !SETTLED.has(state),
  },
  {
    ...{ command: "secret list", field: "secrets", what: "device secrets are in no copy off this box" },
    isOpen: ({ kept, isCovered }) => Number(kept) > 0 && isCovered !== true,
  },
];

const ENDS: readonly Listed[] = [
  { command: "grant list", what: "grants", isOpen: ({ id }) => !BUILT_IN_GRANTS.some((grant) => grant.id === id) },
  { command: "access list", what: "ways to controllers are open" },
  { command: "token list", what: "API tokens" },
  { command: "incident list", field: "incidents", what: "incidents are not closed" },
  {
    ...{ command: "commissioning list", what: "commissioning protocols are not closed" },
    isOpen: ({ state }) => state !== "closed",
  },
];

/** What is still open at this gateway. A list that cannot be asked for counts as open: nothing is erased unseen. */
export async function openItems(sources: OpenSources): Promise<OpenItems> {
  const stations = sources.stations().map(({ id }) => id), leaving = sources.leaving();
  const work = leaving.length === 0 ? [] : [`decommissionings under way: ${leaving.join(", ")}`];
  for (const id of stations) {
    const why = sources.whyBusy(id), waiting = await sources.waiting(id);
    if (why !== undefined) work.push(`${id}: ${why}`);
    if (waiting > 0) work.push(`${id}: ${waiting} messages that its CSMS has not taken (\`outage list\`)`);
  }
  return {
    stations,
    work: [...work, ...await counted(sources, WORK)],
    ends: await counted(sources, ENDS),
  };
}

async function counted({ list }: OpenSources, lists: readonly Listed[]): Promise<string[]> {
  const said: string[] = [];
  for (const { command, field, isOpen, what } of lists) {
    const rows = await rowsOf(list, command, field);
    if (typeof rows === "string") said.push(rows);
    else {
      const open = isOpen ? rows.filter(isOpen).length : rows.length;
      if (open > 0) said.push(`${open} ${what} (\`${command}\`)`);
    }
  }
  return said;
}

async function rowsOf(
  list: OpenSources["list"],
  command: string,
  field: string | undefined,
): Promise<readonly Row[] | string> {
  try {
    const data = await list(command) as unknown as Row;
    const rows = field === undefined ? data : data[field];
    return Array.isArray(rows) ? rows : `\`${command}\` does not say what is open`;
  } catch (error) {
    return `\`${command}\` does not answer: ${describeError(error)}`;
  }
}
