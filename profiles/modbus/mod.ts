import type { ProfileSource } from "./source.ts";
import { BENDER_CC, BENDER_CC_15 } from "./bender_cc.ts";
import { ABB_TERRA_AC, ALFEN, EVLINK_PRO_AC, HEIDELBERG, KEBA, MENNEKES_COMPACT, VESTEL } from "./chargers.ts";
import { EVLINK_PARKING } from "./evlink_parking.ts";
import { ABB_B23, CARLO_GAVAZZI, EASTRON_SDM630, JANITZA, SCHNEIDER_IEM3000 } from "./meters.ts";

/** Every profile that comes with the gateway. A site adds its own in files of the same form. */
export const MODBUS_PROFILES: readonly ProfileSource[] = [
  ABB_B23,
  ABB_TERRA_AC,
  ALFEN,
  BENDER_CC,
  BENDER_CC_15,
  CARLO_GAVAZZI,
  EASTRON_SDM630,
  EVLINK_PARKING,
  EVLINK_PRO_AC,
  HEIDELBERG,
  JANITZA,
  KEBA,
  MENNEKES_COMPACT,
  SCHNEIDER_IEM3000,
  VESTEL,
];
