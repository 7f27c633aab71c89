import type { CommandArgs, CommandHandler, CommandResult } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import { presetTable } from "./passwords.ts";
import type { People } from "./people.ts";
import { addPerson, changePerson, describePerson, removePerson, resetPerson, unlockPerson } from "./person_admin.ts";
import { renewSetupCode } from "./setup.ts";

/** The commands that begin with `user`: people and their logins. */
export function userCommands(people: People): Readonly<Record<string, CommandHandler>> {
  return {
    "user add": async (args, who) => {
      const roles = listOf(args["role"]), displayName = textOf(args["display-name"]);
      const { account, temporaryPassword } = await addPerson(people, who, { name: nameOf(args), displayName, roles });
      return temporary(account.name, temporaryPassword);
    },
    "user change": async (args, who) => {
      const roles = args["role"] === undefined ? undefined : listOf(args["role"]);
      const groups = args["group"] === undefined ? undefined : listOf(args["group"]);
      const displayName = textOf(args["display-name"]);
      const state = args["disable"] === true ? "disabled" : args["enable"] === true ? "active" : undefined;
      const { name } = await changePerson(people, who, nameOf(args), {
        ...roles ? { roles } : {},
        ...groups ? { groups } : {},
        ...displayName === undefined ? {} : { displayName },
        ...state ? { state } : {},
      });
      return { text: `Changed. Sessions of ${name} that hang on it have ended.`, data: { name } };
    },
    "user list": () => list(people),
    "user policy": () => Promise.resolve(policy(people)),
    "user remove": async (args, who) => {
      await removePerson(people, who, nameOf(args));
      return { text: "Removed, with all sessions, tokens and second factors.", data: { removed: true } };
    },
    "user reset": async (args, who) => {
      const name = nameOf(args);
      return temporary(name, await resetPerson(people, who, name, args["factors"] === true));
    },
    "user setup-code": async () => {
      const code = await renewSetupCode(people);
      if (code !== undefined) return { text: `Setup code: ${code}`, data: { code } };
      throw new GatewayError("SETUP_REFUSED", "The first administrator exists already", {
        hint: "`user add NAME --role administrator` makes another one",
      });
    },
    "user unlock": async (args, who) => {
      const { name } = await unlockPerson(people, who, nameOf(args));
      return { text: `${name} may log in again.`, data: { name } };
    },
  };
}

function temporary(name: string, password: string): CommandResult {
  const text = `Temporary password of ${name}: ${password}\nIt is shown once; the first login asks for a new one.`;
  return { text, data: { name, temporaryPassword: password } };
}

async function list(people: People): Promise<CommandResult> {
  const persons = await Promise.all(people.accounts.all().map((account) => describePerson(people, account)));
  if (persons.length === 0) return { text: "Nobody has an account yet: `user setup-code`.", data: [] };
  const rows = persons.map((person) => [
    person.name,
    person.origin,
    person.roles.join(" "),
    person.lockedUntil === undefined ? person.state : `locked until ${new Date(person.lockedUntil).toISOString()}`,
    person.factors.join(", ") || "-",
    person.mustChange ? "must change" : "-",
    person.lastLogin === undefined ? "never" : new Date(person.lastLogin).toISOString(),
    String(person.sessions),
  ]);
  const head = ["name", "from", "roles", "state", "second factors", "password", "last login", "sessions"];
  return { text: formatTable(head, rows), data: persons as unknown as Json };
}

/** All presets side by side; the one in force is marked. */
function policy({ context }: People): CommandResult {
  const table = presetTable(), inForce = context.site.people.passwordPolicy;
  const keys = Object.keys(table[0]!).filter((key) => key !== "preset" && key !== "source");
  const head = [
    "",
    ...table.map((rules) => rules["preset"] === inForce ? `${rules["preset"]} (in force)` : rules["preset"]!),
  ];
  const rows = keys.map((key) => [key, ...table.map((rules) => rules[key]!)]);
  const sources = table.map((rules) => `${rules["preset"]}: ${rules["source"]}`);
  return {
    text: [formatTable(head, rows), ...sources].join("\n"),
    data: { inForce, presets: table as unknown as Json },
  };
}

/** A positional NAME. */
export function nameOf(args: CommandArgs): string {
  return textOf(args["name"]) ?? "";
}

/** A text option, if it was given. */
export function textOf(value: CommandArgs[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** An option with a list, as a,b. */
export function listOf(value: CommandArgs[string]): readonly string[] {
  const text = typeof value === "string" ? value : "";
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}
