import { ALFEN } from "./alfen.ts";
import { BASIC } from "./basic.ts";
import { BENDER } from "./bender.ts";
import { CHARX } from "./charx.ts";
import type { Driver } from "./driver.ts";
import { EVLINK_PARKING } from "./evlink_parking.ts";
import { GUIDED } from "./guided.ts";
import { KEBA_P40 } from "./keba_p40.ts";

/** Every driver by the name that `ui.driver` of a station gives, alphabetical. */
export const DRIVERS: ReadonlyMap<string, Driver> = new Map(
  [ALFEN, BASIC, BENDER, CHARX, EVLINK_PARKING, GUIDED, KEBA_P40].map((driver) => [driver.id, driver]),
);
