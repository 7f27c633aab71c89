import { DEVICE_ROLES, type DeviceRole } from "./access_types.ts";
import { POLICY_LIMITS } from "./limits.ts";

/** What a setting can do to the device or to the gateway's own reach. */
export interface KeyClass {
  /** Least role that may write it; "dev" is the maker's laboratory and nobody's. */
  readonly role: DeviceRole | "dev";
  /** Its value is a password, PIN or key: never shown, logged or exported. */
  readonly secret?: boolean;
  /** It is the password of one of the device's roles: the vault sets it, files do not. */
  readonly rolePassword?: boolean;
  /** Protects people or the installation: current limits, residual current, voltage, tilt. */
  readonly safety?: boolean;
  /** Values that would shut the gateway out of the device, in lower case; "*" is every value. */
  readonly lockout?: readonly string[];
}

/** Settings of one place in a maker's menus that are of one class. */
export interface KeyGroup extends KeyClass {
  readonly group: string;
  /** `<Key>_<module>` as the maker writes it; "*" at one end stands for any characters. */
  readonly keys: readonly string[];
}

/** The settings of a family of controllers. */
export interface KeyTable {
  readonly groups: readonly KeyGroup[];
  /** What stands behind a key and its "_" in the maker's spelling, lower case. */
  readonly modules: readonly string[];
  /**
   * Endings that a maker puts behind a key for the same setting elsewhere (the second connector, the factory's value):
   * a key with such an ending is of the class of the key without it. Lower case.
   */
  readonly endings: readonly string[];
}

/** What is known of a key by its name. */
export interface ClassifiedKey extends KeyClass {
  /** The name in the maker's spelling; as it came when nobody knows it. */
  readonly key: string;
  readonly group: string;
  readonly known: boolean;
}

/**
 * The class of a setting by its name, wherever the name comes from: a form field, a JSON key, a configuration file or an
 * OCPP key (which lacks the module). Names are compared without case: one spelling must not pass where another is
 * refused. A key that is written out counts before a pattern; of several classes that a short name could have, the
 * strictest counts; what nobody knows is the manufacturer's.
 */
export function classifyKey(name: string, table: KeyTable): ClassifiedKey {
  const index = indexOf(table), plain = name.trim().toLowerCase(), spellings = spellingsOf(plain, table);
  const exact = spellings.flatMap((spelling) => index.written.get(spelling) ?? []);
  const found = exact.length > 0
    ? exact
    : [plain, ...spellings].flatMap((spelling) =>
      index.patterns.filter(([pattern]) => matchesPattern(spelling, pattern)).map(([, known]) => known)
    );
  const strictest = found.toSorted((a, b) => rank(b) - rank(a))[0];
  return strictest ?? { key: name, group: "unknown", known: false, role: "manufacturer" };
}

/** Whether a role may do what another role at least may. */
export function coversRole(has: DeviceRole, needs: DeviceRole | "dev"): boolean {
  return needs !== "dev" && DEVICE_ROLES.indexOf(has) >= DEVICE_ROLES.indexOf(needs);
}

/** Whether this value of this key would shut the gateway out of the device. */
export function locksOut(key: ClassifiedKey, value: string): boolean {
  return key.lockout?.some((bad) => bad === "*" || bad === value.trim().toLowerCase()) ?? false;
}

/** A table by the spellings of its keys: one message of a CSMS may name thousands. */
interface Index {
  readonly written: ReadonlyMap<string, readonly ClassifiedKey[]>;
  readonly patterns: readonly (readonly [pattern: string, known: ClassifiedKey])[];
}
const INDEXES = new WeakMap<KeyTable, Index>();

function indexOf(table: KeyTable): Index {
  const known = INDEXES.get(table);
  if (known) return known;
  const written = new Map<string, ClassifiedKey[]>(), patterns: [string, ClassifiedKey][] = [];
  for (const { keys, ...rest } of table.groups) {
    for (const key of keys) {
      const one = { ...rest, key, known: true }, plain = key.toLowerCase();
      if (key.includes("*")) patterns.push([plain, one]);
      else for (const spelling of writtenAs(plain, table)) written.set(spelling, [...written.get(spelling) ?? [], one]);
    }
  }
  const index = { written, patterns };
  INDEXES.set(table, index);
  return index;
}

/** A name as the maker writes it, and without its module as OCPP has it. */
function writtenAs(key: string, { modules }: KeyTable): ReadonlySet<string> {
  const short = modules.filter((module) => key.endsWith(`_${module}`)).map((module) =>
    key.slice(0, -module.length - 1)
  );
  return new Set([key, ...short]);
}

function matchesPattern(spelling: string, pattern: string): boolean {
  const core = pattern.replace(/^\*|\*$/g, "");
  if (!pattern.includes("*")) return false;
  if (pattern.startsWith("*") && pattern.endsWith("*")) return spelling.includes(core);
  return pattern.startsWith("*") ? spelling.endsWith(core) : spelling.startsWith(core);
}

/** The name, and what is left of it without one ending after another (`Key_module_2_default`), where a key may be so long. */
function spellingsOf(name: string, { endings }: KeyTable): string[] {
  const spellings: string[] = [];
  for (let left = name;;) {
    if (left.length <= POLICY_LIMITS.keyChars) spellings.push(left);
    const ending = endings.find((end) => left.endsWith(end) && left.length > end.length);
    if (ending === undefined) return spellings;
    left = left.slice(0, -ending.length);
  }
}

function rank(key: KeyClass): number {
  const role = key.role === "dev" ? DEVICE_ROLES.length : DEVICE_ROLES.indexOf(key.role);
  return role * 8 + (key.lockout ? 4 : 0) + (key.safety ? 2 : 0) + (key.secret ? 1 : 0);
}
