import type { IconName } from "../components/icon.tsx";
import type { Answer, Visit } from "../context.ts";
import type { Language } from "../i18n/language.ts";
import type { Act } from "./act.ts";

/** Parts of the navigation, in the order shown. */
export const GROUPS = ["overview", "stations", "network", "energy", "security", "system"] as const;
/** One part of the navigation. */
export type Group = typeof GROUPS[number];

/** One page of the console. pages/registry.ts lists them all. */
export interface Page {
  /** Path with `:name` parts, as "/stations/:station". */
  readonly path: string;
  readonly title: Readonly<Record<Language, string>>;
  /** Where it stands in the navigation; absent: it is reached from another page. */
  readonly nav?: { readonly group: Group; readonly icon: IconName };
  /** What the person must be allowed to: a verb or "command NAME"; absent: anybody who is signed in. */
  readonly needs?: string;
  /** Makes the page. What it throws becomes an error page. */
  show(visit: Visit): Promise<Answer>;
  /** What can be done on it. */
  readonly acts?: readonly Act[];
}
