import { ProtocolError } from "../gateway/core/errors.ts";

/** Judges one JSON value; throws ProtocolError HAL_BAD_VALUE naming `at`. hald takes no package for this: it is the privileged part. */
export type Schema<T> = (value: unknown, at: string) => T;

/** The type a schema lets through. */
export type Checked<S> = S extends Schema<infer T> ? T : never;

/** Checks a whole value. @throws ProtocolError HAL_BAD_VALUE */
export function check<T>(schema: Schema<T>, value: unknown): T {
  return schema(value, "value");
}

function fail(at: string, wanted: string, value: unknown): never {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : kindOf(value);
  throw new ProtocolError("HAL_BAD_VALUE", `Cannot use ${at}: wanted ${wanted}, found ${shown}`);
}

function kindOf(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === undefined ? "nothing" : `an ${typeof value}`;
}

/** A schema that may be absent from an object. */
export interface Optional<T> {
  readonly optional: Schema<T>;
}

/** Marks a key of `object` as one that may be absent. */
export function optional<T>(schema: Schema<T>): Optional<T> {
  return { optional: schema };
}

type Shape = Readonly<Record<string, Schema<unknown> | Optional<unknown>>>;
type Present<S> = { [K in keyof S as S[K] extends Optional<unknown> ? never : K]: S[K] };
type Absent<S> = { [K in keyof S as S[K] extends Optional<unknown> ? K : never]: S[K] };
type ObjectOf<S> =
  & { readonly [K in keyof Present<S>]: Checked<S[K]> }
  & { readonly [K in keyof Absent<S>]?: S[K] extends Optional<infer T> ? T : never };

/** An object with exactly these keys; an unknown key is refused. */
export function object<S extends Shape>(shape: S): Schema<ObjectOf<S>> {
  const keys = new Map(Object.entries(shape));
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(at, "an object", value);
    const given = new Map(Object.entries(value));
    const unknown = [...given.keys()].find((key) => !keys.has(key));
    if (unknown !== undefined) {
      fail(`${at}.${unknown.slice(0, 40)}`, `one of ${[...keys.keys()].join(", ") || "no keys"}`, "");
    }
    const out: Record<string, unknown> = {};
    for (const [key, schema] of keys) {
      if (typeof schema === "function") out[key] = schema(given.get(key), `${at}.${key}`);
      else if (given.has(key)) out[key] = schema.optional(given.get(key), `${at}.${key}`);
    }
    return out as ObjectOf<S>;
  };
}

/** A text of at most `max` characters, of the given form. */
export function text(rule: { readonly max: number; readonly min?: number; readonly form?: RegExp }): Schema<string> {
  const { max, min = 0, form } = rule;
  return (value, at) => {
    if (typeof value === "string" && value.length >= min && value.length <= max && (!form || form.test(value))) {
      return value;
    }
    return fail(at, `text of ${min} to ${max} characters${form ? ` like ${form.source}` : ""}`, value);
  };
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number): Schema<number> {
  return (value, at) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : fail(at, `a whole number from ${min} to ${max}`, value);
}

/** A finite number. */
export const number: Schema<number> = (value, at) =>
  typeof value === "number" && Number.isFinite(value) ? value : fail(at, "a number", value);

/** true or false. */
export const flag: Schema<boolean> = (value, at) =>
  typeof value === "boolean" ? value : fail(at, "true or false", value);

/** Exactly this value. */
export function literal<const T extends string | number | null>(wanted: T): Schema<T> {
  return (value, at) => value === wanted ? wanted : fail(at, JSON.stringify(wanted), value);
}

/** One of these texts. */
export function oneOf<const T extends string>(values: readonly T[]): Schema<T> {
  return (value, at) => values.find((each) => each === value) ?? fail(at, `one of ${values.join(", ")}`, value);
}

/** What either schema takes; the first that fits wins. */
export function either<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  return (value, at) => {
    try {
      return first(value, at);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return second(value, at);
    }
  };
}

/** A list of at most `max` items. */
export function list<T>(item: Schema<T>, max: number): Schema<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) return fail(at, `a list of at most ${max}`, value);
    return value.map((each, index) => item(each, `${at}[${index}]`));
  };
}

/** Names to values, at most `max` of them. */
export function record<T>(name: RegExp, item: Schema<T>, max: number): Schema<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(at, "an object", value);
    const entries = Object.entries(value);
    if (entries.length > max) return fail(at, `at most ${max} keys`, value);
    return Object.fromEntries(entries.map(([key, each]) => {
      if (!name.test(key)) fail(`${at}.${key.slice(0, 40)}`, `a name like ${name.source}`, "");
      return [key, item(each, `${at}.${key}`)];
    }));
  };
}

/** Standard base64 (RFC 4648 section 4) of `min` to `max` bytes, kept as text. */
export function base64Bytes(min: number, max: number): Schema<string> {
  const form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  return (value, at) => {
    if (typeof value !== "string" || value.length > Math.ceil(max / 3) * 4 || !form.test(value)) {
      return fail(at, `base64 of ${min} to ${max} bytes`, kindOf(value)); // Never shown: it may be a key.
    }
    const bytes = value.length / 4 * 3 - (value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0);
    return bytes >= min && bytes <= max ? value : fail(at, `base64 of ${min} to ${max} bytes`, kindOf(value));
  };
}
