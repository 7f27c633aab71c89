import { alarms } from "./alarms.tsx";
import type { LivePart } from "../live/live_part.ts";
import { dashboard, dashboardPart } from "./dashboard/dashboard.tsx";
import { network } from "./network/network.tsx";
import type { Page } from "./page.ts";
import { modbusLines } from "./modbus_lines.tsx";
import { inbox } from "./stations/inbox.tsx";
import { station } from "./stations/station.tsx";
import { stations } from "./stations/list.tsx";

/** Every page of the console, in the order of the navigation. A new page is one line here (docs/add-a-page.md). */
export const PAGES: readonly Page[] = [
  dashboard,
  alarms,
  stations,
  station,
  inbox,
  network,
  modbusLines,
];

/** Every part of a page that keeps itself up to date. */
export const LIVE_PARTS: readonly LivePart[] = [
  { name: "dashboard", render: dashboardPart },
];
