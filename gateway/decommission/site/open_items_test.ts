import { deepEqual } from "node:assert/strict";
import { BUILT_IN_GRANTS } from "../../../policies/access_builtin.ts";
import type { Json } from "../../core/control_api.ts";
import { openItems, type OpenSources } from "./open_items.ts";

const QUIET: Readonly<Record<string, Json>> = {
  "firmware campaign list": { campaigns: [{ id: "c-1", state: "done" }, { id: "c-2", state: "draft" }] },
  "secret list": {
    secrets: [{ state: "settled", kept: 1, isCovered: true }, { state: "file", kept: 0, isCovered: false }],
  },
  "grant list": BUILT_IN_GRANTS as unknown as Json,
  "access list": [],
  "token list": [],
  "incident list": { incidents: [] },
  "commissioning list": [{ state: "closed" }],
};

const sources = (more: Partial<OpenSources> = {}, said: Readonly<Record<string, Json>> = {}): OpenSources => ({
  ...{ stations: () => [], whyBusy: () => undefined, waiting: () => Promise.resolve(0), leaving: () => [] },
  list: (command) => Promise.resolve({ ...QUIET, ...said }[command] ?? null),
  ...more,
});

Deno.test("own decommissioning: nothing open is nothing open; grants of the product itself are none", async () => {
  deepEqual(await openItems(sources()), { stations: [], work: [], ends: [] });
});

const cases: readonly [name: string, said: Record<string, Json>, work: readonly string[], ends: readonly string[]][] = [
  [
    "campaigns that run, stand, end or were approved",
    {
      "firmware campaign list": {
        campaigns: ["running", "paused", "aborted", "approved", "done"].map((state) => ({ state })),
      },
    },
    ["4 firmware campaigns are not over (`firmware campaign list`)"],
    [],
  ],
  [
    "a change of a secret that waits for its escrow",
    { "secret list": { secrets: [{ state: "escrow", kept: 1, isCovered: true }] } },
    ["1 changes of device secrets are under way (`secret list`)"],
    [],
  ],
  [
    "a secret that exists on this box alone",
    { "secret list": { secrets: [{ state: "settled", kept: 1, isCovered: false }] } },
    ["1 device secrets are in no copy off this box (`secret list`)"],
    [],
  ],
  [
    "a grant, a way, a token",
    { "grant list": [{ id: "g" }], "access list": [{ id: "w" }], "token list": [{ id: "t" }] },
    [],
    [
      "1 grants (`grant list`)",
      "1 ways to controllers are open (`access list`)",
      "1 API tokens (`token list`)",
    ],
  ],
  ["an incident", { "incident list": { incidents: [{ state: "open" }] } }, [], [
    "1 incidents are not closed (`incident list`)",
  ]],
  ["a protocol of a bay", { "commissioning list": [{ state: "draft" }, { state: "closed" }] }, [], [
    "1 commissioning protocols are not closed (`commissioning list`)",
  ]],
  [
    "a list of another form",
    { "firmware campaign list": { all: [] } },
    ["`firmware campaign list` does not say what is open"],
    [],
  ],
];
for (const [name, said, work, ends] of cases) {
  Deno.test(`own decommissioning: open: ${name}`, async () => {
    deepEqual(await openItems(sources({}, said)), { stations: [], work, ends });
  });
}

Deno.test("own decommissioning: open: stations, what they do, and messages that nobody has taken", async () => {
  const open = await openItems(sources({
    stations: () => [{ id: "CP001" }, { id: "CP002" }],
    whyBusy: (id) => id === "CP001" ? "a transaction runs" : undefined,
    waiting: (id) => Promise.resolve(id === "CP002" ? 3 : 0),
    leaving: () => ["CP002"],
  }));
  deepEqual([open.stations, open.work], [["CP001", "CP002"], [
    "decommissionings under way: CP002",
    "CP001: a transaction runs",
    "CP002: 3 messages that its CSMS has not taken (`outage list`)",
  ]]);
});

Deno.test("own decommissioning: a list that does not answer counts as open", async () => {
  const list = () => Promise.reject(new Error("gone"));
  const { work } = await openItems(sources({ list }));
  deepEqual(work[0], "`firmware campaign list` does not answer: gone");
});
