import { DOOR } from "../components/door.tsx";
import { STATION_STATE } from "../components/station_state.tsx";
import { REFUSAL } from "../http/refusal_page.tsx";
import { GRANT_WORDS } from "../pages/access/grant_words.ts";
import { ALARMS } from "../pages/alarms.tsx";
import { DASHBOARD } from "../pages/dashboard/texts.ts";
import { MODBUS_LINES } from "../pages/modbus_lines.tsx";
import { SETUP } from "../pages/door/setup.tsx";
import { SIGN_IN } from "../pages/door/texts.ts";
import { NETWORK } from "../pages/network/texts.ts";
import { STATION, STATIONS } from "../pages/stations/texts.ts";
import { COMMON } from "./common.ts";
import type { Dictionary } from "./language.ts";

/** Every dictionary, for the test that all languages are whole. Alphabetical. */
export const DICTIONARIES: readonly Pick<Dictionary<string>, "name" | "texts">[] = [
  ALARMS,
  COMMON,
  DASHBOARD,
  DOOR,
  GRANT_WORDS,
  NETWORK,
  MODBUS_LINES,
  REFUSAL,
  SETUP,
  SIGN_IN,
  STATION,
  STATIONS,
  STATION_STATE,
];
