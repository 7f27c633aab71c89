import type { SeenStation } from "../../policies/incident_look.ts";
import type { KnownWork } from "../../policies/incident_types.ts";
import type { ControlContext, ControlFeature } from "../control/contract.ts";
import { describeError, GatewayError } from "../core/errors.ts";
import type { Station } from "../inventory/config.ts";
import { IncidentActs } from "./acts.ts";
import { AuditWatch, type FollowedChain } from "./audit_watch.ts";
import { incidentCommands } from "./commands.ts";
import { IncidentBook } from "./incident_book.ts";
import { Incidents } from "./incidents.ts";
import { INCIDENT_LIMITS } from "./limits.ts";
import { Looks } from "./looks.ts";
import type { StepHands } from "./steps.ts";
import { Works } from "./works.ts";

/** The box itself as a subject beside the stations. */
export const GATEWAY_SUBJECT = "gateway";

/** What the feature needs of the others. */
export interface IncidentFeatureParts {
  readonly context: ControlContext;
  readonly chain: FollowedChain;
  readonly stations: () => readonly Pick<Station, "id" | "unit">[];
  /** Work that is under way at a station, as its owners say. */
  readonly worksAt: (station: string) => readonly KnownWork[];
  readonly hands: StepHands;
  /** The gateway's own eyes. */
  readonly sight: {
    visible(): readonly string[];
    see(station: string): Promise<SeenStation>;
  };
}

/** The feature, with what other features may ask of it. */
export interface IncidentFeature extends ControlFeature {
  readonly incidents: Incidents;
  readonly book: IncidentBook;
  /** Resolves when every record that is stored now was taken, or the store does not take it. */
  settled(): Promise<void>;
  /** What is done from time to time. */
  tick(): Promise<void>;
}

/** Incidents: what looks like tampering, from the first signal to the station that is whole again. */
export async function createIncidentFeature(parts: IncidentFeatureParts): Promise<IncidentFeature> {
  const { context, chain, hands } = parts, { timers, log, clock, store } = context;
  const book = await IncidentBook.open(store, chain.head.seq);
  const isKnown = (subject: string) => subject === GATEWAY_SUBJECT || parts.stations().some(({ id }) => id === subject);
  const unitOf = (subject: string) => parts.stations().find(({ id }) => id === subject)?.unit;
  const works = new Works();
  const incidents = new Incidents({ context, book, works, isKnown, unitOf, worksAt: parts.worksAt });
  const acts = new IncidentActs({ context, book, incidents, hands, isKnown });
  const looks = await Looks.open({
    context,
    stations: () => parts.sight.visible(),
    isBusy: (station) => incidents.worksOf(station, clock.now()).length > 0,
    see: (station) => parts.sight.see(station),
  });
  const look = async (station: string) => {
    if (!parts.sight.visible().includes(station)) {
      throw new GatewayError("STATION_UNKNOWN", `There is nothing to see of "${station.slice(0, 64)}"`, {
        hint: "A station with pages or an OCPP connection can be looked at: `stations`",
      });
    }
    await looks.look(station);
    await watch.catchUp();
  };
  incidents.onSignal.push((signal) => looks.ask(signal));
  const watch = new AuditWatch({
    ...{ chain, log, now: () => clock.now(), cursor: () => book.cursor },
    take: (record) => incidents.take(record),
  });
  let flushed = book.cursor;
  const tick = async () => {
    await watch.catchUp();
    await acts.checkAgain();
    await book.sweep(clock.now(), isKnown);
    await looks.sweep();
    await looks.turn();
  };
  const flush = async () => {
    const { cursor } = book;
    if (cursor === flushed) return;
    await incidents.flush();
    flushed = cursor;
  };
  const quietly = (work: () => Promise<void>) => () =>
    void work().catch((error) => log.warn("incidents.tick.failed", { msg: describeError(error) }));
  const cancels = [
    timers.after(
      0,
      quietly(async () => {
        await incidents.tellAll();
        await watch.catchUp();
      }),
    ),
    timers.every(INCIDENT_LIMITS.tickMs, quietly(tick)),
    timers.every(INCIDENT_LIMITS.cursorMs, quietly(flush)),
  ];
  return {
    name: "incidents",
    incidents,
    book,
    tick,
    settled: () => watch.catchUp(),
    commands: incidentCommands({ acts, book, look }),
    stop: async () => {
      for (const cancel of cancels) cancel();
      await watch.stop();
      await flush();
    },
  };
}
