import type { UpdatePhase } from "./firmware_status.ts";

/** What a controller is in its unit, as site.yaml says. */
export type PartKind = "single" | "primary" | "secondary" | "cabinet" | "dispenser";

/** Ways for an image to come to a part: by OCPP, by the page of its controller, or by a person. */
export const PART_WAYS = ["ocpp", "driver", "guided"] as const;
/** One of them. */
export type PartWay = typeof PART_WAYS[number];

/** What one part was told, and how far it has come. */
export interface PartTask {
  /** "preload": load now, install when told. */
  readonly purpose: "preload" | "install";
  readonly phase: UpdatePhase;
  /** With the phase "failed". */
  readonly why?: string;
  readonly isFinal?: true;
}

/** One part of a unit whose update is under way. */
export interface UpdatingPart {
  readonly station: string;
  readonly kind: PartKind;
  readonly way: PartWay;
  /** It can load ahead and wait with the installation. */
  readonly canPreload: boolean;
  readonly hasVersion: boolean;
  readonly online: boolean;
  readonly busy: boolean;
  readonly task?: PartTask;
}

/** What is to be done for the unit next. */
export type PartStep =
  | { readonly step: "tell"; readonly station: string; readonly purpose: PartTask["purpose"] }
  /** All that can load ahead has loaded. */
  | { readonly step: "loaded" }
  | { readonly step: "failed"; readonly why: string; readonly isFinal?: true }
  | { readonly step: "wait" };

const WAIT: PartStep = { step: "wait" };

/** Who cannot be reached without the other goes first: losing the one that speaks for both would blind us (BC-03). */
const ORDER: readonly PartKind[] = ["dispenser", "secondary", "single", "primary", "cabinet"];

/** The parts in the order in which they install. */
export function inOrder<T extends Pick<UpdatingPart, "kind">>(parts: readonly T[]): readonly T[] {
  return parts.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** The next step of a unit that loads. A part that cannot wait with the installation loads when it installs. */
export function stepOfDownload(parts: readonly UpdatingPart[], preload: boolean): PartStep {
  const mine = preload ? parts.filter((part) => part.canPreload && part.way === "ocpp" && !part.hasVersion) : [];
  for (const { station, task } of mine) {
    if (task?.phase === "failed") return failed(station, task);
    if (!task) return { step: "tell", station, purpose: "preload" };
  }
  return mine.every(({ task }) => hasLoaded(task!)) ? { step: "loaded" } : WAIT;
}

/**
 * The next step of a unit that installs: one part after the other, each when the one before has reported the version and
 * nothing runs on any of them.
 */
export function stepOfInstall(parts: readonly UpdatingPart[]): PartStep {
  const next = inOrder(parts).find(({ hasVersion }) => !hasVersion);
  if (!next) return WAIT; // all report the version: the campaign sees it and checks them
  const { task, station } = next;
  if (task?.purpose === "install") return task.phase === "failed" ? failed(station, task) : WAIT;
  return parts.every(({ online, busy }) => online && !busy) ? { step: "tell", station, purpose: "install" } : WAIT;
}

function hasLoaded({ phase }: PartTask): boolean {
  return phase !== "planned" && phase !== "asked" && phase !== "downloading";
}

function failed(station: string, { why = "it failed", isFinal }: PartTask): PartStep {
  return { step: "failed", why: `${station}: ${why}`, ...isFinal ? { isFinal } : {} };
}
