import type { Site } from "../config/schema.ts";
import type { ControlContext, ControlFeature } from "../control/contract.ts";
import { describeError } from "../core/errors.ts";
import { readCertificate } from "../pki/certificate.ts";
import { readPem } from "../pki/pem.ts";
import type { ClockCertificate } from "../../policies/station_clock.ts";
import { BoxClock, type BoxClockState, type TimeHald } from "./box_clock.ts";
import { TIME_LIMITS } from "./limits.ts";
import { timeSettings } from "./settings.ts";
import { type StationClock, StationClocks, type StationClockSources } from "./station_clocks.ts";
import { timeCommands } from "./time_commands.ts";

/** Seconds that a station's clock may be off where the site says nothing of time. */
const OFFSET_SECONDS = 60;

/** Time in control, with what `status` shows of it. */
export interface TimeFeature extends ControlFeature {
  /** How the box's clock does; undefined when the site leaves it alone. */
  box(): BoxClockState | undefined;
  /** The clocks of stations that are known, the worst first. */
  stations(): readonly StationClock[];
  /** Looks now; it does so by itself twice a minute. */
  look(): Promise<void>;
}

/** What the feature needs beside the context. */
export interface TimeFeatureParts {
  readonly context: ControlContext;
  readonly hald: TimeHald | undefined;
  readonly stations: Omit<StationClockSources, "certificates">;
  /** What the listeners for stations show, PEM. */
  presented(): readonly { readonly listener: string; readonly pem: string }[];
}

/** The box's clock by chrony, and the stations' clocks against it. */
export function createTimeFeature({ context, hald, stations, presented }: TimeFeatureParts): TimeFeature {
  let site = context.site;
  const settings = timeSettings(site, context.files);
  let box = settings && new BoxClock(context, hald, settings);
  const clocks = new StationClocks(context, { ...stations, certificates: () => certificatesOf(presented()) });
  const look = async () => {
    await clocks.look(site.time?.stationOffsetSeconds ?? OFFSET_SECONDS);
    await box?.look();
  };
  const lookSafely = () => {
    look().catch((error) => context.log.warn("time.look.failed", { msg: describeError(error) }));
  };
  const cancel = context.timers.every(TIME_LIMITS.lookMs, lookSafely);
  lookSafely();
  const state = { box: () => box?.current, stations: () => clocks.current };
  return {
    name: "time",
    ...state,
    look,
    commands: timeCommands(state, look),
    reconfigure: (next: Site) => {
      const wanted = timeSettings(next, context.files);
      site = next;
      if (wanted && box) box.configure(wanted);
      else box = wanted && new BoxClock(context, hald, wanted);
      lookSafely();
      return Promise.resolve();
    },
    stop: () => Promise.resolve(cancel()),
  };
}

/** Each certificate of a chain with its dates: CAs among them end too, and count the same. */
function certificatesOf(presented: ReturnType<TimeFeatureParts["presented"]>): ClockCertificate[] {
  return presented.flatMap(({ listener, pem }) =>
    readPem(pem, "CERTIFICATE").map((der) => {
      const { notBefore, notAfter } = readCertificate(der);
      return { name: listener, notBefore, notAfter };
    })
  );
}
