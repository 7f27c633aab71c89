import { deepEqual } from "node:assert/strict";
import { Site } from "../config/schema.ts";
import { stationPages } from "./station_pages.ts";

const STATIONS = [
  {
    id: "CP001",
    ui: {
      url: "https://10.20.0.11",
      driver: "alfen",
      alsoAt: ["http://10.20.0.11:81"],
      plaintext: "isolated-segment",
    },
  },
  { id: "CP002" },
  { id: "CP003", ui: { url: "https://10.20.0.13", driver: "guided" } },
];

function siteOf(devicePages?: unknown): Site {
  const console = { listen: "127.0.0.1:8443", hostname: "gw.example", ...devicePages ? { devicePages } : {} };
  return Site.parse({ version: 1, site: { id: "lab" }, console, stations: STATIONS });
}

Deno.test("station pages: what people see of controllers and their ports", () => {
  deepEqual(stationPages(siteOf({ listen: "127.0.0.1:8447", ports: "9401-9402" })), [
    {
      station: "CP001",
      driver: "alfen",
      title: "Alfen Eve",
      roles: ["installer"],
      pages: [
        { station: "CP001", port: 443, origin: "https://cp001.gw.example:8447", ownPort: 9_401 },
        { station: "CP001", port: 81, origin: "https://cp001--p81.gw.example:8447", ownPort: 9_402 },
      ],
      cleartext: true,
    },
    {
      station: "CP003",
      driver: "guided",
      title: "Pages with a login that nobody knows",
      roles: [],
      pages: [{ station: "CP003", port: 443, origin: "https://cp003.gw.example:8447" }],
      cleartext: false,
    },
  ]);
});

Deno.test("station pages: none without a door", () => deepEqual(stationPages(siteOf()), []));
