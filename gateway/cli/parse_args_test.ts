import { deepEqual, equal, throws } from "node:assert/strict";
import type { CommandDeclaration } from "./command_table.ts";
import { parseCommandLine } from "./parse_args.ts";

const TABLE: readonly CommandDeclaration[] = [
  { name: "cert", where: "control", summary: "", example: "cert" },
  {
    name: "cert issue",
    where: "control",
    summary: "",
    args: ["station", "out?"],
    options: { "csr=FILE": "", "force": "" },
    example: "cert issue CP001",
  },
  { name: "policy test", where: "local", summary: "", args: ["files..."], example: "policy test a.yaml" },
];
const parse = (...argv: string[]) => parseCommandLine(argv, TABLE);

Deno.test("command line: the longest command name wins", () => {
  equal(parse("cert", "issue", "CP001").command.name, "cert issue");
  equal(parse("cert").command.name, "cert");
});

Deno.test("command line: positional words and options bind by name, in any order", () => {
  deepEqual(parse("cert", "issue", "--csr=a.pem", "CP001", "--force", "x.pem", "--as", "eva").args, {
    station: "CP001",
    out: "x.pem",
    csr: "a.pem",
    force: true,
    as: "eva",
  });
  deepEqual(parse("policy", "test", "a", "b").args, { files: ["a", "b"] });
});

const FAULTS: readonly { argv: string[]; says: RegExp }[] = [
  { argv: ["certs"], says: /Command "certs" is unknown/ },
  { argv: ["cert", "issue"], says: /Argument station is missing/ },
  { argv: ["cert", "issue", "a", "b", "c"], says: /Argument "c" is one too many/ },
  { argv: ["cert", "issue", "a", "--cssr", "x"], says: /Option "--cssr" is unknown: wanted one of .*--csr/ },
  { argv: ["cert", "issue", "a", "--csr"], says: /Option "--csr" needs a value/ },
  { argv: ["cert", "issue", "a", "--force=yes"], says: /Option "--force" takes no value/ },
];
for (const { argv, says } of FAULTS) {
  Deno.test(`command line: refuses "${argv.join(" ")}" and says why`, () => {
    throws(() => parse(...argv), (error: Error) => error.name === "GatewayError" && says.test(error.message));
  });
}
