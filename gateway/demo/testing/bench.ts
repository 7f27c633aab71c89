import { Buffer } from "node:buffer";
import { systemClock } from "../../core/clock.ts";
import { systemTimers } from "../../core/timers.ts";
import { createAuthority, type DemoAuthority } from "../demo_pki.ts";
import { OCPP_VERSIONS, type OcppVersion, type StationAccess, type StationSpec } from "../model.ts";
import { seededRandom } from "../seeded_random.ts";
import { SimulatedStation } from "../station.ts";
import { StrictCsms } from "../strict_csms.ts";

/** The badge that the test CSMS knows. */
export const BADGE = "04A1B2C3D4E5F6";
/** A station password with the bytes that text-based implementations get wrong. */
export const PASSWORD = new Uint8Array(Buffer.from("a:b\xff0123456789abcd", "latin1"));

/** Every pair of OCPP version and security profile. */
export const KINDS: readonly { readonly protocol: OcppVersion; readonly securityProfile: 1 | 2 | 3 }[] = OCPP_VERSIONS
  .flatMap((protocol) => ([1, 2, 3] as const).map((securityProfile) => ({ protocol, securityProfile })));

/** A simulated station of the given kind. */
export function specOf(id: string, protocol: OcppVersion, securityProfile: 1 | 2 | 3): StationSpec {
  return { id, protocol, securityProfile, vendor: "Bulkhead", model: "Simulated", powerWatts: 11_000, badge: BADGE };
}

/** A CSMS that listens as one security profile asks, without a gateway in between. */
export async function startCsms(
  securityProfile: 1 | 2 | 3,
  ids: readonly string[],
  protocols: readonly OcppVersion[] = OCPP_VERSIONS,
): Promise<{ readonly csms: StrictCsms; readonly authority: DemoAuthority }> {
  const authority = createAuthority("CSMS CA", systemClock.now(), seededRandom(1));
  const server = authority.issue({ commonName: "localhost", usage: "server", names: ["localhost", "127.0.0.1"] });
  const csms = await StrictCsms.start({
    host: "127.0.0.1",
    port: 0,
    passwords: new Map(ids.map((id) => [id, PASSWORD])),
    badges: new Set([BADGE]),
    heartbeatSeconds: 60,
    clock: systemClock,
    protocols,
    ...(securityProfile === 1
      ? {}
      : { tls: { ...server, ...(securityProfile === 3 ? { clientCaPem: authority.certPem } : {}) } }),
  });
  return { csms, authority };
}

/** What a station of one profile needs to reach that CSMS directly. */
export function accessTo(csms: StrictCsms, authority: DemoAuthority, spec: StationSpec): StationAccess {
  return {
    endpoint: csms.url,
    password: PASSWORD,
    ...(spec.securityProfile === 1 ? {} : { caPem: authority.certPem }),
    ...(spec.securityProfile === 3 ? authority.issue({ commonName: spec.id, usage: "client" }) : {}),
  };
}

/** A switched-on station with fast meter values. */
export function powerOn(spec: StationSpec, access: StationAccess, callMs?: number): SimulatedStation {
  const station = new SimulatedStation(spec, access, {
    clock: systemClock,
    timers: systemTimers,
    random: seededRandom(spec.id.length),
    meterMs: 20,
    energySpeed: 1_000,
    ...(callMs === undefined ? {} : { callMs }),
  });
  station.powerOn();
  return station;
}
