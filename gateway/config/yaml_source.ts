import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { Fault, Path, Place } from "./fault.ts";
import { CONFIG_LIMITS } from "./limits.ts";

/** A fault of the YAML text itself: it has a place, not a path. */
export interface SyntaxFault extends Fault {
  readonly place: Place;
}

/** A parsed YAML text that remembers where everything stood. */
export interface YamlSource {
  /** The plain value; undefined when the text is too broken to have one. */
  readonly value: unknown;
  readonly faults: readonly SyntaxFault[];
  /** Place of the value at `path`, or of its key; of the nearest existing parent when there is no such value. */
  placeOf(path: Path, at?: "key"): Place;
  /** The characters of a plain or quoted scalar as written ("012"), undefined for anything else. */
  sourceOf(path: Path): string | undefined;
}

/** Words for the faults people make most; the rest keep the parser's own words. */
const WORDS: Readonly<Record<string, readonly [wrong: string, wanted: string]>> = {
  MULTIPLE_DOCS: ['the file holds more than one document ("---")', "one document"],
  TAB_AS_INDENT: ["a tab is used to indent", "spaces"],
  TAG_RESOLVE_FAILED: ["a tag (!...) is used", "plain values without tags"],
  RESOURCE_EXHAUSTION: ["the text is nested too deeply", "the form of site.yaml"],
};

/** Parses YAML 1.2. Never throws on any text. */
export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { version: "1.2", lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const faults = [...document.errors, ...document.warnings].map((error) => syntaxFault(error, text, placeAt));
  const { yaml } = document.directives ?? {};
  if (yaml?.explicit && yaml.version !== "1.2") {
    faults.push({ path: [], place: placeAt(0), wrong: `the file says %YAML ${yaml.version}`, wanted: "YAML 1.2" });
  }
  const usable = document.errors.every((error) => error.code === "DUPLICATE_KEY");
  const value = usable ? toPlain(document, faults, placeAt) : undefined;
  return {
    value,
    faults: dropFollowers(faults, usable),
    placeOf: (path, at) => placeAt(offsetOf(document, path, at)),
    sourceOf: (path) => {
      const node = nodesAlong(document, path);
      const last = node.length === path.length + 1 ? node.at(-1)?.value : undefined;
      return isScalar(last) ? last.source : undefined;
    },
  };
}

function syntaxFault(error: YAMLError, text: string, placeAt: (offset: number) => Place): SyntaxFault {
  if (error.code === "DUPLICATE_KEY") {
    const key = /^[\w-]{1,64}/.exec(text.slice(error.pos[0], error.pos[0] + 65))?.[0] ?? "a key";
    return {
      path: [],
      place: placeAt(error.pos[0]),
      wrong: `${key} stands twice in the same map`,
      wanted: "each key once",
    };
  }
  const [wrong, wanted] = WORDS[error.code] ?? [`this is not YAML (${error.message})`, "YAML 1.2"];
  return { path: [], place: placeAt(error.pos[0]), wrong, wanted };
}

/**
 * One broken bracket makes hundreds of errors behind it: one per line is enough, and when the text has no value, the
 * first few are all that mean anything.
 */
function dropFollowers(faults: readonly SyntaxFault[], isUsable: boolean): SyntaxFault[] {
  const seen = new Set<string>();
  const kept = faults.filter(({ place, wrong }) => {
    const key = isUsable ? `${place.line} ${wrong}` : String(place.line);
    return seen.has(key) ? false : seen.add(key);
  });
  return isUsable ? kept : kept.slice(0, CONFIG_LIMITS.syntaxFaults);
}

function toPlain(document: Document.Parsed, faults: SyntaxFault[], placeAt: (offset: number) => Place): unknown {
  try {
    return document.toJS({ maxAliasCount: CONFIG_LIMITS.yamlAliases });
  } catch (error) {
    // ReferenceError: alias bomb or alias without anchor; RangeError: an alias inside its own anchor
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    const dangling = danglingAlias(document);
    if (dangling !== undefined) {
      faults.push({
        path: [],
        place: placeAt(dangling.range?.[0] ?? 0),
        wrong: `there is no anchor &${dangling.source.slice(0, 64)} before this alias`,
        wanted: "the value itself",
      });
    } else {
      const wanted = `at most ${CONFIG_LIMITS.yamlAliases} repetitions by alias`;
      faults.push({ path: [], place: placeAt(0), wrong: "aliases (*...) repeat too much", wanted });
    }
    return undefined;
  }
}

function danglingAlias(document: Document.Parsed): Alias | undefined {
  let found: Alias | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  return found;
}

/** A value on the way to a path, with the node of its key when it stands in a map. */
interface Step {
  readonly value: unknown;
  readonly key?: Node;
}

/** The nodes from the top to `path`, as far as they exist. */
function nodesAlong(document: Document.Parsed, path: Path): Step[] {
  const steps: Step[] = [{ value: document.contents }];
  for (const part of path) {
    let node = steps.at(-1)!.value;
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.findLast((item) => isPair(item) && textOf(item.key) === String(part));
      if (!pair) break;
      steps.push({ value: pair.value, key: pair.key as Node });
    } else if (isSeq(node) && Number(part) < node.items.length) {
      steps.push({ value: node.items[Number(part)] });
    } else break;
  }
  return steps;
}

function textOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(document: Document.Parsed, path: Path, at?: "key"): number {
  const steps = nodesAlong(document, path);
  const complete = steps.length === path.length + 1;
  for (const { value, key } of steps.reverse()) {
    const start = (value as Node | null)?.range?.[0];
    const keyStart = key?.range?.[0];
    // a missing value is reported at the key of the map that lacks it
    const offset = at === "key" || !complete ? keyStart ?? start : start ?? keyStart;
    if (offset !== undefined) return offset;
  }
  return 0;
}
