import { HardwareError } from "../gateway/core/errors.ts";

/** The only statements outside of tables: hald owns two tables and touches no other. */
const TOP_LEVEL = new Set([
  "",
  "add table inet bulkhead",
  "delete table inet bulkhead",
  "add table ip bulkhead",
  "delete table ip bulkhead",
  "table inet bulkhead {",
  "table ip bulkhead {",
]);
/** Words by which nft reads files, keeps variables or hands packets to programs. */
const FORBIDDEN = /(^|[\s{])(include|define|redefine|undefine|queue|import|export)([\s{]|$)/;

/**
 * Refuses a ruleset that could do more than rule packets in hald's own tables: the gateway that sends it is not
 * trusted with the box. Packets to the box and across it are always dropped unless a rule of it takes them.
 * @throws HardwareError HAL_FIREWALL_TEXT naming the line
 */
export function checkRulesetText(ruleset: string): void {
  let depth = 0;
  ruleset.split("\n").forEach((raw, index) => {
    const refuse = (why: string): never => {
      throw new HardwareError("HAL_FIREWALL_TEXT", `Line ${index + 1} of the ruleset ${why}: "${raw.slice(0, 80)}"`, {
        hint: "Gateway and hald must come from the same release",
      });
    };
    if (!/^[\t\x20-\x7e]*$/.test(raw) || /[;$\\]/.test(raw)) refuse("has a character that hald does not take");
    const line = withoutTexts(raw.trim()) ?? refuse("has a text that does not end");
    if (FORBIDDEN.test(line)) refuse("holds a word that hald does not take");
    const opens = line.split("{").length - line.split("}").length;
    if (depth === 0 && !TOP_LEVEL.has(line)) refuse("is outside of hald's tables");
    if (depth === 0 && opens < 0) refuse("closes what is not open");
    depth += opens;
    if (depth < 0) refuse("closes what is not open");
  });
  if (depth !== 0) throw new HardwareError("HAL_FIREWALL_TEXT", "The ruleset ends inside a table");
  for (const hook of ["input", "forward"]) {
    if (hasClosedChain(ruleset, hook)) continue;
    throw new HardwareError("HAL_FIREWALL_TEXT", `The ruleset has no chain on ${hook} that drops by default`);
  }
}

/** A line without its comment and the contents of its texts; undefined when a text does not end. */
function withoutTexts(line: string): string | undefined {
  const bare = line.replaceAll(/"[^"]*"/g, '""');
  const cut = bare.indexOf("#");
  const code = cut < 0 ? bare : bare.slice(0, cut);
  return code.replaceAll('""', "").includes('"') ? undefined : code.trim();
}

function hasClosedChain(ruleset: string, hook: string): boolean {
  const hooks = ruleset.split(`hook ${hook} `).length - 1;
  return hooks === 1 && ruleset.includes(`\t\ttype filter hook ${hook} priority filter\n\t\tpolicy drop\n`);
}
