/** What a CSMS hears about an image that it wants published (2.0.1 L03). */
export type PublishStatus =
  | "Idle"
  | "DownloadScheduled"
  | "Downloading"
  | "Downloaded"
  | "ChecksumVerified"
  | "Published"
  | "DownloadFailed"
  | "InvalidChecksum"
  | "PublishFailed";

/**
 * Where a publication stands. "asked": its CSMS has not got the answer yet; "held": the image waits for two persons;
 * "published": stations may be sent to it.
 */
export type PublishState = "asked" | "fetching" | "held" | "published" | "ended";

/** One image that a CSMS wants published, as it is stored before anything follows from it. */
export interface Publication {
  readonly id: string;
  readonly csms: string;
  /** Of the CSMS. */
  readonly requestId: number;
  /** MD5 of the file as the CSMS gave it, lower-case hex; it names the publication (L04). Proves nothing. */
  readonly checksum: string;
  readonly state: PublishState;
  readonly outcome?: "failed" | "unpublished" | "replaced";
  /** What decided the end. */
  readonly rule?: string;
  readonly why?: string;
  /** Fetches that failed, and how many more may be tried. */
  readonly failures: number;
  readonly retries: number;
  readonly retryMs: number;
  /** When this state is to be looked at again, wall milliseconds. */
  readonly dueAt: number;
  readonly sha256?: string;
  /** What the CSMS is to hear, in order; each stays until it was answered. */
  readonly telling: readonly PublishStatus[];
  /** The last that was put there. */
  readonly last: PublishStatus;
}

/** What happened. */
export type PublishEvent =
  /** The CSMS has the answer. */
  | { readonly is: "begun" }
  | {
    readonly is: "judged";
    readonly outcome: "verified" | "held" | "refused";
    readonly rule: string;
    readonly why: string;
    readonly sha256?: string;
  }
  /** `isOurs`: a fault of the gateway itself, which counts against nobody. */
  | { readonly is: "unfetched"; readonly why: string; readonly isOurs?: true }
  /** The image lost its trust. */
  | { readonly is: "withdrawn"; readonly why: string }
  | { readonly is: "unpublished" }
  /** A newer request has taken its place. */
  | { readonly is: "replaced" }
  | { readonly is: "told" }
  /** The CSMS asks how far it is (TriggerMessage, L03.FR.10 and 11). */
  | { readonly is: "triggered" }
  /** The gateway has started: nobody knows what became of what it was doing. */
  | { readonly is: "resumed" }
  | { readonly is: "tick" };

/** What follows once it is stored. */
export type PublishEffect = "fetch" | "tell";

/** Bounds in milliseconds. */
export interface PublishTimes {
  /** Until a request whose answer may be lost is begun all the same. */
  readonly beginMs: number;
  /** How long a held image may wait for a person. */
  readonly heldMs: number;
  /** How long one fetch may go on unheard. */
  readonly silentMs: number;
}

/** The publication afterwards, and what is to be done. */
export interface PublishStep {
  readonly publication: Publication;
  readonly effects: readonly PublishEffect[];
}

/** From so many messages on that wait for its CSMS, no question of it adds one. */
export const PUBLISH_TELLINGS = 8;

/** Faults of a request by which no file came. */
const UNREAD: ReadonlySet<string> = new Set(["firmware.host", "firmware.refused", "firmware.size", "firmware.vendor"]);

/** What one event does to a publication. What does not fit its state changes nothing. Pure. */
export function stepPublication(
  publication: Publication,
  event: PublishEvent,
  now: number,
  times: PublishTimes,
): PublishStep {
  const { state } = publication;
  if (event.is === "told") return stepped({ ...publication, telling: publication.telling.slice(1) });
  if (event.is === "triggered") return triggered(publication);
  if (event.is === "resumed") return resumed(publication, now, times);
  if (state === "ended") return keep(publication);
  switch (event.is) {
    case "begun":
      return state === "asked" ? fetching(publication, now, times) : keep(publication);
    case "judged":
      return state === "fetching" || state === "held" ? judged(publication, event, now, times) : keep(publication);
    case "unfetched":
      return state === "fetching" ? unfetched(publication, event, now) : keep(publication);
    case "withdrawn":
      return end(publication, "failed", "firmware.withdrawn", event.why, "PublishFailed");
    case "unpublished":
      return end(publication, "unpublished", "firmware.unpublished", "its CSMS wants it published no more");
    case "replaced":
      return end(publication, "replaced", "firmware.replaced", "its CSMS asked anew");
    case "tick":
      return now >= publication.dueAt ? overdue(publication, now, times) : keep(publication);
  }
}

/** Its last status again, and Idle after Published; one that asks faster than it listens hears it once. */
function triggered(publication: Publication): PublishStep {
  const { last, telling } = publication, status = last === "Published" ? "Idle" : last;
  return telling.length >= PUBLISH_TELLINGS || telling.at(-1) === status ? keep(publication) : say(publication, status);
}

function fetching(publication: Publication, now: number, { silentMs }: PublishTimes): PublishStep {
  const { publication: next, effects } = say(
    { ...publication, state: "fetching", dueAt: now + silentMs },
    "Downloading",
  );
  return { publication: next, effects: ["fetch", ...effects] };
}

function judged(
  publication: Publication,
  { outcome, rule, why, sha256 }: PublishEvent & { readonly is: "judged" },
  now: number,
  { heldMs }: PublishTimes,
): PublishStep {
  const isFirst = publication.state === "fetching";
  const known = sha256 === undefined ? publication : { ...publication, sha256 };
  const read: readonly PublishStatus[] = isFirst ? ["Downloaded", "ChecksumVerified"] : [];
  if (outcome === "verified") {
    const { rule: _, why: __, ...rest } = known;
    return say({ ...rest, state: "published", dueAt: Number.MAX_SAFE_INTEGER }, ...read, "Published");
  }
  if (outcome === "held") {
    return isFirst ? say({ ...known, state: "held", dueAt: now + heldMs, rule, why: cut(why) }, ...read) : keep(known);
  }
  if (!isFirst) return end(known, "failed", rule, why, "PublishFailed");
  if (UNREAD.has(rule)) return end(known, "failed", rule, why, "DownloadFailed");
  return end(known, "failed", rule, why, "Downloaded", rule === "firmware.md5" ? "InvalidChecksum" : "PublishFailed");
}

function unfetched(
  publication: Publication,
  { why, isOurs }: PublishEvent & { readonly is: "unfetched" },
  now: number,
): PublishStep {
  const failures = publication.failures + (isOurs ? 0 : 1);
  if (failures > publication.retries) {
    return end({ ...publication, failures }, "failed", "firmware.unfetched", why, "DownloadFailed");
  }
  return { publication: { ...publication, failures, why: cut(why), dueAt: now + publication.retryMs }, effects: [] };
}

/** A fetch begins anew, and what was not told is told; an answer that may be lost was stored before it was given. */
function resumed(publication: Publication, now: number, times: PublishTimes): PublishStep {
  const { state, telling } = publication;
  const tell: PublishEffect[] = telling.length > 0 ? ["tell"] : [];
  if (state === "asked") return { publication: { ...publication, dueAt: now + times.beginMs }, effects: tell };
  if (state !== "fetching") return { publication, effects: tell };
  return { publication: { ...publication, dueAt: now + times.silentMs }, effects: ["fetch", ...tell] };
}

function overdue(publication: Publication, now: number, times: PublishTimes): PublishStep {
  switch (publication.state) {
    case "asked":
      return fetching(publication, now, times);
    case "fetching":
      return { publication: { ...publication, dueAt: now + times.silentMs }, effects: ["fetch"] };
    case "held":
      return end(publication, "failed", "firmware.held", "no person released the image in time", "PublishFailed");
    default:
      return keep(publication);
  }
}

function end(
  publication: Publication,
  outcome: NonNullable<Publication["outcome"]>,
  rule: string,
  why: string,
  ...statuses: readonly PublishStatus[]
): PublishStep {
  return say({ ...publication, state: "ended", outcome, rule, why: cut(why) }, ...statuses);
}

function say(publication: Publication, ...statuses: readonly PublishStatus[]): PublishStep {
  if (statuses.length === 0) return { publication, effects: [] };
  const telling = [...publication.telling, ...statuses];
  const last = statuses.findLast((status) => status !== "Idle") ?? publication.last;
  return { publication: { ...publication, telling, last }, effects: ["tell"] };
}

function stepped(publication: Publication): PublishStep {
  return { publication, effects: publication.telling.length > 0 ? ["tell"] : [] };
}

function keep(publication: Publication): PublishStep {
  return { publication, effects: [] };
}

const cut = (why: string): string => why.slice(0, 300);
