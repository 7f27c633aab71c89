const DAY = 86_400_000;
/** Days before its day on which an inspection is announced, and after it until it is overdue. */
export const INSPECTION_GRACE_DAYS = 7;

/** How one thing was found. */
export const ITEM_RESULTS = ["ok", "not-ok", "not-applicable"] as const;
/** One of them. */
export type ItemResult = typeof ITEM_RESULTS[number];

/** How an inspection that has to be made stands. */
export type DueState = "due" | "fine" | "overdue" | "soon";

/** When an inspection has to be made. */
export interface DueFacts {
  readonly everyDays: number;
  /** Wall milliseconds. */
  readonly assignedAt: number;
  /** Absent: never. */
  readonly doneAt?: number | undefined;
}

/** The day of the next one: one that was never made is due from the day that it was assigned. */
export function dueAt({ everyDays, assignedAt, doneAt }: DueFacts): number {
  return doneAt === undefined ? assignedAt : doneAt + everyDays * DAY;
}

/** How it stands now. */
export function dueState(facts: DueFacts, now: number): DueState {
  const late = now - dueAt(facts), grace = INSPECTION_GRACE_DAYS * DAY;
  if (late >= grace) return "overdue";
  if (late >= 0) return "due";
  return late >= -grace ? "soon" : "fine";
}

/** What a person says of one thing. */
export interface SaidItem {
  readonly item: string;
  readonly result: ItemResult;
  readonly note?: string;
}

/** What is wanted of a whole list. */
export interface WantedItems {
  readonly items: readonly string[];
  readonly noteChars: number;
}

/** Why a filled list cannot be taken; undefined: it can. Each thing is said once, and what is not in order is described. */
export function listFault(said: readonly SaidItem[], { items, noteChars }: WantedItems): string | undefined {
  const unknown = said.find(({ item }) => !items.includes(item));
  if (unknown) return `There is no item "${unknown.item.slice(0, 40)}"; the items are ${items.join(", ")}`;
  const names = said.map(({ item }) => item);
  const twice = names.find((item, at) => names.indexOf(item) !== at);
  if (twice !== undefined) return `The item "${twice}" is there twice`;
  const missing = items.filter((item) => !names.includes(item));
  if (missing.length > 0) return `Nothing is said of ${missing.join(", ")}`;
  const silent = said.find(({ result, note }) => result === "not-ok" && (note ?? "").trim() === "");
  if (silent) return `"${silent.item}" is not in order: say in a note what was found`;
  const long = said.find(({ note }) => (note ?? "").length > noteChars);
  return long ? `The note of "${long.item}" has more than ${noteChars} characters` : undefined;
}

/** Whether everything that applies is in order. */
export const isInOrder = (said: readonly SaidItem[]): boolean => said.every(({ result }) => result !== "not-ok");
