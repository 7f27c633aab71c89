import type { WorkerContext } from "../core/conduit.ts";
import type { WorkerApi } from "../core/control_api.ts";
import type { RpcHandlers } from "../core/rpc.ts";
import { Activity } from "./activity.ts";
import { cannedAnswersPart } from "./canned_answers.ts";
import type { OcppVersion } from "./codec.ts";
import { Moving } from "./moving/moving.ts";
import { Mirrors } from "./mirrors/mirrors.ts";
import { rehomingPart } from "./rehoming/part.ts";
import type { RelayCounters } from "./counters.ts";
import { controllersPart } from "./controller/controllers.ts";
import { ExpectedCalls } from "./expected_calls.ts";
import { firmwarePart } from "./firmware/part.ts";
import { firmwareStatusPart } from "./firmware_status_part.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import { ledgerPart } from "./ledger/ledger_part.ts";
import type { RelayObserver } from "./relay_observer.ts";
import { blockedBadgesPart } from "./outage/blocked_badges.ts";
import { quarantinePart } from "./quarantine.ts";
import type { Reporter } from "./reporter.ts";
import { securityEventPart } from "./security_event_part.ts";
import type { Judge } from "./session.ts";
import type { Taker } from "./taker.ts";
import type { Admitted } from "./upgrade.ts";
import type { UpstreamDialer } from "./upstream.ts";
import type { OcppWorkerConfig } from "./worker_config.ts";

/** What a part may work with. */
export interface RelayPartTools {
  readonly context: WorkerContext<OcppWorkerConfig>;
  readonly counters: RelayCounters;
  readonly dialer: UpstreamDialer;
  readonly flight: FlightRecorder;
  readonly reporter: Reporter;
}

/** Something that hangs on all relays of one Worker: looks on, or answers what is not for the far peer. */
export interface RelayPart {
  readonly observer?: RelayObserver | readonly RelayObserver[];
  /** By the rule of the verdict that takes a CALL; each rule belongs to one part. */
  readonly takers?: Readonly<Record<string, Taker>>;
  /** Judges beside the policy, for one station of this version. The last part of the list judges first. */
  judging?(judge: Judge, version: OcppVersion, stationId: string, admission?: Admitted): Judge;
  /** Resolves when the part knows what it judges by; asked before every session opens, which a fault refuses. */
  ready?(): Promise<void>;
  /** Methods for control, beside the conduit's own. */
  readonly handlers?: RpcHandlers<WorkerApi>;
  /** Called by the sweep, once a second. */
  tick?(): void;
  /** New settings for what is yet to come. */
  reconfigure?(config: OcppWorkerConfig): void;
  /** The Worker ends: give back what is kept. Sessions are closed already. */
  drain?(deadlineMs: number): Promise<void>;
}

/** All parts of a Worker: one line each. */
export function relayParts(tools: RelayPartTools): readonly RelayPart[] {
  return [
    blockedBadgesPart(tools),
    cannedAnswersPart(tools),
    ledgerPart(tools),
    new Mirrors(tools),
    rehomingPart(tools),
    firmwarePart(tools),
    new Activity().part,
    new ExpectedCalls(tools.context).part,
    new Moving(tools),
    controllersPart(tools),
    securityEventPart(tools),
    firmwareStatusPart(tools),
    quarantinePart(tools), // the outermost: what it refuses, nobody else answers
  ];
}

/** Their takers as one table. @throws Error when two parts claim the same rule, which is a mistake in the code */
export function takersOf(parts: readonly RelayPart[]): ReadonlyMap<string, Taker> {
  const all = new Map<string, Taker>();
  for (const [rule, taker] of parts.flatMap(({ takers }) => Object.entries(takers ?? {}))) {
    if (all.has(rule)) throw new Error(`Two parts answer for the rule "${rule}"`);
    all.set(rule, taker);
  }
  return all;
}
