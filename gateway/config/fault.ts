import { CONFIG_LIMITS } from "./limits.ts";

/** Where in the configuration: map keys and list positions from the top. */
export type Path = readonly (string | number)[];

/** One thing that is wrong with the configuration. */
export interface Fault {
  readonly path: Path;
  /** A second place that belongs to it: its line is named too. */
  readonly other?: Path;
  /** "key": point at the key itself instead of its value. */
  readonly at?: "key";
  /** What is wrong, in words that follow the key: `"x" is not a URL`. */
  readonly wrong: string;
  /** What is wanted instead. */
  readonly wanted: string;
  /** What was probably meant. */
  readonly suggestion?: string | undefined;
}

/** A place in a text file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The path as people write it: `ocpp.csms[0].url`; the top is "site.yaml". */
export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += (text === "" ? "" : ".") + (/^[\w-]{1,64}$/.test(part) ? part : JSON.stringify(part.slice(0, 64)));
  }
  return text === "" ? "site.yaml" : text;
}

/** One fault as one line: `site.yaml:5:13 console.listen: "x" is not usable, wanted ...; did you mean "y"?`. */
export function faultText(file: string, place: Place, fault: Fault): string {
  const meant = fault.suggestion === undefined ? "" : `; did you mean "${fault.suggestion}"?`;
  return `${file}:${place.line}:${place.column} ${
    pathText(fault.path)
  }: ${fault.wrong}, wanted ${fault.wanted}${meant}`;
}

/** A value quoted for an error text: bounded, on one line, and without the user info of a URL. */
export function quoted(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "a map";
  if (typeof value !== "string") return String(value);
  const safe = value.replace(/\/\/[^/@\s]*@/g, "//***@");
  const limit = CONFIG_LIMITS.quotedChars;
  return JSON.stringify(safe.length > limit ? `${safe.slice(0, limit)}...` : safe);
}
