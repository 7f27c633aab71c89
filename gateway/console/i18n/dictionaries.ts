import { DOOR } from "../components/door.tsx";
import { STATION_STATE } from "../components/station_state.tsx";
import { REFUSAL } from "../http/refusal_page.tsx";
import { GRANT_WORDS } from "../pages/access/grant_words.ts";
import { ACCESS } from "../pages/access/texts.ts";
import { ACCOUNT } from "../pages/account/texts.ts";
import { ALARMS } from "../pages/alarms.tsx";
import { AUDIT } from "../pages/audit/audit.tsx";
import { CAMPAIGNS } from "../pages/campaigns/texts.ts";
import { CERTIFICATES } from "../pages/certificates/certificates.tsx";
import { DASHBOARD } from "../pages/dashboard/texts.ts";
import { MODBUS_LINES } from "../pages/modbus_lines.tsx";
import { SETUP } from "../pages/door/setup.tsx";
import { SIGN_IN } from "../pages/door/texts.ts";
import { FLOWS } from "../pages/flows/texts.ts";
import { LOGS } from "../pages/logs/texts.ts";
import { IMAGES } from "../pages/images/texts.ts";
import { UPLOADS } from "../pages/images/upload_texts.ts";
import { NAMES } from "../pages/names/texts.ts";
import { NETWORK } from "../pages/network/texts.ts";
import { PEOPLE } from "../pages/people/texts.ts";
import { POLICIES } from "../pages/policies/texts.ts";
import { DEVICE_TRUST } from "../pages/stations/device_trust_texts.ts";
import { ADVISORIES } from "../pages/posture/advisory_texts.ts";
import { REVIEW } from "../pages/audit/review_texts.ts";
import { GOLDEN } from "../pages/posture/golden_texts.ts";
import { INCIDENTS } from "../pages/incidents/texts.ts";
import { INSPECTIONS } from "../pages/inspections/texts.ts";
import { POSTURE } from "../pages/posture/texts.ts";
import { SECRETS } from "../pages/secrets/texts.ts";
import { LIVE } from "../pages/access/live_texts.ts";
import { RECORDINGS } from "../pages/access/recordings.tsx";
import { DEVICE } from "../pages/stations/device_texts.ts";
import { PAGES_TEXTS } from "../pages/stations/pages_texts.ts";
import { STATION, STATIONS } from "../pages/stations/texts.ts";
import { TUNNEL } from "../pages/stations/tunnel_texts.ts";
import { SWITCHES } from "../pages/switches/texts.ts";
import { SYSTEM } from "../pages/system/texts.ts";
import { TIME } from "../pages/time/texts.ts";
import { FLOOR_PICTURE } from "../components/floor_picture.tsx";
import { PLAN } from "../pages/plan/texts.ts";
import { BADGES } from "../pages/badges/texts.ts";
import { COMMISSIONING } from "../pages/commissioning/texts.ts";
import { DECOMMISSION } from "../pages/decommission/texts.ts";
import { COMMON } from "./common.ts";
import type { Dictionary } from "./language.ts";

/** Every dictionary, for the test that all languages are whole. Alphabetical. */
export const DICTIONARIES: readonly Pick<Dictionary<string>, "name" | "texts">[] = [
  ACCESS,
  ACCOUNT,
  ADVISORIES,
  ALARMS,
  AUDIT,
  REVIEW,
  BADGES,
  CAMPAIGNS,
  CERTIFICATES,
  COMMISSIONING,
  COMMON,
  DASHBOARD,
  DECOMMISSION,
  DEVICE,
  DEVICE_TRUST,
  DOOR,
  FLOOR_PICTURE,
  FLOWS,
  GRANT_WORDS,
  IMAGES,
  INCIDENTS,
  INSPECTIONS,
  LIVE,
  LOGS,
  NAMES,
  NETWORK,
  MODBUS_LINES,
  PAGES_TEXTS,
  PEOPLE,
  PLAN,
  POLICIES,
  GOLDEN,
  POSTURE,
  RECORDINGS,
  REFUSAL,
  SECRETS,
  SETUP,
  SIGN_IN,
  STATION,
  STATIONS,
  STATION_STATE,
  SWITCHES,
  SYSTEM,
  TIME,
  TUNNEL,
  UPLOADS,
];
