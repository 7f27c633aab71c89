import type { CommandHandler } from "../control/contract.ts";
import type { Json } from "../core/control_api.ts";
import { GatewayError } from "../core/errors.ts";
import { formatTable } from "../core/format_table.ts";
import type { ApiTokens } from "./api_tokens.ts";
import { renewBreakGlass } from "./break_glass.ts";
import type { People } from "./people.ts";

/** The commands that begin with `session` and `token`, and `user break-glass`. */
export function sessionCommands(people: People, tokens: ApiTokens): Readonly<Record<string, CommandHandler>> {
  return {
    "session end": async (args, who) => {
      const id = String(args["id"]);
      const session = people.sessions.living().find((each) => each.id === id);
      if (!session) {
        throw new GatewayError("PERSON_UNKNOWN", `There is no session "${id.slice(0, 40)}"`, {
          hint: "`session list`",
        });
      }
      await people.sessions.end([session], "session.ended-by-administrator", who);
      return { text: `Ended: ${session.person}.`, data: { ended: id } };
    },
    "session list": () => Promise.resolve(listSessions(people)),
    "token list": () => Promise.resolve(listTokens(tokens)),
    "token revoke": async (args, who) => {
      await tokens.revoke(who, String(args["id"]), true);
      return { text: "Revoked.", data: { revoked: String(args["id"]) } };
    },
    "user break-glass": async (_, who) => {
      const password = await renewBreakGlass(people, who);
      const text =
        `Sealed password of the break-glass account: ${password}\nIt is shown once and works once: print it and lock it away.`;
      return { text, data: { password } };
    },
  };
}

function listSessions(people: People) {
  const sessions = people.sessions.living().map((session) => people.describe(session));
  if (sessions.length === 0) return { text: "Nobody is logged in.", data: [] };
  const rows = sessions.map(({ id, person, roles, stage, source, since, idleAt }) => [
    ...[id, person, roles.join(" "), stage, source, new Date(since).toISOString(), new Date(idleAt).toISOString()],
  ]);
  const text = formatTable(["session", "person", "roles", "state", "from", "since", "ends if idle"], rows);
  return { text, data: sessions as unknown as Json };
}

function listTokens(tokens: ApiTokens) {
  const all = tokens.list();
  if (all.length === 0) return { text: "There are no API tokens.", data: [] };
  const rows = all.map(({ id, person, label, scopes, expiresAt, lastUsed }) => [
    id,
    person,
    label,
    scopes.join(" "),
    new Date(expiresAt).toISOString(),
    lastUsed === undefined ? "not since the start" : new Date(lastUsed).toISOString(),
  ]);
  return {
    text: formatTable(["token", "person", "label", "scopes", "until", "last used"], rows),
    data: all as unknown as Json,
  };
}
