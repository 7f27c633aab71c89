import type { CommandDeclaration } from "./command_table.ts";

/** Commands about names. Alphabetical. */
export const DNS_COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "dns denied",
    where: "control",
    summary: "Shows the names that stations were refused, and how to allow each",
    options: { "station=ID": "Only this station, or the client with this address" },
    example: "dns denied --station CP001",
  },
  {
    name: "dns explain",
    where: "control",
    summary: "Says whether a name is answered, by which rule, and what to change",
    args: ["name"],
    options: {
      "station=ID": "For this station or address; absent: a client that is no station",
      "type=TYPE": "A if absent",
    },
    example: "dns explain csms.example --station CP001 --type AAAA",
  },
  {
    name: "dns flush",
    where: "control",
    summary: "Forgets all kept answers",
    example: "dns flush",
  },
  {
    name: "dns forget",
    where: "control",
    summary: "Clears the list of refused names",
    options: { "station=ID": "Only those of this station or address" },
    example: "dns forget --station CP001",
  },
  {
    name: "dns status",
    where: "control",
    summary: "Shows the upstreams, the kept answers and how questions ended",
    example: "dns status",
  },
];
